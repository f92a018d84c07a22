"""Reads IAM documents, in every input of every resource."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..model import Path, Seen, document, items, leaves, mapping, mappings

_FILTERS: Final = frozenset(
    {
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy",
        "aws:organizations/policy:Policy",
    }
)
"""Resources whose documents allow nothing: they only restrict what others allow."""

_ACCOUNT: Final = re.compile(r"\d{12}")


@dataclass(frozen=True)
class Statement:
    """One statement of a document. Keys are in lower case: AWS is not strict about them."""

    fields: Mapping[str, Any]
    place: Path
    """Where its document is."""

    @property
    def allows(self) -> bool:
        return self.fields.get("effect") == "Allow"

    @property
    def is_about_who(self) -> bool:
        """Whether it is a resource policy or a trust policy, and not the permissions of a role."""
        return "principal" in self.fields or "notprincipal" in self.fields

    @property
    def actions(self) -> list[str]:
        return [action for action in items(self.fields.get("action")) if isinstance(action, str)]

    @property
    def resources(self) -> list[str]:
        return [arn for arn in items(self.fields.get("resource")) if isinstance(arn, str)]

    @property
    def is_trust(self) -> bool:
        """Whether it is the trust policy of a role."""
        return any(str(key).lower().startswith("assumerole") for key in self.place)

    def principals(self) -> Iterator[tuple[str, str]]:
        """Kind (``AWS``, ``Service``, ``Federated``) and name of each principal."""
        given = self.fields.get("principal")
        if isinstance(given, str):
            yield "AWS", given
        for kind, names in mapping(given).items():
            for name in items(names):
                if isinstance(name, str):
                    yield str(kind), name


def statements(seen: Seen) -> Iterator[Statement]:
    """Every statement of every IAM document of a resource, written as JSON or as a mapping."""
    # Of AWS, or of a controller that makes it: kubernetes:iam.services.k8s.aws/v1alpha1:Role.
    if seen.type in _FILTERS or not (seen.type.startswith("aws") or ".aws" in seen.type):
        return
    for path, found in mappings(seen.inputs):
        yield from _of(found, path)
    for path, leaf in leaves(seen.inputs):
        if isinstance(leaf, str) and '"statement"' in leaf.lower():
            yield from _of(document(leaf), path)


def _of(found: Mapping[str, Any], path: Path) -> Iterator[Statement]:
    for key, value in found.items():
        if str(key).lower() != "statement":
            continue
        for statement in items(value):
            fields = {str(name).lower(): field for name, field in mapping(statement).items()}
            yield Statement(fields, path)


def accounts(seen: Seen) -> frozenset[str]:
    """The accounts that a resource belongs to; empty if nothing tells.

    Those that the provider may work in; else those in the ARNs of its own inputs.
    """
    allowed = seen.provider.get("allowedAccountIds")
    listed = document(f'{{"ids": {allowed}}}').get("ids") if isinstance(allowed, str) else allowed
    known = frozenset(str(account) for account in items(listed) if _is_account(account))
    if known:
        return known
    own = (value for key, value in seen.inputs.items() if key.lower().endswith("arn"))
    return frozenset(account for arn in own if (account := account_of(arn)))


def account_of(principal: object) -> str | None:
    """The account in an ARN, or a bare account; None if there is none."""
    text = principal if isinstance(principal, str) else ""
    fields = text.split(":")
    if len(fields) >= 6 and fields[0] == "arn":
        return fields[4] if _is_account(fields[4]) else None
    return text if _is_account(text) else None


def _is_account(value: object) -> bool:
    return isinstance(value, str | int) and _ACCOUNT.fullmatch(str(value)) is not None


def has_wildcard(text: str) -> bool:
    """Whether a pattern of IAM has a wildcard (``*``, ``?``) or a variable."""
    return any(sign in text for sign in ("*", "?", "${"))
