"""The roles of the workflows: children, trust, permissions; and the project that makes them.

Run against invented providers: that IAM and EKS take the documents is not proven.
"""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from access import policies as iam_workflows
from access import settings as access_settings
from access.place import Place
from access.roles import WorkflowRoles, WorkflowRolesArgs
from stacks import stack_files
from stacks.settings import ConfigurationError, Problem
from stacks.stack_files import StackConfiguration
from tests.support import access, bases
from tests.support.component_run import run_component
from tests.support.recordings import recorded
from tooling.engineless.recording import Recording

PLACE = Place(
    partition="aws",
    region="ap-northeast-2",
    account="123456789012",
    cluster="platform-prod",
    stack="prod",
    parts=frozenset({"cluster", "entries"}),
    namespaces=("observability", "ai-agents"),
)
SNAPSHOTS = "arn:aws:rds:ap-northeast-2:123456789012:snapshot:"
REPOSITORY = {"access:repository": "acme/tracing"}
CHANGES = r"iam:(?!Get|List|Simulate)"


def run(**args: Any) -> Recording:  # noqa: ANN401
    defaults: dict[str, Any] = {"repository": "acme/tracing", "place": PLACE}
    return run_component(
        lambda: WorkflowRoles("workflows", WorkflowRolesArgs(**{**defaults, **args}))
    )


def names(recording_: Recording) -> list[str]:
    return sorted(r.name for r in recording_.resources.values() if r.custom)


def document(recording_: Recording, name: str, key: str = "policy") -> dict[str, Any]:
    return json.loads(recording_.named(name).inputs[key])


def test_it_makes_a_provider_a_boundary_and_two_roles_with_access_to_the_cluster() -> None:
    assert names(run()) == [
        "workflows-boundary",
        "workflows-deploy-access-entry",
        "workflows-deploy-access-policy",
        "workflows-deploy-permission-1",
        "workflows-deploy-permission-1-attachment",
        "workflows-deploy-role",
        "workflows-github",
        "workflows-preview-access-entry",
        "workflows-preview-access-policy",
        "workflows-preview-access-policy-namespaces",
        "workflows-preview-permission-1",
        "workflows-preview-permission-1-attachment",
        "workflows-preview-role",
    ]


def test_an_account_that_trusts_github_already_gets_no_second_provider() -> None:
    arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"

    adopted = run(provider_arn=arn)

    assert "workflows-github" not in names(adopted)
    trust = document(adopted, "workflows-deploy-role", "assumeRolePolicy")
    assert trust["Statement"][0]["Principal"] == {"Federated": arn}


@pytest.mark.parametrize(
    ("role", "environment", "seconds"),
    [("preview", "prod-preview", 3600), ("deploy", "prod", 7200)],
)
def test_a_role_trusts_its_own_environment(role: str, environment: str, seconds: int) -> None:
    made = run()

    trust = document(made, f"workflows-{role}-role", "assumeRolePolicy")
    claims = trust["Statement"][0]["Condition"]["StringEquals"]
    assert claims["token.actions.githubusercontent.com:sub"] == (
        f"repo:acme/tracing:environment:{environment}"
    )
    assert made.named(f"workflows-{role}-role").inputs["maxSessionDuration"] == seconds


def test_the_reader_sees_secrets_of_the_stack_alone_and_the_deployer_administers() -> None:
    made = run()

    policies = {
        r.name.removeprefix("workflows-"): (
            r.inputs["policyArn"].rpartition("/")[2],
            r.inputs["accessScope"],
        )
        for r in made.of_type("aws:eks/accessPolicyAssociation:AccessPolicyAssociation")
    }
    assert policies == {
        "preview-access-policy": ("AmazonEKSViewPolicy", {"type": "cluster"}),
        "preview-access-policy-namespaces": (
            "AmazonEKSAdminViewPolicy",
            {"type": "namespace", "namespaces": ["observability", "ai-agents"]},
        ),
        "deploy-access-policy": ("AmazonEKSClusterAdminPolicy", {"type": "cluster"}),
    }
    assert [n for n in names(run(cluster_access=False)) if "access" in n] == []


