"""Mutations of data that is kept, of names and of what is on a disk: each is named by a rule."""

from __future__ import annotations

import dataclasses
from typing import Final

import pytest

from policy.rules import RULES, STACK_RULES
from policy.rules.model import Seen
from tests.support.policy_stacks import (
    CACHE,
    INSTANCE,
    STORAGE,
    Mutation,
    accepting,
    added,
    caught,
    change,
    changed,
    put,
    stack,
    take,
)
from tests.unit.policy import (
    test_mutations_of_access,
    test_mutations_of_networks,
    test_mutations_of_pods,
    test_mutations_of_secrets,
)

_KEPT, _PROTECTED, _BACKUPS = (
    "protected-data-is-kept",
    "data-is-protected",
    "backups-of-a-protected-database",
)
_REST, _ROTATION, _TAGS = "encryption-at-rest", "key-rotation", "tags-present"
_ENTRY: Final = "langfuse-app-entry"
_DATABASE_ENTRY: Final = "langfuse-database-entry"
_BUCKET: Final = "langfuse-storage-bucket"
_KEY: Final = "langfuse-alarms-topic-key"
_TOPIC: Final = "langfuse-alarms-topic-topic"
_GROUP: Final = "langfuse-valkey-group"
_SECURE: Final = {"kmsMasterKeyId": "alias/aws/sns"}


def _unprotected(name: str, rules: str, what: str, **values: object) -> Mutation:
    """A data store without protection, and with nothing else that keeps it."""
    mutates = [put(key, value) for key, value in values.items()]
    return change(rules, what, name, *mutates, protect=False)


def _gone(*names: str) -> list[Seen]:
    """A stack in which data stores lose their protection together."""
    return [
        dataclasses.replace(s, protect=s.protect and s.name not in names)
        for s in stack("version 2 prod")
    ]


