"""The Langfuse component: exact objects, order, versions. Does not prove what the image does."""

from typing import Any

import pytest

from components.langfuse import waiting
from tests.support.recordings import all_before, depends_on, inputs, recorded

INSTANCE = {
    "app.kubernetes.io/name": "langfuse",
    "app.kubernetes.io/instance": "langfuse",
    "app.kubernetes.io/part-of": "agent-observability",
    "app.kubernetes.io/managed-by": "pulumi",
}
WEB = {**INSTANCE, "app.kubernetes.io/component": "web"}
MIGRATION = {**INSTANCE, "app.kubernetes.io/component": "migration"}
RELEASE = {"app.kubernetes.io/version": "2.95.12"}
SELECTOR = {"app.kubernetes.io/instance": "langfuse", "app.kubernetes.io/component": "web"}
MIGRATION_SELECTOR = {**SELECTOR, "app.kubernetes.io/component": "migration"}
CONTAINER_SECURITY = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}
NO_SIDECAR = {"kuma.io/sidecar-injection": "disabled", "sidecar.istio.io/inject": "false"}
TMP = {"name": "tmp", "mountPath": "/tmp"}  # noqa: S108
POD_SECURITY = {
    "runAsNonRoot": True,
    "runAsUser": 1001,
    "runAsGroup": 1001,
    "seccompProfile": {"type": "RuntimeDefault"},
}
DNS = {"ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]}
TO_POSTGRES = {
    "to": [
        {
            "podSelector": {
                "matchLabels": {
                    "app.kubernetes.io/instance": "langfuse-postgres",
                    "app.kubernetes.io/component": "database",
                }
            }
        }
    ],
    "ports": [{"protocol": "TCP", "port": 5432}],
}


def pod(name: str, **sections: Any) -> Any:  # noqa: ANN401
    """The pod specification of a workload of the dev stack with changed sections."""
    return inputs(recorded(**sections), name)["spec"]["template"]["spec"]


def secret_name(role: str) -> str:
    return physical(f"langfuse-{role}-secret")


def physical(name: str, **sections: Any) -> str:  # noqa: ANN401
    from tooling.engineless import offline  # noqa: PLC0415 - beside its only use

    return offline.kubernetes_name(recorded(**sections).named(name))


def from_database_secret(*names: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "valueFrom": {"secretKeyRef": {"name": secret_name("database"), "key": name}},
        }
        for name in names
    ]


def probe(path: str, period: int, failures: int) -> dict[str, Any]:
    return {
        "httpGet": {"path": path, "port": "http"},
        "periodSeconds": period,
        "timeoutSeconds": 5,
        "failureThreshold": failures,
    }


def test_the_deployment_is_exactly_this() -> None:
    def spread(key: str) -> dict[str, Any]:
        return {
            "topologyKey": key,
            "maxSkew": 1,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": SELECTOR},
            "matchLabelKeys": ["pod-template-hash"],
        }

    assert inputs(recorded(), "langfuse-deployment") == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "langfuse",
            "namespace": "observability",
            "labels": {**WEB, **RELEASE},
        },
        "spec": {
            "selector": {"matchLabels": SELECTOR},
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
            },
            "revisionHistoryLimit": 1,
            "minReadySeconds": 15,
            "progressDeadlineSeconds": 540,
            "template": {
                "metadata": {"labels": {**WEB, **RELEASE}},
                "spec": {
                    "serviceAccountName": "langfuse",
                    "automountServiceAccountToken": False,
                    "enableServiceLinks": False,
                    "securityContext": POD_SECURITY,
                    "terminationGracePeriodSeconds": 60,
                    "topologySpreadConstraints": [
                        spread("topology.kubernetes.io/zone"),
                        spread("kubernetes.io/hostname"),
                    ],
                    "containers": [
                        {
                            "name": "langfuse",
                            "image": "docker.io/langfuse/langfuse:2.95.12",
                            "env": from_database_secret("DATABASE_URL", "DIRECT_URL"),
                            "envFrom": [
                                {"configMapRef": {"name": physical("langfuse-config")}},
                                {"secretRef": {"name": secret_name("app")}},
                            ],
                            "ports": [{"name": "http", "containerPort": 3000}],
                            "resources": {
                                "requests": {"cpu": "250m", "memory": "768Mi"},
                                "limits": {"memory": "1536Mi"},
                            },
                            "securityContext": CONTAINER_SECURITY,
                            "lifecycle": {"preStop": {"sleep": {"seconds": 15}}},
                            "volumeMounts": [TMP],
                            "startupProbe": {
                                **probe("/api/public/ready", 5, 12),
                                "terminationGracePeriodSeconds": 1,
                            },
                            "readinessProbe": probe("/api/public/ready", 5, 3),
                            "livenessProbe": probe("/api/public/health", 10, 6),
                        }
                    ],
                    "volumes": [{"name": "tmp", "emptyDir": {}}],
                },
            },
        },
    }


