"""Known error texts, as their programs write them, and what the doctor makes of each."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from stacks.stack_files import ROOT
from tests.support import doctor_service_texts, doctor_texts
from tests.support.doctor import IN_NAMESPACE, KUBECTL, PLACE
from tooling.doctor import aws, failed_run
from tooling.doctor.patterns.known import PATTERNS, Explanation, explain, read
from tooling.doctor.patterns.pattern import Pattern
from tooling.doctor.place import Place
from tooling.doctor.run_log.passages import passages
from tooling.doctor.sections import SECTIONS

AWS_PLACE = replace(
    PLACE,
    stack="prod",
    database="rds",
    clickhouse="statefulSet",
    cache="elastiCache",
    storage="s3",
    region="eu-central-1",
    profile="ops",
)
AWS = "--region eu-central-1 --profile ops"

# Text, then section, cause, command.
TEXTS = [
    (
        "Error: P1000: Authentication failed against database server at `langfuse-postgres`, the "
        "provided database credentials for `langfuse` are not valid.",
        "database-password",
        "PostgreSQL refuses the password in DATABASE_URL: it was changed on one side only",
        "pulumi up --stack prod --replace '**::langfuse-postgres-password'",
    ),
    (
        "Error: P1001: Can't reach database server at `db.example.com`:`5432`",
        "database-unreachable",
        "Langfuse does not reach the database: its security group admits the cluster's own "
        "security group and those in database.clientSecurityGroupIds: nodes of a launch template "
        "with groups of its own carry neither; or the instance is not available",
        "aws rds describe-db-instances --query "
        "'DBInstances[].[DBInstanceIdentifier,DBInstanceStatus,Endpoint.Address]' --output table "
        f"{AWS}",
    ),
    (
        "Error: P1001: Can't reach database server at `db`:`5432`\n    at async z (file.js:1:2)\n"
        "Failed to prepare server Error: An error occurred while loading instrumentation hook",
        "database-unreachable",
        "The database was away when Langfuse started. The pod answers 500 to everything, also when "
        "the database is back, until the startup probe ends it after a minute; the next start may "
        "be five minutes later. As soon as the database is available, new pods serve at once",
        f"{IN_NAMESPACE} rollout restart deployment/langfuse",
    ),
    (
        "Error: Timed out fetching a new connection from the connection pool. More info: "
        "http://pris.ly/d/connection-pool (Current connection pool timeout: 10, connection limit: "
        "5)",
        "database-slow",
        "No connection of a pod's pool became free within 10 s (P2024): queries hang since a "
        "failover, or the database is slower than the load. If the database is available and this "
        "goes on for three minutes, new pods make new connections",
        f"{IN_NAMESPACE} rollout restart deployment/langfuse",
    ),
    (
        "Operations timed out after `N/A`. Context: The database failed to respond "
        "to a query within the configured timeout",
        "database-slow",
        "A query had no answer within 60 s (P1008): the database is overloaded, waits for a lock, "
        "or is the host before a failover. The pool gives such a connection up by itself; see "
        "whether Langfuse works again",
        "make smoke STACK=prod",
    ),
    (
        "Raw query failed. Code: `25006`. Message: `cannot execute INSERT in a read-only "
        "transaction`\nFailed to prepare server",
        "start-failed",
        "The database takes no writes: its host is a replica, or its storage is full",
        "aws rds describe-db-instances --query "
        "'DBInstances[].[DBInstanceIdentifier,DBInstanceStatus,Endpoint.Address]' --output table "
        f"{AWS}",
    ),
    (
        "Unique constraint failed on the fields: (`email`)\nFailed to prepare server",
        "start-failed",
        "Two pods of a new stack made the first user at the same time, and one failed. Its next "
        "start works, a minute later",
        f"{IN_NAMESPACE} rollout status deployment/langfuse",
    ),
    (
        "Failed to prepare server Error: An error occurred while loading instrumentation hook",
        "start-failed",
        "Langfuse's start failed, and the pod answers 500 to everything until the startup probe "
        "ends it after a minute. What is above this line in the log says why",
        f"{IN_NAMESPACE} logs -l app.kubernetes.io/component=web --tail=100 --prefix",
    ),
    (
        "Error: P1002\n\nThe database server at `db`:`5432` was reached but timed out.\n\nContext: "
        "Timed out trying to acquire a postgres advisory lock (SELECT pg_advisory_lock(72707369)). "
        "Elapsed: 10000ms.",
        "migration-lock",
        "The migration did not get PostgreSQL's migration lock: another migration holds it, "
        "or a connection that broke off still does. The next `up` tries again",
        "make up STACK=prod",
    ),
    (
        "Error: P3018\n\nA migration failed to apply. New migrations cannot be applied before the "
        "error is recovered from.\n\nMigration name: 20240104210051_add_model_indices\n\nDatabase "
        "error code: 40P01",
        "migration-broken",
        "The migration 20240104210051_add_model_indices stopped half-way, and Prisma goes no "
        "further until it is told how that ended",
        f"{IN_NAMESPACE} logs -l app.kubernetes.io/component=migration --tail=100 --prefix",
    ),
    (
        "Error: P3009\n\nmigrate found failed migrations in the target database, new migrations "
        "will not be applied.\nThe `20240104210051_add_model_indices` migration started at 2024 "
        "failed",
        "migration-broken",
        "The migration 20240104210051_add_model_indices stopped half-way, and Prisma goes no "
        "further until it is told how that ended",
        f"{IN_NAMESPACE} logs -l app.kubernetes.io/component=migration --tail=100 --prefix",
    ),
    (
        "Error: P1013: The provided database string is invalid. invalid port number in database "
        "URL.",
        "database-url",
        "DATABASE_URL cannot be read: a character of the user, the password or the name is not "
        "percent-encoded, or the Secret was changed by hand",
        "make up STACK=prod",
    ),
    (
        "❌ Invalid environment variables: {\n  NEXTAUTH_URL: [ 'Required' ],\n"
        "  LANGFUSE_LOG_LEVEL: [ \"Invalid enum value, received 'verbose'\" ]\n}",
        "environment-invalid",
        "Langfuse refuses its environment: NEXTAUTH_URL, LANGFUSE_LOG_LEVEL. Its release does not "
        "accept the value, or the variable is missing",
        "make render STACK=prod",
    ),
    (
        'initdb: error: directory "/var/lib/postgresql/data" exists but is not empty\ninitdb: '
        "detail: It contains a lost+found directory, perhaps due to it being a mount point.",
        "data-directory",
        "PostgreSQL finds a data folder that is not empty and not its own: a file system's "
        "lost+found in the volume's root, or another version's data",
        f"{IN_NAMESPACE} get statefulset langfuse-postgres -o yaml",
    ),
    (
        "container has runAsNonRoot and image has non-numeric user (nextjs), cannot verify user is "
        "non-root (pod: langfuse_observability(1), container: langfuse)",
        "run-as-non-root",
        "The pod has to run as another user than root, and its image names its user (nextjs): the "
        "pod's runAsUser is missing. Something changed it after Pulumi, or the image is not the "
        "one that the stack was made for",
        f"{IN_NAMESPACE} get pods -o yaml",
    ),
    (
        "couldn't find key DATABASE_URL in Secret observability/langfuse-database-1",
        "secret-missing",
        "The key DATABASE_URL is missing in the Secret langfuse-database-1",
        "make up STACK=prod",
    ),
    (
        'configmap "langfuse-config-1" not found',
        "secret-missing",
        "There is no configmap langfuse-config-1, which the pod reads",
        "make up STACK=prod",
    ),
    (
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        "out-of-memory",
        "The container needs more memory than its limit",
        f"{IN_NAMESPACE} describe pods -l app.kubernetes.io/part-of=agent-observability",
    ),
    (
        "api error ResourceNotFoundException: Secrets Manager can't find the specified secret.",
        "secret-not-synced",
        "The entry, or this version of it, is not in Secrets Manager: it was deleted there, or the "
        "store reads another region",
        f"aws secretsmanager list-secrets --include-planned-deletion {AWS}",
    ),
    (
        "InvalidRequestException: You can't perform this operation on the secret because it was "
        "marked for deletion.",
        "secret-not-synced",
        "The entry in Secrets Manager is marked for deletion",
        f"aws secretsmanager list-secrets --include-planned-deletion {AWS}",
    ),
    (
        "operation error STS: AssumeRoleWithWebIdentity, api error AccessDenied: Not authorized to "
        "perform sts:AssumeRoleWithWebIdentity",
        "secret-not-synced",
        "External Secrets cannot take the store's role: the role's trust does not name this "
        "cluster's OIDC provider, or the service account",
        f"{IN_NAMESPACE} get serviceaccounts -o yaml",
    ),
    (
        "AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/langfuse-secrets/x is "
        "not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:x",
        "secret-not-synced",
        "AWS refuses to read the entry: the store's role lacks secretsmanager:GetSecretValue",
        f"{IN_NAMESPACE} get secretstores,externalsecrets",
    ),
    (
        "AccessDeniedException: Access to KMS is not allowed",
        "secret-not-synced",
        "AWS refuses to read the entry: Access to KMS is not allowed",
        f"{IN_NAMESPACE} get secretstores,externalsecrets",
    ),
    (
        "Failed build model due to couldn't auto-discover subnets: unable to resolve at least one "
        "subnet (0 match VPC and tags: [kubernetes.io/role/elb])",
        "ingress-without-address",
        "The controller finds no subnets for the load balancer: those of its scheme carry no role "
        "tag (kubernetes.io/role/elb or kubernetes.io/role/internal-elb), or lie in one zone",
        ".venv/bin/python -m tooling doctor --stack prod --before",
    ),
    (
        "Failed deploy model due to InvalidConfigurationRequest: Access Denied for bucket: "
        "team-logs. Please check S3bucket permission",
        "bucket-policy",
        "The load balancer may not write its access logs to the bucket team-logs, and the "
        "controller stops at that",
        f"aws s3api get-bucket-policy --bucket team-logs {AWS}",
    ),
    (
        "Failed build model due to ingress: observability/langfuse-endpoint: no certificate found "
        "for host: langfuse.example.com",
        "ingress-without-address",
        "The load balancer's certificate is not there, not issued, or in another region",
        f"aws acm list-certificates {AWS}",
    ),
    (
        "Failed deploy model due to AccessDenied: User: arn:aws:sts::1:assumed-role/alb/1 is not "
        "authorized to perform: elasticloadbalancing:AddTags on resource: arn:aws:x",
        "ingress-without-address",
        "AWS refuses elasticloadbalancing:AddTags to the load balancer controller's role",
        f"{IN_NAMESPACE} describe ingress",
    ),
    (
        'no matches for kind "SecretStore" in version "external-secrets.io/v1beta1"',
        "no-matches-for-kind",
        "The cluster does not serve SecretStore external-secrets.io/v1beta1: its operator is "
        "missing, or its release serves another version (External Secrets serves v1 from 0.16 on, "
        "and v1beta1 no longer)",
        f"{KUBECTL} api-resources --api-group external-secrets.io",
    ),
    (
        "error: creating Secrets Manager Secret (agent-observability/prod/app): operation error "
        "Secrets Manager: CreateSecret, InvalidRequestException: You can't create this secret "
        "because a secret with this name is already scheduled for deletion.",
        "secret-scheduled-for-deletion",
        "The entry agent-observability/prod/app was deleted and keeps its name until its recovery "
        "window is over",
        f"aws secretsmanager restore-secret --secret-id agent-observability/prod/app {AWS}",
    ),
    (
        "a secret with this name is already scheduled for deletion",
        "secret-scheduled-for-deletion",
        "An entry of this stack was deleted and keeps its name until its recovery window is over",
        ".venv/bin/python -m tooling doctor --stack prod --before",
    ),
    (
        'Apply failed with 1 conflict: conflict with "kube-controller-manager" with subresource '
        '"scale" using apps/v1: .spec.replicas',
        "replicas-conflict",
        "kube-controller-manager set the number of replicas, which the stack sets too: the "
        "Deployment's number is the autoscaler's where minReplicas and maxReplicas differ",
        f"{IN_NAMESPACE} get deployment langfuse -o yaml --show-managed-fields",
    ),
    (
        'Apply failed with 2 conflicts: conflicts with "kubectl-edit" using apps/v1:\n'
        "- .spec.template.spec.containers",
        "replicas-conflict",
        "kubectl-edit set a field by hand or by a tool, which the stack sets too",
        f"{IN_NAMESPACE} get deployment langfuse -o yaml --show-managed-fields",
    ),
    (
        " +-  ├─ pulumi:providers:kubernetes  kubernetes  replace  [diff: ~context]",
        "replaces-everything",
        "Pulumi takes the cluster for another one, and would create every object again, the "
        "database's volume too: the context was renamed, or cluster.eksName or cluster.context "
        "changed. Do not say yes",
        "pulumi preview --stack prod --diff",
    ),
    (
        'error: resource observability was not successfully created: namespaces "observability" '
        "already exists",
        "namespace-exists",
        "The namespace observability is there already, and the stack wants to create it",
        f"{KUBECTL} get namespace observability -o yaml",
    ),
    (
        'services "langfuse" already exists\n\nThe resource already exists in the cluster.',
        "namespace-exists",
        "services langfuse is there already, and the stack wants to create it: it was made by "
        "hand, by another stack, or by a run whose state was lost",
        f"{IN_NAMESPACE} get services langfuse -o yaml",
    ),
    (
        'error: namespaces "research" not found',
        "namespace-missing",
        "There is no namespace research, which the stack is told to adopt",
        f"{KUBECTL} create namespace research",
    ),
    (
        'secrets "x" is forbidden: unable to create new content in namespace observability because '
        "it is being terminated",
        "stuck-terminating",
        "The namespace observability is being deleted, and something in it does not go",
        f"{KUBECTL} get namespace observability -o yaml",
    ),
    (
        "getting credentials: exec: executable aws not found\n\nIt looks like you are trying to use"
        " a client-go credential plugin",
        "aws-cli-missing",
        "There is no `aws` command on PATH, which the cluster's token comes from",
        "aws --version",
    ),
    (
        'failed calling webhook "validate.externalsecret.external-secrets.io": no endpoints '
        'available for service "external-secrets-webhook"',
        "external-secrets-missing",
        "External Secrets' webhook does not answer",
        f"{KUBECTL} get pods -A -l app.kubernetes.io/name=external-secrets-webhook",
    ),
    (
        'failed calling webhook "vingress.elbv2.k8s.aws": no endpoints available for service '
        '"aws-load-balancer-webhook-service"',
        "load-balancer-controller-missing",
        "The AWS Load Balancer Controller's webhook does not answer",
        f"{KUBECTL} get pods -A -l app.kubernetes.io/name=aws-load-balancer-controller",
    ),
    (
        'pods "langfuse-1" is forbidden: exceeded quota: team, requested: requests.memory=2Gi, '
        "used: requests.memory=7Gi, limited: requests.memory=8Gi",
        "pods-refused",
        "The namespace's quota team refuses the pods, requested: requests.memory=2Gi, used: "
        "requests.memory=7Gi, limited: requests.memory=8Gi",
        f"{IN_NAMESPACE} describe resourcequota team",
    ),
    (
        'pods "x" is forbidden: violates PodSecurity "restricted:latest": seccompProfile (pod must '
        "set it)",
        "pods-refused",
        "The namespace's Pod Security level restricted:latest refuses the pods: seccompProfile "
        "(pod must set it)",
        f"{KUBECTL} get namespace observability --show-labels",
    ),
    (
        'deployments.apps is forbidden: User "dev@example.com" cannot create resource '
        '"deployments" in API group "apps" in the namespace "observability"',
        "permission-missing",
        "dev@example.com may not create deployments",
        f"{IN_NAMESPACE} auth can-i create deployments",
    ),
    (
        "configured Kubernetes cluster is unreachable: unable to load schema information",
        "cluster-unreachable",
        "Pulumi does not reach the cluster",
        f"{KUBECTL} version",
    ),
    (
        "the server has asked for the client to provide credentials",
        "context-unusable",
        "The cluster refuses the context's credentials, or there is no such context",
        f"{KUBECTL} auth whoami",
    ),
    (
        "waiting for ACM Certificate (arn:aws:acm:x) to be issued: timeout while waiting for state "
        "to become 'ISSUED' (last state: 'PENDING_VALIDATION', timeout: 1h15m0s)",
        "certificate-pending",
        "The certificate was not validated in time: its validation record is not in public DNS",
        "make doctor STACK=prod",
    ),
    (
        "waiting for ACM Certificate (arn:aws:acm:x) to be issued: unexpected state 'FAILED'",
        "certificate-not-issued",
        "The certificate's state is FAILED",
        f"aws acm list-certificates --includes keyTypes=RSA_2048,EC_prime256v1 {AWS}",
    ),
    (
        "invoking aws:route53/getZone:getZone: no matching Route 53 Hosted Zone found",
        "hosted-zone-missing",
        "Route 53 has no public zone of that name in this account",
        f"aws route53 list-hosted-zones {AWS}",
    ),
    (
        "ResourceNotFoundException: No cluster found for name: platform-prod.",
        "eks-cluster",
        "EKS has no cluster of that name in this account and region",
        f"aws eks list-clusters {AWS}",
    ),
    (
        "AWS account ID not allowed: 210987654321",
        "aws-account",
        "The credentials are of account 210987654321, which is not among aws:allowedAccountIds",
        f"aws sts get-caller-identity {AWS}",
    ),
    (
        "ExpiredToken: The security token included in the request is expired",
        "aws-credentials",
        "There are no AWS credentials, or they have expired",
        f"aws sts get-caller-identity {AWS}",
    ),
    (
        "User: arn:aws:iam::1:user/ci is not authorized to perform: rds:CreateDBInstance on x",
        "aws-permission-missing",
        "AWS refuses rds:CreateDBInstance to the credentials of this run (user/ci)",
        f"aws sts get-caller-identity {AWS}",
    ),
    (
        'failed to pull and unpack image "docker.io/langfuse/langfuse:2.99.0": failed to resolve',
        "image-pull",
        "The image docker.io/langfuse/langfuse:2.99.0 cannot be pulled",
        f"{IN_NAMESPACE} get events --field-selector reason=Failed",
    ),
    (
        'storageclass.storage.k8s.io "gp3" not found',
        "claim-pending",
        "There is no StorageClass gp3 for a volume of the stack",
        f"{KUBECTL} get storageclasses",
    ),
    (
        "[Unschedulable] 0/3 nodes are available: 3 Insufficient cpu.",
        "pod-unschedulable",
        "No node takes the pod: 0/3 nodes are available: 3 Insufficient cpu.",
        f"{IN_NAMESPACE} get events --field-selector reason=FailedScheduling",
    ),
    (
        "FailedGetResourceMetric: failed to get cpu utilization: unable to get metrics for "
        "resource cpu",
        "autoscaler-blind",
        "The autoscaler gets no CPU figures: metrics-server does not answer",
        f"{KUBECTL} get apiservice v1beta1.metrics.k8s.io",
    ),
    (
        "back-off 5m0s restarting failed container=langfuse pod=langfuse-1",
        "crash-loop",
        "A container ends again and again",
        f"{IN_NAMESPACE} get pods",
    ),
    (
        'Job "observability/langfuse-migration-1" failed: BackoffLimitExceeded: Job has reached',
        "migration-failed",
        "The migration Job failed",
        f"{IN_NAMESPACE} logs -l app.kubernetes.io/component=migration --tail=100 --prefix",
    ),
    (
        "'langfuse' timed out waiting to be Ready",
        "unknown-error",
        "Pulumi gave up waiting for an object to become ready",
        "make doctor STACK=prod",
    ),
    *doctor_texts.TEXTS,
    *doctor_service_texts.TEXTS,
]


def explained(text: str, place: Place) -> Sequence[Explanation]:
    """What a whole log says."""
    return read(text, place).explanations


@pytest.mark.parametrize(
    ("text", "section", "cause", "command"), TEXTS, ids=[row[0][:40] for row in TEXTS]
)
def test_a_known_text_is_explained(text: str, section: str, cause: str, command: str) -> None:
    found = [(e.section, e.cause, e.command) for e in explained(text, AWS_PLACE)]

    assert (section, cause, command) in found
    assert found[0][0] == section


def test_every_row_of_the_table_is_met_by_a_known_text() -> None:
    def met(pattern: Pattern) -> bool:
        return any(
            pattern.text.search(passage.text)
            for text, *_ in TEXTS
            for passage in passages(text)
            if not pattern.by or passage.caller in pattern.by
        )

    assert [pattern.text.pattern for pattern in PATTERNS if not met(pattern)] == []


def test_ordinary_output_of_up_matches_no_pattern() -> None:
    text = """\
 +   kubernetes:core/v1:Namespace langfuse-namespace created (0.05s)
 +-  kubernetes:batch/v1:Job langfuse-migration replaced (2s)
 ~   kubernetes:apps/v1:Deployment langfuse-deployment updated (20s)
