"""The examples for agents, against a real collector with the gateway's configuration and the Secret
that the stack delivers: what arrives, and what they say when their environment is wrong.

Does not prove that Langfuse shows it, or that the image can be built.
"""

from __future__ import annotations

import json
import signal
import subprocess
import textwrap
import urllib.error
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from components.agents.environment import tracing_environment
from components.agents.gateway import pod
from components.agents.gateway.settings import GatewaySettings, Masking
from stacks.stack_files import ROOT
from tests.support import markdown
from tests.support.agent_examples import (
    KINDS,
    Ended,
    ended,
    fake_model,
    needs_examples,
    running,
    running_code,
)
from tests.support.collector import Collector, prepared, until
from tests.support.fake_langfuse import PUBLIC_KEY, SECRET_KEY
from tests.support.fake_langfuse_4 import FakeLangfuse4
from tests.support.loopback import Request, Response, free_ports, serving
from tests.support.recordings import inputs, recorded
from tests.support.trace_recorder import TraceRecorder

pytestmark = [pytest.mark.gateway, needs_examples]

NAMESPACES = ("research", "langfuse-lab")
QUESTION = "Where is order 17?"
ANSWER = "state: on its way, arrives: tomorrow\n"
WHO = ("--user", "ada", "--session", "s-1")
SECRET = "the Secret agent-observability has it: envFrom in the pod, in a namespace of `agents`"
Changes = Mapping[str, str | None]
"""Variables to set, or to leave out."""
NOTHING: Changes = MappingProxyType({})
NOBODY = "http://127.0.0.1:1"


@dataclass(frozen=True)
class Place:
    """What an agent meets in a cluster."""

    collector: Collector
    langfuse: TraceRecorder
    """Langfuse as the gateway sees it."""
    direct: FakeLangfuse4
    """Langfuse as agents see it."""
    url: str
    model: str
    secrets: Mapping[str, Mapping[str, str]]
    """By namespace, as the stack delivers them, with the addresses of this machine."""

    def environment(
        self, changes: Changes = NOTHING, namespace: str = NAMESPACES[0]
    ) -> dict[str, str]:
        own = {"OTEL_SERVICE_NAME": "support-agent", "MODEL_URL": self.model}
        values = {**self.secrets[namespace], **own, **changes}
        return {name: value for name, value in values.items() if value is not None}

    def ask(
        self, kind: str, changes: Changes = NOTHING, *, namespace: str = NAMESPACES[0]
    ) -> Ended:
        environment = self.environment(changes, namespace)
        with running(f"with_{kind}", environment, QUESTION, *WHO) as process:
            return ended(process)

    def arrived(self, count: int) -> list[dict[str, Any]]:
        """Name and attributes of the spans, once there are as many."""
        until(lambda: len(self.langfuse.spans) >= count, f"{count} spans arrive")
        spans = self.langfuse.spans
        assert len({span.trace_id for span in spans}) == 1
        return [{"name": span.name, **span.attributes} for span in spans]

    def counted(self, name: str, **labels: str) -> float:
        found = self.collector.metrics()
        return sum(
            value
            for (metric, having), value in found.items()
            if metric == name and labels.items() <= dict(having).items()
        )


@pytest.fixture(scope="module")
def model() -> Generator[str]:
    with fake_model() as url:
        yield url


@pytest.fixture
def masking() -> Masking:
    """What the gateway masks; a test that is about something else takes this."""
    return "patterns"


@pytest.fixture
def place(
    langfuse: TraceRecorder,
    settings: GatewaySettings,
    masking: Masking,
    model: str,
    tmp_path: Path,
) -> Generator[Place]:
    stack = recorded("dev", agents={"namespaces": [*NAMESPACES]}, gateway={"replicas": 1})
    gateway = prepared(replace(settings, masking=masking), tmp_path / "collector")
    credentials = inputs(stack, "langfuse-gateway-credentials-secret")["stringData"]
    (gateway.folder / "passwords").write_text(credentials[pod.PASSWORDS], encoding="utf-8")
    direct = FakeLangfuse4()
    with serving(direct) as port:
        here = {
            **dict.fromkeys(
                ("LANGFUSE_HOST", "LANGFUSE_BASEURL", "LANGFUSE_BASE_URL"),
                f"http://127.0.0.1:{port}",
            ),
            "LANGFUSE_PUBLIC_KEY": PUBLIC_KEY,
            "LANGFUSE_SECRET_KEY": SECRET_KEY,
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": gateway.url,
        }
        secrets = {
            namespace: inputs(stack, f"langfuse-agents-{namespace}-access-secret")["stringData"]
            for namespace in NAMESPACES
        }
        assert here.keys() <= secrets["research"].keys()
        gateway.start()
        try:
            yield Place(
                collector=gateway,
                langfuse=langfuse,
                direct=direct,
                url=f"http://127.0.0.1:{port}",
                model=model,
                secrets={name: {**secret, **here} for name, secret in secrets.items()},
            )
        finally:
            gateway.kill()


