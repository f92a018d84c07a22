"""Rules between the settings of Langfuse: its version, first user and pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from components.langfuse import versions
from components.langfuse.versions import Version
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
from stacks.settings.rules.resources import within_limit
from stacks.settings.sections.langfuse import Langfuse


def replicas_in_order(langfuse: Langfuse) -> Iterator[Problem]:
    if langfuse.min_replicas > langfuse.max_replicas:
        key = "langfuse.minReplicas"
        rule = f"must not be above langfuse.maxReplicas, which is {langfuse.max_replicas}"
        # The default of what was not given follows from what was.
        given = langfuse.model_fields_set & {"min_replicas", "max_replicas"}
        if given == {"max_replicas"}:
            yield to_change(key, langfuse.min_replicas, rule, langfuse.max_replicas)
        elif given == {"min_replicas"}:
            fix = set_command(full_key("langfuse.maxReplicas"), langfuse.min_replicas)
            yield Problem(full_key(key), show(langfuse.min_replicas), rule, fix)
        else:
            yield to_decide(key, langfuse.min_replicas, rule)


def release_not_refused(langfuse: Langfuse) -> Iterator[Problem]:
    version = Version.parse(langfuse.version)
    if (reason := versions.REFUSED.get(version)) is not None:
        after = next(r for r in versions.RELEASES if r > version and r not in versions.REFUSED)
        yield to_change("langfuse.version", langfuse.version, reason, str(after))


def admin_by_version(langfuse: Langfuse) -> Iterator[Problem]:
    since = versions.INIT
    if Version.parse(langfuse.version) >= since:
        if langfuse.admin is None:
            rule = "is required: the first user, who owns the organisation and can invite others"
            yield to_give("langfuse.admin.email", rule)
        return
    if langfuse.admin is not None:
        rule = f"needs Langfuse {since}, the first that creates a user; this is {langfuse.version}"
        yield to_decide("langfuse.version", langfuse.version, rule)
    if langfuse.sign_up == "disabled":
        rule = (
            f"leaves no one who can log in: before {since} the first user has to sign up "
            f"(this is {langfuse.version})"
        )
        yield to_decide("langfuse.signUp", langfuse.sign_up, rule)


def settings_known_to_version(langfuse: Langfuse) -> Iterator[Problem]:
    version = Version.parse(langfuse.version)

    def too_new(path: str, found: str, since: Version) -> Iterator[Problem]:
        if version < since:
            rule = f"needs Langfuse {since} or newer; this is {version}"
            yield Problem(full_key(path), found, rule, "")

    if langfuse.log_level is not None:
        found = show(langfuse.log_level)
        yield from too_new("langfuse.logLevel", found, versions.LOG_SETTINGS)
    if langfuse.log_format is not None:
        found = show(langfuse.log_format)
        yield from too_new("langfuse.logFormat", found, versions.LOG_SETTINGS)


def langfuse_memory(langfuse: Langfuse) -> Iterator[Problem]:
    yield from within_limit("langfuse.resources", langfuse.resources)


CHECKS: Final[tuple[Check, ...]] = (
    replicas_in_order,
    release_not_refused,
    admin_by_version,
    settings_known_to_version,
    langfuse_memory,
)