def test_only_the_deployer_writes_the_state() -> None:
    made = run(state_bucket="acme-state", state_key_arn="arn:aws:kms:::key/1")

    writing = {
        role: "s3:PutObject" in str(document(made, f"workflows-{role}-permission-1"))
        for role in ("preview", "deploy")
    }
    assert writing == {"preview": False, "deploy": True}


def test_no_role_may_change_the_roles_of_the_workflows_or_their_policies() -> None:
    """The roles that the deployer may touch have another path."""
    made = run(place=PLACE)
    writable = [
        pattern
        for statement in iam_workflows.writing(PLACE, bounded=True)
        if statement["Effect"] == "Allow" and re.search(CHANGES, str(statement["Action"]))
        for pattern in [str(statement.get("Resource"))]
    ]
    own = [
        f"arn:aws:iam::123456789012:role{role.inputs['path']}{role.name}-0123456"
        for role in made.of_type("aws:iam/role:Role")
    ]

    assert len(own) == 2
    assert len(writable) == 4
    assert [(a, p) for a in own for p in writable if fnmatch.fnmatchcase(a, p)] == []


# -- The project -----------------------------------------------------------------------------------


def program(values: Mapping[str, str]) -> Recording:
    return access.record(StackConfiguration(values, frozenset()))


def test_the_project_makes_the_roles_for_the_parts_of_the_stacks_own_file() -> None:
    made = program({**REPOSITORY, "access:stateBucket": "acme-state"})

    assert sorted(made.exports) == ["boundaryArn", "deployRoleArn", "previewRoleArn"]
    assert made.exports["boundaryArn"] == (
        "arn:aws:iam::123456789012:policy/agent-observability-prod-boundary"
    )
    text = "".join(
        r.inputs["policy"] for r in made.of_type("aws:iam/policy:Policy") if "deploy" in r.name
    )
    assert "secret:agent-observability/prod/*" in text
    assert "rds:CreateDBInstance" in text
    assert "elasticache:CreateReplicationGroup" in text
    assert "langfuse-prod-data-" in text
    assert "langfuse-prod-logs-" not in text  # the prod stack keeps no access logs
    (provider,) = made.of_type("pulumi:providers:aws")
    assert json.loads(provider.inputs["allowedAccountIds"]) == ["123456789012"]


def test_the_identifiers_of_its_statements_are_those_that_are_deployed() -> None:
    """They follow from names in the code: another one is a change of every deployed role."""
    made = program({**REPOSITORY, "access:stateBucket": "acme-state"})

    sids = {
        re.sub(r"\d+$", "", statement["Sid"])
        for resource in made.of_type("aws:iam/policy:Policy")
        for statement in json.loads(resource.inputs["policy"])["Statement"]
    }
    assert sorted(sids) == [
        "Alarmtopic",
        "BoundaryIsKept",
        "BoundaryIsNotEdited",
        "Cacheelasticache",
        "Cloudalarms",
        "DatabaseLogs",
        "Doctor",
        "EksCluster",
        "Entries",
        "Lists",
        "Objects",
        "Objectstorage",
        "Postgresrds",
        "Publicendpoint",
        "Secretsmanagersecret",
        "Secretsmanagerstore",
        "StateLayout",
        "StateList",
        "StateObjects",
        "Validatedcertificate",
    ]


def test_its_example_file_is_a_configuration_that_it_takes() -> None:
    example = access.read()

    roles = access_settings.read("prod", example.values).roles

    assert (roles.repository, roles.bounded, roles.cluster_access) == (
        "acme/agent-observability",
        True,
        True,
    )
    assert roles.place.namespaces == ("observability", "ai-agents")
    assert roles.place.parts >= {"cluster", "oidc", "database", "entries", "certificate", "alarms"}


