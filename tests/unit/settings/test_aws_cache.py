"""A cache on ElastiCache, and what the name of an existing one tells: each mistake, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from components.cache.elasticache import sizes
from stacks.settings import Problem
from stacks.settings.machinery.windows import DAY, Window, daily_text, weekly_text
from stacks.settings.sections.cache import ElastiCacheCache
from tests.support.configurations import (
    ON_EKS,
    VERSION_4_ELSEWHERE,
    Encrypted,
    bad,
    problem,
    problems,
    rds,
    settings,
)

KEY: Final = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
VALKEY_8: Final = (
    "must be '8.0', '8.1' or '8.2' in quotes, the releases of Valkey 8 that ElastiCache has: it "
    "chooses the patch level, and Langfuse was not tried with another major version"
)
SLOTS: Final = (
    "is not offered: Langfuse's queues use several keys in one command, which fails with CROSSSLOT "
    "where keys are spread over slots"
)
SPREADS: Final = (
    "spreads keys over slots: Langfuse's queues use several keys in one command, and fail with "
    "CROSSSLOT. It needs a replication group with cluster mode disabled"
)
NO_IAM: Final = (
    "is not offered: Langfuse sends one password for ever, and a token of IAM is valid for 15 "
    "minutes"
)
PARAMETERS: Final = (
    "is not offered: the parameter group is the stack's own, with noeviction: an evicted job is a "
    "lost event"
)
DOES_NOT_TAKE: Final = "is a risk that this stack does not take; left here, it would hide a mistake"


def cache(*risks: str, **cache: Any) -> dict[str, Any]:  # noqa: ANN401 - configuration is any JSON
    """As a change: a stack in AWS with a protected cache there, and what to say of it."""
    acknowledged = {"acknowledge": [*risks]} if risks else {}
    return {
        **ON_EKS,
        **VERSION_4_ELSEWHERE,
        "cache": {"engine": "elastiCache", **cache},
        **acknowledged,
    }


def existing(host: str, *, tls: bool = True) -> dict[str, Any]:
    server = {"engine": "external", "host": host, "password": Encrypted("hunter2"), "tls": tls}
    return {**ON_EKS, **VERSION_4_ELSEWHERE, "cache": server}


def _change(key: str, value: object) -> str:
    return f"pulumi config set --path @cache.{key} {value}"


BAD = [
    bad(
        "a cluster of a kubeconfig",
        {**VERSION_4_ELSEWHERE, "cache": {"engine": "elastiCache"}},
        problem(
            "cache.engine",
            '"elastiCache"',
            "needs an EKS cluster (cluster.eksName): the cache is in the cluster's VPC",
            "",
        ),
    ),
    bad(
        "a node type that is not there",
        cache(nodeType="cache.t4g.large"),
        problem(
            "cache.nodeType",
            '"cache.t4g.large"',
            "is not a node type for Valkey that is known: t3, t4g in micro, small, medium; m5, r5 "
            "in large, xlarge, 2xlarge, 4xlarge, 12xlarge, 24xlarge; m6g, m7g, r6g, r7g, c7gn in "
            "large, xlarge, 2xlarge, 4xlarge, 8xlarge, 12xlarge, 16xlarge",
            "",
        ),
    ),
    *(
        bad(
            f"the node type {given!r}",
            cache(nodeType=given),
            problem(
                "cache.nodeType",
                f'"{given}"',
                "must be an ElastiCache node type such as 'cache.t4g.medium'",
                _change("nodeType", "cache.t4g.medium"),
            ),
        )
        for given in ("t4g.medium", "Cache-T4G-medium", "cache t4g medium")
    ),
    *(
        bad(
            f"version {given!r}",
            cache(version=given),
            problem("cache.version", f'"{given}"', VALKEY_8, fix and _change("version", fix)),
        )
        for given, fix in (
            ("8", ""),
            ("7.2", ""),
            ("9.0", ""),
            ("8.10", ""),
            ("8.3", ""),
            ("8.9", ""),
            ("8.1.3", "8.1"),
            ("Valkey 8.0", "8.0"),
            ("redis 7.1", ""),
        )
    ),
    bad(
        "more replicas than ElastiCache takes",
        cache(replicas=6),
        problem("cache.replicas", "6", "must be less than or equal to 5", ""),
    ),
    bad(
        "more days than ElastiCache takes",
        cache(snapshotDays=36),
        problem("cache.snapshotDays", "36", "must be less than or equal to 35", ""),
    ),
    bad(
        "no snapshots of a protected cache",
        cache(snapshotDays=0),
        problem(
            "cache.snapshotDays",
            "0",
            "must not be 0 with cache.protect: without snapshots there is no way back",
            _change("snapshotDays", 7),
        ),
    ),
    bad(
        "a snapshot window of half an hour",
        cache(snapshotWindow="17:00-17:59"),
        problem(
            "cache.snapshotWindow",
            '"17:00-17:59"',
            "must be at least 60 minutes long, and is 59",
            "",
        ),
    ),
    bad(
        "a maintenance window of half an hour",
        cache(maintenanceWindow="sun:18:30-sun:19:00"),
        problem(
            "cache.maintenanceWindow",
            '"sun:18:30-sun:19:00"',
            "must be at least 60 minutes long, and is 30",
            "",
        ),
    ),
    bad(
        "a maintenance window of a day",
        cache(maintenanceWindow="sun:18:30-mon:18:30"),
        problem(
            "cache.maintenanceWindow",
            '"sun:18:30-mon:18:30"',
            "must be shorter than 24 hours, and is 24",
            "",
        ),
    ),
    bad(
        "windows that overlap",
        cache(snapshotWindow="18:00-19:00", maintenanceWindow="sun:18:30-sun:19:30"),
        problem(
            "cache.maintenanceWindow",
            '"sun:18:30-sun:19:30"',
            "must not overlap cache.snapshotWindow, which is 18:00-19:00 every day",
            "",
        ),
    ),
    bad(
        "one subnet",
        cache(subnetIds=["subnet-00000000000000001"]),
        problem(
            "cache.subnetIds",
            '["subnet-00000000000000001"]',
            "needs subnets in two zones at least, and a subnet is in one: without any, the cache "
            "takes the cluster's",
            "",
        ),
    ),
    bad(
        "a key of another region",
        cache(kmsKeyArn=KEY),
        problem(
            "cache.kmsKeyArn",
            f'"{KEY}"',
            "is of eu-west-1, and has to be of aws:region, ap-northeast-2",
            "",
        ),
    ),
    bad(
        "a security group twice",
        cache(clientSecurityGroupIds=["sg-00000001", "sg-00000001"]),
        problem(
            "cache.clientSecurityGroupIds[1]",
            '"sg-00000001"',
            "is named by cache.clientSecurityGroupIds[0] already",
            "pulumi config rm --path '@cache.clientSecurityGroupIds[1]'",
        ),
    ),
    *(
        bad(f"the key {key}", cache(**{key: True}), problem(f"cache.{key}", "true", rule, ""))
        for key, rule in (
            ("serverless", f"{SLOTS}, and what ElastiCache Serverless evicts cannot be changed"),
            ("clusterMode", f"{SLOTS}; a larger cache.nodeType holds more"),
            ("shards", f"{SLOTS}; a larger cache.nodeType holds more"),
            ("iamAuthentication", NO_IAM),
            ("userGroupIds", NO_IAM),
            ("evictionPolicy", PARAMETERS),
            ("maxmemoryPolicy", PARAMETERS),
            ("parameterGroup", PARAMETERS),
            (
                "dataTiering",
                "is not offered: it moves what is rarely read to disks, and jobs that wait are",
            ),
        )
    ),
    bad(
        "an engine in other letters",
        cache(engine="elasticache"),
        problem(
            "cache.engine",
            '"elasticache"',
            "must be one of statefulSet, elastiCache, external",
            _change("engine", "elastiCache"),
        ),
    ),
    bad(
        "a version without a cache",
        {**ON_EKS, "cache": {"engine": "elastiCache"}},
        problem(
            "cache",
            "(an object)",
            "has no use: Langfuse 2.95.12 keeps everything in PostgreSQL; before the step to "
            "version 3 it may be there with langfuse.upgrade.to = 3",
            "",
        ),
    ),
    # -- Risks
    bad(
        "a cache without protection",
        cache(protect=False),
        problem(
            "cache.protect",
            "false",
            "lets one `pulumi up` or `destroy` delete the cache, or replace it by an empty one: "
            "events that were accepted and not yet processed are lost; 'noProtection' in "
            "acknowledge accepts that",
            _change("protect", "true"),
        ),
    ),
    bad(
        "a cache without a replica",
        cache(replicas=0),
        problem(
            "cache.replicas",
            "0",
            "keeps no copy: when its zone or its node fails, Langfuse accepts nothing until the "
            "node is replaced, and what waited in the queues is lost; 'singleZone' in acknowledge "
            "accepts that",
            _change("replicas", 1),
        ),
    ),
    bad(
        "a week less a day of snapshots",
        cache(snapshotDays=6),
        problem(
            "cache.snapshotDays",
            "6",
            "leaves fewer than 7 days to notice a mistake: from then on no snapshot is from before "
            "it; 'shortBackups' in acknowledge accepts that",
            _change("snapshotDays", 7),
        ),
    ),
    bad(
        "risks that are not taken",
        cache("noProtection", "shortBackups", "singleZone"),
        *(
            problem(
                f"acknowledge[{index}]",
                f'"{risk}"',
                DOES_NOT_TAKE,
                f"pulumi config rm --path '@acknowledge[{index}]'",
            )
            for index, risk in ((2, "singleZone"), (1, "shortBackups"), (0, "noProtection"))
        ),
    ),
    bad(
        "risks of what may be lost anyway",
        cache("noProtection", "shortBackups", "singleZone", protect=False, replicas=0),
        *(
            problem(
                f"acknowledge[{index}]",
                f'"{risk}"',
                DOES_NOT_TAKE,
                f"pulumi config rm --path '@acknowledge[{index}]'",
            )
            for index, risk in ((2, "singleZone"), (1, "shortBackups"))
        ),
    ),
    # -- An existing one
    *(
        bad(
            f"the host {host}",
            existing(host),
            problem("cache.host", "[secret]", rule, ""),
        )
        for host, rule in (
            (
                "langfuse-abc.serverless.apn2.cache.amazonaws.com",
                f"is ElastiCache Serverless, which {SPREADS}",
            ),
            *(
                (host, f"is the configuration endpoint of a cluster, which {SPREADS}")
                for host in (
                    "clustercfg.langfuse.abc.apn2.cache.amazonaws.com",
                    "langfuse.abc.clustercfg.cnn1.cache.amazonaws.com.cn",
                )
            ),
            (
                "replica.langfuse.abc.apn2.cache.amazonaws.com",
                "is the endpoint for readers, and Langfuse writes: give the primary endpoint",
            ),
        )
    ),
]


@pytest.mark.parametrize(("change", "expected"), BAD)
def test_each_mistake_has_exactly_this_problem(
    change: Mapping[str, Any], expected: list[Problem]
) -> None:
    assert problems(change) == expected


@pytest.mark.parametrize(
    "change",
    [
        cache(),
        cache("noProtection", protect=False),
        cache("noProtection", protect=False, snapshotDays=0, replicas=0),
        cache("shortBackups", snapshotDays=1),
        cache("singleZone", replicas=0),
        # One acknowledgement is for both stores.
        {**cache("singleZone"), **rds(multiAz=False)},
        {**cache("shortBackups", snapshotDays=1), **rds(backupDays=1)},
        {**cache("noProtection"), **rds(), "secrets": {"protect": False}},
        cache(snapshotWindow="23:30-00:30", maintenanceWindow="sun:00:30-sun:01:30"),
        existing("master.langfuse.abc.apn2.cache.amazonaws.com"),
        # Groups without TLS that are called so.
        existing("clustercfg.abc.ng.0001.apn2.cache.amazonaws.com", tls=False),
        existing("replica.abc.ng.0001.apn2.cache.amazonaws.com", tls=False),
        existing("replica.example.com"),
        existing("a.serverless.example.com"),
    ],
)
def test_this_is_no_mistake(change: Mapping[str, Any]) -> None:
    assert problems(change) == []


@pytest.mark.parametrize("risk", ["noProtection", "shortBackups", "singleZone"])
def test_a_risk_that_the_cache_takes_is_not_one_of_the_database(risk: str) -> None:
    taken = {"noProtection": {"protect": False}, "shortBackups": {"snapshotDays": 1}}

    with_rds = {**cache(risk, **taken.get(risk, {"replicas": 0})), **rds()}
    assert problems(with_rds) == []


@pytest.mark.parametrize("given", ["snapshotWindow", "maintenanceWindow"])
@pytest.mark.parametrize("start", range(15, DAY, 165))
def test_the_window_that_was_not_given_makes_way_for_the_one_that_was(
    start: int, given: str
) -> None:
    for minutes in (60, 61, 719, 720):
        window = Window(6 * DAY + start, minutes)
        text = daily_text(window) if given == "snapshotWindow" else weekly_text(window)
        windows = {given: text}
        for found in problems(cache(**windows)):
            *_, key, value = found.fix.split()
            windows[key.rpartition(".")[2]] = value
        assert problems(cache(**windows)) == [], windows
        assert windows[given] == text


def test_the_default_node_type_is_one_that_is_there() -> None:
    section = settings(cache()).cache

    assert isinstance(section, ElastiCacheCache)
    assert section.node_type == "cache.t4g.medium"
    assert sizes.is_known(section.node_type)
    assert (section.version, section.replicas, section.snapshot_days) == ("8.0", 1, 7)
    assert (section.protect, section.apply_immediately) == (True, False)
