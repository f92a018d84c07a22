"""An S3 bucket for exports and media, and the role with which Langfuse accesses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi
from pulumi_aws import iam, s3

from components.aws import iam_trust
from components.aws.cluster import EksCluster, OidcProvider
from components.aws.iam_documents import encode
from components.langfuse.storage_environment import (
    EXPORT_PREFIX,
    role_prefixes,
    storage_environment,
)
from components.langfuse.versions import Version
from components.storage import object_storage_iam

if TYPE_CHECKING:
    from pulumi_aws.s3 import BucketLifecycleConfigurationRuleArgsDict

TYPE = "agent-observability:index:ObjectStorage"

ROLE_ANNOTATION: Final = "eks.amazonaws.com/role-arn"

_CLEAN_UP_DAYS: Final = 7
"""Days for which an overwritten object can be restored and a multipart upload completed."""


@dataclass(frozen=True, kw_only=True)
class ObjectStorageArgs:
    cluster: EksCluster
    """The cluster that Langfuse runs in; the bucket is in its account and region."""
    name_prefix: str
    """What the name of a created bucket begins with, that of no other stack."""
    oidc: OidcProvider | None
    """The cluster's identity provider; none if the release uses no role."""
    namespace: pulumi.Input[str]
    """Langfuse's namespace."""
    service_account: str
    """Langfuse's service account, the only one that can assume the role."""
    version: Version
    """Langfuse's release, which determines what it can store and how."""
    exports: bool
    """Store exports from the user interface."""
    media: bool
    """Store media of traces."""
    export_days: int
    """Days until an export expires, in a bucket that is created."""
    protect: bool
    """Refuse deletion and replacement of the bucket. Without it, a deletion includes all
    objects."""
    bucket: str | None = None
    """An existing bucket, whose settings are not changed; none creates one."""
    kms_key_arn: str | None = None
    """Key of the bucket's objects; none uses keys that S3 manages."""