FORM = "must be owner/name, or owner@id/name@id for a repository with immutable subjects"
KNOWN = "bounded, clusterAccess, providerArn, repository, stateBucket, stateKeyArn, statePrefix"
CONFIG = "pulumi -C access config"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234"


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (
            {},
            Problem(
                "access:repository",
                "(nothing)",
                "is required",
                f"{CONFIG} set access:repository REPOSITORY",
            ),
        ),
        (
            {"access:repository": "https://github.com/acme/agents"},
            Problem(
                "access:repository",
                '"https://github.com/acme/agents"',
                FORM,
                f"{CONFIG} set access:repository acme/agents",
            ),
        ),
        (
            {"access:repository": "https://github.com/acme/agents.git"},
            Problem(
                "access:repository",
                '"https://github.com/acme/agents.git"',
                FORM,
                f"{CONFIG} set access:repository acme/agents",
            ),
        ),
        (
            {"access:repository": "acme/*"},
            Problem(
                "access:repository",
                '"acme/*"',
                FORM,
                "",
            ),
        ),
        (
            {**REPOSITORY, "access:providerArn": "arn:aws:iam::1:oidc-provider/x"},
            Problem(
                "access:providerArn",
                '"arn:aws:iam::1:oidc-provider/x"',
                "must be the ARN of the account's OIDC provider for GitHub",
                "",
            ),
        ),
        (
            {**REPOSITORY, "access:stateBucket": "s3://acme"},
            Problem(
                "access:stateBucket",
                '"s3://acme"',
                "must be an S3 bucket name",
                f"{CONFIG} set access:stateBucket acme",
            ),
        ),
        (
            {**REPOSITORY, "access:statePrefix": "a*"},
            Problem(
                "access:statePrefix",
                '"a*"',
                "must be a folder of the bucket",
                "",
            ),
        ),
        (
            {**REPOSITORY, "access:stateKeyArn": "alias/pulumi"},
            Problem(
                "access:stateKeyArn",
                '"alias/pulumi"',
                "must be the ARN of a KMS key, not of an alias: IAM judges by the key",
                "",
            ),
        ),
        (
            {**REPOSITORY, "access:bounded": "yes"},
            Problem(
                "access:bounded",
                '"yes"',
                "must be true or false",
                f"{CONFIG} set access:bounded true",
            ),
        ),
        (
            {**REPOSITORY, "access:clusterAccess": "1"},
            Problem(
                "access:clusterAccess",
                "1",
                "must be true or false",
                "",
            ),
        ),
        (
            {**REPOSITORY, "access:repo": "acme/tracing"},
            Problem(
                "access:repo",
                '"acme/tracing"',
                f"unknown key; known here: {KNOWN}",
                "",
            ),
        ),
        (
            {**REPOSITORY, "aws:region": "eu-west-1"},
            Problem(
                "aws:region",
                '"eu-west-1"',
                "is not read: account and region are those of the stack's own file",
                "",
            ),
        ),
        (
            {**REPOSITORY, "agent-observability-access:repository": "acme/tracing"},
            Problem(
                "agent-observability-access:repository",
                '"acme/tracing"',
                "is not read by this program",
                "",
            ),
        ),
        (
            {"access:repository": "git@github.com:acme/agents.git"},
            Problem(
                "access:repository",
                '"git@github.com:acme/agents.git"',
                FORM,
                f"{CONFIG} set access:repository acme/agents",
            ),
        ),
        (
            {"access:repository": "https://github.com/acme/agents/tree/main"},
            Problem("access:repository", '"https://github.com/acme/agents/tree/main"', FORM, ""),
        ),
        (
            {**REPOSITORY, "access:stateKeyArn": KEY},
            Problem(
                "access:stateKeyArn",
                f'"{KEY}"',
                "is of the state in access:stateBucket, which is not given: no policy would have "
                "it",
                f"{CONFIG} set access:stateBucket STATE_BUCKET",
            ),
        ),
        (
            {**REPOSITORY, "access:statePrefix": "tracing"},
            Problem(
                "access:statePrefix",
                '"tracing"',
                "is of the state in access:stateBucket, which is not given: no policy would have "
                "it",
                f"{CONFIG} set access:stateBucket STATE_BUCKET",
            ),
        ),
    ],
)
def test_a_mistake_says_key_value_rule_and_fix(values: dict[str, str], problem: Problem) -> None:
    with pytest.raises(ConfigurationError) as caught:
        access_settings.read("prod", values)

    assert list(caught.value.problems) == [problem]


