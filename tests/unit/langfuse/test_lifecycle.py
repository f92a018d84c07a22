"""The seconds of a rollout, and what they have to agree with."""

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
    assert lifecycle.STARTUP_LIMIT == lifecycle.STARTUP_PERIOD * lifecycle.STARTUP_FAILURES == 300
    assert lifecycle.STARTUP_LIMIT < lifecycle.PROGRESS_DEADLINE < PULUMI_AWAIT