def test_the_migration_job_is_exactly_this() -> None:
    assert inputs(recorded(), "langfuse-migration") == {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "namespace": "observability",
            "labels": {**MIGRATION, **RELEASE},
            "annotations": {"pulumi.com/replaceUnready": "true"},
        },
        "spec": {
            "backoffLimit": 0,
            "podFailurePolicy": {
                "rules": [
                    {
                        "action": "Ignore",
                        "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
                    }
                ]
            },
            "activeDeadlineSeconds": 900,
            "template": {
                "metadata": {
                    "labels": {**MIGRATION, **RELEASE, **NO_SIDECAR},
                    "annotations": {
                        "appmesh.k8s.aws/sidecarInjectorWebhook": "disabled",
                        "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
                        "consul.hashicorp.com/connect-inject": "false",
                        "karpenter.sh/do-not-disrupt": "true",
                        "linkerd.io/inject": "disabled",
                    },
                },
                "spec": {
                    "serviceAccountName": "langfuse-migration",
                    "automountServiceAccountToken": False,
                    "enableServiceLinks": False,
                    "securityContext": POD_SECURITY,
                    "restartPolicy": "Never",
                    "initContainers": [
                        {
                            "name": "wait-for-database",
                            "image": "docker.io/langfuse/langfuse:2.95.12",
                            "command": waiting.for_database(),
                            "env": from_database_secret("DIRECT_URL"),
                            "resources": {
                                "requests": {"cpu": "100m", "memory": "256Mi"},
                                "limits": {"memory": "1Gi"},
                            },
                            "securityContext": CONTAINER_SECURITY,
                        }
                    ],
                    "containers": [
                        {
                            "name": "migration",
                            "image": "docker.io/langfuse/langfuse:2.95.12",
                            "args": ["true"],
                            "env": from_database_secret("DATABASE_URL", "DIRECT_URL"),
                            "resources": {
                                "requests": {"cpu": "100m", "memory": "256Mi"},
                                "limits": {"memory": "1Gi"},
                            },
                            "securityContext": CONTAINER_SECURITY,
                            "volumeMounts": [TMP],
                        }
                    ],
                    "volumes": [{"name": "tmp", "emptyDir": {}}],
                },
            },
        },
    }


def test_marks_that_a_cluster_asks_for_are_on_every_pod_and_give_the_migration_no_sidecar() -> None:
    mesh = {
        "podLabels": {"sidecar.istio.io/inject": "true", "team": "ml"},
        "podAnnotations": {"linkerd.io/inject": "enabled", "example.com/note": "a b"},
    }
    recording = recorded(cluster=mesh)

    def metadata(name: str) -> Any:  # noqa: ANN401
        return inputs(recording, name)["spec"]["template"]["metadata"]

    for name in ("langfuse-deployment", "langfuse-postgres-stateful-set"):
        found = metadata(name)
        assert {key: found["labels"][key] for key in mesh["podLabels"]} == mesh["podLabels"]
        assert found["annotations"] == mesh["podAnnotations"]
    migration = metadata("langfuse-migration")
    assert migration["labels"] == {**MIGRATION, **RELEASE, **NO_SIDECAR, "team": "ml"}
    assert migration["annotations"]["example.com/note"] == "a b"
    assert migration["annotations"]["linkerd.io/inject"] == "disabled"
    deployment = inputs(recording, "langfuse-deployment")
    assert "team" not in deployment["metadata"]["labels"]
    assert deployment["spec"]["selector"] == {"matchLabels": SELECTOR}