def named(spans: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [span for span in spans if span["name"] == name]


EVERY_SPAN = {
    "langfuse": {"user.id": "ada", "session.id": "s-1", "langfuse.trace.tags": ["support"]},
    "langsmith": {"user.id": "ada", "session.id": "s-1", "langsmith.span.tags": "support"},
    "opentelemetry": {
        "user.id": "ada",
        "gen_ai.conversation.id": "s-1",
        "gen_ai.agent.name": "support-agent",
    },
}


@pytest.mark.parametrize("namespace", NAMESPACES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_span_arrives_with_user_session_and_the_namespace_that_it_comes_from(
    place: Place, kind: str, namespace: str
) -> None:
    run = place.ask(kind, namespace=namespace)

    assert run == Ended(0, ANSWER, "")
    spans = place.arrived(4)
    assert len(spans) == 4
    for span, whole in zip(spans, place.langfuse.spans, strict=True):
        assert span.items() >= EVERY_SPAN[kind].items()
        assert span["langfuse.trace.metadata.tenant"] == namespace
        assert span["langfuse.environment"] == tracing_environment(namespace)
        assert whole.resource["service.name"] == "support-agent"
        assert whole.status != "error"


def test_langfuses_sdk_tells_agent_model_calls_tool_and_score(place: Place) -> None:
    place.ask("langfuse")

    spans = place.arrived(4)
    [agent] = named(spans, "support-agent")
    [tool] = named(spans, "order_status")
    first, second = named(spans, "chat")
    assert [
        (span["langfuse.observation.type"], span["langfuse.observation.input"])
        for span in (agent, tool)
    ] == [("agent", QUESTION), ("tool", '{"number": 17}')]
    assert agent["langfuse.observation.output"] == ANSWER.strip()
    assert json.loads(tool["langfuse.observation.output"]) == {
        "state": "on its way",
        "arrives": "tomorrow",
    }
    for call, tokens in ((first, (52, 14)), (second, (74, 9))):
        assert call["langfuse.observation.type"] == "generation"
        assert call["langfuse.observation.model.name"] == "gpt-4o-mini"
        usage = json.loads(call["langfuse.observation.usage_details"])
        assert (usage["input"], usage["output"]) == tokens
    # The second call was given what the first one asked for.
    assert [m["role"] for m in json.loads(second["langfuse.observation.input"])] == [
        *("system", "user", "assistant", "tool")
    ]
    [score] = place.direct.scores.values()
    trace = place.langfuse.spans[0].trace_id.hex()
    assert (score["name"], score["value"], score["dataType"], score["traceId"]) == (
        *("looked-up", 1, "BOOLEAN"),
        trace,
    )
    assert score["environment"] == "research"
    # Traces take the gateway alone.
    assert place.direct.spans == []


def test_plain_opentelemetry_tells_the_same_by_the_conventions(place: Place) -> None:
    place.ask("opentelemetry")

    spans = place.arrived(4)
    assert sorted(span["name"] for span in spans) == [
        "chat gpt-4o-mini",
        "chat gpt-4o-mini",
        "execute_tool order_status",
        "invoke_agent support-agent",
    ]
    [agent] = named(spans, "invoke_agent support-agent")
    [tool] = named(spans, "execute_tool order_status")
    first, second = named(spans, "chat gpt-4o-mini")
    operation = "gen_ai.operation.name"
    assert [span[operation] for span in (agent, tool, first)] == [
        *("invoke_agent", "execute_tool", "chat")
    ]
    assert json.loads(agent["gen_ai.output.messages"]) == [
        {"role": "assistant", "parts": [{"type": "text", "content": ANSWER.strip()}]}
    ]
    assert tool["gen_ai.tool.name"] == "order_status"
    assert json.loads(tool["gen_ai.tool.call.arguments"]) == {"number": 17}
    assert [
        (call["gen_ai.usage.input_tokens"], call["gen_ai.usage.output_tokens"])
        for call in (first, second)
    ] == [(52, 14), (74, 9)]
    assert first["gen_ai.response.finish_reasons"] == ["tool_calls"]
    assert json.loads(first["gen_ai.output.messages"])[0]["parts"] == [
        {
            "type": "tool_call",
            "id": "call-1",
            "name": "order_status",
            "arguments": '{"number": 17}',
        }
    ]
    asked = json.loads(second["gen_ai.input.messages"])
    assert [message["role"] for message in asked] == ["system", "user", "assistant", "tool"]
    assert asked[3]["parts"][0]["type"] == "tool_call_response"


def test_plain_opentelemetry_tells_the_kind_of_an_error(place: Place) -> None:
    with serving(lambda _: Response(500, {})) as port:
        run = place.ask("opentelemetry", {"MODEL_URL": f"http://127.0.0.1:{port}/v1"})

    assert run == Ended(1, "", "error: the model answered 500: Internal Server Error\n")
    assert [span["error.type"] for span in place.arrived(2)] == ["ModelError", "ModelError"]
    assert [(span.status, span.message) for span in place.langfuse.spans] == [
        ("error", "the model answered 500: Internal Server Error")
    ] * 2


def test_langsmiths_sdk_tells_chain_model_calls_and_tool_and_asks_langsmith_for_nothing(
    place: Place,
) -> None:
    asked: list[Request] = []

    def langsmith(request: Request) -> Response:
        asked.append(request)
        return Response(200, {})

    with serving(langsmith) as port:
        run = place.ask(
            "langsmith",
            {
                "LANGSMITH_TRACING": "true",
                "LANGSMITH_ENDPOINT": f"http://127.0.0.1:{port}",
                "LANGSMITH_API_KEY": "lsv2_key",
                "LANGSMITH_PROJECT": "agents",
            },
        )

    assert run == Ended(0, ANSWER, "")
    assert asked == []
    spans = place.arrived(4)
    kinds = {span["name"]: span["langsmith.span.kind"] for span in spans}
    assert kinds == {"support-agent": "chain", "chat": "llm", "order_status": "tool"}
    assert [
        (call["gen_ai.usage.input_tokens"], call["gen_ai.usage.output_tokens"])
        for call in named(spans, "chat")
    ] == [(52, 14), (74, 9)]


@pytest.mark.parametrize("masking", ["drop"])
@pytest.mark.parametrize("kind", KINDS)
def test_without_prompts_and_answers_users_sessions_and_tokens_are_still_told(
    place: Place, kind: str
) -> None:
    place.ask(kind)

    spans = place.arrived(4)
    told = json.dumps(spans)
    assert [text for text in ("Where is", "on its way", "You answer") if text in told] == []
    session = {"opentelemetry": "gen_ai.conversation.id"}.get(kind, "session.id")
    assert {(span["user.id"], span[session]) for span in spans} == {("ada", "s-1")}
    assert "74" in told


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_are_counted_once_for_the_namespace_and_the_agent(place: Place, kind: str) -> None:
    place.ask(kind)

    labels = {"tenant": "research", "agent": "support-agent", "model": "gpt-4o-mini"}
    usage = "gen_ai_client_inference_usage"
    until(lambda: place.counted(f"{usage}_input_tokens_total", **labels) > 0, "tokens are counted")
    assert place.counted(f"{usage}_input_tokens_total") == 52 + 74
    assert place.counted(f"{usage}_output_tokens_total") == 14 + 9
    assert place.counted(f"{usage}_input_tokens_total", **labels) == 52 + 74


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_that_limits_the_rate_is_an_error_that_is_counted_as_that(
    place: Place, kind: str
) -> None:
    with serving(lambda _: Response(429, {})) as port:
        run = place.ask(kind, {"MODEL_URL": f"http://127.0.0.1:{port}/v1"})

    assert (run.code, run.output) == (1, "")
    assert run.errors == "error: the model answered 429: Too Many Requests\n"
    place.arrived(2)
    assert [span.status for span in place.langfuse.spans] == ["error", "error"]
    until(
        lambda: place.counted("agent_request_calls_total", error_kind="rate_limit") > 0,
        "the error is counted",
    )
    calls = place.counted("agent_request_calls_total", operation="chat", error_kind="rate_limit")
    assert calls == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_credential_that_the_gateway_refuses_ends_the_agent_with_a_reason(
    place: Place, kind: str
) -> None:
    run = place.ask(kind, {"OTEL_EXPORTER_OTLP_TRACES_HEADERS": "Authorization=Basic%20cmVzOng%3D"})

    assert run == Ended(
        2,
        "",
        f"error: {place.collector.url} answered 401; restart the pod if the Secret "
        "agent-observability has changed since it started\n",
    )


@pytest.mark.parametrize(
    ("kind", "missing", "said"),
    [
        ("langfuse", "LANGFUSE_SECRET_KEY", f"LANGFUSE_SECRET_KEY is not set; {SECRET}"),
        *(
            (
                kind,
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                f"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is not set; {SECRET}",
            )
            for kind in ("langsmith", "opentelemetry")
        ),
        *(
            (
                kind,
                "MODEL_URL",
                "MODEL_URL is not set; the base URL of an API such as https://host/v1",
            )
            for kind in KINDS
        ),
    ],
)
def test_a_variable_that_is_missing_ends_the_agent_with_its_name(
    place: Place, kind: str, missing: str, said: str
) -> None:
    assert place.ask(kind, {missing: None}) == Ended(2, "", f"error: {said}\n")


def test_keys_that_langfuse_refuses_end_the_agent_with_a_reason(place: Place) -> None:
    assert place.ask("langfuse", {"LANGFUSE_SECRET_KEY": "sk-lf-of-another-project"}) == Ended(
        2, "", "error: Langfuse answered 401 to the project's keys\n"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_gateway_that_is_away_ends_a_single_question(place: Place, kind: str) -> None:
    run = place.ask(kind, {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": NOBODY})

    assert (run.code, run.output) == (1, "")
    assert run.errors.startswith(f"error: {NOBODY} cannot be reached: ")


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_gateway_that_is_busy_is_none_that_refuses(place: Place, status: int) -> None:
    with serving(lambda _: Response(status, {})) as port:
        url = f"http://127.0.0.1:{port}"
        run = place.ask("opentelemetry", {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": url})

    assert run == Ended(1, "", f"error: {url} answered {status}\n")


def test_a_langfuse_that_is_away_is_none_that_refuses(place: Place) -> None:
    names = ("LANGFUSE_HOST", "LANGFUSE_BASEURL", "LANGFUSE_BASE_URL")
    away = place.ask("langfuse", dict.fromkeys(names, NOBODY))
    with serving(lambda _: Response(503, {})) as port:
        url = f"http://127.0.0.1:{port}"
        broken = place.ask("langfuse", dict.fromkeys(names, url))

    assert (away.code, broken.code) == (1, 1)
    assert away.errors.startswith("error: Langfuse cannot be reached: ")
    assert broken.errors == "error: Langfuse answered 503 to the project's keys\n"


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_that_never_stops_asking_for_tools_is_stopped(place: Place, kind: str) -> None:
    asked: list[Request] = []

    def model(request: Request) -> Response:
        asked.append(request)
        function = {"name": "order_status", "arguments": '{"number": 17}'}
        call = {"id": "call-1", "type": "function", "function": function}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        choice = {"message": message, "finish_reason": "tool_calls"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1}
        return Response(200, {"model": "m", "choices": [choice], "usage": usage})

    with serving(model) as port:
        changes = {"MODEL_URL": f"http://127.0.0.1:{port}/v1/", "MODEL_NAME": "m", "MODEL_KEY": "k"}
        run = place.ask(kind, changes)

    assert run == Ended(0, "I could not find that out.\n", "")
    assert [(each.path, each.headers["authorization"]) for each in asked] == [
        ("/v1/chat/completions", "Bearer k")
    ] * 5
    assert {each.document()["model"] for each in asked} == {"m"}
    assert len(place.arrived(11)) == 1 + 5 + 5


@pytest.mark.parametrize(
    ("question", "answer", "looked_up", "spans"),
    [
        ("Where is order 18?", "state: delivered", 1, 4),
        ("Where is order 99?", "error: there is no such order", 1, 4),
        ("Where is it?", "Which order do you mean?", 0, 2),
    ],
)
def test_the_score_says_whether_the_agent_looked_up_what_it_answers(
    place: Place, question: str, answer: str, looked_up: int, spans: int
) -> None:
    with running("with_langfuse", place.environment(), question) as process:
        run = ended(process)

    assert run == Ended(0, f"{answer}\n", "")
    assert [score["value"] for score in place.direct.scores.values()] == [looked_up]
    arrived = place.arrived(spans)
    assert {(span["user.id"], span["session.id"]) for span in arrived} == {("unknown", "none")}


def test_without_a_gateway_langfuses_sdk_sends_its_traces_to_langfuse(place: Place) -> None:
    otel = dict.fromkeys(name for name in place.environment() if name.startswith("OTEL_EXPORTER"))

    assert len(otel) == 3
    assert place.ask("langfuse", otel) == Ended(0, ANSWER, "")
    assert len(place.direct.spans) == 4
    assert place.langfuse.spans == []


def request(port: int, path: str, body: object = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data)
    try:
        with urllib.request.urlopen(asked, timeout=20) as response:  # noqa: S310
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@dataclass(frozen=True)
class Service:
    """An agent that serves."""

    port: int
    process: subprocess.Popen[str]

    def ask(self) -> tuple[int, Any]:
        return request(self.port, "/ask", {"question": QUESTION, "user": "ada", "session": "s-1"})

    def stop(self) -> Ended:
        """As the kubelet does."""
        self.process.send_signal(signal.SIGTERM)
        return ended(self.process)


@contextmanager
def serves(place: Place, kind: str, **changes: str) -> Generator[Service]:
    [port] = free_ports(1)
    environment = place.environment({"PORT": str(port), **changes})
    with running(f"with_{kind}", environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"listening on {port}\n"
        yield Service(port, process)


@pytest.mark.parametrize("kind", KINDS)
def test_a_service_sends_what_is_in_memory_when_it_is_told_to_stop(place: Place, kind: str) -> None:
    # Nothing is sent in between: without the flush at the end nothing would arrive.
    slow = {"OTEL_BSP_SCHEDULE_DELAY": "600000", "LANGFUSE_FLUSH_INTERVAL": "600"}
    with serves(place, kind, **slow) as service:
        assert request(service.port, "/healthz") == (200, {})
        assert service.ask() == (200, {"answer": ANSWER.strip()})
        assert request(service.port, "/ask", {"question": QUESTION}) == (
            400,
            {"error": "needs JSON with question, user and session"},
        )
        assert place.langfuse.spans == []
        run = service.stop()

    assert (run.code, run.errors) == (0, "")
    assert {span["user.id"] for span in place.arrived(4)} == {"ada"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_service_answers_people_while_the_gateway_is_away(place: Place, kind: str) -> None:
    away = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": NOBODY, "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
    with serves(place, kind, **away) as service:
        assert service.ask() == (200, {"answer": ANSWER.strip()})
        run = service.stop()

    assert run.code == 0
    assert run.errors.startswith(f"warning: {NOBODY} cannot be reached: ")


def python(page: str) -> list[str]:
    """The blocks of Python of a page."""
    parsed = markdown.parse((ROOT / "docs" / page).read_text(encoding="utf-8"))
    return [block.text for block in parsed.blocks if block.language == "python"]


def test_the_lines_of_the_page_for_agents_make_a_trace(place: Place) -> None:
    [code] = python("agents.md")

    with running_code(code, place.environment()) as process:
        assert ended(process) == Ended(0, "", "")
    [span] = place.arrived(1)
    assert span["name"] == "hello"
    assert span["langfuse.observation.output"] == "Hello!"
    assert span["langfuse.environment"] == "research"


@pytest.mark.parametrize(
    ("changes", "code", "last"),
    [
        (NOTHING, 0, "200"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": None}, 1, "KeyError: "),
        ({"OTEL_EXPORTER_OTLP_TRACES_HEADERS": "Authorization=Basic%20eDp5"}, 1, "HTTP Error 401"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": NOBODY}, 1, "Connection refused"),
    ],
    ids=["taken", "without the Secret", "refused", "nobody"],
)
def test_the_lines_of_the_page_about_missing_traces_say_what_the_gateway_answers(
    place: Place, changes: Changes, code: int, last: str
) -> None:
    [ask] = python("no-traces.md")

    with running_code(ask, place.environment(changes)) as process:
        run = ended(process)

    assert run.code == code
    assert last in (run.output + run.errors).splitlines()[-1]
    assert place.langfuse.spans == []


def test_the_lines_of_the_page_about_scores_give_them(place: Place) -> None:
    setup, *_ = python("agents.md")[0].partition("\nwith ")
    at_once, later = python("evaluation.md")
    code = "\n".join(
        [
            setup,
            "question, ask = 'Hi', len",
            at_once,
            textwrap.indent(later, "    "),
            "langfuse.shutdown()",
        ]
    )

    with running_code(code, place.environment()) as process:
        assert ended(process) == Ended(0, "", "")
    place.arrived(1)
    trace = place.langfuse.spans[0].trace_id.hex()
    assert {
        (score["name"], score["value"], score["dataType"], score["traceId"])
        for score in place.direct.scores.values()
    } == {("looked-up", 1, "BOOLEAN", trace), ("helpful", 1, "BOOLEAN", trace)}
    assert f"helpful-{trace}" in place.direct.scores
