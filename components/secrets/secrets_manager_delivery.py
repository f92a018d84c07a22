"""Delivery through Secrets Manager: a store for each namespace, an entry for each Secret."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.aws.cluster import OidcProvider
from components.secrets.delivery import DeliveredSecret, Delivery, SecretArgs, SecretsOfNamespace
from components.secrets.entries import entry_name
from components.secrets.secrets_manager_secret import SecretsManagerSecret, SecretsManagerSecretArgs
from components.secrets.secrets_manager_store import (
    SecretReader,
    SecretsManagerStore,
    SecretsManagerStoreArgs,
)


@dataclass(frozen=True, kw_only=True)
class SecretsManagerDelivery(Delivery):
    """Entries in AWS Secrets Manager that External Secrets reads."""

    project: str
    stack: str
    """With the project, distinguishes the entries of this stack from others in the account."""
    region: str
    """Region of the entries."""
    oidc: OidcProvider
    """The cluster's identity provider."""
    recovery_days: int
    """Days for which a deleted entry can be restored."""
    kms_key_arn: str | None
    """Key of the entries; none takes the account's aws/secretsmanager key."""
    protect: bool
    """Refuse deletion and replacement of the entries."""
    operator: pulumi.Resource | None
    """The operator, if this stack installs it."""
    permissions_boundary_arn: str | None = None
    """Permissions boundary of the roles that read entries."""
    role_path: str = "/"
    """IAM path of these roles."""

    def into(
        self,
        name: str,
        namespace: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
        *,
        path: tuple[str, ...] = (),
    ) -> SecretsOfNamespace:
        store = SecretsManagerStore(
            f"{name}-secrets",
            SecretsManagerStoreArgs(
                namespace=namespace,
                region=self.region,
                oidc=self.oidc,
                operator=self.operator,
                permissions_boundary_arn=self.permissions_boundary_arn,
                role_path=self.role_path,
            ),
            opts,
        )
        return _Secrets(delivery=self, namespace=namespace, path=path, reader=store.reader)


@dataclass(frozen=True, kw_only=True)
class _Secrets(SecretsOfNamespace):
    delivery: SecretsManagerDelivery
    namespace: pulumi.Input[str]
    path: tuple[str, ...]
    reader: SecretReader

    def deliver(self, name: str, args: SecretArgs, opts: pulumi.ResourceOptions) -> DeliveredSecret:
        settings = self.delivery
        return SecretsManagerSecret(
            name,
            SecretsManagerSecretArgs(
                namespace=self.namespace,
                entry_name=entry_name(settings.project, settings.stack, *self.path, args.role),
                values=args.values,
                reader=self.reader,
                recovery_days=settings.recovery_days,
                kms_key_arn=settings.kms_key_arn,
                # The values of agents are in the stack's own entries too: nothing is lost.
                protect=settings.protect and not self.path,
                fixed_name=args.fixed_name,
            ),
            opts,
        ).delivered
