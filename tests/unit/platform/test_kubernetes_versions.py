"""Kubernetes versions and their support. The dates are AWS's, written down here a second time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import get_args

import pytest

from components.aws import cluster_support
from components.platform import kubernetes_versions
from components.platform.kubernetes_versions import (
    DEFAULT,
    STANDARD_SUPPORT_ENDS,
    KubernetesVersion,
    step,
    warning,
)


def test_every_version_has_the_day_on_which_its_support_ends() -> None:
    assert get_args(KubernetesVersion) == tuple(STANDARD_SUPPORT_ENDS)
    assert {version: str(ends) for version, ends in STANDARD_SUPPORT_ENDS.items()} == {
        "1.34": "2026-12-02",
        "1.35": "2027-03-27",
        "1.36": "2027-08-02",
        "1.37": "2027-12-01",
    }
    assert DEFAULT == "1.36"


def test_versions_follow_each_other_and_the_workload_runs_on_all_of_them() -> None:
    minors = [kubernetes_versions.minor(version) for version in STANDARD_SUPPORT_ENDS]

    assert minors == list(range(34, 38))
    assert sorted(STANDARD_SUPPORT_ENDS.values()) == list(STANDARD_SUPPORT_ENDS.values())
    assert [
        v for v in STANDARD_SUPPORT_ENDS if cluster_support.version(v) < cluster_support.OLDEST
    ] == []


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (61, None),
        (
            60,
            "Standard support of Kubernetes 1.35 ends on 2027-03-27, in 60 days: AWS then upgrades "
            "the cluster by itself. Set platform:cluster.kubernetesVersion to 1.36 before.",
        ),
        (
            1,
            "Standard support of Kubernetes 1.35 ends on 2027-03-27, in 1 days: AWS then upgrades "
            "the cluster by itself. Set platform:cluster.kubernetesVersion to 1.36 before.",
        ),
        (
            0,
            "Standard support of Kubernetes 1.35 ended on 2027-03-27: AWS upgrades the cluster",
        ),
    ],
)
def test_the_end_of_support_is_warned_of_sixty_days_before(days: int, expected: str | None) -> None:
    assert warning("1.35", date(2027, 3, 27) - timedelta(days)) == expected


def test_the_newest_version_is_told_no_successor() -> None:
    assert warning("1.37", date(2027, 11, 30)) == (
        "Standard support of Kubernetes 1.37 ends on 2027-12-01, in 1 days: AWS then upgrades the "
        "cluster by itself."
    )


@pytest.mark.parametrize(
    ("running", "wanted", "expected"),
    [
        ("1.35", "1.35", None),
        ("1.35", "1.36", None),
        (
            "1.34",
            "1.36",
            "runs Kubernetes 1.34, and EKS upgrades one minor version at a time: set "
            "platform:cluster.kubernetesVersion to 1.35 first",
        ),
        (
            "1.37",
            "1.36",
            "runs Kubernetes 1.37, and EKS cannot go back to 1.36: set "
            "platform:cluster.kubernetesVersion to 1.37",
        ),
    ],
)
def test_a_cluster_goes_up_one_minor_version_at_a_time(
    running: str, wanted: str, expected: str | None
) -> None:
    assert step(running, wanted) == expected
