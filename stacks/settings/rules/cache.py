"""Rules of the cache, each for the engines that it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from components.cache import releases
from components.cache.elasticache import sizes
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import Problem, to_change, to_decide
from stacks.settings.rules.aws import in_two_zones, of_stack
from stacks.settings.rules.lists import distinct
from stacks.settings.rules.resources import within_limit
from stacks.settings.rules.windows import Setting, apart
from stacks.settings.sections.aws import Aws
from stacks.settings.sections.cache import ElastiCacheCache, ExternalCache, StatefulSetCache
from stacks.settings.sections.cluster import Cluster

_SHORTEST_WINDOW: Final = 60
"""Minutes; of the maintenance too
(https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html)."""

_OF_ELASTICACHE: Final = re.compile(r"(?P<labels>.+)\.cache\.amazonaws\.com(\.cn)?")


_SPREADS: Final = (
    "spreads keys over slots: Langfuse's queues use several keys in one command, and fail with "
    "CROSSSLOT. It needs a replication group with cluster mode disabled"
)


def cache_memory(cache: StatefulSetCache) -> Iterator[Problem]:
    yield from within_limit("cache.resources", cache.resources)


def cache_image(cache: StatefulSetCache) -> Iterator[Problem]:
    if (reason := releases.problem(cache.image)) is not None:
        yield to_change("cache.image", cache.image, reason, releases.IMAGE)


def tls_of_endpoint(cache: ExternalCache) -> Iterator[Problem]:
    """ElastiCache names the endpoints of a group with TLS and of one without differently."""
    if _OF_ELASTICACHE.fullmatch(cache.host) is None:
        return
    if cache.host.startswith("master.") and not cache.tls:
        rule = "must be true: by its name, the endpoint answers with TLS alone"
        yield to_change("cache.tls", cache.tls, rule, value=True)
    if ".ng." in cache.host and cache.tls:
        rule = (
            "cannot be true: by its name, the endpoint has no TLS. Turn on encryption in transit "
            "in ElastiCache; false sends the password and all jobs in clear"
        )
        yield to_decide("cache.tls", cache.tls, rule)


def cache_needs_eks(cache: ElastiCacheCache, cluster: Cluster) -> Iterator[Problem]:
    if cluster.eks_name is None:
        rule = "needs an EKS cluster (cluster.eksName): the cache is in the cluster's VPC"
        yield to_decide("cache.engine", cache.engine, rule)


def known_node_type(cache: ElastiCacheCache) -> Iterator[Problem]:
    if not sizes.is_known(cache.node_type):
        families = "; ".join(
            f"{', '.join(name for name, of in sizes.FAMILIES.items() if of == known)} in "
            f"{', '.join(known)}"
            for known in dict.fromkeys(sizes.FAMILIES.values())
        )
        rule = f"is not a node type for Valkey that is known: {families}"
        yield to_decide("cache.nodeType", cache.node_type, rule)


def cache_windows(cache: ElastiCacheCache) -> Iterator[Problem]:
    given = cache.model_fields_set
    yield from apart(
        Setting("cache.snapshotWindow", cache.snapshot_window, "snapshot_window" in given),
        Setting("cache.maintenanceWindow", cache.maintenance_window, "maintenance_window" in given),
        shortest=_SHORTEST_WINDOW,
    )


def snapshots_of_protected(cache: ElastiCacheCache) -> Iterator[Problem]:
    if cache.protect and cache.snapshot_days == 0:
        rule = "must not be 0 with cache.protect: without snapshots there is no way back"
        yield to_change("cache.snapshotDays", cache.snapshot_days, rule, 7)


def cache_key(cache: ElastiCacheCache, aws: Aws) -> Iterator[Problem]:
    yield from of_stack("cache.kmsKeyArn", cache.kms_key_arn, aws)


def cache_subnets(cache: ElastiCacheCache) -> Iterator[Problem]:
    purpose = "without any, the cache takes the cluster's"
    yield from in_two_zones("cache.subnetIds", cache.subnet_ids, purpose)


def cache_client_groups_once(cache: ElastiCacheCache) -> Iterator[Problem]:
    yield from distinct("cache.clientSecurityGroupIds", cache.client_security_group_ids)


def one_shard(cache: ExternalCache) -> Iterator[Problem]:
    """What the name of an endpoint of ElastiCache tells
    (https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Endpoints.html)."""
    name = _OF_ELASTICACHE.fullmatch(cache.host)
    # Behind `ng.` are the nodes of a group without TLS, whose own name comes first.
    if name is None or ".ng." in cache.host:
        return
    if ".serverless." in cache.host:
        yield to_decide("cache.host", cache.host, f"is ElastiCache Serverless, which {_SPREADS}")
    elif "clustercfg" in name["labels"].split("."):
        rule = f"is the configuration endpoint of a cluster, which {_SPREADS}"
        yield to_decide("cache.host", cache.host, rule)
    elif cache.host.startswith("replica."):
        rule = "is the endpoint for readers, and Langfuse writes: give the primary endpoint"
        yield to_decide("cache.host", cache.host, rule)


CHECKS: Final[tuple[Check, ...]] = (
    cache_memory,
    cache_image,
    tls_of_endpoint,
    cache_needs_eks,
    known_node_type,
    cache_windows,
    snapshots_of_protected,
    cache_key,
    cache_subnets,
    cache_client_groups_once,
    one_shard,
)
