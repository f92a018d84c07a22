"""Delivery through Secrets Manager, by itself: one store and one secret of two values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pulumi

from components.aws.cluster import OidcProvider
from components.secrets.external_secrets_operator import (
    ExternalSecretsOperator,
    ExternalSecretsOperatorArgs,
)
from components.secrets.secrets_manager_secret import SecretsManagerSecret, SecretsManagerSecretArgs
from components.secrets.secrets_manager_store import (
    SecretReader,
    SecretsManagerStore,
    SecretsManagerStoreArgs,
)
from tests.support.component_run import run_component
from tooling.engineless.recording import Recording

ISSUER: Final = "oidc.eks.ap-northeast-2.amazonaws.com/id/0123456789ABCDEF"
PROVIDER: Final = f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"
ENTRY_NAME: Final = "agent-observability/test/app"
VALUES: Final = {"SALT": "value-of-the-salt", "NEXTAUTH_SECRET": "value-of-the-other"}

NAMESPACE: Final = "observability"
STORE: Final = "langfuse-secrets"
APP: Final = "langfuse-app"


def store_args(
    namespace: str = NAMESPACE, operator: pulumi.Resource | None = None
) -> SecretsManagerStoreArgs:
    return SecretsManagerStoreArgs(
        namespace=namespace,
        region="ap-northeast-2",
        oidc=OidcProvider(
            arn=pulumi.Output.from_input(PROVIDER), issuer_host=pulumi.Output.from_input(ISSUER)
        ),
        operator=operator,
        role_path="/agent-observability/prod/",
    )


def secret_args(reader: SecretReader) -> SecretsManagerSecretArgs:
    return SecretsManagerSecretArgs(
        namespace=NAMESPACE,
        entry_name=ENTRY_NAME,
        values=VALUES,
        reader=reader,
        recovery_days=14,
    )


def recorded(
    *,
    preview: bool = False,
    operator: bool = False,
    **changes: Any,  # noqa: ANN401
) -> Recording:
    """One store and one secret, with other arguments for the secret."""

    def body() -> None:
        release = None
        if operator:
            args = ExternalSecretsOperatorArgs()
            release = ExternalSecretsOperator("external-secrets", args).release
        store = SecretsManagerStore(STORE, store_args(operator=release))
        secret = SecretsManagerSecret(APP, replace(secret_args(store.reader), **changes))
        pulumi.export("name", secret.delivered.name)
        pulumi.export("entry", secret.entry_name)

    return run_component(body, preview=preview)


def labels(instance: str, component: str, name: str) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/instance": instance,
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/part-of": "agent-observability",
        "app.kubernetes.io/managed-by": "pulumi",
    }
