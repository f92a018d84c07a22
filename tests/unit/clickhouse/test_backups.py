"""Scheduled backups of both kinds of server: exact objects, and what the command asks the server.

Does not prove that the server's image has the client, nor that S3 takes what a server writes.
"""

from __future__ import annotations

import re
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import pytest

from components.clickhouse import backups, configuration
from components.clickhouse.backups import Backups
from components.kubernetes.placement import Placement
from tests.support.recordings import depends_on, inputs
from tests.unit.clickhouse import test_operator as operated
from tests.unit.clickhouse import test_stateful_set as single
from tooling.engineless import offline
from tooling.engineless.recording import Recording, Secret

NAME: Final = "langfuse-clickhouse"
JOB: Final = f"{NAME}-backup"
FOLDER: Final = "https://bucket.s3.eu-west-1.amazonaws.com/clickhouse-backups"
ROLE: Final = {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/backup"}
BACKUPS: Final = Backups(schedule="30 1 * * 0", folder=FOLDER, account_annotations=ROLE)
SELECTOR: Final = {
    "app.kubernetes.io/instance": NAME,
    "app.kubernetes.io/component": "backup",
}
LABELS: Final = {**operated.labels("backup")}
METADATA: Final = {"namespace": "observability", "name": JOB, "labels": LABELS}
TO_S3: Final = {"ports": [{"protocol": "TCP", "port": 443}]}
RESOLVERS: Final = {
    "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
}
PLACEMENT: Final = Placement(
    node_selector={"pool": "data"}, labels={"team": "ai"}, annotations={"note": "yes"}
)
ENGINES: Final = pytest.mark.parametrize("engine", ["statefulSet", "operator"])
PODS: Final = {"statefulSet": single.SELECTOR, "operator": operated.SERVERS}


@lru_cache
def recorded(engine: str) -> Recording:
    changes = {"backups": BACKUPS, "placement": PLACEMENT}
    return single.record(changes) if engine == "statefulSet" else operated.record(changes)


def policy(engine: str) -> dict[str, Any]:
    return inputs(recorded(engine), f"{NAME}-network-policy")["spec"]


@ENGINES
def test_backups_add_exactly_these_objects(engine: str) -> None:
    without = single.recorded() if engine == "statefulSet" else operated.recorded()

    names = {r.name for r in recorded(engine).resources.values()}
    assert names - {r.name for r in without.resources.values()} == {
        f"{NAME}-service-account",
        JOB,
        f"{JOB}-service-account",
        f"{JOB}-credentials",
        f"{JOB}-network-policy",
    }


@pytest.mark.parametrize(
    ("engine", "host", "user", "image"),
    [
        ("statefulSet", f"{NAME}.observability.svc", "langfuse", single.ARGS.image),
        ("operator", f"{NAME}-0.observability.svc", "default", operated.ARGS.image),
    ],
)
def test_the_cron_job_is_exactly_this(engine: str, host: str, user: str, image: str) -> None:
    recording = recorded(engine)
    secret = offline.kubernetes_name(recording.named(f"{JOB}-credentials"))

    assert inputs(recording, JOB) == {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": METADATA,
        "spec": {
            "schedule": "30 1 * * 0",
            "timeZone": "Etc/UTC",
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 3600,
            "successfulJobsHistoryLimit": 1,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {
                "metadata": {"labels": LABELS},
                "spec": {
                    "backoffLimit": 2,
                    "activeDeadlineSeconds": 21600,
                    "template": {
                        "metadata": {
                            "labels": {
                                **LABELS,
                                "team": "ai",
                                "kuma.io/sidecar-injection": "disabled",
                                "sidecar.istio.io/inject": "false",
                            },
                            "annotations": {
                                "note": "yes",
                                "appmesh.k8s.aws/sidecarInjectorWebhook": "disabled",
                                "consul.hashicorp.com/connect-inject": "false",
                                "linkerd.io/inject": "disabled",
                            },
                        },
                        "spec": {
                            "serviceAccountName": JOB,
                            "automountServiceAccountToken": False,
                            "enableServiceLinks": False,
                            "nodeSelector": {"pool": "data"},
                            "securityContext": {
                                "runAsNonRoot": True,
                                "runAsUser": 101,
                                "runAsGroup": 101,
                                "seccompProfile": {"type": "RuntimeDefault"},
                            },
                            "restartPolicy": "Never",
                            "containers": [
                                {
                                    "name": "backup",
                                    "image": image,
                                    "command": ["/bin/sh", "-ec", backups.SCRIPT],
                                    "env": [
                                        {"name": "FOLDER", "value": FOLDER},
                                        {"name": "SERVER", "value": host},
                                        {"name": "USER", "value": user},
                                    ],
                                    "envFrom": [{"secretRef": {"name": secret}}],
                                    "resources": {
                                        "requests": {"cpu": "50m", "memory": "256Mi"},
                                        "limits": {"memory": "1Gi"},
                                    },
                                    "securityContext": {
                                        "allowPrivilegeEscalation": False,
                                        "capabilities": {"drop": ["ALL"]},
                                        "readOnlyRootFilesystem": True,
                                    },
                                }
                            ],
                        },
                    },
                },
            },
        },
    }
    assert f"{JOB}-network-policy" in depends_on(recording, recording.named(JOB))


@ENGINES
def test_the_pod_that_asks_reaches_the_server_and_nothing_else(engine: str) -> None:
    assert inputs(recorded(engine), f"{JOB}-network-policy") == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": METADATA,
        "spec": {
            "podSelector": {"matchLabels": SELECTOR},
            "policyTypes": ["Ingress", "Egress"],
            "egress": [
                RESOLVERS,
                {
                    "to": [{"podSelector": {"matchLabels": PODS[engine]}}],
                    "ports": [{"protocol": "TCP", "port": 9000}],
                },
            ],
        },
    }


