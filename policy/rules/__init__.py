"""What every stack has to keep to. Needs the standard library alone."""

from __future__ import annotations

from typing import Final

from . import encryption, iam, lifecycle, naming, network, pods, secrets
from .model import Rule, StackRule

RULES: Final[tuple[Rule, ...]] = (
    *encryption.RULES,
    *network.RULES,
    *iam.RULES,
    *secrets.RULES,
    *pods.RULES,
    *lifecycle.RULES,
    *naming.RULES,
)
"""About one resource each."""

STACK_RULES: Final[tuple[StackRule, ...]] = (*network.STACK_RULES, *lifecycle.STACK_RULES)
"""About resources together."""
