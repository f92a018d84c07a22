"""The generated credentials. Does not prove that values are random: that is the provider's part."""

import pytest

from tests.support.bases import BASES
from tests.support.recordings import inputs, recorded
from tooling.engineless.recording import Secret, secret_texts

KEY = {
    "length": 64,
    "lower": False,
    "upper": False,
    "numeric": True,
    "special": True,
    "overrideSpecial": "abcdef",
}
PASSWORD = "random:index/randomPassword:RandomPassword"

PREFIX = "langfuse-credentials"


def test_each_credential_is_one_random_resource_with_constant_inputs() -> None:
    recording = recorded()

    generated = {
        resource.name: resource.inputs
        for resource in recording.resources.values()
        if resource.name.startswith(f"{PREFIX}-")
    }

    assert generated == {
        f"{PREFIX}-nextauth-secret": KEY,
        f"{PREFIX}-salt": KEY,
        f"{PREFIX}-encryption-key": KEY,
        f"{PREFIX}-project-keys": KEY,
        f"{PREFIX}-admin-password": {"length": 24, "special": False},
    }


@pytest.mark.parametrize("base", BASES)
def test_no_secret_comes_from_a_resource_whose_id_is_its_value(base: str) -> None:
    """RandomBytes has its value as id, which is in clear text in the state and in previews."""
    assert recorded(base).of_type("random:index/randomBytes:RandomBytes") == []


def test_protect_covers_the_two_that_cannot_be_made_again() -> None:
    recording = recorded(secrets={"protect": True})

    protected = {r.name for r in recording.resources.values() if r.protect}

    assert protected == {f"{PREFIX}-encryption-key", f"{PREFIX}-salt"}


def test_nothing_is_protected_unless_the_stack_asks() -> None:
    assert not [r for r in recorded().resources.values() if r.protect]


def test_the_app_secret_holds_each_value_in_the_form_langfuse_reads() -> None:
    values = inputs(recorded(), "langfuse-app-secret")["stringData"]

    assert sorted(values) == [
        "ENCRYPTION_KEY",
        "LANGFUSE_INIT_PROJECT_PUBLIC_KEY",
        "LANGFUSE_INIT_PROJECT_SECRET_KEY",
        "LANGFUSE_INIT_USER_PASSWORD",
        "NEXTAUTH_SECRET",
        "SALT",
    ]
    assert len(values["ENCRYPTION_KEY"]) == 64
    assert len(bytes.fromhex(values["ENCRYPTION_KEY"])) == 32
    assert len(values["SALT"]) == len(values["NEXTAUTH_SECRET"]) == 44
    assert len(values["LANGFUSE_INIT_USER_PASSWORD"]) == 24
    assert len({*values.values()}) == len(values)


def test_both_halves_of_the_project_key_come_from_one_source_and_share_nothing() -> None:
    recording = recorded()
    values = inputs(recording, "langfuse-app-secret")["stringData"]
    public = values["LANGFUSE_INIT_PROJECT_PUBLIC_KEY"]
    secret = values["LANGFUSE_INIT_PROJECT_SECRET_KEY"]

    assert (public[:6], len(public)) == ("pk-lf-", 38)
    assert (secret[:6], len(secret)) == ("sk-lf-", 38)
    assert public[6:] != secret[6:]


def test_every_value_of_the_app_secret_is_marked_secret() -> None:
    data = recorded().named("langfuse-app-secret").inputs["stringData"]

    assert isinstance(data, Secret)
    assert len(list(secret_texts(data))) == 6


def test_a_release_without_first_login_generates_neither_user_nor_keys() -> None:
    recording = recorded(
        langfuse={"version": "2.77.0", "admin": None, "signUp": "open"}, agents={"namespaces": []}
    )

    assert sorted(inputs(recording, "langfuse-app-secret")["stringData"]) == [
        "ENCRYPTION_KEY",
        "NEXTAUTH_SECRET",
        "SALT",
    ]
    assert sorted(r.name for r in recording.of_type(PASSWORD)) == [
        f"{PREFIX}-encryption-key",
        f"{PREFIX}-nextauth-secret",
        f"{PREFIX}-salt",
        "langfuse-postgres-password",
    ]
