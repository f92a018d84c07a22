"""The shape that every way of delivering secrets has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import pulumi


@dataclass(frozen=True, kw_only=True)
class DeliveredSecret:
    """A Kubernetes Secret whose values are in place when ``name`` resolves.

    A change of the values changes the name, so that pods which name it are rolled, and none
    starts on old values under the new name.
    """

    name: pulumi.Output[str]


class Deliver(Protocol):
    """Delivers secret values into one namespace."""

    def __call__(
        self,
        name: str,
        role: str,
        values: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions,
        *,
        fixed_name: str | None = None,
    ) -> DeliveredSecret:
        """A Secret with ``values``; ``name`` is the component's, ``role`` says what it is for.

        ``fixed_name``: the name that people write into their own manifests. Such a Secret changes
        in place; without it, changed values have a new name.
        """
        ...


class Delivery(Protocol):
    """A way of delivering secrets: the same shape, whatever stands behind it."""

    def into(
        self,
        name: str,
        namespace: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
        *,
        path: tuple[str, ...] = (),
    ) -> Deliver:
        """Prepare a namespace once; ``path`` tells its secrets from those of others."""
        ...
