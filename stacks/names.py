"""Names that a stack gives and that something else refers to: a command, an alert, an IAM policy.

A component names its children after itself, ``<name>-<role>``. The children that others refer to
are here too, and a test compares every name with what the program registers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from components.kubernetes import claims
from components.project import PROJECT
from components.secrets.entries import entry_name

APP: Final = "app"
"""What the Secret of Langfuse's own secrets is for, and its entry in Secrets Manager."""

DATABASE: Final = "database"
"""What the Secret with the database's URL is for, and its entry in Secrets Manager."""


CACHE: Final = "cache"
"""What the Secret with the cache's URL is for, and its entry in Secrets Manager."""

CLICKHOUSE: Final = "clickhouse"
"""What the Secret with ClickHouse's password is for, and its entry in Secrets Manager."""

STORAGE: Final = "storage"
"""What the Secret with the keys of a store outside of AWS is for, and its entry in Secrets
Manager."""


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

    def delivered(self, role: str) -> str:
        """Component that delivers what is secret of one purpose."""
        return f"{self.langfuse}-{role}"

    @property
    def clickhouse(self) -> str:
        """ClickHouse's StatefulSet, Service and NetworkPolicy."""
        return f"{self.langfuse}-{CLICKHOUSE}-server"

    @property
    def clickhouse_backup(self) -> str:
        """The CronJob of ClickHouse's backups, its ServiceAccount and NetworkPolicy."""
        return f"{self.clickhouse}-backup"

    @property
    def clickhouse_password(self) -> str:
        """Logical name of the password's resource, of both engines in the cluster."""
        return f"{self.clickhouse}-password"

    @property
    def valkey(self) -> str:
        """The cache's StatefulSet, Service and NetworkPolicy."""
        return f"{self.langfuse}-valkey"

    @property
    def valkey_password(self) -> str:
        """Logical name of the password's resource, in the cluster and on ElastiCache."""
        return f"{self.valkey}-password"

    @property
    def replication_group(self) -> str:
        """Logical name of the replication group; its identifier is one of the account's."""
        return f"{self.valkey}-group"

    @property
    def seaweedfs(self) -> str:
        """The object store's StatefulSet, Service and NetworkPolicy."""
        return f"{self.langfuse}-seaweedfs"

    @property
    def gateway(self) -> str:
        """The agents' gateway: component, StatefulSet, Service, ServiceAccount, NetworkPolicy and
        disruption budget."""
        return f"{self.langfuse}-gateway"

    @property
    def worker(self) -> str:
        """Deployment, ServiceAccount, NetworkPolicy, autoscaler and disruption budget of the pods
        that work on queues."""
        return f"{self.langfuse}-worker"

    @property
    def postgres(self) -> str:
        """The database's StatefulSet, Service and NetworkPolicy."""
        return f"{self.langfuse}-postgres"

    @property
    def postgres_password(self) -> str:
        """Logical name of the password's resource, in the cluster and on RDS."""
        return f"{self.postgres}-password"

    @property
    def postgres_claim(self) -> str:
        """Volume claim of the database in the cluster."""
        return claims.claim(self.postgres)

    @property
    def rds_instance(self) -> str:
        """Logical name of the RDS instance; its identifier is one of the account's."""
        return f"{self.postgres}-instance"

    @property
    def endpoint(self) -> str:
        """The Ingress."""
        return f"{self.langfuse}-endpoint"

    @property
    def access_logs(self) -> str:
        """Component that makes the bucket of access logs."""
        return f"{self.endpoint}-access-logs"

    @property
    def storage(self) -> str:
        """Component that makes the buckets of events, exports and media, and their role."""
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
        return f"{self.langfuse}-alarms"

    def agents(self, namespace: str) -> str:
        """Component that gives the agents of one namespace what they need."""
        return f"{self.langfuse}-agents-{namespace}"


NAMES: Final = Names("langfuse")
"""Those of the program: every stack has the same, in a namespace of its own."""


UNIQUE: Final = 26
"""Characters that the provider adds to a prefix, always as many (``UniqueIDSuffixLength`` in
https://github.com/hashicorp/terraform-plugin-sdk/blob/main/helper/id/id.go)."""


