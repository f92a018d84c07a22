"""Delivery through Secrets Manager: a store for each namespace, an entry for each Secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.aws.cluster import OidcProvider
from components.secrets.delivery import Deliver, DeliveredSecret
from components.secrets.entries import entry_name
from components.secrets.secrets_manager_secret import SecretsManagerSecret, SecretsManagerSecretArgs
from components.secrets.secrets_manager_store import SecretsManagerStore, SecretsManagerStoreArgs


@dataclass(frozen=True, kw_only=True)
class SecretsManagerDelivery:
    """``Delivery`` by entries in AWS Secrets Manager that External Secrets reads."""

    project: str
    stack: str
    """With the project, what tells this stack's entries from others in the account."""
    region: str
    """Region of the entries."""
    oidc: OidcProvider
    """The cluster's identity provider."""
    recovery_days: int
    """Days for which a deleted entry can be restored."""
    kms_key_arn: str | None
    """Key of the entries; none takes the account's own."""
    protect: bool
    """Refuse deletion and replacement of the entries."""
    operator: pulumi.Resource | None
    """The operator, where this stack installs it."""
    permissions_boundary_arn: str | None = None
    """Permissions boundary of the roles that read entries."""

    def into(
        self,
        name: str,
        namespace: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
        *,
        path: tuple[str, ...] = (),
    ) -> Deliver:
        store = SecretsManagerStore(
            f"{name}-secrets",
            SecretsManagerStoreArgs(
                namespace=namespace,
                region=self.region,
                oidc=self.oidc,
                operator=self.operator,
                permissions_boundary_arn=self.permissions_boundary_arn,
            ),
            opts,
        )

        def deliver(
            name: str,
            role: str,
            values: Mapping[str, pulumi.Input[str]],
            opts: pulumi.ResourceOptions,
            *,
            fixed_name: str | None = None,
        ) -> DeliveredSecret:
            return SecretsManagerSecret(
                name,
                SecretsManagerSecretArgs(
                    namespace=namespace,
                    entry_name=entry_name(self.project, self.stack, *path, role),
                    values=values,
                    reader=store.reader,
                    recovery_days=self.recovery_days,
                    kms_key_arn=self.kms_key_arn,
                    # What agents get is in the stack's own entries too: nothing is lost with it.
                    protect=self.protect and not path,
                    fixed_name=fixed_name,
                ),
                opts,
            ).delivered

        return deliver
