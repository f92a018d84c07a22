"""Parts of section ``gateway``: what agents cost, and when alerts about them fire."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stacks.settings.machinery.rule import matching
from stacks.settings.machinery.section import Section

ModelName = Annotated[
    str,
    matching(
        "must be the name of a model as agents report it: at most 128 letters, digits and "
        "'._:/@+#-', starting with a letter or digit",
        r"[A-Za-z0-9][A-Za-z0-9._:/@+#-]{0,127}",
    ),
    Field(examples=["gpt-4o"]),
]
"""It becomes the value of a label, of which queries and rules are made."""

Price = Annotated[float, Field(ge=0, le=10_000)]
"""USD per million tokens."""

Budget = Annotated[float, Field(gt=0, le=1_000_000)]
"""USD per day."""


class ModelPrice(Section):
    """What a model costs, in USD per million tokens. One that you run yourself costs 0."""

    input: Price | None = None
    """Of prompts. None: the model has none, or they are not counted as cost."""
    output: Price | None = None
    """Of answers. Models for embeddings have none."""
    cached_input: Price | None = None
    """Of the part of prompts that comes from the provider's cache. None: as `input`."""


class AgentAlerts(Section):
    """When alerts about agents fire."""

    p99_seconds: Annotated[float, Field(gt=0, le=120)] = 10
    """Seconds that 99 of 100 requests of an agent take at most. It is exact at 1, 2, 3, 5, 7.5, 10,
    15, 30, 60 and 120, and estimated between them."""
    error_percent: Annotated[float, Field(gt=0, lt=100)] = 5
    """Percent of an agent's requests that may fail."""
    rate_limit_errors: Annotated[int, Field(ge=1, le=100_000)] = 10
    """Calls of one model by one namespace that the provider may refuse in five minutes because
    there are too many."""
    cost_per_day: Budget = 100
    """USD that a namespace without a budget may spend in 24 hours."""
    silent_hours: Annotated[int, Field(ge=1, le=168)] = 72
    """Hours for which an agent may send nothing. The default is longer than a weekend; take fewer
    where agents work around the clock. Prometheus has to keep metrics for three days more."""
