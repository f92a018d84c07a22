"""A PostgreSQL database as the backing service that Langfuse calls its database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from components.kubernetes.backing import Authority, Backing


def database(
    *,
    url: pulumi.Input[str],
    address: pulumi.Output[str],
    port: int,
    pods: Mapping[str, str] | None = None,
    networks: pulumi.Input[Sequence[str]] | None = None,
    authority: Authority | None = None,
) -> Backing:
    """The backing service; ``url`` is a URL for Prisma (see ``url.connection_url``).

    ``authority`` is what the URL verifies the server against, at ``url.CA_FILE``.
    """
    return Backing(
        role="database",
        address=address,
        port=port,
        pods=pods,
        networks=networks,
        authority=authority,
        secret_environment={"DATABASE_URL": pulumi.Output.secret(url)},
    )
