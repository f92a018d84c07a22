"""Whole logs of failed runs: whose each line is, and what the doctor makes of the whole.

The logs have the form that Pulumi 3.27x, its AWS and Kubernetes providers, kubectl and the
controllers write. Before each line is its caller, `-` for a line without one.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.doctor import IN_NAMESPACE, PLACE
from tooling.doctor import failed_run
from tooling.doctor.run_log.passages import passages

PLACE_IN_AWS = replace(PLACE, stack="prod", database="rds", region="eu-central-1")
AWS = "--region eu-central-1"
RUN = "assumed-role/deploy/GitHubActions"


FOLDER = Path(__file__).with_name("failed_runs")
LOGS = {file.stem: file.read_text("utf-8") for file in sorted(FOLDER.glob("*.txt"))}


def callers_and_lines(log: str) -> list[tuple[str, str]]:
    rows = [row.partition(" |") for row in log.splitlines()]
    return [(caller, line[1:]) for caller, _, line in rows]


def text(log: str) -> str:
    return "\n".join(line for _, line in callers_and_lines(log)) + "\n"


@pytest.mark.parametrize("log", LOGS.values(), ids=LOGS)
def test_each_line_is_attributed_to_its_caller_and_none_to_two(log: str) -> None:
    found = [(item.caller or "-", line) for item in passages(text(log)) for line in item.lines]

    wanted = [row for row in callers_and_lines(log) if row[1].strip()]
    assert [row for row in found if row[1].strip()] == wanted


def said(log: str) -> tuple[list[tuple[str, str, str]], list[str]]:
    """Section, cause and command of each finding; causes of what was not understood."""
    found = failed_run.read(text(log), PLACE_IN_AWS)
    known = [(item.section, item.cause, item.command) for item in found.known]
    return known, [item.cause for item in found.unknown]


def test_what_the_run_itself_may_not_do_is_not_blamed_on_a_controller() -> None:
    known, unknown = said(LOGS["first-up"])

    who = f"aws sts get-caller-identity {AWS}"
    denied = "AWS refuses {} to the credentials of this run (" + RUN + ")"
    assert known == [
        ("aws-permission-missing", denied.format("secretsmanager:CreateSecret"), who),
        ("aws-permission-missing", denied.format("acm:RequestCertificate"), who),
        ("aws-permission-missing", denied.format("ec2:CreateSecurityGroup"), who),
        (
            "aws-resource-exists",
            "The record langfuse.example.com A is there already, and the stack wants to create it: "
            "another stack, ExternalDNS or a person made it, or a run whose state was lost. It may "
            "still lead to something else",
            f"aws route53 list-hosted-zones {AWS}",
        ),
    ]
    assert unknown == []


def test_the_same_refusal_is_blamed_on_the_controller_that_was_refused() -> None:
    known, unknown = said(LOGS["mixed"])

    assert [row for row in known if row[0] != "unknown-error"] == [
        (
            "migration-broken",
            "The migration 20240104210051_add_model_indices stopped half-way, and Prisma goes no "
            "further until it is told how that ended",
            f"{IN_NAMESPACE} logs -l app.kubernetes.io/component=migration --tail=100 --prefix",
        ),
        (
            "database-unreachable",
            f"Langfuse does not reach the database: {PLACE_IN_AWS.unreachable_because}",
            PLACE_IN_AWS.look_at_database,
        ),
        (
            "secret-not-synced",
            "AWS refuses to read the entry: the store's role lacks secretsmanager:GetSecretValue",
            f"{IN_NAMESPACE} get secretstores,externalsecrets",
        ),
        (
            "ingress-without-address",
            "AWS refuses acm:DescribeCertificate to the load balancer controller's role",
            f"{IN_NAMESPACE} describe ingress",
        ),
        (
            "ingress-without-address",
            "AWS refuses EC2 CreateSecurityGroup to the load balancer controller's role",
            f"{IN_NAMESPACE} describe ingress",
        ),
        (
            "claim-pending",
            "AWS refuses ec2:CreateVolume to the EBS CSI driver's role",
            f"{IN_NAMESPACE} get persistentvolumeclaims",
        ),
        (
            "namespace-exists",
            "services langfuse is there already, and the stack wants to create it: it was made by "
            "hand, by another stack, or by a run whose state was lost",
            f"{IN_NAMESPACE} get services langfuse -o yaml",
        ),
        (
            "image-pull",
            "The image docker.io/langfuse/langfuse:2.95.99 cannot be pulled: the registry has no "
            "such image or tag",
            f"{IN_NAMESPACE} get events --field-selector reason=Failed",
        ),
        (
            "pod-unschedulable",
            "No node takes the pod: 0/3 nodes are available: 3 Insufficient memory.",
            f"{IN_NAMESPACE} get events --field-selector reason=FailedScheduling",
        ),
    ]
    assert unknown == []


def test_a_lock_is_explained_with_whose_it_is() -> None:
    assert said(LOGS["locked"]) == (
        [
            (
                "stack-locked",
                "Another run holds the stack's lock, of ann@laptop since 2026-11-01T09:31:35Z. A "
                "run that was killed leaves it: make sure that none is left, then take the lock "
                "away",
                "pulumi cancel --stack prod",
            )
        ],
        [],
    )


def test_an_error_that_is_not_understood_is_said_beside_those_that_are() -> None:
    known, unknown = said(LOGS["interrupted"])

    assert [(section, cause) for section, cause, _ in known] == [
        (
            "pending-operations",
            "An earlier run was interrupted, and the state does not say how its last operations "
            "ended. Look first whether they did: what was being created is created again",
        ),
        (
            "replicas-conflict",
            "An earlier run of Pulumi made the object and ended before its state had it: this run "
            "counts as another writer",
        ),
        (
            "aws-resource-exists",
            "langfuse-secrets is there already (EntityAlreadyExists): it is of a run whose state "
            "was lost, or of another stack",
        ),
        ("throttled", known[3][1]),
        (
            "aws-quota",
            "A quota of the AWS account is reached (InstanceQuotaExceeded): remove what is not "
            "needed, or have it raised",
        ),
        ("migration-failed", "The migration Job failed"),
    ]
    assert known[1][2] == f"{IN_NAMESPACE} get statefulset -o yaml --show-managed-fields"
    assert known[4][2] == f"aws service-quotas list-service-quotas --service-code rds {AWS}"
    assert unknown == [
        "The doctor does not know this text. It says: random:index:RandomPassword "
        "langfuse-postgres-password: error: the frobnicator is out of order"
    ]


USER = "User: arn:aws:sts::123456789012:assumed-role/{} is not authorized to perform: {}"


@pytest.mark.parametrize(
    ("line", "caller"),
    [
        # By the name of the role or the session, if it makes such calls at all.
        (USER.format("eso/external-secrets-provider-aws", "secretsmanager:GetSecretValue"), "es"),
        (USER.format("eso/external-secrets-provider-aws", "kms:Decrypt"), "es"),
        (USER.format("external-secrets-admins/ann", "secretsmanager:CreateSecret"), "run"),
        (USER.format("AmazonEKSLoadBalancerControllerRole/1", "ec2:CreateSecurityGroup"), "lb"),
        (USER.format("load-balancer-team/ann", "acm:RequestCertificate"), "run"),
        (USER.format("AmazonEKS_EBS_CSI_DriverRole/1", "kms:CreateGrant"), "volumes"),
        (USER.format("ebs-csi-team/ann", "rds:CreateDBInstance"), "run"),
        # By the call, where the role says nothing.
        (USER.format("nodes/i-0abc", "ec2:AttachVolume"), "volumes"),
        (USER.format("nodes/i-0abc", "elasticloadbalancing:CreateLoadBalancer"), "lb"),
        (USER.format("nodes/i-0abc", "ecr:BatchGetImage"), "kubelet"),
        (USER.format("x/y", "ec2:CreateSecurityGroup"), "run"),
        (USER.format("x/y", "sts:AssumeRole"), "run"),
        # By what the run says it was doing, whatever the call.
        (
            "* reading ELBv2 Load Balancers: operation error Elastic Load Balancing v2: "
            "DescribeLoadBalancers, api error AccessDenied",
            "run",
        ),
        (
            "reading Secrets Manager Secret Version (x): operation error Secrets Manager: "
            "GetSecretValue, api error AccessDeniedException",
            "run",
        ),
        ("sdk-v2/provider2.go:572: sdk.helper_schema: api error ResourceNotFoundException", "run"),
        # Only Kubernetes' plurals exist already in the cluster.
        ('services "langfuse" already exists', "api"),
        ('statefulsets.apps "langfuse-postgres" already exists', "api"),
        ("EntityAlreadyExists: Role with name x already exists.", "run"),
        ('relation "traces" already exists', "-"),
    ],
)
def test_a_line_alone_is_attributed_by_principal_and_operation(line: str, caller: str) -> None:
    long = {
        "api": "api-server",
        "es": "external-secrets",
        "lb": "load-balancers",
        "run": "deployer",
    }
    (found,) = passages(line)

    assert (found.caller or "-") == long.get(caller, caller)


@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "2026-11-01T10:00:00.1234567Z {}",
        "2026-11-01T10:00:00+00:00 {}",
        "deploy\tRun make up\t2026-11-01T10:00:00.1234567Z {}",
        "{}\r",
        "\x1b[31m{}\x1b[0m",
    ],
)
def test_what_a_workflow_puts_around_each_line_changes_nothing(form: str) -> None:
    for log in LOGS.values():
        lines = (form.format(line) for _, line in callers_and_lines(log))
        wrapped = failed_run.read("\n".join(lines) + "\n", PLACE_IN_AWS)

        assert wrapped == failed_run.read(text(log), PLACE_IN_AWS)


@pytest.mark.parametrize(
    "follows",
    [
        "error: update failed",
        "error: update canceled",
        "error: 2 errors occurred:",
        "error: resource monitor shut down while waiting on step's done channel",
        "error: rpc error: code = Canceled desc = grpc: the client connection is closing",
    ],
)
def test_what_only_follows_from_another_error_is_not_unknown(follows: str) -> None:
    found = failed_run.read(
        f"error: [409] Conflict: Another update is currently in progress.\n{follows}\n",
        PLACE_IN_AWS,
    )

    assert [item.section for item in found.known] == ["stack-locked"]
    assert found.unknown == []


def test_a_refusal_in_the_block_of_an_ingress_is_its_controllers() -> None:
    log = (
        "  kubernetes:networking.k8s.io/v1:Ingress (langfuse-endpoint):\n"
        "    error: api error AccessDenied: " + USER.format("x/1", "ec2:DescribeSubnets") + "\n"
        "  kubernetes:external-secrets.io/v1:SecretStore (langfuse-store):\n"
        "    error: api error AccessDenied: " + USER.format("x/1", "sts:AssumeRole") + "\n"
    )

    assert [item.caller for item in passages(log) if item.is_error] == [
        "load-balancers",
        "external-secrets",
    ]


@pytest.mark.parametrize(
    ("heading", "line", "caller"),
    [
        # What the AWS provider says is the run's, even what a controller asks for too.
        (
            "aws:secretsmanager:SecretVersion (langfuse-app-entry-version)",
            "error: " + USER.format("x/1", "secretsmanager:GetSecretValue"),
            "deployer",
        ),
        (
            "pulumi:providers:aws (aws)",
            "error: operation error STS: AssumeRoleWithWebIdentity, api error AccessDenied",
            "deployer",
        ),
        (
            "aws:rds:Instance (langfuse-postgres-instance)",
            "error: no resource plugin 'pulumi-resource-aws' found in the workspace",
            "engine",
        ),
        # A container of the Job is the migration's; the pod that it is in is the kubelet's.
        ("kubernetes:batch/v1:Job (langfuse-migration)", "* Error: P1001: x", "migration"),
        ("kubernetes:apps/v1:Deployment (langfuse)", "* Error: P1001: x", "langfuse"),
        (
            "kubernetes:apps/v1:Deployment (langfuse)",
            "* [Pod observability/langfuse-1]: containers with unready status: [langfuse]",
            "kubelet",
        ),
        # A role says more than the object.
        (
            "kubernetes:networking.k8s.io/v1:Ingress (langfuse-endpoint)",
            "* " + USER.format("AmazonEKS_EBS_CSI_DriverRole/1", "ec2:CreateTags"),
            "volumes",
        ),
    ],
)
def test_a_line_about_a_resource_is_attributed_by_the_resource_too(
    heading: str, line: str, caller: str
) -> None:
    (found,) = (item for item in passages(f"  {heading}:\n    {line}\n") if item.is_error)

    assert found.caller == caller


def test_that_pulumi_gave_up_waiting_does_not_explain_what_else_is_said_of_an_object() -> None:
    log = (
        "  kubernetes:core/v1:Service (langfuse-service):\n"
        "    error: 2 errors occurred:\n"
        "    \t* resource observability/langfuse: 'langfuse' timed out waiting to be Ready\n"
        "    \t* Service does not target any Pods.\n"
    )

    found = failed_run.read(log, PLACE_IN_AWS)

    assert [item.cause for item in (*found.known, *found.unknown)] == [
        "Pulumi gave up waiting for an object to become ready",
        "The doctor does not know this text. It says: kubernetes:core/v1:Service "
        "langfuse-service: * Service does not target any Pods.",
    ]
