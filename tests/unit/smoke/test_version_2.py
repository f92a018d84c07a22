"""A trace there and back, with the real SDK where it is installed and a stand-in where it fails."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import Authority, needs_openssl
from tests.support.fake_langfuse import PUBLIC_KEY, SECRET_KEY, FakeLangfuse
from tests.support.loopback import Response, serving
from tests.support.sdk_stand_in import stand_in, telling
from tests.support.smoke import SDKS, needs_sdk_2, promised
from tooling.kit.commands import Commands
from tooling.kit.deadline import Deadline
from tooling.smoke.keys import KeyPair
from tooling.smoke.report import Verdict, fail, skip
from tooling.smoke.tracing import version_2
from tooling.smoke.tracing.trace import Trip
from tooling.smoke.web import Web

pytestmark = pytest.mark.programs

COMMANDS = Commands(stack="dev", namespace="observability")
SDK = SDKS / ".venv-smoke"
KEYS = KeyPair(public=PUBLIC_KEY, secret=SECRET_KEY, source="a test")
LOGS = "kubectl -n observability logs --tail=50 deployment/langfuse"
QUEUE = (
    "its events wait in a queue that nothing works off (version 2 has no worker here), or the "
    "database refuses them"
)
DATABASE = "Langfuse cannot write to its database, or was too slow: its log says why"


def trip(web: Web, url: str, sdk: Path) -> Trip:
    return Trip(
        web=web,
        url=url,
        keys=KEYS,
        expected=promised("version 2 dev"),
        commands=COMMANDS,
        run="r1",
        sdk=sdk,
    )


@dataclass
class Langfuse:
    url: str
    fake: FakeLangfuse
    folder: Path

    def stand_in(self, script: str) -> Path:
        """An SDK's interpreter that does what a shell script does."""
        return stand_in(self.folder, ".venv-smoke", script)

    def answered(self, *answers: dict[str, Any]) -> Path:
        """An SDK that got these answers from the ingestion API."""
        url = f"{self.url}/api/public/ingestion"
        return self.stand_in(telling([{"url": url, **answer} for answer in answers]))

    def written(self, run: str, **changes: Any) -> Path:  # noqa: ANN401 - JSON
        """An SDK whose trace is there."""
        identifier = f"smoke-test-{run}"
        trace = {"id": identifier, "name": "smoke-test", "metadata": {"run": run}}
        self.fake.traces[identifier] = {**trace, **changes}
        return self.answered({"status": 207, "errors": []})

    def ask(self, sdk: Path, *, read: float = 0.3, seconds: float = 20) -> Verdict:
        return version_2.round_trip(trip(Web(Deadline(seconds)), self.url, sdk), read)


@pytest.fixture
def langfuse(tmp_path: Path) -> Iterator[Langfuse]:
    fake = FakeLangfuse()
    with serving(fake) as port:
        yield Langfuse(f"http://127.0.0.1:{port}", fake, tmp_path)


@needs_sdk_2
@needs_openssl
def test_the_sdk_writes_a_trace_that_says_what_it_is_whatever_the_caller_has_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGFUSE_SAMPLE_RATE", "0")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    authority = Authority(tmp_path)
    fake = FakeLangfuse()
    with serving(fake, authority.issue("IP:127.0.0.1")) as port:
        web = Web(Deadline(20), authority.certificate)
        verdict = version_2.round_trip(trip(web, f"https://127.0.0.1:{port}", SDK))

    assert verdict.status == "ok"
    ((identifier, written),) = fake.traces.items()
    assert identifier == written["id"] == "smoke-test-r1"
    assert (written["name"], written["tags"]) == ("smoke-test", ["smoke-test"])
    assert written["metadata"] == {"run": "r1", "at": written["metadata"]["at"]}
    (batch,) = fake.batches
    assert batch["metadata"]["sdk_version"] == "2.60.10"


@needs_sdk_2
def test_the_reason_for_a_refused_event_is_reported(langfuse: Langfuse) -> None:
    langfuse.fake.event_error = {
        "status": 400,
        "message": "Invalid request data",
        "error": "Expected string, received number",
    }

    assert langfuse.ask(SDK) == fail(
        "trace",
        "/api/public/ingestion answers 207: event refused with 400, Invalid request data, "
        "Expected string, received number",
        cause="this release does not understand what SDK 2 sends: langfuse.version is too old",
        command=LOGS,
    )
    assert langfuse.fake.traces == {}
    assert len(langfuse.fake.batches) == 1


def test_a_missing_sdk_is_a_skip_that_names_the_command(langfuse: Langfuse) -> None:
    assert langfuse.ask(langfuse.folder / ".venv-smoke") == skip(
        "trace",
        "Langfuse's SDK is not installed: .venv-smoke is not there; make smoke installs it",
        "make smoke STACK=dev",
    )


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (
            "cat >/dev/null; echo 'ModuleNotFoundError: No module named langfuse' >&2; exit 1",
            "Langfuse's SDK cannot be used: ModuleNotFoundError: No module named langfuse",
        ),
        ("cat >/dev/null; echo '[]'", "Langfuse's SDK cannot be used: it wrote nothing"),
        ("cat >/dev/null; echo 'no JSON'", "Langfuse's SDK cannot be used: it wrote nothing"),
    ],
)
def test_a_broken_sdk_is_a_skip(langfuse: Langfuse, script: str, why: str) -> None:
    verdict = langfuse.ask(langfuse.stand_in(script))

    assert verdict == skip("trace", why, "rm -r .venv-smoke; make smoke STACK=dev")


