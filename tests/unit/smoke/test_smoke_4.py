"""The smoke test of a stack with Langfuse 3 or 4, as a person or CI runs it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tests.support.fake_gateway import PASSWORD, FakeGateway
from tests.support.fake_langfuse import PUBLIC_KEY, SECRET_KEY
from tests.support.fake_langfuse_4 import FakeLangfuse4, FakeStore, FakeWorker
from tests.support.loopback import serving
from tests.support.markdown import parse
from tests.support.smoke import HOST, SDKS, Outcome, Surroundings, needs_sdk_4, surroundings
from tooling.smoke import cluster, worker
from tooling.smoke.tracing import media

ENDPOINT = "http://langfuse-gateway.observability.svc:4318/api/public/otel/v1/traces"
STORE = "langfuse-seaweedfs.observability.svc:8333"
NAMES = ["health", "readiness", "sign-up", "worker", "project keys", "trace", "media", "score"]
NOTE = (
    "note  exports        not tried: Langfuse has no public API that starts one; to try it, log in "
    "and export a table"
)


@dataclass
class Stack:
    """One stack with everything in its cluster, and its servers."""

    surroundings: Surroundings
    langfuse: FakeLangfuse4
    worker: FakeWorker
    store: FakeStore
    gateway: FakeGateway
    forwards: Path
    """What kubectl was asked for."""

    def configure(
        self,
        release: str = "4.16.0",
        agents: Mapping[str, Any] = MappingProxyType({"existingNamespaces": ["research"]}),
        *,
        gateway: Mapping[str, Any] | None = None,
        **storage: Any,  # noqa: ANN401 - JSON
    ) -> None:
        self.langfuse.version = release
        self.langfuse.events_only = release.startswith("4.")
        self.surroundings.configure(
            langfuse={"version": release, "admin": {"email": "a@example.com"}},
            clickhouse={"engine": "statefulSet"},
            cache={"engine": "statefulSet"},
            objectStorage={"engine": "statefulSet", **storage},
            agents=dict(agents),
            **({} if gateway is None else {"gateway": dict(gateway)}),
        )
        image = f"docker.io/langfuse/langfuse-worker:{release}"
        self.surroundings.kubernetes.put_deployment(
            "observability", "langfuse-worker", secret="langfuse-app-1", image=image
        )
        self.put_agents(**({} if gateway is None else self.opentelemetry))

    def put_agents(self, **more: str) -> None:
        self.surroundings.put_agents(
            "research", LANGFUSE_BASE_URL=HOST, LANGFUSE_TRACING_ENVIRONMENT="research", **more
        )

    @property
    def opentelemetry(self) -> dict[str, str]:
        """What agents have in a stack with a gateway."""
        return {
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": ENDPOINT,
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS": self.gateway.headers,
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
        }

    def run(self, *options: str, url: str | None = None) -> Outcome:
        return self.surroundings.run(*options, url=url)


@pytest.fixture
def stack(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stack]:
    langfuse, worker, store = FakeLangfuse4(), FakeWorker(), FakeStore()
    langfuse.store = f"http://{STORE}"
    gateway = FakeGateway(langfuse)
    with (
        surroundings(tmp_path, capsys, monkeypatch, langfuse=langfuse) as prepared,
        serving(worker) as worker_port,
        serving(store) as store_port,
        serving(gateway) as gateway_port,
    ):
        prepared.secrets += [PASSWORD, gateway.headers]
        forwards = prepared.program(
            "kubectl",
            f'case "$*" in *langfuse-worker*) port={worker_port};; '
            f"*pod/langfuse-gateway*) port={gateway_port};; "
            f"*seaweedfs*) port={store_port};; *) port={prepared.port};; esac\n"
            'echo "Forwarding from 127.0.0.1:$port -> 1"\nexec sleep 60',
        )
        made = Stack(prepared, langfuse, worker, store, gateway, forwards)
        made.configure(media=True, publicEndpoint="http://localhost:8333")
        yield made


def stable(lines: list[str]) -> list[str]:
    return [re.sub(r"\b[0-9a-f]{32}\b", "TRACE", line) for line in lines]


@pytest.mark.programs
@needs_sdk_4
def test_a_working_stack_passes_with_a_line_for_each_check(stack: Stack) -> None:
    stack.surroundings.install_sdk()

    outcome = stack.run()

    assert stable(outcome.lines) == [
        "ok    health         Langfuse 4.16.0 answers OK, and so does its database",
        "ok    readiness      /api/public/ready answers OK",
        "ok    sign-up        registration is disabled, as the stack has it (signUp: disabled)",
        "ok    worker         langfuse-worker 4.16.0 answers ok: it reaches PostgreSQL and the "
        "cache, and its queues move",
        "ok    project keys   those of Secret observability/langfuse-app-1 are accepted: project "
        "default",
        "ok    trace          TRACE written with the SDK by OpenTelemetry, processed by a worker "
        "and read back from /api/public/v2/observations, in N s; it stays",
        f"ok    media          a file uploaded to {STORE} by a signed link and downloaded; what "
        "pages upload is a browser's matter (CORS, Content-Security-Policy), not tried",
        "ok    score          smoke-test-RUN processed by a worker and read back, in N s",
        NOTE,
        "ok    agents         Secret research/agent-observability has Langfuse's own keys and "
        f"LANGFUSE_HOST {HOST}",
        "Langfuse of stack test works: 9 ok, 0 FAIL, 0 skip, N s",
    ]
    assert (outcome.code, outcome.errors, outcome.document["passed"]) == (0, "", True)
    assert outcome.document["checks"][8]["status"] == "note"
    own = f"--kubeconfig={stack.surroundings.kubeconfig} --context=kind-langfuse -n observability"
    assert stack.forwards.read_text(encoding="utf-8").splitlines() == [
        f"{own} port-forward --address 127.0.0.1 {target}"
        for target in (
            "service/langfuse :80",
            "deployment/langfuse-worker :3030",
            "service/langfuse-seaweedfs :8333",
        )
    ]


@pytest.mark.programs
@needs_sdk_4
def test_version_3_is_tried_with_the_same_sdk(stack: Stack) -> None:
    stack.configure("3.225.4")
    stack.surroundings.install_sdk()

    outcome = stack.run()

    assert outcome.code == 0
    trace = next(line for line in outcome.lines if line.startswith("ok    trace"))
    assert "read back from /api/public/traces, in N s" in trace


@pytest.mark.programs
def test_without_the_sdk_all_that_it_would_write_is_skipped(stack: Stack) -> None:
    outcome = stack.run("--allow-skips")

    why = "Langfuse's SDK is not installed: .venv-smoke-4 is not there; make smoke installs it"
    assert [line for line in outcome.lines if not line.startswith("ok")][:4] == [
        f"skip  trace          {why}",
        "      next           make smoke STACK=test",
        f"skip  media          {why}",
        f"skip  score          {why}",
    ]
    assert outcome.code == 0


def test_from_outside_workers_and_a_store_in_the_cluster_are_named_as_not_checked(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", PUBLIC_KEY)
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", SECRET_KEY)
    stack.surroundings.kubeconfig.unlink()

    outcome = stack.run(url="own")

    why = "in the cluster only: the cluster was not reached"
    lines = [line for line in outcome.lines if line.startswith("skip")]
    assert lines[1] == f"skip  worker         not checked from outside, as it answers {why}"
    assert lines[3] == f"skip  media          not checked from outside, as the store answers {why}"
    assert outcome.code == 1
    assert not stack.forwards.exists()


@pytest.mark.programs
def test_keys_and_a_url_do_not_keep_the_worker_from_being_asked(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", PUBLIC_KEY)
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", SECRET_KEY)
    stack.configure(agents={"existingNamespaces": []})

    assert stack.run(url="own").verdicts()["worker"] == "ok"


def test_without_kubectl_the_worker_is_named_as_not_checked(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "find_kubectl", lambda: None)

    outcome = stack.run(url="own")

    why = "there is no kubectl on PATH to open a port-forward with"
    assert f"skip  worker         {why}" in outcome.lines
    assert any(line.startswith("skip  media") and line.endswith(why) for line in outcome.lines)


@pytest.mark.programs
def test_a_worker_of_another_release_is_a_failure_and_is_not_asked(stack: Stack) -> None:
    stack.surroundings.kubernetes.put_deployment(
        "observability", "langfuse-worker", secret="s", image="langfuse/langfuse-worker:4.15.0"
    )

    outcome = stack.run(url="own")

    assert outcome.verdicts()["worker"] == "FAIL"
    assert stack.worker.requests == []


@pytest.mark.programs
def test_web_pods_of_another_release_are_a_failure(stack: Stack) -> None:
    stack.langfuse.version = "4.15.0"

    outcome = stack.run(url="own")

    assert outcome.lines[0] == (
        "FAIL  health         Langfuse 4.15.0 answers; the stack pins 4.16.0"
    )
    assert outcome.verdicts()["project keys"] == "ok"


@pytest.mark.programs
def test_a_langfuse_of_another_version_is_another_one_and_gets_no_key(stack: Stack) -> None:
    stack.langfuse.version = "3.225.4"

    outcome = stack.run(url="own")

    assert outcome.lines[:2] == [
        "FAIL  health         Langfuse 3.225.4 answers; the stack pins 4.16.0",
        "      cause          another Langfuse answers at this URL: that of this stack is of "
        "version 4",
    ]
    assert [r for r in stack.langfuse.requests if "authorization" in r.headers] == []


def test_without_keys_all_that_needs_them_is_skipped(stack: Stack) -> None:
    stack.surroundings.kubernetes.objects.clear()

    outcome = stack.run(url="own")

    found = outcome.verdicts()
    assert [name for name in NAMES if found[name] == "skip"] == [
        "project keys",
        "trace",
        "media",
        "score",
    ]
    assert found["worker"] == "FAIL"


@pytest.mark.programs
def test_media_and_exports_are_named_where_the_stack_has_them(stack: Stack) -> None:
    stack.configure()

    found = stack.run(url="own").verdicts()

    assert "media" not in found
    assert "exports" not in found
    assert list(found) == [name for name in [*NAMES, "agents"] if name != "media"]
    assert "seaweedfs" not in stack.forwards.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("release", "folder"),
    [("2.95.12", ".venv-smoke"), ("3.225.4", ".venv-smoke-4"), ("4.16.0", ".venv-smoke-4")],
)
def test_make_is_told_which_sdk_to_install(stack: Stack, release: str, folder: str) -> None:
    if release.startswith("2."):
        stack.surroundings.configure()
    else:
        stack.configure(release)

    outcome = stack.run("--sdk-folder")

    assert (outcome.code, outcome.lines) == (0, [folder])
    assert (SDKS / "Makefile").read_text(encoding="utf-8").count(f":= {folder}\n") == 1
    assert stack.langfuse.requests == []


@pytest.mark.parametrize("section", [media.SECTION, worker.SECTION])
def test_what_a_failure_refers_to_is_a_section_of_the_guide(section: str) -> None:
    guide = (SDKS / "docs" / "troubleshooting.md").read_text(encoding="utf-8")

    assert section.lower() in parse(guide).anchors


@pytest.mark.programs
@needs_sdk_4
def test_a_stack_with_a_gateway_tries_one_run_of_an_agent_through_it(stack: Stack) -> None:
    stack.surroundings.install_sdk()
    stack.configure(gateway={"replicas": 1})

    outcome = stack.run()

    assert stable(outcome.lines)[-5:] == [
        "ok    agents         Secret research/agent-observability has Langfuse's own keys and "
        f"LANGFUSE_HOST {HOST}",
        "ok    gateway        a run of an agent in research, TRACE, was accepted and read back "
        "from Langfuse with 3 observations, in N s; it stays",
        "ok    gateway tokens the gateway has counted the run's tokens for namespace research, in "
        "Prometheus' format: input 12 of 12, output 34 of 34",
        "ok    gateway cost   Langfuse says that the run cost 0.0000222 dollars (gpt-4o-mini)",
        "Langfuse of stack test works: 11 ok, 0 FAIL, 0 skip, N s",
    ]
    assert outcome.code == 0
    forwards = stack.forwards.read_text(encoding="utf-8").splitlines()
    assert [line.partition("127.0.0.1 ")[2] for line in forwards][-2:] == [
        "pod/langfuse-gateway-0 :4318",
        "pod/langfuse-gateway-0 :8889",
    ]


def gateway_lines(outcome: Outcome) -> list[str]:
    return [line for line in outcome.lines if line[6:].startswith("gateway")]


def skipped(why: str) -> list[str]:
    names = ("gateway", "gateway tokens", "gateway cost")
    return [f"skip  {name:<14} {why}" for name in names]


@pytest.mark.programs
def test_agents_without_the_variables_of_the_gateway_are_told(stack: Stack) -> None:
    stack.configure(gateway={"replicas": 1})
    stack.put_agents()

    outcome = stack.run()

    absent = ", ".join(stack.opentelemetry)
    assert any(
        line.startswith("FAIL  agents") and line.endswith(f"agent-observability lacks {absent}")
        for line in outcome.lines
    )
    assert gateway_lines(outcome) == skipped(
        "namespace research: its Secret lacks OTEL_EXPORTER_OTLP_TRACES_ENDPOINT or "
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS"
    )


@pytest.mark.programs
def test_agents_that_send_to_another_gateway_are_told(stack: Stack) -> None:
    stack.configure(gateway={"replicas": 1})
    elsewhere = "http://u:p4ssword@old.svc:4318/v1/traces"
    stack.put_agents(**{**stack.opentelemetry, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": elsewhere})

    (line,) = [line for line in stack.run().lines if line.startswith("FAIL  agents")]

    assert line == (
        "FAIL  agents         Secret research/agent-observability sends traces to "
        f"http://[secret]@old.svc:4318/v1/traces; the stack has {ENDPOINT}"
    )


def test_a_gateway_is_not_tried_from_outside(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.configure(gateway={"replicas": 1})
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", PUBLIC_KEY)
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", SECRET_KEY)
    stack.surroundings.kubeconfig.unlink()

    assert gateway_lines(stack.run(url="own")) == skipped(
        "not checked from outside, as it answers in the cluster only: the cluster was not reached"
    )


@pytest.mark.programs
def test_agents_without_a_secret_have_nothing_to_send_with(stack: Stack) -> None:
    stack.configure(gateway={"replicas": 1})
    del stack.surroundings.kubernetes.objects[
        "/api/v1/namespaces/research/secrets/agent-observability"
    ]

    assert gateway_lines(stack.run()) == skipped(
        "namespace research: there is no Secret agent-observability"
    )


@pytest.mark.programs
def test_without_accepted_keys_no_run_of_an_agent_is_tried(stack: Stack) -> None:
    stack.configure(gateway={"replicas": 1})
    stack.langfuse.secret_key = "another"

    assert gateway_lines(stack.run(url="own")) == skipped(
        "nothing is read from Langfuse without the project's keys"
    )
    assert stack.gateway.requests == []


@pytest.mark.programs
@needs_sdk_4
def test_a_gateway_that_repeats_the_credential_does_not_make_it_seen(stack: Stack) -> None:
    stack.surroundings.install_sdk()
    stack.configure(gateway={"replicas": 1})
    pair = base64.b64encode(f"research:{PASSWORD}".encode()).decode()
    stack.surroundings.secrets.append(pair)
    stack.gateway.status = 500
    stack.gateway.said = f"what is {pair}, that is {PASSWORD}?"

    (line, *_) = gateway_lines(stack.run())

    assert line == (
        "FAIL  gateway        /api/public/otel/v1/traces answers 500 (what is [secret], that is "
        "[secret]?)"
    )
