"""IAM documents of object storage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from components.aws.iam_documents import (
    PolicyDocument,
    Statement,
    dns_suffix,
    document,
    own_account_only,
    tls_only,
)

WRITES: Final = ("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload")
"""On objects, for version 2. It does not list or delete. A large export is a multipart upload,
which is aborted if it fails."""

MANAGES: Final = (*WRITES, "s3:ListMultipartUploadParts", "s3:DeleteObject")
"""On objects, from version 3 on: what is deleted in Langfuse is deleted in the bucket too
(packages/shared/src/server/services/StorageService.ts in langfuse/langfuse at v4.16.0)."""

LISTS: Final = "s3:ListBucket"
"""On buckets, from version 3 on: the events of one object are found by the beginning of their
names."""


def langfuse_access(
    stores: Sequence[tuple[str, Sequence[str]]],
    *,
    manages: bool,
    region: str,
    kms_key_arn: str | None,
    metrics: str | None = None,
) -> PolicyDocument:
    """Langfuse writes objects, and signs links that read or write them.

    ``stores``: each bucket's ARN with the prefixes of the objects. ``*`` matches the object names
    below the prefixes, which Langfuse chooses at run time. ``manages``: it also lists and deletes
    them, as it does from version 3 on. ``metrics``: the namespace in CloudWatch that it publishes
    metrics to.
    """
    statements: list[Statement] = [
        {
            "Sid": "Objects",
            "Effect": "Allow",
            "Action": [*(MANAGES if manages else WRITES)],
            "Resource": [f"{arn}/{prefix}*" for arn, prefixes in stores for prefix in prefixes],
        }
    ]
    if manages:
        statements.append(
            {
                "Sid": "Lists",
                "Effect": "Allow",
                "Action": LISTS,
                "Resource": list(dict.fromkeys(arn for arn, _ in stores)),
                "Condition": {
                    "StringLike": {
                        "s3:prefix": [f"{prefix}*" for _, prefixes in stores for prefix in prefixes]
                    }
                },
            }
        )
    if kms_key_arn is not None:
        statements.append(
            {
                "Sid": "Key",
                "Effect": "Allow",
                # To read, and to complete a multipart upload, S3 decrypts on behalf of the caller.
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": kms_key_arn,
                "Condition": {
                    "StringEquals": {"kms:ViaService": f"s3.{region}.{dns_suffix(stores[0][0])}"}
                },
            }
        )
    if metrics is not None:
        statements.append(publishes(metrics))
    return document(*statements)


def publishes(namespace: str) -> Statement:
    """To publish metrics, which have no ARN: to one namespace."""
    return {
        "Sid": "Metrics",
        "Effect": "Allow",
        "Action": "cloudwatch:PutMetricData",
        "Resource": "*",
        "Condition": {"StringEquals": {"cloudwatch:namespace": namespace}},
    }


def bucket_policy(*, bucket_arn: str, account_id: str) -> PolicyDocument:
    """Deny requests without TLS, and requests of principals outside of the account.

    It grants nothing; the policies of the account's roles do. A link that Langfuse signed counts as
    a request of its role. AWS services, such as S3 Inventory, do not belong to the account.
    """
    everything = [bucket_arn, f"{bucket_arn}/*"]
    return document(tls_only("s3", everything), own_account_only("s3", everything, account_id))
