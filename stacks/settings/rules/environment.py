"""Rules of Langfuse's further environment variables: what they are called, and what they hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from components.langfuse import variables, versions
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
    to_decide,
    to_remove,
)
from stacks.settings.sections.langfuse import Langfuse

# Environment variables that the program sets, by prefix, with what to do instead. A variable given
# twice would win or lose by accident.
_OWNED: Final = {
    "AUTH_DISABLE_SIGNUP": "set langfuse.signUp",
    "CLICKHOUSE_": "set the clickhouse section, from Langfuse 3 on",
    "DATABASE_": "the program gives the whole connection URL: set the database section",
    "DIRECT_URL": "the program gives the whole connection URL: set the database section",
    "ENCRYPTION_KEY": "remove it: the program generates it",
    "HOSTNAME": "remove it: the program sets it",
    "KEEP_ALIVE_TIMEOUT": "remove it: it has to agree with the load balancer's idle timeout",
    "LANGFUSE_AUTO_CLICKHOUSE_MIGRATION_DISABLED": "remove it: a Job runs the migrations",
    "LANGFUSE_AUTO_POSTGRES_MIGRATION_DISABLED": "remove it: a Job runs the migrations",
    "LANGFUSE_BACKGROUND_MIGRATION_V4_ENABLE_HISTORIC_BACKFILL": "remove it: the program sets it",
    "LANGFUSE_CSP_ENFORCE_HTTPS": "remove it: its value is that of the image's build",
    "LANGFUSE_ENABLE_EXPERIMENTAL_FEATURES": "set langfuse.experimentalFeatures",
    "LANGFUSE_INGESTION_CLICKHOUSE_MAX_ATTEMPTS": "remove it: fewer attempts would lose events",
    "LANGFUSE_INIT_": "set langfuse.admin, langfuse.organization and langfuse.project",
    "LANGFUSE_LOG_FORMAT": "set langfuse.logFormat",
    "LANGFUSE_LOG_LEVEL": "set langfuse.logLevel",
    "LANGFUSE_MIGRATION_V4_": "remove it: the program sets it",
    "LANGFUSE_S3_BATCH_EXPORT_": "set the objectStorage section",
    "LANGFUSE_S3_EVENT_": "set the objectStorage section",
    "LANGFUSE_S3_MEDIA_": "set the objectStorage section",
    "NEXTAUTH_": "remove it: it follows from the URL, or is generated",
    "NODE_ENV": "remove it: the program sets it",
    "NODE_OPTIONS": "remove it: the heap size follows from langfuse.resources.memoryLimit",
    "PORT": "remove it: the program sets it",
    "REDIS_": "set the cache section, from Langfuse 3 on",
    "S3_": "set the objectStorage section",
    "SALT": "remove it: the program generates it",
    "TELEMETRY_ENABLED": "set langfuse.telemetry",
}

_SURE: Final = 0.92
"""How alike two names are, of 1, for one to be a misspelt form of the other."""

_PORTS: Final = {"http": 80, "https": 443, "smtp": 587, "smtps": 465}
"""What a URL without a port means: to Node.js, and to Nodemailer."""

_BOOLEANS: Final = {
    **dict.fromkeys(("true", "yes", "on", "1"), "true"),
    **dict.fromkeys(("false", "no", "off", "0"), "false"),
}


_LONGEST_VARIABLE: Final = 128 * 1024
"""Bytes with name and end: MAX_ARG_STRLEN (https://man7.org/linux/man-pages/man2/execve.2.html)."""

_LARGEST_ENVIRONMENT: Final = 1_000_000
"""https://kubernetes.io/docs/concepts/configuration/configmap/"""


def _environment(langfuse: Langfuse) -> Iterator[tuple[str, str, str]]:
    """Path, name and value to show of each further environment variable."""
    for name, value in langfuse.environment.items():
        yield f"langfuse.environment.{name}", name, show(value)
    for name in langfuse.secret_environment:
        yield f"langfuse.secretEnvironment.{name}", name, MASK


def owned(variable: str) -> str | None:
    """What to do instead of setting a variable that the program sets."""
    for prefix, advice in _OWNED.items():
        if variable == prefix or (prefix.endswith("_") and variable.startswith(prefix)):
            return advice
    return None


def environment_not_owned(langfuse: Langfuse) -> Iterator[Problem]:
    for path, name, found in _environment(langfuse):
        if (advice := owned(name)) is not None:
            rule = f"is not for the environment; {advice}"
            yield Problem(full_key(path), found, rule, "")
    for name in sorted(langfuse.environment.keys() & langfuse.secret_environment.keys()):
        rule = f"is given in langfuse.secretEnvironment.{name} too"
        secret = langfuse.secret_environment[name].get_secret_value()
        told = to_remove if langfuse.environment[name] == secret else to_decide
        yield told(f"langfuse.environment.{name}", langfuse.environment[name], rule)


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
    for path, name, found in _environment(langfuse):
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
            rule = "is read by no Langfuse release that is known here"
            yield _misspelt(langfuse, path, name, found, rule)
        elif known.first > version:
            yield from _too_new(langfuse, path, found, known)
        elif known.last is not None and known.last < version:
            rule = f"is read up to Langfuse {known.last} alone; this is {version}"
            yield _misspelt(langfuse, path, name, found, rule)
        elif "web" not in known.containers:
            rule = f"is read by the worker alone, which there is none of with Langfuse {version}"
            yield Problem(key, found, rule, "")


def _too_new(
    langfuse: Langfuse, path: str, found: str, known: variables.Variable
) -> Iterator[Problem]:
    rule = f"needs Langfuse {known.first} or newer; this is {langfuse.version}"
    if known.first <= versions.LAST_2:
        yield Problem(full_key(path), found, rule, "")
    else:
        yield _misspelt(langfuse, path, known.name, found, rule)


def meant_by(langfuse: Langfuse, name: str) -> str | None:
    """The name that is meant by one that the release does not read; None if none is like it."""
    version = Version.parse(langfuse.version)
    free = [n for n in variables.names(version, ["web"]) if owned(n) is None]
    return None if name in free else variables.similar(name, free)


def _misspelt(langfuse: Langfuse, path: str, name: str, found: str, rule: str) -> Problem:
    """A problem with the name that may be meant; with a command where that is certain."""
    meant = meant_by(langfuse, name)
    if meant is None:
        return Problem(full_key(path), found, rule, "")
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


def environment_fits(langfuse: Langfuse) -> Iterator[Problem]:
    """Linux starts no process with a longer variable, and etcd stores no larger object."""
    secret = {n: v.get_secret_value() for n, v in langfuse.secret_environment.items()}
    sections = {"environment": langfuse.environment, "secretEnvironment": secret}
    for section, held in sections.items():
        sizes = {name: len(f"{name}={value}".encode()) for name, value in held.items()}
        for name, size in sizes.items():
            if size >= _LONGEST_VARIABLE:
                path = full_key(f"langfuse.{section}.{name}")
                rule = f"has {size} bytes, and a variable may have {_LONGEST_VARIABLE - 1}"
                yield Problem(path, MASK, rule, "")
        if sum(sizes.values()) > _LARGEST_ENVIRONMENT:
            rule = f"has {sum(sizes.values())} bytes, and an object of Kubernetes holds about 1 MiB"
            yield Problem(full_key(f"langfuse.{section}"), MASK, rule, "")


def environment_values(langfuse: Langfuse) -> Iterator[Problem]:
    version = Version.parse(langfuse.version)
    for name, value in langfuse.environment.items():
        form = None if owned(name) else variables.form(name, version)
        if form is None or name not in variables.variables() or secret_in(name, value):
            continue
        if re.fullmatch(form.pattern, value, re.ASCII) is None:
            path = f"langfuse.environment.{name}"
            meant = _BOOLEANS.get(value.lower()) if form.pattern == "true|false" else None
            fix = set_command(full_key(path), meant) if meant else ""
            yield Problem(full_key(path), show(value), form.text, fix)


def environment_ports(langfuse: Langfuse) -> Iterator[Problem]:
    """What a variable leads to has to be reachable: pods reach no other port."""
    values = {n: v.get_secret_value() for n, v in langfuse.secret_environment.items()}
    wanted: dict[int, list[str]] = {}
    for name, value in {**langfuse.environment, **values}.items():
        if owned(name) is None and (port := _port(value)) is not None:
            wanted.setdefault(port, []).append(name)
    missing = [port for port in wanted if port not in langfuse.egress_ports]
    ports = [*langfuse.egress_ports]
    for port in missing:
        rule = (
            f"does not have {port}, which {', '.join(sorted(wanted[port]))} leads to: Langfuse's "
            "NetworkPolicy lets its pods reach no other port"
        )
        ports.append(port)
        # The list as a whole is in the file only if it was given.
        first = len(ports) - 1 if "egress_ports" in langfuse.model_fields_set else 0
        commands = (
            set_command(full_key(f"langfuse.egressPorts[{index}]"), ports[index])
            for index in range(first, len(ports))
        )
        yield Problem(
            full_key("langfuse.egressPorts"),
            show(list(langfuse.egress_ports)),
            rule,
            " && ".join(commands),
        )


def _port(value: str) -> int | None:
    """The port that a URL leads to outside of the cluster; None for what is no such URL.

    For a Service the policy judges the port of its pods, which no URL has.
    """
    try:
        parts = urlsplit(value)
        port, host = parts.port, parts.hostname
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not host:
        return None
    if "." not in host or host.endswith((".svc", ".svc.cluster.local")) or host == "127.0.0.1":
        return None
    return port or _PORTS[parts.scheme]


CHECKS: Final[tuple[Check, ...]] = (
    environment_not_owned,
    environment_without_secrets,
    environment_read,
    environment_fits,
    environment_values,
    environment_ports,
)
