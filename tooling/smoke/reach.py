"""What one run looks at, and the ways to it: the cluster, and port-forwards into it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from components.agents.gateway import settings as gateway
from components.langfuse.environment import WORKER_PORT
from stacks.names import NAMES
from stacks.settings import Settings
from tooling.kit.commands import Commands
from tooling.kubernetes.api import LiveError
from tooling.kubernetes.kubeconfig import AccessError
from tooling.smoke import checks, cluster
from tooling.smoke.cluster import Access
from tooling.smoke.keys import KeyPair
from tooling.smoke.report import Verdict, fail, skip
from tooling.smoke.stack import Expected
from tooling.smoke.web import UnreachableError, Web

CLUSTER: Final = "cluster"

NOT_REACHED: Final = "Langfuse was not reached"
ELSEWHERE: Final = "what answers is not this stack's Langfuse"
NO_CLUSTER: Final = "the cluster was not reached"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What one run looks at, and with what."""

    settings: Settings
    expected: Expected
    commands: Commands
    run: str
    """Identifies the run."""
    web: Web
    given_keys: KeyPair | None
    """From the environment."""
    langsmith_key: str | None
    """From the environment."""
    sdk: Path
    """Virtual environment that has Langfuse's SDK."""
    url: str | None = None
    """In place of the stack's own."""


class Reach:
    """The ways that one run has opened. All end with ``stack``."""

    url: str
    """Where Langfuse is asked."""
    blocked: str = ""
    """Why Langfuse is not asked any more; empty while it is."""
    access: Access | None = None
    """The cluster, once it was reached."""
    no_access: str = "nothing needed the cluster"
    """Why there is none."""

    def __init__(self, plan: Plan, stack: contextlib.ExitStack) -> None:
        self._plan = plan
        self._stack = stack
        self.url = plan.url or plan.expected.url

    @property
    def needs_cluster(self) -> bool:
        plan, expected = self._plan, self._plan.expected
        inside = bool(expected.agents) or expected.worker or expected.gateway is not None
        return plan.given_keys is None or self.needs_forward or inside

    @property
    def needs_forward(self) -> bool:
        """Whether Langfuse has no name of its own."""
        return self._plan.url is None and self._plan.expected.local

    def connect(self) -> Iterator[Verdict]:
        """Opens the way to the cluster. One verdict says why there is none, for all that needs
        it."""
        plan, told = self._plan, self._plan.commands
        try:
            self.access = self._stack.enter_context(
                cluster.connected(plan.settings, plan.web.deadline, told)
            )
        except AccessError as error:
            self.no_access = NO_CLUSTER
            yield skip(CLUSTER, str(error), error.command, error.section)
        except UnreachableError as error:
            self.no_access = NO_CLUSTER
            yield skip(CLUSTER, str(error), told.smoke("OPTIONS=--timeout 120"))

    def forward(self) -> Iterator[Verdict]:
        """Opens the way to a Langfuse without public name."""
        if self.access is None:
            self.blocked = NOT_REACHED
            again = self._plan.commands.smoke("URL=https://HOST")
            yield skip("port-forward", self.no_access, again)
            return
        try:
            self.url = self._forwarded(self.access, f"service/{NAMES.langfuse}", 80)
        except (LiveError, UnreachableError) as error:
            self.blocked = NOT_REACHED
            yield self._no_forward(str(error))

    def worker(self, access: Access) -> str:
        """The URL of a worker. Raises ``LiveError`` or ``UnreachableError``."""
        return self._forwarded(access, f"deployment/{NAMES.worker}", WORKER_PORT)

    def gateway(self, access: Access) -> tuple[str, str]:
        """The URLs of one pod of the gateway: where it takes traces, and its metrics of agents.
        Raises ``LiveError`` or ``UnreachableError``."""
        # Of one pod: each counts what it has taken itself.
        pod = f"pod/{NAMES.gateway}-0"
        takes, counts = (
            self._forwarded(access, pod, port) for port in (gateway.OTLP_PORT, gateway.METRICS_PORT)
        )
        return takes, counts

    def media(self) -> Mapping[str, str] | str:
        """Where to connect to instead of a store's own host and port, if only the cluster reaches
        that; why it is not possible."""
        expected = self._plan.expected
        if expected.media_host is None:
            return {}
        if self.access is None:
            return self.no_access
        service, port = expected.media_host.split(".")[0], expected.media_host.rpartition(":")[2]
        try:
            url = self._forwarded(self.access, f"service/{service}", int(port))
        except (LiveError, UnreachableError) as error:
            return str(error)
        return {expected.media_host: urlsplit(url).netloc}

    def asked(self, name: str, check: Callable[[], Verdict]) -> Verdict:
        """A check that asks Langfuse. After one got no answer, the others are skipped."""
        if self.blocked:
            return skip(name, self.blocked)
        try:
            verdict = check()
        except UnreachableError as error:
            self.blocked = NOT_REACHED
            plan = self._plan
            return checks.not_reached(name, self.url, error, plan.expected, plan.commands)
        if checks.elsewhere(verdict):
            self.blocked = ELSEWHERE
        return verdict

    def _forwarded(self, access: Access, target: str, port: int) -> str:
        plan = self._plan
        return self._stack.enter_context(
            cluster.forwarded(access, plan.expected.namespace, plan.web.deadline, target, port)
        )

    def _no_forward(self, seen: str) -> Verdict:
        """Why there is no port-forward, from what kubectl said."""
        commands = self._plan.commands
        if "(NotFound)" in seen:
            return fail(
                "port-forward",
                seen,
                cause="the stack was not deployed to this cluster, or was removed",
                command=commands.up(),
                section="namespace-missing",
            )
        return fail(
            "port-forward",
            seen,
            cause="no pod of Langfuse is ready, or the cluster refuses port-forwards",
            command=commands.own("get", "pods", "-o", "wide"),
            section="not-ready",
        )
