"""The doctor on a real API server: what it says of a sound stack, and of one that is broken.

No container runs here, so what a kubelet would report is written into the pods' status.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stacks import settings, stack_files
from stacks.settings import Settings
from stacks.stack_files import ROOT
from tests.support import doctor as support
from tests.support.doctor import error, warning
from tests.support.live_stack import NAMESPACE, LiveStack, remove, wait_until
from tooling.__main__ import main
from tooling.cluster import Cluster
from tooling.cluster.binaries import cached_binaries
from tooling.doctor import examination
from tooling.doctor.before import checks as before
from tooling.doctor.cluster.server import Server
from tooling.doctor.findings import Finding
from tooling.doctor.place import Place
from tooling.kit.json_values import at
from tooling.kubernetes.api import Api, Object, Reference

pytestmark = pytest.mark.cluster

LABELS = {
    "app.kubernetes.io/part-of": "agent-observability",
    "app.kubernetes.io/component": "migration",
}
MUCH_LATER = timedelta(minutes=10)
WITH_STACKS = """
import pathlib, sys
from stacks import stack_files
stack_files.ROOT = pathlib.Path(sys.argv.pop(1))
from tooling.__main__ import main
sys.exit(main())
"""
"""The command line in a process of its own, with the stack files of the tests."""
LIMIT = 10.0
"""Seconds for one examination."""


class Doctor:
    """Examines the dev stack on this cluster."""

    def __init__(self, stack: LiveStack) -> None:
        self.stack = stack
        cluster = stack.cluster
        self.place = Place(
            stack="dev",
            namespace=NAMESPACE,
            context=cluster.context,
            kubeconfig=str(cluster.kubeconfig),
        )

    def settings(self, change: Mapping[str, Any] | None = None) -> Settings:
        configuration = self.stack.configuration(change)
        return settings.read("dev", configuration.values, set(configuration.secret_keys))

    def findings(
        self,
        change: Mapping[str, Any] | None = None,
        *,
        before_up: bool = False,
        later: timedelta = timedelta(),
    ) -> list[Finding]:
        """All but the one that this cluster always has."""
        settings = self.settings(change)
        report = examination.examine(
            settings, Place.of(settings), before_up=before_up, now=datetime.now(UTC) + later
        )
        assert report.seconds < LIMIT
        assert self.no_metrics in report.findings
        return [finding for finding in report.findings if finding != self.no_metrics]

    def kubectl(self, *words: str) -> str:
        return self.place.kubectl(*words, namespace=NAMESPACE)

    @property
    def no_metrics(self) -> Finding:
        return warning(
            "metrics-server-missing",
            "metrics-server",
            "It is not there. The autoscalers read CPU from it: without it there are never more "
            "pods than langfuse.minReplicas",
            self.place.kubectl("get", "apiservice", "v1beta1.metrics.k8s.io"),
        )


@pytest.fixture
def doctor(stack: LiveStack) -> Doctor:
    return Doctor(stack)


@contextmanager
def applied(api: Api, *objects: Object) -> Generator[None]:
    """Objects that are gone again afterwards."""
    try:
        for item in objects:
            api.apply(item)
        yield
    finally:
        remove(api, *objects)


def test_a_sound_stack_has_nothing_to_complain_of(doctor: Doctor) -> None:
    assert doctor.findings() == []


def test_a_sound_cluster_lets_a_stack_go_up_again(doctor: Doctor) -> None:
    assert doctor.findings(before_up=True) == []


def test_the_command_reports_passed_checks_and_writes_the_report(
    doctor: Doctor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster = doctor.stack.cluster
    file = tmp_path / "report.json"
    # An older autoscaler is known to have no metrics, and then not all that runs is well.
    autoscaler = Reference(
        api_version="autoscaling/v2",
        kind="HorizontalPodAutoscaler",
        namespace=NAMESPACE,
        name="langfuse",
    )
    doctor.stack.api.delete(autoscaler)
    doctor.stack.up()

    code = main(
        [
            *("doctor", "--stack", "dev", "--json", str(file)),
            *("--kubeconfig", str(cluster.kubeconfig), "--context", cluster.context),
        ]
    )

    said = capsys.readouterr().out
    assert code == 0
    assert [line for line in said.splitlines() if line.startswith("ok")] == [
        f"ok       context {cluster.context}",
        "ok       Kubernetes version",
        "ok       nodes and network",
        "ok       permissions",
        "ok       StorageClasses",
        "ok       NetworkPolicy",
        "ok       namespaces",
        "ok       what runs in observability",
    ]
    assert re.search(r"\nStack dev: 0 errors, 1 warning, 8 ok \(\d\.\d s\)\n$", said)
    assert json.loads(file.read_text())["failed"] is False


def test_a_server_that_never_answers_costs_less_than_ten_seconds(
    doctor: Doctor, tmp_path: Path
) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = f"https://127.0.0.1:{listener.getsockname()[1]}"
        text = doctor.stack.cluster.kubeconfig.read_text(encoding="utf-8")
        file = tmp_path / "kubeconfig"
        file.write_text(re.sub(r"server: .*", f"server: {address}", text), encoding="utf-8")
        words = ["--kubeconfig", str(file), "--context", doctor.place.context]

        ended = subprocess.run(
            [
                sys.executable,
                "-c",
                WITH_STACKS,
                stack_files.ROOT,
                "doctor",
                "--stack",
                "dev",
                *words,
            ],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            cwd=ROOT,
        )

    # By its own clock: how long Python takes to start is not its own doing.
    assert (taken := re.search(r" \((\d+\.\d) s\)\n$", ended.stdout)) is not None
    assert float(taken[1]) < LIMIT
    assert ended.returncode == 1
    assert "see:  docs/troubleshooting.md#cluster-unreachable" in ended.stdout


def test_a_namespace_of_another_owner_stops_up_before_it_starts(doctor: Doctor) -> None:
    foreign = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "foreign"}}

    with applied(doctor.stack.api, foreign):
        found = doctor.findings({"agents": {"namespaces": ["foreign"]}}, before_up=True)

    assert found == [
        error(
            "namespace-exists",
            "Namespace foreign",
            "The stack wants to create it, and it is there, made by something else: move its name "
            "from agents.namespaces to agents.existingNamespaces, or choose another name",
            doctor.place.config_set("agents.existingNamespaces[0]", "foreign"),
        )
    ]


def test_a_namespace_to_adopt_and_a_storage_class_that_are_not_there_are_named_together(
    doctor: Doctor,
) -> None:
    change = {
        "cluster": {"namespace": "elsewhere"},
        "database": {"storageClass": "gp3"},
        "agents": {"existingNamespaces": ["research"]},
    }

    assert doctor.findings(change, before_up=True) == [
        error(
            "storage-class-missing",
            "StorageClass gp3",
            "It is not there. The cluster has standard",
            doctor.place.kubectl("get", "storageclasses"),
        ),
        error(
            "namespace-missing",
            "Namespace research",
            "The stack adopts it, and it is not there",
            doctor.place.kubectl("create", "namespace", "research"),
        ),
    ]


def test_operators_that_the_prod_stack_needs_are_missed(doctor: Doctor) -> None:
    prod = support.stack("version 2 prod", monitoring=None)
    place = doctor.place
    cluster = doctor.stack.cluster

    with Server(cluster.kubeconfig, cluster.context) as server:
        checks = before.checks(server, prod, place)
        found = {check.title: [*check.run()] for check in checks}

    assert found.pop("metrics-server") != []
    assert found == {
        "Kubernetes version": [],
        "nodes and network": [],
        "permissions": [],
        "External Secrets": [
            error(
                "external-secrets-missing",
                "External Secrets",
                "The operator that turns Secrets Manager entries into Secrets is not in the "
                "cluster",
                place.config_set("secrets.installExternalSecrets", True),
            )
        ],
        "AWS Load Balancer Controller": [
            error(
                "load-balancer-controller-missing",
                "IngressClass alb",
                "The AWS Load Balancer Controller brings it, and the cluster has none",
                place.kubectl("get", "ingressclasses"),
            )
        ],
        "NetworkPolicy": [],
        "namespaces": [],
    }


def test_what_a_user_may_not_do_is_listed_once(doctor: Doctor, tmp_path: Path) -> None:
    file = restricted_kubeconfig(doctor.stack.cluster, tmp_path)
    place = Place(stack="dev", namespace=NAMESPACE, context="restricted")

    with Server(file, "restricted") as server:
        checks = before.checks(server, doctor.settings(), place)
        (permissions,) = (check for check in checks if check.title == "permissions")
        (found,) = permissions.run()

    assert (found.section, found.subject) == ("permission-missing", "Context restricted")
    assert found.cause.startswith(
        "Its user may not: create, patch, delete namespaces; "
        "create, patch, delete secrets in ai-agents; "
        "create, patch, delete configmaps in observability; "
    )
    assert "list pods in observability" in found.cause
    assert found.command == place.kubectl("auth", "can-i", "create", "namespaces")


def restricted_kubeconfig(cluster: Cluster, folder: Path) -> Path:
    """A kubeconfig of a service account that may do nothing."""
    kubectl = [str(cached_binaries()["kubectl"]), f"--kubeconfig={cluster.kubeconfig}"]
    words = ["create", "token", "default", "-n", "default"]
    token = subprocess.run([*kubectl, *words], check=True, capture_output=True, text=True).stdout
    view = ["config", "view", "--raw", "-o", "json"]
    text = subprocess.run([*kubectl, *view], check=True, capture_output=True, text=True).stdout
    document = json.loads(text)
    document["users"] = [{"name": "restricted", "user": {"token": token.strip()}}]
    cluster_name = document["clusters"][0]["name"]
    document["contexts"] = [
        {"name": "restricted", "context": {"cluster": cluster_name, "user": "restricted"}}
    ]
    file = folder / "kubeconfig"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def test_a_pod_that_no_node_takes_is_explained_by_the_scheduler(doctor: Doctor) -> None:
    stack = doctor.stack
    with stack.unschedulable():
        (old,) = stack.pods("web")
        stack.api.delete(Reference.of(old))
        wait_until(lambda: any(unscheduled(pod) for pod in stack.pods("web")), 30)
        (pod,) = stack.pods("web")

        found = doctor.findings()

    assert found == [
        error(
            "pod-unschedulable",
            f"Pod {NAMESPACE}/{pod['metadata']['name']}",
            "No node takes it: 0/3 nodes are available: 3 node(s) were unschedulable. That is: the "
            "nodes are cordoned",
            doctor.place.kubectl("get", "nodes", "-o", "wide"),
        )
    ]


def unscheduled(pod: Object) -> bool:
    conditions: list[Object] = at(pod, "status.conditions") or []
    return any(c["type"] == "PodScheduled" and c["status"] == "False" for c in conditions)


def test_a_quota_that_refuses_pods_is_named(doctor: Doctor) -> None:
    stack = doctor.stack
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "no-pods", "namespace": NAMESPACE},
        "spec": {"hard": {"pods": "0"}},
    }
    reference = Reference.of(quota)
    with applied(stack.api, quota):
        wait_until(lambda: at(stack.api.get(reference) or {}, "status.used") is not None, 30)
        (old,) = stack.pods("web")
        stack.api.delete(Reference.of(old))
        wait_until(lambda: refused(stack.deployment()), 30)

        found = doctor.findings()

    # How many it counts depends on whether it has seen the deleted one go.
    causes = [re.sub(r"used: pods=[12]", "used: pods=N", f.cause) for f in found]
    assert [replace(f, cause=cause) for f, cause in zip(found, causes, strict=True)] == [
        error(
            "pods-refused",
            "Deployment observability/langfuse",
            "The namespace's quota no-pods refuses the pods, requested: pods=1, used: pods=N, "
            "limited: pods=0",
            doctor.kubectl("describe", "resourcequota", "no-pods"),
        )
    ]


def refused(deployment: Object) -> bool:
    conditions: list[Object] = at(deployment, "status.conditions") or []
    return any(c["type"] == "ReplicaFailure" for c in conditions)


def test_pods_that_break_the_namespaces_pod_security_are_named_with_the_rules(
    doctor: Doctor,
) -> None:
    wide_open = deployment("wide-open")

    with applied(doctor.stack.api, wide_open):
        wait_until(lambda: refused(doctor.stack.get("Deployment", "wide-open")), 30)
        found = doctor.findings()

    (finding,) = found
    assert (finding.section, finding.subject) == (
        "pods-refused",
        "Deployment observability/wide-open",
    )
    assert finding.cause.startswith(
        "The namespace's Pod Security level restricted:latest refuses the pods: "
        "allowPrivilegeEscalation != false (container "
    )
    assert finding.command == doctor.place.kubectl("get", "namespace", NAMESPACE, "--show-labels")


def deployment(name: str) -> Object:
    labels = {**LABELS, "app.kubernetes.io/component": "other"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name, **labels}},
                "spec": {"containers": [{"name": "x", "image": "example/x"}]},
            },
        },
    }


def test_a_claim_without_its_class_is_pending_for_that_reason(doctor: Doctor) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data-langfuse-postgres-9", "namespace": NAMESPACE},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "gp3",
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }

    with applied(doctor.stack.api, claim):
        found = doctor.findings()

    assert found == [
        error(
            "claim-pending",
            "PersistentVolumeClaim observability/data-langfuse-postgres-9",
            "There is no StorageClass gp3; the cluster has standard",
            doctor.place.kubectl("get", "storageclasses"),
        )
    ]


CRASHED = {"exitCode": 1, "reason": "Error", "message": "Error: P1001: Can't reach database server"}


@pytest.mark.parametrize(
    ("waiting", "section", "cause"),
    [
        (
            {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "x": not found'},
            "image-pull",
            "The image docker.io/langfuse/langfuse:2.95.12 cannot be pulled: the registry has no "
            "such image or tag",
        ),
        (
            {"reason": "CreateContainerConfigError", "message": 'secret "gone" not found'},
            "secret-missing",
            "There is no secret gone, which the pod reads",
        ),
    ],
)
def test_a_pod_whose_container_cannot_start_is_explained(
    doctor: Doctor, waiting: dict[str, str], section: str, cause: str
) -> None:
    stack = doctor.stack
    (pod,) = stack.pods("web")

    set_status(stack.api, pod, {"waiting": waiting})
    found = doctor.findings()
    stack.api.delete(Reference.of(pod))
    wait_until(lambda: at(stack.deployment(), "status.availableReplicas") == 1, 60)

    assert [(f.section, f.subject, f.cause) for f in found] == [
        (section, f"Pod observability/{pod['metadata']['name']}", cause)
    ]


def set_status(api: Api, pod: Object, state: dict[str, Any]) -> None:
    """What a kubelet would report of a pod's one container."""
    (container,) = pod["status"]["containerStatuses"]
    changed = {**container, "ready": False, "started": False, "state": state}
    conditions = [
        {**item, "status": "False"} if item["type"] in {"Ready", "ContainersReady"} else item
        for item in pod["status"]["conditions"]
    ]
    status = {"phase": "Pending", "containerStatuses": [changed], "conditions": conditions}
    api.patch(Reference.of(pod), {"status": status}, subresource="status")


