"""Secrets are in Secrets.

Judged by the name of a value and by its form, because a policy pack in Python is shown secrets
without their marks. No message holds a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from .model import UNKNOWN, Rule, Seen, items, mapping
from .network import WORKLOADS, pod_template

_NAME: Final = re.compile(
    r"(?i)(password|passwd|secret|token|salt|credential|(?:api|private|encryption|access)_?key)"
)
_ALWAYS: Final = re.compile(r"(?i)database_url|connection_string|_dsn$")
_REFERENCE: Final = re.compile(r"(?i)_(file|path|name|url|endpoint|ttl|seconds|length)$")
"""Endings of names whose value says where a secret is, and is none."""
_HARMLESS: Final = re.compile(r"(?i)true|false|\d*|\$\(\w+\)")

_FORMS: Final = {
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a Langfuse secret key": re.compile(r"\bsk-lf-[\w-]{8,}"),
    "a LangSmith key": re.compile(r"\b(?:lsv2_(?:sk|pt)_|ls__)\w{8,}"),
    "a GitHub token": re.compile(r"\b(?:gh[pousr]_\w{30,}|github_pat_\w{30,})"),
    "a Slack token": re.compile(r"\bxox[abprs]-[\w-]{10,}"),
    "an option with a secret": re.compile(
        r"(?i)(?:^|\s)--?[\w-]*(?:password|passwd|secret|token|api-?key)=(?!\$)[^\s'\"]+"
    ),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a URL with a password": re.compile(r"://[^/\s:@]+:(?!\$)[^/\s:@]+@"),
}


def plaintext(seen: Seen) -> Iterator[str]:
    for place, name, value in _texts(seen):
        if not isinstance(value, str) or _HARMLESS.fullmatch(value):
            continue
        form = next((form for form, pattern in _FORMS.items() if pattern.search(value)), None)
        if form is not None:
            yield f"{place} holds {form}: put it into a Secret and refer to it"
        elif _ALWAYS.search(name) or (_NAME.search(name) and not _REFERENCE.search(name)):
            yield f"{place} is called like a secret: put it into a Secret and refer to it"


def external_secrets_v1(seen: Seen) -> Iterator[str]:
    version = seen.get("apiVersion")
    of_external_secrets = isinstance(version, str) and version.startswith("external-secrets.io/")
    if of_external_secrets and version != "external-secrets.io/v1":
        yield f"apiVersion is {version}: External Secrets 1.0 serves v1 only"


def _texts(seen: Seen) -> Iterator[tuple[str, str, Any]]:
    """Values that are stored and shown in clear: where, under which name, and what."""
    if not seen.type.startswith("kubernetes:"):
        return
    for key, value in mapping(seen.get("metadata.annotations")).items():
        if not key.startswith(("kubectl.kubernetes.io/", "pulumi.com/")):
            # Annotations are named by their controllers: only the form of a value tells.
            yield f"annotation {key}", "", value
    if seen.type == "kubernetes:core/v1:ConfigMap":
        for key, value in mapping(seen.get("data")).items():
            yield f"data.{key}", key, value
    pods = []
    if seen.type in WORKLOADS:
        pods = [mapping(pod_template(seen).get("spec"))]
    elif seen.type == "kubernetes:core/v1:Pod":
        pods = [mapping(seen.get("spec"))]
    for spec in pods:
        for field in ("initContainers", "containers", "ephemeralContainers"):
            for container in items(spec.get(field)):
                yield from _of_container(mapping(container))


def _of_container(container: Any) -> Iterator[tuple[str, str, Any]]:  # noqa: ANN401 - JSON
    where = f"container {container.get('name')}"
    for variable in items(container.get("env")):
        name, value = str(mapping(variable).get("name")), mapping(variable).get("value")
        if value is not None and value is not UNKNOWN:
            yield f"{where}: env {name}", name, value
    for field in ("command", "args"):
        for index, argument in enumerate(items(container.get(field))):
            yield f"{where}: {field}[{index}]", "", argument


RULES: Final = (
    Rule(
        name="no-plaintext-secret",
        protects="Who may read a Deployment, a ConfigMap or a process list reads no key there.",
        check=plaintext,
    ),
    Rule(
        name="external-secrets-v1",
        protects="An upgrade of External Secrets does not take secrets away: 1.0 has no v1beta1.",
        check=external_secrets_v1,
    ),
)
