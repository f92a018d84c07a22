"""Key ``sso`` of section ``langfuse``: login by providers of single sign-on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import Field

from components.langfuse.sso import PROVIDERS
from stacks.settings.machinery.fields.network import HostName, Url
from stacks.settings.machinery.fields.text import SecretText
from stacks.settings.machinery.rule import Meant, matching
from stacks.settings.machinery.section import Section

_CALLED: Final = {
    "azure": "azureAd",
    "entra": "azureAd",
    "entraid": "azureAd",
    "ghe": "githubEnterprise",
    "oidc": "custom",
    **{name.lower(): name for name in PROVIDERS},
}
"""What a provider may be called, in small letters alone."""


def _provider(text: str) -> Iterator[str]:
    name = _CALLED.get(re.sub(r"[\W_]+", "", text).lower())
    yield from [name] if name else []


ProviderName = Annotated[
    str,
    matching(f"must be one of {', '.join(PROVIDERS)}", f"({'|'.join(PROVIDERS)})"),
    Meant(_provider),
]


class SsoProvider(Section):
    """One provider. Beside the client `auth0`, `authentik`, `cognito`, `jumpcloud`, `keycloak`,
    `okta` and `onelogin` need `issuer`; `azureAd`, which is Entra ID, `tenantId`; `custom`, which
    is any other with OpenID Connect, `issuer` and `name`; `githubEnterprise` `baseUrl`."""

    client_id: Annotated[str, Field(min_length=1, examples=["0oa1b2c3d4"])]
    """Id of the client (application) that is registered for Langfuse at the provider."""
    client_secret: SecretText
    """The client's secret."""
    issuer: Annotated[Url, Field(examples=["https://example.okta.com"])] | None = None
    """URL of the issuer. That of `authentik` begins with https, and ends with `/application/o/` and
    the application's slug."""
    tenant_id: (
        Annotated[
            str,
            matching("must be the id or a domain of a tenant", r"[A-Za-z0-9.-]+"),
            Field(examples=["1234abcd-12ab-34cd-56ef-1234567890ab"]),
        ]
        | None
    ) = None
    """The tenant of `azureAd`."""
    base_url: Annotated[Url, Field(examples=["https://git.example.com"])] | None = None
    """URL of a GitHub Enterprise Server, or of a GitLab that is not gitlab.com, which Langfuse
    knows from 3.42.0 on."""
    name: Annotated[str, Field(min_length=1, examples=["Example"])] | None = None
    """What the login page calls a `custom` provider or, from Langfuse 3.136.0 on, `keycloak`."""
    scope: Annotated[str, Field(min_length=1, examples=["openid email"])] | None = None
    """Scopes to ask for, of `custom` and, from Langfuse 3 on, `jumpcloud` and `keycloak`; none asks
    for `openid email profile`."""
    allowed_domains: tuple[HostName, ...] = ()
    """Google Workspace domains whose accounts `google` lets in; none lets every Google account
    in."""
    organization_id: Annotated[str, Field(min_length=1, examples=["org_01"])] | None = None
    """Organisation at `workos`; it decides if `connectionId` is given too."""
    connection_id: Annotated[str, Field(min_length=1, examples=["conn_01"])] | None = None
    """Connection at `workos`."""
    allow_account_linking: bool = False
    """Let people in who have an account with the same e-mail address already, such as the first
    user, whose account has a password. Only for a provider that verifies addresses."""


class Sso(Section):
    """Login by providers of single sign-on. The URL to register at each provider is in the output
    `ssoCallbackUrls`. With `langfuse.signUp: disabled` only people who have an account get in."""

    providers: dict[ProviderName, SsoProvider] = {}
    """Providers by name."""
    password_login: bool = True
    """Whether people can log in with a password too. If not, the first user logs in by a provider
    with `allowAccountLinking`."""
    enforced_domains: tuple[HostName, ...] = ()
    """Domains of e-mail addresses whose owners cannot log in with a password."""
