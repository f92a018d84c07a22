"""Explicit providers: which cluster a stack goes to is never left to the caller's environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_kubernetes
import yaml

from stacks.settings import ConfigurationError, Problem, Settings
from stacks.settings.machinery.problems import NAMESPACE, set_command, show

if TYPE_CHECKING:
    from stacks.platforms.eks_providers import Eks


@dataclass(frozen=True, kw_only=True)
class Platform:
    """Where a stack goes."""

    providers: list[pulumi.ProviderResource]
    """For the stack to inherit."""
    eks: Eks | None = None
    """The cluster in AWS, if it is there."""


def connect(settings: Settings) -> Platform:
    """The platform that a stack names; raises ``ConfigurationError`` if there is none."""
    if settings.cluster.eks_name is None:
        return Platform(providers=[kubernetes(settings)])
    from stacks.platforms import eks_providers  # noqa: PLC0415 - AWS's SDK takes a second that other stacks save

    connected = eks_providers.connect(settings)
    return Platform(providers=[connected.kubernetes, connected.aws], eks=connected)


def kubernetes(settings: Settings) -> pulumi_kubernetes.Provider:
    """The provider for the context that a stack names."""
    cluster = settings.cluster
    files = _kubeconfig_files(cluster.kubeconfig)
    contexts = [name for file in files for name in _contexts(file)]
    if cluster.context not in contexts:
        key = f"{NAMESPACE}:cluster.context"
        where = ", ".join(str(file) for file in files)
        known = f"it has {', '.join(contexts)}" if contexts else "it has no context"
        problem = Problem(
            key,
            show(cluster.context),
            f"must be a context of the kubeconfig {where}; {known}",
            set_command(key, contexts[0] if contexts else "kind-langfuse"),
        )
        raise ConfigurationError(settings.stack, [problem])
    return pulumi_kubernetes.Provider(
        "kubernetes",
        context=cluster.context,
        # Empty, not absent: the SDK would put $KUBECONFIG of whoever runs it into the state. The
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
