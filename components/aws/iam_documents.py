"""IAM policy documents as values: what a statement is, and how a document is written.

The statements are in ``*_iam`` modules next to the components that need them. They take ARNs as
text, inside ``Output.apply``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final, Literal, NotRequired, TypedDict

VERSION: Final = "2012-10-17"
"""The current version of the policy language. The default is 2008's, without variables."""


class Statement(TypedDict):
    """One statement. Policies attached to a role name no principal; all others do."""

    Sid: str
    Effect: Literal["Allow", "Deny"]
    Action: str | Sequence[str]
    Principal: NotRequired[str | Mapping[str, str | Sequence[str]]]
    Resource: NotRequired[str | Sequence[str]]
    Condition: NotRequired[Mapping[str, Mapping[str, str | Sequence[str]]]]


class PolicyDocument(TypedDict):
    """A whole policy: of a role, a resource, or the trust in a role."""

    Version: str
    Statement: Sequence[Statement]


def document(*statements: Statement) -> PolicyDocument:
    """A document of ``statements``."""
    return {"Version": VERSION, "Statement": list(statements)}


def encode(policy: PolicyDocument) -> str:
    """The JSON text that AWS takes; the same text for the same document."""
    return json.dumps(policy)


def partition(arn: str) -> str:
    """The partition of an ARN: ``aws``, ``aws-cn``, ``aws-us-gov``."""
    return arn.split(":", 2)[1]


def account(arn: str) -> str:
    """The account id in an ARN."""
    return arn.split(":", 5)[4]


def dns_suffix(arn: str) -> str:
    """What the names of AWS's services end with in the partition of ``arn``."""
    return "amazonaws.com.cn" if partition(arn) == "aws-cn" else "amazonaws.com"


def tls_only(service: str, resource: str | Sequence[str]) -> Statement:
    """Refuse requests without TLS.

    It applies to every action and every caller, including those that AWS adds later; a list would
    be incomplete. Only statements that deny have such a wildcard.
    """
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": f"{service}:*",
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def own_account_only(service: str, resource: str | Sequence[str], account_id: str) -> Statement:
    """Refuse principals of other accounts (see ``tls_only`` for the wildcards)."""
    return {
        "Sid": "OwnAccountOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": f"{service}:*",
        "Resource": resource,
        "Condition": {
            "StringNotEquals": {"aws:PrincipalAccount": account_id},
            # A request of an AWS service on behalf of the account has no principal account.
            "Bool": {"aws:PrincipalIsAWSService": "false"},
        },
    }