class ObjectStorage(pulumi.ComponentResource):
    """A private, encrypted bucket that only Langfuse writes to.

    It is versioned, because traces refer to media permanently and a faulty or compromised client
    could overwrite it. It has no CORS rule: Langfuse's pages show media as images and audio and
    open other files in a tab, and uploads come from servers
    (web/src/components/ui/LangfuseMediaView.tsx at v2.95.12; its Content-Security-Policy would
    refuse a request to S3).
    """

    bucket_name: pulumi.Output[str]
    """Name of the bucket, when it is ready for use."""
    environment: Mapping[str, pulumi.Input[str]]
    """Langfuse's settings for it; not secret."""
    service_account_annotations: Mapping[str, pulumi.Output[str]]
    """Annotations that give the role to Langfuse's service account."""

    def __init__(
        self, name: str, args: ObjectStorageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        if args.bucket is None:
            self.bucket_name, bucket_arn = self._create(name, args)
        else:
            # Looked up, so that the preview fails if the bucket does not exist.
            found = s3.get_bucket_output(bucket=args.bucket, opts=pulumi.InvokeOptions(parent=self))
            self.bucket_name = found.apply(lambda bucket: bucket.bucket)
            bucket_arn = found.apply(lambda bucket: bucket.arn)
        self.environment = storage_environment(
            self.bucket_name,
            version=args.version,
            region=args.cluster.region,
            exports=args.exports,
            media=args.media,
        )
        self.service_account_annotations = self._role(name, args, bucket_arn)
        self.register_outputs({"bucket": self.bucket_name})

    def _create(
        self, name: str, args: ObjectStorageArgs
    ) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        """A bucket: its name, which resolves when its policies apply, and its ARN."""
        child = pulumi.ResourceOptions(parent=self)
        bucket = s3.Bucket(
            f"{name}-bucket",
            bucket_prefix=f"{args.name_prefix}-",
            force_destroy=not args.protect,
            # None, not False: an unset option inherits, a set one would undo the component's own.
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect or None),
        )
        # Access control lists are disabled: the bucket's owner owns every object.
        ownership = s3.BucketOwnershipControls(
            f"{name}-ownership",
            bucket=bucket.bucket,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=child,
        )
        privacy = s3.BucketPublicAccessBlock(
            f"{name}-privacy",
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        algorithm = "AES256" if args.kms_key_arn is None else "aws:kms"
        encryption = s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=bucket.bucket,
            rules=[
                {
                    "apply_server_side_encryption_by_default": {
                        "sse_algorithm": algorithm,
                        "kms_master_key_id": args.kms_key_arn,
                    },
                    # Fewer calls to KMS.
                    "bucket_key_enabled": True if args.kms_key_arn else None,
                }
            ],
            opts=child,
        )
        versioning = s3.BucketVersioning(
            f"{name}-versioning",
            bucket=bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            opts=child,
        )
        s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=bucket.bucket,
            rules=_lifecycle(args),
            # S3 refuses rules about versions in a bucket without versioning.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
        )
        policy = s3.BucketPolicy(
            f"{name}-policy",
            bucket=bucket.bucket,
            policy=pulumi.Output.all(
                bucket_arn=bucket.arn, account_id=args.cluster.account_id
            ).apply(lambda known: encode(object_storage_iam.bucket_policy(**known))),
            # S3 refuses concurrent changes of a bucket's access ("conflicting operation").
            opts=pulumi.ResourceOptions(parent=self, depends_on=[ownership, privacy]),
        )
        ready = pulumi.Output.all(bucket.bucket, policy.id, encryption.id)
        return ready.apply(lambda known: known[0]), bucket.arn

    def _role(
        self, name: str, args: ObjectStorageArgs, bucket_arn: pulumi.Output[str]
    ) -> Mapping[str, pulumi.Output[str]]:
        prefixes = role_prefixes(version=args.version, exports=args.exports, media=args.media)
        if not prefixes:
            return {}
        if args.oidc is None:
            raise ValueError(
                f"{args.version} reaches its bucket by role: an OIDC provider is needed"
            )
        child = pulumi.ResourceOptions(parent=self)
        role = iam.Role(
            f"{name}-role",
            path=args.cluster.role_path,
            description="Langfuse's access to its bucket",
            permissions_boundary=args.cluster.permissions_boundary_arn,
            assume_role_policy=pulumi.Output.all(
                oidc_provider_arn=args.oidc.arn,
                issuer_host=args.oidc.issuer_host,
                namespace=args.namespace,
            ).apply(
                lambda known: encode(
                    iam_trust.irsa_trust(**known, service_account=args.service_account)
                )
            ),
            opts=child,
        )
        policy = iam.RolePolicy(
            f"{name}-role-policy",
            role=role.name,
            policy=bucket_arn.apply(
                lambda arn: encode(
                    object_storage_iam.langfuse_access(
                        bucket_arn=arn,
                        prefixes=prefixes,
                        region=args.cluster.region,
                        kms_key_arn=args.kms_key_arn,
                    )
                )
            ),
            opts=child,
        )
        # The role is handed out only with its permissions.
        ready = pulumi.Output.all(role.arn, policy.id)
        return {ROLE_ANNOTATION: ready.apply(lambda known: known[0])}


def _lifecycle(args: ObjectStorageArgs) -> list[BucketLifecycleConfigurationRuleArgsDict]:
    clean_up: BucketLifecycleConfigurationRuleArgsDict = {
        "id": "clean-up",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "abort_incomplete_multipart_upload": {"days_after_initiation": _CLEAN_UP_DAYS},
        "noncurrent_version_expiration": {"noncurrent_days": _CLEAN_UP_DAYS},
        # Removes delete markers of objects without versions.
        "expiration": {"expired_object_delete_marker": True},
    }
    if not args.exports:
        return [clean_up]
    expire: BucketLifecycleConfigurationRuleArgsDict = {
        "id": "exports",
        "status": "Enabled",
        "filter": {"prefix": EXPORT_PREFIX},
        "expiration": {"days": args.export_days},
    }
    return [expire, clean_up]
