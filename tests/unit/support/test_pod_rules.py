"""The reference checker, within a pod: one broken pod for each rule."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support import pod_references, pod_rules, references
from tests.support.pod_rules import quantity
from tests.support.sound_cluster import SET, Case, Steps, broken, check, silent

POD = ("workload", "spec", "template", "spec")
WEB_CONTAINER = (*POD, "containers", 0)

CASES: list[Case] = [
    (
        (*POD, "serviceAccountName"),
        "other",
        [f"{SET}: there is no ServiceAccount other in namespace shop"],
    ),
    (
        (*POD, "imagePullSecrets"),
        [{"name": "registry"}],
        [f"{SET}: there is no Secret registry in namespace shop"],
    ),
    (
        (*WEB_CONTAINER, "env", 0, "valueFrom", "secretKeyRef", "key"),
        "other",
        [f"{SET}: Secret keys has no key other"],
    ),
    (
        (*WEB_CONTAINER, "env", 0, "valueFrom", "secretKeyRef"),
        {"name": "remote-keys", "key": "other"},
        [f"{SET}: Secret remote-keys has no key other"],
    ),
    (
        (*WEB_CONTAINER, "envFrom", 0, "configMapRef", "name"),
        "other",
        [f"{SET}: there is no ConfigMap other in namespace shop"],
    ),
    (
        (*WEB_CONTAINER, "volumeMounts", 0, "name"),
        "other",
        [
            f"{SET}: container web mounts other, which is no volume",
            f"{SET}: volume data is not mounted",
        ],
    ),
    (
        (*POD, "volumes"),
        [{"name": "data", "secret": {"secretName": "keys", "items": [{"key": "other"}]}}],
        [f"{SET}: Secret keys has no key other", f"{SET}: 2 volumes are called data"],
    ),
    (
        (*WEB_CONTAINER, "readinessProbe", "httpGet", "port"),
        "https",
        [f"{SET}: container web: readinessProbe asks port https, which it has not"],
    ),
    (
        (*WEB_CONTAINER, "env"),
        [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}],
        [f"{SET}: container web sets A 2 times"],
    ),
    (
        (*WEB_CONTAINER, "env", 0, "name"),
        "MODE",
        [f"{SET}: container web sets MODE, and so does ConfigMap settings"],
    ),
    (
        (*WEB_CONTAINER, "resources", "limits", "memory"),
        "2GiB",
        [
            f"{SET}: spec.template.spec.containers[0].resources.limits.memory is '2GiB', "
            "which is no quantity"
        ],
    ),
    (
        (*WEB_CONTAINER, "resources", "limits", "memory"),
        "1000Mi",
        [f"{SET}: container web requests more memory than its limit"],
    ),
    (
        (*POD, "tolerations", 0),
        {"effect": "NoSchedule"},
        [f"{SET}: a toleration without a key needs operator Exists"],
    ),
    (
        (*POD, "tolerations", 0, "operator"),
        "Exists",
        [f"{SET}: a toleration with operator Exists has a value"],
    ),
]


@pytest.mark.parametrize(("steps", "value", "expected"), CASES)
def test_a_broken_pod_is_found(steps: Steps, value: object, expected: list[str]) -> None:
    assert check(broken(steps, value)) == expected


def test_every_rule_of_pods_is_broken_by_some_case() -> None:
    of_pods = {pod_references.__name__, pod_rules.__name__}
    rules = [rule for rule in references.RULES if rule.__module__ in of_pods]
    assert len(rules) == 6
    assert silent(rules, CASES) == set()


def test_two_sources_of_one_variable_are_found() -> None:
    objects = broken(("secret", "stringData", "MODE"), "x")
    (container,) = objects["workload"]["spec"]["template"]["spec"]["containers"]
    container["envFrom"].append({"secretRef": {"name": "keys"}})
    assert check(objects) == [
        f"{SET}: container web: ConfigMap settings and Secret keys both set MODE"
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [("250m", "0.25"), ("1Gi", "1073741824"), ("1e3", "1000"), ("2", "2"), ("0.5", "0.5")],
)
def test_quantities_have_their_value(text: str, value: str) -> None:
    assert quantity(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "1GiB", "1 Gi", "Gi", "-1", "1,5"])
def test_other_texts_are_no_quantities(text: str) -> None:
    assert quantity(text) is None
