"""Values on disk, so that the processes of one test run make each of them once."""

from __future__ import annotations

import fcntl
import hashlib
import pickle
from collections.abc import Callable
from typing import Any, TypeVar

from google.protobuf.message import Message
from pulumi.runtime.proto import resource_pb2

from tests.support.run_folder import folder

T = TypeVar("T")


def shared(key: str, make: Callable[[], T]) -> T:
    """What ``make`` returns, or has returned in another process of this run for the same key."""
    file = folder() / hashlib.sha256(key.encode()).hexdigest()
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if file.exists():
            return pickle.loads(file.read_bytes())  # noqa: S301 - written below, by this run
        value = make()
        with file.open("wb") as written:
            _Pickler(written, pickle.HIGHEST_PROTOCOL).dump(value)
        return value


class _Pickler(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:  # noqa: ANN401 - as pickle has it
        """The SDK's messages call their module by a name that cannot be imported."""
        if isinstance(obj, Message):
            return _message, (type(obj).__name__, obj.SerializeToString())
        return NotImplemented


def _message(name: str, data: bytes) -> Message:
    return getattr(resource_pb2, name).FromString(data)
