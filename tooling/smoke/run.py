"""The checks of one run, each after those whose failure would make it pointless."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from tooling.kubernetes.api import LiveError
from tooling.smoke import agents, checks, gateway, keys, langsmith, tls, worker
from tooling.smoke.keys import KeyPair
from tooling.smoke.reach import Plan, Reach
from tooling.smoke.report import Verdict, note, skip
from tooling.smoke.stack import LOCAL
from tooling.smoke.tracing import agent_run, choice
from tooling.smoke.tracing.trace import Trip
from tooling.smoke.web import UnreachableError

EXPORTS: Final = "exports"

NO_KEYS: Final = f"set {keys.PUBLIC} and {keys.SECRET}"
NO_EXPORTS: Final = (
    "not tried: Langfuse has no public API that starts one; to try it, log in and export a table"
)


class Run:
    """One run. ``learn`` is told every secret before it is used."""

    url: str
    """Where Langfuse is asked; known once the verdicts have begun."""
    _accepted: bool = False
    """Whether Langfuse has accepted the project's keys."""

    def __init__(self, plan: Plan, learn: Callable[[Iterable[str]], None]) -> None:
        self._plan = plan
        self._learn = learn
        self._commands = plan.commands
        self.url = plan.url or plan.expected.url

    def verdicts(self) -> Iterator[Verdict]:
        """The checks, each made when its verdict is asked for."""
        plan = self._plan
        if plan.settings.langfuse.paused:
            why = "langfuse.paused is true: no pod of Langfuse runs"
            again = self._commands.config_set("langfuse.paused", value=False)
            yield skip(checks.HEALTH, why, f"{again} && {self._commands.up()}")
            return
        with contextlib.ExitStack() as stack:
            reach = Reach(plan, stack)
            if reach.needs_cluster:
                yield from reach.connect()
            pods, no_pods = self._pods_keys(reach)
            if reach.needs_forward:
                yield from reach.forward()
            self.url = reach.url
            yield from self._web(reach)
            yield from self._worker(reach)
            yield from self._project(reach, plan.given_keys or pods, no_pods)
            if plan.expected.exports:
                yield note(EXPORTS, NO_EXPORTS)
            data = {name: self._agent_data(reach, name) for name in plan.expected.agents}
            yield from self._langsmith(data)
            yield from self._agents(data, pods, no_pods)
            if plan.expected.gateway is not None:
                yield from self._gateway(reach, data, plan.given_keys or pods)

    def _web(self, reach: Reach) -> Iterator[Verdict]:
        """What Langfuse answers without keys."""
        web, url, expected, told = self._plan.web, reach.url, self._plan.expected, self._commands
        yield from self._certificate(reach)
        for name, check in (
            (checks.HEALTH, checks.health),
            (checks.READINESS, checks.readiness),
            (checks.SIGN_UP, checks.sign_up),
        ):
            yield reach.asked(name, lambda check=check: check(web, url, expected, told))

    def _certificate(self, reach: Reach) -> Iterator[Verdict]:
        plan, url = self._plan, reach.url
        own, used = urlsplit(plan.expected.url), urlsplit(url)
        if used.scheme == "https":
            yield reach.asked(
                tls.CERTIFICATE, lambda: tls.certificate(plan.web, url, plan.expected)
            )
            if used.port is None:
                yield reach.asked(
                    tls.REDIRECT,
                    lambda: tls.redirect(plan.web, url, plan.expected, self._commands),
                )
        elif own.scheme == "https":
            why = f"--url is plain HTTP; the stack's own URL is {plan.expected.url}"
            yield from (skip(name, why) for name in (tls.CERTIFICATE, tls.REDIRECT))

    def _worker(self, reach: Reach) -> Iterator[Verdict]:
        """What a worker answers, and which release it is."""
        plan, told = self._plan, self._commands
        if not plan.expected.worker:
            return
        if reach.access is None:
            why = f"not checked from outside, as it answers in the cluster only: {reach.no_access}"
            yield skip(worker.WORKER, why)
            return
        try:
            verdict = worker.rollout(reach.access.api, plan.expected, told)
            if verdict is None:
                url = reach.worker(reach.access)
                verdict = worker.health(plan.web, url, plan.expected, told)
        except (LiveError, UnreachableError) as error:
            verdict = skip(worker.WORKER, str(error))
        yield verdict

    def _project(self, reach: Reach, given: KeyPair | None, no_pods: str) -> Iterator[Verdict]:
        """What Langfuse answers with a project's keys."""
        plan, url, told = self._plan, reach.url, self._commands
        if given is None:
            why = reach.blocked or f"there are no keys: {no_pods}"
            yield skip(checks.PROJECT_KEYS, why, "" if reach.blocked else NO_KEYS)
            yield from self._no_trace(reach.blocked or "there are no keys")
            return
        if not reach.blocked and given is not plan.given_keys and in_clear(url):
            why = f"{url} is plain HTTP: the keys of {given.source} are not sent over it"
            instead = f"give an https:// URL, or {NO_KEYS} to send them all the same"
            yield skip(checks.PROJECT_KEYS, f"{why}; {instead}", told.smoke("URL=https://HOST"))
            yield from self._no_trace("the project's keys were not sent")
            return
        accepted = reach.asked(
            checks.PROJECT_KEYS,
            lambda: checks.project_keys(plan.web, url, given, plan.expected, told),
        )
        yield accepted
        self._accepted = accepted.status == "ok"
        if not self._accepted:
            yield from self._no_trace(reach.blocked or "the project's keys were not accepted")
            return
        trip = Trip(
            web=plan.web, url=url, keys=given, expected=plan.expected, commands=told,
            run=plan.run, sdk=plan.sdk,
        )  # fmt: skip
        for name, check in choice.checks(trip, reach.media):
            yield reach.asked(name, check)

    def _no_trace(self, why: str) -> Iterator[Verdict]:
        return (skip(name, why) for name in choice.names(self._plan.expected))

    def _pods_keys(self, reach: Reach) -> tuple[KeyPair | None, str]:
        """The keys that Langfuse's pods have; without them, the reason."""
        if reach.access is None:
            return None, reach.no_access
        try:
            pair = keys.from_pods(reach.access.api, self._plan.expected.namespace)
        except (LiveError, UnreachableError) as error:
            return None, str(error)
        self._learn(secrets(pair))
        return pair, ""

    def _agent_data(self, reach: Reach, namespace: str) -> Mapping[str, str] | str | None:
        """Values of agents' Secret: None if there is none, a reason if it cannot be read."""
        if reach.access is None:
            return reach.no_access
        try:
            data = keys.of_agents(reach.access.api, namespace)
        except (LiveError, UnreachableError) as error:
            return str(error)
        self._learn(value for name, value in (data or {}).items() if name.endswith("_KEY"))
        self._learn(gateway.secrets((data or {}).get(agents.HEADERS, "")))
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

    def _gateway(
        self,
        reach: Reach,
        data: Mapping[str, Mapping[str, str] | str | None],
        pair: KeyPair | None,
    ) -> Iterator[Verdict]:
        """One run of an agent, with what agents of the first namespace have."""
        plan = self._plan
        if reach.access is None:
            why = f"not checked from outside, as it answers in the cluster only: {reach.no_access}"
        elif reach.blocked or not self._accepted or pair is None:
            why = reach.blocked or "nothing is read from Langfuse without the project's keys"
        else:
            try:
                way = gateway.way(reach, reach.access, data)
            except (LiveError, UnreachableError) as error:
                why = str(error)
            else:
                trip = Trip(
                    web=plan.web, url=reach.url, keys=pair, expected=plan.expected,
                    commands=self._commands, run=plan.run, sdk=plan.sdk,
                )  # fmt: skip
                yield from gateway.verdicts(agent_run.AgentRun(trip, way))
                return
        yield from (skip(name, why) for name in agent_run.CHECKS)


def in_clear(url: str) -> bool:
    """Whether what is sent to ``url`` can be read on the way."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in LOCAL


def secrets(pair: KeyPair) -> list[str]:
    """What of a pair must not be seen, the header that is made of it included."""
    return [pair.public, pair.secret, f"{pair.public}:{pair.secret}"]