CAUGHT: Final[tuple[Mutation, ...]] = (
    # -- What is protected stays
    *(
        change(_KEPT, f"{key} {value!r}", INSTANCE, put(key, value))
        for key, value in (
            *(("deletionProtection", False), ("deletionProtection", "false")),
            *(("skipFinalSnapshot", True), ("skipFinalSnapshot", "true")),
            *(("deleteAutomatedBackups", True), ("deleteAutomatedBackups", "true")),
        )
    ),
    *(
        change(_KEPT, f"{key} left out", INSTANCE, take(key))
        for key in ("deletionProtection", "deleteAutomatedBackups")
    ),
    change(
        _KEPT,
        "a cache without a last snapshot",
        _GROUP,
        take("finalSnapshotIdentifier"),
        variant=CACHE,
    ),
    change(_KEPT, "an empty name of it", _GROUP, put("finalSnapshotIdentifier", ""), variant=CACHE),
    change(_KEPT, "no days to restore an entry", _ENTRY, put("recoveryWindowInDays", 0)),
    change(_KEPT, "a bucket that empties", _BUCKET, put("forceDestroy", True), variant=STORAGE),
    change(_KEPT, "a key gone in a day", _KEY, put("deletionWindowInDays", 1)),
    # -- What holds data is protected
    _unprotected(INSTANCE, _PROTECTED, "a database without protection"),
    _unprotected(
        INSTANCE,
        _PROTECTED,
        "a database without protection and without all that keeps it",
        deletionProtection=False,
        skipFinalSnapshot=True,
        deleteAutomatedBackups=True,
        backupRetentionPeriod=0,
    ),
    _unprotected(_ENTRY, _PROTECTED, "an entry without protection"),
    _unprotected(_ENTRY, _PROTECTED, "an entry gone at once", recoveryWindowInDays=0),
    _unprotected(_DATABASE_ENTRY, _PROTECTED, "the database's entry without protection"),
    Mutation(
        "everything without protection",
        _PROTECTED,
        lambda: [dataclasses.replace(s, protect=False) for s in stack("version 2 prod")],
    ),
    added(
        f"{_PROTECTED}",
        "a second database, without protection",
        "aws:rds/cluster:Cluster",
        {"storageEncrypted": True, "tags": {"a": "b"}},
    ),
    change(_PROTECTED, "a cache without protection", _GROUP, variant=CACHE, protect=False),
    *(
        change(_PROTECTED, f"{name} without protection", name, variant="prod", protect=False)
        for name in ("langfuse-clickhouse-server-servers", "langfuse-clickhouse-server-keeper")
    ),
    change(
        _PROTECTED,
        "a bucket without protection",
        _BUCKET,
        put("forceDestroy", True),
        variant=STORAGE,
        protect=False,
    ),
    # -- Backups
    *(
        change(
            _BACKUPS,
            f"{days!r} days of snapshots",
            _GROUP,
            put("snapshotRetentionLimit", days),
            variant=CACHE,
        )
        for days in (0, 6, None, "7")
    ),
    change(_BACKUPS, "no snapshots", _GROUP, take("snapshotRetentionLimit"), variant=CACHE),
    *(
        change(_BACKUPS, f"{days!r} days", INSTANCE, put("backupRetentionPeriod", days))
        for days in (0, 1, 6, 6.5, None, "14")
    ),
    change(_BACKUPS, "no days", INSTANCE, take("backupRetentionPeriod")),
    # -- On a disk
    *(
        change(_REST, f"storageEncrypted {value!r}", INSTANCE, put("storageEncrypted", value))
        for value in (False, "false", None)
    ),
    change(_REST, "storageEncrypted left out", INSTANCE, take("storageEncrypted")),
    change(_REST, "a topic without a key", _TOPIC, take("kmsMasterKeyId")),
    change(_REST, "a topic with an empty key", _TOPIC, put("kmsMasterKeyId", "")),
    *(
        added(_REST, f"{kind} in clear", kind, inputs)
        for kind, inputs in (
            ("aws:sqs/queue:Queue", {}),
            ("aws:ebs/volume:Volume", {"encrypted": False}),
            ("aws:efs/fileSystem:FileSystem", {}),
            ("aws:redshift/cluster:Cluster", {}),
            ("aws:docdb/cluster:Cluster", {}),
            ("aws:opensearch/domain:Domain", {"encryptAtRest": {"enabled": False}}),
            ("aws:ebs/encryptionByDefault:EncryptionByDefault", {"enabled": False}),
        )
    ),
    *(
        added(_REST, f"a volume of {kind} {name} {disk}", kind, {name: disk})
        for kind, name, disk in (
            (
                "aws:ec2/launchTemplate:LaunchTemplate",
                "blockDeviceMappings",
                [{"ebs": {"encrypted": "true"}}, {"ebs": {"encrypted": "false"}}],
            ),
            (
                "aws:ec2/launchTemplate:LaunchTemplate",
                "blockDeviceMappings",
                [{"ebs": {"size": 8}}],
            ),
            ("aws:ec2/instance:Instance", "rootBlockDevice", {"volumeSize": 8}),
            ("aws:ec2/instance:Instance", "ebsBlockDevices", [{"encrypted": False}]),
        )
    ),
    *(
        change(
            _REST,
            f"atRestEncryptionEnabled {value!r}",
            _GROUP,
            put("atRestEncryptionEnabled", value),
            variant=CACHE,
        )
        for value in (False, "false", None)
    ),
    *(
        added(
            _REST,
            f"a class of volumes of {provisioner} in clear",
            "kubernetes:storage.k8s.io/v1:StorageClass",
            {"provisioner": provisioner, "parameters": {"type": "gp3"}},
        )
        for provisioner in (
            *("ebs.csi.aws.com", "ebs.csi.eks.amazonaws.com", "kubernetes.io/aws-ebs"),
        )
    ),
    # -- Keys
    change(_ROTATION, "no rotation", _KEY, put("enableKeyRotation", False)),
    change(_ROTATION, "rotation left out", _KEY, take("enableKeyRotation")),
    change(_ROTATION, "a rotation every seven years", _KEY, put("rotationPeriodInDays", 2560)),
    added(_ROTATION, "a key of external material", "aws:kms/externalKey:ExternalKey", {}),
    # -- Names, tags, versions
    *(
        Mutation(
            f"a name with {stage}",
            "no-stage-in-a-name",
            lambda stage=stage: [
                *stack("version 2 dev"),
                Seen(
                    type="kubernetes:core/v1:ConfigMap",
                    name=f"langfuse-{stage}-x",
                    urn="urn:x",
                    inputs={},
                ),
            ],
        )
        for stage in ("dev", "prod", "staging", "production", "qa")
    ),
    Mutation(
        "a resource without a tag",
        _TAGS,
        lambda: changed("version 2 prod", _TOPIC, None, provider={}),
    ),
    *(
        change(
            "external-secrets-v1",
            f"External Secrets of {version}",
            "langfuse-app-external-secret",
            put("apiVersion", f"external-secrets.io/{version}"),
        )
        for version in ("v1beta1", "v1alpha1")
    ),
)

