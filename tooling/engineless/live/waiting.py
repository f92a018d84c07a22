"""Waiting for objects to become ready or to disappear, with progress and a reason on failure."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from tooling.cluster.state import Say
from tooling.kit.json_values import as_mapping, at
from tooling.kubernetes.api import Api, LiveError, Object, Reference
from tooling.kubernetes.events import latest
from tooling.kubernetes.readiness import failure, pod_problem, readiness

POLL: Final = 0.3
"""Seconds between two looks."""
QUIET: Final = 5.0
"""Seconds before the first progress line, and at least between two lines."""
REPEAT: Final = 30.0
"""Seconds between two lines that say the same."""
DEFAULT_SECONDS: Final = 600.0
"""The provider's own default."""

_UNITS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")


class Stopped(LiveError):  # noqa: N818 - not a failure of its own
    """Something else failed, so this was not waited for."""


def seconds(duration: str) -> float:
    """Seconds of a Go duration such as ``1m30s``; the default for an empty one."""
    if not duration:
        return DEFAULT_SECONDS
    parts = _DURATION.findall(duration)
    if "".join(number + unit for number, unit in parts) != duration:
        raise LiveError(f"{duration!r} is not a duration such as 90s or 10m")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


class Waiter:
    """Waits on behalf of one run, until ``stop``."""

    def __init__(
        self, say: Say, *, poll: float = POLL, quiet: float = QUIET, repeat: float = REPEAT
    ) -> None:
        self._say = say
        self._poll = poll
        self._quiet = quiet
        self._repeat = repeat
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End every wait, now and later, with ``Stopped``."""
        self._stopped.set()

    def check(self) -> None:
        """Raise ``Stopped`` if the run is over."""
        if self._stopped.is_set():
            raise Stopped("stopped, because something else failed")

    def ready(self, api: Api, reference: Reference, limit: float) -> Object:
        """The live object once it is ready; ``LiveError`` with the reason if it will not be."""

        def look() -> tuple[str | None, Object | None]:
            live = api.get(reference)
            if live is None:
                raise LiveError(
                    f"{reference} was deleted by another client while it was waited for"
                )
            missing = readiness(live)
            if missing is not None and (reason := failure(live)) is not None:
                message = f"{reference} failed: {reason}{self._hint(api, live)}"
                raise LiveError(message)
            return missing, live

        try:
            live = self._poll_until(f"{reference}", look, limit, lambda live: latest(api, live))
        except _LimitError as error:
            live = api.get(reference)
            hint = self._hint(api, live) if live else ""
            raise LiveError(f"{error}{hint}") from None
        assert live is not None  # noqa: S101 - `look` says so
        return live

    def gone(self, api: Api, reference: Reference, limit: float) -> None:
        """Return when the object has disappeared; ``LiveError`` if it stays."""

        def look() -> tuple[str | None, Object | None]:
            live = api.get(reference)
            if live is None:
                return None, None
            holders = ", ".join(live["metadata"].get("finalizers") or [])
            return f"deletion, held by {holders}" if holders else "deletion", live

        try:
            self._poll_until(f"{reference}", look, limit, lambda _: None)
        except _LimitError as error:
            raise LiveError(str(error)) from None

    def _poll_until(
        self,
        what: str,
        look: Callable[[], tuple[str | None, Object | None]],
        limit: float,
        warning: Callable[[Object], str | None],
    ) -> Object | None:
        start = said = time.monotonic()
        last = ""
        while True:
            missing, live = look()
            if missing is None:
                return live
            now = time.monotonic()
            if now - start > limit:
                raise _LimitError(f"{what} was given up after {limit:g} s, waiting for {missing}")
            if now - said >= (self._repeat if missing == last else self._quiet):
                said, last = now, missing
                event = warning(live) if live is not None else None
                trouble = f": {event}" if event else ""
                self._say(f"  {what}: waiting for {missing} ({now - start:.0f} s){trouble}")
            if self._stopped.wait(self._poll):
                self.check()

    @staticmethod
    def _hint(api: Api, live: Mapping[str, Any]) -> str:
        """What its pods say, and where to read more."""
        labels = as_mapping(at(live, "spec.selector.matchLabels"))
        if not labels:
            return ""
        reference = Reference.of(live)
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        pods = api.list("v1", "Pod", reference.namespace, selector=selector)
        found = [
            f"\n  Pod {pod['metadata']['name']}: {problem}"
            for pod in pods
            if (problem := pod_problem(pod)) is not None
        ]
        where = f"{reference.kind.lower()}/{reference.name}"
        log = f"\n  log: kubectl -n {reference.namespace} logs {where} --all-containers"
        return "".join(found) + log


class _LimitError(Exception):
    pass
