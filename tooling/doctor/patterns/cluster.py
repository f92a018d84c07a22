"""General messages of the cluster, used when no other text is more specific.

Pure; imports no SDK.
"""

from __future__ import annotations

from typing import Final

from stacks.names import NAMES
from tooling.doctor.patterns.pattern import MIGRATION_LOG, doctor, kubectl, pattern

PATTERNS: Final = (
    # General messages of the cluster, used when nothing above is more specific.
    pattern(
        "image-pull",
        r"(?:failed to pull and unpack image|Back-off pulling image) \"(?P<image>[^\"\n]+)\"",
        "The image {image} cannot be pulled",
        kubectl("get", "events", "--field-selector", "reason=Failed"),
    ),
    pattern(
        "claim-pending",
        r"storageclass\.storage\.k8s\.io \"(?P<name>[\w.-]+)\" not found",
        "There is no StorageClass {name} for the database's volume",
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
        "crash-loop",
        r"CrashLoopBackOff|back-off [\w.]{1,20} restarting failed container",
        "A container ends again and again",
        kubectl("get", "pods"),
    ),
    pattern(
        "migration-failed",
        rf"{NAMES.migration}(?s:.{{0,600}}?)"
        r"(?:BackoffLimitExceeded|backoff limit|DeadlineExceeded)",
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
