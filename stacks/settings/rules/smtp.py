"""Rules of the server that mail is sent by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from components.langfuse.mail import PORTS
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import (
    Problem,
    full_key,
    set_command,
    show,
    to_change,
    to_decide,
    to_give,
)
from stacks.settings.sections.langfuse import Langfuse

_KEY: Final = "langfuse.smtp"


def login_is_whole(langfuse: Langfuse) -> Iterator[Problem]:
    smtp = langfuse.smtp
    if smtp is None:
        return
    if smtp.username is not None and smtp.password is None:
        rule = "is required with langfuse.smtp.username"
        key = full_key(f"{_KEY}.password")
        yield Problem(key, show(None), rule, set_command(key, "", secret=True))
    if smtp.username is None and smtp.password is not None:
        yield to_give(f"{_KEY}.username", "is required with langfuse.smtp.password")


def login_is_encrypted(langfuse: Langfuse) -> Iterator[Problem]:
    smtp = langfuse.smtp
    if smtp is not None and smtp.encryption == "none" and smtp.password is not None:
        rule = "would send langfuse.smtp.password in clear"
        yield to_change(f"{_KEY}.encryption", smtp.encryption, rule, "startTls")


def port_of_encryption(langfuse: Langfuse) -> Iterator[Problem]:
    """On port 465 a server waits for an encrypted connection; on 587 it speaks first."""
    smtp = langfuse.smtp
    if smtp is None or smtp.encryption == "none" or smtp.port is None:
        return
    others = {port: kind for kind, port in PORTS.items() if kind not in {smtp.encryption, "none"}}
    if (meant := others.get(smtp.port)) is not None:
        rule = f"is not the one of port {smtp.port}, which is {meant}"
        key = f"{_KEY}.encryption"
        if "encryption" in smtp.model_fields_set:
            yield to_decide(key, smtp.encryption, rule)
        else:
            yield to_change(key, smtp.encryption, rule, meant)


def verification_sends_mail(langfuse: Langfuse) -> Iterator[Problem]:
    name = "AUTH_EMAIL_VERIFICATION_REQUIRED"
    if langfuse.environment.get(name) == "true" and langfuse.smtp is None:
        rule = "does nothing without langfuse.smtp: Langfuse verifies no address by itself"
        yield to_decide(f"langfuse.environment.{name}", "true", rule)


CHECKS: Final[tuple[Check, ...]] = (
    login_is_whole,
    login_is_encrypted,
    port_of_encryption,
    verification_sends_mail,
)
