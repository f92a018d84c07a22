"""LangSmith's environment variables for agents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Region = Literal["us", "eu", "apac", "aws-us"]

ENDPOINTS: Final[dict[Region, str]] = {
    "us": "https://api.smith.langchain.com",
    "eu": "https://eu.api.smith.langchain.com",
    "apac": "https://apac.api.smith.langchain.com",
    "aws-us": "https://aws.api.smith.langchain.com",
}
"""API hosts by region. The other regions refuse a key with 401 or 403."""


@dataclass(frozen=True, kw_only=True)
class LangSmithSettings:
    endpoint: str
    """API URL, without a trailing slash."""
    project: str
    """Project that agents trace to."""
    tracing: bool
    """Whether agents trace."""
    workspace_id: str | None = None
    """Workspace, for a key of a whole organisation."""
    legacy_names: bool = True
    """Also set the variables with the LANGCHAIN_* names."""


def environment(settings: LangSmithSettings) -> dict[str, str]:
    """The variables that are not secret.

    The SDK turns tracing on for exactly "true" ("True" and "1" are off). It reads *_TRACING_V2 with
    both prefixes before *_TRACING, so a stale LANGCHAIN_TRACING_V2=false would override
    LANGSMITH_TRACING=true. With the legacy names both forms have one value.
    """
    tracing = "true" if settings.tracing else "false"
    variables = {
        "LANGSMITH_TRACING": tracing,
        "LANGSMITH_ENDPOINT": settings.endpoint,
        "LANGSMITH_PROJECT": settings.project,
    }
    if settings.workspace_id is not None:
        variables["LANGSMITH_WORKSPACE_ID"] = settings.workspace_id
    if settings.legacy_names:
        variables |= {
            "LANGCHAIN_TRACING_V2": tracing,
            "LANGCHAIN_ENDPOINT": settings.endpoint,
            "LANGCHAIN_PROJECT": settings.project,
        }
    return variables


def key_names(settings: LangSmithSettings) -> list[str]:
    """The variables that hold the API key."""
    return ["LANGSMITH_API_KEY", *(["LANGCHAIN_API_KEY"] if settings.legacy_names else [])]
