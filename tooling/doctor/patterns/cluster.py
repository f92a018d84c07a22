"""General messages of the cluster, used when no other text is more specific.

Pure; imports no SDK.
"""

from __future__ import annotations

from typing import Final

from stacks.names import NAMES
from tooling.doctor.patterns.pattern import MIGRATION_LOG, doctor, kubectl, pattern
from tooling.doctor.pods import images


def _because(why: str) -> str:
    """The reason in words, where it is a known one."""
    reason = images.reason(why)
    return f": {reason}" if reason else ""


PATTERNS: Final = (
    # General messages of the cluster, used when nothing above is more specific.
    pattern(
        "image-pull",
        r"(?:[Ff]ailed to pull (?:and unpack )?image|Back-off pulling image) "
        r"\"(?P<image>[^\"\n]+)\"(?P<why>[^\n]*)",
        lambda _, groups: f"The image {groups['image']} cannot be pulled{_because(groups['why'])}",
        kubectl("get", "events", "--field-selector", "reason=Failed"),
    ),
    pattern(
        "claim-pending",
        r"storageclass\.storage\.k8s\.io \"(?P<name>[\w.-]+)\" not found",
        "There is no StorageClass {name} for a volume of the stack",
        lambda place, _: place.kubectl("get", "storageclasses"),
    ),
    pattern(
        "pod-unschedulable",
        r"(?P<words>\d+/\d+ nodes are available: [^\n]*)",
        "No node takes the pod: {words}",
        kubectl("get", "events", "--field-selector", "reason=FailedScheduling"),
    ),
    pattern(
        "autoscaler-blind",
        r"FailedGetResourceMetric|unable to get metrics for resource cpu",
        "The autoscaler gets no CPU figures: metrics-server does not answer",
        lambda place, _: place.kubectl("get", "apiservice", "v1beta1.metrics.k8s.io"),
    ),
    pattern(
        "pod-evicted",
        r"The node was low on resource: (?P<what>[\w-]+)|\bEvicted\b|DisruptionTarget"
        r"|[Pp]reempted (?:by|in order)|deleted by [Tt]aint",
        lambda _, groups: (
            "A pod was evicted: "
            + (
                f"its node ran out of {groups['what']}"
                if groups["what"]
                else "its node was drained, was taken away, or had to make room for others"
            )
        ),
        kubectl("get", "events", "--sort-by=.lastTimestamp"),
    ),
    pattern(
        "crash-loop",
        r"CrashLoopBackOff|back-off [\w.]{1,20} restarting failed container",
        "A container ends again and again",
        kubectl("get", "pods"),
    ),
    pattern(
        "migration-failed",
        rf"{NAMES.migration}(?s:.{{0,600}}?)"
        r"(?:BackoffLimitExceeded|backoff limit|DeadlineExceeded)"
        r"|Job has reached the specified backoff limit|Job was active longer than specified",
        "The migration Job failed",
        MIGRATION_LOG,
    ),
    pattern(
        "unknown-error",
        r"timed out waiting to be Ready|imed out waiting for the condition"
        r"|Timeout occurred",
        "Pulumi gave up waiting for an object to become ready",
        doctor,
    ),
)
