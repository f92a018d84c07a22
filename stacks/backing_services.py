"""The services that Langfuse keeps its data in.

The type of a section decides which one: in the cluster, managed by the platform, or external.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from components.kubernetes import labels
from components.kubernetes.backing import Backing
from components.postgres.stateful_set import PostgresStatefulSet, PostgresStatefulSetArgs
from stacks import translation
from stacks.names import Names
from stacks.platforms.platform import Platform
from stacks.settings import Settings
from stacks.settings.sections.database import ExternalDatabase, RdsDatabase, StatefulSetDatabase

if TYPE_CHECKING:
    # AWS's SDK, which a stack without AWS does not load.
    from components.postgres.rds.instance import PostgresRds


def database(
    settings: Settings,
    names: Names,
    platform: Platform,
    *,
    namespace: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> tuple[Backing, PostgresRds | None]:
    """How Langfuse reaches PostgreSQL, and the instance of a managed one."""
    match settings.database:
        case StatefulSetDatabase() as section:
            args = PostgresStatefulSetArgs(
                namespace=namespace,
                image=section.image,
                storage_gib=section.storage_gib,
                storage_class=section.storage_class,
                create_storage_class=section.create_storage_class,
                mode=platform.mode,
                clients={
                    role: labels.selector(names.langfuse, role) for role in ("web", "migration")
                },
                connection_limit=section.connection_limit,
                max_connections=section.max_connections,
                resources=translation.resources(section.resources),
                placement=translation.placement(settings.cluster),
            )
            return PostgresStatefulSet(names.postgres, args, opts).backing, None
        case RdsDatabase() as section:
            instance = platform.database(names.postgres, section, opts)
            return instance.backing, instance
        case ExternalDatabase() as section:
            return translation.external_database(section), None
