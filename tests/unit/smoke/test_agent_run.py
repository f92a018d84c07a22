"""One run of an agent through the gateway, with OpenTelemetry's real SDK where it is installed and
a stand-in where it fails."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.support.fake_gateway import FakeGateway
from tests.support.fake_langfuse import PUBLIC_KEY, SECRET_KEY
from tests.support.fake_langfuse_4 import FakeLangfuse4
from tests.support.loopback import serving
from tests.support.sdk_stand_in import stand_in, telling
from tests.support.smoke import SDKS, needs_sdk_4, promised
from tooling.kit.commands import Commands
from tooling.kit.deadline import Deadline
from tooling.smoke import gateway as smoke_gateway
from tooling.smoke.keys import KeyPair
from tooling.smoke.report import Verdict, fail, ok, skip
from tooling.smoke.tracing.agent_run import AgentRun, Way
from tooling.smoke.tracing.trace import Trip
from tooling.smoke.web import Web

pytestmark = pytest.mark.programs

COMMANDS = Commands(stack="dev", namespace="observability")
KEYS = KeyPair(public=PUBLIC_KEY, secret=SECRET_KEY, source="a test")
PROMISED = promised("dev", gateway={"replicas": 1})
SDK = SDKS / ".venv-smoke-4"
TRACE = "b4f4f6a1"
OTLP = "/api/public/otel/v1/traces"
LOGS = "kubectl -n observability logs langfuse-gateway-0 --tail=50"


@dataclass
class Stack:
    langfuse: FakeLangfuse4
    gateway: FakeGateway
    langfuse_url: str
    gateway_url: str
    folder: Path

    def run(
        self,
        sdk: Path = SDK,
        *,
        whole: bool = True,
        headers: str | None = None,
        tables: Sequence[Literal["events", "traces"]] = ("events",),
    ) -> AgentRun:
        expected = replace(PROMISED, tables=tables)
        assert expected.gateway is not None
        trip = Trip(
            web=Web(Deadline(30)),
            url=self.langfuse_url,
            keys=KEYS,
            expected=replace(expected, gateway=replace(expected.gateway, whole=whole)),
            commands=COMMANDS,
            run="r1",
            sdk=sdk,
        )
        way = Way(
            namespace="research",
            endpoint=f"{self.gateway_url}{OTLP}",
            metrics=self.gateway_url,
            headers=self.gateway.headers if headers is None else headers,
        )
        return AgentRun(trip, way, trace_seconds=0.6, metrics_seconds=0.6)

    def answered(self, status: int, said: str = "") -> AgentRun:
        """With an SDK that got this answer."""
        exchange: dict[str, Any] = {
            "url": f"{self.gateway_url}{OTLP}", "status": status, "said": said
        }  # fmt: skip
        return self.run(stand_in(self.folder, ".venv-smoke-4", telling([exchange])))


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    langfuse = FakeLangfuse4()
    gateway = FakeGateway(langfuse)
    with serving(langfuse) as port, serving(gateway) as gateway_port:
        yield Stack(
            langfuse,
            gateway,
            f"http://127.0.0.1:{port}",
            f"http://127.0.0.1:{gateway_port}",
            tmp_path,
        )


def stable(verdict: Verdict) -> Verdict:
    seen = re.sub(r"\b[0-9a-f]{32}\b", "TRACE", verdict.seen)
    return replace(verdict, seen=re.sub(r"\b[0-9]+(\.[0-9])? s\b", "N s", seen))


ACCEPTED = ok(
    "gateway",
    "a run of an agent in research, TRACE, was accepted and read back from Langfuse with 3 "
    "observations, in N s; it stays",
)
COUNTED = ok(
    "gateway tokens",
    "the gateway has counted the run's tokens for namespace research, in Prometheus' format: "
    "input 12 of 12, output 34 of 34",
)
PAID = ok("gateway cost", "Langfuse says that the run cost 0.0000222 dollars (gpt-4o-mini)")


@needs_sdk_4
def test_a_run_is_accepted_counted_and_paid_for_whatever_the_caller_has_set(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:9")
    stack.gateway.counted["smoke-test", "gpt-4o-mini", "input"] = 1000  # of earlier runs
    run = stack.run()

    assert [stable(check()) for check in (run.trace, run.tokens, run.cost)] == [
        ACCEPTED,
        COUNTED,
        PAID,
    ]
    posts = [request for request in stack.gateway.requests if request.method == "POST"]
    assert [request.path for request in posts] == [OTLP]
    names = [(span["name"], span["parent"] == "") for span in stack.langfuse.spans]
    assert sorted(names) == [
        ("chat gpt-4o-mini", False),
        ("execute_tool clock", False),
        ("invoke_agent smoke-test", True),
    ]


@needs_sdk_4
def test_a_credential_that_the_gateway_does_not_know_is_refused(stack: Stack) -> None:
    run = stack.run(headers="Authorization=Basic%20eDp5")

    assert stable(run.trace()) == fail(
        "gateway",
        f"{OTLP} answers 401",
        cause="the gateway does not know the credential in the Secret of research: its pods are "
        "older than the namespace in agents, or the Secret is of another stack",
        command="make up STACK=dev",
        section="agents-refused",
    )
    why = "the gateway has not accepted the run"
    assert (run.tokens(), run.cost()) == (skip("gateway tokens", why), skip("gateway cost", why))


@pytest.mark.parametrize(
    ("status", "cause", "command", "section"),
    [
        (
            503,
            "its queue or its memory is full, because Langfuse does not take traces",
            "make doctor STACK=dev",
            "gateway-queue",
        ),
        (
            429,
            "its queue or its memory is full, because Langfuse does not take traces",
            "make doctor STACK=dev",
            "gateway-queue",
        ),
        (500, "the gateway fails: its log says why", LOGS, "gateway-not-ready"),
    ],
)
def test_a_gateway_that_takes_nothing_says_why(
    stack: Stack, status: int, cause: str, command: str, section: str
) -> None:
    seen = f"{OTLP} answers {status} (sending queue is full)"

    assert stack.answered(status, "sending queue is full").trace() == fail(
        "gateway", seen, cause=cause, command=command, section=section
    )


def test_a_run_that_does_not_get_to_langfuse_is_missed(stack: Stack) -> None:
    run = stack.answered(200)

    assert stable(run.trace()) == fail(
        "gateway",
        "trace TRACE was accepted by the gateway, and Langfuse answers 200 without it after N s",
        cause="it waits in the gateway's queue, Langfuse has refused it, or no worker works",
        command="make doctor STACK=dev",
        section="gateway-queue",
    )
    assert run.cost() == skip("gateway cost", "the trace is not in Langfuse")


@needs_sdk_4
def test_a_run_under_the_name_of_another_namespace_is_a_failure(stack: Stack) -> None:
    stack.gateway.environment = "sales"

    assert stable(stack.run().trace()) == fail(
        "gateway",
        "trace TRACE has the environment sales; that of namespace research is research",
        cause="the credential in its Secret is of another namespace, or the gateway's pods run "
        "with another configuration",
        command="make up STACK=dev",
    )


def test_tokens_that_are_not_counted_are_missed(stack: Stack) -> None:
    stack.gateway.counted["smoke-test", "gpt-4o-mini", "input"] = 7
    run = stack.answered(200)

    assert run.tokens() == fail(
        "gateway tokens",
        "the gateway's metrics at port 8889 have counted input 0 of 12, output 0 of 34 tokens of "
        "namespace research",
        cause="its limit of series is reached (gateway.seriesLimit), or its pods run with another "
        "configuration",
        command=LOGS,
    )


@needs_sdk_4
def test_a_run_without_a_cost_is_a_failure(stack: Stack) -> None:
    stack.langfuse.prices = {}
    run = stack.run()

    assert stable(run.trace()) == ACCEPTED
    assert run.cost() == fail(
        "gateway cost",
        "0 of 3 observations of the run have a cost; the call of the model alone has tokens",
        cause="the project has another definition of the model gpt-4o-mini, or usage is counted "
        "twice",
        command="kubectl -n observability logs --tail=50 deployment/langfuse-worker",
    )


@needs_sdk_4
def test_where_langfuse_gets_a_part_of_the_traces_the_run_is_not_looked_for(stack: Stack) -> None:
    stack.gateway.delivers = False
    run = stack.run(whole=False)

    assert [stable(check()) for check in (run.trace, run.tokens, run.cost)] == [
        ok(
            "gateway",
            "a run of an agent in research was accepted; gateway.sampling sends Langfuse a part of "
            "the traces, so it is not looked for",
        ),
        COUNTED,
        skip("gateway cost", "gateway.sampling sends Langfuse a part of the traces"),
    ]


def test_without_the_sdk_the_run_is_skipped(stack: Stack) -> None:
    run = stack.run(stack.folder / ".venv-smoke-4")

    why = "Langfuse's SDK is not installed: .venv-smoke-4 is not there; make smoke installs it"
    assert run.trace() == skip("gateway", why, "make smoke STACK=dev")
    assert run.tokens() == skip("gateway tokens", why)


def test_a_gateway_that_is_gone_is_told_for_itself(stack: Stack) -> None:
    with serving(stack.gateway) as port:
        pass
    stack.gateway_url = f"http://127.0.0.1:{port}"
    run = stack.answered(200)
    pods = "kubectl -n observability get pods -l app.kubernetes.io/component=gateway -o wide"

    found = [*smoke_gateway.verdicts(run)]

    assert found[0] == fail(
        "gateway",
        f"{stack.gateway_url}{OTLP}: the connection was refused",
        cause="the gateway's pod is not ready, or the port-forward has ended",
        command=pods,
        section="gateway-not-ready",
    )
    assert [verdict.status for verdict in found] == ["FAIL", "skip", "skip"]


def test_no_form_of_a_credential_may_be_seen() -> None:
    gateway = FakeGateway(FakeLangfuse4())
    encoded = "cmVzZWFyY2g6cGFzc3dvcmQtNDQ0NDQ0NDQtb2YtdGhlLWdhdGV3YXk="

    assert [*smoke_gateway.secrets(gateway.headers)] == [
        f"Authorization=Basic%20{encoded.replace('=', '%3D')}",
        f"Authorization=Basic {encoded}",
        encoded,
        "research:password-44444444-of-the-gateway",
        "password-44444444-of-the-gateway",
    ]
    assert [*smoke_gateway.secrets("")] == []
    assert [*smoke_gateway.secrets("Authorization=Basic%20%C3%A4")] == [
        "Authorization=Basic%20%C3%A4",
        "Authorization=Basic ä",
        "ä",
    ]


@needs_sdk_4
def test_a_run_of_which_a_part_is_there_is_waited_for(stack: Stack) -> None:
    run = stack.run()
    early = {"id": "x", "traceId": run.trace_id, "name": "early", "environment": "research"}
    stack.langfuse.observations.append(early)
    stack.langfuse.spans.append({"trace": run.trace_id})
    stack.gateway.delivers = False

    assert run.trace().status == "FAIL"


@needs_sdk_4
def test_a_run_that_is_paid_for_twice_is_a_failure(stack: Stack) -> None:
    stack.langfuse.counts_twice = True

    assert stack.run().cost() == fail(
        "gateway cost",
        "3 of 3 observations of the run have a cost; the call of the model alone has tokens",
        cause="the project has another definition of the model gpt-4o-mini, or usage is counted "
        "twice",
        command="kubectl -n observability logs --tail=50 deployment/langfuse-worker",
    )


def test_tokens_of_another_namespace_do_not_count(stack: Stack) -> None:
    run = stack.answered(200)
    assert run.trace().status == "FAIL"  # by now it has read what was counted before
    stack.gateway.more = "".join(
        f'gen_ai_client_inference_usage_{kind}_tokens_total{{agent="smoke-test",'
        'model="gpt-4o-mini",tenant="sales"} 50\n'
        for kind in ("input", "output")
    )
    with_metrics = run.tokens()

    assert with_metrics.seen.startswith("the gateway's metrics at port 8889 have counted input 0 ")


@needs_sdk_4
def test_a_page_of_metrics_may_be_long(stack: Stack) -> None:
    stack.gateway.more = 80_000 * "agent_request_calls_total 1\n"

    assert stable(stack.run().tokens()) == COUNTED


@needs_sdk_4
def test_where_langfuse_writes_the_older_tables_alone_the_run_is_read_from_them(
    stack: Stack,
) -> None:
    stack.langfuse.events_only = False
    run = stack.run(tables=["traces"])

    assert [stable(check()) for check in (run.trace, run.cost)] == [ACCEPTED, PAID]
    reads = [r.path.partition("?")[0] for r in stack.langfuse.requests if r.method == "GET"]
    assert set(reads) == {f"/api/public/traces/{run.trace_id}"}
