"""Delivery of secret values to pods: what every way of it takes and gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi


@dataclass(frozen=True, kw_only=True)
class DeliveredSecret:
    """A Kubernetes Secret whose values are in place when ``name`` resolves.

    A change of the values changes the name, so that pods which name it are rolled, and none
    starts on old values under the new name.
    """

    name: pulumi.Output[str]


@dataclass(frozen=True, kw_only=True)
class SecretArgs:
    """One Secret to deliver."""

    role: str
    """What the Secret is for. Distinguishes it from others of the same namespace."""
    values: Mapping[str, pulumi.Input[str]]
    """Values by key; each is treated as secret, whether it is marked or not."""
    fixed_name: str | None = None
    """Name that people write into their own manifests. Such a Secret changes in place, and pods
    read it when they start. Without it, changed values have a new name."""


class SecretsOfNamespace(ABC):
    """Delivers Secrets into one namespace."""

    @abstractmethod
    def deliver(self, name: str, args: SecretArgs, opts: pulumi.ResourceOptions) -> DeliveredSecret:
        """Make the Secret; ``name`` is the component's."""


class Delivery(ABC):
    """A way of delivering secrets."""

    @abstractmethod
    def into(
        self,
        name: str,
        namespace: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
        *,
        path: tuple[str, ...] = (),
    ) -> SecretsOfNamespace:
        """Prepare a namespace, once; ``path`` distinguishes its secrets from those of others."""
