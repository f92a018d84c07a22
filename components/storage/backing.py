"""A store that speaks S3's protocol and is reached with keys, as a backing service of Langfuse."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from components.kubernetes.backing import Backing
from components.langfuse.storage_environment import Store, from_version_3, keys_from_version_3


def storage(
    *,
    bucket: pulumi.Input[str],
    region: str,
    exports: bool,
    media: bool,
    endpoint: pulumi.Output[str],
    force_path_style: bool,
    address: pulumi.Output[str],
    port: int,
    access_key_id: pulumi.Input[str],
    secret_access_key: pulumi.Input[str],
    links: str | None = None,
    pods: Mapping[str, str] | None = None,
) -> Backing:
    """The backing service. ``links``: the URL that links to exports lead to, if it is another one
    than ``endpoint``, which Langfuse uses itself."""
    keys = keys_from_version_3(access_key_id, secret_access_key, exports=exports, media=media)
    return Backing(
        role="storage",
        address=address,
        port=port,
        pods=pods,
        environment=from_version_3(
            bucket,
            region=region,
            exports=exports,
            media=media,
            store=Store(endpoint=endpoint, force_path_style=force_path_style, links=links),
        ),
        secret_environment={name: pulumi.Output.secret(value) for name, value in keys.items()},
    )