def test_a_failed_migration_is_explained_by_the_end_of_its_log(doctor: Doctor) -> None:
    stack = doctor.stack
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "langfuse-migration-new", "namespace": NAMESPACE, "labels": LABELS},
        "spec": {
            "backoffLimit": 0,
            "template": {
                "metadata": {"labels": LABELS},
                "spec": stack.job()["spec"]["template"]["spec"],
            },
        },
    }
    with stack.unschedulable(), applied(stack.api, job):
        wait_until(lambda: [*new_pods(stack)] != [], 30)
        (pod,) = new_pods(stack)
        ended = {"name": "migration", "image": "x", "imageID": "x", "ready": False}
        status = {
            "phase": "Failed",
            "containerStatuses": [{**ended, "restartCount": 0, "state": {"terminated": CRASHED}}],
        }
        stack.api.patch(Reference.of(pod), {"status": status}, subresource="status")

        found = doctor.findings()

    assert found == [
        error(
            "database-unreachable",
            "Job observability/langfuse-migration-new",
            "Langfuse does not reach the database: its pod is not ready, or a NetworkPolicy keeps "
            "the pods apart",
            doctor.kubectl(
                "get", "pods", "-l", "app.kubernetes.io/component=database", "-o", "wide"
            ),
        )
    ]


