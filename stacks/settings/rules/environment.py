"""Rules of Langfuse's further environment variables: what they are called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, get_origin

from pydantic import JsonValue

from components.langfuse import variables, versions
from components.langfuse.versions import Version
from components.secrets.forms import secret_in
from components.secrets.masking import MASK
from stacks.settings import langfuse_variables
from stacks.settings.machinery import moves
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.places import locate
from stacks.settings.machinery.problems import (
    Problem,
    full_key,
    remove_command,
    set_command,
    show,
    to_decide,
    to_remove,
)
from stacks.settings.machinery.shape import Annotation, bare
from stacks.settings.sections.langfuse import Langfuse

# Environment variables that the program sets, by prefix, with what to do instead. A variable given
# twice would win or lose by accident.
_OWNED: Final = {
    "AUTH_DISABLE_SIGNUP": "set langfuse.signUp",
    **dict.fromkeys(
        (
            *("CLICKHOUSE_CLUSTER_", "CLICKHOUSE_DB", "CLICKHOUSE_MIGRATION_"),
            *("CLICKHOUSE_PASSWORD", "CLICKHOUSE_URL", "CLICKHOUSE_USER"),
        ),
        "set the clickhouse section, from Langfuse 3 on",
    ),
    "CLICKHOUSE_MAX_BYTES_BEFORE_EXTERNAL_GROUP_BY": (
        "set the memory of ClickHouse, from which it follows, in the clickhouse section"
    ),
    "DATABASE_": "the program gives the whole connection URL: set the database section",
    "DIRECT_URL": "the program gives the whole connection URL: set the database section",
    "ENABLE_AWS_CLOUDWATCH_METRIC_PUBLISHING": "set monitoring.queueMetrics",
    "ENCRYPTION_KEY": "remove it: the program generates it",
    "HOSTNAME": "remove it: the program sets it",
    "KEEP_ALIVE_TIMEOUT": "remove it: it has to agree with the load balancer's idle timeout",
    "LANGFUSE_AUTO_CLICKHOUSE_MIGRATION_DISABLED": "remove it: a Job runs the migrations",
    "LANGFUSE_AUTO_POSTGRES_MIGRATION_DISABLED": "remove it: a Job runs the migrations",
    "LANGFUSE_BACKGROUND_MIGRATION_V4_ENABLE_HISTORIC_BACKFILL": "set langfuse.backfill",
    "LANGFUSE_CSP_ENFORCE_HTTPS": "remove it: its value is that of the image's build",
    "LANGFUSE_ENABLE_EXPERIMENTAL_FEATURES": "set langfuse.experimentalFeatures",
    "LANGFUSE_INGESTION_CLICKHOUSE_MAX_ATTEMPTS": "remove it: fewer attempts would lose events",
    "LANGFUSE_INIT_": "set langfuse.admin, langfuse.organization and langfuse.project",
    "LANGFUSE_LOG_FORMAT": "set langfuse.logFormat",
    "LANGFUSE_LOG_LEVEL": "set langfuse.logLevel",
    "LANGFUSE_MIGRATION_V4_": "set langfuse.writeMode",
    "LANGFUSE_S3_BATCH_EXPORT_": "set the objectStorage section",
    "LANGFUSE_S3_EVENT_UPLOAD_": "set the objectStorage section",
    "LANGFUSE_S3_MEDIA_UPLOAD_": "set the objectStorage section",
    "NEXTAUTH_": "remove it: it follows from the URL, or is generated",
    "NODE_ENV": "remove it: the program sets it",
    "NODE_OPTIONS": "remove it: the heap size follows from langfuse.resources.memoryLimit",
    "PORT": "remove it: the program sets it",
    **dict.fromkeys(
        (
            *("REDIS_AUTH", "REDIS_CLUSTER_", "REDIS_CONNECTION_STRING", "REDIS_HOST"),
            *("REDIS_PORT", "REDIS_SENTINEL_", "REDIS_TLS_", "REDIS_USERNAME"),
        ),
        "set the cache section, from Langfuse 3 on",
    ),
    "S3_": "set the objectStorage section",
    "SALT": "remove it: the program generates it",
    "TELEMETRY_ENABLED": "set langfuse.telemetry",
}

_SURE: Final = 0.92
"""How alike two names are, of 1, for one to be a misspelt form of the other."""


def owned(variable: str) -> str | None:
    """What to do instead of setting a variable that the program sets."""
    if (key := langfuse_variables.keys().get(variable)) is not None:
        return f"set {key}"
    for prefix, advice in _OWNED.items():
        if variable == prefix or (prefix.endswith("_") and variable.startswith(prefix)):
            return advice
    return None


def environment_not_owned(langfuse: Langfuse) -> Iterator[Problem]:
    for path, name, found in langfuse_variables.raw(langfuse):
        if (advice := owned(name)) is not None:
            rule = f"is not for the environment; {advice}"
            yield Problem(full_key(path), found, rule, _to_its_key(langfuse, path, name))
    for name in sorted(langfuse.environment.keys() & langfuse.secret_environment.keys()):
        rule = f"is given in langfuse.secretEnvironment.{name} too"
        secret = langfuse.secret_environment[name].get_secret_value()
        told = to_remove if langfuse.environment[name] == secret else to_decide
        yield told(f"langfuse.environment.{name}", langfuse.environment[name], rule)


def _to_its_key(langfuse: Langfuse, path: str, name: str) -> str:
    """The commands that move a variable to the key that stands for it, if that is free."""
    key = langfuse_variables.keys().get(name)
    given = {found.path for found in langfuse_variables.given(langfuse)}
    others = [
        n for _, n, _ in langfuse_variables.raw(langfuse) if langfuse_variables.keys().get(n) == key
    ]
    if key is None or key in given or len(others) > 1:
        return ""
    place = locate(Langfuse, key.split(".")[1:])
    text = langfuse.environment.get(name) or langfuse.secret_environment[name].get_secret_value()
    value = _value_of(text, place.annotation)
    if key.endswith(".passwordLogin"):  # its variable turns it off
        value = {True: False, False: True}.get(value) if isinstance(value, bool) else None
    removal = remove_command(full_key(path))
    return moves.command(removal, full_key(key), value, place.field, place.annotation)


def _value_of(text: str, annotation: Annotation) -> JsonValue:
    """What a variable's text is as the value of a key of this type."""
    kind = bare(annotation)
    if kind is bool:
        return {"true": True, "false": False}.get(text.lower())
    if kind is int:
        return int(text) if text.isdecimal() else None
    if get_origin(kind) is tuple:
        return [part.strip().lower() for part in text.split(",") if part.strip()]
    return text


