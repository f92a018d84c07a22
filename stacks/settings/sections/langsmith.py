"""Section ``langsmith``: LangSmith tracing for agents."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from stacks.settings.machinery.fields.network import Url
from stacks.settings.machinery.fields.text import Uuid
from stacks.settings.machinery.rule import Rule
from stacks.settings.machinery.section import Section

LangSmithKey = Annotated[
    SecretStr,
    Rule(
        "must be a LangSmith API key that starts with 'lsv2_' (lsv2_sk_… for a service, lsv2_pt_… "
        "for a person); keys of the old 'ls__' form stopped working on 2024-10-22",
        lambda value: re.fullmatch(r"lsv2_[A-Za-z0-9_]{8,}", value.get_secret_value()) is not None,
    ),
    Field(examples=["lsv2_sk_0123456789abcdef"]),
]


class LangSmith(Section):
    """LangSmith tracing for agents, beside Langfuse. Their prompts then leave the cluster."""

    api_key: LangSmithKey
    """API key."""
    project: Annotated[str, Field(min_length=1)] = "default"
    """Project that agents trace to."""
    region: Literal["us", "eu", "apac", "aws-us"] = "us"
    """Region of the LangSmith account; a key of one region is refused by the others."""
    endpoint: Annotated[Url, Field(examples=["https://langsmith.example.com"])] | None = None
    """API URL of a self-hosted LangSmith, in place of `region`."""
    workspace_id: Uuid | None = None
    """Workspace, for a key that belongs to a whole organisation."""
    tracing: bool = True
    """Whether agents trace to LangSmith; false leaves the settings in place, switched off."""
    legacy_names: bool = True
    """Also give the LANGCHAIN_* names that older SDKs read."""