def new_pods(stack: LiveStack) -> Iterator[Object]:
    for pod in stack.pods("migration"):
        if pod["metadata"]["name"].startswith("langfuse-migration-new-"):
            yield pod


def test_an_ingress_without_a_controller_has_no_address(doctor: Doctor) -> None:
    with applied(doctor.stack.api, INGRESS):
        assert doctor.findings() == [], "a load balancer may take minutes"
        found = doctor.findings(later=MUCH_LATER)

    assert found == [
        error(
            "ingress-without-address",
            "Ingress observability/langfuse-endpoint",
            "It has no address, and no controller says why: none watches its class alb",
            doctor.place.kubectl("get", "ingressclasses"),
        )
    ]


INGRESS = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {
        "name": "langfuse-endpoint",
        "namespace": NAMESPACE,
        "labels": {**LABELS, "app.kubernetes.io/component": "ingress"},
    },
    "spec": {
        "ingressClassName": "alb",
        "defaultBackend": {"service": {"name": "langfuse", "port": {"name": "http"}}},
    },
}


def test_a_controllers_message_explains_an_ingress_without_an_address(doctor: Doctor) -> None:
    api = doctor.stack.api
    said = "Failed build model due to couldn't auto-discover subnets: unable to resolve at least "
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "subnets", "namespace": NAMESPACE},
        "type": "Warning",
        "reason": "FailedBuildModel",
        "message": f"{said}one subnet (0 match VPC and tags: [kubernetes.io/role/elb])",
        "involvedObject": {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "name": "langfuse-endpoint",
            "namespace": NAMESPACE,
        },
        "lastTimestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }

    with applied(api, INGRESS, event):
        found = doctor.findings()

    assert [(f.section, f.subject, f.command) for f in found] == [
        (
            "ingress-without-address",
            "Ingress observability/langfuse-endpoint",
            ".venv/bin/python -m tooling doctor --stack dev --before",
        )
    ]


