"""Rules of single sign-on: what each provider takes, and who can still log in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from components.langfuse import sso, variables
from components.langfuse.sso import PROVIDERS
from components.langfuse.versions import Version
from stacks.settings import langfuse_variables
from stacks.settings.langfuse_variables import option_path
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.fields.network import is_local
from stacks.settings.machinery.problems import Problem, full_key, to_change, to_decide, to_give
from stacks.settings.rules.environment import owned
from stacks.settings.sections.langfuse import Langfuse
from stacks.settings.sections.sso import SsoProvider

_OPTIONS: Final = tuple(f for f in SsoProvider.model_fields if f not in {*sso.ALWAYS, sso.LINKING})

_DISCOVERY: Final = "/.well-known/openid-configuration"

_AUTHENTIK: Final = r"https://.+/application/o/[^/]+"


def provider_in_release(langfuse: Langfuse) -> Iterator[Problem]:
    version = Version.parse(langfuse.version)
    for name in langfuse.sso.providers:
        if (first := PROVIDERS[name].first) > version:
            key = full_key(f"langfuse.sso.providers.{name}")
            rule = f"needs Langfuse {first} or newer; this is {version}"
            yield Problem(key, "(an object)", rule, "")


def options_of_provider(langfuse: Langfuse) -> Iterator[Problem]:
    for name, section in langfuse.sso.providers.items():
        provider = PROVIDERS[name]
        for option in _OPTIONS:
            value, path = getattr(section, option), option_path(name, option)
            if option in provider.needs and value is None:
                yield to_give(path, f"is required: without it {name} is not offered")
            elif option not in provider.options and value not in (None, ()):
                takers = [n for n, p in PROVIDERS.items() if option in p.options]
                rule = f"has no use: {name} does not take it; {_and(takers)}"
                yield to_decide(path, value, rule)


def _and(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last} do" if others else f"{last} does"


def issuer_of_authentik(langfuse: Langfuse) -> Iterator[Problem]:
    section = langfuse.sso.providers.get("authentik")
    if section and section.issuer and re.fullmatch(_AUTHENTIK, section.issuer) is None:
        rule = (
            "must be https://, the host, /application/o/ and the application's slug: Langfuse does "
            "not start with another one"
        )
        yield to_decide(option_path("authentik", "issuer"), section.issuer, rule)


def issuer_by_itself(langfuse: Langfuse) -> Iterator[Problem]:
    """Langfuse adds the path of the discovery document, and fetches it from its pods."""
    for name, section in langfuse.sso.providers.items():
        for option, url in (("issuer", section.issuer), ("base_url", section.base_url)):
            if url is not None and is_local(url):
                yield to_decide(option_path(name, option), url, "leads to Langfuse's own pod")
        if section.issuer and section.issuer.endswith(_DISCOVERY):
            rule = f"must not end in {_DISCOVERY}, which Langfuse adds"
            issuer = section.issuer.removesuffix(_DISCOVERY)
            yield to_change(option_path(name, "issuer"), section.issuer, rule, issuer)


def one_place_at_workos(langfuse: Langfuse) -> Iterator[Problem]:
    section = langfuse.sso.providers.get("workos")
    if section and section.organization_id and section.connection_id:
        rule = "has no use beside organizationId, which Langfuse takes first; keep one"
        yield to_decide(option_path("workos", "connection_id"), section.connection_id, rule)


def someone_can_log_in(langfuse: Langfuse) -> Iterator[Problem]:
    section = langfuse.sso
    if section.providers:
        return
    rule = "leaves {} without a login: langfuse.sso.providers names no provider"
    if not section.password_login:
        yield to_decide("langfuse.sso.passwordLogin", False, rule.format("everyone"))
    if section.enforced_domains:
        domains = list(section.enforced_domains)
        who = "the people of these domains"
        yield to_decide("langfuse.sso.enforcedDomains", domains, rule.format(who))


def variables_of_a_provider(langfuse: Langfuse) -> Iterator[Problem]:
    """What is only for the raw environment, of a provider that is not there."""
    version = Version.parse(langfuse.version)
    for path, name, found in langfuse_variables.raw(langfuse):
        known = variables.variables().get(name)
        if owned(name) is not None or known is None or not known.in_release(version):
            continue
        provider = _provider_of(name)
        if provider is not None and provider not in langfuse.sso.providers:
            rule = f"does nothing without the provider, langfuse.sso.providers.{provider}"
            yield Problem(full_key(path), found, rule, "")


def _provider_of(variable: str) -> str | None:
    """The provider that a variable belongs to: the one with the longest name."""
    names = {f"AUTH_{provider.name}_": name for name, provider in PROVIDERS.items()}
    names["AUTH_AZURE_"] = "azureAd"
    begins = [prefix for prefix in names if variable.startswith(prefix)]
    return names[max(begins, key=len)] if begins else None


CHECKS: Final[tuple[Check, ...]] = (
    provider_in_release,
    options_of_provider,
    issuer_of_authentik,
    issuer_by_itself,
    one_place_at_workos,
    someone_can_log_in,
    variables_of_a_provider,
)
