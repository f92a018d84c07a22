"""A bucket that an Application Load Balancer can write its access logs to."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws.s3 import (
    Bucket,
    BucketLifecycleConfiguration,
    BucketPolicy,
    BucketPublicAccessBlock,
    BucketServerSideEncryptionConfiguration,
)

from components.aws.iam_documents import encode
from components.endpoint.access_log_iam import access_log_policy

TYPE = "agent-observability:index:AccessLogBucket"


@dataclass(frozen=True, kw_only=True)
class AccessLogBucketArgs:
    name_prefix: str
    """What the bucket's name begins with, that of no other stack."""
    prefix: str
    """Folder of the logs."""
    account_id: pulumi.Input[str]
    """Account of the load balancer."""
    days: int
    """Days until a log expires."""


class AccessLogBucket(pulumi.ComponentResource):
    """A private bucket for access logs. Deleting the stack deletes it with all its logs."""

    bucket_name: pulumi.Output[str]
    """Name of the bucket; resolves when load balancers may write to it."""

    def __init__(
        self, name: str, args: AccessLogBucketArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        # A bucket with objects cannot be deleted, and this one is never empty. For logs that have
        # to outlive the stack, use an existing bucket.
        bucket = Bucket(
            f"{name}-bucket",
            bucket_prefix=f"{args.name_prefix}-",
            force_destroy=True,
            opts=child,
        )
        BucketPublicAccessBlock(
            f"{name}-public-access-block",
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        encryption = BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=bucket.bucket,
            rules=[
                {
                    # Keys that S3 manages: with others, the load balancer cannot write
                    # (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html).
                    "apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}
                }
            ],
            opts=child,
        )
        BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=bucket.bucket,
            rules=[
                {
                    "id": "expire",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "expiration": {"days": args.days},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
                }
            ],
            opts=child,
        )
        policy = BucketPolicy(
            f"{name}-policy",
            bucket=bucket.bucket,
            policy=pulumi.Output.all(bucket=bucket.arn, account=args.account_id).apply(
                lambda known: encode(
                    access_log_policy(
                        bucket_arn=known["bucket"],
                        prefix=args.prefix,
                        account_id=known["account"],
                    )
                )
            ),
            opts=child,
        )
        # The URNs make the name wait for both: AWS writes a test object when logs are turned on,
        # and the controller stops reconciling when that fails
        # (https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/1956).
        self.bucket_name = pulumi.Output.all(bucket.bucket, policy.urn, encryption.urn).apply(
            lambda known: known[0]
        )
        self.register_outputs({"bucketName": self.bucket_name})