def test_a_namespace_whose_deletion_is_stuck_names_what_blocks_it(doctor: Doctor) -> None:
    api = doctor.stack.api
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "stuck"}}
    held: Object = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "held", "namespace": "stuck", "finalizers": ["example.com/hold"]},
    }
    try:
        api.apply(namespace)
        api.apply(held)
        api.delete(Reference.of(namespace))
        wait_until(lambda: "finalizers remaining" in conditions_of(api, namespace), 60)
        found = doctor.findings({"agents": {"existingNamespaces": ["stuck"]}}, later=MUCH_LATER)
    finally:
        with suppress(Exception):
            api.patch(Reference.of(held), {"metadata": {"finalizers": None}})
    wait_until(lambda: api.get(Reference.of(namespace)) is None, 60)

    (finding,) = found
    assert (finding.section, finding.subject) == ("stuck-terminating", "Namespace stuck")
    assert "example.com/hold in 1 resource instances" in finding.cause
    assert finding.command == doctor.place.kubectl(
        "get", "namespace", "stuck", "-o", "jsonpath={.status.conditions}"
    )


def conditions_of(api: Api, item: Object) -> str:
    return json.dumps(at(api.get(Reference.of(item)) or {}, "status.conditions"))


AGENTS = "ai-agents"
CLOSED: Object = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "closed", "namespace": AGENTS},
    "spec": {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "egress": [
            {"ports": [{"protocol": "UDP", "port": 53}]},
            {
                "to": [
                    {
                        "namespaceSelector": {
                            "matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}
                        }
                    }
                ],
                "ports": [{"protocol": "TCP", "port": 80}],
            },
        ],
    },
}


