"""``PostgresRds`` by itself, recorded, with an object that holds its URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from components.postgres.rds.instance import PostgresRds, PostgresRdsArgs
from components.secrets.kubernetes_secret import KubernetesSecret, KubernetesSecretArgs
from tests.support.component_run import run_component
from tests.support.eks import SUBNETS, cluster, output
from tooling.engineless.recording import Recording, Resource

INSTANCE: Final = "db-instance"
PREFIX: Final = "langfuse-prod-db"


def arguments(*, unknown: bool = False) -> PostgresRdsArgs:
    """A protected instance; ``unknown``: in a cluster that nothing is known of yet."""
    return PostgresRdsArgs(
        cluster=cluster(unknown=unknown),
        name_prefix=PREFIX,
        subnet_ids=output(SUBNETS, unknown=unknown),
        version="16",
        instance_class="db.t4g.medium",
        storage_gib=100,
        multi_az=True,
        backup_days=14,
        backup_window="17:00-18:00",
        maintenance_window="sun:18:30-sun:19:30",
        connection_limit=5,
        protect=True,
    )


def record(
    changes: Mapping[str, Any] | None = None, *, preview: bool = False, unknown: bool = False
) -> Recording:
    """The component ``db`` with changed arguments."""

    def body() -> None:
        database = PostgresRds("db", replace(arguments(unknown=unknown), **(changes or {})))
        values = database.backing.secret_environment
        KubernetesSecret("url", KubernetesSecretArgs(namespace="observability", values=values))

    return run_component(body, preview=preview)


@lru_cache
def recorded() -> Recording:
    """The component with the arguments as they are."""
    return record()


def children(recording: Recording) -> list[Resource]:
    """What the component consists of."""
    return [r for r in recording.resources.values() if r.custom and r.name.startswith("db-")]
