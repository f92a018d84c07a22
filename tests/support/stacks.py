"""Stacks for the contract tests: every base, and cases beyond them by overrides."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from stacks.settings import Settings
from tests.support import bases, recordings
from tests.support.bases import BASES
from tests.support.manifests import Cluster
from tests.support.shared import shared
from tooling import render
from tooling.engineless.recording import Recording
from tooling.render import RenderedStack

_N: Final = "agent-observability:"
_ENCRYPTED: Final = {"secure": "not decrypted here"}


EXTERNAL_STORAGE: Final[Mapping[str, Any]] = {
    "engine": "external",
    "endpoint": "https://objects.example.com",
    "bucket": "langfuse-events",
    "accessKeyId": _ENCRYPTED,
    "secretAccessKey": _ENCRYPTED,
}

DEV_ON_EKS: Final[Mapping[str, Any]] = {
    f"{_N}cluster": {"context": None, "kubeconfig": None, "eksName": "platform-dev"},
    f"{_N}database": {"createStorageClass": True},
    "aws:region": "ap-northeast-2",
}
"""As overrides of a stack in a cluster: on an EKS cluster, with a StorageClass of its own."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A base with overrides, and what its cluster has already."""

    base: str = "version 2 dev"
    overrides: Mapping[str, Any] = field(default_factory=dict[str, Any])
    auto_mode: bool = False
    adopted: frozenset[str] = frozenset()
    external: frozenset[tuple[str, str, str]] = frozenset()


