"""Delivery by Secrets that Pulumi writes."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.secrets.delivery import DeliveredSecret, Delivery, SecretArgs, SecretsOfNamespace
from components.secrets.kubernetes_secret import KubernetesSecret, KubernetesSecretArgs


@dataclass(frozen=True, kw_only=True)
class _Secrets(SecretsOfNamespace):
    namespace: pulumi.Input[str]

    def deliver(self, name: str, args: SecretArgs, opts: pulumi.ResourceOptions) -> DeliveredSecret:
        secret = KubernetesSecretArgs(
            namespace=self.namespace, values=args.values, fixed_name=args.fixed_name
        )
        return KubernetesSecret(name, secret, opts).delivered


class KubernetesDelivery(Delivery):
    """Secrets that Pulumi writes."""

    def into(
        self,
        name: str,
        namespace: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
        *,
        path: tuple[str, ...] = (),
    ) -> SecretsOfNamespace:
        return _Secrets(namespace=namespace)
