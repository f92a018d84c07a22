"""Section ``secrets``: how secrets are delivered to pods."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stacks.settings.machinery.fields.aws import KeyArn
from stacks.settings.machinery.section import Section


class Secrets(Section):
    """How generated and configured secrets reach the pods, and what guards them."""

    delivery: Literal["kubernetes", "secretsManager"] = "kubernetes"
    """`kubernetes`: Secrets written by Pulumi. `secretsManager`: AWS Secrets Manager, read by
    External Secrets."""
    protect: bool = False
    """Refuse deletion and replacement of generated credentials and of Secrets Manager entries. To
    do without, with an RDS database, has to be acknowledged: `noProtection`."""
    recovery_days: Annotated[int, Field(ge=0, le=30)] = 7
    """Days for which a deleted Secrets Manager entry can be restored: 0 (not with `protect`), or 7
    to 30."""
    kms_key_arn: KeyArn | None = None
    """Key for Secrets Manager; none takes the account's aws/secretsmanager key."""
    install_external_secrets: bool = False
    """Install the External Secrets Operator. Once per cluster: leave off where it runs."""
