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

Start: migrations run in a Job before, so a start only loads Node.js and asks the database once. A
server that is going to start is up after 2 to 3 s. One that finds no database, a read-only one or
invalid settings prints "Failed to prepare server" and answers 500 to everything from then on, also
when the database is back (2.78.0 and newer). Only the startup probe ends it:

    0    the container starts
    3    the server is up, on a node with processor time to spare
    60   STARTUP_LIMIT, twenty times as long, for a node that has none: the probe gives up
    61   STARTUP_GRACE: SIGKILL. The process would not exit at SIGTERM, and serves nothing
    71   the kubelet's first wait (10 s, doubled each time up to 300 s), then the next try

STARTUP_LIMIT is below PROGRESS_DEADLINE, so that a pod which cannot start is reported as that pod's
failure.
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
STARTUP_FAILURES: Final = 12
STARTUP_LIMIT: Final = STARTUP_PERIOD * STARTUP_FAILURES
STARTUP_GRACE: Final = 1
"""The least that Kubernetes accepts; it cuts PRE_STOP short too."""

PROGRESS_DEADLINE: Final = 540
"""For one pod to become ready. Kubernetes reports a failure before Pulumi's wait times out."""

MIN_READY: Final = 15
"""A new pod counts as available after this time, and only then the next old one has to end. It
limits how many pods end at the same time, each with its connections to the database."""


def most_pods(replicas: int) -> int:
    """The most pods that can exist during a rollout of ``replicas``.

    One more starts before an old one ends, and an old one takes ``TERMINATION_GRACE`` to end. A
    drain of a node beside it is not counted.
    """
    ending = -(-TERMINATION_GRACE // MIN_READY)
    return replicas + 1 + min(replicas, ending)


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

WORKER_GRACE: Final = 60
"""A worker has written what it holds within a second of SIGTERM, and does not exit by itself: each
pod takes the whole time. What it cannot write, because ClickHouse is away, is lost at its end."""

WORKER_STARTUP_FAILURES: Final = 36
"""Three minutes: it writes default prices, evaluators and dashboards before it listens."""

WORKER_LIVENESS_PERIOD: Final = 20
WORKER_LIVENESS_FAILURES: Final = 15
"""Five minutes: its health page fails as long as a failover of the database or the cache takes."""

CLICKHOUSE_MIGRATION_DEADLINE: Final = 3600
"""For the migrations of two databases. A migration of ClickHouse that is cut off leaves its schema
"dirty", and each later one stops until it is repaired by hand."""
