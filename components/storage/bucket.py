"""One private, encrypted bucket with everything that belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi
from pulumi_aws import s3

from components.aws.cluster import EksCluster
from components.aws.iam_documents import encode
from components.storage import object_storage_iam

if TYPE_CHECKING:
    from pulumi_aws.s3 import BucketLifecycleConfigurationRuleArgsDict

_CLEAN_UP_DAYS: Final = 7
"""Days for which an overwritten object can be restored and a multipart upload completed."""

_CORS_SECONDS: Final = 3600
"""Seconds for which a browser remembers that it may upload."""


@dataclass(frozen=True, kw_only=True)
class BucketArgs:
    cluster: EksCluster
    """The bucket is in its account and region."""
    name_prefix: str
    """What the bucket's name begins with, that of no other stack."""
    versioned: bool
    """Keep an overwritten or deleted object for some days."""
    expiry: Sequence[BucketLifecycleConfigurationRuleArgsDict]
    """Rules that make objects expire; incomplete uploads are removed in any case."""
    kms_key_arn: str | None
    """Key of the objects; none uses keys that S3 manages."""
    protect: bool
    """Refuse deletion and replacement. Without it, a deletion includes all objects."""
    origin: str | None = None
    """Web origin whose pages may read and upload; none admits no other origin's pages."""


@dataclass(frozen=True, kw_only=True)
class Bucket:
    name: pulumi.Output[str]
    """The name, which resolves when the bucket is ready for use."""
    arn: pulumi.Output[str]


def found_bucket(name: str, parent: pulumi.Resource) -> Bucket:
    """An existing bucket. It is looked up, so that the preview fails if it does not exist."""
    found = s3.get_bucket_output(bucket=name, opts=pulumi.InvokeOptions(parent=parent))
    return Bucket(
        name=found.apply(lambda bucket: bucket.bucket),
        arn=found.apply(lambda bucket: bucket.arn),
    )


def created_bucket(name: str, args: BucketArgs, parent: pulumi.Resource) -> Bucket:
    """A bucket that only its own account reaches, by TLS; children of ``parent``."""
    child = pulumi.ResourceOptions(parent=parent)
    bucket = s3.Bucket(
        f"{name}-bucket",
        bucket_prefix=f"{args.name_prefix}-",
        force_destroy=not args.protect,
        # None, not False: an unset option inherits, a set one would undo the component's own.
        opts=pulumi.ResourceOptions(parent=parent, protect=args.protect or None),
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
    _lifecycle(name, bucket, args, parent)
    policy = s3.BucketPolicy(
        f"{name}-policy",
        bucket=bucket.bucket,
        policy=pulumi.Output.all(bucket_arn=bucket.arn, account_id=args.cluster.account_id).apply(
            lambda known: encode(object_storage_iam.bucket_policy(**known))
        ),
        # S3 refuses concurrent changes of a bucket's access ("conflicting operation").
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[ownership, privacy]),
    )
    needed = [policy.id, encryption.id, *_cors(name, bucket, args, child)]
    ready = pulumi.Output.all(bucket.bucket, *needed)
    return Bucket(name=ready.apply(lambda known: known[0]), arn=bucket.arn)


def expire(rule: str, prefix: str, days: int) -> BucketLifecycleConfigurationRuleArgsDict:
    """A rule that removes objects ``days`` after they were written."""
    return {
        "id": rule,
        "status": "Enabled",
        "filter": {"prefix": prefix},
        "expiration": {"days": days},
    }


def _lifecycle(name: str, bucket: s3.Bucket, args: BucketArgs, parent: pulumi.Resource) -> None:
    clean_up: BucketLifecycleConfigurationRuleArgsDict = {
        "id": "clean-up",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "abort_incomplete_multipart_upload": {"days_after_initiation": _CLEAN_UP_DAYS},
    }
    before: list[pulumi.Resource] = []
    if args.versioned:
        versioning = s3.BucketVersioning(
            f"{name}-versioning",
            bucket=bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            opts=pulumi.ResourceOptions(parent=parent),
        )
        # S3 refuses rules about versions in a bucket without versioning.
        before = [versioning]
        clean_up["noncurrent_version_expiration"] = {"noncurrent_days": _CLEAN_UP_DAYS}
        # Removes delete markers of objects without versions.
        clean_up["expiration"] = {"expired_object_delete_marker": True}
    s3.BucketLifecycleConfiguration(
        f"{name}-lifecycle",
        bucket=bucket.bucket,
        rules=[*args.expiry, clean_up],
        opts=pulumi.ResourceOptions(parent=parent, depends_on=before),
    )


def _cors(
    name: str, bucket: s3.Bucket, args: BucketArgs, opts: pulumi.ResourceOptions
) -> list[pulumi.Output[str]]:
    """Pages of Langfuse's own origin may use links that Langfuse signed. A link is what grants
    access; the rule only makes browsers show the answer to the page."""
    if args.origin is None:
        return []
    cors = s3.BucketCorsConfiguration(
        f"{name}-cors",
        bucket=bucket.bucket,
        cors_rules=[
            {
                "allowed_methods": ["GET", "PUT", "HEAD"],
                "allowed_origins": [args.origin],
                # Those that a signed upload has: content type, checksum, encryption.
                "allowed_headers": ["*"],
                "max_age_seconds": _CORS_SECONDS,
            }
        ],
        opts=opts,
    )
    return [cors.id]
