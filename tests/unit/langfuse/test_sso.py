"""Providers of single sign-on: their variables exist, and so do their callbacks."""

from __future__ import annotations

import re

import pytest

from components.langfuse import sso, variables, versions
from components.langfuse.versions import Version
from stacks.settings.sections.sso import SsoProvider

RELEASES = [line.newest for line in versions.LINES.values()]

IDS = {
    "auth0": "auth0",
    "authentik": "authentik",
    "azureAd": "azure-ad",
    "cognito": "cognito",
    "custom": "custom",
    "github": "github",
    "githubEnterprise": "github-enterprise",
    "gitlab": "gitlab",
    "google": "google",
    "jumpcloud": "jumpcloud",
    "keycloak": "keycloak",
    "okta": "okta",
    "onelogin": "onelogin",
    "wordpress": "wordpress",
    "workos": "workos",
}

FIRST = {
    "auth0": "2.75.0",
    "authentik": "3.124.0",
    "azureAd": "2.75.0",
    "cognito": "2.75.0",
    "custom": "2.75.0",
    "github": "2.75.0",
    "githubEnterprise": "2.93.3",
    "gitlab": "2.83.0",
    "google": "2.75.0",
    "jumpcloud": "3.133.0",
    "keycloak": "2.93.3",
    "okta": "2.75.0",
    "onelogin": "3.122.2",
    "wordpress": "3.119.0",
    "workos": "3.36.0",
}


def test_every_provider_that_self_hosted_releases_offer_is_in_the_table() -> None:
    clients = (re.fullmatch(r"AUTH_(\w+)_CLIENT_ID", name) for name in variables.variables())
    known = {match[1] for match in clients if match and not variables.is_of_the_cloud(match[0])}

    assert {provider.name for provider in sso.PROVIDERS.values()} == known


def test_each_has_the_callback_of_its_own_id() -> None:
    assert {
        name: sso.callback_url("https://langfuse.example.com", name) for name in sso.PROVIDERS
    } == {
        name: f"https://langfuse.example.com/api/auth/callback/{end}" for name, end in IDS.items()
    }


def test_each_is_offered_from_its_first_release_on() -> None:
    assert {name: str(p.first) for name, p in sso.PROVIDERS.items()} == FIRST


@pytest.mark.parametrize("name", sso.PROVIDERS)
def test_every_option_is_a_setting_and_a_variable_of_the_web_container(name: str) -> None:
    provider = sso.PROVIDERS[name]
    written = {
        option: provider.written_to(option, release)
        for option in provider.options
        for release in RELEASES
    }

    assert set(provider.options) <= SsoProvider.model_fields.keys()
    assert len(provider.options) == len(set(provider.options))
    assert all(written.values())
    for variable in (v for names in written.values() for v in names):
        assert variables.variables()[variable].containers == {"web"}


def test_no_setting_is_an_option_of_no_provider() -> None:
    taken = {option for provider in sso.PROVIDERS.values() for option in provider.options}

    assert taken == SsoProvider.model_fields.keys()


@pytest.mark.parametrize("release", RELEASES)
def test_the_variables_of_a_provider_are_read_by_the_release(release: Version) -> None:
    """But for what a newer release has learnt since."""
    later = {
        variable
        for provider in sso.PROVIDERS.values()
        if provider.first <= release
        for option in provider.options
        for variable in provider.written_to(option, release)
        if not variables.variables()[variable].in_release(release)
    }

    of_2 = {"AUTH_GITLAB_URL", "AUTH_KEYCLOAK_NAME", "AUTH_KEYCLOAK_SCOPE"}
    assert later == (of_2 if release.major == 2 else set())


def test_what_is_called_otherwise() -> None:
    azure, gitlab, okta = (sso.PROVIDERS[name] for name in ("azureAd", "gitlab", "okta"))
    two, *newer = RELEASES

    assert azure.written_to(sso.LINKING, two) == ["AUTH_AZURE_ALLOW_ACCOUNT_LINKING"]
    for release in newer:
        assert azure.written_to(sso.LINKING, release) == ["AUTH_AZURE_AD_ALLOW_ACCOUNT_LINKING"]
    assert gitlab.written_to("base_url", newer[0]) == ["AUTH_GITLAB_URL", "AUTH_GITLAB_ISSUER"]
    assert okta.written_to("client_id", two) == ["AUTH_OKTA_CLIENT_ID"]
