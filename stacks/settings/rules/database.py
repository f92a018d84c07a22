"""Rules of the database, each for the engines that it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from components.langfuse import lifecycle, versions
from components.langfuse.versions import Version
from components.postgres import url
from components.postgres.rds import certificates as rds_certificates
from components.postgres.rds import sizes as rds_sizes
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import Problem, to_change, to_decide
from stacks.settings.rules.aws import in_two_zones, of_region, of_stack
from stacks.settings.rules.lists import distinct
from stacks.settings.rules.resources import within_limit
from stacks.settings.rules.volumes import one_class
from stacks.settings.rules.windows import Setting, apart
from stacks.settings.sections.aws import Aws
from stacks.settings.sections.cluster import Cluster
from stacks.settings.sections.database import (
    ExternalDatabase,
    RdsDatabase,
    StatefulSetDatabase,
)
from stacks.settings.sections.langfuse import Langfuse

_STRIPED_GIB: Final = 400
"""From here on RDS spreads gp3 over four volumes, and lets their speed be chosen
(https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html)."""

_STRIPED_IOPS: Final = 12000

_SHORTEST_WINDOW: Final = 30


def needs_eks(database: RdsDatabase, cluster: Cluster) -> Iterator[Problem]:
    if cluster.eks_name is None:
        rule = "needs an EKS cluster (cluster.eksName): the instance lives in the cluster's VPC"
        yield to_decide("database.engine", database.engine, rule)


def certificate_of_region(database: RdsDatabase, aws: Aws) -> Iterator[Problem]:
    region = aws.region
    if region is None or database.root_certificates or region in rds_certificates.regions():
        return
    rule = (
        "is not among the regions whose RDS certificate is shipped, and Langfuse verifies its "
        "connection with it: give AWS's bundle of the region as database.rootCertificates "
        f"(https://truststore.pki.rds.amazonaws.com/{region}/{region}-bundle.pem; China and "
        "GovCloud: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html)"
    )
    # No command: another region is not what was meant, and the bundle has to be fetched.
    yield to_decide("aws:region", region, rule)


def known_size(database: RdsDatabase) -> Iterator[Problem]:
    given = database.instance_class
    if rds_sizes.memory_gib(given) is None:
        rule = (
            "is not among the classes whose max_connections is known: "
            f"{', '.join(rds_sizes.FAMILIES)} in their sizes up to 24xlarge "
            "(components/postgres/rds/sizes.py)"
        )
        yield to_decide("database.instanceClass", given, rule)


def performance(database: RdsDatabase) -> Iterator[Problem]:
    chosen = {"iops": database.iops, "throughputMiBps": database.throughput_mibps}
    if database.storage_gib < _STRIPED_GIB:
        for key, value in chosen.items():
            if value is not None:
                rule = (
                    f"can be chosen from {_STRIPED_GIB} GiB on, and database.storageGiB is "
                    f"{database.storage_gib}; below, gp3 has 3000 IOPS and 125 MiB/s"
                )
                yield to_decide(f"database.{key}", value, rule)
        return
    most = (database.iops or _STRIPED_IOPS) // 4
    if (throughput := database.throughput_mibps) is not None and throughput > most:
        rule = f"must be at most {most}: a quarter of the IOPS, {database.iops or _STRIPED_IOPS}"
        yield to_decide("database.throughputMiBps", throughput, rule)


def room_to_grow(database: RdsDatabase) -> Iterator[Problem]:
    size, limit = database.storage_gib, database.max_storage_gib
    if limit is not None and limit * 10 < size * 11:
        rule = f"must be at least 10 % above database.storageGiB, which is {size}; AWS advises 26 %"
        yield to_decide("database.maxStorageGiB", limit, rule)


def backups_of_protected(database: RdsDatabase) -> Iterator[Problem]:
    if database.protect and database.backup_days == 0:
        rule = "must not be 0 with database.protect: without backups there is no way back"
        yield to_change("database.backupDays", database.backup_days, rule, 14)


def windows(database: RdsDatabase) -> Iterator[Problem]:
    given = database.model_fields_set
    yield from apart(
        Setting("database.backupWindow", database.backup_window, "backup_window" in given),
        Setting(
            "database.maintenanceWindow", database.maintenance_window, "maintenance_window" in given
        ),
        shortest=_SHORTEST_WINDOW,
    )


def restore_source(database: RdsDatabase) -> Iterator[Problem]:
    restore = database.restore_from
    if restore is None:
        return
    path = "database.restoreFrom"
    if restore.snapshot is None and restore.instance is None:
        rule = "needs 'snapshot', or 'instance' and perhaps 'time'"
        found = restore.model_dump(by_alias=True, exclude_none=True)
        yield to_decide(path, found, rule)
        return
    if restore.snapshot is not None and restore.instance is not None:
        rule = "give either 'snapshot' or 'instance': a database starts from one of them"
        yield to_decide(f"{path}.instance", restore.instance, rule)
    if restore.time is not None and restore.snapshot is not None:
        rule = "is a point in the time of 'instance'; a snapshot has its own"
        yield to_decide(f"{path}.time", restore.time, rule)


def snapshot_of_region(database: RdsDatabase, aws: Aws) -> Iterator[Problem]:
    snapshot = database.restore_from.snapshot if database.restore_from else None
    if snapshot is not None and snapshot.startswith("arn:"):
        path, why = "database.restoreFrom.snapshot", ": copy the snapshot there first"
        yield from of_region(path, snapshot, aws, why)


def client_groups_once(database: RdsDatabase) -> Iterator[Problem]:
    yield from distinct("database.clientSecurityGroupIds", database.client_security_group_ids)


def major_upgrade_at_once(database: RdsDatabase) -> Iterator[Problem]:
    """Another major version has another parameter group. Deferred to the maintenance window, the
    instance would still use the old one when the same `up` deletes it."""
    if database.allow_major_upgrade and not database.apply_immediately:
        rule = (
            "must be true with database.allowMajorUpgrade: an upgrade that waits for the "
            "maintenance window would leave the old parameter group in use, and its deletion fails"
        )
        if "apply_immediately" in database.model_fields_set:
            yield to_decide("database.applyImmediately", False, rule)
        else:
            yield to_change("database.applyImmediately", False, rule, value=True)


def database_memory(database: StatefulSetDatabase) -> Iterator[Problem]:
    yield from within_limit("database.resources", database.resources)


def own_storage_class(database: StatefulSetDatabase) -> Iterator[Problem]:
    yield from one_class("database", database)


def pools_fit_instance(langfuse: Langfuse, database: RdsDatabase) -> Iterator[Problem]:
    memory = rds_sizes.memory_gib(database.instance_class)
    if memory is not None:
        available = rds_sizes.max_connections(memory)
        server = f"{database.instance_class} has about {available}"
        yield from _pools_fit(langfuse, database, available, server)


def pools_fit_server(
    langfuse: Langfuse, database: StatefulSetDatabase | ExternalDatabase
) -> Iterator[Problem]:
    available = database.max_connections
    server = f"database.maxConnections is {available}"
    yield from _pools_fit(langfuse, database, available, server)


def _pools_fit(
    langfuse: Langfuse,
    database: RdsDatabase | StatefulSetDatabase | ExternalDatabase,
    available: int,
    server: str,
) -> Iterator[Problem]:
    """Langfuse's pools at the replica maximum must leave the server connections to spare."""
    limit = database.connection_limit

    workers = versions.has_worker(Version.parse(langfuse.version))
    web, work = langfuse.max_replicas, langfuse.worker.max_replicas if workers else 0
    pods = lifecycle.most_pods(web) + (lifecycle.most_pods(work) if work else 0)

    def required(limit: int) -> int:
        return url.required_connections(pods=pods, connection_limit=limit)

    if required(limit) <= available:
        return
    rule = (
        f"{web + work} pods of {limit} connections, plus {pods - web - work} "
        "pods that start or still end during a rollout, a migration and a reserve, "
        f"make {required(limit)}; {server}"
    )
    fitting = next((n for n in range(limit, 0, -1) if required(n) <= available), None)
    if fitting is None and work > web:
        yield to_decide("langfuse.worker.maxReplicas", work, rule)
    elif fitting is None:
        yield to_decide("langfuse.maxReplicas", web, rule)
    elif "connection_limit" in database.model_fields_set:
        yield to_decide("database.connectionLimit", limit, rule)
    else:
        yield to_change("database.connectionLimit", limit, rule, fitting)


def pooler_beside_server(database: ExternalDatabase) -> Iterator[Problem]:
    pooler = database.pooler
    if pooler and (pooler.host, pooler.port) == (database.host, database.port):
        rule = (
            "is the address of the database too, and a migration has to connect to the server "
            "itself: give that in database.host and database.port"
        )
        yield to_decide("database.pooler", pooler.host, rule)


def database_key(database: RdsDatabase, aws: Aws) -> Iterator[Problem]:
    yield from of_stack("database.kmsKeyArn", database.kms_key_arn, aws)


def database_subnets(database: RdsDatabase) -> Iterator[Problem]:
    purpose = "without any, the database takes the cluster's"
    yield from in_two_zones("database.subnetIds", database.subnet_ids, purpose)


CHECKS: Final[tuple[Check, ...]] = (
    database_memory,
    own_storage_class,
    pools_fit_instance,
    pools_fit_server,
    pooler_beside_server,
    database_key,
    database_subnets,
    needs_eks,
    certificate_of_region,
    known_size,
    performance,
    room_to_grow,
    backups_of_protected,
    windows,
    restore_source,
    snapshot_of_region,
    client_groups_once,
    major_upgrade_at_once,
)
