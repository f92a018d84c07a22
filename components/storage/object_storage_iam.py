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
    """What Langfuse does with its objects: write them, and sign links that read them.

    It lists nothing and deletes nothing. A large export goes up in parts, which are taken back
    when one fails. ``*`` stands for the names of objects below the prefixes, chosen at run time.
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
                # To read, and to finish an upload in parts, S3 decrypts in the caller's name.
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": kms_key_arn,
                "Condition": {
                    "StringEquals": {"kms:ViaService": f"s3.{region}.{dns_suffix(bucket_arn)}"}
                },
            }
        )
    return document(*statements)


def bucket_policy(*, bucket_arn: str, account_id: str) -> PolicyDocument:
    """Refuse requests without TLS, and requests of anybody outside of the account.

    It grants nothing: who may do what is up to the roles of the account. A refusal has to name
    every action and every caller, or it would leave one out. A link that Langfuse signed counts as
    a request of its role. AWS's own services, such as S3 Inventory, are not of the account.
    """
    everything = [bucket_arn, f"{bucket_arn}/*"]
    return document(tls_only("s3", everything), own_account_only("s3", everything, account_id))
