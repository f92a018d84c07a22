"""A cluster that a kubeconfig names. Which one is never left to the caller's environment."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pulumi
import pulumi_kubernetes
import yaml

from components.kubernetes.cluster_mode import SELF_MANAGED, ClusterMode
from stacks.platforms.platform import Managed, Watch
from stacks.settings import ConfigurationError, Problem, Settings
from stacks.settings.machinery import repairs
from stacks.settings.machinery.problems import full_key, set_command, show
from stacks.settings.sections.cluster import Cluster
from stacks.settings.sections.monitoring import Monitoring


@dataclass(frozen=True, kw_only=True)
class Kubeconfig:
    """A cluster with nothing beside it: what needs more is refused."""

    kubernetes: pulumi_kubernetes.Provider
    kubectl: str
    """The command's name with the options that lead to the cluster."""

    @property
    def providers(self) -> list[pulumi.ProviderResource]:
        return [self.kubernetes]

    @property
    def mode(self) -> ClusterMode:
        """Unknown, and only a created StorageClass depends on it."""
        return SELF_MANAGED

    def delivery(self, *_: object, **__: object) -> NoReturn:
        raise _not_offered("secrets.delivery: secretsManager")

    def database(self, *_: object, **__: object) -> NoReturn:
        raise _not_offered("database.engine: rds")

    def cache(self, *_: object, **__: object) -> NoReturn:
        raise _not_offered("cache.engine: elastiCache")

    def storage(self, *_: object, **__: object) -> NoReturn:
        raise _not_offered("objectStorage")

    def endpoint(self, *_: object, **__: object) -> NoReturn:
        raise _not_offered("endpoint")

    def readiness_gates(self, *_: object, **__: object) -> NoReturn:
        raise _not_offered("endpoint")

    def endpoint_networks(self, *_: object, **__: object) -> NoReturn:
        raise _not_offered("endpoint")

    def watch(
        self, name: str, section: Monitoring, managed: Managed, opts: pulumi.ResourceOptions
    ) -> Watch:
        """What is in the cluster has its metrics in Prometheus alone."""
        if section.alarms is not None:
            raise _not_offered("monitoring.alarms")
        return Watch()


def _not_offered(key: str) -> pulumi.RunError:
    return pulumi.RunError(
        f"{full_key(key)} needs an EKS cluster (cluster.eksName), and this stack goes to a cluster "
        "of a kubeconfig (cluster.context)."
    )


def connect(settings: Settings) -> Kubeconfig:
    """The cluster of the context that a stack names; raises ``ConfigurationError`` if there is
    none."""
    return Kubeconfig(kubernetes=_provider(settings), kubectl=_kubectl(settings.cluster))


def _kubectl(cluster: Cluster) -> str:
    options = {"kubeconfig": cluster.kubeconfig, "context": cluster.context}
    return shlex.join(
        ["kubectl", *(f"--{name}={value}" for name, value in options.items() if value)]
    )


def _provider(settings: Settings) -> pulumi_kubernetes.Provider:
    cluster = settings.cluster
    files = _kubeconfig_files(cluster.kubeconfig)
    contexts = [name for file in files for name in _contexts(file)]
    if cluster.context not in contexts:
        key = full_key("cluster.context")
        where = ", ".join(str(file) for file in files)
        known = f"it has {', '.join(contexts)}" if contexts else "it has no context"
        # Only what differs in case or separators: any other context is another cluster.
        meant = repairs.same_letters(cluster.context, contexts)
        problem = Problem(
            key,
            show(cluster.context),
            f"must be a context of the kubeconfig {where}; {known}",
            set_command(key, meant) if meant else "",
        )
        raise ConfigurationError(settings.stack, [problem])
    return pulumi_kubernetes.Provider(
        "kubernetes",
        context=cluster.context,
        # Empty, not absent: the SDK would put the caller's $KUBECONFIG into the state. The
        # provider then reads it itself.
        kubeconfig=str(files[0]) if cluster.kubeconfig else "",
        # Another context is another cluster; a rewritten kubeconfig is not. Without this a change
        # of the server's address would replace every object, the database's volume included
        # (https://github.com/pulumi/pulumi-kubernetes/pull/4019).
        cluster_identifier=cluster.context,
        # Secrets that people refer to by name change in place. The others say `immutable: true`.
        enable_secret_mutable=True,
        enable_config_map_mutable=True,
    )


def _kubeconfig_files(configured: str | None) -> list[Path]:
    """The files that kubectl and the provider would read."""
    if configured is not None:
        return [Path(configured).expanduser()]
    ambient = os.environ.get("KUBECONFIG") or "~/.kube/config"
    return [Path(part).expanduser() for part in ambient.split(os.pathsep) if part]


def _contexts(file: Path) -> list[str]:
    """The contexts of a kubeconfig; none of a file that is not there or is not one."""
    try:
        document: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
        contexts: list[dict[str, str]] = document.get("contexts") or []
        return [context["name"] for context in contexts]
    except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError):
        return []
