"""A whole stack: each cause once, and nothing that only follows from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.doctor import (
    IN_NAMESPACE,
    JUST_NOW,
    KUBECTL,
    PLACE,
    Object,
    condition,
    container,
    error,
    event,
    obj,
    pod,
    snapshot,
    terminated,
    waiting,
    warning,
)
from tooling.doctor.agents.way import THROUGH_GATEWAY, Needs, Seen
from tooling.doctor.cluster.snapshot import Snapshot
from tooling.doctor.diagnosis import causes, diagnose
from tooling.doctor.failed_run import Log
from tooling.doctor.findings import Finding
from tooling.kit.exposition import Sample

READY = {"readyReplicas": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
SERVING = pod("langfuse-1", container(ready=True, running={}), phase="Running")
DEPLOYMENT = obj("Deployment", "langfuse", spec={"replicas": 1}, status=READY)
STATEFUL_SET = obj("StatefulSet", "langfuse-postgres", spec={"replicas": 1}, status=READY)
DOWN: Object = {**STATEFUL_SET, "status": {}}
COMPLETE = [condition("Complete", "True")]
FAILED = [condition("Failed", "True", "BackoffLimitExceeded", "Job has reached the limit")]


def job(name: str = "langfuse-migration-1", conditions: Any = COMPLETE, **more: Any) -> Object:  # noqa: ANN401
    return obj("Job", name, spec={}, status={"conditions": conditions}, **more)


def sound(**changed: Any) -> Snapshot:  # noqa: ANN401 - fields of Snapshot
    """A stack that works, with changes."""
    return snapshot(
        **{
            "pods": [SERVING],
            "jobs": [job()],
            "deployments": [DEPLOYMENT],
            "stateful_sets": [STATEFUL_SET],
            "storage_classes": [STANDARD],
            **changed,
        }
    )


STANDARD = obj(
    "StorageClass",
    "standard",
    namespace=None,
    metadata={"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
    provisioner="ebs.csi.aws.com",
    volumeBindingMode="WaitForFirstConsumer",
)


def diagnosed(**changed: Any) -> list[Finding]:  # noqa: ANN401
    return diagnose(sound(**changed), PLACE)


def test_a_stack_that_works_has_nothing_wrong() -> None:
    assert diagnosed() == []


# Migration.

MIGRATION_POD = pod(
    "langfuse-migration-1-x",
    container(name="migration", terminated=terminated(1)),
    phase="Failed",
    role="migration",
    owner="langfuse-migration-1",
)
JOB = "Job observability/langfuse-migration-1"


@pytest.mark.parametrize(
    ("log", "section", "cause", "command"),
    [
        (
            "Error: P1000: Authentication failed",
            "database-password",
            "PostgreSQL refuses the password in DATABASE_URL: it was changed on one side only",
            "pulumi up --stack dev --replace '**::langfuse-postgres-password'",
        ),
        (
            "",
            "migration-failed",
            "Its container ended with exit code 1",
            f"{IN_NAMESPACE} logs job/langfuse-migration-1 --tail=100",
        ),
        (
            "Applying database migrations failed.\nExiting...",
            "migration-failed",
            "Its container ended with exit code 1. Its last line: Exiting...",
            f"{IN_NAMESPACE} logs job/langfuse-migration-1 --tail=100",
        ),
    ],
)
def test_a_failed_migration_is_explained_by_its_log(
    log: str, section: str, cause: str, command: str
) -> None:
    found = diagnosed(
        jobs=[job(conditions=FAILED)],
        pods=[SERVING, MIGRATION_POD],
        logs={"langfuse-migration-1-x": log},
    )

    assert found == [error(section, JOB, cause, command)]


def test_a_failed_migration_without_its_pod_is_still_reported() -> None:
    late = [condition("Failed", "True", "DeadlineExceeded", "Job was active longer")]

    assert diagnosed(jobs=[job(conditions=late)]) == [
        error(
            "migration-failed",
            JOB,
            "It failed: DeadlineExceeded: Job was active longer",
            f"{IN_NAMESPACE} describe job langfuse-migration-1",
        )
    ]


def test_a_migration_that_ran_out_of_memory_says_so() -> None:
    killed = container(name="migration", terminated=terminated(137, reason="OOMKilled"))
    found = {**MIGRATION_POD, "status": {"phase": "Failed", "containerStatuses": [killed]}}

    assert [f.section for f in diagnosed(jobs=[job(conditions=FAILED)], pods=[found])] == [
        "out-of-memory"
    ]


def test_an_older_failed_migration_is_history() -> None:
    old = job(conditions=FAILED)
    new = job("langfuse-migration-2", created=JUST_NOW)

    assert diagnosed(jobs=[new, old], pods=[SERVING, MIGRATION_POD]) == []


# The database.


def test_a_migration_that_does_not_reach_a_database_that_is_down_is_no_cause() -> None:
    database = pod(
        "langfuse-postgres-0",
        waiting("CrashLoopBackOff", restarts=2, last=terminated(1), name="postgres"),
        role="database",
        owner="langfuse-postgres",
    )
    logs = {
        "langfuse-migration-1-x": "Error: P1001: Can't reach database server",
        "langfuse-postgres-0": 'initdb: error: directory "/x" exists but is not empty',
    }

    found = diagnosed(
        stateful_sets=[DOWN],
        jobs=[job(conditions=FAILED)],
        pods=[database, MIGRATION_POD],
        logs=logs,
    )

    assert [(f.section, f.subject) for f in found] == [
        ("data-directory", "Pod observability/langfuse-postgres-0")
    ]


def test_without_another_cause_it_is_reported_that_the_database_is_not_reached() -> None:
    found = diagnosed(
        stateful_sets=[DOWN],
        jobs=[job(conditions=FAILED)],
        pods=[MIGRATION_POD],
        logs={"langfuse-migration-1-x": "P1001"},
    )

    assert [f.section for f in found] == ["database-unreachable"]


def server(name: str, *, down: bool) -> Object:
    return obj("StatefulSet", name, spec={"replicas": 1}, status={} if down else READY)


CRASHED = pod(
    "langfuse-worker-1",
    container(name="worker", terminated=terminated(1)),
    phase="Running",
    role="worker",
)
UNBOUND = pod(
    "server-0", conditions=[condition("PodScheduled", "False", "Unschedulable", "no luck")]
)


@pytest.mark.parametrize(
    ("name", "log"),
    [
        ("langfuse-postgres", "P1001"),
        ("langfuse-clickhouse-server", "connect ECONNREFUSED 10.0.0.1:8123"),
        ("langfuse-clickhouse-server-clickhouse-0-0", "connect ECONNREFUSED 10.0.0.1:8123"),
        ("langfuse-valkey", "connect ECONNREFUSED 10.0.0.1:6379"),
        ("langfuse-seaweedfs", "connect ECONNREFUSED 10.0.0.1:8333"),
    ],
)
def test_that_a_server_is_not_reached_follows_from_what_keeps_it_down(name: str, log: str) -> None:
    logs = {"langfuse-worker-1": log}

    def sections(*, down: bool) -> list[str]:
        sets = [server(name, down=down)]
        return [
            f.section for f in diagnosed(pods=[CRASHED, UNBOUND], stateful_sets=sets, logs=logs)
        ]

    unreachable = sections(down=False)[0]
    assert unreachable.endswith("-unreachable")
    assert sections(down=False) == [unreachable, "pod-unschedulable"]
    assert sections(down=True) == ["pod-unschedulable"]


def test_one_replica_of_several_that_is_down_does_not_hide_that_clickhouse_is_not_reached() -> None:
    begins = "langfuse-clickhouse-server-clickhouse-0-"
    sets = [server(f"{begins}0", down=True), server(f"{begins}1", down=False)]
    logs = {"langfuse-worker-1": "connect ECONNREFUSED 10.0.0.1:8123"}

    found = diagnosed(pods=[CRASHED, UNBOUND], stateful_sets=sets, logs=logs)

    assert [f.section for f in found] == ["clickhouse-unreachable", "pod-unschedulable"]


# What ready pods write.


def test_a_log_of_a_ready_pod_tells_what_no_probe_shows() -> None:
    lost = "ClickhouseWriter: Max attempts reached, dropped 3 traces record(s)"
    slow = "Memory limit (for query) exceeded"

    found = diagnosed(running_logs={"langfuse-1": f"{slow}\n{lost}"})

    assert [(f.section, f.severity, f.subject) for f in found] == [
        ("clickhouse-memory", "warning", "Pod observability/langfuse-1"),
        ("events-lost", "error", "Pod observability/langfuse-1"),
    ]


@pytest.mark.parametrize("text", ["P1001: Can't reach database server", "Error: P3009"])
def test_what_a_ready_pod_wrote_of_a_failure_that_is_over_is_passed_over(text: str) -> None:
    assert diagnosed(running_logs={"langfuse-1": text}) == []


# The guard.

GUARDED = pod(
    "langfuse-migration-1-x",
    container(name="guard", terminated=terminated(1)),
    phase="Failed",
    role="migration",
    owner="langfuse-migration-1",
)
REFUSED = "ERROR: LANGFUSE_GUARD unfinished: version 4 would delete x: 20250417_1737_a. Nothing"


@pytest.mark.parametrize(
    ("running", "back"), [("3.226.1", "3.226.1"), ("2.95.12", "3.225.4"), ("4.16.0", "3.225.4")]
)
def test_what_the_guard_refuses_is_said_with_the_release_that_copies(
    running: str, back: str
) -> None:
    serving = obj(
        "Deployment",
        "langfuse",
        labels={"app.kubernetes.io/version": running},
        spec={"replicas": 1},
        status=READY,
    )

    (found,) = diagnosed(
        deployments=[serving],
        jobs=[job(conditions=FAILED)],
        pods=[SERVING, GUARDED],
        logs={"langfuse-migration-1-x": REFUSED},
    )

    assert found == error(
        "guard-refused",
        "Job observability/langfuse-migration-1",
        "The guard stopped the migration before it changed anything: version 4 would delete what "
        "version 3 has not copied yet. Let its workers finish 20250417_1737_a",
        f"pulumi config set --stack dev --path agent-observability:langfuse.version {back}",
    )


# ClickHouse's operator.


def test_a_pod_of_the_operator_that_does_not_start_explains_that_its_cluster_is_not_ready() -> None:
    not_ready = obj(
        "ClickHouseCluster",
        "langfuse-clickhouse-server",
        status={"conditions": [condition("Ready", "False", "SomeShardsNotReady")]},
    )
    name = "langfuse-clickhouse-server-clickhouse-0-0-0"
    waits = [condition("PodScheduled", "False", "Unschedulable", "no luck")]

    assert [f.section for f in diagnosed(clusters=[not_ready])] == ["clickhouse-not-ready"]
    assert [
        f.section
        for f in diagnosed(clusters=[not_ready], pods=[SERVING, pod(name, conditions=waits)])
    ] == ["pod-unschedulable"]


# Volumes.

CLAIM = "PersistentVolumeClaim observability/data-langfuse-postgres-0"
CLASSES = f"{KUBECTL} get storageclasses"


def claim(class_: str | None, **more: Any) -> Object:  # noqa: ANN401
    spec = {"storageClassName": class_} if class_ else {}
    return obj(
        "PersistentVolumeClaim",
        "data-langfuse-postgres-0",
        spec=spec,
        status={"phase": "Pending"},
        **more,
    )


IMMEDIATE = {**STANDARD, "volumeBindingMode": "Immediate"}


@pytest.mark.parametrize(
    ("class_", "classes", "cause"),
    [
        (None, [], "It names no StorageClass, and the cluster has no default one"),
        ("gp3", [STANDARD], "There is no StorageClass gp3; the cluster has standard"),
        (
            "standard",
            [IMMEDIATE],
            "Nothing has answered for its StorageClass standard: ebs.csi.aws.com does not run",
        ),
    ],
)
def test_a_claim_that_stays_pending_is_explained(
    class_: str | None, classes: list[Object], cause: str
) -> None:
    assert diagnosed(claims=[claim(class_)], storage_classes=classes) == [
        error("claim-pending", CLAIM, cause, CLASSES)
    ]


@pytest.mark.parametrize(
    ("found", "classes"),
    [
        (claim("standard"), [STANDARD]),
        (claim("standard", created=JUST_NOW), [IMMEDIATE]),
        ({**claim("gone"), "status": {"phase": "Bound"}}, []),
    ],
)
def test_a_claim_that_waits_for_its_pod_is_not_reported(
    found: Object, classes: list[Object]
) -> None:
    assert diagnosed(claims=[found], storage_classes=classes) == []


def test_a_provisioner_that_is_refused_is_quoted() -> None:
    found = claim("standard")
    failed = event(found, "ProvisioningFailed", "UnauthorizedOperation: ec2:CreateVolume")

    assert diagnosed(claims=[found], events=[failed]) == [
        error(
            "claim-pending",
            CLAIM,
            "No volume is made for it: ProvisioningFailed: UnauthorizedOperation: ec2:CreateVolume",
            f"{IN_NAMESPACE} describe persistentvolumeclaim data-langfuse-postgres-0",
        )
    ]


def waits_for(message: str) -> Object:
    return pod(
        "langfuse-postgres-0",
        role="database",
        owner="langfuse-postgres",
        conditions=[condition("PodScheduled", "False", "Unschedulable", message)],
    )


def test_a_pod_that_waits_for_its_claim_is_not_reported_as_well() -> None:
    unbound = "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims."

    found = diagnosed(
        claims=[claim("gp3")], pods=[waits_for(unbound)], stateful_sets=[DOWN], deployments=[]
    )

    assert [(f.section, f.subject) for f in found] == [("claim-pending", CLAIM)]


def test_volumes_that_are_used_up_are_reported_by_the_scheduler() -> None:
    local = {**STANDARD, "provisioner": "kubernetes.io/no-provisioner"}
    words = "0/3 nodes are available: 3 node(s) didn't find available persistent volumes to bind"

    found = diagnosed(
        claims=[claim("standard")],
        storage_classes=[local],
        pods=[waits_for(f"{words}. preemption: none")],
        stateful_sets=[DOWN],
    )

    assert found == [
        error(
            "claim-pending",
            CLAIM,
            f"No volume is there for it: {words}. StorageClass standard makes none by itself",
            f"{IN_NAMESPACE} describe persistentvolumeclaim data-langfuse-postgres-0",
        )
    ]


# Pods.


def test_pods_with_one_cause_are_counted() -> None:
    broken = [
        pod(f"langfuse-{number}", waiting("CreateContainerConfigError", 'secret "x" not found'))
        for number in range(3)
    ]

    assert diagnosed(pods=broken) == [
        error(
            "secret-missing",
            "Pod observability/langfuse-0 and 2 more",
            "There is no secret x, which the pod reads",
            "make up STACK=dev",
        )
    ]


@pytest.mark.parametrize(
    "old",
    [
        pod("old", waiting("ImagePullBackOff"), deletionTimestamp=JUST_NOW),
        pod("old", container(terminated=terminated(1)), phase="Failed"),
        pod("old", container(terminated=terminated(0)), phase="Succeeded"),
    ],
)
def test_a_pod_that_is_being_deleted_is_not_reported(old: Object) -> None:
    assert diagnosed(pods=[SERVING, old]) == []


def test_a_deployment_whose_pods_are_refused_names_the_refusal() -> None:
    message = 'pods "langfuse-1" is forbidden: unable to validate against any policy'
    refused = condition("ReplicaFailure", "True", "FailedCreate", message)
    found = {**DEPLOYMENT, "status": {**READY, "conditions": [refused]}}

    assert diagnosed(deployments=[found]) == [
        error(
            "pods-refused",
            "Deployment observability/langfuse",
            f"The API server refuses its pods: {message}",
            f"{IN_NAMESPACE} describe deployment langfuse",
        )
    ]


@pytest.mark.parametrize("kind", ["StatefulSet", "Job"])
def test_other_workloads_say_it_in_an_event(kind: str) -> None:
    workload = DOWN if kind == "StatefulSet" else job(conditions=[])
    said = event(workload, "FailedCreate", "exceeded quota: team, requested: pods=1")
    field = "stateful_sets" if kind == "StatefulSet" else "jobs"

    found = diagnosed(pods=[], events=[said], **{field: [workload]})

    assert found == [
        error(
            "pods-refused",
            f"{kind} observability/{workload['metadata']['name']}",
            "The namespace's quota team refuses the pods, requested: pods=1",
            f"{IN_NAMESPACE} describe resourcequota team",
        )
    ]


def test_a_refusal_of_before_is_over_once_there_is_a_pod() -> None:
    said = event(DOWN, "FailedCreate", "exceeded quota: team")
    there = pod("langfuse-postgres-0", role="database", owner="langfuse-postgres")

    found = diagnosed(pods=[there], stateful_sets=[DOWN], events=[said])

    assert [f.section for f in found] == ["unknown-error"]


# Secrets.


def external(ready: Object | None, kind: str = "ExternalSecret", name: str = "app-1") -> Object:
    conditions = [ready] if ready else []
    spec = {"secretStoreRef": {"name": "langfuse-secrets"}, "target": {"name": name}}
    return obj(kind, name, spec=spec, status={"conditions": conditions})


NOT_SYNCED = condition(
    "Ready", "False", "SecretSyncedError", "could not get secret data from provider"
)
STORE_BROKEN = condition(
    "Ready",
    "False",
    "InvalidProviderConfig",
    "an IAM role must be associated with service account langfuse-secrets",
)


def test_a_secret_that_is_not_synced_is_explained_by_its_event_and_hides_the_pods() -> None:
    secret = external(NOT_SYNCED)
    said = event(
        secret,
        "UpdateFailed",
        "AccessDeniedException: User: arn:aws:sts::1:assumed-role/x is not authorized to perform: "
        "secretsmanager:GetSecretValue on resource: y",
    )
    starved = pod("langfuse-1", waiting("CreateContainerConfigError", 'secret "app-1" not found'))

    assert diagnosed(external_secrets=[secret], pods=[starved], events=[said]) == [
        error(
            "secret-not-synced",
            "ExternalSecret observability/app-1",
            "AWS refuses to read the entry: the store's role lacks secretsmanager:GetSecretValue",
            f"{IN_NAMESPACE} get secretstores,externalsecrets",
        )
    ]


def test_a_store_that_is_broken_hides_its_secrets() -> None:
    store = external(STORE_BROKEN, "SecretStore", "langfuse-secrets")

    found = diagnosed(secret_stores=[store], external_secrets=[external(NOT_SYNCED)])

    assert found == [
        error(
            "secret-not-synced",
            "SecretStore observability/langfuse-secrets",
            "External Secrets cannot take the store's role: the role's trust does not name this "
            "cluster's OIDC provider, or the service account",
            f"{IN_NAMESPACE} get serviceaccounts -o yaml",
        )
    ]


@pytest.mark.parametrize(
    ("ready", "cause"),
    [
        (None, "External Secrets has not looked at it: its controller does not run"),
        (
            NOT_SYNCED,
            "It is not ready: SecretSyncedError: could not get secret data from provider",
        ),
    ],
)
def test_a_secret_without_a_known_reason_is_described(ready: Object | None, cause: str) -> None:
    assert diagnosed(external_secrets=[external(ready)]) == [
        error(
            "secret-not-synced",
            "ExternalSecret observability/app-1",
            cause,
            f"{IN_NAMESPACE} describe externalsecret app-1",
        )
    ]


def test_a_secret_that_is_delivered_or_new_is_not_reported() -> None:
    new = external(None, name="new")
    new["metadata"]["creationTimestamp"] = JUST_NOW

    assert diagnosed(external_secrets=[external(condition("Ready", "True")), new]) == []


# Load balancer and autoscaler.


def ingress(address: bool = False, **more: Any) -> Object:  # noqa: ANN401
    entry = [{"hostname": "x.elb.amazonaws.com"}] if address else []
    return obj(
        "Ingress",
        "langfuse-endpoint",
        spec={"ingressClassName": "alb"},
        status={"loadBalancer": {"ingress": entry}},
        **more,
    )


INGRESS = "Ingress observability/langfuse-endpoint"


def test_an_ingress_without_events_has_no_controller() -> None:
    assert diagnosed(ingresses=[ingress(created=JUST_NOW)]) == []
    assert diagnosed(ingresses=[ingress(address=True)]) == []
    assert diagnosed(ingresses=[ingress()]) == [
        error(
            "ingress-without-address",
            INGRESS,
            "It has no address, and no controller says why: none watches its class alb",
            f"{KUBECTL} get ingressclasses",
        )
    ]


@pytest.mark.parametrize(
    ("message", "section", "command"),
    [
        (
            "Failed deploy model due to InvalidConfigurationRequest: Access Denied for bucket: "
            "logs",
            "bucket-policy",
            "aws s3api get-bucket-policy --bucket logs",
        ),
        (
            "Failed build model due to something new",
            "ingress-without-address",
            f"{IN_NAMESPACE} describe ingress langfuse-endpoint",
        ),
    ],
)
def test_a_controller_that_fails_is_quoted_or_explained(
    message: str, section: str, command: str
) -> None:
    for address in (False, True):
        found = ingress(address=address)
        said = event(found, "FailedDeployModel", message)

        (finding,) = diagnosed(ingresses=[found], events=[said])

        assert (finding.section, finding.subject, finding.command) == (section, INGRESS, command)


def test_a_controller_that_has_recovered_is_not_reported() -> None:
    found = ingress(address=True)
    failed = event(found, "FailedDeployModel", "throttled")
    over = event(found, "SuccessfullyReconciled", "ok", type="Normal", at=JUST_NOW)

    assert diagnosed(ingresses=[found], events=[over, failed]) == []


def scaler(reason: str, status: str = "False", **more: Any) -> Object:  # noqa: ANN401
    message = "unable to fetch metrics from resource metrics API"
    conditions = [condition("ScalingActive", status, reason, message)]
    return obj("HorizontalPodAutoscaler", "langfuse", status={"conditions": conditions}, **more)


def test_an_autoscaler_without_figures_is_a_warning() -> None:
    assert diagnosed(autoscalers=[scaler("FailedGetResourceMetric")]) == [
        warning(
            "autoscaler-blind",
            "HorizontalPodAutoscaler observability/langfuse",
            "It gets no metrics and keeps the number of pods: FailedGetResourceMetric: unable to "
            "fetch metrics from resource metrics API",
            f"{KUBECTL} get apiservice v1beta1.metrics.k8s.io",
        )
    ]


@pytest.mark.parametrize(
    "found",
    [
        scaler("ValidMetricFound", "True"),
        scaler("ScalingDisabled"),
        scaler("FailedGetResourceMetric", created=JUST_NOW),
    ],
)
def test_an_autoscaler_that_scales_rests_or_starts_is_not_reported(found: Object) -> None:
    assert diagnosed(autoscalers=[found]) == []


# Removal.

DELETED = "2026-11-01T11:50:00Z"


def test_an_ingress_that_does_not_go_is_named_and_not_its_namespace() -> None:
    held = ingress(
        address=True,
        metadata={"deletionTimestamp": DELETED, "finalizers": ["ingress.k8s.aws/resources"]},
    )
    going = obj("Namespace", "observability", namespace=None)
    going["metadata"]["deletionTimestamp"] = DELETED

    found = diagnosed(ingresses=[held], namespaces={"observability": going})

    assert found == [
        error(
            "stuck-terminating",
            INGRESS,
            "It was deleted and is held by ingress.k8s.aws/resources: the controller that removes "
            "it does not run, or is refused",
            f"{IN_NAMESPACE} describe ingress langfuse-endpoint",
        )
    ]


def test_a_namespace_that_does_not_go_quotes_its_conditions() -> None:
    going = obj(
        "Namespace",
        "observability",
        namespace=None,
        status={
            "conditions": [
                condition("NamespaceDeletionDiscoveryFailure", "False", message="ok"),
                condition("NamespaceContentRemaining", "True", message="Some resources remain"),
            ]
        },
        metadata={"deletionTimestamp": DELETED},
    )

    assert diagnosed(namespaces={"observability": going}) == [
        error(
            "stuck-terminating",
            "Namespace observability",
            "It was deleted, and something in it is not removed: Some resources remain",
            f"{KUBECTL} get namespace observability -o 'jsonpath={{.status.conditions}}'",
        )
    ]


def test_a_pod_of_a_node_that_is_gone_stays() -> None:
    stays = pod("langfuse-2", phase="Running", deletionTimestamp=DELETED)

    assert diagnosed(pods=[SERVING, stays]) == [
        error(
            "stuck-terminating",
            "Pod observability/langfuse-2",
            "It was deleted and is held by its node, which does not answer: the controller that "
            "removes it does not run, or is refused",
            f"{IN_NAMESPACE} describe pod langfuse-2",
        )
    ]


# What nothing explains.


def test_an_unfinished_rollout_is_reported_with_its_newest_event() -> None:
    starting = {**DEPLOYMENT, "status": {**READY, "availableReplicas": 0}}
    replica_set = obj("ReplicaSet", "langfuse-6f", owner="langfuse")
    said = event(replica_set, "Odd", "something odd")
    waits = "It waits for available pods, 0 of 1"
    command = f"{IN_NAMESPACE} describe deployment langfuse"
    subject = "Deployment observability/langfuse"

    found = diagnosed(deployments=[starting], replica_sets=[replica_set])
    explained = diagnosed(deployments=[starting], replica_sets=[replica_set], events=[said])

    assert found == [warning("not-ready", subject, waits, command)]
    assert explained == [
        error(
            "unknown-error",
            subject,
            f"{waits}. ReplicaSet langfuse-6f: Odd: something odd",
            command,
        )
    ]


def test_a_stack_without_its_deployment_was_interrupted() -> None:
    missing = error(
        "not-ready",
        "Deployment observability/langfuse",
        "It is not there. Either the last `up` did not get that far, or it was deleted by hand: "
        "then Pulumi makes again only what a refresh has taken out of its state",
        "pulumi refresh --stack dev && make up STACK=dev",
    )

    assert diagnosed(deployments=[]) == [missing]
    assert diagnosed(deployments=[], complete=False) == [], "it may be there, unread"


def test_what_was_deleted_from_a_stack_is_one_finding() -> None:
    gone = ["NetworkPolicy observability/langfuse", "Service observability/langfuse"]

    assert diagnosed(missing=gone) == [
        error(
            "not-ready",
            "2 objects of the stack",
            f"Not there: {', '.join(gone)}. Either the last `up` did not get that far, or they "
            "were deleted by hand: then Pulumi makes again only what a refresh has taken out of "
            "its state",
            "pulumi refresh --stack dev && make up STACK=dev",
        )
    ]


def test_a_secret_that_agents_lack_is_named_as_that() -> None:
    (found,) = diagnosed(missing=["Secret ai-agents/agent-observability"])

    assert (found.section, found.subject) == (
        "secret-missing",
        "Secret ai-agents/agent-observability",
    )


def test_a_workload_that_was_scaled_to_zero_by_hand_is_an_error() -> None:
    down = obj("Deployment", "langfuse", spec={"replicas": 0}, status=READY)

    assert diagnosed(deployments=[down], least={"langfuse": 2}) == [
        error(
            "not-ready",
            "Deployment observability/langfuse",
            "It is scaled to 0 pods, and the stack wants 2 at least. It was scaled down by hand, "
            "and neither an autoscaler nor `up` scales it up again",
            f"{KUBECTL} -n observability scale deployment langfuse --replicas=2",
        )
    ]


def test_a_paused_deployment_without_pods_is_as_it_should_be() -> None:
    down = obj("Deployment", "langfuse", spec={"replicas": 0}, status=READY)

    assert diagnosed(deployments=[down], least={"langfuse": 0}) == []


def test_a_namespace_that_was_adopted_and_is_empty_was_never_deployed_to() -> None:
    assert diagnose(snapshot(), PLACE) == [
        warning(
            "not-ready",
            "Deployment observability/langfuse",
            "It is not there: the stack was not deployed to this cluster, or was removed. Deleted "
            "by hand, it comes back only after a `pulumi refresh`",
            "make up STACK=dev",
        )
    ]


def test_a_stack_is_deployed_once_there_is_anything_of_it() -> None:
    made = {"app.kubernetes.io/managed-by": "pulumi"}
    created = obj("Namespace", "observability", namespace=None, labels=made)

    assert not snapshot().deployed
    assert snapshot(namespaces={"observability": created}).deployed
    assert snapshot(jobs=[job()]).deployed
    assert snapshot(secret_stores=[external(None, "SecretStore")]).deployed


def test_a_missing_namespace_means_that_nothing_is_deployed() -> None:
    nothing = snapshot(namespaces={})

    assert diagnose(nothing, PLACE) == [
        warning(
            "namespace-missing",
            "Namespace observability",
            "It is not there: the stack was not deployed to this cluster, or was removed. Deleted "
            "by hand, it comes back only after a `pulumi refresh`",
            "make up STACK=dev",
        )
    ]


# Several sources.


def finding(section: str, severity: str = "error", subject: str = "x") -> Finding:
    made = error(section, subject, section, "next")
    return made if severity == "error" else replace(made, severity="warning")


@pytest.mark.parametrize(
    ("follows", "precondition"),
    [
        ("autoscaler-blind", "metrics-server-missing"),
        ("claim-pending", "storage-class-missing"),
        ("cluster-unreachable", "eks-cluster"),
        ("context-unusable", "aws-cli-missing"),
        ("context-unusable", "aws-credentials"),
        ("ingress-without-address", "load-balancer-controller-missing"),
        ("secret-not-synced", "external-secrets-missing"),
        ("start-failed", "database-password"),
        ("start-failed", "database-unreachable"),
        ("start-failed", "database-url"),
        ("start-failed", "environment-invalid"),
    ],
)
def test_a_missing_precondition_explains_what_follows(follows: str, precondition: str) -> None:
    cause = finding(precondition)

    assert causes([cause], [], [finding(follows)], Log(known=[finding(follows)])) == [cause]
    assert causes([], [], [finding(follows)], Log()) == [finding(follows)]


def test_findings_from_aws_replace_the_clusters_except_about_pods() -> None:
    database = finding("database-unreachable", subject="RDS")
    targets = finding("not-ready", subject="target")
    in_cluster = [finding("database-unreachable"), finding("not-ready")]

    assert causes([], [database, targets], in_cluster, Log()) == [database, in_cluster[1]]
    assert causes([], [targets], [], Log()) == [targets]


def test_the_finding_of_a_precondition_is_not_repeated() -> None:
    version, namespace = finding("kubernetes-too-old"), finding("namespace-missing")
    in_aws = finding("kubernetes-too-old", subject="EKS cluster x")
    in_cluster = finding("namespace-missing", "warning")

    assert causes([version, namespace], [in_aws], [in_cluster], Log()) == [version, namespace]


def test_a_log_is_used_only_where_no_other_source_has_the_finding() -> None:
    known, new, late = finding("image-pull"), finding("replicas-conflict"), finding("unknown-error")
    said = Log(known=[finding("image-pull", subject="log"), new, late])

    assert causes([], [], [known], said) == [known, new]
    assert causes([], [], [], Log(known=[late])) == [late]


def test_what_is_not_understood_of_a_log_is_said_beside_every_other_finding() -> None:
    known, unknown = finding("image-pull"), finding("unknown-error", subject="log")

    assert causes([], [], [known], Log(unknown=[unknown])) == [known, unknown]


def test_questions_without_an_answer_are_listed_together() -> None:
    titles = ("EKS cluster", "zone", "Cache")
    unanswered = [finding("not-checked", "warning", title) for title in titles]

    (together,) = causes(unanswered, [], [], Log())

    assert together.subject == "EKS cluster, zone, Cache"


def test_of_many_questions_without_an_answer_the_first_three_are_named() -> None:
    titles = ("EKS cluster", "zone", "Cache", "Database subnets", "Cache subnets")
    unanswered = [finding("not-checked", "warning", title) for title in titles]

    (together,) = causes([], unanswered, [], Log())

    assert together.subject == "EKS cluster, zone, Cache and 2 more"


def test_what_was_not_checked_in_one_place_does_not_hide_what_was_not_in_another() -> None:
    kinds, zone, pods = (
        replace(finding("not-checked", "warning"), cause=reason) for reason in ("a", "b", "c")
    )

    assert causes([kinds], [zone], [pods], Log()) == [kinds, zone, pods]


AGENT = obj(
    "Pod",
    "agent",
    namespace="research",
    spec={"containers": [{"envFrom": [{"secretRef": {"name": "agent-observability"}}]}]},
)
THROUGH = Needs(variables=frozenset({"A"}), stops=[THROUGH_GATEWAY])
SHUT: Object = {
    "metadata": {"name": "shut", "namespace": "research"},
    "spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"ports": [{"port": 53}]}]},
}
LOST = "otelcol_exporter_send_failed_spans_total"


def gateway_pod(*statuses: Object, ready: bool = True) -> Object:
    return pod(
        "langfuse-gateway-0",
        *statuses,
        phase="Running",
        conditions=[condition("Ready", str(ready))],
        role="gateway",
    )


def of_agents(own: list[Object], **fields: Any) -> list[tuple[str, str]]:  # noqa: ANN401
    seen = Seen(needs=THROUGH, **fields)
    log = {"langfuse-gateway-0": "Exporting failed. Dropping data. otlp_http/langfuse HTTP Status "
           "Code 401"}  # fmt: skip
    found = diagnose(snapshot(pods=own, agents=seen, running_logs=log), PLACE)
    return [(finding.section, finding.severity) for finding in found]


def test_the_way_of_agents_is_walked_from_their_secret_to_the_gateways_losses() -> None:
    sample = Sample(name=LOST, labels={"exporter": "otlp_http/langfuse"}, value=1)
    running = gateway_pod(container(ready=True, running={}))

    found = of_agents(
        [running],
        pods=[AGENT],
        variables={"research": frozenset({"B"})},
        policies=[SHUT],
        telemetry={"langfuse-gateway-0": [sample]},
    )

    assert found == [
        ("agents-variables", "error"),
        ("agents-egress", "warning"),
        ("agents-egress", "warning"),
        ("gateway-lost", "error"),
    ]


def test_a_service_without_pods_is_told_where_the_pods_do_not_say_why() -> None:
    broken = gateway_pod(waiting("ImagePullBackOff", "no such image"), ready=False)

    assert of_agents([], endpoints=[]) == [("gateway-not-ready", "error")]
    assert of_agents([broken], endpoints=[]) == [("image-pull", "error")]
