"""Rules between settings, one module for each section; ``CHECKS`` has them all."""

from __future__ import annotations

from itertools import chain
from typing import Final

from stacks.settings.machinery.dispatch import Check
from stacks.settings.rules import (
    acknowledge,
    agent_costs,
    agents,
    allowed_targets,
    aws,
    cache,
    clickhouse,
    cluster,
    database,
    endpoint,
    environment,
    environment_values,
    gateway,
    langfuse,
    langsmith,
    monitoring,
    object_storage,
    protection,
    secrets,
    services,
    smtp,
    sso,
    upgrade,
)

_MODULES: Final = (
    cluster,
    langfuse,
    sso,
    smtp,
    allowed_targets,
    upgrade,
    environment,
    environment_values,
    agents,
    langsmith,
    gateway,
    agent_costs,
    aws,
    secrets,
    endpoint,
    object_storage,
    database,
    services,
    clickhouse,
    cache,
    monitoring,
    protection,
    acknowledge,
)
"""In the order in which problems are reported."""

CHECKS: Final[tuple[Check, ...]] = tuple(chain.from_iterable(m.CHECKS for m in _MODULES))
"""Each runs when the sections that its parameters take are valid by themselves."""
