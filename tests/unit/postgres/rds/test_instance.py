"""PostgreSQL on RDS: every input of every resource. Does not prove that AWS accepts them."""

import json
from typing import Any

import pytest

from components.postgres.rds.restore import Restore
from tests.support.eks import ROLE_PATH, SECURITY_GROUP, SUBNETS, VPC
from tests.support.rds import INSTANCE, children, record, recorded
from tests.support.recordings import inputs as plain
from tooling.engineless.recording import Recording

KEY = "arn:aws:kms:ap-northeast-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def name_of(recording: Recording, role: str) -> str:
    """The name that the invented provider gave a child, as another one refers to it."""
    prefix = plain(recording, f"db-{role}").get("namePrefix", f"db-{role}-")
    values = (v for r in children(recording) for v in r.inputs.values() if isinstance(v, str))
    (name,) = {value for value in values if value.startswith(prefix)} - {prefix}
    return name


def test_it_consists_of_exactly_these_resources() -> None:
    assert {r.name: r.type for r in children(recorded())} == {
        "db-subnets": "aws:rds/subnetGroup:SubnetGroup",
        "db-parameters": "aws:rds/parameterGroup:ParameterGroup",
        "db-firewall": "aws:ec2/securityGroup:SecurityGroup",
        "db-from-cluster": "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "db-monitoring": "aws:iam/role:Role",
        "db-monitoring-permission": "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "db-password": "random:index/randomPassword:RandomPassword",
        "db-final-snapshot": "random:index/randomId:RandomId",
        "db-instance": "aws:rds/instance:Instance",
    }


def test_all_of_them_are_children_of_the_component() -> None:
    (component,) = recorded().of_type("agent-observability:index:PostgresRds")

    assert {r.parent for r in children(recorded())} == {component.urn}


def test_the_subnet_group_has_the_given_subnets() -> None:
    assert plain(recorded(), "db-subnets") == {
        "namePrefix": "langfuse-prod-db-subnets-",
        "description": "Subnets of Langfuse's database",
        "subnetIds": SUBNETS,
    }


def test_the_parameter_group_forces_tls_and_follows_the_major_version() -> None:
    parameters = {
        "namePrefix": "langfuse-prod-db-parameters-",
        "description": "Parameters of Langfuse's database",
        "parameters": [{"name": "rds.force_ssl", "value": "1", "applyMethod": "immediate"}],
    }

    assert plain(recorded(), "db-parameters") == {"family": "postgres16", **parameters}
    newer = record({"version": "17"})
    assert plain(newer, "db-parameters") == {"family": "postgres17", **parameters}


def test_the_firewall_has_no_rules_of_its_own_and_no_way_out() -> None:
    assert plain(recorded(), "db-firewall") == {
        "namePrefix": "langfuse-prod-db-firewall-",
        "description": "Database of Langfuse",
        "vpcId": VPC,
    }


def test_only_the_clusters_security_group_may_connect() -> None:
    rule = plain(recorded(), "db-from-cluster")
    group = rule.pop("securityGroupId")

    assert plain(recorded(), INSTANCE)["vpcSecurityGroupIds"] == [group]
    assert rule == {
        "description": "PostgreSQL from the nodes and pods of the cluster",
        "referencedSecurityGroupId": SECURITY_GROUP,
        "ipProtocol": "tcp",
        "fromPort": 5432,
        "toPort": 5432,
    }
    rules = [r for r in recorded().resources.values() if "Rule" in r.type]
    assert len(rules) == 1


def test_the_monitoring_role_trusts_rds_for_this_account() -> None:
    role = plain(recorded(), "db-monitoring")
    trust = json.loads(role.pop("assumeRolePolicy"))

    assert role == {
        "path": ROLE_PATH,
        "description": "Enhanced Monitoring of Langfuse's database",
    }
    assert trust == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Service",
                "Effect": "Allow",
                "Principal": {"Service": "monitoring.rds.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": "123456789012"},
                    "ArnLike": {"aws:SourceArn": "arn:aws:rds:ap-northeast-2:123456789012:db:*"},
                },
            }
        ],
    }


def test_the_monitoring_role_gets_awss_own_policy() -> None:
    assert plain(recorded(), "db-monitoring-permission") == {
        "role": name_of(recorded(), "monitoring"),
        "policyArn": "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
    }


