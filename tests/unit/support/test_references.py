"""The reference checker, between objects: one broken object for each rule."""

from __future__ import annotations

import copy

import pytest

from tests.support import pod_references, pod_rules, references
from tests.support.manifests import matches
from tests.support.sound_cluster import SET, Case, Steps, broken, check, silent, sound

SERVICE, POLICY = ("service", "spec"), ("policy", "spec")
POD = ("workload", "spec", "template", "spec")
WEB_CONTAINER = (*POD, "containers", 0)

CASES: list[Case] = [
    (
        ("config", "metadata", "namespace"),
        "nowhere",
        [
            "ConfigMap nowhere/settings: namespace nowhere is neither created nor adopted",
            f"{SET}: there is no ConfigMap settings in namespace shop",
        ],
    ),
    (("copy",), sound()["config"], ["ConfigMap shop/settings: 2 objects have this name"]),
    (
        ("secret", "metadata", "name"),
        "Keys",
        [
            "Secret shop/Keys: its name is no DNS label",
            f"{SET}: there is no Secret keys in namespace shop",
        ],
    ),
    (
        ("workload", "metadata", "labels"),
        {"version": "1.0+2"},
        [f"{SET}: label version cannot be '1.0+2'"],
    ),
    (
        (*SERVICE, "ports", 0, "name"),
        "a-port-name-too-long",
        [
            "Service shop/web: 'a-port-name-too-long' is no port name",
            "Ingress shop/web: Service shop/web has no port http",
        ],
    ),
    (
        ("workload", "spec", "selector", "matchLabels"),
        {"app": "other"},
        [f"{SET}: its selector does not match its own pod template"],
    ),
    ((*SERVICE, "selector"), {"app": "other"}, ["Service shop/web: selects no pod"]),
    (
        (*SERVICE, "ports", 0, "targetPort"),
        "https",
        [f"Service shop/web: {SET} has no port https"],
    ),
    ((*SERVICE, "ports", 0, "targetPort"), 3001, [f"Service shop/web: {SET} has no port 3001"]),
    (("workload", "spec", "serviceName"), "db", [f"{SET}: there is no Service db"]),
    ((*SERVICE, "clusterIP"), "10.0.0.1", [f"{SET}: Service shop/web is not headless"]),
    (
        ("autoscaler", "spec", "scaleTargetRef", "kind"),
        "Deployment",
        ["HorizontalPodAutoscaler shop/web: there is no Deployment web"],
    ),
    (
        ("autoscaler", "spec", "minReplicas"),
        3,
        ["HorizontalPodAutoscaler shop/web: minReplicas 3 is more than maxReplicas 2"],
    ),
    (
        ("workload", "spec", "replicas"),
        1,
        [f"HorizontalPodAutoscaler shop/web: {SET} sets replicas as well"],
    ),
    (
        (*WEB_CONTAINER, "resources", "requests"),
        {"memory": "1Gi"},
        ["HorizontalPodAutoscaler shop/web: container web requests no cpu"],
    ),
    (
        ("budget", "spec", "selector"),
        {"matchLabels": {"app": "other"}},
        ["PodDisruptionBudget shop/web: selects no pod"],
    ),
    (
        ("budget", "spec", "minAvailable"),
        1,
        ["PodDisruptionBudget shop/web: needs one of minAvailable and maxUnavailable"],
    ),
    (
        (*POLICY, "podSelector"),
        {"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]},
        ["NetworkPolicy shop/web: selects no pod"],
    ),
    (
        (*POLICY, "ingress", 0, "from", 0, "podSelector"),
        {"matchLabels": {"app": "other"}},
        ["NetworkPolicy shop/web: an ingress peer selects no pod"],
    ),
    (
        (*POLICY, "ingress", 0, "ports", 0, "port"),
        "https",
        [f"NetworkPolicy shop/web: {SET} has no port https"],
    ),
    (
        (*POLICY, "policyTypes"),
        ["Ingress"],
        ["NetworkPolicy shop/web: has egress rules and is no such policy"],
    ),
    (
        ("ingress", "spec", "defaultBackend"),
        {"service": {"name": "other", "port": {"number": 80}}},
        ["Ingress shop/web: there is no Service other"],
    ),
    (
        ("ingress", "spec", "defaultBackend"),
        {"service": {"name": "other", "port": {"name": "use-annotation"}}},
        ["Ingress shop/web: there is no annotation alb.ingress.kubernetes.io/actions.other"],
    ),
    (
        ("external", "spec", "secretStoreRef", "name"),
        "vault",
        ["ExternalSecret shop/remote: there is no SecretStore vault"],
    ),
    (
        ("store", "spec", "provider", "aws", "auth", "jwt", "serviceAccountRef", "name"),
        "other",
        ["SecretStore shop/aws: there is no ServiceAccount other"],
    ),
]


def test_a_sound_cluster_has_no_problem() -> None:
    assert check(sound()) == []


@pytest.mark.parametrize(("steps", "value", "expected"), CASES)
def test_a_broken_object_is_found(steps: Steps, value: object, expected: list[str]) -> None:
    assert check(broken(steps, value)) == expected


def test_every_rule_between_objects_is_broken_by_some_case() -> None:
    of_pods = {pod_references.__name__, pod_rules.__name__}
    rules = [rule for rule in references.RULES if rule.__module__ not in of_pods]
    assert len(rules) == 11
    assert silent(rules, CASES) == set()


def test_two_workloads_that_select_the_same_pods_are_found() -> None:
    objects = sound()
    objects["second"] = copy.deepcopy(objects["workload"])
    objects["second"]["metadata"]["name"] = "second"
    assert f"{SET}: its selector also matches StatefulSet shop/second" in check(objects)


def test_what_exists_beside_the_stack_counts() -> None:
    pull_secrets = [{"name": "registry"}]
    objects = broken((*POD, "imagePullSecrets"), pull_secrets)
    del objects["namespace"]
    external = {("Secret", "shop", "registry")}
    assert check(objects, adopted={"shop"}, external=external) == []


@pytest.mark.parametrize(
    ("operator", "values", "found"),
    [
        ("In", ["web"], True),
        ("NotIn", ["web"], False),
        ("Exists", [], True),
        ("DoesNotExist", [], False),
    ],
)
def test_selectors_have_expressions(operator: str, values: list[str], found: bool) -> None:
    expression = {"key": "app", "operator": operator, "values": values}
    assert matches({"matchExpressions": [expression]}, {"app": "web"}) is found
