"""Where a stack is, for the commands that the doctor suggests. Pure; imports no SDK."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from stacks.names import NAMES
from tooling.kit.commands import Commands


@dataclass(frozen=True, kw_only=True)
class Place(Commands):
    """The commands of a stack, and those that depend on its kind of database."""

    @property
    def new_password(self) -> str:
        """The command that gives server and pods one password again."""
        if self.database == "external":
            return self.config_set("database.password", secret=True)
        words = ("pulumi", "up", "--stack", self.stack)
        return shlex.join((*words, "--replace", f"**::{NAMES.postgres_password}"))

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
