"""The ElastiCache cache of a stack: whether it answers, and what differs from the stack file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from stacks.names import AccountNames
from stacks.settings.sections.cache import ElastiCacheCache
from tooling.doctor.aws.session.account import Account
from tooling.doctor.findings import Finding

_WORKING: Final = {"available", "modifying", "snapshotting"}
"""Statuses in which the cache answers
(https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroup.html)."""

_WAITS: Final = ("CacheNodeType", "EngineVersion")
"""What waits for the maintenance window. The status of the token is no such thing: after a rotation
two are valid until the next."""

Group = Mapping[str, Any]
Node = Mapping[str, Any]


def status(account: Account) -> Iterator[Finding]:
    """Whether the replication group is in a status in which it answers."""
    for group in _groups(account):
        found = group.get("Status", "unknown")
        if found in _WORKING:
            continue
        failed = found == "create-failed"
        told = (
            ": AWS has no capacity for the node type in its zones, or its subnets are full"
            if failed
            else "; it may not answer until it is available again"
        )
        identifier = group["ReplicationGroupId"]
        yield Finding(
            section="cache-unreachable",
            severity="error" if failed else "warning",
            subject=f"ElastiCache group {identifier}",
            cause=f"It is {found}{told}.",
            command=account.aws.command(
                *("elasticache", "describe-events", "--source-type", "replication-group"),
                *("--source-identifier", identifier, "--duration", "1440"),
            ),
        )


def changed(account: Account) -> Iterator[Finding]:
    """What differs from the stack file: by a person, or because a change waits."""
    section = account.settings.cache
    if not isinstance(section, ElastiCacheCache):
        return
    for group in _groups(account):
        yield from _of_group(account, section, group)
        nodes = account.aws.ask(
            "elasticache",
            "DescribeCacheClusters",
            CacheClusterId=sorted(group["MemberClusters"])[0],
        )
        for node in nodes.get("CacheClusters", []):
            yield from _version(account, section, group, node)
            yield from _parameters(account, section, group, node)
            pending = node.get("PendingModifiedValues", {})
            if waits := [name for name in _WAITS if pending.get(name)]:
                yield _differs(
                    account,
                    group,
                    f"Changes wait for its maintenance window: {', '.join(waits)} "
                    "(cache.applyImmediately applies them with the next `up`)",
                )


def _of_group(account: Account, section: ElastiCacheCache, group: Group) -> Iterator[Finding]:
    """What `up` sets back, and what that costs."""
    replicas = len(group.get("MemberClusters", [])) - 1
    failover = group.get("AutomaticFailover") in ("enabled", "enabling")
    rows = (
        ("node type", group.get("CacheNodeType"), section.node_type, "nodeType"),
        ("number of replicas", replicas, section.replicas, "replicas"),
        ("automatic failover", failover, section.replicas > 0, "replicas"),
        ("days of snapshots", group.get("SnapshotRetentionLimit"), section.snapshot_days, ""),
    )
    for called, found, wanted, key in rows:
        if found is not None and found != wanted:
            told = f"cache.{key or 'snapshotDays'} asks for {_word(wanted)}"
            yield _differs(
                account, group, f"Its {called} is {_word(found)}, and {told}: `up` sets it back"
            )


def _version(
    account: Account, section: ElastiCacheCache, group: Group, node: Node
) -> Iterator[Finding]:
    found = str(node.get("EngineVersion", ""))
    release = re.match(r"\d+\.\d+", found)
    if release is None or release[0] == section.version:
        return
    newer = _numbers(release[0]) > _numbers(section.version)
    why = (
        "a lower version would be another cache, which cache.protect refuses"
        if newer
        else "`up` upgrades it, in the maintenance window unless cache.applyImmediately is on"
    )
    yield Finding(
        section="changed-in-aws",
        severity="error" if newer else "warning",
        subject=f"ElastiCache group {group['ReplicationGroupId']}",
        cause=f"It runs Valkey {found}, and cache.version is {section.version}: {why}.",
        command=account.commands.config_set("cache.version", release[0])
        if newer
        else _show(account, group),
    )


def _parameters(
    account: Account, section: ElastiCacheCache, group: Group, node: Node
) -> Iterator[Finding]:
    own = f"{AccountNames(account.settings.stack).cache}-valkey{section.version.partition('.')[0]}"
    found = node.get("CacheParameterGroup", {}).get("CacheParameterGroupName", own)
    if found != own:
        yield _differs(
            account,
            group,
            f"Its parameter group is {found}, and the stack's own is {own}: what is in the queues "
            "may be evicted. `up` sets it back",
        )


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _word(value: object) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def _differs(account: Account, group: Group, cause: str) -> Finding:
    subject = f"ElastiCache group {group['ReplicationGroupId']}"
    return Finding.warning("changed-in-aws", subject, f"{cause}.", _show(account, group))


def _show(account: Account, group: Group) -> str:
    identifier = group["ReplicationGroupId"]
    words = ("describe-replication-groups", "--replication-group-id", identifier)
    return account.aws.command("elasticache", *words)


def _groups(account: Account) -> Iterator[Group]:
    """Those with a name of the stack: one, or two while one replaces the other."""
    if not isinstance(account.settings.cache, ElastiCacheCache):
        return
    listed = account.aws.pages("elasticache", "DescribeReplicationGroups", "ReplicationGroups")
    begins = re.escape(AccountNames(account.settings.stack).replication_group)
    for group in listed:
        if re.fullmatch(rf"{begins}-[0-9a-f]{{8}}", group["ReplicationGroupId"]):
            yield group
