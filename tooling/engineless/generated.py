"""Random values, as the random provider makes them."""

from __future__ import annotations

import base64
import secrets
import string
from collections.abc import Mapping
from typing import Any, Final

from tooling.engineless.recording import Resource, UnsupportedResourceError

GENERATED: Final = "random:"
"""How the types of generated values begin."""

_SPECIAL: Final = "!@#$%&*()-_=+[]{}<>:?"


def is_generated(resource: Resource) -> bool:
    return resource.type.startswith(GENERATED)


def generate(type_: str, inputs: Mapping[str, Any]) -> dict[str, str]:
    """A value's outputs, from the operating system's randomness."""
    match type_:
        case "random:index/randomId:RandomId":
            return {"hex": secrets.token_hex(int(inputs["byteLength"]))}
        case "random:index/randomBytes:RandomBytes":
            data = secrets.token_bytes(int(inputs["length"]))
            return {"hex": data.hex(), "base64": base64.b64encode(data).decode()}
        case "random:index/randomPassword:RandomPassword":
            alphabet = _alphabet(inputs)
            characters = (secrets.choice(alphabet) for _ in range(int(inputs["length"])))
            return {"result": "".join(characters)}
        case _:
            raise UnsupportedResourceError(f"{type_} is not known here")


def _alphabet(inputs: Mapping[str, Any]) -> str:
    parts = {
        "lower": string.ascii_lowercase,
        "upper": string.ascii_uppercase,
        "numeric": string.digits,
        "special": inputs.get("overrideSpecial") or _SPECIAL,
    }
    return "".join(characters for part, characters in parts.items() if inputs.get(part, True))
