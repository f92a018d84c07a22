"""What the policy of a bucket for access logs has to say. Pure; imports no SDK."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from components.aws import iam_documents
from components.endpoint.access_log_iam import DELIVERY, access_log_policy
from components.endpoint.alb_annotations import LOG_PREFIX

__all__ = ["DELIVERY", "admits_access_logs", "log_folder", "needed_policy"]

_ACCOUNT_ROOT = re.compile(r"(arn:aws[a-z-]*:iam::)?\d{12}(:root)?")


def log_folder(account: str) -> str:
    """Where in its bucket the load balancer of an account writes."""
    return f"{LOG_PREFIX}/AWSLogs/{account}/"


def admits_access_logs(policy: str | None, *, bucket: str, caller_arn: str) -> bool:
    """Whether a bucket's policy lets load balancers of the caller's account write their logs.

    Conditions are not read, and older policies name an account of AWS's, one in each region, in
    place of the service: a policy that may be enough counts as enough.
    """
    if policy is None:
        return False
    target = f"{_arn(bucket, caller_arn)}/{log_folder(iam_documents.account(caller_arn))}x"
    document = cast("Mapping[str, Any]", json.loads(policy))
    return any(
        statement.get("Effect") == "Allow"
        and any(map(_is_delivery, _principals(statement.get("Principal"))))
        and any(_matches(a.lower(), "s3:putobject") for a in _texts(statement.get("Action")))
        and any(_matches(r, target) for r in _texts(statement.get("Resource")))
        for statement in _statements(document)
    )


def needed_policy(*, bucket: str, caller_arn: str) -> str:
    """The policy of a bucket that the program makes, as JSON."""
    return iam_documents.encode(
        access_log_policy(
            bucket_arn=_arn(bucket, caller_arn),
            prefix=LOG_PREFIX,
            account_id=iam_documents.account(caller_arn),
        )
    )


def _arn(bucket: str, caller_arn: str) -> str:
    return f"arn:{iam_documents.partition(caller_arn)}:s3:::{bucket}"


def _statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    statements: Any = document.get("Statement", [])
    if isinstance(statements, list):
        return cast("list[Mapping[str, Any]]", statements)
    return [statements]


def _principals(principal: object) -> list[str]:
    if isinstance(principal, dict):
        kinds = cast("dict[str, object]", principal)
        return [text for value in kinds.values() for text in _texts(value)]
    return _texts(principal)


def _is_delivery(principal: str) -> bool:
    return principal in {DELIVERY, "*"} or _ACCOUNT_ROOT.fullmatch(principal) is not None


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return cast("list[str]", value) if isinstance(value, list) else []


def _matches(pattern: str, text: str) -> bool:
    """Whether IAM's wildcards match: ``*`` any text, ``?`` one character."""
    escaped = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(escaped, text) is not None
