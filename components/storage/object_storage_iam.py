"""IAM documents of the bucket for exports and media."""

from __future__ import annotations

from collections.abc import Sequence

from components.aws.iam_documents import (
    PolicyDocument,
    Statement,
    dns_suffix,
    document,
    own_account_only,
    tls_only,
)


def langfuse_access(
    *, bucket_arn: str, prefixes: Sequence[str], region: str, kms_key_arn: str | None
) -> PolicyDocument:
    """Langfuse writes objects, and signs links that read them.

    It does not list or delete objects. A large export is a multipart upload, which is aborted if it
    fails. ``*`` matches the object names below the prefixes, which Langfuse chooses at run time.
    """
    statements: list[Statement] = [
        {
            "Sid": "Objects",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
            "Resource": [f"{bucket_arn}/{prefix}*" for prefix in prefixes],
        }
    ]
    if kms_key_arn is not None:
        statements.append(
            {
                "Sid": "Key",
                "Effect": "Allow",
                # To read, and to complete a multipart upload, S3 decrypts on behalf of the caller.
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": kms_key_arn,
                "Condition": {
                    "StringEquals": {"kms:ViaService": f"s3.{region}.{dns_suffix(bucket_arn)}"}
                },
            }
        )
    return document(*statements)


def bucket_policy(*, bucket_arn: str, account_id: str) -> PolicyDocument:
    """Deny requests without TLS, and requests of principals outside of the account.

    It grants nothing; the policies of the account's roles do. A link that Langfuse signed counts as
    a request of its role. AWS services, such as S3 Inventory, do not belong to the account.
    """
    everything = [bucket_arn, f"{bucket_arn}/*"]
    return document(tls_only("s3", everything), own_account_only("s3", everything, account_id))
