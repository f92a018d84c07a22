"""A Redis or Valkey server as the backing service that Langfuse calls its cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from components.cache.url import URL
from components.kubernetes.backing import Backing


def cache(
    *,
    url: pulumi.Output[str],
    address: pulumi.Output[str],
    port: int,
    pods: Mapping[str, str] | None = None,
    networks: pulumi.Input[Sequence[str]] | None = None,
) -> Backing:
    """The backing service; ``url`` is made by ``url.connection_url``."""
    return Backing(
        role="cache",
        address=address,
        port=port,
        pods=pods,
        networks=networks,
        secret_environment={URL: pulumi.Output.secret(url)},
    )
