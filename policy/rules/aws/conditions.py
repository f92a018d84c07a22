"""Whether a condition of an IAM statement limits who may use it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from components.endpoint.address_space import is_wide

from ..model import UNKNOWN, items, mapping
from .documents import account_of, has_wildcard

_POSITIVE: Final = frozenset(
    {
        *("stringequals", "stringequalsignorecase", "stringlike"),
        *("arnequals", "arnlike", "ipaddress"),
    }
)
"""Operators that admit what they name. The others admit all but that (``StringNotEquals``), or
judge how and when (``Bool``, ``Null``, ``DateLessThan``)."""

_ACCOUNT_KEYS: Final = frozenset(
    {
        *("aws:principalaccount", "aws:sourceaccount", "aws:sourceowner", "aws:vpceaccount"),
        *("kms:calleraccount", "s3:dataaccesspointaccount"),
    }
)
_ARN_KEYS: Final = frozenset({"aws:principalarn", "aws:sourcearn"})
_NETWORK_KEYS: Final = frozenset({"aws:sourceip", "aws:vpcsourceip"})
_ORGANIZATION: Final = r"o-[a-z0-9]{10,32}"
_PATTERNS: Final = {
    **dict.fromkeys(
        ("aws:principalorgid", "aws:sourceorgid", "aws:vpceorgid"), re.compile(_ORGANIZATION)
    ),
    **dict.fromkeys(
        ("aws:principalorgpaths", "aws:sourceorgpaths", "aws:vpceorgpaths"),
        re.compile(rf"{_ORGANIZATION}/.*"),
    ),
    "aws:sourcevpc": re.compile(r"vpc-[0-9a-f]+"),
    "aws:sourcevpce": re.compile(r"vpce-[0-9a-f]+"),
}

STACK_TAG: Final = "agent-observability:stack"
"""Key of the tag that everything of a stack has in AWS."""
_RECORDS: Final = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
_OF_CLUSTER: Final = "aws:requesttag/eks:eks-cluster-name"
_OWN_CLUSTER: Final = "${aws:PrincipalTag/eks:eks-cluster-name}"
_SERVICE_ACCOUNT: Final = re.compile(r"system:serviceaccount:[^:*?$]+:[^:*?$]+")
_REPOSITORY: Final = re.compile(r"repo:[^:/*?$]+/[^:/*?$]+:.+")


def narrows(condition: object, own: frozenset[str]) -> bool:
    """Whether a condition admits only known accounts, roles, networks or organizations.

    ``own``: the accounts that the resource belongs to; empty if they are not known.
    """
    return any(_names_somebody(key, value_list, own) for key, value_list in _binding(condition))


def names_subject(condition: object) -> bool:
    """Whether a condition names the subject of a token: one service account, one repository."""
    return any(
        key.endswith((":sub", ":repository", ":repository_id", ":job_workflow_ref"))
        and _all(values, _is_subject)
        for key, values in _binding(condition)
    )


def names_audience(condition: object) -> bool:
    """Whether a condition names whom a token is for."""
    return any(
        key.endswith(":aud") and _all(values, lambda value: not has_wildcard(value))
        for key, values in _binding(condition)
    )


def keeps_to_stack(condition: object, action: str, stack: str | None) -> bool:
    """Whether a condition keeps an action to what is a stack's, whatever resource is named.

    By the stack's tag on the resource; by the tag in the request, where it is for something new; by
    the names of the records that are changed.
    """
    if stack is None:
        return False
    tests = dict(_binding(condition))
    given = {
        str(key).lower(): values
        for operator, keys in mapping(condition).items()
        if str(operator).lower() == "null"
        for key, values in mapping(keys).items()
    }
    has, gets = f"aws:resourcetag/{STACK_TAG}", f"aws:requesttag/{STACK_TAG}"
    if tests.get(has) == [stack]:
        return True
    verb = action.partition(":")[2].lower()
    makes = verb.startswith("create") and verb != "createtags"
    new = makes or "ec2:createaction" in tests or items(given.get(has)) == ["true"]
    if tests.get(gets) == [stack] and new:
        return True
    names = mapping(mapping(condition).get("ForAllValues:StringLike")).get(_RECORDS)
    return (
        items(given.get(_RECORDS.lower())) == ["false"]
        and bool(items(names))
        and _all(items(names), lambda name: "*" not in name and "${" not in name)
    )


def keeps_to_cluster(condition: object, action: str) -> bool:
    """Whether an action can only make something with the tag of the cluster that EKS assumed the
    role for. The variable is that of the session, which EKS tags."""
    verb = action.partition(":")[2].lower()
    makes = verb.startswith(("create", "run")) and verb != "createtags"
    return makes and dict(_binding(condition)).get(_OF_CLUSTER) == [_OWN_CLUSTER]


def _binding(condition: object) -> Iterator[tuple[str, list[Any]]]:
    """Key, in lower case, and values of the tests that fail where the key is missing or differs."""
    for operator, tests in mapping(condition).items():
        quantifier, _, name = str(operator).lower().rpartition(":")
        # ForAllValues and IfExists are true where the request has no such key.
        if quantifier == "forallvalues" or name not in _POSITIVE:
            continue
        for key, values in mapping(tests).items():
            yield str(key).lower(), [UNKNOWN] if values is UNKNOWN else items(values)


def _names_somebody(key: str, values: list[Any], own: frozenset[str]) -> bool:
    """Whether the values of a key name known callers only."""
    if key in _NETWORK_KEYS:
        return bool(values) and not is_wide(values)
    if key in _ACCOUNT_KEYS:
        return _all(values, lambda value: _is_own(value, own))
    if key in _ARN_KEYS:
        return _all(values, lambda value: _is_known_arn(value, own))
    pattern = _PATTERNS.get(key)
    if pattern is not None:
        return _all(values, lambda value: pattern.fullmatch(value) is not None)
    return (key.endswith(":sub") or key == "saml:aud") and _all(values, _is_subject)


def _all(values: list[Any], judge: Callable[[str], bool]) -> bool:
    """Whether each value passes: several are alternatives, so that the widest decides."""
    return bool(values) and all(
        value is UNKNOWN or (isinstance(value, str) and judge(value)) for value in values
    )


def _is_own(account: str, own: frozenset[str]) -> bool:
    return account_of(account) == account and (not own or account in own)


def _is_known_arn(arn: str, own: frozenset[str]) -> bool:
    fields = arn.split(":", 5)
    if len(fields) < 6:
        return False
    if fields[2] == "s3":  # the ARN of a bucket has no account
        return not has_wildcard(fields[5].partition("/")[0])
    return not has_wildcard(":".join(fields[:3])) and _is_own(fields[4], own)


def _is_subject(value: str) -> bool:
    if value.startswith("system:serviceaccount:"):
        return _SERVICE_ACCOUNT.fullmatch(value) is not None
    if value.startswith("repo:"):
        return _REPOSITORY.fullmatch(value) is not None and "${" not in value
    return bool(value) and not has_wildcard(value)