def test_the_migration_may_take_as_long_as_its_own_deadline() -> None:
    request = recorded().named("langfuse-migration").request

    assert request.customTimeouts.create == "960s"


def test_a_rollout_may_take_as_long_as_all_its_pods_need_one_after_the_other() -> None:
    request = recorded(langfuse={"maxReplicas": 10}).named("langfuse-deployment").request

    assert (request.customTimeouts.create, request.customTimeouts.update) == ("1740s", "1740s")


def test_a_digest_pins_the_image_of_both_pods() -> None:
    digest = "sha256:" + 64 * "a"

    for name in ("langfuse-deployment", "langfuse-migration"):
        (container,) = pod(name, langfuse={"digest": digest})["containers"]
        assert container["image"] == f"docker.io/langfuse/langfuse:2.95.12@{digest}"


def test_the_settings_that_are_not_secret_are_one_immutable_config_map() -> None:
    config = inputs(recorded(), "langfuse-config")

    assert config["immutable"] is True
    assert "name" not in config["metadata"]
    assert config["data"] == {
        "AUTH_DISABLE_SIGNUP": "true",
        "HOSTNAME": "0.0.0.0",  # noqa: S104
        "KEEP_ALIVE_TIMEOUT": "65000",
        "LANGFUSE_AUTO_POSTGRES_MIGRATION_DISABLED": "true",
        "LANGFUSE_ENABLE_EXPERIMENTAL_FEATURES": "false",
        "LANGFUSE_INIT_ORG_ID": "default",
        "LANGFUSE_INIT_ORG_NAME": "Default",
        "LANGFUSE_INIT_PROJECT_ID": "default",
        "LANGFUSE_INIT_PROJECT_NAME": "default",
        "LANGFUSE_INIT_USER_EMAIL": "admin@example.com",
        "LANGFUSE_INIT_USER_NAME": "Administrator",
        "LANGFUSE_LOG_FORMAT": "json",
        "NEXTAUTH_URL": "http://localhost:3000",
        "NODE_OPTIONS": "--max-old-space-size=1152",
        "PORT": "3000",
        "TELEMETRY_ENABLED": "false",
    }


def test_service_accounts_services_and_budget_are_exactly_these() -> None:
    recording = recorded()
    metadata = {"name": "langfuse", "namespace": "observability", "labels": WEB}

    assert inputs(recording, "langfuse-service-account") == {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata,
        "automountServiceAccountToken": False,
    }
    assert inputs(recording, "langfuse-service") == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {
            "type": "ClusterIP",
            "selector": SELECTOR,
            "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
        },
    }
    assert inputs(recording, "langfuse-disruption-budget") == {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata,
        "spec": {
            "maxUnavailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": SELECTOR},
        },
    }
    assert inputs(recording, "langfuse-migration-service-account") == {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            "name": "langfuse-migration",
            "namespace": "observability",
            "labels": MIGRATION,
        },
        "automountServiceAccountToken": False,
    }


def test_the_autoscaler_is_exactly_this() -> None:
    assert inputs(recorded(), "langfuse-autoscaler")["spec"] == {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "langfuse"},
        "minReplicas": 1,
        "maxReplicas": 2,
        "metrics": [
            {
                "type": "Resource",
                "resource": {
                    "name": "cpu",
                    "target": {"type": "Utilization", "averageUtilization": 50},
                },
            }
        ],
        "behavior": {
            "scaleUp": {
                "stabilizationWindowSeconds": 30,
                "selectPolicy": "Max",
                "policies": [
                    {"type": "Pods", "value": 2, "periodSeconds": 60},
                    {"type": "Percent", "value": 100, "periodSeconds": 60},
                ],
            },
            "scaleDown": {
                "stabilizationWindowSeconds": 300,
                "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}],
            },
        },
    }


