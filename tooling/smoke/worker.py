"""Whether the workers run in the pinned release, and reach what they work with.

They answer within the cluster alone, and their pages do not say which release they are: that is the
Deployment's image.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from components.langfuse.versions import WORKER_LIVENESS
from stacks.names import NAMES
from tooling.kit.commands import Commands
from tooling.kit.json_values import at
from tooling.kit.masking import quote
from tooling.kubernetes.api import Api, Reference
from tooling.smoke.report import Verdict, fail, ok
from tooling.smoke.stack import Expected
from tooling.smoke.web import Web

WORKER: Final = "worker"

SECTION: Final = "Accepted-traces-do-not-appear"
"""Heading of the guide about what workers do not process."""

PATH: Final = f"{WORKER_LIVENESS}?failIfEventPropagationStuck=true&failIfQueueConsumptionStuck=true"
"""With what a worker knows of its queues. A release that does not know a parameter ignores it."""


def rollout(api: Api, expected: Expected, commands: Commands) -> Verdict | None:
    """The verdict on workers that are not there or of another release; None if they are as the
    stack has them. Raises ``LiveError``."""
    reference = Reference(
        api_version="apps/v1",
        kind="Deployment",
        namespace=expected.namespace,
        name=NAMES.worker,
    )
    found = api.get(reference)
    if found is None:
        return fail(
            WORKER,
            f"there is no {reference}",
            cause="the stack was not deployed since it is of version 3 or newer, or was removed",
            command=commands.up(),
        )
    image = str(at(found, "spec.template.spec.containers")[0]["image"])
    release = image.partition("@")[0].rpartition(":")[2]
    if release != str(expected.version):
        return fail(
            WORKER,
            f"{reference} runs {quote(image, 120)}; the stack pins {expected.version}",
            cause="the stack was not deployed since the pin changed",
            command=commands.up(),
        )
    status: Mapping[str, Any] = found.get("status") or {}
    wanted = at(found, "spec.replicas") or 0
    ready, updated = (int(status.get(f"{kind}Replicas") or 0) for kind in ("ready", "updated"))
    if not ready or updated < wanted or int(status.get("replicas") or 0) > updated:
        return fail(
            WORKER,
            f"{reference} has {ready} of {wanted} pods ready, {updated} of them of {release}",
            cause="the rollout is not over, or its pods do not start",
            command=commands.worker("rollout", "status"),
            section="not-ready",
        )
    return None


def health(web: Web, url: str, expected: Expected, commands: Commands) -> Verdict:
    """Whether a worker reaches PostgreSQL and the cache, and its queues move."""
    answer = web.get(f"{url}{PATH}")
    status = answer.document().get("status")
    if answer.status == 200 and status == "ok":
        return ok(
            WORKER,
            f"{NAMES.worker} {expected.version} answers ok: it reaches PostgreSQL and the cache, "
            "and its queues move",
        )
    if answer.status == 503 and isinstance(status, str):
        cause = "it takes no jobs from its queues, though it reaches PostgreSQL and the cache"
        command = commands.worker("rollout", "restart")
    else:
        cause = "it cannot reach PostgreSQL or the cache: its log says which"
        command = commands.worker("logs", "--tail=50")
    return fail(
        WORKER,
        f"{WORKER_LIVENESS} answers {answer}",
        cause=cause,
        command=command,
        section=SECTION,
    )
