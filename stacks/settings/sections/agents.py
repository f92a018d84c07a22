"""Section ``agents``: namespaces that get client keys."""

from __future__ import annotations

from typing import Literal

from stacks.settings.machinery.fields.kubernetes import DnsLabel
from stacks.settings.machinery.section import Section


class Agents(Section):
    """Namespaces whose agents get Langfuse client keys and LangSmith settings."""

    namespaces: tuple[DnsLabel, ...] = ()
    """Namespaces to create. Their names may have 39 characters."""
    existing_namespaces: tuple[DnsLabel, ...] = ()
    """Namespaces that exist already. Their names may have 39 characters."""
    url: Literal["internal", "public"] = "internal"
    """Whether agents reach Langfuse by its Service or by its public URL, which has to be one."""

    @property
    def every_namespace(self) -> tuple[str, ...]:
        """All namespaces with agents, those to create first."""
        return (*self.namespaces, *self.existing_namespaces)
