"""What the conditions of ClickHouse's operator mean, and when they follow from something nearer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.doctor import (
    IN_NAMESPACE,
    JUST_NOW,
    PLACE,
    Object,
    condition,
    error,
    obj,
    snapshot,
)
from tooling.doctor.cluster.operated import findings
from tooling.doctor.findings import Finding

NAME = "langfuse-clickhouse-server"
ELSE = error("pod-unschedulable", f"Pod observability/{NAME}-clickhouse-0-0-0", "x", "y")


def cluster(*conditions: Object, kind: str = "ClickHouseCluster", **more: Any) -> Object:  # noqa: ANN401
    return obj(kind, NAME, status={"conditions": list(conditions)}, **more)


def said(*clusters: Object, others: list[Finding] | None = None) -> list[Finding]:
    return [*findings(snapshot(clusters=clusters), PLACE, others or [])]


def not_ready(kind: str, cause: str, command: str = "") -> Finding:
    look = f"{IN_NAMESPACE} describe {kind.lower()} {NAME}"
    return error("clickhouse-not-ready", f"{kind} observability/{NAME}", cause, command or look)


WELL = [condition(type_, "True") for type_ in ("SpecValid", "ReconcileSucceeded", "Ready")]


def test_a_cluster_that_is_ready_is_none_to_speak_of() -> None:
    assert said(cluster(*WELL), cluster(*WELL, kind="KeeperCluster")) == []


def test_a_cluster_that_no_operator_looked_at_for_long_has_none() -> None:
    assert said(cluster(created=JUST_NOW)) == []
    assert said(cluster()) == [
        not_ready(
            "ClickHouseCluster",
            "ClickHouse's operator has not looked at it: it does not run",
            ".venv/bin/python -m tooling doctor --stack dev --before",
        )
    ]


@pytest.mark.parametrize("status", ["False", "Unknown"])
def test_a_version_probe_that_failed_is_run_again_by_hand(status: str) -> None:
    failed = condition("VersionInSync", status, "VersionProbeFailed", "BackoffLimitExceeded")

    assert said(cluster(*WELL, failed)) == [
        not_ready(
            "ClickHouseCluster",
            "Its operator did not find out which release the image is, and makes no server before "
            "that: VersionProbeFailed: BackoffLimitExceeded. Operators up to 0.0.7 do not run the "
            "Job that asks again by themselves",
            f"{IN_NAMESPACE} delete jobs -l clickhouse.com/role=version-probe",
        )
    ]


@pytest.mark.parametrize(
    ("kind", "app"), [("ClickHouseCluster", "clickhouse"), ("KeeperCluster", "keeper")]
)
def test_a_stateful_set_that_cannot_be_changed_is_made_anew_around_its_pods(
    kind: str, app: str
) -> None:
    refused = "updates to statefulset spec for fields other than 'replicas' are forbidden"
    failed = condition("ReconcileSucceeded", "False", "ReconcileStepFailed", refused)

    assert said(cluster(failed, kind=kind)) == [
        not_ready(
            kind,
            "Its operator tries to change what cannot change in a StatefulSet: "
            f"ReconcileStepFailed: {refused}. Without them it makes them again; pods and volumes "
            "stay",
            f"{IN_NAMESPACE} delete statefulsets --cascade=orphan -l app={NAME}-{app}",
        )
    ]


@pytest.mark.parametrize(
    ("kind", "found", "cause"),
    [
        (
            "ClickHouseCluster",
            condition("SpecValid", "False", "SpecInvalid", "no such keeper"),
            "The operator refuses the specification: SpecInvalid: no such keeper",
        ),
        (
            "ClickHouseCluster",
            condition("SchemaInSync", "False", "DatabasesNotCreated", "replica 0-2"),
            "A replica has not got the databases of the others yet: DatabasesNotCreated: replica "
            "0-2",
        ),
        (
            "ClickHouseCluster",
            condition("SchemaInSync", "False", "SomethingNew", "of a later release"),
            "SomethingNew: of a later release",
        ),
        (
            "KeeperCluster",
            condition("Ready", "False", "NoLeader"),
            "The Keepers have no leader: two of three have to run and to reach each other: "
            "NoLeader",
        ),
    ],
)
def test_a_condition_is_told_in_words_and_as_the_operator_puts_it(
    kind: str, found: Object, cause: str
) -> None:
    assert said(cluster(found, kind=kind)) == [not_ready(kind, cause)]


def test_of_several_conditions_the_one_that_the_others_follow_from_is_told() -> None:
    invalid = condition("SpecValid", "False", "SpecInvalid", "a")
    failed = condition("ReconcileSucceeded", "False", "ReconcileStepFailed", "b")

    assert [f.cause for f in said(cluster(failed, invalid))] == [
        "The operator refuses the specification: SpecInvalid: a"
    ]


def test_that_it_is_not_ready_only_counts_where_no_pod_or_volume_says_why() -> None:
    not_yet = condition("Ready", "False", "SomeShardsNotReady", "0-0")
    starts = condition("ReplicaStartupSucceeded", "False", "ReplicaError", "0-0")

    assert said(cluster(not_yet), others=[ELSE]) == []
    assert [f.cause for f in said(cluster(not_yet, starts))] == [
        "A pod does not start: ReplicaError: 0-0"
    ]


def test_what_is_wrong_by_itself_counts_beside_a_finding_about_a_pod() -> None:
    failed = condition("ReconcileSucceeded", "False", "ReconcileStepFailed", "b")

    assert [f.cause for f in said(cluster(failed), others=[ELSE])] == [
        "The operator cannot go on: ReconcileStepFailed: b"
    ]
