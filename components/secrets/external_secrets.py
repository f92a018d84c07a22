"""External Secrets' custom resources, as specifications.

https://external-secrets.io/latest/api/spec/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pulumi

API_VERSION: Final = "external-secrets.io/v1"
"""Available from 0.16.0 on; ``v1beta1`` was removed in 0.17.0."""

UNTIL_READY: Final = {"pulumi.com/waitFor": "condition=Ready"}
"""Annotation that makes Pulumi wait for a custom resource, which it otherwise does not."""

READY_MINUTES: Final = 5
"""How long to wait. A new role takes seconds to propagate, and the operator retries. If an object
is not ready by then, no operator runs or AWS refuses it; the object's events say which."""


def store_spec(*, region: pulumi.Input[str], service_account: pulumi.Input[str]) -> dict[str, Any]:
    """A SecretStore: Secrets Manager of one region, read as one service account.

    The service account belongs to the store, not to the operator. The operator requests a token of
    it and assumes the role in its annotation, so that each namespace has its own role.
    """
    return {
        "provider": {
            "aws": {
                "service": "SecretsManager",
                "region": region,
                "auth": {"jwt": {"serviceAccountRef": {"name": service_account}}},
            }
        }
    }


def external_secret_spec(
    *,
    store: pulumi.Input[str],
    target: pulumi.Input[str],
    entry_arn: pulumi.Input[str],
    version: pulumi.Input[str],
    immutable: bool,
) -> dict[str, Any]:
    """An ExternalSecret: every key of one version of one entry, in one Secret.

    ``version`` is ``uuid/<version id>``. A version never changes, so there is nothing to refresh.
    The operator acts when this object changes, or when the Secret is changed or deleted.
    """
    return {
        "refreshPolicy": "OnChange",
        "secretStoreRef": {"kind": "SecretStore", "name": store},
        "target": {
            "name": target,
            # The Secret is deleted with this object, but not when the entry is deleted in AWS:
            # running pods must be able to restart.
            "creationPolicy": "Owner",
            "deletionPolicy": "Retain",
            "immutable": immutable,
        },
        "dataFrom": [{"extract": {"key": entry_arn, "version": version}}],
    }
