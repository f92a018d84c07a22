"""The checks of one run, each after those whose failure would make it pointless."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from stacks.settings import Settings
from tooling.kit.commands import Commands
from tooling.kubernetes.api import LiveError
from tooling.kubernetes.kubeconfig import AccessError
from tooling.smoke import agents, checks, cluster, keys, langsmith, tls, trace
from tooling.smoke.cluster import Access
from tooling.smoke.keys import KeyPair
from tooling.smoke.report import Verdict, fail, skip
from tooling.smoke.stack import LOCAL, Expected
from tooling.smoke.web import UnreachableError, Web

CLUSTER: Final = "cluster"

NOT_REACHED: Final = "Langfuse was not reached"
ELSEWHERE: Final = "what answers is not this stack's Langfuse"
NO_CLUSTER: Final = "the cluster was not reached"
NO_KEYS: Final = f"set {keys.PUBLIC} and {keys.SECRET}"


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


class Run:
    """One run. ``learn`` is told every secret before it is used."""

    url: str
    """Where Langfuse is asked; known once the verdicts have begun."""

    def __init__(self, plan: Plan, learn: Callable[[Iterable[str]], None]) -> None:
        self._plan = plan
        self._learn = learn
        self._blocked = ""
        self.url = plan.url or plan.expected.url
        self._access: Access | None = None
        self._no_access = "nothing needed the cluster"
        self._commands = plan.commands

    def verdicts(self) -> Iterator[Verdict]:
        """The checks, each made when its verdict is asked for."""
        plan = self._plan
        with contextlib.ExitStack() as stack:
            if self._needs_cluster:
                yield from self._connect(stack)
            pods, no_pods = self._pods_keys()
            if plan.url is None and plan.expected.local:
                yield from self._forward(stack)
            yield from self._langfuse(plan.given_keys or pods, no_pods)
            data = {namespace: self._agent_data(namespace) for namespace in plan.expected.agents}
            yield from self._langsmith(data)
            yield from self._agents(data, pods, no_pods)

    @property
    def _needs_cluster(self) -> bool:
        expected = self._plan.expected
        forward = self._plan.url is None and expected.local
        return self._plan.given_keys is None or forward or bool(expected.agents)

    def _connect(self, stack: contextlib.ExitStack) -> Iterator[Verdict]:
        """Opens the way to the cluster. One verdict says why there is none, for all that needs
        it."""
        plan, told = self._plan, self._commands
        try:
            self._access = stack.enter_context(
                cluster.connected(plan.settings, plan.web.deadline, told)
            )
        except AccessError as error:
            self._no_access = NO_CLUSTER
            yield skip(CLUSTER, str(error), error.command, error.section)
        except UnreachableError as error:
            self._no_access = NO_CLUSTER
            yield skip(CLUSTER, str(error), told.smoke("OPTIONS=--timeout 120"))

    def _forward(self, stack: contextlib.ExitStack) -> Iterator[Verdict]:
        """Opens the way to a Langfuse without public name."""
        if self._access is None:
            self._blocked = NOT_REACHED
            again = self._commands.smoke("URL=https://HOST")
            yield skip("port-forward", self._no_access, again)
            return
        plan = self._plan
        try:
            self.url = stack.enter_context(
                cluster.forwarded(self._access, plan.expected.namespace, plan.web.deadline)
            )
        except (LiveError, UnreachableError) as error:
            self._blocked = NOT_REACHED
            yield self._no_forward(str(error))

    def _no_forward(self, seen: str) -> Verdict:
        """Why there is no port-forward, from what kubectl said."""
        if "(NotFound)" in seen:
            return fail(
                "port-forward",
                seen,
                cause="the stack was not deployed to this cluster, or was removed",
                command=self._commands.up(),
                section="namespace-missing",
            )
        return fail(
            "port-forward",
            seen,
            cause="no pod of Langfuse is ready, or the cluster refuses port-forwards",
            command=self._commands.own("get", "pods", "-o", "wide"),
            section="not-ready",
        )

    def _langfuse(self, given: KeyPair | None, no_pods: str) -> Iterator[Verdict]:
        plan, url = self._plan, self.url
        web, expected, told = plan.web, plan.expected, self._commands
        yield from self._certificate()
        for name, check in (
            (checks.HEALTH, checks.health),
            (checks.READINESS, checks.readiness),
            (checks.SIGN_UP, checks.sign_up),
        ):
            yield self._asked(name, lambda check=check: check(web, url, expected, told))
        if given is None:
            why = self._blocked or f"there are no keys: {no_pods}"
            yield skip(checks.PROJECT_KEYS, why, "" if self._blocked else NO_KEYS)
            yield skip(trace.TRACE, self._blocked or "there are no keys")
            return
        if not self._blocked and given is not plan.given_keys and in_clear(url):
            why = f"{url} is plain HTTP: the keys of {given.source} are not sent over it"
            instead = f"give an https:// URL, or {NO_KEYS} to send them all the same"
            yield skip(checks.PROJECT_KEYS, f"{why}; {instead}", told.smoke("URL=https://HOST"))
            yield skip(trace.TRACE, "the project's keys were not sent")
            return
        accepted = self._asked(
            checks.PROJECT_KEYS, lambda: checks.project_keys(web, url, given, expected, told)
        )
        yield accepted
        if accepted.status == "ok":
            yield self._asked(
                trace.TRACE,
                lambda: trace.round_trip(
                    web, url, given, run=plan.run, commands=told, sdk=plan.sdk
                ),
            )
        else:
            why = self._blocked or "the project's keys were not accepted"
            yield skip(trace.TRACE, why)

    def _certificate(self) -> Iterator[Verdict]:
        plan, url = self._plan, self.url
        own, used = urlsplit(plan.expected.url), urlsplit(url)
        if used.scheme == "https":
            yield self._asked(
                tls.CERTIFICATE, lambda: tls.certificate(plan.web, url, plan.expected)
            )
            if used.port is None:
                yield self._asked(
                    tls.REDIRECT,
                    lambda: tls.redirect(plan.web, url, plan.expected, self._commands),
                )
        elif own.scheme == "https":
            why = f"--url is plain HTTP; the stack's own URL is {plan.expected.url}"
            yield from (skip(name, why) for name in (tls.CERTIFICATE, tls.REDIRECT))

    def _asked(self, name: str, check: Callable[[], Verdict]) -> Verdict:
        """A check that asks Langfuse. After one got no answer, the others are skipped."""
        if self._blocked:
            return skip(name, self._blocked)
        try:
            verdict = check()
        except UnreachableError as error:
            self._blocked = NOT_REACHED
            plan = self._plan
            return checks.not_reached(name, self.url, error, plan.expected, self._commands)
        if checks.elsewhere(verdict):
            self._blocked = ELSEWHERE
        return verdict

    def _pods_keys(self) -> tuple[KeyPair | None, str]:
        """The keys that Langfuse's pods have; without them, the reason."""
        if self._access is None:
            return None, self._no_access
        try:
            pair = keys.from_pods(self._access.api, self._plan.expected.namespace)
        except (LiveError, UnreachableError) as error:
            return None, str(error)
        self._learn(secrets(pair))
        return pair, ""

    def _agent_data(self, namespace: str) -> Mapping[str, str] | str | None:
        """Values of agents' Secret: None if there is none, a reason if it cannot be read."""
        if self._access is None:
            return self._no_access
        try:
            data = keys.of_agents(self._access.api, namespace)
        except (LiveError, UnreachableError) as error:
            return str(error)
        self._learn(value for name, value in (data or {}).items() if name.endswith("_KEY"))
        return data

    def _langsmith(self, data: Mapping[str, Mapping[str, str] | str | None]) -> Iterator[Verdict]:
        plan = self._plan
        wanted = plan.expected.langsmith
        if wanted is None:
            return
        key, source = plan.langsmith_key, "the environment"
        for namespace, values in data.items() if key is None else ():
            if isinstance(values, Mapping) and (found := values.get(keys.LANGSMITH)):
                key, source = found, f"agents in {namespace}"
                break
        if key is None:
            why = next((why for why in data.values() if isinstance(why, str)), "no agent has it")
            yield skip(langsmith.LANGSMITH, f"there is no key: {why}", f"set {keys.LANGSMITH}")
            return
        try:
            usable = keys.usable(keys.LANGSMITH, key)
            yield langsmith.key(plan.web, wanted, usable, source, self._commands)
        except (LiveError, UnreachableError) as error:
            yield skip(langsmith.LANGSMITH, str(error))

    def _agents(
        self,
        data: Mapping[str, Mapping[str, str] | str | None],
        pods: KeyPair | None,
        no_pods: str,
    ) -> Iterator[Verdict]:
        for namespace, values in data.items():
            if isinstance(values, str):
                yield skip(agents.AGENTS, f"namespace {namespace}: {values}")
            elif pods is None:
                yield skip(agents.AGENTS, f"namespace {namespace}: {no_pods}")
            else:
                expected = self._plan.expected
                yield agents.access(namespace, values, pods, expected, self._commands)


def in_clear(url: str) -> bool:
    """Whether what is sent to ``url`` can be read on the way."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in LOCAL


def secrets(pair: KeyPair) -> list[str]:
    """What of a pair must not be seen, the header that is made of it included."""
    return [pair.public, pair.secret, f"{pair.public}:{pair.secret}"]
