"""What is known of agents beside their metrics: prices, and when alerts about them fire."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ModelPrice:
    """What one model costs, in USD per million tokens. None: of that kind it has no tokens."""

    input: float | None = None
    """Of tokens that are not from a cache."""
    output: float | None = None
    cached_input: float | None = None
    """None: as much as others of the input."""


@dataclass(frozen=True, kw_only=True)
class AgentLimits:
    """When alerts about agents fire."""

    p99_seconds: float = 10
    """Of 100 requests of an agent 99 are to be faster."""
    error_percent: float = 5
    """Of an agent's requests."""
    rate_limit_errors: int = 10
    """Of one agent namespace and model, within five minutes."""
    cost_per_day: float = 100
    """USD within 24 hours, of an agent namespace without a budget."""
    silent_hours: int = 72
    """How long an agent may send nothing."""