def test_a_fixed_number_of_replicas_is_held_by_the_autoscaler_too() -> None:
    fixed = recorded(langfuse={"minReplicas": 3, "maxReplicas": 3})

    for recording in (recorded(), fixed):
        assert "replicas" not in inputs(recording, "langfuse-deployment")["spec"]
    autoscaler = inputs(fixed, "langfuse-autoscaler")["spec"]
    assert (autoscaler["minReplicas"], autoscaler["maxReplicas"]) == (3, 3)


def test_pods_reach_dns_the_database_and_https_and_are_reached_by_their_clients() -> None:
    policy = inputs(recorded(), "langfuse-network-policy")["spec"]

    assert policy == {
        "podSelector": {"matchLabels": SELECTOR},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "from": [
                    {"podSelector": {}},
                    {
                        "namespaceSelector": {
                            "matchLabels": {"kubernetes.io/metadata.name": "ai-agents"}
                        }
                    },
                ],
                "ports": [{"protocol": "TCP", "port": "http"}],
            }
        ],
        "egress": [DNS, TO_POSTGRES, {"ports": [{"protocol": "TCP", "port": 443}]}],
    }


def test_the_migration_reaches_dns_and_the_database_alone_and_nothing_reaches_it() -> None:
    assert inputs(recorded(), "langfuse-migration-network-policy")["spec"] == {
        "podSelector": {"matchLabels": MIGRATION_SELECTOR},
        "policyTypes": ["Ingress", "Egress"],
        "egress": [DNS, TO_POSTGRES],
    }


def test_no_egress_port_means_no_rule_for_anywhere() -> None:
    policy = inputs(recorded(langfuse={"egressPorts": []}), "langfuse-network-policy")["spec"]

    assert policy["egress"] == [DNS, TO_POSTGRES]


def test_the_deployment_waits_for_migration_policy_settings_and_secrets_and_nothing_else() -> None:
    recording = recorded()

    assert depends_on(recording, recording.named("langfuse-deployment")) == [
        "langfuse-app-secret",
        "langfuse-config",
        "langfuse-database-secret",
        "langfuse-migration",
        "langfuse-namespace",
        "langfuse-network-policy",
        "langfuse-service-account",
    ]


def test_the_migration_waits_for_its_policy_and_the_database_and_not_for_the_other_secrets() -> (
    None
):
    before = all_before(recorded(), "langfuse-migration")
    assert "langfuse-migration-network-policy" in before

    assert "langfuse-postgres-stateful-set" in before
    assert "langfuse-app-secret" not in before
    assert "langfuse-config" not in before


@pytest.mark.parametrize("name", ["langfuse-config", "langfuse-service", "langfuse-app-secret"])
def test_what_does_not_need_the_database_does_not_wait_for_it(name: str) -> None:
    assert "langfuse-postgres-stateful-set" not in all_before(recorded(), name)


@pytest.mark.parametrize(
    ("version", "startup", "liveness"),
    [
        ("2.75.0", "/api/public/health", None),
        ("2.77.0", "/api/public/health", None),
        ("2.78.0", "/api/public/ready", None),
        ("2.79.0", "/api/public/ready", "/api/public/health"),
        ("2.95.12", "/api/public/ready", "/api/public/health"),
    ],
)
def test_probes_follow_the_release(version: str, startup: str, liveness: str | None) -> None:
    old = version < "2.78.0"
    spec = pod(
        "langfuse-deployment",
        langfuse={"version": version, **({"admin": None, "signUp": "open"} if old else {})},
        agents={"namespaces": [] if old else ["ai-agents"]},
    )
    (container,) = spec["containers"]

    assert container["startupProbe"]["httpGet"]["path"] == startup
    assert container["readinessProbe"]["httpGet"]["path"] == startup
    if liveness is None:
        assert container["livenessProbe"] == {
            "tcpSocket": {"port": "http"},
            "periodSeconds": 10,
            "timeoutSeconds": 5,
            "failureThreshold": 6,
        }
    else:
        assert container["livenessProbe"] == probe(liveness, 10, 6)


