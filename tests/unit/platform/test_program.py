"""The program of the project `platform/`: providers, order of removal, what stops a preview."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pulumi
import pytest

from stacks.cluster_platform.composition import Platform, PlatformArgs
from stacks.stack_files import StackConfiguration
from tests.support import platform
from tests.support.platform import EXISTING, small
from tooling.engineless import running
from tooling.engineless.aws import lookups
from tooling.engineless.offline import OfflineBackend
from tooling.engineless.recording import Recording, Resource, reveal

CLUSTER = "platform-cluster-eks"
NODE_POOL = "platform-services-node-pool"


def custom(run: Recording) -> list[Resource]:
    return [r for r in run.resources.values() if r.custom]


@pytest.mark.parametrize(
    ("overrides", "aws", "kubernetes"),
    [
        ({}, 45, 8),
        ({"platform:network": {"nat": "one"}}, 43, 8),
        ({"platform:network": {"nat": "perZone"}}, 51, 8),
        ({"platform:services": {"clickhouseOperator": False}}, 45, 6),
        (
            {"platform:network": {**EXISTING, "cidr": None, "nat": None}},
            17,
            8,
        ),
    ],
)
def test_it_has_so_many_resources(overrides: Mapping[str, Any], aws: int, kubernetes: int) -> None:
    made = custom(platform.recorded(overrides))

    counts = {
        start: len([r for r in made if r.type.startswith(start)])
        for start in ("aws:", "kubernetes:", "pulumi:providers:")
    }
    assert counts == {"aws:": aws, "kubernetes:": kubernetes, "pulumi:providers:": 2}


def test_the_providers_are_those_of_the_account_and_of_the_cluster_that_is_made() -> None:
    run = platform.recorded()
    (aws,) = run.of_type("pulumi:providers:aws")
    (kubernetes,) = run.of_type("pulumi:providers:kubernetes")

    given = reveal(aws.inputs)
    assert given["region"] == "ap-northeast-2"
    assert given["allowedAccountIds"] == '["123456789012"]'
    # Not the tag by which roles of the workload are limited.
    assert '"agent-observability:platform": "prod"' in given["defaultTags"]
    assert "agent-observability:stack" not in given["defaultTags"]
    assert reveal(kubernetes.inputs)["clusterIdentifier"] == "ap-northeast-2/platform-prod"
    assert CLUSTER in _before(run, kubernetes)
    by_provider = {r.type.partition(":")[0]: r.provider.rpartition("::")[0] for r in custom(run)}
    assert (by_provider["aws"], by_provider["kubernetes"]) == (aws.urn, kubernetes.urn)
    wrong = [
        r.name
        for r in custom(run)
        if not r.type.startswith("pulumi:")
        and r.provider.rpartition("::")[0]
        != (kubernetes if r.type.startswith("kubernetes:") else aws).urn
    ]
    assert wrong == []


# -- The order of removal --------------------------------------------------------------------------


def _before(run: Recording, resource: Resource) -> set[str]:
    """Names of what is removed after a resource: everything that it waited for."""
    names = set[str]()
    pending = [*resource.dependencies, resource.provider.rpartition("::")[0]]
    while pending:
        found = run.resources.get(pending.pop())
        if found is not None and found.name not in names:
            names.add(found.name)
            pending += [*found.dependencies, found.provider.rpartition("::")[0]]
    return names


def removed(run: Recording) -> list[str]:
    """The order in which the engine deletes: each resource when nothing needs it any more. What
    goes with the cluster is not deleted by itself."""
    left = {r.urn: r for r in custom(run) if not r.type.startswith("pulumi:")}
    needs = {urn: _before(run, r) for urn, r in left.items()}
    order: list[str] = []
    while left:
        ready = [u for u, r in left.items() if not any(r.name in needs[other] for other in left)]
        assert ready, "a circle"
        order += [left[urn].name for urn in sorted(ready) if not left[urn].request.deletedWith]
        left = {urn: r for urn, r in left.items() if urn not in ready}
    return order


@pytest.mark.parametrize("nat", ["one", "regional", "perZone"])
def test_nodes_go_first_then_the_cluster_then_its_network(nat: str) -> None:
    run = platform.recorded({"platform:network": {"nat": nat}})
    order = removed(run)

    ways = [
        r.name
        for kind in (
            "aws:ec2/route:Route",
            "aws:ec2/routeTableAssociation:RouteTableAssociation",
            "aws:ec2/natGateway:NatGateway",
            "aws:ec2/internetGateway:InternetGateway",
            "aws:ec2/vpcEndpoint:VpcEndpoint",
            "aws:ec2/eip:Eip",
            "aws:ec2/subnet:Subnet",
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
            "aws:iam/role:Role",
            "aws:ec2/vpc:Vpc",
        )
        for r in run.of_type(kind)
        if not r.name.startswith("platform-network-flow")
    ]
    assert order.index(NODE_POOL) < order.index(CLUSTER)
    assert len(ways) >= 25
    assert [name for name in ways if order.index(name) < order.index(CLUSTER)] == []
    assert order[-1] == "platform-network-vpc"


def test_no_object_is_made_before_somebody_may_enter_and_the_node_pool_goes_before_that() -> None:
    run = platform.recorded()
    entries = {
        r.name
        for r in (
            *run.of_type("aws:eks/accessEntry:AccessEntry"),
            *run.of_type("aws:eks/accessPolicyAssociation:AccessPolicyAssociation"),
        )
    }
    inside = [r for r in custom(run) if r.type.startswith("kubernetes:")]

    assert len(entries) == 2
    assert len(inside) == 8
    assert [r.name for r in inside if not entries <= _before(run, r)] == []
    assert NODE_POOL in {r.name for r in inside}


def test_add_ons_and_classes_are_never_deleted_after_the_cluster() -> None:
    run = platform.recorded()
    inside = [r for r in custom(run) if r.type.startswith(("kubernetes:", "aws:eks/addon:"))]

    assert len(inside) == 9
    assert [r.name for r in inside if CLUSTER not in _before(run, r)] == []


# -- What stops a preview --------------------------------------------------------------------------


class Account(OfflineBackend):
    """An account with other zones, or with a cluster."""

    def __init__(self, answers: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(preview=True)
        self._answers = answers
        self.asked: dict[str, Mapping[str, Any]] = {}

    def invoke(self, token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked[token] = arguments
        return {**lookups.invoke(token, arguments), **self._answers.get(token, {})}


ZONES = "aws:index/getAvailabilityZones:getAvailabilityZones"
CLUSTERS, ONE = "aws:eks/getClusters:getClusters", "aws:eks/getCluster:getCluster"
THERE = {CLUSTERS: {"names": ["platform-prod"]}}


def refused(answers: Mapping[str, Mapping[str, Any]]) -> str:
    def program() -> Recording:
        return running.run_program(
            "prod", platform.read(), Account(answers), preview=True, project=platform.FOLDER
        )

    with pytest.raises(pulumi.RunError) as raised:
        program()
    return str(raised.value)


def test_a_zone_that_the_account_does_not_have_stops_the_preview() -> None:
    zones = {"names": ["ap-northeast-2a", "ap-northeast-2b"], "zoneIds": ["az1", "az2"]}

    assert refused({ZONES: zones}) == (
        "platform:network.zones: ap-northeast-2c is no zone of this account that is available."
    )


def test_several_zones_that_fit_are_named() -> None:
    ids = [f"az{number}" for number in range(4)]
    zones = {"names": [f"ap-northeast-2{letter}" for letter in "abde"], "zoneIds": ids}

    assert refused({ZONES: zones}) == (
        "platform:network.zones: ap-northeast-2c is no zone of this account that is available; the "
        "account also has ap-northeast-2d, ap-northeast-2e."
    )


def test_it_asks_for_the_zones_of_its_region_that_need_no_request_and_for_one_cluster() -> None:
    account = Account({**THERE, ONE: {"tags": {}}})
    with pytest.raises(pulumi.RunError):
        running.run_program("prod", platform.read(), account, preview=True, project=platform.FOLDER)

    assert account.asked == {
        ZONES: {
            "state": "available",
            "filters": [{"name": "opt-in-status", "values": ["opt-in-not-required", "opted-in"]}],
            "region": "ap-northeast-2",
        },
        CLUSTERS: {"region": "ap-northeast-2"},
        ONE: {"name": "platform-prod", "region": "ap-northeast-2"},
    }


def test_a_cluster_of_somebody_else_stops_the_preview() -> None:
    assert refused({**THERE, ONE: {"tags": {}}}) == (
        "The EKS cluster platform-prod in ap-northeast-2 exists and is not the platform's: set "
        "platform:cluster.name to another name, or deploy the workload to that cluster without a "
        "platform."
    )


def test_an_upgrade_by_two_versions_stops_the_preview() -> None:
    own = {
        "tags": {"agent-observability:platform": "prod"},
        "version": "1.34",
        "computeConfigs": [{"enabled": True, "nodePools": ["system"]}],
    }

    assert refused({**THERE, ONE: own}) == (
        "The EKS cluster platform-prod in ap-northeast-2 runs Kubernetes 1.34, and EKS upgrades "
        "one minor version at a time: set platform:cluster.kubernetesVersion to 1.35 first."
    )


def test_its_own_cluster_stops_nothing() -> None:
    own = {
        "tags": {"agent-observability:platform": "prod"},
        "version": "1.35",
        "computeConfigs": [{"enabled": True, "nodePools": ["system"]}],
    }
    backend = Account({**THERE, ONE: own})

    run = running.run_program(
        "prod", platform.read(), backend, preview=True, project=platform.FOLDER
    )

    assert run.resources.keys() == platform.recorded(preview=True).resources.keys()


def test_each_list_of_principals_gives_its_own_right() -> None:
    arn = "arn:aws:iam::123456789012:role"
    run = platform.recorded(
        {"platform:access": {"deployers": [f"{arn}/deploy"], "viewers": [f"{arn}/look"]}}
    )

    policies = {
        r.inputs["principalArn"].rpartition("/")[2]: r.inputs["policyArn"].rpartition("/")[2]
        for r in run.of_type("aws:eks/accessPolicyAssociation:AccessPolicyAssociation")
    }
    assert policies == {
        "platform-admin": "AmazonEKSClusterAdminPolicy",
        "deploy": "AmazonEKSClusterAdminPolicy",
        "look": "AmazonEKSViewPolicy",
    }


# -- Warnings and outputs --------------------------------------------------------------------------


@pytest.mark.parametrize(("today", "warned"), [("2027-06-02", 0), ("2027-06-03", 1)])
def test_the_end_of_support_is_a_warning_of_the_deployment(
    monkeypatch: pytest.MonkeyPatch, today: str, warned: int
) -> None:
    warnings: list[str] = []

    def warn(message: str, resource: object = None) -> None:
        assert resource is not None
        warnings.append(message)

    monkeypatch.setattr(pulumi.log, "warn", warn)

    def program() -> None:
        Platform("platform", PlatformArgs(settings=small({}), today=date.fromisoformat(today)))

    nothing = StackConfiguration({}, frozenset())
    running.run("test", nothing, OfflineBackend(), program)

    assert len(warnings) == warned
    assert ["1.36 ends on 2027-08-02" in text for text in warnings] == [True] * warned


def test_it_exports_what_people_need_next() -> None:
    exports = dict(platform.recorded().exports)

    assert sorted(exports.pop("egressAddresses")) == sorted(
        set(platform.recorded().exports["egressAddresses"])
    )
    assert len(platform.recorded().exports["egressAddresses"]) == 3
    assert len(exports.pop("nameServers")) == 4
    assert exports == {
        "clusterName": "platform-prod",
        "region": "ap-northeast-2",
        "kubernetesVersion": "1.36",
        "hostedZone": "example.com",
        "kubeconfigCommand": "aws eks update-kubeconfig --region ap-northeast-2 "
        "--name platform-prod",
    }


def test_an_existing_network_is_used_and_none_is_made() -> None:
    run = platform.recorded({"platform:network": {**EXISTING, "cidr": None, "nat": None}})

    assert run.of_type("aws:ec2/vpc:Vpc") == []
    vpc = reveal(run.named(CLUSTER).inputs)["vpcConfig"]
    assert vpc["subnetIds"] == ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
    assert "egressAddresses" not in run.exports


def test_accepted_risks_are_told_to_the_policy_pack() -> None:
    change = {"platform:network": {"flowLogs": "off"}, "platform:acknowledge": ["noFlowLogs"]}
    run = platform.recorded(change)
    (root,) = (r for r in run.resources.values() if r.type.endswith(":Platform"))

    assert run.registered_outputs[root.urn]["acknowledged"] == ["noFlowLogs"]
    assert "acknowledged" not in platform.recorded().exports
