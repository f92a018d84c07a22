"""Rules of the agents' namespaces and of the URL that agents get."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final

from components.langfuse import versions
from components.langfuse.versions import Version
from stacks.names import NAMES
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.fields.network import is_local
from stacks.settings.machinery.problems import (
    Problem,
    to_decide,
    to_remove,
)
from stacks.settings.rules.cluster import not_reserved
from stacks.settings.sections.agents import Agents
from stacks.settings.sections.cluster import Cluster
from stacks.settings.sections.endpoint import Endpoint
from stacks.settings.sections.langfuse import Langfuse

_LONGEST_AGENTS: Final = 63 - len(f"{NAMES.agents('')}-secrets")
"""Characters of an agent namespace. The label of its secret store is the longest of its labels."""


def agents_distinct(agents: Agents, cluster: Cluster) -> Iterator[Problem]:
    seen: dict[str, str] = {cluster.namespace: "cluster.namespace"}
    named = chain(
        ((f"agents.namespaces[{i}]", n) for i, n in enumerate(agents.namespaces)),
        ((f"agents.existingNamespaces[{i}]", n) for i, n in enumerate(agents.existing_namespaces)),
    )
    repeated: list[Problem] = []
    for path, namespace in named:
        if namespace in seen:
            rule = f"is named by {seen[namespace]} already; an agent namespace is one of its own"
            again = path.partition("[")[0] == seen[namespace].partition("[")[0]
            repeated.append((to_remove if again else to_decide)(path, namespace, rule))
        seen.setdefault(namespace, path)
    yield from reversed(repeated)  # removing an item renumbers those behind it


def agents_not_reserved(agents: Agents) -> Iterator[Problem]:
    adopt = "name it in agents.existingNamespaces"
    for index, namespace in enumerate(agents.namespaces):
        yield from not_reserved(f"agents.namespaces[{index}]", namespace, adopt)
    for index, namespace in enumerate(agents.existing_namespaces):
        yield from not_reserved(f"agents.existingNamespaces[{index}]", namespace, None)


def agents_fit_labels(agents: Agents) -> Iterator[Problem]:
    named = {"namespaces": agents.namespaces, "existingNamespaces": agents.existing_namespaces}
    for key, namespaces in named.items():
        for index, namespace in reversed(list(enumerate(namespaces))):
            if len(namespace) > _LONGEST_AGENTS:
                rule = (
                    f"must have at most {_LONGEST_AGENTS} characters: it is part of labels, which "
                    f"hold 63; this has {len(namespace)}"
                )
                yield to_decide(f"agents.{key}[{index}]", namespace, rule)


def agents_need_keys(agents: Agents, langfuse: Langfuse) -> Iterator[Problem]:
    if agents.every_namespace and Version.parse(langfuse.version) < versions.INIT:
        rule = (
            f"agents need project keys, which Langfuse takes from {versions.INIT} on; "
            f"this is {langfuse.version}"
        )
        yield to_decide("langfuse.version", langfuse.version, rule)


def url_for_agents(
    agents: Agents, langfuse: Langfuse, endpoint: Endpoint | None
) -> Iterator[Problem]:
    if agents.url == "public" and endpoint is None and is_local(langfuse.public_url):
        rule = (
            f"needs a public URL: {langfuse.public_url} (langfuse.publicUrl) is the agent's own "
            "pod; give 'endpoint' or another publicUrl"
        )
        yield to_decide("agents.url", agents.url, rule)


CHECKS: Final[tuple[Check, ...]] = (
    agents_distinct,
    agents_not_reserved,
    agents_fit_labels,
    agents_need_keys,
    url_for_agents,
)
