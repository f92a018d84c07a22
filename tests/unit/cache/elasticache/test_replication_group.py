"""Valkey on ElastiCache: every input of every resource. Does not prove that AWS accepts them."""

from typing import Any

import pytest

from tests.support.eks import SECURITY_GROUP, SUBNETS, VPC
from tests.support.elasticache import GROUP, children, record, recorded
from tests.support.recordings import inputs as plain

KEY = "arn:aws:kms:ap-northeast-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def test_it_consists_of_exactly_these_resources() -> None:
    assert {r.name: r.type for r in children(recorded())} == {
        "cache-firewall": "aws:ec2/securityGroup:SecurityGroup",
        "cache-from-cluster": "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "cache-subnets": "aws:elasticache/subnetGroup:SubnetGroup",
        "cache-parameters": "aws:elasticache/parameterGroup:ParameterGroup",
        "cache-suffix": "random:index/randomId:RandomId",
        "cache-password": "random:index/randomPassword:RandomPassword",
        "cache-group": "aws:elasticache/replicationGroup:ReplicationGroup",
    }


def test_all_of_them_are_children_of_the_component() -> None:
    (component,) = recorded().of_type("agent-observability:index:CacheElastiCache")

    assert {r.parent for r in children(recorded())} == {component.urn}


def test_the_subnet_group_has_the_given_subnets_and_one_name_for_ever() -> None:
    assert plain(recorded(), "cache-subnets") == {
        "name": "langfuse-prod-cache",
        "description": "Subnets of Langfuse's cache",
        "subnetIds": SUBNETS,
    }


@pytest.mark.parametrize(
    ("version", "family"), [("8.0", "valkey8"), ("8.1", "valkey8"), ("9.0", "valkey9")]
)
def test_nothing_is_evicted_and_another_major_version_has_a_group_of_another_name(
    version: str, family: str
) -> None:
    assert plain(record({"version": version}), "cache-parameters") == {
        "name": f"langfuse-prod-cache-{family}",
        "family": family,
        "description": "Parameters of Langfuse's cache",
        "parameters": [{"name": "maxmemory-policy", "value": "noeviction"}],
    }


def test_the_firewall_has_no_rules_of_its_own_and_no_way_out() -> None:
    assert plain(recorded(), "cache-firewall") == {
        "namePrefix": "langfuse-prod-cache-firewall-",
        "description": "Cache of Langfuse",
        "vpcId": VPC,
    }


def test_only_the_clusters_security_group_may_connect() -> None:
    rule = plain(recorded(), "cache-from-cluster")
    group = rule.pop("securityGroupId")

    assert plain(recorded(), GROUP)["securityGroupIds"] == [group]
    assert rule == {
        "description": "Valkey from the nodes and pods of the cluster",
        "referencedSecurityGroupId": SECURITY_GROUP,
        "ipProtocol": "tcp",
        "fromPort": 6379,
        "toPort": 6379,
    }
    assert len([r for r in recorded().resources.values() if "Rule" in r.type]) == 1


def test_further_security_groups_may_connect_too() -> None:
    recording = record({"client_security_group_ids": ["sg-1", "sg-2"]})
    rules = {
        r.name: plain(recording, r.name)["referencedSecurityGroupId"]
        for r in recording.resources.values()
        if "Rule" in r.type
    }

    assert rules == {
        "cache-from-cluster": SECURITY_GROUP,
        "cache-from-sg-1": "sg-1",
        "cache-from-sg-2": "sg-2",
    }


def test_the_token_is_64_letters_and_digits() -> None:
    assert plain(recorded(), "cache-password") == {"length": 64, "special": False}


def test_the_group_is_exactly_this() -> None:
    group = plain(recorded(), GROUP)
    token = group.pop("authTokenWo")
    identifier = group.pop("replicationGroupId")

    assert len(token) == 64
    assert identifier.startswith("langfuse-prod-")
    assert group == {
        "description": "Cache of Langfuse",
        "engine": "valkey",
        "engineVersion": "8.0",
        "autoMinorVersionUpgrade": False,
        "nodeType": "cache.t4g.medium",
        "clusterMode": "disabled",
        "numCacheClusters": 2,
        "automaticFailoverEnabled": True,
        "multiAzEnabled": True,
        "port": 6379,
        "atRestEncryptionEnabled": True,
        "transitEncryptionEnabled": True,
        "transitEncryptionMode": "required",
        "authTokenWoVersion": group["authTokenWoVersion"],
        "authTokenUpdateStrategy": "ROTATE",
        "subnetGroupName": "langfuse-prod-cache",
        "securityGroupIds": group["securityGroupIds"],
        "parameterGroupName": "langfuse-prod-cache-valkey8",
        "snapshotRetentionLimit": 7,
        "snapshotWindow": "17:00-18:00",
        "maintenanceWindow": "sun:18:30-sun:19:30",
        "applyImmediately": False,
        "finalSnapshotIdentifier": f"langfuse-prod-cache-final-{identifier[-8:]}",
    }


@pytest.mark.parametrize("replicas", [0, 5])
def test_its_nodes_are_named_one_by_one_for_their_alarms(replicas: int) -> None:
    recording = record({"replicas": replicas})
    identifier = plain(recording, GROUP)["replicationGroupId"]

    assert recording.exports["nodes"] == [f"{identifier}-00{n}" for n in range(1, replicas + 2)]


CHANGES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"node_type": "cache.r7g.large"}, {"nodeType": "cache.r7g.large"}),
    ({"version": "8.1"}, {"engineVersion": "8.1"}),
    ({"replicas": 2}, {"numCacheClusters": 3}),
    (
        {"replicas": 0},
        {"numCacheClusters": 1, "automaticFailoverEnabled": False, "multiAzEnabled": False},
    ),
    ({"snapshot_days": 14}, {"snapshotRetentionLimit": 14}),
    ({"snapshot_window": "02:00-03:00"}, {"snapshotWindow": "02:00-03:00"}),
    ({"maintenance_window": "mon:05:00-mon:06:00"}, {"maintenanceWindow": "mon:05:00-mon:06:00"}),
    ({"apply_immediately": True}, {"applyImmediately": True}),
    ({"kms_key_arn": KEY}, {"kmsKeyId": KEY}),
    ({"protect": False}, {}),
]


@pytest.mark.parametrize(("options", "expected"), CHANGES)
def test_an_option_changes_these_inputs_and_no_others(
    options: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert plain(record(options), GROUP) == {**plain(recorded(), GROUP), **expected}
