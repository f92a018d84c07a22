"""A PostgreSQL database as the backing service that Langfuse calls its database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from components.kubernetes.backing import Authority, Backing
from components.postgres.url import URLS


def database(
    *,
    urls: pulumi.Output[dict[str, str]],
    address: pulumi.Output[str],
    port: int,
    other_ports: Sequence[int] = (),
    pods: Mapping[str, str] | None = None,
    networks: pulumi.Input[Sequence[str]] | None = None,
    authority: Authority | None = None,
) -> Backing:
    """The backing service; ``urls`` are made by ``url.urls``.

    ``authority`` is what the URLs verify the server against, at ``url.CA_FILE``.
    """
    return Backing(
        role="database",
        address=address,
        port=port,
        other_ports=other_ports,
        pods=pods,
        networks=networks,
        authority=authority,
        secret_environment={name: pulumi.Output.secret(urls[name]) for name in URLS},
    )
