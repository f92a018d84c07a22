"""The policy rules for every stack.

They import only the standard library and the repository's detector of secrets, which itself
imports only the standard library.
"""

from __future__ import annotations

from typing import Final

from . import naming, network, secrets, tls
from .aws import buckets, clusters, encryption, lifecycle, permissions, principals
from .kubernetes import access, exposure, images, network_policies, pods
from .model import Rule, StackRule

RULES: Final[tuple[Rule, ...]] = (
    *encryption.RULES,
    *tls.RULES,
    *network.RULES,
    *exposure.RULES,
    *permissions.RULES,
    *principals.RULES,
    *secrets.RULES,
    *images.RULES,
    *pods.RULES,
    *access.RULES,
    *lifecycle.RULES,
    *clusters.RULES,
    *naming.RULES,
)
"""About one resource each."""

STACK_RULES: Final[tuple[StackRule, ...]] = (
    *network.STACK_RULES,
    *network_policies.STACK_RULES,
    *buckets.STACK_RULES,
    *lifecycle.STACK_RULES,
    *clusters.STACK_RULES,
)
"""About resources together."""