@dataclass(frozen=True)
class AccountNames:
    """Names of one stack where an AWS account has those of all its stacks together.

    No stack's pattern holds a name of another stack, ``prod`` and ``prod-eu`` included. In a path
    the stack ends with a slash, which no stack's name has. Elsewhere what follows the stack is of
    one length, so that a name of the same length has the same stack.
    """

    stack: str
    """``stack_problem`` says what it may be; ``{stack}`` gives templates."""

    @property
    def whole(self) -> str:
        """The name of what a stack has once: the dashboard."""
        return f"{PROJECT}-{self.stack}"

    @property
    def boundary(self) -> str:
        """The permissions boundary of the stack's roles."""
        return f"{self.whole}-boundary"

    @property
    def role_path(self) -> str:
        """IAM path of the stack's roles."""
        return f"/{PROJECT}/{self.stack}/"

    @property
    def workflow_path(self) -> str:
        """IAM path of the roles of the stack's workflows, which none of the stack's is in."""
        return f"/{PROJECT}-workflows/{self.stack}/"

    @property
    def alarm_prefix(self) -> str:
        """What the names of the stack's alarms begin with."""
        return f"{PROJECT}/{self.stack}/"

    @property
    def database(self) -> str:
        """What names in RDS, and that of the database's security group, begin with."""
        return f"{NAMES.langfuse}-{self.stack}-db"

    @property
    def cache(self) -> str:
        """Names in ElastiCache, or what they begin with, and that of the cache's security group."""
        return f"{NAMES.langfuse}-{self.stack}-cache"

    @property
    def replication_group(self) -> str:
        """What the identifier of the cache's replication group begins with. It has 40 characters
        at most, and so the stack alone names it: no other kind of resource has such a name."""
        return f"{NAMES.langfuse}-{self.stack}"

    @property
    def storage(self) -> str:
        """What the name of the bucket of media, and of version 2's exports, begins with."""
        return f"{NAMES.langfuse}-{self.stack}-data"

    @property
    def events(self) -> str:
        """What the name of the bucket of events and exports begins with."""
        return f"{NAMES.langfuse}-{self.stack}-evts"

    @property
    def access_logs(self) -> str:
        """What the name of the bucket of access logs begins with."""
        return f"{NAMES.langfuse}-{self.stack}-logs"

    @property
    def alarms(self) -> str:
        """What the names of the alarms' topic and of the subscription to events begin with."""
        return f"{NAMES.langfuse}-{self.stack}-alarms"


STACK_TAG: Final = f"{PROJECT}:stack"
"""Key of the tag with the stack's name that everything of a stack in AWS has. Roles are limited by
it where AWS invents the id of a resource."""

PLATFORM_TAG: Final = f"{PROJECT}:platform"
"""Key of the tag with the stack's name that everything of a platform has in AWS. Not the stack's
tag: roles of the workload may change what has that."""

PLATFORM: Final = "platform"
"""The component of a platform. Names of all that it makes begin with it."""

LONGEST_STACK: Final = 63 - UNIQUE - len(f"{AccountNames('').storage}-")
"""Characters that a stack's name may have: those of a bucket and of an RDS instance have 63. That
of a replication group has 40, and fits."""

_STACK: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def stack_problem(stack: str) -> str | None:
    """Why a name cannot be that of a stack in AWS, or None."""
    if _STACK.fullmatch(stack) and len(stack) <= LONGEST_STACK:
        return None
    return (
        f"must be {LONGEST_STACK} characters at most in AWS, small letters and digits with single "
        "hyphens between them: names of buckets and RDS instances hold it"
    )


def as_stack(name: str) -> str:
    """A name that a stack in AWS may have, as near as possible to ``name``."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:LONGEST_STACK].strip("-")


def entry(stack: str, *role: str) -> str:
    """One entry of a stack in Secrets Manager."""
    return entry_name(PROJECT, stack, *role)


def entries(stack: str, agent_namespaces: Iterable[str], services: Iterable[str] = ()) -> list[str]:
    """Every entry of a stack in Secrets Manager; ``services`` beside the database."""
    agents = [("agents", namespace, "access") for namespace in agent_namespaces]
    return [
        entry(stack, *role)
        for role in [(APP,), (DATABASE,), *((service,) for service in services), *agents]
    ]
