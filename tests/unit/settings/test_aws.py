"""Settings of a stack in AWS that are just right, and what the rules about them rest on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import pytest

from components.kubernetes.labels import labels
from components.secrets.entries import entry_name, name_problem
from stacks.settings import ConfigurationError, read
from stacks.settings.sections.acknowledge import Acknowledgement
from stacks.settings.sections.database import RdsDatabase
from stacks.settings.sections.object_storage import S3ObjectStorage
from tests.support import bases
from tests.support.configurations import (
    ABSENT,
    EXTERNAL,
    NAMESPACE,
    ON_EKS,
    Encrypted,
    endpoint,
    problems,
    rds,
    settings,
    small,
)

ARN = "arn:aws:{}:ap-northeast-2:123456789012:{}"
KEY_ARN = ARN.format("kms", "key/1234abcd-12ab-34cd-56ef-1234567890ab")
CERTIFICATE_ARN = ARN.format("acm", "certificate/1234abcd-12ab-34cd-56ef-1234567890ab")
MANAGED = {"delivery": "secretsManager", "protect": True, "recoveryDays": 30}
OPEN = {"scheme": "internet-facing", "inboundCidrs": ["0.0.0.0/0"]}

JUST_RIGHT: Mapping[str, Mapping[str, Any]] = {
    "AWS's keys in a stack elsewhere": {
        "aws:region": "ap-northeast-9",
        "aws:allowedAccountIds": ["123456789012"],
        "aws:defaultTags": {"tags": {"a": "b,c"}},
    },
    "ARNs of the stack's region and account": {
        **rds(kmsKeyArn=KEY_ARN),
        "aws:allowedAccountIds": ["210987654321", "123456789012"],
        "secrets": {**MANAGED, "kmsKeyArn": KEY_ARN},
        "objectStorage": {"engine": "s3", "kmsKeyArn": KEY_ARN},
        "endpoint": {
            "host": "langfuse.example.com",
            "certificateArn": CERTIFICATE_ARN,
            "webAclArn": ARN.format("wafv2", "regional/webacl/a/b"),
        },
    },
    "ARNs of any account": rds(kmsKeyArn=KEY_ARN),
    "two subnets": {
        **rds(subnetIds=["subnet-0000000a", "subnet-0000000b"]),
        "endpoint": {
            "host": "langfuse.example.com",
            "hostedZone": "example.com",
            "subnetIds": ["subnet-0000000c", "subnet-0000000d"],
        },
    },
    "forty tags, in letters of any language": {
        **endpoint(),
        "aws:defaultTags": {"tags": {f"팀 {n}": "a_b.c:d/e=f+g-h@i" for n in range(40)}},
    },
    "a tag without a value": {**endpoint(), "aws:defaultTags": {"tags": {"a:b/c": ""}}},
    "a key with '=' for no load balancer": {**ON_EKS, "aws:defaultTags": {"tags": {"a=b": "c"}}},
    "a host that is the zone": endpoint(host="example.com"),
    "a host deep in the zone": endpoint(host="langfuse.eu.ml.example.com"),
    "the longest host of a requested certificate": endpoint(host=f"{'l' * 52}.example.com"),
    "a longer host of a given certificate": endpoint(
        host=f"{'l' * 53}.example.com", certificateArn=CERTIFICATE_ARN
    ),
    "DNS elsewhere": endpoint(hostedZone=ABSENT, certificateArn=CERTIFICATE_ARN),
    "an internal endpoint without inbound networks": endpoint(scheme="internal"),
    "an internal endpoint of every network": endpoint(inboundCidrs=["0.0.0.0/0"]),
    "half of the world, accepted": {
        **endpoint(scheme="internet-facing", inboundCidrs=["128.0.0.0/1"]),
        "acknowledge": ["openToTheWorld"],
    },
    "half of the world for an internal endpoint": endpoint(inboundCidrs=["128.0.0.0/1"]),
    "three quarters of a /8": endpoint(
        scheme="internet-facing", inboundCidrs=["203.0.0.0/9", "203.64.0.0/10", "203.128.0.0/10"]
    ),
    "all private networks": endpoint(
        scheme="internet-facing", inboundCidrs=["10.0.0.0/8", "172.16.0.0/12", "100.64.0.0/10"]
    ),
    "open sign-up for some": {
        **endpoint(scheme="internet-facing", inboundCidrs=["203.0.113.0/24"]),
        "langfuse": {"signUp": "open"},
    },
    "open sign-up without an endpoint": {
        "langfuse": {"signUp": "open", "publicUrl": "https://langfuse.example.com"}
    },
    "the world, accepted": {**endpoint(**OPEN), "acknowledge": ["openToTheWorld"]},
    "the world and its accounts, accepted": {
        **endpoint(**OPEN),
        "langfuse": {"signUp": "open"},
        "acknowledge": ["openSignUp", "openToTheWorld"],
    },
    "logs in a given bucket": endpoint(accessLogs={"bucket": "logs-123456789012"}),
    "logs in a created bucket": endpoint(accessLogs={"days": 30}),
    "agents by a public URL": {
        "agents": {"namespaces": ["a"], "url": "public"},
        "langfuse": {"publicUrl": "https://langfuse.example.com"},
    },
    "agents by the endpoint": {**endpoint(), "agents": {"namespaces": ["a"], "url": "public"}},
    "an agent namespace of 39 characters": {"agents": {"existingNamespaces": ["n" * 39]}},
    "a database in the cluster on EKS": ON_EKS,
    "a database in the cluster beside entries to throw away": {
        **ON_EKS,
        "secrets": {"delivery": "secretsManager", "recoveryDays": 0},
    },
    "a database elsewhere beside protected entries": {
        **ON_EKS,
        "database": EXTERNAL,
        "secrets": {**MANAGED, "installExternalSecrets": True},
    },
    "secret variables that just fit an entry": {
        **ON_EKS,
        "database": EXTERNAL,
        "secrets": MANAGED,
        "langfuse": {"secretEnvironment": {"ADMIN_API_KEY": Encrypted("a" * 64491)}},
    },
    "secret variables of any size without Secrets Manager": {
        "langfuse": {"secretEnvironment": {"ADMIN_API_KEY": Encrypted("a" * 70000)}}
    },
    "media alone": {**ON_EKS, "objectStorage": {"engine": "s3", "exports": False, "media": True}},
    "a given bucket with its key": {
        **ON_EKS,
        "objectStorage": {"engine": "s3", "bucket": "exports-123456789012", "kmsKeyArn": KEY_ARN},
    },
    "exports by role": {
        **ON_EKS,
        "langfuse": {"version": "2.81.1"},
        "objectStorage": {"engine": "s3", "exports": True},
    },
    "exports by access key": {
        **ON_EKS,
        "langfuse": {"version": "2.81.0"},
        "objectStorage": {
            "engine": "s3",
            "accessKeyId": Encrypted("AKIAEXAMPLE"),
            "secretAccessKey": Encrypted("hunter2"),
        },
    },
    "the smallest instance": {**rds(instanceClass="db.t3.micro"), "langfuse": {"maxReplicas": 2}},
    "the largest instance": rds(instanceClass="db.r8g.24xlarge"),
    "as much throughput as the IOPS allow": rds(storageGiB=400, iops=16000, throughputMiBps=4000),
    "as much throughput as comes with the storage": rds(storageGiB=400, throughputMiBps=3000),
    "10 % to grow": rds(storageGiB=100, maxStorageGiB=110),
    "a week of backups": rds(backupDays=7),
    "windows of half an hour, one after the other": rds(
        backupWindow="23:45-00:15", maintenanceWindow="sun:00:15-sun:00:45"
    ),
    "a maintenance window of almost a day": rds(
        backupWindow="17:30-18:00", maintenanceWindow="sun:18:00-mon:17:30"
    ),
    "a restore of a snapshot": rds(restoreFrom={"snapshot": "before-upgrade"}),
    "a restore at the latest time": rds(restoreFrom={"instance": "langfuse-1"}),
    "a restore at a time": rds(restoreFrom={"instance": "b", "time": "2026-11-01T09:30:00Z"}),
    "the oldest version": rds(version="14"),
    "the newest version": rds(version="17"),
    "a single zone, accepted": {**rds(multiAz=False), "acknowledge": ["singleZone"]},
    "few backups, accepted": {**rds(backupDays=1), "acknowledge": ["shortBackups"]},
    "no protection, accepted, and then nothing more to accept": {
        **rds(protect=False, multiAz=False, backupDays=0),
        "secrets": {"protect": False},
        "acknowledge": ["noProtection"],
    },
    "no protection of credentials, accepted": {
        **rds(),
        "secrets": {"protect": False},
        "acknowledge": ["noProtection"],
    },
}


@pytest.mark.parametrize("change", JUST_RIGHT.values(), ids=JUST_RIGHT.keys())
def test_what_is_just_right_is_accepted(change: Mapping[str, Any]) -> None:
    assert problems(change) == []


def test_an_access_key_is_read_and_not_shown() -> None:
    storage = settings(JUST_RIGHT["exports by access key"]).s3

    assert isinstance(storage, S3ObjectStorage)
    assert storage.access_key_id is not None
    assert storage.secret_access_key is not None
    assert storage.access_key_id.get_secret_value() == "AKIAEXAMPLE"
    assert storage.secret_access_key.get_secret_value() == "hunter2"
    assert "AKIAEXAMPLE" not in repr(storage)
    assert "hunter2" not in repr(storage)


def test_the_prod_stack_takes_no_risk() -> None:
    configuration = bases.read("version 2 prod")
    prod = read("prod", configuration.values, set(configuration.secret_keys))

    assert prod.acknowledge == ()
    assert prod.langfuse.sign_up == "disabled"
    assert prod.endpoint is not None
    assert prod.endpoint.inbound_cidrs == ("203.0.113.0/24",)
    assert isinstance(prod.database, RdsDatabase)
    assert prod.database.protect
    assert prod.database.multi_az
    assert prod.database.backup_days == 14
    assert prod.secrets.protect


RISKY: Mapping[str, Mapping[str, Any]] = {
    "openSignUp": {
        "endpoint": OPEN,
        "langfuse": {"signUp": "open"},
        "acknowledge": ["openToTheWorld"],
    },
    "openToTheWorld": {"endpoint": OPEN},
    "noProtection": {"database": {"protect": False}},
    "shortBackups": {"database": {"backupDays": 6}},
    "singleZone": {"database": {"multiAz": False}},
    "vulnerableRelease": {"langfuse": {"version": "2.95.11"}},
}


@pytest.mark.parametrize("risk", get_args(Acknowledgement))
def test_the_prod_stack_takes_each_risk_by_name_alone(risk: str) -> None:
    sections = {f"{NAMESPACE}{section}": change for section, change in RISKY[risk].items()}
    refused = bases.read("version 2 prod", sections)
    named = [*sections.get(f"{NAMESPACE}acknowledge", []), risk]
    accepted = bases.read("version 2 prod", {**sections, f"{NAMESPACE}acknowledge": named})

    with pytest.raises(ConfigurationError, match=f"'{risk}' in acknowledge accepts that"):
        read("prod", refused.values, set(refused.secret_keys))
    assert risk in read("prod", accepted.values, set(accepted.secret_keys)).acknowledge


def test_a_risk_is_neither_asked_for_nor_called_stale_while_its_section_is_not_valid() -> None:
    values, secret_keys = small(
        {**endpoint(scheme="public"), "acknowledge": ["openToTheWorld", "singleZone"]}
    )

    with pytest.raises(ConfigurationError, match="has 1 problem") as caught:
        read("test", values, secret_keys)

    assert "endpoint.scheme" in str(caught.value)


def test_a_text_in_a_list_that_may_be_encrypted_is_masked() -> None:
    subnets = [Encrypted("subnet-00000000")]

    assert [problem.found for problem in problems(endpoint(subnetIds=subnets))] == ["[secret]"]


def test_the_longest_agent_namespace_fits_the_longest_of_its_labels() -> None:
    longest = labels(f"langfuse-agents-{'n' * 39}-secrets", "secret-store")

    assert max(map(len, longest.values())) == 63


def test_no_stack_has_an_entry_whose_name_is_too_long() -> None:
    """Pulumi allows 100 characters of a stack's name."""
    longest = entry_name("agent-observability", "s" * 100, "agents", "n" * 39, "access")

    assert name_problem(longest) is None
