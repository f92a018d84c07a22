"""Plain values as readable YAML that every Kubernetes tool parses alike. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

from tooling.kit.json_values import as_list, as_mapping

_FIRST: Final = (
    *("apiVersion", "kind", "metadata"),
    *("name", "namespace", "key", "type", "image"),
    *("Version", "Sid", "Effect", "Principal", "Action", "Resource", "Condition"),
)
"""Keys that come before the others, which are sorted by name."""
_RANKS: Final = {key: rank for rank, key in enumerate(_FIRST)}

# Texts that PyYAML leaves bare and that YAML 1.2, or Go's YAML 1.1, reads as something else.
_AMBIGUOUS: Final = re.compile(
    r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?|0[ox][0-9a-fA-F]+|[yYnN]|[-+]?\.(inf|Inf|INF)"
)

_Base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # the C one is five times as fast


class _Dumper(_Base):
    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: Any, text: str) -> Any:  # noqa: ANN401 - PyYAML has no types
    style = None
    if "\n" in text:
        style = "|"
    elif _AMBIGUOUS.fullmatch(text):
        style = "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _text)


def to_yaml(value: object) -> str:
    """One YAML document, keys in conventional order."""
    return yaml.dump(
        ordered(value), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000
    )


def ordered(value: object) -> Any:  # noqa: ANN401 - JSON
    """The value with its keys in conventional order: what it is, its name, then by name."""
    if (mapping := as_mapping(value)) is not None:
        return {key: ordered(mapping[key]) for key in _keys(mapping)}
    if (items := as_list(value)) is not None:
        return [ordered(item) for item in items]
    return value


def _keys(mapping: Mapping[str, Any]) -> list[str]:
    return sorted(mapping, key=lambda key: (_RANKS.get(key, len(_RANKS)), key))
