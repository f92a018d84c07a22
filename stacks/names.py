"""Names that a stack gives and that something else refers to: a command, an alert, an IAM policy.

A component names its children after itself, ``<name>-<role>``. The children that others refer to
are here too, and a test compares every name with what the program registers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from components.secrets.entries import entry_name

PROJECT: Final = "agent-observability"
"""The project's name in ``Pulumi.yaml``, and so the namespace of its configuration."""

APP: Final = "app"
"""What the Secret of Langfuse's own secrets is for, and its entry in Secrets Manager."""

DATABASE: Final = "database"
"""What the Secret with the database's URL is for, and its entry in Secrets Manager."""


@dataclass(frozen=True)
class Names:
    """Names in one stack, from that of the component that holds all others."""

    langfuse: str
    """The stack component, and what it makes for Langfuse's pods: Deployment, Service,
    ServiceAccount, NetworkPolicy, autoscaler, disruption budget."""

    @property
    def namespace(self) -> str:
        """Logical name of the Namespace; its own name is a setting."""
        return f"{self.langfuse}-namespace"

    @property
    def credentials(self) -> str:
        return f"{self.langfuse}-credentials"

    @property
    def migration(self) -> str:
        """ServiceAccount and NetworkPolicy of the migration. Names of its Jobs begin with it."""
        return f"{self.langfuse}-migration"

    @property
    def app(self) -> str:
        """Component that delivers Langfuse's own secrets."""
        return f"{self.langfuse}-{APP}"

    @property
    def database(self) -> str:
        """Component that delivers the database's URL."""
        return f"{self.langfuse}-{DATABASE}"

    @property
    def postgres(self) -> str:
        """The database's StatefulSet, Service and NetworkPolicy; what names in RDS begin with."""
        return f"{self.langfuse}-postgres"

    @property
    def postgres_password(self) -> str:
        """Logical name of the password's resource, in the cluster and on RDS."""
        return f"{self.postgres}-password"

    @property
    def postgres_claim(self) -> str:
        """Volume claim of the database in the cluster."""
        return f"data-{self.postgres}-0"

    @property
    def rds_instance(self) -> str:
        """What the identifier of the RDS instance begins with."""
        return f"{self.postgres}-instance"

    @property
    def endpoint(self) -> str:
        """The Ingress."""
        return f"{self.langfuse}-endpoint"

    @property
    def access_logs(self) -> str:
        """What the name of the bucket of access logs begins with."""
        return f"{self.endpoint}-access-logs"

    @property
    def storage(self) -> str:
        """What the names of the bucket and of its role begin with."""
        return f"{self.langfuse}-storage"

    @property
    def external_secrets(self) -> str:
        return f"{self.langfuse}-external-secrets"

    @property
    def dashboards(self) -> str:
        return f"{self.langfuse}-dashboards"

    @property
    def alerts(self) -> str:
        return f"{self.langfuse}-alerts"

    @property
    def alarms(self) -> str:
        """What the name of the subscription to the database's events begins with."""
        return f"{self.langfuse}-alarms"

    @property
    def alarm_topic(self) -> str:
        """What the name of the alarms' topic begins with."""
        return f"{self.alarms}-topic-topic"

    def agents(self, namespace: str) -> str:
        """Component that gives the agents of one namespace what they need."""
        return f"{self.langfuse}-agents-{namespace}"


NAMES: Final = Names("langfuse")
"""Those of the program: every stack has the same, in a namespace of its own."""


def in_account(stack: str) -> str:
    """What the names of one stack begin with where an AWS account has those of all stacks."""
    return f"{PROJECT}-{stack}"


def entry(stack: str, *role: str) -> str:
    """One entry of a stack in Secrets Manager."""
    return entry_name(PROJECT, stack, *role)


def entries(stack: str, agent_namespaces: Iterable[str]) -> list[str]:
    """Every entry of a stack in Secrets Manager."""
    agents = [("agents", namespace, "access") for namespace in agent_namespaces]
    return [entry(stack, *role) for role in [(APP,), (DATABASE,), *agents]]
