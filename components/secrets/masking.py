"""Takes secrets out of what people see, by their form and by the name that they have. Pure.

What is known to be secret otherwise (a mark of Pulumi's, an encrypted value of a stack file) is
replaced by ``MASK`` where it is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, cast

from components.secrets.forms import secret_in, spans
from components.secrets.names import is_secret_name

MASK: Final = "[secret]"

_BEGIN: Final = "-----BEGIN "
_END: Final = "-----END "


def masked(text: str) -> str:
    """``text`` with ``MASK`` in place of each secret in it."""
    end, parts = 0, list[str]()
    for start, stop in sorted(spans(text)):
        if start >= end:
            parts += (text[end:start], MASK)
        end = max(end, stop)
    return "".join((*parts, text[end:]))


@lru_cache(maxsize=2048)
def masked_value(name: str, value: str) -> str:
    """The value of ``name`` as it may be shown; a ``name`` of "" says nothing.

    The whole value is hidden where its name tells that it is a secret.
    """
    if secret_in(name, value) is None:
        return masked(value)
    part = masked(value)
    return MASK if part == value or is_secret_name(name) else part


def masked_tree(value: Any, name: str = "") -> Any:  # noqa: ANN401 - JSON
    """A copy of a JSON value as it may be shown: each text is judged by its key and its form.

    The name of ``{"name": …, "value": …}`` is that of its value, and ``["--password", …]`` that of
    its next item.
    """
    if isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value)
        title = items.get("name") if "value" in items else None
        return {
            masked(key): masked_tree(item, title if key == "value" and title else key)
            for key, item in items.items()
        }
    if isinstance(value, list | tuple):
        return list(_items(cast("list[Any]", value), name))
    return masked_value(name, value) if isinstance(value, str) else value


def masked_lines(lines: Iterable[str]) -> Iterator[str]:
    """``lines`` as they come, each masked; those of a private key as one, when its last is here."""
    held = ""
    for line in lines:
        held += line
        if _BEGIN not in held or _END in held:
            yield masked(held)
            held = ""
    if held:
        yield masked(held)


def _items(values: list[Any], name: str) -> Iterator[Any]:
    option = ""
    for value in values:
        yield masked_tree(value, option or name)
        is_option = isinstance(value, str) and value.startswith("-") and "=" not in value
        option = value.lstrip("-") if is_option else ""