def agent(*, connected: bool) -> Object:
    source = {"envFrom": [{"secretRef": {"name": "agent-observability"}}]} if connected else {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "agent", "namespace": AGENTS},
        "spec": {"containers": [{"name": "agent", "image": "agent:1", **source}]},
    }


def test_a_namespace_whose_pods_have_no_keys_is_told(doctor: Doctor) -> None:
    with applied(doctor.stack.api, agent(connected=False)):
        found = doctor.findings()

    (finding,) = found
    assert (finding.section, finding.subject) == ("agents-unconnected", f"Namespace {AGENTS}")
    assert finding.cause.startswith("1 pods run there, and none has the Secret agent-observability")


def test_a_policy_of_the_agents_own_namespace_that_shuts_them_in_is_told(doctor: Doctor) -> None:
    with applied(doctor.stack.api, CLOSED, agent(connected=True)):
        found = doctor.findings()

    assert found == [
        warning(
            "agents-egress",
            f"Namespace {AGENTS}",
            "The NetworkPolicies of this namespace (closed) do not let agent reach Langfuse: pods "
            "in observability at TCP port 3000. They admit 80: policies see pods' own",
            doctor.place.kubectl("get", "networkpolicies", "-o", "yaml", namespace=AGENTS),
        )
    ]


def test_a_secret_of_agents_without_a_key_is_told_and_no_value_is_read(doctor: Doctor) -> None:
    secret = Reference(
        api_version="v1", kind="Secret", namespace=AGENTS, name="agent-observability"
    )
    doctor.stack.api.patch(secret, {"data": {"LANGFUSE_PUBLIC_KEY": None}})
    try:
        found = doctor.findings()
    finally:
        doctor.stack.api.delete(secret)  # the next `up` makes it again

    assert found == [
        error(
            "agents-variables",
            f"Secret {AGENTS}/agent-observability",
            "It lacks LANGFUSE_PUBLIC_KEY: it is of an earlier deployment, External Secrets has "
            "not written it since, or something else writes it",
            "make up STACK=dev",
        )
    ]


def test_a_stack_that_was_never_deployed_says_so(doctor: Doctor) -> None:
    found = doctor.findings({"cluster": {"namespace": "elsewhere"}})

    assert found == [
        warning(
            "namespace-missing",
            "Namespace elsewhere",
            "It is not there: the stack was not deployed to this cluster, or was removed. Deleted "
            "by hand, it comes back only after a `pulumi refresh`",
            "make up STACK=dev",
        )
    ]
