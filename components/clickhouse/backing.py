"""A ClickHouse server as the backing service of Langfuse."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from components.clickhouse.connection import Server, authority, environment
from components.kubernetes.backing import Backing


def clickhouse(
    server: Server,
    *,
    host: pulumi.Input[str],
    migration_host: pulumi.Input[str] | None = None,
    password: pulumi.Input[str],
    pods: Mapping[str, str] | None = None,
) -> Backing:
    """The backing service, which is ready when ``password`` resolves.

    ``migration_host`` is one replica, where ``host`` leads to several.
    """
    hosts = pulumi.Output.all(host=host, migration_host=migration_host or host)

    def variable(name: str) -> pulumi.Output[str]:
        return hosts.apply(lambda known: environment(server, **known)[name])

    return Backing(
        role="clickhouse",
        address=hosts.apply(lambda known: authority(known["host"], server.http_port)),
        port=server.http_port,
        migration_port=server.migration_port,
        pods=pods,
        environment={
            name: variable(name) for name in environment(server, host="", migration_host="")
        },
        secret_environment={"CLICKHOUSE_PASSWORD": pulumi.Output.secret(password)},
    )
