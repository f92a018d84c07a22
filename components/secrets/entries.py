"""Names of Secrets Manager entries and of their versions."""

from __future__ import annotations

import hashlib
import re
from typing import Final

LONGEST_NAME: Final = 512
"""https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html"""

_ALLOWED: Final = re.compile(r"[A-Za-z0-9/_+=.@-]+")
_LIKE_THE_END_OF_AN_ARN: Final = re.compile(r"-[A-Za-z0-9]{6}\Z")


def entry_name(project: str, stack: str, *role: str) -> str:
    """``<project>/<stack>/<role>``, so that two stacks in one account never share an entry."""
    return "/".join((project, stack, *role))


def name_problem(name: str) -> str | None:
    """Why an entry must not be called ``name``; None if it may be."""
    if len(name) > LONGEST_NAME:
        return f"has {len(name)} characters, and Secrets Manager allows {LONGEST_NAME}"
    if not _ALLOWED.fullmatch(name):
        return "must be made of letters, digits and the characters /_+=.@-"
    if _LIKE_THE_END_OF_AN_ARN.search(name):
        # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
        return (
            "must not end with a hyphen and six characters: an ARN ends so too, and a search for "
            "one without that end would find the wrong entry"
        )
    return None


def version_suffix(version_id: str) -> str:
    """Eight characters that differ between versions, for a Kubernetes name.

    A hash, because the provider's version ids all begin with ``terraform-`` and the date
    (https://github.com/pulumi/pulumi-aws/issues/4724).
    """
    return hashlib.sha256(version_id.encode()).hexdigest()[:8]