def environment_without_secrets(langfuse: Langfuse) -> Iterator[Problem]:
    """What the section ``environment`` holds is in clear in the stack file and in a ConfigMap."""
    for name, value in langfuse.environment.items():
        why = None if owned(name) else secret_in(name, value)
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
        moved = f"{set_command(right, '', secret=True)} && {remove_command(key)}"
        yield Problem(key, MASK, rule, "" if given else moved)


def environment_read(langfuse: Langfuse) -> Iterator[Problem]:
    """A variable that the release does not read does nothing, and nothing says so."""
    version = Version.parse(langfuse.version)
    for path, name, found in langfuse_variables.raw(langfuse):
        if owned(name) is not None or variables.is_read_beside(name):
            continue
        known = variables.variables().get(name)
        key = full_key(path)
        if variables.is_baked(name):
            rule = "does nothing: the image keeps the value that it was built with"
            yield Problem(key, found, rule, "")
        elif variables.is_of_the_cloud(name):
            rule = "does nothing: Langfuse offers this provider in its cloud alone"
            yield Problem(key, found, rule, "")
        elif variables.starts_nothing(name, version):
            rule = f"does nothing: Langfuse {version.major} starts no tracing outside of its cloud"
            yield Problem(key, found, rule, "")
        elif known is None:
            if name in langfuse.environment and secret_in(name, langfuse.environment[name]):
                continue  # said already, and what it belongs to
            if versions.unread(version) is not None and not _is_like_another(version, name):
                continue  # a release whose variables are not known may read it
            rule = "is read by no Langfuse release that is known here"
            yield _misspelt(langfuse, path, name, found, rule)
        elif known.first > version:
            rule = f"needs Langfuse {known.first} or newer; this is {version}"
            yield Problem(key, found, rule, "")
        elif known.last is not None and known.last < version:
            rule = f"is read up to Langfuse {known.last} alone; this is {version}"
            yield _misspelt(langfuse, path, name, found, rule)
        elif known.containers.isdisjoint(variables.containers(version)):
            rule = f"is read by the worker alone, which there is none of with Langfuse {version}"
            yield Problem(key, found, rule, "")


def _is_like_another(version: Version, name: str) -> bool:
    return variables.similar(name, _read(version), _SURE) is not None


def _read(version: Version) -> list[str]:
    """What the containers of a release read."""
    return variables.names(version, variables.containers(version))


def _misspelt(langfuse: Langfuse, path: str, name: str, found: str, rule: str) -> Problem:
    """A problem with the name that may be meant; with a command where that is certain."""
    meant = variables.similar(name, _read(Version.parse(langfuse.version)))
    advice = owned(meant) if meant is not None else None
    if meant is None or advice is not None:
        told = f"; did you mean '{meant}'? {advice.capitalize()}" if meant and advice else ""
        return Problem(full_key(path), found, f"{rule}{told}", "")
    given = langfuse.environment.keys() | langfuse.secret_environment.keys()
    fix = ""
    if variables.similar(name, [meant], _SURE) and meant not in given:
        right = full_key(f"{path.removesuffix(name)}{meant}")
        value = langfuse.environment.get(name)
        # A value that may be secret is typed again: a command shows what it is given.
        secret = path.startswith("langfuse.secretEnvironment.")
        if secret or (value is not None and found == show(value)):
            command = set_command(right, value or "", secret=secret)
            fix = f"{command} && {remove_command(full_key(path))}"
    return Problem(full_key(path), found, f"{rule}; did you mean '{meant}'?", fix)


CHECKS: Final[tuple[Check, ...]] = (
    environment_not_owned,
    environment_without_secrets,
    environment_read,
)
