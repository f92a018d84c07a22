"""Rules about values that belong in Secrets.

Values are judged by name and form, because a policy pack in Python is shown secrets
without their marks. No message holds a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

from components.secrets.forms import decoded, secret_in
from components.secrets.names import is_harmless, is_secret_name

from .kubernetes.objects import Manifest, manifests
from .model import Path, Rule, Seen, at, items, leaves, mapping, mappings, spelled

_ADVICE: Final = "put it into a Secret and refer to it"
_OPAQUE: Final = frozenset({"Secret", "SealedSecret"})
"""Kinds whose values are where secrets belong."""
_CONTAINERS: Final = ("initContainers", "containers", "ephemeralContainers")
_TRUSTED: Final = ("kubectl.kubernetes.io/", "pulumi.com/")
_ENTRIES: Final = frozenset({"values", "variables", "environment"})


def plaintext(seen: Seen) -> Iterator[str]:
    for manifest in manifests(seen):
        for place, name, value in _of_manifest(manifest):
            yield from _judged(f"{manifest.place}{place}", name, value)
    if seen.type.startswith("aws"):
        for place, name, value in _of_aws(seen):
            yield from _judged(place, name, value)


def _judged(place: str, name: str, value: object) -> Iterator[str]:
    if not isinstance(value, str):
        return
    why = secret_in(name, value)
    if why is None and is_secret_name(name) and not is_harmless(value):
        # A database's URL: without a password today, and nothing notices when it gets one.
        why = "is called like a secret"
    if why is not None:
        yield f"{place} {why}: {_ADVICE}"


Text = tuple[str, str, Any]
"""Where a value is stored and shown in clear, under which name, and what it is. A name of "" says
nothing: labels and annotations are named by what reads them."""


def _of_manifest(manifest: Manifest) -> Iterator[Text]:
    body = manifest.body
    if manifest.kind in _OPAQUE:
        body = {"metadata": manifest.get("metadata")}
    pairs = {path: str(found.get("name")) for path, found in mappings(body) if "value" in found}
    for path, value in leaves(body):
        if not isinstance(value, str):
            continue
        if path[:2] == ("metadata", "annotations") and str(path[-1]).startswith(_TRUSTED):
            continue
        if path[-1] == "value" and path[:-1] in pairs:
            yield _place(body, path, pairs[path[:-1]]), pairs[path[:-1]], value
        else:
            yield _place(body, path), _name(manifest, path), value
    for key, value in mapping(manifest.get("binaryData")).items():
        if isinstance(value, str):
            yield f"binaryData.{key}", key, decoded(value) or value
    yield from _options(body)


def _name(manifest: Manifest, path: Path) -> str:
    """The name that a value is judged by; "" where names are not the author's."""
    key = str(path[-1])
    if path[-2:-1] == ("secret",) and key in {"name", "key"}:
        return ""  # which Secret, and which of its keys
    if manifest.kind == "ConfigMap" and path[0] == "data":
        return key
    of_template = path[-2:-1] == ("data",) and "template" in path
    of_author = path[0] in ("data", "values") or (path[0] == "spec" and not manifest.is_built_in)
    return _leaf_name(key) if of_template or of_author else ""


def _leaf_name(key: str) -> str:
    """The name of a field of a chart or a custom resource: there ``…Secret`` names a Secret."""
    reference = key.lower().endswith("secret") and not key.lower().endswith("clientsecret")
    return "" if reference else key


def _options(body: Mapping[str, Any]) -> Iterator[Text]:
    """Options of a command whose value is the next word: ``--password``, ``hunter2``."""
    for path, found in mappings(body):
        for field in ("command", "args"):
            words = items(found.get(field))
            for index, (option, value) in enumerate(pairwise(words)):
                if not (isinstance(option, str) and isinstance(value, str)):
                    continue
                name = option.lstrip("-")
                is_option = option.startswith("-") and "=" not in option
                if is_option and is_secret_name(name) and not value.startswith("-"):
                    yield _place(body, (*path, field, index + 1)), name, value


def _place(body: Mapping[str, Any], path: Path, variable: str | None = None) -> str:
    """Where a value is, by the name of its container if it is in one."""
    for index, key in enumerate(path):
        if key in _CONTAINERS and index + 1 < len(path) and isinstance(path[index + 1], int):
            container = at_path(body, path[: index + 2])
            rest = path[index + 2 :]
            if variable is not None and rest[:1] == ("env",):
                return f"container {at(container, 'name')}: env {variable}"
            return f"container {at(container, 'name')}: {spelled(rest)}"
    if path[:2] in (("metadata", "annotations"), ("metadata", "labels")):
        return f"{str(path[1])[:-1]} {path[-1]}"
    return spelled(path)


def at_path(value: object, path: Path) -> Any:  # noqa: ANN401 - JSON
    """The value at a path below ``value``."""
    for key in path:
        value = items(value)[key] if isinstance(key, int) else mapping(value).get(key)
    return value


def _of_aws(seen: Seen) -> Iterator[Text]:
    """The inputs that AWS shows to everyone who may describe a resource: all but secret ones."""
    secure = str(seen.get("type")) == "SecureString"
    for path, value in leaves(seen.inputs):
        key = str(path[-1]) if path else ""
        if any(str(step) in _ENTRIES for step in path[:-1]):
            yield spelled(path), key, value
            continue
        kept = is_secret_name(str(path[0])) or key.startswith(("secret", "password"))
        if not kept and not (secure and key.startswith("value")):
            yield spelled(path), "", value
    if seen.type == "aws:ssm/parameter:Parameter" and not secure:
        for key in ("value", "insecureValue"):
            yield key, str(seen.get("name")).rpartition("/")[2], seen.get(key)


def external_secrets_v1(seen: Seen) -> Iterator[str]:
    for manifest in manifests(seen):
        version = manifest.get("apiVersion")
        of_external_secrets = isinstance(version, str) and version.startswith(
            "external-secrets.io/"
        )
        if of_external_secrets and version != "external-secrets.io/v1":
            yield (f"{manifest.place}apiVersion is {version}: External Secrets 1.0 serves v1 only")


RULES: Final = (
    Rule(
        name="no-plaintext-secret",
        protects="Deployments, ConfigMaps, chart values, tags and process lists contain no "
        "key that is recognised by its name or its form.",
        check=plaintext,
    ),
    Rule(
        name="external-secrets-v1",
        protects="An upgrade of External Secrets does not remove secrets: 1.0 has no v1beta1.",
        check=external_secrets_v1,
    ),
)
