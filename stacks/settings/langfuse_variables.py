"""The environment variables of Langfuse that keys of the section ``langfuse`` stand for."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from pydantic import SecretStr
from pydantic.alias_generators import to_camel

from components.langfuse import mail, versions
from components.langfuse.sso import PROVIDERS
from components.langfuse.versions import Version
from components.secrets.masking import MASK
from stacks.settings.machinery.problems import show
from stacks.settings.sections.allowed_targets import Targets
from stacks.settings.sections.langfuse import Langfuse
from stacks.settings.sections.smtp import Smtp
from stacks.settings.sections.sso import Sso

Value: TypeAlias = str | bool | int | tuple[str, ...] | SecretStr | None

_SSO: Final = "langfuse.sso"
_TARGETS: Final = "langfuse.allowedTargets"
_PURPOSES: Final = {
    "llmConnections": "LLM_CONNECTION",
    "webhooks": "WEBHOOK",
    "blobStorage": "BLOB_STORAGE_ENDPOINT",
}
"""What may call private addresses, as settings and as variables call it."""

_SENDER_KEY: Final = "langfuse.smtp.sender"
_LICENCE_KEY: Final = "langfuse.licenseKey"
_RETENTION_KEY: Final = "langfuse.retentionDays"

_MAIL_SERVER: Final = "SMTP_CONNECTION_URL"
_SENDER: Final = "EMAIL_FROM_ADDRESS"
_LICENCE: Final = "LANGFUSE_EE_LICENSE_KEY"
_RETENTION: Final = "LANGFUSE_INIT_PROJECT_RETENTION"
_ENFORCED: Final = "AUTH_DOMAINS_WITH_SSO_ENFORCEMENT"
_NO_PASSWORDS: Final = "AUTH_DISABLE_USERNAME_PASSWORD"


@dataclass(frozen=True, kw_only=True)
class Given:
    """A variable that a key of the configuration asks for."""

    path: str
    """The key."""
    name: str
    value: str | SecretStr
    found: str
    """The value of the key, to be shown."""


def given(langfuse: Langfuse) -> Iterator[Given]:
    """The variables of a configuration; those of a provider only if the release offers it."""
    yield from _login(langfuse.sso, Version.parse(langfuse.version))
    if (smtp := langfuse.smtp) is not None:
        url = SecretStr(_mail_server(smtp))
        yield Given(path="langfuse.smtp", name=_MAIL_SERVER, value=url, found="(an object)")
        yield from _as_it_is(_SENDER_KEY, _SENDER, smtp.sender)
    for path, section in targets(langfuse):
        purpose = f"LANGFUSE_{_PURPOSES[path.rpartition('.')[2]]}_WHITELISTED"
        yield from _as_it_is(f"{path}.hosts", f"{purpose}_HOST", section.hosts)
        yield from _as_it_is(f"{path}.networks", f"{purpose}_IP_SEGMENTS", section.networks)
    yield from _as_it_is(_LICENCE_KEY, _LICENCE, langfuse.license_key)
    yield from _as_it_is(_RETENTION_KEY, _RETENTION, langfuse.retention_days)


def raw(langfuse: Langfuse) -> Iterator[tuple[str, str, str]]:
    """Path, name and value to show of each further environment variable."""
    for name, value in langfuse.environment.items():
        yield f"langfuse.environment.{name}", name, show(value)
    for name in langfuse.secret_environment:
        yield f"langfuse.secretEnvironment.{name}", name, MASK


def targets(langfuse: Langfuse) -> Iterator[tuple[str, Targets]]:
    """The private addresses that Langfuse may call, by the key of each purpose."""
    allowed = langfuse.allowed_targets
    sections = (allowed.llm_connections, allowed.webhooks, allowed.blob_storage)
    yield from zip((f"{_TARGETS}.{purpose}" for purpose in _PURPOSES), sections, strict=True)


def _mail_server(smtp: Smtp) -> str:
    password = smtp.password
    return mail.connection_url(
        host=smtp.host,
        port=smtp.tcp_port,
        encryption=smtp.encryption,
        username=smtp.username,
        password=password.get_secret_value() if password else None,
    )


def _login(sso: Sso, version: Version) -> Iterator[Given]:
    for name, section in sso.providers.items():
        provider = PROVIDERS[name]
        for option in provider.options if provider.first <= version else ():
            for variable in provider.written_to(option, version):
                yield from _as_it_is(option_path(name, option), variable, getattr(section, option))
    if not sso.password_login:
        found = show(sso.password_login)
        yield Given(path=f"{_SSO}.passwordLogin", name=_NO_PASSWORDS, value="true", found=found)
    yield from _as_it_is(f"{_SSO}.enforcedDomains", _ENFORCED, sso.enforced_domains)


def _as_it_is(path: str, variable: str, value: Value) -> Iterator[Given]:
    """The variable that holds the value of a key; none for one that is as if it was not given."""
    match value:
        case None | False | ():
            return
        case SecretStr():
            yield Given(path=path, name=variable, value=value, found=MASK)
        case tuple():
            text = ",".join(value)
            yield Given(path=path, name=variable, value=text, found=show([*value]))
        case _:
            text = "true" if value is True else str(value)
            yield Given(path=path, name=variable, value=text, found=show(value))


def option_path(provider: str, option: str) -> str:
    """The key of an option of a provider."""
    return f"{_SSO}.providers.{provider}.{to_camel(option)}"


@functools.cache
def keys() -> Mapping[str, str]:
    """The key that each variable is set by, by its name."""
    releases = [line.newest for line in versions.LINES.values()]
    return {
        **{
            variable: option_path(name, option)
            for name, provider in PROVIDERS.items()
            for option in provider.options
            for version in releases
            for variable in provider.written_to(option, version)
        },
        _NO_PASSWORDS: f"{_SSO}.passwordLogin",
        _ENFORCED: f"{_SSO}.enforcedDomains",
        _MAIL_SERVER: "langfuse.smtp",
        _SENDER: _SENDER_KEY,
        _LICENCE: _LICENCE_KEY,
        _RETENTION: _RETENTION_KEY,
        **{
            f"LANGFUSE_{name}_WHITELISTED_{end}": f"{_TARGETS}.{purpose}.{key}"
            for purpose, name in _PURPOSES.items()
            for end, key in (("HOST", "hosts"), ("IPS", "networks"), ("IP_SEGMENTS", "networks"))
        },
    }
