"""Stacks of the tests' own for the tiers that deploy: no change to a stack file reaches them."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from stacks import stack_files

_N: Final = "agent-observability:"

DEV: Final[Mapping[str, Any]] = {
    f"{_N}cluster": {"context": "kind-langfuse", "namespace": "observability"},
    f"{_N}langfuse": {
        "version": "2.95.12",
        "minReplicas": 1,
        "maxReplicas": 2,
        "admin": {"email": "admin@example.com"},
        "resources": {"cpu": "250m", "memory": "768Mi", "memoryLimit": "1536Mi"},
    },
    f"{_N}database": {"engine": "statefulSet", "storageGiB": 20},
    f"{_N}agents": {"namespaces": ["ai-agents"]},
}
"""Version 2, with PostgreSQL in the cluster."""

SERVICES: Final[Mapping[str, Any]] = {
    f"{_N}clickhouse": {"engine": "statefulSet"},
    f"{_N}cache": {"engine": "statefulSet"},
    f"{_N}objectStorage": {"engine": "statefulSet"},
}
"""What versions 3 and 4 need beside the database, in the cluster."""


def of_release(release: str, config: Mapping[str, Any] = DEV) -> Mapping[str, Any]:
    """``config`` with another release of Langfuse, and what that needs."""
    services = {} if release.startswith("2.") else SERVICES
    changed = {f"{_N}langfuse": {"version": release, "resources": None}}
    return stack_files.merge(config, {**services, **changed})


PROD: Final[Mapping[str, Any]] = {
    "aws:region": "ap-northeast-2",
    "aws:allowedAccountIds": ["123456789012"],
    "aws:defaultTags": {"tags": {"service": "agent-observability", "environment": "prod"}},
    f"{_N}cluster": {"eksName": "platform-prod", "namespace": "observability", "protect": True},
    f"{_N}langfuse": {
        "version": "2.95.12",
        "minReplicas": 2,
        "maxReplicas": 4,
        "admin": {"email": "ops@example.com"},
        "resources": {"cpu": "250m", "memory": "1Gi", "memoryLimit": "2Gi"},
    },
    f"{_N}database": {
        "engine": "rds",
        "instanceClass": "db.t4g.medium",
        "storageGiB": 100,
        "maxStorageGiB": 500,
        "multiAz": True,
        "backupDays": 14,
        "protect": True,
    },
    f"{_N}secrets": {"delivery": "secretsManager", "protect": True, "recoveryDays": 14},
    f"{_N}endpoint": {
        "host": "langfuse.example.com",
        "hostedZone": "example.com",
        "scheme": "internet-facing",
        "inboundCidrs": ["203.0.113.0/24"],
    },
    f"{_N}agents": {"namespaces": ["ai-agents"]},
    f"{_N}monitoring": {
        "runbooks": "https://git.example.com/platform/agent-observability/docs",
        "dashboards": {"folder": "Langfuse"},
        "prometheusRules": {
            "labels": {"release": "kube-prometheus-stack"},
            "prober": "blackbox-exporter.monitoring.svc:9115",
        },
        "alarms": {"email": "ops@example.com"},
    },
}
"""Version 2 on EKS: RDS, Secrets Manager, a load balancer, alarms."""

GATEWAY: Final = {"replicas": 2, "storageGiB": 1}
FOUR: Final[Mapping[str, Any]] = {**of_release("4.16.0"), f"{_N}gateway": GATEWAY}
"""Version 4 with its services in the cluster, and a gateway for agents."""

STACKS: Final = {"dev": DEV, "prod": PROD, "four": FOUR}


@contextmanager
def own_stacks(folder: Path) -> Generator[None]:
    """These in place of the repository's stack files, for what reads one by a stack's name."""
    (folder / "Pulumi.yaml").symlink_to(stack_files.ROOT / "Pulumi.yaml")
    for name, config in STACKS.items():
        text = yaml.safe_dump({"config": dict(config)}, sort_keys=False)
        (folder / f"Pulumi.{name}.yaml").write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stack_files, "ROOT", folder)
        yield
