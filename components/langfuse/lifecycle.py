"""The seconds that have to agree for a rollout to drop no request.

The termination of a pod (t = 0 s), behind a Service or an Application Load Balancer:

    0    the Endpoints entry is removed and the load balancer starts to deregister the target;
         the preStop hook sleeps, because requests still arrive until that is complete
    15   PRE_STOP: SIGTERM; Langfuse fails its readiness page and continues to serve. It does not
         exit by itself before 110 s (2.81 and newer) or 200 s (older)
    45   PRE_STOP + DEREGISTRATION_DELAY: the load balancer has drained the target
    60   TERMINATION_GRACE: SIGKILL, with no request in flight. A longer grace period would only
         prolong every rollout, because the process does not exit by itself

Keep-alive: a server has to keep idle connections longer than the load balancer in front of it.
Otherwise the load balancer reuses a connection that was just closed, and answers 502.

Start: migrations run in a Job before, so a start only loads Node.js. STARTUP_LIMIT is enough for a
cold image on a throttled node, and below PROGRESS_DEADLINE, so that a pod which cannot start is
reported as that pod's failure.
"""

from typing import Final

PRE_STOP: Final = 15
DEREGISTRATION_DELAY: Final = 30
TERMINATION_GRACE: Final = PRE_STOP + DEREGISTRATION_DELAY + 15

LOAD_BALANCER_IDLE_TIMEOUT: Final = 60
KEEP_ALIVE_TIMEOUT: Final = LOAD_BALANCER_IDLE_TIMEOUT + 5
"""Next.js reads it in milliseconds from KEEP_ALIVE_TIMEOUT; the ``--keepAliveTimeout`` flag in the
image's command is not read by the standalone server (https://github.com/vercel/next.js/issues/93290).
"""

STARTUP_PERIOD: Final = 5
STARTUP_FAILURES: Final = 60
STARTUP_LIMIT: Final = STARTUP_PERIOD * STARTUP_FAILURES

PROGRESS_DEADLINE: Final = 540
"""For one pod to become ready. Kubernetes reports a failure before Pulumi's wait times out."""

POD_TURN: Final = 120
"""One pod's turn in a rollout: start, two health checks of the load balancer, readiness gate."""


def rollout_limit(pods: int) -> int:
    """Seconds for a rollout of ``pods``, one after the other, the slowest of them stuck once.

    Pulumi's default of 600 s is for all pods together. It would be too short once the autoscaler
    has scaled out.
    """
    return PROGRESS_DEADLINE + POD_TURN * pods


MIGRATION_DEADLINE: Final = 900
"""For one migration Job with all its retries. The slowest known migrations build indexes."""
