"""The values of Pulumi's requests: protobuf structs from and to Python values with marks.

Not the SDK's (de)serialisers: those make Outputs, whose futures belong to the event loop of the
thread that the monitor is called on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from google.protobuf import json_format, struct_pb2
from pulumi.runtime import rpc

from tooling.engineless.recording import Secret, convert
from tooling.kit.json_values import as_list, as_mapping

_SIGNATURE: Final = rpc._special_sig_key  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
_SECRET: Final = rpc._special_secret_sig  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def from_wire(struct: Any) -> dict[str, Any]:  # noqa: ANN401 - protobuf has no types
    """A wire struct as Python values: secrets marked, whole numbers as integers."""
    return _unwrap(json_format.MessageToDict(struct))


def to_wire(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Python values as a wire struct; ``Secret`` becomes the mark."""
    struct = struct_pb2.Struct()
    struct.update({key: convert(value, _wrap) for key, value in values.items()})
    return struct


def _unwrap(value: Any) -> Any:  # noqa: ANN401 - the wire's JSON
    if (mapping := as_mapping(value)) is not None:
        if mapping.get(_SIGNATURE) == _SECRET:
            return Secret(_unwrap(mapping["value"]))
        # A null is a value that was not given.
        return {key: _unwrap(item) for key, item in mapping.items() if item is not None}
    if (items := as_list(value)) is not None:
        return [_unwrap(item) for item in items]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _wrap(leaf: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(leaf, Secret):
        return {_SIGNATURE: _SECRET, "value": convert(leaf.value, _wrap)}
    return leaf