@pytest.mark.parametrize(("engine", "port"), [("statefulSet", "native"), ("operator", 9000)])
def test_the_server_admits_it_to_the_native_port_and_reaches_s3(
    engine: str, port: str | int
) -> None:
    spec = policy(engine)
    peer = {"podSelector": {"matchLabels": SELECTOR}}
    native = [rule for rule in spec["ingress"] if rule.get("ports", [{}])[0].get("port") == port]

    assert [rule["from"] for rule in native] == [
        [{"podSelector": {"matchLabels": {"role": "migration"}}}, peer]
    ]
    assert spec["egress"][0] == RESOLVERS
    assert spec["egress"][-1] == TO_S3
    assert spec["egress"].count(RESOLVERS) == 1


def test_a_server_without_backups_reaches_nothing_outside() -> None:
    spec = inputs(single.recorded(), f"{NAME}-network-policy")["spec"]

    assert "egress" not in spec
    assert TO_S3 not in inputs(operated.recorded(), f"{NAME}-network-policy")["spec"]["egress"]


@ENGINES
def test_the_servers_own_account_has_the_role_and_the_other_has_none(engine: str) -> None:
    recording = recorded(engine)
    account = inputs(recording, f"{NAME}-service-account")
    other = inputs(recording, f"{JOB}-service-account")

    assert account["metadata"] == {
        "namespace": "observability",
        "name": NAME,
        "labels": operated.labels("clickhouse"),
        "annotations": ROLE,
    }
    assert other["metadata"] == METADATA
    assert account["automountServiceAccountToken"] is other["automountServiceAccountToken"] is False


def test_the_servers_pods_have_that_account() -> None:
    pod = inputs(recorded("statefulSet"), f"{NAME}-stateful-set")["spec"]["template"]["spec"]
    replicas = inputs(recorded("operator"), f"{NAME}-servers")["spec"]["podTemplate"]
    keepers = inputs(recorded("operator"), f"{NAME}-keeper")["spec"]["podTemplate"]

    assert pod["serviceAccountName"] == replicas["serviceAccountName"] == NAME
    assert "serviceAccountName" not in keepers


@ENGINES
def test_the_password_is_secret_and_langfuses_own(engine: str) -> None:
    recording = recorded(engine)
    secret = recording.named(f"{JOB}-credentials").inputs

    assert isinstance(secret["stringData"], Secret)
    given = inputs(recording, "password")["data"]["CLICKHOUSE_PASSWORD"]
    assert inputs(recording, f"{JOB}-credentials")["stringData"] == {"CLICKHOUSE_PASSWORD": given}
    assert secret["immutable"] is True


def grants(recording: Recording) -> list[str]:
    users = inputs(recording, f"{NAME}-config")["data"]["users.xml"]
    return [query.text or "" for query in ElementTree.fromstring(users).iter("query")]  # noqa: S314


def test_the_single_servers_user_may_make_backups_only_where_they_are_made() -> None:
    plain = [f"GRANT {grant}" for grant in configuration.GRANTS]

    assert grants(single.recorded()) == plain
    assert grants(recorded("statefulSet")) == [
        *plain,
        "GRANT BACKUP ON default.*",
        "GRANT READ, WRITE ON S3",
    ]


def asked(folder: Path, **variables: str) -> list[str]:
    """The arguments that the script gives the client, one a line."""
    client = folder / "clickhouse-client"
    client.write_text('#!/bin/sh\nfor word in "$@"; do echo "$word"; done\n', encoding="utf-8")
    client.chmod(0o755)
    ran = subprocess.run(
        ["/bin/sh", "-ec", backups.SCRIPT],
        env={"PATH": f"{folder}:/usr/bin:/bin", "USER": "u", "SERVER": "h", **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.splitlines()


@pytest.mark.programs
def test_the_command_asks_for_a_full_backup_in_a_folder_of_its_own(tmp_path: Path) -> None:
    words = asked(tmp_path, FOLDER=FOLDER)

    assert words[:-1] == ["--host", "h", "--user", "u", "--receive_timeout", "21600", "--query"]
    time = r"20\d\d-\d\d-\d\dT\d\d-\d\d-\d\dZ"
    assert re.fullmatch(
        rf"BACKUP DATABASE default TO S3\('{re.escape(FOLDER)}/{time}'\)", words[-1]
    )


@pytest.mark.programs
def test_a_person_can_ask_something_else_with_the_same_job(tmp_path: Path) -> None:
    query = "RESTORE DATABASE default FROM S3('x') SETTINGS create_database = 'must-exist'"

    assert asked(tmp_path, FOLDER=FOLDER, QUERY=query)[-1] == query
