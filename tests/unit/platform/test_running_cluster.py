"""What a cluster of the platform's name says about a deployment; zones of a control plane."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from components.platform import zones
from components.platform.running_cluster import RunningCluster, problem

TAG = "agent-observability:platform"
OWN = RunningCluster(status="ACTIVE", version="1.36", auto_mode=True, tags={TAG: "prod"})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, None),
        ({"status": "UPDATING"}, None),
        ({"version": "1.35"}, None),
        (
            {"tags": {}},
            "exists and is not the platform's: set platform:cluster.name to another name, or "
            "deploy the workload to that cluster without a platform",
        ),
        (
            {"tags": {TAG: "dev"}},
            "exists and is of the platform of stack dev: set platform:cluster.name to another "
            "name, or deploy the workload to that cluster without a platform",
        ),
        (
            {"status": "CREATING"},
            "is still being created, by another `up` or by one that was interrupted. Wait until it "
            "is ACTIVE; docs/platform.md says what to do with one that the state does not have",
        ),
        ({"status": "DELETING"}, "is being deleted: wait until it is gone, then deploy again"),
        (
            {"status": "FAILED"},
            "is FAILED: delete it (`aws eks delete-cluster`), then `pulumi -C platform refresh`, "
            "and deploy again",
        ),
        (
            {"auto_mode": False},
            "is not in Auto Mode any more: it was switched off outside of the program, which has "
            "no other nodes for it. Switch it on again with `aws eks update-cluster-config`",
        ),
        (
            {"version": "1.34"},
            "runs Kubernetes 1.34, and EKS upgrades one minor version at a time: set "
            "platform:cluster.kubernetesVersion to 1.35 first",
        ),
    ],
)
def test_a_cluster_in_the_way_says_what_to_do(change: dict[str, Any], expected: str | None) -> None:
    assert problem(replace(OWN, **change), version="1.36", tag=TAG, stack="prod") == expected


IDS = {"us-east-1a": "use1-az1", "us-east-1b": "use1-az2", "us-east-1e": "use1-az3"}


def test_a_zone_that_holds_no_control_plane_is_refused_with_the_others_of_the_account() -> None:
    assert list(zones.problems(["us-east-1a", "us-east-1e"], IDS)) == [
        "us-east-1e (use1-az3) holds no control plane of EKS; the account also has us-east-1b"
    ]


def test_a_zone_that_the_account_does_not_have_is_refused() -> None:
    assert list(zones.problems(["us-east-1a", "us-east-1b", "us-east-1f"], IDS)) == [
        "us-east-1f is no zone of this account that is available"
    ]
    assert list(zones.problems(["us-east-1a", "us-east-1b"], IDS)) == []


def test_three_zones_of_aws_are_without_control_planes() -> None:
    assert {"use1-az3", "usw1-az2", "cac1-az3"} == zones.NO_CONTROL_PLANE
