"""The values of Pulumi's requests: protobuf structs from and to Python values with marks.

Not the SDK's (de)serialisers: those make Outputs, whose futures belong to the event loop of the
thread that the monitor is called on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

from tooling.engineless.recording import Secret, convert

_SIGNATURE: Final = rpc._special_sig_key  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
_SECRET: Final = rpc._special_secret_sig  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def from_wire(struct: Any) -> dict[str, Any]:  # noqa: ANN401 - protobuf has no types
    """A wire struct as Python values: secrets marked, whole numbers as integers."""
    # A null is a value that was not given.
    return {
        key: plain for key, value in struct.fields.items() if (plain := _unwrap(value)) is not None
    }


def to_wire(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Python values as a wire struct; ``Secret`` becomes the mark."""
    struct = struct_pb2.Struct()
    struct.update({key: convert(value, _wrap) for key, value in values.items()})
    return struct


def _unwrap(value: Any) -> Any:  # noqa: ANN401 - a value of the wire
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        if _SIGNATURE in fields and fields[_SIGNATURE].string_value == _SECRET:
            return Secret(_unwrap(fields["value"]))
        return from_wire(value.struct_value)
    if kind == "list_value":
        return [_unwrap(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return getattr(value, kind) if kind in {"string_value", "bool_value"} else None


def _wrap(leaf: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(leaf, Secret):
        return {_SIGNATURE: _SECRET, "value": convert(leaf.value, _wrap)}
    return leaf
