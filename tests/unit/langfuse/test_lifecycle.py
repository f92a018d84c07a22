"""The seconds of a rollout, and what they have to agree with."""

import pytest

from components.langfuse import lifecycle

# Pulumi gives up on a Deployment after 10 minutes unless told otherwise.
PULUMI_AWAIT = 600


def test_a_pod_is_killed_only_after_the_load_balancer_has_drained_it() -> None:
    drained = lifecycle.PRE_STOP + lifecycle.DEREGISTRATION_DELAY

    assert (lifecycle.PRE_STOP, lifecycle.DEREGISTRATION_DELAY) == (15, 30)
    assert lifecycle.TERMINATION_GRACE == 60 > drained


def test_the_server_keeps_idle_connections_longer_than_the_load_balancer() -> None:
    assert lifecycle.LOAD_BALANCER_IDLE_TIMEOUT == 60
    assert lifecycle.KEEP_ALIVE_TIMEOUT == 65 > lifecycle.LOAD_BALANCER_IDLE_TIMEOUT


def test_a_pod_that_does_not_start_is_reported_before_anybody_stops_waiting() -> None:
    assert lifecycle.STARTUP_LIMIT == lifecycle.STARTUP_PERIOD * lifecycle.STARTUP_FAILURES == 60
    assert lifecycle.STARTUP_LIMIT < lifecycle.PROGRESS_DEADLINE < PULUMI_AWAIT


def test_a_start_that_failed_is_not_waited_for_as_if_it_served() -> None:
    assert lifecycle.STARTUP_GRACE == 1 < lifecycle.PRE_STOP


@pytest.mark.parametrize(("replicas", "pods"), [(1, 3), (3, 7), (4, 9), (5, 10), (16, 21)])
def test_the_pods_of_a_rollout_are_also_those_that_still_end(replicas: int, pods: int) -> None:
    assert lifecycle.MIN_READY == 15
    assert lifecycle.most_pods(replicas) == pods
