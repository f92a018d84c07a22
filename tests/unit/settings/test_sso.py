"""Single sign-on: what each provider takes, and who can still log in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest
from pydantic import SecretStr

from stacks import translation
from stacks.settings import Problem
from tests.support.configurations import (
    VERSION_4_ELSEWHERE,
    Encrypted,
    bad,
    problem,
    problems,
    settings,
)

PROVIDERS: Final = "langfuse.sso.providers"
CLIENT: Final = {"clientId": "0oa7kq2m9x", "clientSecret": Encrypted("hunter2")}
OKTA: Final = {**CLIENT, "issuer": "https://example.okta.com"}


def login(version: str = "2.95.12", **sso: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"langfuse": {"version": version, "sso": sso}}


def with_provider(provider: str, version: str = "2.95.12", **options: Any) -> dict[str, Any]:  # noqa: ANN401
    return login(version, providers={provider: {**CLIENT, **options}})


def raw(**values: str) -> dict[str, Any]:
    return {"langfuse": {"environment": values}}


def missing(provider: str, key: str, word: str) -> Problem:
    path = f"{PROVIDERS}.{provider}.{key}"
    rule = f"is required: without it {provider} is not offered"
    return problem(path, "(nothing)", rule, f"pulumi config set --path @{path} {word}")


def moved(variable: str, key: str, *commands: str) -> Problem:
    """The problem of a variable that a key stands for."""
    path, value = variable.split("=")
    fix = (*commands, f"pulumi config rm --path @langfuse.environment.{path}")
    return problem(
        f"langfuse.environment.{path}",
        f'"{value}"',
        f"is not for the environment; set {key}",
        " && ".join(fix) if commands else "",
    )


def of_version_4(change: Mapping[str, Any]) -> dict[str, Any]:
    return {**VERSION_4_ELSEWHERE, "cache": {"engine": "statefulSet"}, **change}


_OF_2 = [
    *(
        bad(f"{name} without its issuer", with_provider(name), missing(name, "issuer", "ISSUER"))
        for name in ("auth0", "cognito", "keycloak", "okta")
    ),
    *(
        bad(
            f"an issuer with {character} in its host",
            with_provider("okta", issuer=f"https://example{character}okta.example.com"),
            problem(
                f"{PROVIDERS}.okta.issuer",
                "[secret]",
                "must be an http:// or https:// URL without credentials, query or trailing slash",
                "",
            ),
        )
        for character in "%<>^|"
    ),
    bad(
        "Entra ID without its tenant",
        with_provider("azureAd"),
        missing("azureAd", "tenantId", "TENANT_ID"),
    ),
    bad(
        "GitHub Enterprise without its address",
        with_provider("githubEnterprise"),
        missing("githubEnterprise", "baseUrl", "BASE_URL"),
    ),
    bad(
        "a provider of one's own without issuer and name",
        with_provider("custom"),
        missing("custom", "issuer", "ISSUER"),
        missing("custom", "name", "NAME"),
    ),
    bad(
        "a provider without its secret",
        login(providers={"google": {"clientId": "0oa7kq2m9x"}}),
        problem(
            f"{PROVIDERS}.google.clientSecret",
            "(nothing)",
            "is required",
            f"pulumi config set --secret --path @{PROVIDERS}.google.clientSecret",
        ),
    ),
    bad(
        "a secret in clear",
        login(providers={"google": {"clientId": "0oa7kq2m9x", "clientSecret": "hunter2"}}),
        problem(
            f"{PROVIDERS}.google.clientSecret",
            "[secret]",
            "is a secret and has to be stored encrypted",
            f"pulumi config set --secret --path @{PROVIDERS}.google.clientSecret",
        ),
    ),
    bad(
        "options of other providers",
        with_provider(
            "okta", issuer="https://a.okta.com", tenantId="example", allowedDomains=["example.com"]
        ),
        problem(
            f"{PROVIDERS}.okta.tenantId",
            "[secret]",
            "has no use: okta does not take it; azureAd does",
            "",
        ),
        problem(
            f"{PROVIDERS}.okta.allowedDomains",
            "[secret]",
            "has no use: okta does not take it; google does",
            "",
        ),
    ),
    bad(
        "an address of GitHub, which has one alone",
        with_provider("github", baseUrl="https://git.example.com"),
        problem(
            f"{PROVIDERS}.github.baseUrl",
            "[secret]",
            "has no use: github does not take it; githubEnterprise and gitlab do",
            "",
        ),
    ),
    bad(
        "a provider by another name",
        with_provider("entra-id", tenantId="contoso.onmicrosoft.com"),
        problem(
            f"{PROVIDERS}.entra-id",
            "[secret]",
            "must be one of auth0, authentik, azureAd, cognito, custom, github, githubEnterprise, "
            "gitlab, google, jumpcloud, keycloak, okta, onelogin, wordpress, workos",
            " && ".join(
                (
                    *(
                        f"pulumi config set --secret --path @{PROVIDERS}.azureAd.{key}"
                        for key in ("clientId", "clientSecret", "tenantId")
                    ),
                    f"pulumi config rm --path @{PROVIDERS}.entra-id",
                )
            ),
        ),
    ),
    bad(
        "a provider that the release does not offer",
        with_provider("authentik", issuer="https://sso.example.com/application/o/langfuse"),
        problem(
            f"{PROVIDERS}.authentik",
            "(an object)",
            "needs Langfuse 3.124.0 or newer; this is 2.95.12",
            "",
        ),
    ),
    bad(
        "Keycloak before 2.93.3",
        with_provider("keycloak", "2.90.1", issuer="https://sso.example.com/realms/team"),
        problem(
            f"{PROVIDERS}.keycloak",
            "(an object)",
            "needs Langfuse 2.93.3 or newer; this is 2.90.1",
            "",
        ),
    ),
    bad(
        "a GitLab of one's own before 3.42.0",
        with_provider("gitlab", baseUrl="https://git.example.com"),
        problem(
            f"{PROVIDERS}.gitlab.baseUrl",
            "[secret]",
            "needs Langfuse 3.42.0 or newer; this is 2.95.12",
            "",
        ),
    ),
    bad(
        "a GitLab of one's own where neither of its variables is read",
        with_provider("gitlab", "2.83.0", baseUrl="https://git.example.com"),
        problem(
            f"{PROVIDERS}.gitlab.baseUrl",
            "[secret]",
            "needs Langfuse 3.42.0 or newer; this is 2.83.0",
            "",
        ),
    ),
    bad(
        "a variable of a provider that the release does not offer",
        raw(AUTH_AUTHENTIK_CHECKS="pkce"),
        problem(
            "langfuse.environment.AUTH_AUTHENTIK_CHECKS",
            '"pkce"',
            "needs Langfuse 3.124.0 or newer; this is 2.95.12",
            "",
        ),
    ),
    bad(
        "an issuer without its scheme",
        with_provider("okta", issuer="example.okta.com/"),
        problem(
            f"{PROVIDERS}.okta.issuer",
            "[secret]",
            "must be an http:// or https:// URL without credentials, query or trailing slash",
            "",
        ),
    ),
    bad(
        "an issuer with a slash at its end",
        with_provider("auth0", issuer="https://example.auth0.com/"),
        problem(
            f"{PROVIDERS}.auth0.issuer",
            "[secret]",
            "must be an http:// or https:// URL without credentials, query or trailing slash",
            f"pulumi config set --secret --path @{PROVIDERS}.auth0.issuer",
        ),
    ),
    bad(
        "the URL of a discovery document in place of its issuer",
        with_provider("okta", issuer="https://kestrel.okta.com/.well-known/openid-configuration"),
        problem(
            f"{PROVIDERS}.okta.issuer",
            "[secret]",
            "must not end in /.well-known/openid-configuration, which Langfuse adds",
            f"pulumi config set --secret --path @{PROVIDERS}.okta.issuer",
        ),
    ),
    bad(
        "providers on Langfuse's own pod",
        login(
            "4.16.0",
            providers={
                "keycloak": {**CLIENT, "issuer": "http://localhost:8080/realms/agents"},
                "githubEnterprise": {**CLIENT, "baseUrl": "http://127.0.0.1:8081"},
            },
        )
        | {key: VERSION_4_ELSEWHERE[key] for key in VERSION_4_ELSEWHERE if key != "langfuse"}
        | {"cache": {"engine": "statefulSet"}},
        problem(f"{PROVIDERS}.keycloak.issuer", "[secret]", "leads to Langfuse's own pod", ""),
        problem(
            f"{PROVIDERS}.githubEnterprise.baseUrl", "[secret]", "leads to Langfuse's own pod", ""
        ),
    ),
    bad(
        "no password and no provider",
        login(passwordLogin=False),
        problem(
            "langfuse.sso.passwordLogin",
            "false",
            "leaves everyone without a login: langfuse.sso.providers names no provider",
            "",
        ),
    ),
    bad(
        "domains without a provider",
        login(enforcedDomains=["example.com"]),
        problem(
            "langfuse.sso.enforcedDomains",
            '["example.com"]',
            "leaves the people of these domains without a login: langfuse.sso.providers names no "
            "provider",
            "",
        ),
    ),
    bad(
        "an address in place of its domain",
        {
            "langfuse": {
                "sso": {"providers": {"okta": OKTA}, "enforcedDomains": ["@Example.com"]},
            }
        },
        problem(
            "langfuse.sso.enforcedDomains[0]",
            "[secret]",
            "must be a host name in lower case without scheme, port or path",
            "",
        ),
    ),
    bad(
        "variables that keys stand for",
        raw(
            AUTH_GOOGLE_CLIENT_ID="0oa7kq2m9x",
            AUTH_GOOGLE_ALLOWED_DOMAINS="Example.com, example.org",
            AUTH_GOOGLE_ALLOW_ACCOUNT_LINKING="true",
        ),
        moved(
            "AUTH_GOOGLE_CLIENT_ID=0oa7kq2m9x",
            f"{PROVIDERS}.google.clientId",
            f"pulumi config set --path @{PROVIDERS}.google.clientId 0oa7kq2m9x",
        ),
        moved(
            "AUTH_GOOGLE_ALLOWED_DOMAINS=Example.com, example.org",
            f"{PROVIDERS}.google.allowedDomains",
            f"pulumi config set --path '@{PROVIDERS}.google.allowedDomains[0]' example.com",
            f"pulumi config set --path '@{PROVIDERS}.google.allowedDomains[1]' example.org",
        ),
        moved(
            "AUTH_GOOGLE_ALLOW_ACCOUNT_LINKING=true",
            f"{PROVIDERS}.google.allowAccountLinking",
            f"pulumi config set --path @{PROVIDERS}.google.allowAccountLinking true",
        ),
    ),
    bad(
        "no passwords by a variable",
        raw(AUTH_DISABLE_USERNAME_PASSWORD="true"),
        moved(
            "AUTH_DISABLE_USERNAME_PASSWORD=true",
            "langfuse.sso.passwordLogin",
            "pulumi config set --path @langfuse.sso.passwordLogin false",
        ),
    ),
    bad(
        "a variable of which it is not certain what is meant",
        raw(AUTH_DISABLE_USERNAME_PASSWORD="maybe"),
        # Its name is like that of a password.
        problem(
            "langfuse.environment.AUTH_DISABLE_USERNAME_PASSWORD",
            "[secret]",
            "is not for the environment; set langfuse.sso.passwordLogin",
            "",
        ),
    ),
    bad(
        "two variables of one key",
        raw(AUTH_GITLAB_URL="https://a.example.com", AUTH_GITLAB_ISSUER="https://b.example.com"),
        moved("AUTH_GITLAB_URL=https://a.example.com", f"{PROVIDERS}.gitlab.baseUrl"),
        moved("AUTH_GITLAB_ISSUER=https://b.example.com", f"{PROVIDERS}.gitlab.baseUrl"),
    ),
    bad(
        "a secret variable that a key stands for",
        {"langfuse": {"secretEnvironment": {"AUTH_OKTA_CLIENT_SECRET": Encrypted("hunter2")}}},
        problem(
            "langfuse.secretEnvironment.AUTH_OKTA_CLIENT_SECRET",
            "[secret]",
            f"is not for the environment; set {PROVIDERS}.okta.clientSecret",
            f"pulumi config set --secret --path @{PROVIDERS}.okta.clientSecret && "
            "pulumi config rm --path @langfuse.secretEnvironment.AUTH_OKTA_CLIENT_SECRET",
        ),
    ),
    bad(
        "a variable beside its key",
        {
            "langfuse": {
                "sso": {"providers": {"okta": OKTA}},
                "environment": {"AUTH_OKTA_ISSUER": "https://other.okta.com"},
            }
        },
        problem(
            "langfuse.environment.AUTH_OKTA_ISSUER",
            "[secret]",
            f"is not for the environment; set {PROVIDERS}.okta.issuer",
            "",
        ),
    ),
    bad(
        "what is left to the environment, of providers that are not there",
        raw(
            AUTH_OKTA_CHECKS="pkce", AUTH_GITHUB_ENTERPRISE_CHECKS="pkce", AUTH_AZURE_CHECKS="pkce"
        ),
        *(
            problem(
                f"langfuse.environment.AUTH_{name}_CHECKS",
                '"pkce"',
                f"does nothing without the provider, {PROVIDERS}.{key}",
                "",
            )
            for name, key in (
                ("OKTA", "okta"),
                ("GITHUB_ENTERPRISE", "githubEnterprise"),
                ("AZURE", "azureAd"),
            )
        ),
    ),
]

_OF_4 = [
    bad(
        "an issuer of authentik that Langfuse does not start with",
        of_version_4(
            with_provider("authentik", "4.16.0", issuer="http://sso.example.com/application/o/lf")
        ),
        problem(
            f"{PROVIDERS}.authentik.issuer",
            "[secret]",
            "must be https://, the host, /application/o/ and the application's slug: Langfuse "
            "does not start with another one",
            "",
        ),
    ),
    bad(
        "two places at WorkOS",
        of_version_4(
            with_provider("workos", "4.16.0", organizationId="org_1", connectionId="conn_1")
        ),
        problem(
            f"{PROVIDERS}.workos.connectionId",
            "[secret]",
            "has no use beside organizationId, which Langfuse takes first; keep one",
            "",
        ),
    ),
]

BAD = [*_OF_2, *_OF_4]


@pytest.mark.parametrize(("change", "expected"), BAD)
def test_refuses(change: Mapping[str, Any], expected: list[Problem]) -> None:
    assert problems(change) == expected


GOOD: Final[Mapping[str, Mapping[str, Any]]] = {
    "a provider": login(providers={"okta": OKTA}),
    "providers alone": login(providers={"github": CLIENT}, passwordLogin=False),
    "domains": login(providers={"okta": OKTA}, enforcedDomains=["example.com"]),
    "passwords alone": login(passwordLogin=True, enforcedDomains=[]),
    "the first release with GitHub Enterprise": with_provider(
        "githubEnterprise", "2.93.3", baseUrl="https://git.example.com"
    ),
    "what is left to the environment": {
        "langfuse": {
            "sso": {"providers": {"okta": OKTA}},
            "environment": {"AUTH_OKTA_CHECKS": "pkce,state"},
        }
    },
}


@pytest.mark.parametrize("change", GOOD.values(), ids=GOOD)
def test_accepts(change: Mapping[str, Any]) -> None:
    assert problems(change) == []


def test_a_name_in_place_of_a_provider_s_own_is_a_word_that_only_the_reader_knows() -> None:
    (found,) = problems(with_provider("custom", issuer="https://a.example.com", name="NAME"))

    assert found.rule == "is a word in place of a value that only you know"


EVERY: Final = {
    "google": {**CLIENT, "allowedDomains": ["example.com", "example.org"]},
    "azureAd": {**CLIENT, "tenantId": "example.com", "allowAccountLinking": True},
    "okta": {**OKTA, "issuer": "https://example.okta.com:8443"},
    "gitlab": {**CLIENT, "baseUrl": "https://git.example.com"},
    "keycloak": {**CLIENT, "issuer": "http://keycloak.sso.svc:8080/realms/a", "name": "Example"},
}


def test_what_is_given_is_in_the_variables_that_the_release_reads() -> None:
    read = settings(
        of_version_4(
            login("4.16.0", providers=EVERY, passwordLogin=False, enforcedDomains=["a.com", "b.de"])
        )
    )
    plain, secret = translation.typed_environment(read.langfuse)

    assert plain == {
        "AUTH_AZURE_AD_ALLOW_ACCOUNT_LINKING": "true",
        "AUTH_AZURE_AD_CLIENT_ID": "0oa7kq2m9x",
        "AUTH_AZURE_AD_TENANT_ID": "example.com",
        "AUTH_DISABLE_USERNAME_PASSWORD": "true",
        "AUTH_DOMAINS_WITH_SSO_ENFORCEMENT": "a.com,b.de",
        "AUTH_GITLAB_CLIENT_ID": "0oa7kq2m9x",
        "AUTH_GITLAB_ISSUER": "https://git.example.com",
        "AUTH_GITLAB_URL": "https://git.example.com",
        "AUTH_GOOGLE_ALLOWED_DOMAINS": "example.com,example.org",
        "AUTH_GOOGLE_CLIENT_ID": "0oa7kq2m9x",
        "AUTH_KEYCLOAK_CLIENT_ID": "0oa7kq2m9x",
        "AUTH_KEYCLOAK_ISSUER": "http://keycloak.sso.svc:8080/realms/a",
        "AUTH_KEYCLOAK_NAME": "Example",
        "AUTH_OKTA_CLIENT_ID": "0oa7kq2m9x",
        "AUTH_OKTA_ISSUER": "https://example.okta.com:8443",
    }
    assert secret == {
        f"AUTH_{name}_CLIENT_SECRET": SecretStr("hunter2")
        for name in ("AZURE_AD", "GITLAB", "GOOGLE", "KEYCLOAK", "OKTA")
    }
    # The port of the one outside of the cluster is added to the default.
    assert translation.egress_ports(read.langfuse) == [443, 8443]


def test_version_2_has_its_own_name_for_azure() -> None:
    read = settings(with_provider("azureAd", tenantId="a.com", allowAccountLinking=True))
    plain, _ = translation.typed_environment(read.langfuse)

    assert sorted(plain) == [
        "AUTH_AZURE_AD_CLIENT_ID",
        "AUTH_AZURE_AD_TENANT_ID",
        "AUTH_AZURE_ALLOW_ACCOUNT_LINKING",
    ]


def test_the_callbacks_are_below_the_public_url() -> None:
    given = {
        "publicUrl": "https://lf.example.com",
        "sso": {
            "providers": {
                "githubEnterprise": {**CLIENT, "baseUrl": "https://git.example.com"},
                "okta": OKTA,
            }
        },
    }
    read = settings({"langfuse": given})

    assert translation.callback_urls(read) == {
        "githubEnterprise": "https://lf.example.com/api/auth/callback/github-enterprise",
        "okta": "https://lf.example.com/api/auth/callback/okta",
    }
    assert translation.callback_urls(settings()) is None
