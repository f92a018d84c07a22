"""Events: the newest warning about an object, and what a wait says of it."""

from __future__ import annotations

from typing import Any, cast

import pytest

from tooling.engineless.live.waiting import Waiter
from tooling.kubernetes.api import Api, LiveError, Object, Reference
from tooling.kubernetes.events import in_words, last_seen, latest, newest_warning


def event(name: str, message: str, *, type_: str = "Warning", **times: Any) -> Object:  # noqa: ANN401
    return {
        "type": type_,
        "reason": "Failed",
        "message": message,
        "involvedObject": {"kind": "Pod", "name": name},
        "metadata": {"creationTimestamp": "2026-11-01T10:00:00Z"},
        **times,
    }


EARLY = event("web-1", "early")
LATE = event("web-1", "late\n  and long", lastTimestamp="2026-11-01T11:00:00Z")


def test_the_newest_warning_about_the_named_objects_is_found() -> None:
    other = event("other", "x", lastTimestamp="2026-11-01T12:00:00Z")
    normal = event("web-1", "x", type_="Normal", lastTimestamp="2026-11-01T12:00:00Z")

    assert newest_warning([EARLY, LATE, other, normal], ["web-1", "web"]) == LATE
    assert newest_warning([other, normal], ["web-1"]) is None


@pytest.mark.parametrize(
    ("times", "seen"),
    [
        ({}, "2026-11-01T10:00:00Z"),
        ({"eventTime": "2026-11-01T10:30:00Z", "lastTimestamp": None}, "2026-11-01T10:30:00Z"),
        ({"lastTimestamp": "2026-11-01T11:00:00Z"}, "2026-11-01T11:00:00Z"),
        (
            {"lastTimestamp": "x", "series": {"lastObservedTime": "2026-11-01T12:00:00Z"}},
            "2026-11-01T12:00:00Z",
        ),
    ],
)
def test_an_event_counts_from_when_it_was_seen_last(times: dict[str, Any], seen: str) -> None:
    assert last_seen(event("web-1", "x", **times)) == seen


def test_an_event_is_one_line() -> None:
    assert in_words(LATE) == "Pod web-1: Failed: late and long"


DEPLOYMENT: Object = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "a", "generation": 1},
    "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}},
    "status": {"observedGeneration": 1},
}
READY = {
    **DEPLOYMENT,
    "status": {
        "observedGeneration": 1,
        "updatedReplicas": 1,
        "availableReplicas": 1,
        "replicas": 1,
    },
}


class Server:
    """Has one pod of the Deployment, and an event about it."""

    def __init__(self, *answers: Object, refuses: bool = False) -> None:
        self._answers = list(answers)
        self._refuses = refuses

    def get(self, _: Reference) -> Object:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def list(
        self, _version: str, kind: str, namespace: str, *, selector: str | None = None
    ) -> list[Object]:
        assert namespace == "a"
        if self._refuses:
            raise LiveError("listing Event was refused")
        if kind == "Event":
            return [EARLY, LATE]
        assert selector == "app=web"
        return [{"metadata": {"name": "web-1"}}] if kind == "Pod" else []


def test_an_objects_latest_warning_is_that_of_its_pods_too() -> None:
    api = cast("Api", Server(DEPLOYMENT))

    assert latest(api, DEPLOYMENT) == "Pod web-1: Failed: late and long"


def test_events_that_may_not_be_read_are_none() -> None:
    assert latest(cast("Api", Server(DEPLOYMENT, refuses=True)), DEPLOYMENT) is None


@pytest.mark.parametrize(
    ("refuses", "trouble"), [(False, ": Pod web-1: Failed: late and long"), (True, "")]
)
def test_a_wait_reports_what_blocks_it(refuses: bool, trouble: str) -> None:
    said: list[str] = []
    waiter = Waiter(said.append, poll=0.001, quiet=0.01, repeat=10)
    api = cast("Api", Server(*[DEPLOYMENT] * 40, READY, refuses=refuses))

    waiter.ready(api, Reference.of(DEPLOYMENT), 5)

    assert said == [f"  Deployment a/web: waiting for new pods, 0 of 1 there (0 s){trouble}"]
