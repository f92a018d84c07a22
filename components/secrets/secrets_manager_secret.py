"""Secret values delivered through AWS Secrets Manager and the External Secrets Operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws.iam import RolePolicy
from pulumi_aws.secretsmanager import Secret, SecretPolicy, SecretVersion
from pulumi_kubernetes.apiextensions import CustomResource

from components.aws import write_only_version
from components.aws.iam_documents import encode
from components.kubernetes.field_ownership import OURS_ALONE
from components.kubernetes.labels import labels
from components.secrets import entries, external_secrets, secrets_manager_iam
from components.secrets.delivery import DeliveredSecret
from components.secrets.secrets_manager_store import SecretReader

TYPE = "agent-observability:index:SecretsManagerSecret"


@dataclass(frozen=True, kw_only=True)
class SecretsManagerSecretArgs:
    namespace: pulumi.Input[str]
    """Namespace of the delivered Secret."""
    entry_name: str
    """Name of the Secrets Manager entry (see ``entries.entry_name``). Another name makes another
    entry; the name of a deleted one cannot be reused within the recovery window."""
    values: Mapping[str, pulumi.Input[str]]
    """Values by key; each is treated as secret, whether it is marked or not."""
    reader: SecretReader
    """The store of ``namespace``, which reads the entry."""
    recovery_days: int
    """Days for which the deleted entry can be restored; 0 deletes it at once."""
    kms_key_arn: str | None = None
    """Key that encrypts the entry; none takes the account's aws/secretsmanager key."""
    protect: bool = False
    """Refuse deletion and replacement of the entry. Its values can still change."""
    fixed_name: str | None = None
    """Name that people write into their own manifests. Such a Secret changes in place, and pods
    read it when they start. Without it the Secret is immutable and a change makes a new one."""

    def __post_init__(self) -> None:
        if problem := entries.name_problem(self.entry_name):
            raise ValueError(f"the Secrets Manager entry '{self.entry_name}' {problem}")


class SecretsManagerSecret(pulumi.ComponentResource):
    """One Secrets Manager entry, and one version of it as a Kubernetes Secret.

    The Secret is named after the version. A change of the values writes a version, delivers it as a
    Secret with a new name, rolls the pods that refer to it, and then deletes the old Secret.
    """

    delivered: DeliveredSecret
    """The Secret, for pods to refer to."""
    entry_name: pulumi.Output[str]
    """Name of the entry, to show to people."""

    def __init__(
        self,
        name: str,
        args: SecretsManagerSecretArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        entry = Secret(
            f"{name}-entry",
            name=args.entry_name,
            description="Written by Pulumi; a change made here is not delivered.",
            kms_key_id=args.kms_key_arn,
            recovery_window_in_days=args.recovery_days,
            # None, not False: an unset option inherits, a set one would undo the component's own.
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect or None),
        )
        guard = SecretPolicy(
            f"{name}-entry-policy",
            secret_arn=entry.arn,
            policy=entry.arn.apply(
                lambda arn: encode(secrets_manager_iam.entry_guard(entry_arn=arn))
            ),
            block_public_policy=True,
            opts=child,
        )
        version = _version(name, args, entry, guard, self)
        permission = RolePolicy(
            f"{name}-read",
            role=args.reader.role_name,
            policy=entry.arn.apply(
                lambda arn: encode(
                    secrets_manager_iam.read_entry(entry_arn=arn, kms_key_arn=args.kms_key_arn)
                )
            ),
            opts=child,
        )
        secret_name = pulumi.Output.from_input(args.fixed_name or "")
        if args.fixed_name is None:
            secret_name = version.version_id.apply(
                lambda id_: f"{name}-{entries.version_suffix(id_)}"
            )
        external_secret = CustomResource(
            f"{name}-external-secret",
            api_version=external_secrets.API_VERSION,
            kind="ExternalSecret",
            metadata={
                "namespace": args.namespace,
                # The same name as the Secret, so that another version makes a new object before the
                # old one is deleted. An object updated in place would still be Ready, and the pods
                # would be rolled before the operator has delivered the values.
                "name": secret_name,
                "labels": labels(name, "secret"),
                "annotations": {**external_secrets.UNTIL_READY, **OURS_ALONE},
            },
            spec=external_secrets.external_secret_spec(
                store=args.reader.store_name,
                target=secret_name,
                entry_arn=entry.arn,
                version=version.version_id.apply(lambda id_: f"uuid/{id_}"),
                immutable=args.fixed_name is None,
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                # Created after the role's permission, and deleted before it.
                depends_on=[permission],
                custom_timeouts=pulumi.CustomTimeouts(
                    create=f"{external_secrets.READY_MINUTES}m",
                    update=f"{external_secrets.READY_MINUTES}m",
                ),
            ),
        )
        self.delivered = DeliveredSecret(
            # The URN makes the name wait until the object is Ready.
            name=pulumi.Output.all(external_secret.urn, secret_name).apply(lambda known: known[1])
        )
        self.entry_name = entry.name
        self.register_outputs({"name": self.delivered.name, "entryName": self.entry_name})


def _version(
    name: str,
    args: SecretsManagerSecretArgs,
    entry: Secret,
    guard: SecretPolicy,
    parent: pulumi.Resource,
) -> SecretVersion:
    """The values as one JSON object: one entry is billed, and one call reads it.

    Write-only: the provider neither reads the values back nor stores them in the outputs, so a
    preview or refresh needs no permission to read secrets
    (https://github.com/hashicorp/terraform-provider-aws/pull/44876). The stack's state has them in
    the inputs, encrypted
    (https://github.com/pulumi/pulumi-terraform-bridge/issues/3201).
    """
    values = pulumi.Output.secret(pulumi.Output.json_dumps(dict(args.values), sort_keys=True))
    return SecretVersion(
        f"{name}-entry-version",
        secret_id=entry.arn,
        secret_string_wo=values,
        secret_string_wo_version=values.apply(write_only_version.version_of),
        opts=pulumi.ResourceOptions(
            parent=parent,
            # The entry has no value before its policy denies other accounts.
            depends_on=[guard],
            # Always replaced, never updated: the version id must be unknown in the preview of a
            # change, and new after it.
            replace_on_changes=["secretStringWoVersion"],
        ),
    )
