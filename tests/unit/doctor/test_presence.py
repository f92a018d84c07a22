"""What a stack has under fixed names, and what its pods read."""

from __future__ import annotations

from tests.support.doctor import stack
from tests.support.recordings import recorded
from tooling.doctor.cluster import presence
from tooling.doctor.cluster.presence import Kind
from tooling.engineless.offline import is_kubernetes, kubernetes_name
from tooling.engineless.recording import reveal

DEPLOYMENT = {
    "kind": "Deployment",
    "metadata": {"name": "langfuse", "namespace": "observability"},
    "spec": {
        "template": {
            "spec": {
                "containers": [
                    {
                        "envFrom": [
                            {"secretRef": {"name": "app"}},
                            {"configMapRef": {"name": "settings"}},
                            {"secretRef": {"name": "extra", "optional": True}},
                        ],
                        "env": [{"valueFrom": {"secretKeyRef": {"name": "url", "key": "x"}}}],
                    }
                ],
                "volumes": [{"configMap": {"name": "ca"}}, {"secret": {"secretName": "tls"}}],
            }
        }
    },
}


def test_every_fixed_name_is_one_that_the_program_makes() -> None:
    for name in ("version 2 dev", "version 2 prod"):
        made = {
            (r.inputs["kind"], reveal(r.inputs["metadata"]).get("namespace"), kubernetes_name(r))
            for r in recorded(name).resources.values()
            if is_kubernetes(r)
        }
        wanted = {
            (kind.kind, kind.namespace, wanted)
            for kind, names in presence.fixed(stack(name)).items()
            for wanted in names
        }

        assert wanted <= made, name
        assert len(wanted) >= 9


def test_the_fixed_names_of_a_stack_with_its_database_in_the_cluster_are_exactly_these() -> None:
    own, agents = {"namespace": "observability"}, {"namespace": "ai-agents"}
    policies = Kind(api_version="networking.k8s.io/v1", kind="NetworkPolicy", **own)

    assert presence.fixed(stack()) == {
        Kind(api_version="apps/v1", kind="Deployment", **own): {"langfuse"},
        Kind(api_version="v1", kind="Service", **own): {"langfuse", "langfuse-postgres"},
        Kind(api_version="v1", kind="ServiceAccount", **own): {"langfuse", "langfuse-migration"},
        policies: {"langfuse", "langfuse-migration", "langfuse-postgres"},
        Kind(api_version="autoscaling/v2", kind="HorizontalPodAutoscaler", **own): {"langfuse"},
        Kind(api_version="policy/v1", kind="PodDisruptionBudget", **own): {"langfuse"},
        Kind(api_version="apps/v1", kind="StatefulSet", **own): {"langfuse-postgres"},
        Kind(api_version="v1", kind="Secret", **agents): {"agent-observability"},
    }


def test_pods_cannot_start_without_what_they_read_unless_it_is_optional() -> None:
    assert presence.read_by([DEPLOYMENT]) == {
        Kind(api_version="v1", kind="ConfigMap", namespace="observability"): {"ca", "settings"},
        Kind(api_version="v1", kind="Secret", namespace="observability"): {"app", "tls", "url"},
    }


def test_only_kinds_that_could_be_read_have_something_missing() -> None:
    read = Kind(api_version="v1", kind="Service", namespace="a")
    unread = Kind(api_version="v1", kind="Secret", namespace="a")

    assert presence.absent({read: {"x", "y", "z"}, unread: {"s"}}, {read: {"y"}}) == [
        "Service a/x",
        "Service a/z",
    ]
