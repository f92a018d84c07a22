"""What `up` needs in a cluster: each thing that may be missing, and its exact finding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from components.kubernetes.cluster_mode import AUTO, SELF_MANAGED, ClusterMode
from tests.support import stacks
from tests.support.doctor import (
    IN_NAMESPACE,
    KUBECTL,
    LONG_AGO,
    PLACE,
    Object,
    condition,
    error,
    obj,
    stack,
    warning,
)
from tooling.doctor.before import checks as before
from tooling.doctor.before import permissions, preconditions
from tooling.doctor.before.permissions import Need
from tooling.doctor.before.storage import storage_classes
from tooling.doctor.cluster.server import Server
from tooling.doctor.findings import Finding

DEV = stack("version 2 dev")
PROD = stack("version 2 prod", monitoring=None)
SET = "pulumi config set --stack dev --path agent-observability:"


@pytest.mark.parametrize(("major", "minor"), [("1", "30"), ("1", "30+"), ("1", "35"), ("2", "0")])
def test_a_version_that_is_new_enough_passes(major: str, minor: str) -> None:
    version = {"major": major, "minor": minor, "gitVersion": f"v{major}.{minor}.0"}

    assert [*preconditions.kubernetes(version, PLACE)] == []


@pytest.mark.parametrize("minor", ["29", "29+", "9"])
def test_an_older_version_is_refused(minor: str) -> None:
    version = {"major": "1", "minor": minor, "gitVersion": f"v1.{minor}-eks"}

    assert [*preconditions.kubernetes(version, PLACE)] == [
        error(
            "kubernetes-too-old",
            f"Kubernetes v1.{minor}-eks",
            "The stack's pods need Kubernetes 1.30 or newer (preStop.sleep)",
            f"{KUBECTL} version",
        )
    ]


def class_(
    name: str,
    provisioner: str = "rancher.io/local-path",
    *,
    default: bool = False,
    created: str = LONG_AGO,
) -> Object:
    annotations = {"storageclass.kubernetes.io/is-default-class": str(default).lower()}
    return obj(
        "StorageClass",
        name,
        namespace=None,
        created=created,
        metadata={"annotations": annotations},
        provisioner=provisioner,
    )


EBS = obj("CSIDriver", "ebs.csi.aws.com", namespace=None)
NO_DRIVER = (
    "Its provisioner {} needs the CSI driver ebs.csi.aws.com, which is not there",
    f"{KUBECTL} get csidrivers",
)


def missing_class(subject: str, cause: str, command: str) -> list[Finding]:
    return [error("storage-class-missing", subject, cause, command)]


@pytest.mark.parametrize(
    ("database", "classes", "drivers"),
    [
        ({}, [class_("standard", default=True)], []),
        ({}, [class_("gp3", "ebs.csi.aws.com", default=True), class_("other")], [EBS]),
        ({}, [class_("auto", "ebs.csi.eks.amazonaws.com", default=True)], []),
        ({"storageClass": "gp3"}, [class_("gp3", "ebs.csi.aws.com")], [EBS]),
        ({"createStorageClass": True}, [], [EBS]),
    ],
)
def test_a_volume_that_can_be_made_passes(
    database: Mapping[str, Any], classes: list[Object], drivers: list[Object]
) -> None:
    assert [*storage_classes(stack(database=database), classes, drivers, [], PLACE)] == []


@pytest.mark.parametrize(
    ("database", "classes", "found"),
    [
        (
            {},
            [],
            missing_class(
                "The default StorageClass",
                "It is not there. The volume of the database takes the default class. The cluster "
                "has no class at all",
                f"{KUBECTL} get storageclasses",
            ),
        ),
        (
            {},
            [class_("gp2"), class_("gp3")],
            missing_class(
                "The default StorageClass",
                "It is not there. The volume of the database takes the default class. The cluster "
                "has gp2, gp3",
                f"{SET}database.storageClass gp2",
            ),
        ),
        (
            {"storageClass": "fast"},
            [class_("gp2", default=True)],
            missing_class(
                "StorageClass fast",
                "It is not there. The cluster has gp2",
                f"{KUBECTL} get storageclasses",
            ),
        ),
        (
            {"createStorageClass": True},
            [],
            missing_class(
                "The StorageClass that the stack creates",
                NO_DRIVER[0].format("ebs.csi.aws.com"),
                NO_DRIVER[1],
            ),
        ),
        (
            {},
            [class_("gp2", "kubernetes.io/aws-ebs", default=True)],
            missing_class(
                "StorageClass gp2", NO_DRIVER[0].format("kubernetes.io/aws-ebs"), NO_DRIVER[1]
            ),
        ),
        (
            {},
            [
                class_("new", default=True, created="2026-11-01T11:30:00Z"),
                class_("old", default=True),
            ],
            [
                warning(
                    "storage-class-missing",
                    "The default StorageClass",
                    "new, old are all marked as default; a new volume takes new",
                    f"{SET}database.storageClass new",
                )
            ],
        ),
    ],
)
def test_a_volume_that_cannot_be_made_is_reported_before_up(
    database: Mapping[str, Any], classes: list[Object], found: list[Finding]
) -> None:
    assert [*storage_classes(stack(database=database), classes, [], [], PLACE)] == found


def test_a_class_that_the_stack_creates_on_auto_mode_needs_no_driver_in_the_cluster() -> None:
    created = stack(database={"createStorageClass": True})

    assert [*storage_classes(created, [], [], [], PLACE, mode=AUTO)] == []


@pytest.mark.parametrize(("phase", "count"), [("Bound", 0), ("Pending", 1)])
def test_a_volume_that_is_there_needs_no_class(phase: str, count: int) -> None:
    claim = obj("PersistentVolumeClaim", "data-langfuse-postgres-0", status={"phase": phase})

    assert len([*storage_classes(DEV, [], [], [claim], PLACE)]) == count


def test_a_database_elsewhere_needs_no_class() -> None:
    assert [*storage_classes(PROD, [], [], [], PLACE)] == []


AVAILABLE = {"conditions": [condition("Available", "True")], "availableReplicas": 1}
DEFINITION = obj(
    "CustomResourceDefinition",
    "externalsecrets.external-secrets.io",
    namespace=None,
    spec={"versions": [{"name": "v1beta1", "served": False}, {"name": "v1", "served": True}]},
)


def operator(name: str, status: Object = AVAILABLE, namespace: str = "operators") -> Object:
    return obj(
        "Deployment",
        name,
        namespace=namespace,
        labels={"app.kubernetes.io/name": name},
        status=status,
    )


OPERATORS = [operator("external-secrets"), operator("external-secrets-webhook")]


def test_external_secrets_that_serves_v1_and_runs_passes() -> None:
    assert [*preconditions.external_secrets(DEFINITION, OPERATORS, PLACE)] == []


@pytest.mark.parametrize(
    ("definition", "deployments", "cause", "command"),
    [
        (
            None,
            OPERATORS,
            "The operator that turns Secrets Manager entries into Secrets is not in the cluster",
            f"{SET}secrets.installExternalSecrets true",
        ),
        (
            {
                **DEFINITION,
                "spec": {
                    "versions": [
                        {"name": "v1beta1", "served": True},
                        {"name": "v1", "served": False},
                    ]
                },
            },
            OPERATORS,
            "Its release serves v1beta1 and not v1: it is older than 0.16",
            f"{KUBECTL} get crd externalsecrets.external-secrets.io -o yaml",
        ),
        (
            DEFINITION,
            OPERATORS[1:],
            "Its controller is not in the cluster",
            f"{KUBECTL} get pods -A -l app.kubernetes.io/name=external-secrets",
        ),
        (
            DEFINITION,
            [OPERATORS[0], operator("external-secrets-webhook", {})],
            "Its webhook has no available pod (Deployment operators/external-secrets-webhook)",
            f"{KUBECTL} get pods -A -l app.kubernetes.io/name=external-secrets-webhook",
        ),
    ],
)
def test_external_secrets_that_cannot_deliver_is_reported_before_up(
    definition: Object | None, deployments: list[Object], cause: str, command: str
) -> None:
    assert [*preconditions.external_secrets(definition, deployments, PLACE)] == [
        error("external-secrets-missing", "External Secrets", cause, command)
    ]


def ingress_class(name: str, controller: str) -> Object:
    return obj("IngressClass", name, namespace=None, spec={"controller": controller})


ALB = ingress_class("alb", "ingress.k8s.aws/alb")
CONTROLLER = operator("aws-load-balancer-controller", namespace="kube-system")
PODS_OF_CONTROLLER = f"{KUBECTL} get pods -A -l app.kubernetes.io/name=aws-load-balancer-controller"


@pytest.mark.parametrize(
    ("class_", "deployments"),
    [(ALB, [CONTROLLER]), (ingress_class("alb", "eks.amazonaws.com/alb"), [])],
)
def test_a_controller_of_the_ingress_class_passes(
    class_: Object, deployments: list[Object]
) -> None:
    found = preconditions.load_balancer_controller(PROD, [class_], deployments, PLACE)

    assert [*found] == []


@pytest.mark.parametrize(
    ("classes", "deployments", "cause", "command"),
    [
        (
            [ingress_class("nginx", "k8s.io/ingress-nginx")],
            [CONTROLLER],
            "The AWS Load Balancer Controller brings it, and the cluster has nginx",
            f"{KUBECTL} get ingressclasses",
        ),
        (
            [ingress_class("alb", "k8s.io/ingress-nginx")],
            [CONTROLLER],
            "Its controller is k8s.io/ingress-nginx, which makes no load balancer in AWS",
            f"{KUBECTL} get ingressclasses",
        ),
        (
            [ALB],
            [],
            "Its controller, the AWS Load Balancer Controller, is not in the cluster",
            PODS_OF_CONTROLLER,
        ),
        (
            [ALB],
            [operator("aws-load-balancer-controller", {}, "kube-system")],
            "Its controller, the AWS Load Balancer Controller, has no available pod (Deployment "
            "kube-system/aws-load-balancer-controller)",
            PODS_OF_CONTROLLER,
        ),
    ],
)
def test_an_ingress_class_without_a_controller_is_reported_before_up(
    classes: list[Object], deployments: list[Object], cause: str, command: str
) -> None:
    found = preconditions.load_balancer_controller(PROD, classes, deployments, PLACE)

    assert [*found] == [
        error("load-balancer-controller-missing", "IngressClass alb", cause, command)
    ]


def test_on_auto_mode_the_stack_brings_the_class_unless_the_settings_name_one() -> None:
    named = stack("version 2 prod", endpoint={"ingressClass": "alb-shared"})
    found = [
        [*preconditions.load_balancer_controller(settings, [], [], PLACE, mode=AUTO)]
        for settings in (PROD, named)
    ]

    assert found == [
        [],
        [
            error(
                "load-balancer-controller-missing",
                "IngressClass alb-shared",
                "The AWS Load Balancer Controller brings it, and the cluster has none",
                f"{KUBECTL} get ingressclasses",
            )
        ],
    ]


def test_a_stack_without_endpoint_needs_no_controller() -> None:
    assert [*preconditions.load_balancer_controller(DEV, [], [], PLACE)] == []


def api_service(status: str) -> Object:
    conditions = [condition("Available", status, message="no response from https://10.0.0.1")]
    return obj("APIService", "v1beta1.metrics.k8s.io", status={"conditions": conditions})


def test_metrics_that_are_served_pass() -> None:
    assert [*preconditions.metrics_server(api_service("True"), DEV, PLACE)] == []


@pytest.mark.parametrize(
    ("service", "reason"),
    [
        (None, "It is not there"),
        (api_service("False"), "It does not answer: no response from https://10.0.0.1"),
    ],
)
def test_without_metrics_an_autoscaler_does_not_scale_and_up_continues(
    service: Object | None, reason: str
) -> None:
    assert [*preconditions.metrics_server(service, DEV, PLACE)] == [
        warning(
            "metrics-server-missing",
            "metrics-server",
            f"{reason}. The autoscalers read CPU from it: without it there are never more pods "
            "than langfuse.minReplicas",
            f"{KUBECTL} get apiservice v1beta1.metrics.k8s.io",
        )
    ]


def test_a_fixed_number_of_pods_needs_no_metrics() -> None:
    fixed = stack(langfuse={"minReplicas": 2, "maxReplicas": 2})

    assert [*preconditions.metrics_server(None, fixed, PLACE)] == []


def monitored(prober: str | None, **more: str) -> Mapping[str, Any]:
    rules = {"labels": {"release": "x"}, **({"prober": prober} if prober else {}), **more}
    return {"runbooks": "https://git.example.com/docs", "prometheusRules": rules}


@pytest.mark.parametrize(
    ("monitoring", "kinds"),
    [
        (None, ()),
        (monitored(None), ("prometheusrules",)),
        (monitored("blackbox.monitoring.svc:9115"), ("prometheusrules", "probes")),
    ],
)
def test_the_operators_kinds_follow_from_the_settings(
    monitoring: Mapping[str, Any] | None, kinds: tuple[str, ...]
) -> None:
    assert preconditions.prometheus_kinds(stack(monitoring=monitoring)) == kinds


def test_pods_that_prometheus_reads_need_a_kind_of_their_own() -> None:
    rules = monitored(None, prometheusNamespace="monitoring")

    settings = stack("dev", monitoring=rules)
    assert preconditions.prometheus_kinds(settings) == ("prometheusrules", "podmonitors")


def test_a_missing_prometheus_operator_is_reported_before_up() -> None:
    wanted = ("prometheusrules", "probes")
    known: Mapping[str, Object | None] = {"prometheusrules": DEFINITION, "probes": None}

    assert [
        *preconditions.prometheus_operator(wanted, dict.fromkeys(wanted, DEFINITION), PLACE)
    ] == []
    assert [*preconditions.prometheus_operator(wanted, known, PLACE)] == [
        error(
            "prometheus-operator-missing",
            "Prometheus Operator",
            "The cluster does not know probes of monitoring.coreos.com, which "
            "monitoring.prometheusRules needs",
            f"{KUBECTL} api-resources --api-group monitoring.coreos.com",
        )
    ]


OURS = {
    "app.kubernetes.io/part-of": "agent-observability",
    "app.kubernetes.io/managed-by": "pulumi",
}


def namespaces(**labels: Mapping[str, str]) -> dict[str, Object]:
    return {
        name.replace("_", "-"): {"kind": "Namespace", "metadata": {"name": name, "labels": found}}
        for name, found in labels.items()
    }


def test_namespaces_that_do_not_exist_or_are_the_stacks_own_pass() -> None:
    assert [*preconditions.namespaces(DEV, {}, PLACE)] == []
    assert [
        *preconditions.namespaces(DEV, namespaces(observability=OURS, ai_agents=OURS), PLACE)
    ] == []


def test_a_namespace_that_something_else_made_is_to_be_adopted() -> None:
    partly = {"app.kubernetes.io/part-of": "agent-observability"}

    found = preconditions.namespaces(DEV, namespaces(observability=partly, ai_agents={}), PLACE)

    cause = (
        "The stack wants to create it, and it is there, made by something else: {}, or choose "
        "another name"
    )
    assert [*found] == [
        error(
            "namespace-exists",
            "Namespace observability",
            cause.format("adopt it"),
            f"{SET}cluster.createNamespace false",
        ),
        error(
            "namespace-exists",
            "Namespace ai-agents",
            cause.format("move its name from agents.namespaces to agents.existingNamespaces"),
            "pulumi config set --stack dev --path "
            "'agent-observability:agents.existingNamespaces[0]' ai-agents",
        ),
    ]


def test_a_namespace_to_adopt_has_to_be_there() -> None:
    adopting = stack(
        cluster={"createNamespace": False},
        agents={"namespaces": None, "existingNamespaces": ["research"]},
    )

    def missing(name: str) -> Finding:
        cause = "The stack adopts it, and it is not there"
        command = f"{KUBECTL} create namespace {name}"
        return error("namespace-missing", f"Namespace {name}", cause, command)

    assert [*preconditions.namespaces(adopting, {}, PLACE)] == [
        missing("observability"),
        missing("research"),
    ]
    there = namespaces(observability={}, research={})
    assert [*preconditions.namespaces(adopting, there, PLACE)] == []


def test_a_namespace_that_is_being_deleted_takes_nothing() -> None:
    going = namespaces(observability=OURS)
    going["observability"]["metadata"]["deletionTimestamp"] = LONG_AGO

    assert [*preconditions.namespaces(DEV, going, PLACE)] == [
        error(
            "stuck-terminating",
            "Namespace observability",
            "It is being deleted: nothing can be made in it before it is gone",
            f"{KUBECTL} wait --for=delete namespace/observability --timeout=120s",
        )
    ]


WRITE = "create, patch, delete"


def listed(name: str, **sections: Any) -> list[str]:  # noqa: ANN401 - configuration
    return [
        f"{need.namespace or '-'} {need.full_name}"
        for need in permissions.needs(stack(name, **{"monitoring": None, **sections}))
        if need.verbs == permissions.WRITE
    ]


def test_an_autoscaler_of_a_fixed_number_of_pods_is_made_too() -> None:
    assert listed("dev", langfuse={"minReplicas": 2, "maxReplicas": 2}) == listed("dev")


COMMON = [
    "observability configmaps",
    "observability secrets",
    "observability serviceaccounts",
    "observability services",
    "observability deployments.apps",
    "observability jobs.batch",
    "observability networkpolicies.networking.k8s.io",
    "observability poddisruptionbudgets.policy",
    "observability horizontalpodautoscalers.autoscaling",
]


def test_a_dev_stack_needs_to_write_what_it_consists_of() -> None:
    assert listed("version 2 dev") == [
        *COMMON,
        "observability statefulsets.apps",
        "ai-agents secrets",
        "- namespaces",
    ]


def test_a_prod_stack_needs_the_ingress_and_external_secrets_kinds() -> None:
    assert listed("version 2 prod") == [
        *COMMON,
        "observability ingresses.networking.k8s.io",
        "observability externalsecrets.external-secrets.io",
        "observability secretstores.external-secrets.io",
        "ai-agents externalsecrets.external-secrets.io",
        "ai-agents secretstores.external-secrets.io",
        "ai-agents serviceaccounts",
        "- namespaces",
    ]


def test_a_paused_and_adopting_stack_needs_less_and_an_operator_more() -> None:
    changed = listed(
        "version 2 prod",
        cluster={"createNamespace": False},
        agents={"namespaces": None, "existingNamespaces": ["ai-agents"]},
        langfuse={"paused": True},
        secrets={"installExternalSecrets": True},
    )

    assert set(listed("version 2 prod")) - set(changed) == {
        "observability horizontalpodautoscalers.autoscaling",
        "- namespaces",
    }
    assert set(changed) - set(listed("version 2 prod")) == {
        "- customresourcedefinitions.apiextensions.k8s.io",
        "- clusterroles.rbac.authorization.k8s.io",
        "- clusterrolebindings.rbac.authorization.k8s.io",
        "- validatingwebhookconfigurations.admissionregistration.k8s.io",
    }


def test_a_storage_class_and_alert_rules_are_needed_where_they_are_made() -> None:
    watched = monitored("blackbox.monitoring.svc:9115")
    changed = listed("version 2 dev", database={"createStorageClass": True}, monitoring=watched)

    assert set(changed) - set(listed("version 2 dev")) == {
        "- storageclasses.storage.k8s.io",
        "observability prometheusrules.monitoring.coreos.com",
        "observability probes.monitoring.coreos.com",
    }


def test_the_class_of_an_ingress_is_written_where_the_stack_makes_one() -> None:
    def classes(mode: ClusterMode, **endpoint: str) -> list[Need]:
        needed = permissions.needs(stack("version 2 prod", endpoint=endpoint), mode)
        return [need for need in needed if need.resource == "ingressclasses"]

    written = Need(
        namespace=None,
        group="networking.k8s.io",
        resource="ingressclasses",
        verbs=permissions.WRITE,
    )
    assert classes(AUTO) == [written]
    assert classes(AUTO, ingressClass="alb-shared") == []
    assert classes(SELF_MANAGED) == []
    assert [need.resource for need in permissions.needs(DEV, AUTO)].count("ingressclasses") == 0


def test_what_pulumi_follows_is_read() -> None:
    assert [
        need.full_name for need in permissions.needs(DEV) if need.verbs == permissions.READ
    ] == ["events", "pods", "replicasets.apps"]


def test_what_is_not_allowed_is_one_finding() -> None:
    denied = [
        Need(namespace="observability", group="apps", resource="deployments", verbs=("patch",)),
        Need(namespace=None, group="", resource="namespaces", verbs=("create", "delete")),
    ]

    assert [*permissions.missing([], PLACE)] == []
    assert [*permissions.missing(denied, PLACE)] == [
        error(
            "permission-missing",
            "Context kind-langfuse",
            "Its user may not: create, delete namespaces; patch deployments.apps in observability",
            f"{KUBECTL} auth can-i create namespaces",
        )
    ]
    (only,) = permissions.missing(denied[:1], PLACE)
    assert only.command == f"{IN_NAMESPACE} auth can-i patch deployments.apps"


@pytest.mark.parametrize(
    ("name", "sections", "titles"),
    [
        (
            "version 2 dev",
            {},
            ["StorageClasses", "metrics-server"],
        ),
        (
            "version 2 prod",
            {},
            ["External Secrets", "AWS Load Balancer Controller", "metrics-server"],
        ),
        (
            "version 2 prod",
            {
                "secrets": {"installExternalSecrets": True},
                "langfuse": {"minReplicas": 2, "maxReplicas": 2},
                "monitoring": monitored(None),
            },
            ["AWS Load Balancer Controller", "Prometheus Operator"],
        ),
        (
            "version 2 dev",
            {"cluster": {"imagePullSecrets": ["registry"]}},
            ["StorageClasses", "metrics-server", "image pull Secrets"],
        ),
    ],
)
def test_a_stack_is_asked_for_what_it_needs_and_no_more(
    name: str, sections: Mapping[str, Any], titles: list[str]
) -> None:
    settings = stack(name, **{"monitoring": None, **sections})
    checks = before.checks(cast("Server", None), settings, PLACE)

    assert [check.title for check in checks] == [
        "Kubernetes version",
        "nodes and network",
        "permissions",
        *titles,
        "NetworkPolicy",
        "namespaces",
    ]


def wanted(variant: str) -> set[str]:
    needs = permissions.needs(stacks.settings(variant))
    return {f"{need.namespace or '-'} {need.full_name}" for need in needs}


def test_a_stack_with_the_operator_needs_to_write_its_custom_resources() -> None:
    resources = {
        "observability clickhouseclusters.clickhouse.com",
        "observability keeperclusters.clickhouse.com",
    }

    assert resources <= wanted("version 4 with the operator of ClickHouse")
    assert resources.isdisjoint(wanted("version 4 in the cluster"))


def test_a_class_for_any_server_needs_the_permission_to_make_it() -> None:
    # The variant makes one for ClickHouse.
    assert "- storageclasses.storage.k8s.io" in wanted("version 4 in the cluster")


def test_servers_elsewhere_need_no_stateful_set() -> None:
    elsewhere = "version 4 with services elsewhere"

    assert "observability statefulsets.apps" in wanted("version 4 in the cluster")
    assert "observability statefulsets.apps" not in wanted(elsewhere)


def test_workers_that_are_scaled_need_metrics_too() -> None:
    settings = stacks.settings("version 4 in the cluster")
    fixed = settings.model_copy(
        update={"langfuse": settings.langfuse.model_copy(update={"max_replicas": 1})}
    )
    paused = settings.model_copy(
        update={"langfuse": settings.langfuse.model_copy(update={"paused": True})}
    )

    assert preconditions.autoscaled(settings) == ["langfuse", "langfuse.worker"]
    assert preconditions.autoscaled(fixed) == ["langfuse.worker"]
    assert preconditions.autoscaled(paused) == []
    (found,) = preconditions.metrics_server(None, settings, PLACE)
    assert found.cause.endswith(
        "never more pods than langfuse.minReplicas and langfuse.worker.minReplicas"
    )