def test_the_message_says_which_stack_each_command_changes() -> None:
    with pytest.raises(ConfigurationError) as caught:
        access_settings.read("prod", {})

    assert str(caught.value).splitlines()[-1] == (
        "The commands change the stack that is selected: `pulumi stack select prod`, and in "
        "access/ `pulumi -C access stack select prod`."
    )


def test_an_encrypted_value_is_not_shown() -> None:
    with pytest.raises(ConfigurationError) as caught:
        access_settings.read("prod", {"access:repository": "hunter2"}, {"access:repository"})

    assert [(p.found, p.fix) for p in caught.value.problems] == [("[secret]", "")]


@pytest.mark.parametrize("given", [("false", False), ("true", True), ("", True)])
def test_a_switch_is_read_as_the_engine_passes_it(given: tuple[str, bool]) -> None:
    text, expected = given
    switches = {"access:bounded": text, "access:clusterAccess": text}

    roles = access_settings.read("prod", {**REPOSITORY, **switches}).roles

    assert (roles.bounded, roles.cluster_access) == (expected, expected)


def test_a_stack_without_aws_has_no_roles() -> None:
    with pytest.raises(ConfigurationError) as caught:
        access_settings.read("dev", REPOSITORY)

    assert list(caught.value.problems) == [
        Problem(
            "agent-observability:cluster.eksName",
            "(nothing)",
            "is needed for roles in AWS: a stack on another cluster takes a kubeconfig instead",
            "pulumi config set --path agent-observability:cluster.eksName EKS_NAME",
        )
    ]


def test_a_stack_that_the_program_does_not_have_is_named() -> None:
    with pytest.raises(pulumi.RunError) as caught:
        access_settings.read("staging", REPOSITORY)

    assert str(caught.value) == (
        "The roles are those of a stack of the program. There is no stack file "
        "Pulumi.staging.yaml; stacks are dev, prod."
    )


def of_stack(monkeypatch: pytest.MonkeyPatch, overrides: Mapping[str, Any]) -> Place:
    """The place that the roles are limited to, for the prod file with ``overrides``."""
    own = bases.read("version 2 prod", overrides)
    monkeypatch.setattr(stack_files, "read", {"prod": own}.__getitem__)
    return access_settings.read("prod", REPOSITORY).roles.place


def test_the_roles_are_limited_to_what_the_stacks_own_file_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    uuid = "1234abcd-12ab-34cd-56ef-1234567890a"
    key = f"arn:aws:kms:ap-northeast-2:123456789012:key/{uuid}"
    certificate = f"arn:aws:acm:ap-northeast-2:123456789012:certificate/{uuid}0"
    topic = "arn:aws:sns:ap-northeast-2:123456789012:on-call"
    place = of_stack(
        monkeypatch,
        {
            "agent-observability:agents": {"existingNamespaces": ["sales"]},
            "agent-observability:database": {
                "kmsKeyArn": f"{key}1",
                "restoreFrom": {"snapshot": "before"},
            },
            "agent-observability:secrets": {"kmsKeyArn": f"{key}2"},
            "agent-observability:objectStorage": {
                "engine": "s3",
                "bucket": "acme-exports",
                "kmsKeyArn": f"{key}3",
            },
            "agent-observability:endpoint": {
                "certificateArn": certificate,
                "accessLogs": {"bucket": "acme-logs"},
            },
            "agent-observability:monitoring": {"alarms": {"topicArn": topic, "email": None}},
        },
    )

    assert place == Place(
        partition="aws",
        region="ap-northeast-2",
        account="123456789012",
        cluster="platform-prod",
        stack="prod",
        parts=place.parts,
        given={
            "bucket": "acme-exports",
            "bucket_key": f"{key}3",
            "certificate": certificate,
            "database_key": f"{key}1",
            "entries_key": f"{key}2",
            "log_bucket": "acme-logs",
            "snapshot": "arn:aws:rds:ap-northeast-2:123456789012:snapshot:before",
            "topic": topic,
        },
        host="langfuse.example.com",
        prefixes=("lf-export-",),
        namespaces=("observability", "ai-agents", "sales"),
    )
    assert place.parts >= {
        "database key",
        "entries key",
        "adopted bucket",
        "adopted certificate",
        "adopted log bucket",
        "adopted topic",
        "restore from snapshot",
    }


