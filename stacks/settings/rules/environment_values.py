"""Rules of Langfuse's further environment variables: what they hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from components.langfuse import destinations, variables
from components.langfuse.versions import Version
from components.secrets.forms import secret_in
from components.secrets.masking import MASK
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import Problem, full_key, set_command, show
from stacks.settings.rules.environment import owned
from stacks.settings.sections.langfuse import Langfuse

_BOOLEANS: Final = {
    **dict.fromkeys(("true", "yes", "on", "1"), "true"),
    **dict.fromkeys(("false", "no", "off", "0"), "false"),
}

_LONGEST_VARIABLE: Final = 128 * 1024
"""Bytes with name and end: MAX_ARG_STRLEN (https://man7.org/linux/man-pages/man2/execve.2.html)."""

_LARGEST_ENVIRONMENT: Final = 1_000_000
"""https://kubernetes.io/docs/concepts/configuration/configmap/"""


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
        if owned(name) is None and (port := destinations.port(value)) is not None:
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


CHECKS: Final[tuple[Check, ...]] = (environment_fits, environment_values, environment_ports)
