"""Rules of Langfuse's further environment variables that do nothing unless others are given too.

Langfuse offers a provider for login, and sends mail, with the whole set alone; it says nothing of
one that is not whole (https://langfuse.com/self-hosting/security/authentication-and-sso,
https://langfuse.com/self-hosting/configuration/transactional-emails). Its releases decide so in
``web/src/server/auth.ts``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from components.langfuse import variables
from components.langfuse.versions import Version
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import Problem, full_key, set_command, show
from stacks.settings.rules.environment import meant_by, owned
from stacks.settings.sections.langfuse import Langfuse

_ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(
        ("AUTH0", "AUTHENTIK", "COGNITO", "JUMPCLOUD", "KEYCLOAK", "OKTA", "ONELOGIN"), ("ISSUER",)
    ),
    "AZURE_AD": ("TENANT_ID",),
    "CUSTOM": ("ISSUER", "NAME"),
    "GITHUB_ENTERPRISE": ("BASE_URL",),
}
"""What a provider needs beside the client's id and secret; the others need nothing."""

_PREFIXES: Final = {"AUTH_AZURE_": "AZURE_AD"}
"""Prefixes of a provider's variables that are not its name."""

_SECRET: Final = re.compile(r"AUTH_\w+_CLIENT_SECRET|SMTP_CONNECTION_URL")


@dataclass(frozen=True, kw_only=True)
class _Set:
    names: tuple[str, ...]
    """Without one of these the rest does nothing."""
    without: str
    """What Langfuse does then, as the end of a sentence."""


_MAIL: Final = _Set(names=("SMTP_CONNECTION_URL", "EMAIL_FROM_ADDRESS"), without="sends no mail")


def incomplete_sets(langfuse: Langfuse) -> Iterator[Problem]:
    version = Version.parse(langfuse.version)
    given = [*langfuse.environment, *langfuse.secret_environment]
    # A misspelt name is a problem of its own, and its fix completes the set.
    there = {*given, *filter(None, (meant_by(langfuse, name) for name in given))}
    used: dict[_Set, list[str]] = {}
    for name in sorted({*given}):
        if (whole := _set_of(name, version)) is not None:
            used.setdefault(whole, []).append(name)
    for whole, names in used.items():
        for name in whole.names:
            if name not in there:
                rule = (
                    f"is missing: without it Langfuse {whole.without} and ignores "
                    f"{', '.join(names)}"
                )
                yield _missing(name, rule)


def _missing(name: str, rule: str) -> Problem:
    if _SECRET.fullmatch(name):
        key = full_key(f"langfuse.secretEnvironment.{name}")
        return Problem(key, show(None), rule, set_command(key, "", secret=True))
    return Problem(full_key(f"langfuse.environment.{name}"), show(None), rule, "")


def _set_of(name: str, version: Version) -> _Set | None:
    """The set without which a variable does nothing; None if the release reads none such."""
    known = variables.variables().get(name)
    if known is None or not known.in_release(version) or owned(name) is not None:
        return None
    if name in _MAIL.names:
        return _MAIL
    whole = {"AUTH_" + provider + "_": provider for provider in _providers(version)} | _PREFIXES
    prefix = max((prefix for prefix in whole if name.startswith(prefix)), key=len, default=None)
    if prefix is None:
        return None
    provider = whole[prefix]
    parts = ("CLIENT_ID", "CLIENT_SECRET", *_ALSO.get(provider, ()))
    return _Set(
        names=tuple(f"AUTH_{provider}_{part}" for part in parts),
        without="offers no login with this provider",
    )


@functools.cache
def _providers(version: Version) -> frozenset[str]:
    """The providers of a release, as the names of its variables have them."""
    found = (
        re.fullmatch(r"AUTH_(\w+)_CLIENT_ID", name) for name in variables.names(version, ["web"])
    )
    return frozenset(match[1] for match in found if match)


CHECKS: Final[tuple[Check, ...]] = (incomplete_sets,)
