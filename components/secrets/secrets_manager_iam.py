"""IAM documents of Secrets Manager entries."""

from __future__ import annotations

from components.aws.iam_documents import (
    PolicyDocument,
    Statement,
    account,
    dns_suffix,
    document,
    own_account_only,
    tls_only,
)


def read_entry(*, entry_arn: str, kms_key_arn: str | None) -> PolicyDocument:
    """For the role that External Secrets assumes: read one entry, and nothing else.

    ``GetSecretValue`` is the only action that External Secrets calls for a value by key and
    version. Its documentation lists more for features that are not used here: ``DescribeSecret``
    for tags, ``ListSecrets`` and ``BatchGetSecretValue`` for a search, the rest for pushing secrets
    (providers/v1/aws/secretsmanager in https://github.com/external-secrets/external-secrets).
    """
    statements: list[Statement] = [
        {
            "Sid": "ReadEntry",
            "Effect": "Allow",
            "Action": "secretsmanager:GetSecretValue",
            # The whole ARN, with the six characters that AWS adds: it does not match a later entry
            # of the same name.
            "Resource": entry_arn,
        }
    ]
    if kms_key_arn is not None:
        statements.append(
            {
                "Sid": "DecryptEntry",
                "Effect": "Allow",
                "Action": "kms:Decrypt",
                "Resource": kms_key_arn,
                # The key may be used for other data, too: only through Secrets Manager, only this
                # entry
                # (https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html).
                "Condition": {
                    "StringEquals": {
                        "kms:ViaService": _service_name(entry_arn),
                        "kms:EncryptionContext:SecretARN": entry_arn,
                    }
                },
            }
        )
    return document(*statements)


def entry_guard(*, entry_arn: str) -> PolicyDocument:
    """For the entry itself: deny plain HTTP, and every principal of another account.

    It allows nothing. Access comes from the policies of roles in the entry's account.
    """
    return document(
        tls_only("secretsmanager", entry_arn),
        own_account_only("secretsmanager", entry_arn, account(entry_arn)),
    )


def _service_name(arn: str) -> str:
    """The service name of Secrets Manager in the region of ``arn``."""
    return f"secretsmanager.{arn.split(':')[3]}.{dns_suffix(arn)}"
