"""Access of one namespace to Secrets Manager: service account, IAM role and SecretStore."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws.iam import Role
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.core.v1 import ServiceAccount

from components.aws.cluster import OidcProvider
from components.aws.iam_documents import encode
from components.aws.iam_trust import irsa_trust
from components.kubernetes.labels import labels
from components.secrets import external_secrets

TYPE = "agent-observability:index:SecretsManagerStore"

_ROLE_PREFIX_LENGTH = 38
"""Names of roles have 64 characters, of which the provider adds 26. Namespaces may have 63."""


@dataclass(frozen=True, kw_only=True)
class SecretReader:
    """The store and the role of one namespace. Each entry adds the permission to read it."""

    store_name: pulumi.Output[str]
    """Name of the SecretStore; resolves when the role can be assumed."""
    role_name: pulumi.Output[str]
    """Name of the IAM role, for a policy of each entry."""


@dataclass(frozen=True, kw_only=True)
class SecretsManagerStoreArgs:
    namespace: pulumi.Input[str]
    """Namespace of all objects."""
    region: pulumi.Input[str]
    """Region of the entries."""
    oidc: OidcProvider
    """The cluster's identity provider, which the role trusts."""
    operator: pulumi.Resource | None = None
    """The External Secrets Operator, if this program installs it."""
    permissions_boundary_arn: str | None = None
    """Permissions boundary of the role."""
    role_path: str = "/"
    """IAM path of the role."""


class SecretsManagerStore(pulumi.ComponentResource):
    """A SecretStore of one namespace, and a role that only its service account can assume.

    One for each namespace that gets secrets. The role has no permission by itself: each
    ``SecretsManagerSecret`` adds the one for its own entry.
    """

    reader: SecretReader
    """For the entries that this namespace may read."""

    def __init__(
        self, name: str, args: SecretsManagerStoreArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        object_labels = labels(name, "secret-store", name="external-secrets")

        role = Role(
            f"{name}-role",
            name_prefix=f"{name[: _ROLE_PREFIX_LENGTH - 1]}-",
            path=args.role_path,
            description=f"External Secrets, reading for the service account {name}",
            permissions_boundary=args.permissions_boundary_arn,
            assume_role_policy=pulumi.Output.all(
                provider=args.oidc.arn,
                issuer=args.oidc.issuer_host,
                namespace=args.namespace,
            ).apply(
                lambda known: encode(
                    irsa_trust(
                        oidc_provider_arn=known["provider"],
                        issuer_host=known["issuer"],
                        namespace=known["namespace"],
                        service_accounts=[name],
                    )
                )
            ),
            opts=child,
        )
        account = ServiceAccount(
            f"{name}-service-account",
            metadata={
                "namespace": args.namespace,
                "name": name,
                "labels": object_labels,
                "annotations": {"eks.amazonaws.com/role-arn": role.arn},
            },
            # No pod runs as this account. The operator requests a token when it needs one.
            automount_service_account_token=False,
            opts=child,
        )
        store = CustomResource(
            f"{name}-store",
            api_version=external_secrets.API_VERSION,
            kind="SecretStore",
            metadata={
                "namespace": args.namespace,
                "name": name,
                "labels": object_labels,
                "annotations": external_secrets.UNTIL_READY,
            },
            spec=external_secrets.store_spec(
                region=args.region,
                service_account=account.metadata.apply(lambda m: m.name or ""),
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                # Its CRD and its webhook are part of the operator.
                depends_on=[args.operator] if args.operator else None,
                custom_timeouts=pulumi.CustomTimeouts(
                    create=f"{external_secrets.READY_MINUTES}m",
                    update=f"{external_secrets.READY_MINUTES}m",
                ),
            ),
        )
        self.reader = SecretReader(
            # The URN makes the name wait for the object.
            store_name=store.urn.apply(lambda _: name),
            role_name=role.name,
        )
        self.register_outputs({"storeName": self.reader.store_name})