Outputs:
    url: "http://localhost:3000"
Resources:
    + 30 created
"""
    assert [*explained(text, AWS_PLACE)] == []


def test_a_section_is_reported_once_with_its_first_row() -> None:
    text = "Error: P1001: Can't reach\nError: P1001: Can't reach database server"

    assert [e.section for e in explained(text, PLACE)] == ["database-unreachable"]


def test_only_the_requested_sections_are_reported() -> None:
    text = "P1001\nP1000"

    assert [e.section for e in explain(text, PLACE, {"database-unreachable"})] == [
        "database-unreachable"
    ]


def test_no_secret_of_a_text_comes_back() -> None:
    text = "User: postgresql://u:hunter2@h/d is not authorized to perform: rds:CreateDBInstance"
    log = 'pods "x" is forbidden: exceeded quota: team, DATABASE_URL=postgresql://u:hunter2@h/d'

    said = [f"{e.cause} {e.command}" for e in (*explained(text, PLACE), *explained(log, PLACE))]

    assert len(said) == 2
    assert not any("hunter2" in line for line in said)


def test_words_of_a_text_cannot_become_a_command() -> None:
    text = "creating Secrets Manager Secret (x; rm -rf ~): already scheduled for deletion"
    (found,) = explained(text, PLACE)

    assert found.command == "aws secretsmanager restore-secret --secret-id 'x; rm -rf ~'"


def test_a_failed_run_is_the_subject_of_the_findings_in_its_log() -> None:
    assert [finding.subject for finding in failed_run.read("P1001", PLACE).known] == [
        "The failed run"
    ]


PITFALLS = {
    "claim-pending",
    "data-directory",
    "database-password",
    "database-unreachable",
    "database-url",
    "migration-lock",
    "migration-broken",
    "run-as-non-root",
    "environment-invalid",
    "autoscaler-blind",
    "ingress-without-address",
    "bucket-policy",
    "stuck-terminating",
    "secret-not-synced",
    "no-matches-for-kind",
    "secret-scheduled-for-deletion",
    "replicas-conflict",
    "replaces-everything",
}
"""What people run into with Langfuse on Kubernetes and AWS."""


def test_every_known_pitfall_has_a_text() -> None:
    assert PITFALLS - {pattern.section for pattern in PATTERNS} == set()


def test_every_section_is_a_heading_of_the_troubleshooting_guide() -> None:
    guide = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^#+ ([a-z-]+)$", guide, re.MULTILINE))

    assert set(SECTIONS) - headings == set()


def test_every_section_that_a_text_or_aws_names_is_declared_once() -> None:
    assert len(SECTIONS) == len(set(SECTIONS))
    assert {pattern.section for pattern in PATTERNS} - set(SECTIONS) == set()
    assert set(aws.SECTIONS) - set(SECTIONS) == set()


@pytest.mark.parametrize(
    "part", ["a", "a.b-", "://:", "password=", 'conflict with "a"', "langfuse-migration", "P3009 "]
)
def test_a_long_line_that_nearly_matches_is_fast(part: str) -> None:
    start = time.process_time()

    assert {e.section for e in explained(part * (200_000 // len(part)), PLACE)} <= {
        "migration-broken"
    }
    assert time.process_time() - start < 2


def test_a_secret_is_masked_before_a_long_line_is_cut() -> None:
    beginning = 'exceeded quota: team, DATABASE_URL="postgresql://u:'
    text = beginning + "hunter2" * 400 + '@h/d"'

    assert "hunter2" not in "".join(e.cause for e in explained(text, PLACE))
