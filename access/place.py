"""Where a stack is in AWS, and what of the account its settings name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from access import limits
from access.actions import TOPIC, Given, Need, Part
from stacks.names import AccountNames


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a stack is, and what its settings name."""

    partition: str
    region: str
    account: str
    cluster: str
    stack: str
    parts: frozenset[Part]
    """The parts that its settings switch on."""
    given: Mapping[Given, str] = field(default_factory=dict[Given, str])
    """What its settings name."""
    host: str = ""
    """Its public name."""
    prefixes: tuple[str, ...] = ()
    """What the names of the objects begin with that its pods use."""
    metrics: str | None = None
    """Namespace in CloudWatch that its pods publish to."""
    namespaces: tuple[str, ...] = ()
    """The namespaces that it has objects in."""

    @property
    def names(self) -> AccountNames:
        """Its names in the account."""
        return AccountNames(self.stack)

    @property
    def boundary_arn(self) -> str:
        """ARN of its permissions boundary: known before it is made, because its name is."""
        return f"arn:{self.partition}:iam::{self.account}:policy/{self.names.boundary}"

    def arn(self, need: Need) -> str:
        """The resource of a need, with what is known filled in."""
        return self._filled(need.resource)

    def _filled(self, pattern: str) -> str:
        return pattern.format(
            partition=self.partition,
            region=self.region,
            account=self.account,
            cluster=self.cluster,
            stack=self.stack,
            **self.given,
        )

    def conditions(self, need: Need) -> dict[str, dict[str, str | list[str]]]:
        """The conditions of a need's limit; none without one."""
        if need.limit is None:
            return {}
        return limits.conditions(
            need.limit,
            stack=self.stack,
            host=self.host,
            topic=self.given.get("topic") or self._filled(TOPIC),
            region=self.region,
            partition=self.partition,
        )
