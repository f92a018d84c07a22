"""The AWS provider's own configuration keys."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stacks.settings.machinery.fields.aws import AccountId, Region
from stacks.settings.machinery.section import Section


class Aws(Section):
    """The AWS provider's standard keys."""

    region: Region | None = None
    """Region of everything in AWS."""
    profile: Annotated[str, Field(min_length=1)] | None = None
    """Profile of the shared AWS configuration."""
    allowed_account_ids: tuple[AccountId, ...] = ()
    """Accounts that the stack may be deployed to; any other stops at preview."""
    default_tags: dict[Literal["tags"], dict[str, str]] = {}
    """Tags for every AWS resource, 40 at most: letters, digits, spaces and _ . : / = + - @."""
