"""Where a stack is, for the commands that the doctor suggests. Pure; imports no SDK."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Final

from stacks.names import NAMES
from tooling.doctor import statements
from tooling.kit.commands import Commands

_ASK_CLICKHOUSE: Final = (
    "fetch(process.env.CLICKHOUSE_URL,{method:'POST',body:process.argv[1],headers:{"
    "'X-ClickHouse-User':process.env.CLICKHOUSE_USER,"
    "'X-ClickHouse-Key':process.env.CLICKHOUSE_PASSWORD}})"
    ".then(a=>a.text()).then(t=>console.log(t))"
)
"""One statement, sent from within Langfuse's container: no other one has the password."""

_PRISMA: Final = (
    'printf %s "$0" | DIRECT_URL="${DIRECT_URL:-$DATABASE_URL}" prisma db execute --stdin '
    "--schema ./packages/shared/prisma/schema.prisma"
)
"""The same for PostgreSQL, where no container has its client. It shows no rows."""


@dataclass(frozen=True, kw_only=True)
class Place(Commands):
    """The commands of a stack, and those that depend on the kinds of its backing services."""

    running: str = ""
    """Release of Langfuse that the cluster runs; empty if that is not known."""

    @property
    def back_to_running(self) -> str:
        """The command that takes back another release, or shows which one runs."""
        if self.running:
            return self.config_set("langfuse.version", self.running)
        return self.deployment("get", "-L", "app.kubernetes.io/version")

    @property
    def new_password(self) -> str:
        """The command that gives the database and Langfuse one password again."""
        return self._new_password(self.database, "database", NAMES.postgres_password)

    @property
    def look_at_database(self) -> str:
        """The command that shows whether the database is available."""
        if self.database == "rds":
            shown = "DBInstances[].[DBInstanceIdentifier,DBInstanceStatus,Endpoint.Address]"
            query = ("--query", shown, "--output", "table")
            return self.aws("rds", "describe-db-instances", *query)
        if self.database == "external":
            return self.own("get", "networkpolicy", NAMES.migration, "-o", "yaml")
        selector = "app.kubernetes.io/component=database"
        return self.own("get", "pods", "-l", selector, "-o", "wide")

    @property
    def unreachable_because(self) -> str:
        """Likely reasons why pods cannot reach this kind of database."""
        return {
            "rds": "its security group admits the cluster's own security group and those in "
            "database.clientSecurityGroupIds: nodes of a launch template with groups of its own "
            "carry neither; or the instance is not available",
            "external": "the host or the port is wrong, a firewall blocks the connection, or the "
            "server is down",
        }.get(self.database, "its pod is not ready, or a NetworkPolicy keeps the pods apart")

    def _new_password(self, engine: str, key: str, resource: str) -> str:
        if engine == "external":
            return self.config_set(f"{key}.password", secret=True)
        words = ("pulumi", "up", "--stack", self.stack)
        return shlex.join((*words, "--replace", f"**::{resource}"))

    @property
    def new_clickhouse_password(self) -> str:
        """The command that gives ClickHouse and Langfuse one password again."""
        return self._new_password(self.clickhouse, "clickhouse", NAMES.clickhouse_password)

    @property
    def new_cache_password(self) -> str:
        """The command that gives the cache and Langfuse one password again."""
        return self._new_password(self.cache, "cache", NAMES.valkey_password)

    @property
    def look_at_clickhouse(self) -> str:
        """The command that shows whether ClickHouse is available."""
        if self.clickhouse == "operator":
            return self.own("get", "clickhouseclusters,keeperclusters,pods", "-o", "wide")
        if self.clickhouse == "external":
            return self.ask_clickhouse(statements.VERSION)
        return self.own("get", "pods", "-l", "app.kubernetes.io/component=clickhouse", "-o", "wide")

    @property
    def clickhouse_unreachable_because(self) -> str:
        """Likely reasons why pods cannot reach this kind of ClickHouse."""
        return {
            "external": "clickhouse.url or its port is wrong, the server's list of allowed "
            "addresses lacks those of the cluster's NAT gateways, or it speaks TLS there and the "
            "URL does not",
            "operator": "its operator has not made the servers yet, they are not ready, or a "
            "NetworkPolicy keeps the pods apart",
        }.get(self.clickhouse, "its pod is not ready, or a NetworkPolicy keeps the pods apart")

    @property
    def look_at_cache(self) -> str:
        """The command that shows whether the cache is available."""
        if self.cache == "elastiCache":
            shown = "ReplicationGroups[].[ReplicationGroupId,Status,CacheNodeType]"
            query = ("--query", shown, "--output", "table")
            return self.aws("elasticache", "describe-replication-groups", *query)
        if self.cache == "external":
            return self.own("get", "networkpolicy", NAMES.worker, "-o", "yaml")
        return self.own("get", "pods", "-l", "app.kubernetes.io/component=cache", "-o", "wide")

    @property
    def look_at_storage(self) -> str:
        """The command that shows the store that Langfuse is told about."""
        if self.storage == "statefulSet":
            selector = "app.kubernetes.io/component=storage"
            return self.own("get", "pods", "-l", selector, "-o", "wide")
        words = ("-l", "app.kubernetes.io/component=web", "-o", "yaml")
        return self.own("get", "configmaps", *words)

    def ask_clickhouse(self, statement: str) -> str:
        """The command that runs one statement in ClickHouse, from within a pod of Langfuse."""
        return (
            self.deployment("exec")
            + " "
            + shlex.join(("--", "node", "-e", _ASK_CLICKHOUSE, statement))
        )

    def change_database(self, statement: str) -> str:
        """The command that runs one statement in PostgreSQL; its rows are shown only where the
        database is in the cluster."""
        if self.database == "statefulSet":
            pod = (f"{NAMES.postgres}-0", "-c", "postgresql")
            return self.own("exec", *pod, "--", "psql", "-U", "langfuse", "-c", statement)
        return self.deployment("exec") + " " + shlex.join(("--", "sh", "-c", _PRISMA, statement))

    def mark_rolled_back(self, migration: str) -> str:
        """The command that tells Prisma that a schema migration was undone."""
        script = (
            'DIRECT_URL="${DIRECT_URL:-$DATABASE_URL}" prisma migrate resolve --rolled-back "$0" '
            "--schema=./packages/shared/prisma/schema.prisma"
        )
        return self.deployment("exec") + " " + shlex.join(("--", "sh", "-c", script, migration))

    def retry_background_migration(self, name: str) -> str:
        """The command that makes the next worker run a failed background migration again."""
        again = self.own("rollout", "restart", f"deployment/{NAMES.worker}")
        retry = statements.retry_background_migration(name)
        return f"{self.change_database(retry)} && {again}"
