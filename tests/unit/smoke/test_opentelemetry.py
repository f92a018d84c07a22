"""A trace and a score of Langfuse 3 and 4, there and back, with the real SDK where it is installed
and a stand-in where it fails."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import Authority, needs_openssl
from tests.support.fake_langfuse import PUBLIC_KEY, SECRET_KEY
from tests.support.fake_langfuse_4 import FakeLangfuse4
from tests.support.loopback import Response, serving
from tests.support.sdk_stand_in import stand_in, telling
from tests.support.smoke import SDKS, needs_sdk_4, promised
from tooling.kit.commands import Commands
from tooling.kit.deadline import Deadline
from tooling.smoke.keys import KeyPair
from tooling.smoke.report import Verdict, fail, skip
from tooling.smoke.tracing.opentelemetry import RoundTrip
from tooling.smoke.tracing.trace import Trip
from tooling.smoke.web import UnreachableError, Web

pytestmark = pytest.mark.programs

COMMANDS = Commands(stack="dev", namespace="observability")
KEYS = KeyPair(public=PUBLIC_KEY, secret=SECRET_KEY, source="a test")
V4 = promised("dev")
V3 = promised("dev", langfuse={"version": "3.225.4"}, gateway=None)
SDK = SDKS / ".venv-smoke-4"

LOGS = "kubectl -n observability logs --tail=50 deployment/langfuse"
WORKER_LOGS = "kubectl -n observability logs --tail=50 deployment/langfuse-worker"
TRACE = "b32bd1350532e7fb08ebb9c16c55a954"
OTLP = "/api/public/otel/v1/traces"
NOT_STORED = (
    "Langfuse cannot keep what it is sent, in object storage or in the cache's queue, or was too "
    "slow: its log says why"
)
NOT_PROCESSED = (
    "no worker works, or ClickHouse does not take what workers write: their log says why"
)
CHANGED = "something between here and Langfuse changes or caches answers"


def trip(url: str, sdk: Path, web: Web | None = None, *, release: str = "4.16.0") -> Trip:
    return Trip(
        web=web or Web(Deadline(20)),
        url=url,
        keys=KEYS,
        expected=V4 if release.startswith("4.") else V3,
        commands=COMMANDS,
        run="r1",
        sdk=sdk,
    )


@dataclass
class Langfuse:
    url: str
    fake: FakeLangfuse4
    folder: Path

    def sent(self, *exchanges: dict[str, Any], then: str = "") -> Path:
        """An SDK that got these answers."""
        placed = [{**exchange, "url": f"{self.url}{exchange['url']}"} for exchange in exchanges]
        return stand_in(self.folder, ".venv-smoke-4", telling(placed, then))

    def trip(
        self, sdk: Path, *, release: str = "4.16.0", read: float = 0.3, seconds: float = 20
    ) -> RoundTrip:
        made = trip(self.url, sdk, Web(Deadline(seconds)), release=release)
        return RoundTrip(made, {}, trace_seconds=read, score_seconds=read)


@pytest.fixture
def langfuse(tmp_path: Path) -> Iterator[Langfuse]:
    fake = FakeLangfuse4()
    with serving(fake) as port:
        yield Langfuse(f"http://127.0.0.1:{port}", fake, tmp_path)


def stable(verdict: Verdict) -> str:
    return re.sub(r"[0-9]+\.[0-9] s", "N s", verdict.seen)


@needs_sdk_4
@needs_openssl
def test_the_sdk_writes_a_trace_and_a_score_whatever_the_caller_has_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGFUSE_SAMPLE_RATE", "0")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    authority, fake = Authority(tmp_path), FakeLangfuse4()
    with serving(fake, authority.issue("IP:127.0.0.1")) as port:
        web = Web(Deadline(20), authority.certificate)
        whole = RoundTrip(trip(f"https://127.0.0.1:{port}", SDK, web), {})
        verdicts = [whole.trace(), whole.score()]

    assert [(verdict.check, verdict.status, stable(verdict)) for verdict in verdicts] == [
        (
            "trace",
            "ok",
            f"{TRACE} written with the SDK by OpenTelemetry, processed by a worker and read back "
            "from /api/public/v2/observations, in N s; it stays",
        ),
        ("score", "ok", "smoke-test-r1 processed by a worker and read back, in N s"),
    ]
    (span,) = fake.spans
    prefix = "langfuse.observation"
    assert {name: value for name, value in span.items() if not name.startswith("langfuse.int")} == {
        "trace": TRACE,
        "name": "smoke-test",
        "parent": "",
        "langfuse.trace.name": "smoke-test",
        "langfuse.trace.tags": "",
        f"{prefix}.type": "span",
        f"{prefix}.input": "Does tracing work?",
        f"{prefix}.output": "Written by the smoke test of this deployment.",
        f"{prefix}.metadata.run": "r1",
        f"{prefix}.metadata.at": span[f"{prefix}.metadata.at"],
    }
    assert fake.scores == {
        "smoke-test-r1": {
            "id": "smoke-test-r1",
            "name": "smoke-test",
            "value": 1.0,
            "traceId": TRACE,
            "dataType": "NUMERIC",
        }
    }
    (sent,) = [request for request in fake.requests if request.path == OTLP]
    assert sent.headers["x-langfuse-sdk-version"] == "4.18.0"


@needs_sdk_4
def test_a_trace_of_version_3_is_looked_for_in_its_tables(langfuse: Langfuse) -> None:
    langfuse.fake.version, langfuse.fake.events_only = "3.225.4", False

    verdict = langfuse.trip(SDK, release="3.225.4", read=5).trace()

    assert verdict.status == "ok"
    assert "read back from /api/public/traces, in" in verdict.seen
    read = [request.path for request in langfuse.fake.requests if request.method == "GET"]
    assert read == [f"/api/public/traces/{TRACE}"]


def test_where_both_tables_are_written_the_trace_has_to_be_in_both(langfuse: Langfuse) -> None:
    ours = {"traceId": TRACE, "name": "smoke-test", "metadata": {"run": "r1"}}
    langfuse.fake.spans, langfuse.fake.observations = [{"trace": TRACE}], [ours]
    sdk = langfuse.sent({"url": OTLP, "status": 200})
    dual = replace(trip(langfuse.url, sdk), expected=replace(V4, tables=["events", "traces"]))

    langfuse.fake.events_only = False
    both = RoundTrip(dual, {}, trace_seconds=5).trace()
    langfuse.fake.events_only = True
    one = RoundTrip(dual, {}, trace_seconds=0.3).trace()

    assert "read back from /api/public/v2/observations and /api/public/traces, in" in both.seen
    assert (one.status, one.seen) == (
        "FAIL",
        f"trace {TRACE} was accepted, and /api/public/traces answers 404 (not available in "
        "Langfuse v4 events_only mode) after 0 s",
    )


@needs_sdk_4
def test_keys_that_are_refused_are_reported_for_trace_and_score(langfuse: Langfuse) -> None:
    langfuse.fake.secret_key = "sk-lf-other"
    whole = langfuse.trip(SDK)

    said = "401 (Invalid credentials. Confirm that you've configured the correct host.)"
    cause = "the keys may not write, or something before Langfuse refuses POST"
    assert [whole.trace(), whole.score()] == [
        fail("trace", f"{OTLP} answers {said}", cause=cause, command=LOGS),
        fail("score", f"/api/public/ingestion answers {said}", cause=cause, command=LOGS),
    ]


@needs_sdk_4
def test_a_score_that_is_refused_within_an_accepted_batch_is_reported(langfuse: Langfuse) -> None:
    langfuse.fake.event_error = {
        "status": 400,
        "message": "Invalid request data",
        "error": "Invalid option",
    }
    whole = langfuse.trip(SDK, read=5)

    assert whole.trace().status == "ok"
    assert whole.score() == fail(
        "score",
        "/api/public/ingestion answers 207: event refused with 400, Invalid request data, Invalid "
        "option",
        cause="this release does not understand what SDK 4 sends",
        command=LOGS,
    )


@needs_sdk_4
def test_what_no_worker_processes_is_a_failure_of_trace_and_score(langfuse: Langfuse) -> None:
    langfuse.fake.processes = False
    whole = langfuse.trip(SDK)

    assert [whole.trace(), whole.score()] == [
        fail(
            "trace",
            f"trace {TRACE} was accepted, and /api/public/v2/observations answers 200 without it "
            "after 0 s",
            cause=NOT_PROCESSED,
            command=WORKER_LOGS,
            section="Accepted-traces-do-not-appear",
        ),
        fail(
            "score",
            "smoke-test-r1 was accepted, and /api/public/v3/scores answers 200 without it after "
            "0 s",
            cause=NOT_PROCESSED,
            command=WORKER_LOGS,
            section="Accepted-traces-do-not-appear",
        ),
    ]


@needs_sdk_4
@needs_openssl
def test_a_certificate_that_is_not_to_be_trusted_gets_no_trace(tmp_path: Path) -> None:
    fake = FakeLangfuse4()
    with serving(fake, Authority(tmp_path).issue("IP:127.0.0.1")) as port:
        whole = RoundTrip(trip(f"https://127.0.0.1:{port}", SDK, Web(Deadline(8))), {})
        with pytest.raises(UnreachableError, match=r"^unable to get local issuer certif") as caught:
            whole.trace()

    assert caught.value.kind == "certificate"
    assert fake.requests == []


@needs_sdk_4
def test_a_store_or_a_queue_that_is_away_is_reported_with_langfuses_words(
    langfuse: Langfuse,
) -> None:
    words = {"message": "Internal Server Error", "error": "Failed to upload to S3"}
    langfuse.fake.instead = {OTLP: Response(500, words)}

    assert langfuse.trip(SDK, seconds=8).trace() == fail(
        "trace",
        f"{OTLP} answers 500 (Internal Server Error)",
        cause=NOT_STORED,
        command=LOGS,
    )


def test_a_missing_sdk_is_a_skip_that_names_the_command_once(langfuse: Langfuse) -> None:
    whole = langfuse.trip(langfuse.folder / ".venv-smoke-4")

    why = "Langfuse's SDK is not installed: .venv-smoke-4 is not there; make smoke installs it"
    assert [whole.trace(), whole.media(), whole.score()] == [
        skip("trace", why, "make smoke STACK=dev"),
        skip("media", why),
        skip("score", why),
    ]


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (0, NOT_STORED),
        (400, "this release does not understand what SDK 4 sends"),
        (403, "the keys may not write, or something before Langfuse refuses POST"),
        (
            404,
            "something before Langfuse takes this path: every Langfuse from version 3 on has it",
        ),
        (413, "something before Langfuse limits the size of requests"),
        (503, NOT_STORED),
    ],
)
def test_a_trace_that_is_not_accepted_has_a_cause_for_each_answer(
    langfuse: Langfuse, status: int, cause: str
) -> None:
    sdk = langfuse.sent({"url": OTLP, "status": status, "said": "the server's words"})

    seen = f"answers {status} (the server's words)" if status else "the server's words"
    assert langfuse.trip(sdk).trace() == fail(
        "trace", f"{OTLP} {seen}" if status else f"{OTLP}: {seen}", cause=cause, command=LOGS
    )


def test_the_last_answer_to_a_request_that_was_made_again_counts(langfuse: Langfuse) -> None:
    sdk = langfuse.sent({"url": OTLP, "status": 503}, {"url": OTLP, "status": 200})

    seen = langfuse.trip(sdk).trace().seen

    assert seen.startswith(f"trace {TRACE} was accepted, and ")


def test_what_was_sent_before_the_time_was_over_counts(langfuse: Langfuse) -> None:
    accepted = {"url": OTLP, "status": 200}
    whole = langfuse.trip(
        langfuse.sent(accepted, then='printf \'{"method": "PO\'; exec sleep 30'), seconds=1
    )

    start = time.monotonic()
    verdicts = [whole.trace().seen, whole.score().seen]

    assert time.monotonic() - start < 5
    assert verdicts[0].startswith(f"trace {TRACE} was accepted, and ")
    assert verdicts[1] == "the SDK got no answer from /api/public/ingestion"


@pytest.mark.parametrize(
    "changes",
    [{"name": "other"}, {"metadata": {"run": "r0"}}, {"metadata": None}, {"traceId": "0" * 32}],
)
def test_another_observation_in_its_place_is_a_failure(
    langfuse: Langfuse, changes: dict[str, Any]
) -> None:
    ours = {"traceId": TRACE, "name": "smoke-test", "metadata": {"run": "r1"}}
    langfuse.fake.spans = [{"trace": TRACE}]
    langfuse.fake.observations = [{**ours, **changes}]
    sdk = langfuse.sent({"url": OTLP, "status": 200})

    assert langfuse.trip(sdk).trace() == fail(
        "trace",
        f"/api/public/v2/observations: trace {TRACE} was read back with other content than was "
        "written",
        cause=CHANGED,
        command=LOGS,
    )


def test_another_score_in_its_place_is_a_failure(langfuse: Langfuse) -> None:
    langfuse.fake.scores["smoke-test-r1"] = {
        "id": "smoke-test-r1",
        "name": "smoke-test",
        "value": 0,
    }
    sdk = langfuse.sent({"url": "/api/public/ingestion", "status": 207})

    assert langfuse.trip(sdk).score() == fail(
        "score",
        "/api/public/v3/scores: smoke-test-r1 was read back with other content than was written",
        cause=CHANGED,
        command=LOGS,
    )


def test_the_keys_are_in_neither_arguments_nor_environment(langfuse: Langfuse) -> None:
    seen = langfuse.folder / "seen"
    script = f'{{ echo "$@"; env; }} >{seen}; cat >{seen}.input'
    sdk = stand_in(langfuse.folder, ".venv-smoke-4", script)

    langfuse.trip(sdk).trace()

    told = seen.read_text(encoding="utf-8")
    assert told.splitlines()[0] == "-s -P -m tooling.smoke.tracing.send_opentelemetry"
    assert PUBLIC_KEY not in told
    assert SECRET_KEY not in told
    assert "LANGFUSE" not in told
