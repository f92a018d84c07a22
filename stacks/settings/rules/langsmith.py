"""Rules of LangSmith, whose settings agents get."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from components.secrets.masking import MASK
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import (
    Problem,
    full_key,
    set_command,
    to_decide,
)
from stacks.settings.sections.agents import Agents
from stacks.settings.sections.langsmith import LangSmith


def langsmith_reaches_agents(langsmith: LangSmith, agents: Agents) -> Iterator[Problem]:
    if not agents.every_namespace:
        rule = "goes to agent namespaces, and agents.namespaces names none"
        key = full_key("agents.namespaces[0]")
        yield Problem(full_key("langsmith"), MASK, rule, set_command(key, "NAMESPACE"))


def one_langsmith(langsmith: LangSmith) -> Iterator[Problem]:
    if langsmith.endpoint is not None and "region" in langsmith.model_fields_set:
        rule = "give either 'region' or the 'endpoint' of a self-hosted LangSmith"
        yield to_decide("langsmith.region", langsmith.region, rule)


CHECKS: Final[tuple[Check, ...]] = (
    langsmith_reaches_agents,
    one_langsmith,
)
