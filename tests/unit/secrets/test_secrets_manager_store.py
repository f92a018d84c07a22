"""Access of one namespace to Secrets Manager, and the operator: exact inputs and order.

Does not prove that AWS or the operator accept them; the cluster tier asks the API server.
"""

from __future__ import annotations

import json
import re

from components.secrets.secrets_manager_store import SecretsManagerStore
from tests.support.component_run import run_component
from tests.support.delivered_secrets import (
    ISSUER,
    PROVIDER,
    STORE,
    labels,
    recorded,
    store_args,
)
from tests.support.recordings import all_before


def test_the_role_can_be_taken_by_one_service_account_only() -> None:
    role = recorded().named(f"{STORE}-role")

    document = json.loads(role.inputs["assumeRolePolicy"])
    assert role.inputs == {
        "namePrefix": "langfuse-secrets-",
        "path": "/agent-observability/prod/",
        "description": "External Secrets, reading for the service account langfuse-secrets",
        "assumeRolePolicy": role.inputs["assumeRolePolicy"],
    }
    (statement,) = document["Statement"]
    assert statement["Principal"] == {"Federated": PROVIDER}
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {
            f"{ISSUER}:sub": "system:serviceaccount:observability:langfuse-secrets",
            f"{ISSUER}:aud": "sts.amazonaws.com",
        }
    }


def test_a_roles_name_fits_however_long_the_namespace_is() -> None:
    name = f"langfuse-agents-{'n' * 63}-secrets"

    def body() -> None:
        SecretsManagerStore(name, store_args(namespace="n" * 63))

    prefix = run_component(body).named(f"{name}-role").inputs["namePrefix"]
    # The provider adds 26 characters, and IAM allows 64.
    assert len(prefix) == 38
    assert prefix.endswith("-")


def test_the_service_account_is_exactly_this() -> None:
    account = recorded().named(f"{STORE}-service-account").inputs

    role = account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]
    assert re.fullmatch(
        r"arn:aws:iam::123456789012:role/agent-observability/prod/langfuse-secrets-[0-9a-f]{26}",
        role,
    )
    assert account == {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            "namespace": "observability",
            "name": STORE,
            "labels": labels(STORE, "secret-store", "external-secrets"),
            "annotations": {"eks.amazonaws.com/role-arn": role},
        },
        "automountServiceAccountToken": False,
    }


def test_the_store_is_exactly_this() -> None:
    store = recorded().named(f"{STORE}-store")

    assert store.type == "kubernetes:external-secrets.io/v1:SecretStore"
    assert store.inputs == {
        "apiVersion": "external-secrets.io/v1",
        "kind": "SecretStore",
        "metadata": {
            "namespace": "observability",
            "name": STORE,
            "labels": labels(STORE, "secret-store", "external-secrets"),
            "annotations": {"pulumi.com/waitFor": "condition=Ready"},
        },
        "spec": {
            "provider": {
                "aws": {
                    "service": "SecretsManager",
                    "region": "ap-northeast-2",
                    "auth": {"jwt": {"serviceAccountRef": {"name": STORE}}},
                }
            }
        },
    }
    assert store.request.customTimeouts.create == "5m"
    assert store.request.customTimeouts.update == "5m"


def test_the_store_waits_for_no_value() -> None:
    """A value may have to wait for a database; the store does not."""
    before = all_before(recorded(), f"{STORE}-store")

    assert before == {f"{STORE}-service-account", f"{STORE}-role"}


def test_the_operator_is_one_pinned_release() -> None:
    release = recorded(operator=True).named("external-secrets-release")

    assert release.type == "kubernetes:helm.sh/v3:Release"
    assert release.inputs == {
        "name": "external-secrets",
        "namespace": "external-secrets",
        "createNamespace": True,
        "chart": "external-secrets",
        "version": "2.9.0",
        "repositoryOpts": {"repo": "https://charts.external-secrets.io"},
        "values": {"crds": {"annotations": {"helm.sh/resource-policy": "keep"}}},
        "atomic": True,
        "timeout": 600,
        "compat": "true",
    }
