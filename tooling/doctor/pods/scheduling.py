"""Why the scheduler finds no node for a pod, with an explanation. Pure; imports no SDK."""

from __future__ import annotations

import re
from typing import Final

from tooling.doctor import servers
from tooling.doctor.findings import Finding
from tooling.doctor.place import Place
from tooling.kit.masking import quote
from tooling.kubernetes.objects import Object, subject

UNBOUND: Final = re.compile(
    r"unbound immediate PersistentVolumeClaims|persistent volumes to bind"
    r"|persistentvolumeclaim \"[^\"]*\" (?:not found|is not bound)"
)
"""The claim is the cause, and not the nodes."""

_PREEMPTION: Final = re.compile(r",? *no new claims to deallocate| *preemption:")
_NODES: Final = ("get", "nodes", "-o", "wide")
_REASONS: Final = (
    (
        r"Insufficient (?:cpu|memory)",
        "give the cluster more nodes, or the pods smaller requests{resources}",
        ("describe", "nodes"),
    ),
    (r"Too many pods", "the nodes' limit of pods is reached", ("describe", "nodes")),
    (
        r"untolerated taint",
        "name the taint in cluster.tolerations, or add nodes without it",
        ("get", "nodes", "-o", "custom-columns=NAME:.metadata.name,TAINTS:.spec.taints"),
    ),
    (
        r"node affinity/selector",
        "no node has the labels of cluster.nodeSelector",
        ("get", "nodes", "--show-labels"),
    ),
    (
        r"topology spread constraints",
        "langfuse.zoneSpread is `required`, and a zone has no room",
        ("get", "nodes", "-L", "topology.kubernetes.io/zone"),
    ),
    (
        r"volume node affinity conflict",
        "the volume is in a zone in which no node has room",
        ("get", "persistentvolumes", "-o", "wide"),
    ),
    (r"were unschedulable", "the nodes are cordoned", _NODES),
    (r"no nodes available", "the cluster has no nodes", _NODES),
)


def unschedulable(pod: Object, message: str, place: Place) -> Finding:
    """``message``: the scheduler's."""
    words = shortened(message)
    found = [(hint, command) for text, hint, command in _REASONS if re.search(text, words)]
    key = servers.memory_key(pod)
    resources = f" ({key.rpartition('.')[0]})" if key else ""
    hints = "; ".join(hint.format(resources=resources) for hint, _ in found)
    command = found[0][1] if found else _NODES
    return Finding.error(
        "pod-unschedulable",
        subject(pod),
        f"No node takes it: {words}" + (f". That is: {hints}" if hints else ""),
        place.kubectl(*command),
    )


def shortened(message: str) -> str:
    """The scheduler's message without the part about preemption, which repeats it."""
    return quote(_PREEMPTION.split(message, maxsplit=1)[0]).rstrip(". ")