THROUGH: Final[tuple[Mutation, ...]] = (
    *(
        added("AWS encrypts it whatever is said", f"a {kind}", kind, inputs)
        for kind, inputs in (
            ("aws:dynamodb/table:Table", {"name": "a"}),
            ("aws:cloudwatch/logGroup:LogGroup", {"name": "a"}),
            ("aws:elasticache/serverlessCache:ServerlessCache", {"name": "a"}),
        )
    ),
    added(
        "a mapping without a volume of EBS",
        "a launch template with a disk of the machine",
        "aws:ec2/launchTemplate:LaunchTemplate",
        {"blockDeviceMappings": [{"deviceName": "/dev/sdb", "virtualName": "ephemeral0"}]},
    ),
    Mutation(
        "the stack says that it may be lost",
        "a database without protection that is acknowledged",
        lambda: accepting(
            changed("version 2 prod", INSTANCE, put("deletionProtection", False), protect=False),
            "noProtection",
        ),
    ),
    Mutation(
        "a cache without protection that is acknowledged",
        "the stack says that it may be lost",
        lambda: accepting(changed(CACHE, _GROUP, protect=False), "noProtection"),
    ),
    Mutation(
        "a cache with a day of snapshots that is acknowledged",
        "the stack says that a day is enough",
        lambda: accepting(changed(CACHE, _GROUP, put("snapshotRetentionLimit", 1)), "shortBackups"),
    ),
    Mutation(
        "a bucket without protection that is acknowledged",
        "the stack says that it may be lost",
        lambda: accepting(
            changed(STORAGE, _BUCKET, put("forceDestroy", True), protect=False),
            *("noProtection", "openToTheWorld"),
        ),
    ),
    Mutation(
        "ClickHouse without protection that is acknowledged",
        "the stack says that it may be lost",
        lambda: accepting(
            changed("prod", "langfuse-clickhouse-server-servers", protect=False), "noProtection"
        ),
    ),
    change(
        "a bucket that is not protected and not emptied keeps what it holds",
        "a bucket without protection that is not emptied",
        _BUCKET,
        variant=STORAGE,
        protect=False,
    ),
    Mutation(
        "cluster.protect is a choice: what is in the namespace can be created again",
        "a namespace without protection",
        lambda: _gone("langfuse-namespace", "langfuse-agents-ai-agents-namespace"),
    ),
    change(
        "the entry is generated again from the stack's own values",
        "an entry of agents that is gone at once",
        "langfuse-agents-ai-agents-access-entry",
        put("recoveryWindowInDays", 0),
    ),
    change(
        "singleZone is judged by the settings: it loses time and no data",
        "one zone",
        INSTANCE,
        put("multiAz", False),
    ),
    Mutation(
        "fewer days are acknowledged",
        "short backups that are acknowledged",
        lambda: accepting(
            changed("version 2 prod", INSTANCE, put("backupRetentionPeriod", 1)), "shortBackups"
        ),
    ),
    change(
        "which key encrypts is the account's choice; AWS's own is one",
        "a topic with the key of AWS",
        _TOPIC,
        put("kmsMasterKeyId", _SECURE["kmsMasterKeyId"]),
    ),
    Mutation(
        "a resource that is taken out is what a preview shows, in red",
        "a stack without its database",
        lambda: [s for s in stack("version 2 prod") if s.name != INSTANCE],
    ),
)
_TABLES: Final = (
    test_mutations_of_access,
    test_mutations_of_networks,
    test_mutations_of_pods,
    test_mutations_of_secrets,
)


@pytest.mark.parametrize("mutation", CAUGHT, ids=[m.what for m in CAUGHT])
def test_data_that_could_be_lost_is_named_by_its_rule(mutation: Mutation) -> None:
    assert caught(mutation.seen()) == {*mutation.rules.split()}


@pytest.mark.parametrize("mutation", THROUGH, ids=[m.what for m in THROUGH])
def test_what_gets_through_does_so_for_a_reason(mutation: Mutation) -> None:
    assert mutation.rules
    assert caught(mutation.seen()) == set()


def test_no_mutation_is_listed_twice() -> None:
    names = [m.what for m in (*CAUGHT, *THROUGH)]

    assert len({*names}) == len(names)


def test_every_rule_is_broken_by_a_mutation() -> None:
    mutations = [*CAUGHT, *(m for table in _TABLES for m in table.CAUGHT)]

    assert {rule for m in mutations for rule in m.rules.split()} == {
        rule.name for rule in (*RULES, *STACK_RULES)
    }
