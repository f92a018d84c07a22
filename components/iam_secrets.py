"""IAM documents of Secrets Manager entries: who may read one, and what is refused. Pure."""

from __future__ import annotations

from typing import Final

from components.iam_documents import PolicyDocument, Statement, document, partition

# A refusal names every action there is, and every one that AWS adds later: a list would leave the
# new ones open. Only refusals have a wildcard.
_EVERY_ACTION: Final = "secretsmanager:*"


def read_entry(*, entry_arn: str, kms_key_arn: str | None) -> PolicyDocument:
    """For the role that External Secrets takes: read one entry, and nothing else.

    ``GetSecretValue`` is all that External Secrets calls for a value by key and version. Its
    documentation lists more: ``DescribeSecret`` for tags, ``ListSecrets`` and
    ``BatchGetSecretValue`` for a search, the rest for pushing secrets; nothing here does that
    (providers/v1/aws/secretsmanager in https://github.com/external-secrets/external-secrets).
    """
    statements: list[Statement] = [
        {
            "Sid": "ReadEntry",
            "Effect": "Allow",
            "Action": "secretsmanager:GetSecretValue",
            # The whole ARN, with the six characters that AWS adds: not an entry of the same name
            # that somebody makes later.
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
                # The key may guard other things: only through Secrets Manager, only this entry
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
    """For the entry itself: refuse plain HTTP, and every principal of another account.

    It allows nothing: access comes from the policies of roles in the entry's own account.
    """
    return document(
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": _EVERY_ACTION,
            "Resource": entry_arn,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Sid": "OwnAccountOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": _EVERY_ACTION,
            "Resource": entry_arn,
            "Condition": {
                "StringNotEquals": {"aws:PrincipalAccount": _account(entry_arn)},
                # A service that acts for the account has no account of its own.
                "Bool": {"aws:PrincipalIsAWSService": "false"},
            },
        },
    )


def _service_name(arn: str) -> str:
    """Secrets Manager's own name in the region of ``arn``."""
    domain = "amazonaws.com.cn" if partition(arn) == "aws-cn" else "amazonaws.com"
    return f"secretsmanager.{arn.split(':')[3]}.{domain}"


def _account(arn: str) -> str:
    return arn.split(":")[4]
