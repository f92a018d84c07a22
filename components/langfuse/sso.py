"""The providers of single sign-on: what each takes, in which variables, and its callback. Pure.

Read from ``web/src/server/auth.ts`` in langfuse/langfuse at v2.95.12 and v4.16.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from components.langfuse import variables
from components.langfuse.versions import Version


@dataclass(frozen=True, kw_only=True)
class Provider:
    """A provider that Langfuse can send people to."""

    id: str
    """What Langfuse calls it: the end of the URL that it sends people back to."""
    name: str
    """What its variables are called: ``OKTA`` for ``AUTH_OKTA_…``."""
    needs: tuple[str, ...] = ()
    """Options that it does not work without, beside the client's id and secret."""
    takes: tuple[str, ...] = ()
    """Other options, beside ``LINKING``."""
    spelt: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Ends of variables of options that are called otherwise than their variable."""

    @property
    def options(self) -> tuple[str, ...]:
        """Everything that it can be given."""
        return (*ALWAYS, *self.needs, *self.takes, LINKING)

    @property
    def first(self) -> Version:
        """The first release that offers it."""
        return variables.variables()[f"AUTH_{self.name}_CLIENT_ID"].first

    def written_to(self, option: str, version: Version) -> list[str]:
        """The variables that a release has an option in."""
        if (self.name, option, version.major) == ("AZURE_AD", LINKING, 2):
            return ["AUTH_AZURE_ALLOW_ACCOUNT_LINKING"]
        ends = self.spelt.get(option, (option.upper(),))
        return [f"AUTH_{self.name}_{end}" for end in ends]


ALWAYS: Final = ("client_id", "client_secret")
"""What every provider needs."""

LINKING: Final = "allow_account_linking"
"""What every provider takes."""

_ISSUER: Final = ("issuer",)

PROVIDERS: Final[Mapping[str, Provider]] = {
    "auth0": Provider(id="auth0", name="AUTH0", needs=_ISSUER),
    "authentik": Provider(id="authentik", name="AUTHENTIK", needs=_ISSUER),
    "azureAd": Provider(id="azure-ad", name="AZURE_AD", needs=("tenant_id",)),
    "cognito": Provider(id="cognito", name="COGNITO", needs=_ISSUER),
    "custom": Provider(
        id="custom",
        name="CUSTOM",
        needs=("issuer", "name"),
        takes=("scope",),
    ),
    "github": Provider(id="github", name="GITHUB"),
    "githubEnterprise": Provider(
        id="github-enterprise", name="GITHUB_ENTERPRISE", needs=("base_url",)
    ),
    # A GitLab of one's own is its own issuer.
    "gitlab": Provider(
        id="gitlab",
        name="GITLAB",
        takes=("base_url",),
        spelt={"base_url": ("URL", "ISSUER")},
    ),
    "google": Provider(id="google", name="GOOGLE", takes=("allowed_domains",)),
    "jumpcloud": Provider(id="jumpcloud", name="JUMPCLOUD", needs=_ISSUER, takes=("scope",)),
    "keycloak": Provider(id="keycloak", name="KEYCLOAK", needs=_ISSUER, takes=("name", "scope")),
    "okta": Provider(id="okta", name="OKTA", needs=_ISSUER),
    "onelogin": Provider(id="onelogin", name="ONELOGIN", needs=_ISSUER),
    "wordpress": Provider(id="wordpress", name="WORDPRESS"),
    "workos": Provider(id="workos", name="WORKOS", takes=("connection_id", "organization_id")),
}
"""By the name that settings have for it. Langfuse's own cloud offers another one."""


def callback_url(public_url: str, provider: str) -> str:
    """The URL that a provider sends people back to, which has to be registered there."""
    return f"{public_url}/api/auth/callback/{PROVIDERS[provider].id}"
