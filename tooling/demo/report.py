"""What the demo says at its end, from the live API."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from components.kubernetes.labels import PART_OF
from tooling.cluster import Cluster
from tooling.cluster.binaries import find_kubectl
from tooling.kit.json_values import at
from tooling.kubernetes.api import Api, Object
from tooling.kubernetes.readiness import readiness

_WORKLOADS: Final = (("apps/v1", "StatefulSet"), ("batch/v1", "Job"), ("apps/v1", "Deployment"))
_SIMULATED: Final = """\
The control plane is real (admission, scheduling, rollouts), the nodes are simulated: no container
runs. So nothing answers at the URL, and this does not prove that the image starts, that the
migration works, or that a database takes connections. `make demo-down`, then
`make demo CLUSTER=kind` runs containers, where Docker is."""


def workloads(api: Api) -> list[tuple[str, ...]]:
    """Namespace, kind, name, state and image of each workload of the stack."""
    selector = f"app.kubernetes.io/part-of={PART_OF}"
    return [
        (
            item["metadata"]["namespace"],
            item["kind"],
            item["metadata"]["name"],
            _state(item),
            ", ".join(c["image"] for c in item["spec"]["template"]["spec"]["containers"]),
        )
        for version, kind in _WORKLOADS
        for item in api.list(version, kind, selector=selector)
    ]


def _state(item: Object) -> str:
    missing = readiness(item)
    if item["kind"] == "Job":
        return "complete" if missing is None else f"waits for {missing}"
    numbers = f"{at(item, 'status.readyReplicas') or 0}/{item['spec'].get('replicas', 1)} ready"
    return numbers if missing is None else f"{numbers}, waits for {missing}"


def table(rows: Iterable[Sequence[str]]) -> str:
    """Rows in columns, two spaces in."""
    listed = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*listed, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in listed)
    return "\n".join(f"  {line}" for line in lines)


def text(cluster: Cluster, api: Api, outputs: Mapping[str, Any], mode: str) -> str:
    """The whole report. ``mode`` says how the stack was deployed."""
    header = ("NAMESPACE", "KIND", "NAME", "STATE", "IMAGE")
    namespace = shlex.quote(str(outputs.get("namespace", "observability")))
    kubectl = shlex.quote(find_kubectl() or "kubectl")
    where = shlex.quote(f"--kubeconfig={cluster.kubeconfig}")
    commands = (
        (f"{kubectl} {where} -n {namespace} get pods", ""),
        ("make doctor DEMO=1", "what keeps it from working, and the next command"),
        ("make render STACK=dev", "every object as YAML, in .local/render/dev"),
        ("make up STACK=dev", "on the cluster of Pulumi.dev.yaml, with your pulumi"),
        ("make demo-down", "remove all of this"),
    )
    parts = [
        "Workloads",
        table([header, *workloads(api)]),
        "",
        "Outputs",
        table((name, str(value)) for name, value in sorted(outputs.items())),
        "",
        mode,
        *([_SIMULATED] if cluster.provider == "kwok" else []),
        "",
        "Try next",
        *(f"  {line}" + (f"    # {why}" if why else "") for line, why in commands),
    ]
    return "\n".join(parts)