def test_an_sdk_that_cannot_be_run_is_a_skip(langfuse: Langfuse) -> None:
    sdk = langfuse.stand_in("")
    (sdk / "bin" / "python").chmod(0o600)
    (sdk / "bin" / "python").write_bytes(b"\x00")

    verdict = langfuse.ask(sdk)

    assert (verdict.status, verdict.seen) == (
        "skip",
        ".venv-smoke cannot be run: Permission denied",
    )


Answers = list[dict[str, Any]]
NONE: Answers = []


def whole(status: int, *errors: object) -> Answers:
    return [{"status": status, "errors": errors}]


@pytest.mark.parametrize(
    ("answers", "seen", "cause"),
    [
        (NONE, "the SDK got no answer from /api/public/ingestion", DATABASE),
        (
            whole(401),
            "/api/public/ingestion answers 401",
            "the keys may not write, or something before Langfuse refuses POST",
        ),
        (
            whole(413),
            "/api/public/ingestion answers 413",
            "something before Langfuse limits the size of requests",
        ),
        (whole(500, "x"), "/api/public/ingestion answers 500", DATABASE),
        (
            whole(207, {"status": 500, "error": "Internal Server Error"}),
            "/api/public/ingestion answers 207: event refused with 500, Internal Server Error",
            DATABASE,
        ),
        (
            whole(207, {"status": 401, "message": "Authentication error"}),
            "/api/public/ingestion answers 207: event refused with 401, Authentication error",
            "the keys may not write, or something before Langfuse refuses POST",
        ),
    ],
)
def test_a_trace_that_is_not_accepted_is_a_failure(
    langfuse: Langfuse, answers: Answers, seen: str, cause: str
) -> None:
    verdict = langfuse.ask(langfuse.answered(*answers))

    assert verdict == fail("trace", seen, cause=cause, command=LOGS)


def test_an_sdk_that_hangs_is_a_failure(langfuse: Langfuse) -> None:
    verdict = langfuse.ask(langfuse.stand_in("exec sleep 30"), seconds=0.5)

    seen = "the SDK got no answer from /api/public/ingestion"
    assert verdict == fail("trace", seen, cause=DATABASE, command=LOGS)


def test_a_trace_that_can_be_read_after_a_while_is_ok(langfuse: Langfuse) -> None:
    langfuse.fake.reads_before_found = 1

    assert langfuse.ask(langfuse.written("r1"), read=5).status == "ok"


def test_a_trace_that_is_never_there_is_a_failure(langfuse: Langfuse) -> None:
    verdict = langfuse.ask(langfuse.answered({"status": 207, "errors": []}))

    assert verdict == fail(
        "trace",
        "smoke-test-r1 was accepted, and reading it answers 404 "
        "(Trace not found within authorized project) after 0 s",
        cause=QUEUE,
        command=LOGS,
    )


def test_reading_ends_with_the_run(langfuse: Langfuse) -> None:
    sdk = langfuse.answered({"status": 207, "errors": []})

    start = time.monotonic()
    verdict = langfuse.ask(sdk, read=30, seconds=1)

    assert time.monotonic() - start < 5
    assert verdict.status == "FAIL"
    assert verdict.seen.startswith("smoke-test-r1 was accepted, and reading it")


@pytest.mark.parametrize(
    "changes", [{"name": "other"}, {"metadata": {"run": "r0"}}, {"metadata": None}, {"id": "x"}]
)
def test_another_trace_in_its_place_is_a_failure(
    langfuse: Langfuse, changes: dict[str, Any]
) -> None:
    verdict = langfuse.ask(langfuse.written("r1", **changes))

    assert verdict == fail(
        "trace",
        "smoke-test-r1 was read back with other content than was written",
        cause="something between here and Langfuse changes or caches answers",
        command=LOGS,
    )


def test_the_keys_are_in_neither_arguments_nor_environment(langfuse: Langfuse) -> None:
    seen = langfuse.folder / "seen"
    sdk = langfuse.stand_in(f'{{ echo "$@"; env; }} >{seen}; cat >{seen}.input')

    langfuse.ask(sdk)

    told = seen.read_text(encoding="utf-8")
    assert told.splitlines()[0] == "-s -P -m tooling.smoke.tracing.send_version_2"
    assert PUBLIC_KEY not in told
    assert SECRET_KEY not in told
    assert base64.b64encode(SECRET_KEY.encode()).decode() not in told
    assert "LANGFUSE" not in told
    given = json.loads(seen.with_suffix(".input").read_text(encoding="utf-8"))
    assert (given["publicKey"], given["secretKey"]) == (PUBLIC_KEY, SECRET_KEY)


def test_an_ingestion_that_something_else_answers_is_a_failure(langfuse: Langfuse) -> None:
    langfuse.fake.instead = {"/api/public/traces/smoke-test-r1": Response(200, "<html>")}

    verdict = langfuse.ask(langfuse.answered({"status": 207, "errors": []}))

    assert verdict.seen == "smoke-test-r1 was read back with other content than was written"
