"""Waiting: progress, limits, reasons. The API server is a list of answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from tooling.engineless.live.waiting import Stopped, Waiter, seconds
from tooling.kubernetes.api import Api, LiveError, Object, Reference

REFERENCE = Reference(api_version="batch/v1", kind="Job", namespace="a", name="migration")


def job(*conditions: dict[str, Any], finalizers: list[str] | None = None) -> Object:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "migration", "namespace": "a", "finalizers": finalizers},
        "spec": {"selector": {"matchLabels": {"job": "migration"}}},
        "status": {"active": 1, "conditions": list(conditions)},
    }


COMPLETE = job({"type": "Complete", "status": "True"})
FAILED = job({"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"})
POD = {
    "kind": "Pod",
    "metadata": {"name": "migration-1"},
    "status": {
        "containerStatuses": [
            {"name": "migration", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}
        ]
    },
}
HINT = (
    "\n  Pod migration-1: container migration ended with exit code 1: Error"
    "\n  log: kubectl -n a logs job/migration --all-containers"
)


class Answers:
    """Answers one after another; the last one again and again."""

    def __init__(self, *answers: Object | None) -> None:
        self._answers = list(answers)
        self.selectors: list[str | None] = []

    def get(self, reference: Reference) -> Object | None:
        assert reference == REFERENCE
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def list(self, *_: object, selector: str | None = None) -> Iterator[object]:
        self.selectors.append(selector)
        return iter([POD])


def api(*answers: Object | None) -> Api:
    return cast("Api", Answers(*answers))


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def waiter(said: list[str]) -> Waiter:
    return Waiter(said.append, poll=0.001, quiet=0.02, repeat=10)


def test_what_is_ready_at_once_is_not_talked_about(waiter: Waiter, said: list[str]) -> None:
    assert waiter.ready(api(COMPLETE), REFERENCE, 5) == COMPLETE
    assert said == []


def test_the_same_wait_is_not_talked_about_twice_in_a_row(waiter: Waiter, said: list[str]) -> None:
    answers = [job()] * 40

    assert waiter.ready(api(*answers, COMPLETE), REFERENCE, 5) == COMPLETE

    assert said == ["  Job a/migration: waiting for success, 0 of 1 (1 active, 0 failed) (0 s)"]


def test_a_failure_ends_the_wait_with_the_reason_of_the_pod_and_a_hint(waiter: Waiter) -> None:
    answers = Answers(job(), FAILED)

    with pytest.raises(LiveError) as failed:
        waiter.ready(cast("Api", answers), REFERENCE, 5)

    assert str(failed.value) == f"Job a/migration failed: BackoffLimitExceeded{HINT}"
    assert answers.selectors == ["job=migration"]


def test_the_limit_names_the_object_and_what_it_waits_for(waiter: Waiter) -> None:
    with pytest.raises(LiveError) as failed:
        waiter.ready(api(job()), REFERENCE, 0.01)

    assert str(failed.value) == (
        "Job a/migration was given up after 0.01 s, "
        f"waiting for success, 0 of 1 (1 active, 0 failed){HINT}"
    )


def test_an_object_that_vanishes_is_an_error(waiter: Waiter) -> None:
    with pytest.raises(LiveError, match="Job a/migration was deleted by another client"):
        waiter.ready(api(job(), None), REFERENCE, 5)


def test_gone_is_gone(waiter: Waiter) -> None:
    waiter.gone(api(job(), job(), None), REFERENCE, 5)


def test_what_does_not_go_is_named_with_what_holds_it(waiter: Waiter) -> None:
    stays = job(finalizers=["foregroundDeletion"])

    with pytest.raises(LiveError) as failed:
        waiter.gone(api(stays), REFERENCE, 0.01)

    assert str(failed.value) == (
        "Job a/migration was given up after 0.01 s, "
        "waiting for deletion, held by foregroundDeletion"
    )


def test_a_stopped_waiter_waits_no_more(waiter: Waiter) -> None:
    waiter.check()
    waiter.stop()

    with pytest.raises(Stopped):
        waiter.ready(api(job()), REFERENCE, 5)
    with pytest.raises(Stopped):
        waiter.check()


@pytest.mark.parametrize(
    ("duration", "expected"),
    [("", 600), ("960s", 960), ("1h5m", 3900), ("10m", 600), ("1.5s", 1.5), ("500ms", 0.5)],
)
def test_a_timeout_is_a_duration(duration: str, expected: float) -> None:
    assert seconds(duration) == expected


@pytest.mark.parametrize("duration", ["10", "ten minutes", "1m 30s", "5 s"])
def test_a_bad_timeout_is_named(duration: str) -> None:
    with pytest.raises(LiveError, match="is not a duration such as 90s or 10m"):
        seconds(duration)