@pytest.mark.parametrize(
    "section",
    [
        {"telemetry": True},
        {"licenseKey": {"secure": "licence"}},
    ],
)
def test_a_health_page_that_waits_for_the_database_restarts_no_pod(section: Any) -> None:  # noqa: ANN401
    (container,) = pod("langfuse-deployment", langfuse=section)["containers"]

    assert container["livenessProbe"]["tcpSocket"] == {"port": "http"}
    assert container["readinessProbe"]["httpGet"]["path"] == "/api/public/ready"


def test_the_first_user_is_the_one_that_langfuse_finds_again_at_its_next_start() -> None:
    recording = recorded(langfuse={"admin": {"email": "Ada.Admin@example.com"}})

    assert inputs(recording, "langfuse-config")["data"]["LANGFUSE_INIT_USER_EMAIL"] == (
        "ada.admin@example.com"
    )
    assert recording.exports["adminEmail"] == "ada.admin@example.com"


def test_an_old_release_gets_no_variable_that_it_does_not_know() -> None:
    recording = recorded(
        langfuse={"version": "2.77.0", "admin": None, "signUp": "open"}, agents={"namespaces": []}
    )

    assert sorted(inputs(recording, "langfuse-config")["data"]) == [
        "AUTH_DISABLE_SIGNUP",
        "HOSTNAME",
        "KEEP_ALIVE_TIMEOUT",
        "LANGFUSE_AUTO_POSTGRES_MIGRATION_DISABLED",
        "LANGFUSE_ENABLE_EXPERIMENTAL_FEATURES",
        "NEXTAUTH_URL",
        "NODE_OPTIONS",
        "PORT",
        "TELEMETRY_ENABLED",
    ]


def test_a_mirror_changes_the_image_and_every_pod_gets_its_pull_secret() -> None:
    sections = {
        "langfuse": {"repository": "mirror.example.com/langfuse"},
        "cluster": {"imagePullSecrets": ["mirror"]},
    }

    for name in ("langfuse-deployment", "langfuse-migration"):
        (container,) = pod(name, **sections)["containers"]
        assert container["image"] == "mirror.example.com/langfuse:2.95.12"
    for name in ("langfuse-deployment", "langfuse-migration", "langfuse-postgres-stateful-set"):
        assert pod(name, **sections)["imagePullSecrets"] == [{"name": "mirror"}]


def test_required_zone_spread_leaves_a_pod_waiting_rather_than_in_a_full_zone() -> None:
    spec = pod("langfuse-deployment", langfuse={"zoneSpread": "required"})

    assert [c["whenUnsatisfiable"] for c in spec["topologySpreadConstraints"]] == [
        "DoNotSchedule",
        "ScheduleAnyway",
    ]


def test_every_pod_is_placed_where_the_cluster_section_says() -> None:
    toleration = {"key": "dedicated", "operator": "Equal", "value": "llm", "effect": "NoSchedule"}
    cluster = {"nodeSelector": {"pool": "llm"}, "tolerations": [toleration]}

    for name in ("langfuse-deployment", "langfuse-migration", "langfuse-postgres-stateful-set"):
        spec = pod(name, cluster=cluster)
        assert spec["nodeSelector"] == {"pool": "llm"}
        assert spec["tolerations"] == [toleration]


def test_extra_variables_join_the_settings_and_the_secret() -> None:
    recording = recorded(
        langfuse={
            "environment": {
                "AUTH_SESSION_MAX_AGE": "60",
                "LANGFUSE_DEFAULT_ORG_ID": "default",
            },
            "secretEnvironment": {"ADMIN_API_KEY": {"secure": "v1:ciphertext"}},
        }
    )

    config = inputs(recording, "langfuse-config")["data"]
    secret = inputs(recording, "langfuse-app-secret")["stringData"]
    assert config["AUTH_SESSION_MAX_AGE"] == "60"
    assert secret["ADMIN_API_KEY"] == "placeholder8a3b54cb"
    assert "ADMIN_API_KEY" not in config