@pytest.mark.parametrize(
    ("restore", "given"),
    [
        ({"snapshot": "rds:before"}, {"snapshot": f"{SNAPSHOTS}rds:before"}),
        ({"snapshot": f"{SNAPSHOTS}theirs"}, {"snapshot": f"{SNAPSHOTS}theirs"}),
        ({"instance": "langfuse-1"}, {"source": "langfuse-1"}),
    ],
)
def test_a_restore_is_limited_to_its_source(
    restore: dict[str, str], given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = of_stack(monkeypatch, {"agent-observability:database": {"restoreFrom": restore}})

    assert place.given == given


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-east-1", "aws"),
    ],
)
def test_the_partition_follows_from_the_region(
    region: str, partition: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = {
        **dict.fromkeys(("instanceClass", "storageGiB", "maxStorageGiB", "multiAz", "backupDays")),
        "engine": "external",
        "protect": None,
        "host": "postgres.example.com",
        "password": {"secure": "not decrypted here"},
    }

    place = of_stack(monkeypatch, {"aws:region": region, "agent-observability:database": database})

    assert (place.region, place.partition) == (region, partition)


# -- The boundary in the program -------------------------------------------------------------------


def test_every_role_of_the_stack_carries_the_boundary_that_its_file_names() -> None:
    arn = "arn:aws:iam::123456789012:policy/agent-observability-prod-boundary"
    run_ = recorded(
        "prod",
        cluster={"permissionsBoundaryArn": arn},
        objectStorage={"engine": "s3", "exports": True},
    )

    roles = run_.of_type("aws:iam/role:Role")
    assert [role.inputs.get("permissionsBoundary") for role in roles] == [arn] * 5


def test_without_one_no_role_has_a_boundary() -> None:
    roles = recorded("version 2 prod").of_type("aws:iam/role:Role")

    assert [role.inputs.get("permissionsBoundary") for role in roles] == [None] * 3


@pytest.mark.parametrize(
    ("repository", "taken"),
    [
        ("acme/tracing", True),
        ("acme@12345/tracing@678", True),
        ("acme@12345/tracing", False),
        ("acme/tracing@678", False),
        ("acme/..", False),
        ("acme/tracing/x", False),
        ("acme", False),
    ],
)
def test_a_repository_is_named_with_both_ids_or_with_none(repository: str, taken: bool) -> None:
    if taken:
        roles = access_settings.read("prod", {"access:repository": repository}).roles
        assert roles.repository == repository
        return
    with pytest.raises(ConfigurationError) as caught:
        access_settings.read("prod", {"access:repository": repository})
    assert [p.key for p in caught.value.problems] == ["access:repository"]


def test_a_stack_that_may_go_to_two_accounts_has_no_roles(monkeypatch: pytest.MonkeyPatch) -> None:
    read = stack_files.read
    two = {"aws:allowedAccountIds": ["123456789012", "210987654321"]}
    monkeypatch.setattr(stack_files, "read", lambda stack: read(stack, two))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]

    with pytest.raises(ConfigurationError) as caught:
        access_settings.read("prod", REPOSITORY)

    assert list(caught.value.problems) == [
        Problem(
            "aws:allowedAccountIds",
            '["123456789012", "210987654321"]',
            "must name exactly one account: the roles' policies name it",
            "",
        )
    ]


def test_a_stack_that_may_go_to_any_account_has_no_roles(monkeypatch: pytest.MonkeyPatch) -> None:
    read = stack_files.read
    none: dict[str, list[str]] = {"aws:allowedAccountIds": []}
    monkeypatch.setattr(stack_files, "read", lambda stack: read(stack, none))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]

    with pytest.raises(ConfigurationError) as caught:
        access_settings.read("prod", REPOSITORY)

    assert [(p.found, p.fix) for p in caught.value.problems] == [
        ("[]", "pulumi config set --path 'aws:allowedAccountIds[0]' ACCOUNT")
    ]
