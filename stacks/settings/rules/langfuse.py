"""Rules between the settings of Langfuse: its version, environment, first user and pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from components.langfuse import versions
from components.langfuse.versions import Version
from components.secrets.forms import secret_in
from components.secrets.masking import MASK
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import (
    Problem,
    full_key,
    remove_command,
    set_command,
    show,
    to_change,
    to_remove,
)
from stacks.settings.rules.resources import within_limit
from stacks.settings.sections.langfuse import Langfuse

# Environment variables that the program sets, or that no Langfuse 2 on PostgreSQL reads, by
# prefix, with what to do instead. A variable given twice would win or lose by accident.
_OWNED_ENVIRONMENT = {
    "AUTH_DISABLE_SIGNUP": "set langfuse.signUp",
    "CLICKHOUSE_": "remove it: Langfuse 2 runs on PostgreSQL alone",
    "DATABASE_": "the program gives the whole connection URL: set the database section",
    "DIRECT_URL": "the program gives the whole connection URL: set the database section",
    "ENCRYPTION_KEY": "remove it: the program generates it",
    "HOSTNAME": "remove it: the program sets it",
    "KEEP_ALIVE_TIMEOUT": "remove it: it has to agree with the load balancer's idle timeout",
    "LANGFUSE_AUTO_POSTGRES_MIGRATION_DISABLED": "remove it: a Job runs the migrations",
    "LANGFUSE_CSP_ENFORCE_HTTPS": "remove it: it follows from the URL",
    "LANGFUSE_ENABLE_EXPERIMENTAL_FEATURES": "set langfuse.experimentalFeatures",
    "LANGFUSE_INIT_": "set langfuse.admin, langfuse.organization and langfuse.project",
    "LANGFUSE_LOG_FORMAT": "set langfuse.logFormat",
    "LANGFUSE_LOG_LEVEL": "set langfuse.logLevel",
    "LANGFUSE_S3_MEDIA_": "set the objectStorage section",
    "NEXTAUTH_": "remove it: it follows from the URL, or is generated",
    "NODE_ENV": "remove it: the program sets it",
    "NODE_OPTIONS": "remove it: the heap size follows from langfuse.resources.memoryLimit",
    "PORT": "remove it: the program sets it",
    "REDIS_": "remove it: Langfuse 2 runs on PostgreSQL alone",
    "S3_": "set the objectStorage section",
    "SALT": "remove it: the program generates it",
    "TELEMETRY_ENABLED": "set langfuse.telemetry",
}


def replicas_in_order(langfuse: Langfuse) -> Iterator[Problem]:
    if langfuse.min_replicas > langfuse.max_replicas:
        rule = f"must not be above langfuse.maxReplicas, which is {langfuse.max_replicas}"
        yield to_change("langfuse.minReplicas", langfuse.min_replicas, rule, langfuse.max_replicas)


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
            yield to_change("langfuse.admin.email", None, rule, "admin@example.com")
        return
    if langfuse.admin is not None:
        rule = f"needs Langfuse {since}, the first that creates a user; this is {langfuse.version}"
        yield to_change("langfuse.version", langfuse.version, rule, str(versions.LATEST))
    if langfuse.sign_up == "disabled":
        rule = (
            f"leaves no one who can log in: before {since} the first user has to sign up "
            f"(this is {langfuse.version})"
        )
        yield to_change("langfuse.signUp", langfuse.sign_up, rule, "open")


def settings_known_to_version(langfuse: Langfuse) -> Iterator[Problem]:
    version = Version.parse(langfuse.version)
    fix = set_command(full_key("langfuse.version"), str(versions.LATEST))

    def too_new(path: str, found: str, since: Version) -> Iterator[Problem]:
        if version < since:
            yield Problem(
                full_key(path), found, f"needs Langfuse {since} or newer; this is {version}", fix
            )

    if langfuse.log_level is not None:
        found = show(langfuse.log_level)
        yield from too_new("langfuse.logLevel", found, versions.LOG_SETTINGS)
    if langfuse.log_format is not None:
        found = show(langfuse.log_format)
        yield from too_new("langfuse.logFormat", found, versions.LOG_SETTINGS)
    for path, name, found in _environment(langfuse):
        if _owned(name) is None:
            yield from too_new(path, found, versions.environment_since(name))


def _environment(langfuse: Langfuse) -> Iterator[tuple[str, str, str]]:
    """Path, name and value to show of each further environment variable."""
    for name, value in langfuse.environment.items():
        yield f"langfuse.environment.{name}", name, show(value)
    for name in langfuse.secret_environment:
        yield f"langfuse.secretEnvironment.{name}", name, MASK


def _owned(variable: str) -> str | None:
    """What to do instead of setting a variable that the program sets."""
    for prefix, advice in _OWNED_ENVIRONMENT.items():
        if variable == prefix or (prefix.endswith("_") and variable.startswith(prefix)):
            return advice
    return None


def environment_not_owned(langfuse: Langfuse) -> Iterator[Problem]:
    for path, name, found in _environment(langfuse):
        if (advice := _owned(name)) is not None:
            rule = f"is not for the environment; {advice}"
            yield Problem(full_key(path), found, rule, remove_command(full_key(path)))
    for name in sorted(langfuse.environment.keys() & langfuse.secret_environment.keys()):
        rule = f"is given in langfuse.secretEnvironment.{name} too"
        yield to_remove(f"langfuse.environment.{name}", langfuse.environment[name], rule)


def environment_without_secrets(langfuse: Langfuse) -> Iterator[Problem]:
    """What the section ``environment`` holds is in clear in the stack file and in a ConfigMap."""
    for name, value in langfuse.environment.items():
        why = None if _owned(name) else secret_in(name, value)
        if why is None:
            continue
        key, right = (
            full_key(f"langfuse.{p}.{name}") for p in ("environment", "secretEnvironment")
        )
        rule = (
            f"{why}, and all that is here is stored and shown in clear: it belongs to "
            f"langfuse.secretEnvironment.{name}. If it was in clear before, rotate it: give it a "
            "new value where it comes from, and take that one"
        )
        given = name in langfuse.secret_environment
        moved = () if given else (set_command(right, "", secret=True),)
        yield Problem(key, MASK, rule, " && ".join((*moved, remove_command(key))))


def langfuse_memory(langfuse: Langfuse) -> Iterator[Problem]:
    yield from within_limit("langfuse.resources", langfuse.resources)


CHECKS: Final[tuple[Check, ...]] = (
    replicas_in_order,
    release_not_refused,
    admin_by_version,
    settings_known_to_version,
    environment_not_owned,
    environment_without_secrets,
    langfuse_memory,
)
