"""A moment that steps share, and calls that are given up at it."""

from __future__ import annotations

import threading
import time

import pytest

from tooling.kit.deadline import Deadline, OverdueError, Question, within


def test_a_step_may_take_what_is_left_and_no_more_than_its_own_limit() -> None:
    deadline = Deadline(60)

    assert 59 < deadline.left() <= 60
    assert deadline.left(0.5) == 0.5
    assert deadline.seconds == 60


def test_when_the_time_is_over_nothing_is_left() -> None:
    assert Deadline(-1).left() == Deadline(0).left(10) == 0.0


@pytest.mark.parametrize("answer", ["yes", None])
def test_an_answer_is_what_the_call_returns(answer: str | None) -> None:
    assert within(5, lambda: answer) == answer


def test_an_answer_that_was_there_in_time_counts_after_the_deadline_too() -> None:
    question = Question(lambda: "yes")
    question.answer(Deadline(5))

    assert question.answer(Deadline(-1)) == "yes"


def test_what_the_call_raises_is_raised_where_the_answer_is_asked_for() -> None:
    def fail() -> None:
        raise KeyError("kind")

    with pytest.raises(KeyError, match=r"^'kind'$"):
        within(5, fail)


def test_a_call_that_hangs_is_given_up_as_a_timeout_and_keeps_no_program_from_ending() -> None:
    over = threading.Event()
    threads = list[threading.Thread]()

    def hang() -> None:
        threads.append(threading.current_thread())
        over.wait(30)

    start = time.monotonic()
    with pytest.raises(OverdueError, match=r"^No answer within 0\.1 s$") as caught:
        within(0.1, hang)
    over.set()

    assert 0.1 <= time.monotonic() - start < 5
    assert isinstance(caught.value, TimeoutError)
    assert [thread.daemon for thread in threads] == [True]
