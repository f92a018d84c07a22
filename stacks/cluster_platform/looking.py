"""What a platform looks up in its account before it makes anything. A fault stops the preview."""

from __future__ import annotations

import pulumi
import pulumi_aws
from pulumi_aws import eks

from components.platform import running_cluster, zones
from components.platform.running_cluster import RunningCluster
from stacks.cluster_platform.settings import PlatformSettings
from stacks.names import PLATFORM_TAG


def check(settings: PlatformSettings, opts: pulumi.InvokeOptions) -> None:
    """Raises ``RunError`` if the account has no such zones, or a cluster that is in the way."""
    problems = [*_zones(settings, opts), *_cluster(settings, opts)]
    if problems:
        raise pulumi.RunError("\n".join(problems))


def _zones(settings: PlatformSettings, opts: pulumi.InvokeOptions) -> list[str]:
    wanted = settings.zones
    if not wanted:
        return []
    found = pulumi_aws.get_availability_zones(
        state="available",
        filters=[{"name": "opt-in-status", "values": ["opt-in-not-required", "opted-in"]}],
        region=settings.region,
        opts=opts,
    )
    ids = dict(zip(found.names, found.zone_ids, strict=True))
    return [f"platform:network.zones: {text}." for text in zones.problems(wanted, ids)]


def _cluster(settings: PlatformSettings, opts: pulumi.InvokeOptions) -> list[str]:
    name, region = settings.cluster.name, settings.region
    # Asked for by its name, a cluster that is not there would be an error.
    if name not in eks.get_clusters(region=region, opts=opts).names:
        return []
    found = eks.get_cluster(name=name, region=region, opts=opts)
    problem = running_cluster.problem(
        RunningCluster(
            status=found.status,
            version=found.version,
            auto_mode=any(compute.enabled for compute in found.compute_configs),
            tags=found.tags,
        ),
        version=settings.cluster.kubernetes_version,
        tag=PLATFORM_TAG,
        stack=settings.stack,
    )
    return [] if problem is None else [f"The EKS cluster {name} in {region} {problem}."]
