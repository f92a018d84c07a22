"""The EKS cluster: exact inputs and edges, roles, entries. AWS itself is not asked."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest
from pulumi_aws import ec2

from components.platform.cluster import Cluster, ClusterArgs
from tests.support.component_run import run_component
from tests.support.recordings import depends_on
from tooling.engineless.recording import Recording, reveal

REGION = "ap-northeast-2"
ADMIN = "arn:aws:iam::123456789012:role/platform-admin"
DEPLOYER = "arn:aws:iam::123456789012:role/deploy"
VIEWER = "arn:aws:iam::123456789012:user/ops/ada"
SUBNETS = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
BOUNDARY = "arn:aws:iam::123456789012:policy/limit"
MANAGED = "arn:aws:iam::aws:policy"


def run(**args: Any) -> Recording:  # noqa: ANN401
    defaults: dict[str, Any] = {
        "region": REGION,
        "account_id": "123456789012",
        "partition": "aws",
        "cluster_name": "platform-test",
        "version": "1.36",
        "subnet_ids": SUBNETS,
        "public_access_cidrs": ["203.0.113.0/24"],
        "principals": {ADMIN: "admin"},
        "service_cidr": "172.20.0.0/16",
    }
    return run_component(lambda: Cluster("test", ClusterArgs(**{**defaults, **args})))


def inputs(made: Recording, name: str) -> dict[str, Any]:
    return dict(reveal(made.named(name).inputs))


def names(made: Recording) -> list[str]:
    return sorted(r.name for r in made.resources.values() if r.custom)


POLICIES = [
    "test-cluster-AmazonEKSBlockStoragePolicy",
    "test-cluster-AmazonEKSClusterPolicy",
    "test-cluster-AmazonEKSComputePolicy",
    "test-cluster-AmazonEKSLoadBalancingPolicy",
    "test-cluster-AmazonEKSNetworkingPolicy",
    "test-node-AmazonEC2ContainerRegistryPullOnly",
    "test-node-AmazonEKSWorkerNodeMinimalPolicy",
]
ENTRY = "test-access-ce910ad9"


def test_it_makes_these_resources_and_no_other() -> None:
    assert names(run()) == sorted(
        [
            *POLICIES,
            ENTRY,
            f"{ENTRY}-policy",
            "test-cluster-role",
            "test-eks",
            "test-identity-provider",
            "test-log",
            "test-node-role",
            "test-own-tags",
        ]
    )


def test_the_cluster_has_these_inputs_and_no_other() -> None:
    made = run()

    given = inputs(made, "test-eks")
    roles = {
        "role": given.pop("roleArn"),
        "node": given["computeConfig"].pop("nodeRoleArn"),
    }
    assert {key: arn.rpartition("-")[0] for key, arn in roles.items()} == {
        "role": "arn:aws:iam::123456789012:role/test-cluster-role",
        "node": "arn:aws:iam::123456789012:role/test-node-role",
    }
    assert given == {
        "name": "platform-test",
        "version": "1.36",
        "vpcConfig": {
            "subnetIds": SUBNETS,
            "endpointPrivateAccess": True,
            "endpointPublicAccess": True,
            "publicAccessCidrs": ["203.0.113.0/24"],
        },
        "accessConfig": {
            "authenticationMode": "API",
            "bootstrapClusterCreatorAdminPermissions": False,
        },
        "computeConfig": {"enabled": True, "nodePools": ["system"]},
        "kubernetesNetworkConfig": {
            "elasticLoadBalancing": {"enabled": True},
            "ipFamily": "ipv4",
            "serviceIpv4Cidr": "172.20.0.0/16",
        },
        "storageConfig": {"blockStorage": {"enabled": True}},
        "bootstrapSelfManagedAddons": False,
        "upgradePolicy": {"supportType": "STANDARD"},
        "zonalShiftConfig": {"enabled": True},
        "enabledClusterLogTypes": ["api", "audit", "authenticator"],
        "deletionProtection": True,
    }
    assert made.named("test-eks").protect


def test_what_the_settings_change_of_the_cluster() -> None:
    key = "arn:aws:kms:ap-northeast-2:123456789012:key/1"
    made = run(
        deletion_protection=False,
        kms_key_arn=key,
        log_types=["audit"],
        log_days=90,
        version="1.37",
        service_cidr="10.100.0.0/16",
        public_access_cidrs=["198.51.100.0/24", "203.0.113.7/32"],
        permissions_boundary_arn=BOUNDARY,
    )

    given = inputs(made, "test-eks")
    assert not made.named("test-eks").protect
    assert given["deletionProtection"] is False
    assert given["encryptionConfig"] == {"provider": {"keyArn": key}, "resources": ["secrets"]}
    assert given["enabledClusterLogTypes"] == ["audit"]
    assert given["version"] == "1.37"
    assert given["kubernetesNetworkConfig"]["serviceIpv4Cidr"] == "10.100.0.0/16"
    assert given["vpcConfig"]["publicAccessCidrs"] == ["198.51.100.0/24", "203.0.113.7/32"]
    assert inputs(made, "test-log")["retentionInDays"] == 90
    assert [
        inputs(made, name)["permissionsBoundary"]
        for name in ("test-cluster-role", "test-node-role")
    ] == [BOUNDARY, BOUNDARY]


def test_eks_gets_more_time_than_it_takes() -> None:
    timeouts = run().named("test-eks").request.customTimeouts

    assert (timeouts.create, timeouts.update, timeouts.delete) == ("40m", "", "40m")


def test_its_log_is_made_before_eks_makes_one_that_is_kept_for_ever() -> None:
    made = run()

    assert inputs(made, "test-log") == {
        "name": "/aws/eks/platform-test/cluster",
        "retentionInDays": 30,
    }
    assert "test-log" in depends_on(made, made.named("test-eks"))


def test_the_roles_are_those_of_eks_and_of_machines() -> None:
    made = run()

    trusts = {
        name: json.loads(inputs(made, name)["assumeRolePolicy"])["Statement"]
        for name in ("test-cluster-role", "test-node-role")
    }
    assert trusts == {
        "test-cluster-role": [
            {
                "Sid": "Service",
                "Effect": "Allow",
                "Principal": {"Service": "eks.amazonaws.com"},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
            }
        ],
        "test-node-role": [
            {
                "Sid": "Service",
                "Effect": "Allow",
                "Principal": {"Service": "ec2.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    attached = {
        r.name: (r.inputs["role"].rpartition("-")[0], r.inputs["policyArn"])
        for r in made.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    }
    assert attached == {
        name: (f"{name.rpartition('-')[0]}-role", f"{MANAGED}/{name.rpartition('-')[2]}")
        for name in POLICIES
    }
    assert inputs(made, "test-own-tags")["role"].startswith("test-cluster-role-")


@pytest.mark.parametrize("before", [*POLICIES, "test-own-tags", "test-log"])
def test_the_cluster_waits_for_permissions_so_that_they_are_there_until_it_is_gone(
    before: str,
) -> None:
    made = run()

    assert before in depends_on(made, made.named("test-eks"))


def test_it_waits_for_what_it_is_told_to() -> None:
    def program() -> None:
        vpc = ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
        Cluster(
            "test",
            ClusterArgs(
                region=REGION,
                account_id="123456789012",
                partition="aws-cn",
                cluster_name="x",
                version="1.36",
                subnet_ids=pulumi.Output.from_input(SUBNETS),
                public_access_cidrs=[],
                principals={},
                service_cidr="172.20.0.0/16",
                after=[vpc],
            ),
        )

    made = run_component(program)

    assert "vpc" in depends_on(made, made.named("test-eks"))
    arn = inputs(made, "test-cluster-AmazonEKSClusterPolicy")["policyArn"]
    assert arn == "arn:aws-cn:iam::aws:policy/AmazonEKSClusterPolicy"


def test_every_principal_has_one_entry_and_the_policy_of_its_right() -> None:
    made = run(principals={ADMIN: "admin", DEPLOYER: "deployer", VIEWER: "viewer"})

    entries = [dict(r.inputs) for r in made.of_type("aws:eks/accessEntry:AccessEntry")]
    assert sorted(entries, key=lambda row: row["principalArn"]) == [
        {"clusterName": "platform-test", "principalArn": arn, "type": "STANDARD"}
        for arn in sorted([ADMIN, DEPLOYER, VIEWER])
    ]
    associations = made.of_type("aws:eks/accessPolicyAssociation:AccessPolicyAssociation")
    policy = "arn:aws:eks::aws:cluster-access-policy"
    assert {r.inputs["principalArn"]: dict(r.inputs) for r in associations} == {
        arn: {
            "clusterName": "platform-test",
            "principalArn": arn,
            "policyArn": f"{policy}/{name}",
            "accessScope": {"type": "cluster"},
        }
        for arn, name in (
            (ADMIN, "AmazonEKSClusterAdminPolicy"),
            (DEPLOYER, "AmazonEKSClusterAdminPolicy"),
            (VIEWER, "AmazonEKSViewPolicy"),
        )
    }
    cluster = made.named("test-eks").urn
    assert {
        r.request.deletedWith
        for r in [*associations, *made.of_type("aws:eks/accessEntry:AccessEntry")]
    } == {cluster}


def test_another_right_keeps_the_entry() -> None:
    """A second entry for a principal is refused, and a new one is made before the old one goes."""
    before, after = run(), run(principals={ADMIN: "viewer"})

    assert inputs(before, ENTRY) == inputs(after, ENTRY)
    assert names(before) == names(after)


def test_service_accounts_take_roles_by_the_issuer_of_the_cluster() -> None:
    given = inputs(run(), "test-identity-provider")

    assert given["clientIdLists"] == ["sts.amazonaws.com"]
    assert given["url"].startswith(f"https://oidc.eks.{REGION}.amazonaws.com/id/")
    assert given.keys() == {"clientIdLists", "url"}
