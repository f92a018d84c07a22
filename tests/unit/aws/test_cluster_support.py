"""Which clusters are refused before anything is made."""

from functools import partial

import pytest

from components.aws import cluster_support

OLD = (
    "runs Kubernetes {}, and the pods need 1.30 or newer (preStop.sleep). Upgrade the cluster, one "
    "minor version at a time"
)
IPV6 = (
    "gives its pods IPv6 addresses, and the stack's NetworkPolicies, its load balancer and its "
    "database's security group admit IPv4 networks only. The address family of a cluster cannot "
    "be changed: use a cluster with IPv4"
)


problem = partial(cluster_support.problem, status="ACTIVE")


@pytest.mark.parametrize("kubernetes", ["1.30", "1.31", "1.37", "v1.30.4-eks-a5565ad", "2.0"])
def test_a_supported_release_with_ipv4_passes(kubernetes: str) -> None:
    assert problem(kubernetes=kubernetes, ip_family="ipv4") is None


@pytest.mark.parametrize("kubernetes", ["1.29", "1.3", "v1.29.9", "0.99"])
def test_an_older_release_is_refused(kubernetes: str) -> None:
    found = problem(kubernetes=kubernetes, ip_family="ipv4")

    assert found == OLD.format(kubernetes)


def test_pods_with_ipv6_addresses_are_refused() -> None:
    assert problem(kubernetes="1.36", ip_family="ipv6") == IPV6


@pytest.mark.parametrize("text", ["", "latest", "1", "x1.30"])
def test_what_is_no_version_is_not_taken_for_one(text: str) -> None:
    with pytest.raises(ValueError, match="is no Kubernetes version"):
        cluster_support.version(text)


@pytest.mark.parametrize("status", ["CREATING", "DELETING", "FAILED", "PENDING"])
def test_a_cluster_that_does_not_answer_is_refused_whatever_its_version(status: str) -> None:
    found = cluster_support.problem(status=status, kubernetes="1.29", ip_family="ipv4")

    assert found == f"is {status}: nothing can be deployed until it is ACTIVE"


def test_a_cluster_that_is_updated_answers() -> None:
    assert cluster_support.problem(status="UPDATING", kubernetes="1.36", ip_family="ipv4") is None