VARIANTS: Final[Mapping[str, Variant]] = {
    **{base: Variant(base=base) for base in BASES},
    "fixed replicas": Variant(overrides={f"{_N}langfuse": {"minReplicas": 2, "maxReplicas": 2}}),
    "created storage class": Variant(overrides={f"{_N}database": {"createStorageClass": True}}),
    "external database": Variant(
        overrides={
            f"{_N}database": {
                "engine": "external",
                "host": "postgres.example.com",
                "password": _ENCRYPTED,
                "storageGiB": None,
            }
        }
    ),
    "adopted namespaces": Variant(
        overrides={
            f"{_N}cluster": {"createNamespace": False},
            f"{_N}agents": {"namespaces": [], "existingNamespaces": ["ai-agents"]},
        },
        adopted=frozenset({"observability", "ai-agents"}),
    ),
    "agents with LangSmith": Variant(
        overrides={
            f"{_N}agents": {"namespaces": ["research", "support"], "existingNamespaces": ["sales"]},
            f"{_N}langsmith": {
                "apiKey": _ENCRYPTED,
                "project": "agents",
                "workspaceId": "1234abcd-12ab-34cd-56ef-1234567890ab",
            },
        },
        adopted=frozenset({"sales"}),
    ),
    "version 4 in the cluster": Variant(
        overrides={
            f"{_N}langfuse": {"version": "4.16.0"},
            f"{_N}clickhouse": {"engine": "statefulSet", "createStorageClass": True},
            f"{_N}cache": {"engine": "statefulSet"},
            f"{_N}objectStorage": {
                "engine": "statefulSet",
                "media": True,
                "publicEndpoint": "http://localhost:8333",
            },
        }
    ),
    "version 4 with a gateway": Variant(
        base="dev",
        overrides={
            f"{_N}agents": {"namespaces": ["research"], "existingNamespaces": ["sales"]},
            f"{_N}langsmith": {"apiKey": _ENCRYPTED, "project": "agents"},
            f"{_N}gateway": {
                "replicas": 3,
                "masking": "drop",
                "maskedPatterns": [r"\d{3}-\d{4}$"],
                "sampling": 0.5,
                "langsmith": True,
            },
            f"{_N}monitoring": {
                "runbooks": "https://git.example.com/docs",
                "prometheusRules": {"prometheusNamespace": "monitoring"},
            },
        },
        adopted=frozenset({"sales"}),
    ),
    "version 4 with services elsewhere": Variant(
        base="version 2 prod",
        overrides={
            f"{_N}langfuse": {"version": "4.16.0"},
            f"{_N}clickhouse": {
                "engine": "external",
                "kind": "cloud",
                "url": "https://abc.eu-central-1.aws.clickhouse.cloud:8443",
                "password": _ENCRYPTED,
            },
            f"{_N}cache": {
                "engine": "external",
                "host": "redis.example.com",
                "password": _ENCRYPTED,
            },
            f"{_N}objectStorage": EXTERNAL_STORAGE,
        },
    ),
    "version 4 with the operator of ClickHouse": Variant(
        overrides={
            f"{_N}langfuse": {"version": "4.16.0"},
            f"{_N}clickhouse": {"engine": "operator"},
            f"{_N}cache": {"engine": "statefulSet"},
            f"{_N}objectStorage": EXTERNAL_STORAGE,
        }
    ),
    "version 4 with S3": Variant(
        base="version 2 prod",
        overrides={
            f"{_N}langfuse": {"version": "4.16.0"},
            f"{_N}clickhouse": {
                "engine": "external",
                "kind": "cloud",
                "url": "https://abc.eu-central-1.aws.clickhouse.cloud:8443",
                "password": _ENCRYPTED,
            },
            f"{_N}cache": {
                "engine": "external",
                "host": "redis.example.com",
                "password": _ENCRYPTED,
            },
            f"{_N}objectStorage": {"engine": "s3", "media": True},
            f"{_N}monitoring": {
                "queueMetrics": True,
                "alarms": {"workerLogGroup": "/aws/containerinsights/platform-prod/application"},
            },
        },
    ),
    "version 4 with ElastiCache": Variant(
        base="version 2 prod",
        overrides={
            f"{_N}langfuse": {"version": "4.16.0"},
            f"{_N}clickhouse": {
                "engine": "external",
                "kind": "cloud",
                "url": "https://abc.eu-central-1.aws.clickhouse.cloud:8443",
                "password": _ENCRYPTED,
            },
            f"{_N}cache": {"engine": "elastiCache"},
            f"{_N}objectStorage": EXTERNAL_STORAGE,
        },
    ),
    "version 4 with login, mail and private gateways": Variant(
        base="prod",
        overrides={
            f"{_N}langfuse": {
                "sso": {
                    "providers": {
                        "okta": {
                            "clientId": "0oa1b2c3d4",
                            "clientSecret": _ENCRYPTED,
                            "issuer": "https://example.okta.com",
                            "allowAccountLinking": True,
                        },
                        "google": {"clientId": "langfuse", "clientSecret": _ENCRYPTED},
                    },
                    "passwordLogin": False,
                },
                "smtp": {
                    "host": "email-smtp.ap-northeast-2.amazonaws.com",
                    "username": "AKIAEXAMPLE",
                    "password": _ENCRYPTED,
                    "sender": "langfuse@example.com",
                },
                "allowedTargets": {
                    "llmConnections": {"hosts": ["llm.example.com"], "networks": ["10.1.0.0/16"]}
                },
                "licenseKey": _ENCRYPTED,
                "retentionDays": 90,
            },
        },
    ),
    "version 3": Variant(
        overrides={
            f"{_N}langfuse": {"version": "3.225.4"},
            f"{_N}clickhouse": {"engine": "statefulSet"},
            f"{_N}cache": {"engine": "statefulSet"},
            f"{_N}objectStorage": {**EXTERNAL_STORAGE, "media": True},
        }
    ),
    "version 2 with the services of 3": Variant(
        base="version 2 prod",
        overrides={
            f"{_N}langfuse": {"upgrade": {"to": 3}},
            f"{_N}clickhouse": {"engine": "operator", "protect": True},
            f"{_N}cache": {"engine": "elastiCache", "protect": True},
            f"{_N}objectStorage": {"engine": "s3", "exports": False},
        },
    ),
    "oldest version": Variant(
        overrides={
            f"{_N}langfuse": {"version": "2.75.0", "signUp": "open", "admin": None},
            f"{_N}agents": {"namespaces": []},
        }
    ),
    "image pull secrets": Variant(
        overrides={f"{_N}cluster": {"imagePullSecrets": ["registry"]}},
        external=frozenset({("Secret", "observability", "registry")}),
    ),
    "placement": Variant(
        overrides={
            f"{_N}cluster": {
                "nodeSelector": {"kubernetes.io/arch": "arm64"},
                "tolerations": [
                    {"key": "team", "value": "ml", "effect": "NoSchedule"},
                    {"operator": "Exists"},
                ],
            }
        }
    ),
    "version 2 prod with storage, logs and LangSmith, open to the world": Variant(
        base="version 2 prod",
        overrides={
            f"{_N}objectStorage": {"engine": "s3", "exports": True, "media": True},
            f"{_N}langsmith": {"apiKey": _ENCRYPTED, "project": "agents"},
            f"{_N}endpoint": {
                "accessLogs": {"days": 30},
                "deletionProtection": True,
                "inboundCidrs": ["0.0.0.0/0"],
            },
            f"{_N}acknowledge": ["openToTheWorld"],
        },
    ),
    "version 2 prod without DNS": Variant(
        base="version 2 prod",
        overrides={
            f"{_N}endpoint": {
                "hostedZone": None,
                "certificateArn": "arn:aws:acm:ap-northeast-2:123456789012:certificate/"
                "1234abcd-12ab-34cd-56ef-1234567890ab",
                "scheme": "internal",
                "inboundCidrs": None,
            }
        },
    ),
    "version 2 prod without endpoint, secrets in Kubernetes": Variant(
        base="version 2 prod",
        overrides={
            f"{_N}endpoint": None,
            f"{_N}secrets": {"delivery": "kubernetes", "recoveryDays": None},
        },
    ),
    "version 2 dev with monitoring": Variant(
        overrides={
            f"{_N}monitoring": {
                "runbooks": "https://git.example.com/platform/agent-observability/docs",
                "dashboards": {"folder": "Langfuse"},
                "prometheusRules": {
                    "labels": {"release": "kube-prometheus-stack"},
                    "alertLabels": {"team": "platform"},
                    "prober": "blackbox-exporter.monitoring.svc:9115",
                },
            }
        }
    ),
    "version 2 prod probed, with a topic of its own": Variant(
        base="version 2 prod",
        overrides={
            f"{_N}monitoring": {
                "prometheusRules": {"prober": "blackbox-exporter.monitoring.svc:9115"},
                "alarms": {
                    "email": None,
                    "topicArn": "arn:aws:sns:ap-northeast-2:123456789012:on-call",
                },
            }
        },
    ),
    "version 2 prod, paused": Variant(
        base="version 2 prod", overrides={f"{_N}langfuse": {"paused": True}}
    ),
    "prod on EKS Auto Mode": Variant(base="prod", auto_mode=True),
    "version 2 prod on EKS Auto Mode": Variant(base="version 2 prod", auto_mode=True),
    "version 2 dev on EKS Auto Mode": Variant(overrides=DEV_ON_EKS, auto_mode=True),
    "further environment": Variant(
        overrides={
            f"{_N}langfuse": {
                "environment": {"AUTH_SESSION_MAX_AGE": "60"},
                "secretEnvironment": {"ADMIN_API_KEY": _ENCRYPTED},
                "egressPorts": [443, 587],
                "allowedNamespaces": ["monitoring"],
                "zoneSpread": "required",
            }
        }
    ),
}


def settings(variant: str) -> Settings:
    """The settings of a variant of a stack file."""
    case = VARIANTS[variant]
    return bases.read_settings(case.base, case.overrides)


def recorded(variant: str, *, preview: bool = False) -> Recording:
    """What the program registers for a variant."""
    case = VARIANTS[variant]
    return recordings.with_overrides(
        case.base, case.overrides, preview=preview, auto_mode=case.auto_mode
    )


@functools.cache
def rendered(variant: str, *, keep_secrets: bool = False) -> RenderedStack:
    """A variant as it is rendered."""
    return shared(
        f"rendered {variant} {keep_secrets}",
        lambda: render.collect(recorded(variant), keep_secrets=keep_secrets),
    )


def cluster(variant: str) -> Cluster:
    """A variant's objects, with their secret values, on its cluster."""
    case = VARIANTS[variant]
    objects = rendered(variant, keep_secrets=True).objects
    return Cluster.of(
        (item.manifest for item in objects), adopted=case.adopted, external=case.external
    )
