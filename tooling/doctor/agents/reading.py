"""Reads what there is of agents: pods, metadata of their Secret, policies, the gateway."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from components.agents.gateway import settings as gateway
from stacks.names import NAMES
from stacks.settings import Settings
from tooling.doctor.agents import way
from tooling.doctor.agents.way import GATEWAY, THROUGH_GATEWAY, TO_LANGFUSE, Needs, Seen
from tooling.doctor.asking import unanswered
from tooling.doctor.cluster.server import Server
from tooling.doctor.findings import Finding
from tooling.doctor.place import Place
from tooling.kit.deadline import Deadline, OverdueError, Question
from tooling.kit.exposition import Sample, samples
from tooling.kit.masking import quote
from tooling.kubernetes.api import LiveError
from tooling.kubernetes.objects import Object, containers, labels, name, namespace, part, role
from tooling.smoke.stack import expected

_ASKED: Final = 6
"""Pods of the gateway that are asked."""

_SERVICE: Final = "kubernetes.io/service-name"
"""Label of an EndpointSlice with the name of its Service."""


def read(
    server: Server, settings: Settings, pods: Sequence[Object], place: Place, deadline: Deadline
) -> tuple[Seen, list[Finding]]:
    """What was seen, and what could not be. ``pods``: the stack's own."""
    needs = _needs(settings)
    where = settings.agents.every_namespace
    kinds = (("v1", "Pod"), ("networking.k8s.io/v1", "NetworkPolicy"))
    asked = {
        space: [Question(lambda k=kind, s=space: server.list(*k, s)) for kind in kinds]
        for space in where
    }
    secrets = {
        space: Question(lambda s=space: server.metadata("v1", "Secret", s)) for space in where
    }
    slices = Question(lambda: _slices(server, place)) if needs.gateway else None
    told = {name(pod): _telemetry(server, pod) for pod in _running(pods)[:_ASKED]}
    found: list[Object] = []
    policies: list[Object] = []
    written: dict[str, datetime] = {}
    variables: dict[str, frozenset[str]] = {}
    unread: list[Finding] = []
    for space in where:
        try:
            of_space, limits = (question.answer(deadline) for question in asked[space])
            kept = secrets[space].answer(deadline)
        except (OverdueError, LiveError) as error:
            unread.append(unanswered(f"agents in {space}", quote(str(error)), place.doctor()))
            continue
        found += of_space
        policies += limits
        if (time := way.written(kept)) is not None:
            written[space] = time
        if keys := way.variables(kept):
            variables[space] = keys
    seen = Seen(
        needs=needs,
        pods=found,
        written=written,
        variables=variables,
        policies=policies,
        endpoints=_answered(slices, deadline) if slices is not None else None,
        telemetry=_told(told, deadline),
    )
    return seen, unread


def _needs(settings: Settings) -> Needs:
    stops = [
        *([THROUGH_GATEWAY] if settings.gateway else []),
        *([TO_LANGFUSE] if settings.agents.url == "internal" else []),
    ]
    return Needs(variables=frozenset(expected(settings).agents_keys), stops=stops)


def _running(pods: Iterable[Object]) -> list[Object]:
    """Pods of the gateway whose container runs."""
    return [
        pod
        for pod in pods
        if role(pod) == GATEWAY
        and any("running" in part(status, "state") for status in containers(pod))
    ]


def _slices(server: Server, place: Place) -> list[Object]:
    found = server.list("discovery.k8s.io/v1", "EndpointSlice", place.namespace)
    return [item for item in found if labels(item).get(_SERVICE) == NAMES.gateway]


def _answered(question: Question[list[Object]], deadline: Deadline) -> list[Object] | None:
    """None where it cannot be known: then nothing is concluded."""
    try:
        return question.answer(deadline)
    except (OverdueError, LiveError):
        return None


def _telemetry(server: Server, pod: Object) -> Question[str]:
    return Question(
        lambda: server.page(namespace(pod), name(pod), gateway.TELEMETRY_PORT, "/metrics")
    )


def _told(
    asked: Mapping[str, Question[str]], deadline: Deadline
) -> dict[str, Sequence[Sample] | str]:
    found: dict[str, Sequence[Sample] | str] = {}
    for pod, question in asked.items():
        try:
            found[pod] = [*samples(question.answer(deadline))]
        except (OverdueError, LiveError) as error:
            found[pod] = str(error)
    return found
