"""Delivery through Secrets Manager: exact inputs, order, secret marks and what a change renames.

Does not prove that AWS or the operator accept them; the cluster tier asks the API server.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from pulumi_kubernetes.core.v1 import ConfigMap

from components.secrets import secrets_manager_iam
from components.secrets.entries import version_suffix
from components.secrets.secrets_manager_secret import SecretsManagerSecret
from components.secrets.secrets_manager_store import SecretsManagerStore
from tests.support.component_run import run_component
from tests.support.delivered_secrets import (
    APP,
    ENTRY_NAME,
    STORE,
    VALUES,
    labels,
    recorded,
    secret_args,
    store_args,
)
from tests.support.recordings import all_before, depends_on, inputs
from tooling.engineless.recording import UNKNOWN, Recording, Secret, reveal, secret_texts

KEY = "arn:aws:kms:ap-northeast-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def entry_arn(recording: Recording) -> str:
    return inputs(recording, f"{APP}-entry-version")["secretId"]


def version_id(recording: Recording) -> str:
    (extract,) = inputs(recording, f"{APP}-external-secret")["spec"]["dataFrom"]
    return extract["extract"]["version"].removeprefix("uuid/")


def test_the_entry_is_exactly_this() -> None:
    assert recorded().named(f"{APP}-entry").inputs == {
        "name": ENTRY_NAME,
        "description": "Written by Pulumi; a change made here is not delivered.",
        "recoveryWindowInDays": 14,
    }
    assert recorded(kms_key_arn=KEY).named(f"{APP}-entry").inputs["kmsKeyId"] == KEY
    assert recorded(recovery_days=0).named(f"{APP}-entry").inputs["recoveryWindowInDays"] == 0


def test_the_entry_has_its_refusals_before_its_value() -> None:
    recording = recorded()

    guard = recording.named(f"{APP}-entry-policy")
    assert guard.inputs == {
        "secretArn": entry_arn(recording),
        "policy": json.dumps(secrets_manager_iam.entry_guard(entry_arn=entry_arn(recording))),
        "blockPublicPolicy": True,
    }
    version = recording.named(f"{APP}-entry-version")
    assert depends_on(recording, version) == [f"{APP}-entry", f"{APP}-entry-policy"]


def test_the_value_is_one_json_object_that_the_provider_only_writes() -> None:
    version = recorded().named(f"{APP}-entry-version")

    text = '{"NEXTAUTH_SECRET": "value-of-the-other", "SALT": "value-of-the-salt"}'
    assert version.inputs == {
        "secretId": entry_arn(recorded()),
        "secretStringWo": Secret(text),
        "secretStringWoVersion": version.inputs["secretStringWoVersion"],
    }
    assert isinstance(version.inputs["secretStringWoVersion"], Secret)
    assert isinstance(version.inputs["secretStringWoVersion"].value, int)
    assert list(version.request.replaceOnChanges) == ["secretStringWoVersion"]


@pytest.mark.parametrize("key", [None, KEY])
def test_the_role_may_read_this_entry_and_nothing_else(key: str | None) -> None:
    recording = recorded(kms_key_arn=key)

    permissions = recording.of_type("aws:iam/rolePolicy:RolePolicy")
    document = secrets_manager_iam.read_entry(entry_arn=entry_arn(recording), kms_key_arn=key)
    role = recording.named(f"{STORE}-service-account").inputs["metadata"]["annotations"]
    assert [permission.inputs for permission in permissions] == [
        {
            "role": role["eks.amazonaws.com/role-arn"].rpartition("/")[2],
            "policy": json.dumps(document),
        }
    ]
    assert not recording.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")


def test_the_external_secret_is_exactly_this() -> None:
    recording = recorded()

    external_secret = recording.named(f"{APP}-external-secret")
    name = f"langfuse-app-{version_suffix(version_id(recording))}"
    assert external_secret.type == "kubernetes:external-secrets.io/v1:ExternalSecret"
    assert external_secret.inputs == {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {
            "namespace": "observability",
            "name": name,
            "labels": labels(APP, "secret", "langfuse"),
            "annotations": {
                "pulumi.com/waitFor": "condition=Ready",
                "pulumi.com/patchForce": "true",
            },
        },
        "spec": {
            "refreshPolicy": "OnChange",
            "secretStoreRef": {"kind": "SecretStore", "name": STORE},
            "target": {
                "name": name,
                "creationPolicy": "Owner",
                "deletionPolicy": "Retain",
                "immutable": True,
            },
            "dataFrom": [
                {
                    "extract": {
                        "key": entry_arn(recording),
                        "version": f"uuid/{version_id(recording)}",
                    }
                }
            ],
        },
    }
    assert external_secret.request.customTimeouts.create == "5m"
    assert external_secret.request.customTimeouts.update == "5m"
    assert recording.exports == {"name": name, "entry": ENTRY_NAME}


def test_agents_get_a_secret_of_the_name_they_wrote_down() -> None:
    recording = recorded(fixed_name="agent-observability")

    external_secret = inputs(recording, f"{APP}-external-secret")
    assert external_secret["metadata"]["name"] == "agent-observability"
    assert external_secret["spec"]["target"] == {
        "name": "agent-observability",
        "creationPolicy": "Owner",
        "deletionPolicy": "Retain",
        "immutable": False,
    }
    assert recording.exports["name"] == "agent-observability"


def test_created_in_this_order_and_removed_in_the_other() -> None:
    recording = recorded(operator=True)

    direct = {
        name: depends_on(recording, recording.named(name))
        for name in (
            f"{STORE}-service-account",
            f"{STORE}-store",
            f"{APP}-read",
            f"{APP}-external-secret",
        )
    }
    assert direct == {
        f"{STORE}-service-account": [f"{STORE}-role"],
        f"{STORE}-store": ["external-secrets-release", f"{STORE}-service-account"],
        f"{APP}-read": [f"{APP}-entry", f"{STORE}-role"],
        f"{APP}-external-secret": [
            f"{APP}-entry",
            f"{APP}-entry-version",
            f"{APP}-read",
            f"{STORE}-store",
        ],
    }


def test_who_uses_the_delivered_name_waits_for_the_secret() -> None:
    def body() -> None:
        store = SecretsManagerStore(STORE, store_args())
        for name, fixed_name in {"agents": "agent-observability", "app": None}.items():
            args = replace(secret_args(store.reader), fixed_name=fixed_name)
            secret = SecretsManagerSecret(name, args)
            ConfigMap(f"user-of-{name}", data={"secret": secret.delivered.name})

    recording = run_component(body)

    for name in ("agents", "app"):
        assert f"{name}-external-secret" in all_before(recording, f"user-of-{name}")


def test_a_changed_value_is_another_version_under_another_name() -> None:
    before, after = recorded(), recorded(values={**VALUES, "SALT": "another-value"})

    def changed(name: str) -> set[str]:
        old, new = (reveal(r.named(name).inputs) for r in (before, after))
        return {key for key in old if old[key] != new[key]}

    assert changed(f"{APP}-entry-version") == {"secretStringWo", "secretStringWoVersion"}
    assert changed(f"{APP}-external-secret") == {"metadata", "spec"}
    assert version_id(before) != version_id(after)
    assert before.exports["name"] != after.exports["name"]
    for name in (f"{APP}-entry", f"{APP}-entry-policy", f"{APP}-read", f"{STORE}-store"):
        assert not changed(name), f"{name} has nothing to do with the value"


def test_the_order_of_the_values_is_no_change() -> None:
    assert recorded().exports == recorded(values=dict(reversed(VALUES.items()))).exports


def test_no_value_is_anywhere_but_in_the_version() -> None:
    recording = recorded()

    holders = {
        resource.name
        for resource in recording.resources.values()
        if any(value in json.dumps(reveal(resource.inputs)) for value in VALUES.values())
    }
    assert holders == {f"{APP}-entry-version"}
    marked = "".join(secret_texts(recording.named(f"{APP}-entry-version").inputs))
    assert all(value in marked for value in VALUES.values())
    assert not any(isinstance(value, Secret) for value in recording.exports.values())


def test_protect_covers_the_entry_alone() -> None:
    def protected(recording: Recording) -> set[str]:
        return {r.name for r in recording.resources.values() if r.protect}

    assert protected(recorded(protect=True)) == {f"{APP}-entry"}
    assert protected(recorded()) == set()


@pytest.mark.parametrize("fixed_name", [None, "agent-observability"])
def test_a_first_preview_registers_the_same_resources(fixed_name: str | None) -> None:
    preview = recorded(preview=True, operator=True, fixed_name=fixed_name)
    update = recorded(operator=True, fixed_name=fixed_name)

    assert set(preview.resources) == set(update.resources)
    (extract,) = inputs(preview, f"{APP}-external-secret")["spec"]["dataFrom"]
    assert extract == {"extract": {"key": UNKNOWN, "version": UNKNOWN}}
    assert preview.exports["name"] == (fixed_name or UNKNOWN)


def test_an_entry_name_that_aws_refuses_is_refused_before_anything_is_made() -> None:
    with pytest.raises(ValueError, match=r"^the Secrets Manager entry 'a b' must be made of"):
        recorded(entry_name="a b")