def test_the_password_is_32_letters_and_digits() -> None:
    assert plain(recorded(), "db-password") == {"length": 32, "special": False}


def test_the_instance_is_exactly_this() -> None:
    instance = plain(recorded(), INSTANCE)
    password = instance.pop("passwordWo")

    assert len(password) == 32
    assert instance == {
        "identifierPrefix": "langfuse-prod-db-",
        "engine": "postgres",
        "engineVersion": "16",
        "autoMinorVersionUpgrade": True,
        "allowMajorVersionUpgrade": False,
        "engineLifecycleSupport": "open-source-rds-extended-support-disabled",
        "instanceClass": "db.t4g.medium",
        "multiAz": True,
        "storageType": "gp3",
        "allocatedStorage": 100,
        "storageEncrypted": True,
        "dbName": "langfuse",
        "username": "langfuse",
        "passwordWoVersion": instance["passwordWoVersion"],
        "port": 5432,
        "iamDatabaseAuthenticationEnabled": False,
        "dbSubnetGroupName": name_of(recorded(), "subnets"),
        "vpcSecurityGroupIds": instance["vpcSecurityGroupIds"],
        "publiclyAccessible": False,
        "caCertIdentifier": "rds-ca-rsa2048-g1",
        "parameterGroupName": name_of(recorded(), "parameters"),
        "backupRetentionPeriod": 14,
        "backupWindow": "17:00-18:00",
        "maintenanceWindow": "sun:18:30-sun:19:30",
        "applyImmediately": False,
        "copyTagsToSnapshot": True,
        "deleteAutomatedBackups": False,
        "skipFinalSnapshot": False,
        "finalSnapshotIdentifier": instance["finalSnapshotIdentifier"],
        "deletionProtection": True,
        "databaseInsightsMode": "standard",
        "performanceInsightsEnabled": True,
        "performanceInsightsRetentionPeriod": 7,
        "monitoringInterval": 60,
        "monitoringRoleArn": instance["monitoringRoleArn"],
        "enabledCloudwatchLogsExports": ["postgresql", "upgrade"],
    }
    assert instance["monitoringRoleArn"].startswith(
        "arn:aws:iam::123456789012:role/agent-observability/prod/db-monitoring-"
    )


CHANGES = [
    (
        {"kms_key_arn": KEY},
        {"kmsKeyId": KEY, "performanceInsightsKmsKeyId": KEY},
    ),
    (
        {"storage_gib": 400, "iops": 12000, "throughput_mibps": 500},
        {"allocatedStorage": 400, "iops": 12000, "storageThroughput": 500},
    ),
    ({"max_storage_gib": 500}, {"maxAllocatedStorage": 500}),
    (
        {"insights": "advanced"},
        {"databaseInsightsMode": "advanced", "performanceInsightsRetentionPeriod": 465},
    ),
    ({"apply_immediately": True}, {"applyImmediately": True}),
    ({"allow_major_upgrade": True}, {"allowMajorVersionUpgrade": True}),
    ({"multi_az": False}, {"multiAz": False}),
    ({"protect": False}, {"deletionProtection": False}),
    ({"restore": Restore(snapshot="before-it")}, {"snapshotIdentifier": "before-it"}),
    (
        {"restore": Restore(instance="langfuse-1", time="2026-11-01T09:30:00Z")},
        {
            "restoreToPointInTime": {
                "sourceDbInstanceIdentifier": "langfuse-1",
                "restoreTime": "2026-11-01T09:30:00Z",
            }
        },
    ),
    (
        {"restore": Restore(instance="langfuse-1")},
        {
            "restoreToPointInTime": {
                "sourceDbInstanceIdentifier": "langfuse-1",
                "useLatestRestorableTime": True,
            }
        },
    ),
]


@pytest.mark.parametrize(("options", "expected"), CHANGES)
def test_an_option_changes_these_inputs_and_no_others(
    options: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert plain(record(options), INSTANCE) == {**plain(recorded(), INSTANCE), **expected}


def test_without_monitoring_there_is_no_role() -> None:
    recording = record({"monitoring_seconds": 0})
    instance = plain(recording, INSTANCE)

    assert recording.of_type("aws:iam/role:Role") == []
    assert instance["monitoringInterval"] == 0
    assert "monitoringRoleArn" not in instance
