"""A file of a trace: uploaded by the SDK to an object store and fetched again, or not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import Authority, needs_openssl
from tests.support.fake_langfuse import PUBLIC_KEY, SECRET_KEY
from tests.support.fake_langfuse_4 import FakeLangfuse4, FakeStore, store_error
from tests.support.loopback import Response, serving
from tests.support.sdk_stand_in import stand_in, telling
from tests.support.smoke import SDKS, needs_sdk_4, promised
from tooling.kit.commands import Commands
from tooling.kit.deadline import Deadline
from tooling.smoke.keys import KeyPair
from tooling.smoke.report import Verdict, fail, ok, skip
from tooling.smoke.tracing.opentelemetry import RoundTrip
from tooling.smoke.tracing.trace import Trip
from tooling.smoke.web import Web

pytestmark = pytest.mark.programs

COMMANDS = Commands(stack="dev", namespace="observability")
KEYS = KeyPair(public=PUBLIC_KEY, secret=SECRET_KEY, source="a test")
EXPECTED = promised("dev")
SDK = SDKS / ".venv-smoke-4"

LOGS = "kubectl -n observability logs --tail=50 deployment/langfuse"
DOCTOR = "make doctor STACK=dev"
IN_CLUSTER = "langfuse-seaweedfs.observability.svc:8333"
REFUSED = (
    "Langfuse's role or keys may not read and write media (policy of the bucket, KMS key), or the "
    "clocks disagree"
)


@dataclass
class Langfuse:
    url: str
    fake: FakeLangfuse4
    store: FakeStore
    store_host: str
    folder: Path

    def trip(self, sdk: Path, *, media: bool = True) -> Trip:
        return Trip(
            web=Web(Deadline(20)),
            url=self.url,
            keys=KEYS,
            expected=replace(EXPECTED, media=media),
            commands=COMMANDS,
            run="r1",
            sdk=sdk,
        )

    def ask(self, sdk: Path = SDK, through: dict[str, str] | str | None = None) -> Verdict:
        return RoundTrip(self.trip(sdk), through or {}).media()

    def sent(self, *exchanges: dict[str, Any]) -> Path:
        """An SDK that got these answers, the first one to its question for a link."""
        asked = {"url": f"{self.url}/api/public/media", "status": 201}
        return stand_in(self.folder, ".venv-smoke-4", telling([asked, *exchanges]))

    def uploaded(self, content: bytes = b"smoke-test-r1") -> Path:
        """An SDK that uploaded a file."""
        self.fake.files["m"] = {"uploadHttpStatus": 200}
        self.store.objects["/media/m"] = content
        return self.sent(
            {"method": "PUT", "url": f"http://{self.store_host}/media/m", "status": 200},
            {"method": "PATCH", "url": f"{self.url}/api/public/media/m", "status": 200},
        )


@pytest.fixture
def langfuse(tmp_path: Path) -> Iterator[Langfuse]:
    fake, store = FakeLangfuse4(), FakeStore()
    with serving(fake) as port, serving(store) as store_port:
        host = f"127.0.0.1:{store_port}"
        fake.store = f"http://{host}"
        yield Langfuse(f"http://127.0.0.1:{port}", fake, store, host, tmp_path)


def stored(host: str) -> Verdict:
    return ok(
        "media",
        f"a file uploaded to {host} by a signed link and downloaded; what pages upload is a "
        "browser's matter (CORS, Content-Security-Policy), not tried",
    )


def refused(seen: str, cause: str, command: str = DOCTOR) -> Verdict:
    return fail("media", seen, cause=cause, command=command, section="storage-bucket")


@needs_sdk_4
def test_a_file_is_uploaded_by_the_sdk_and_downloaded(langfuse: Langfuse) -> None:
    assert langfuse.ask() == stored(langfuse.store_host)

    assert list(langfuse.store.objects.values()) == [b"smoke-test-r1"]
    put, get = langfuse.store.requests
    assert (put.method, put.headers["content-type"]) == ("PUT", "text/plain")
    assert "authorization" not in {*put.headers, *get.headers}


@needs_sdk_4
def test_a_store_of_the_cluster_is_reached_through_a_port_forward_under_its_own_name(
    langfuse: Langfuse,
) -> None:
    langfuse.fake.store = f"http://{IN_CLUSTER}"

    assert langfuse.ask(through={IN_CLUSTER: langfuse.store_host}) == stored(IN_CLUSTER)

    assert [request.headers["host"] for request in langfuse.store.requests] == [IN_CLUSTER] * 2


@needs_sdk_4
def test_a_link_that_the_store_refuses_is_reported_with_its_words(langfuse: Langfuse) -> None:
    langfuse.store.instead = {"PUT": store_error(403, "AccessDenied", "not allowed")}

    assert langfuse.ask() == refused(
        f"upload to {langfuse.store_host} answers 403 (AccessDenied, not allowed)", REFUSED
    )


@needs_sdk_4
@needs_openssl
def test_a_store_whose_certificate_is_not_to_be_trusted_gets_no_file(
    langfuse: Langfuse, tmp_path: Path
) -> None:
    store = FakeStore()
    with serving(store, Authority(tmp_path).issue("IP:127.0.0.1")) as port:
        langfuse.fake.store = f"https://127.0.0.1:{port}"
        verdict = langfuse.ask()

    assert verdict == refused(
        f"upload to 127.0.0.1:{port}: unable to get local issuer certificate",
        "the store's certificate is not to be trusted; a private authority's: --ca FILE",
        "make smoke STACK=dev 'OPTIONS=--ca FILE'",
    )
    assert store.requests == []


@needs_sdk_4
def test_pods_without_a_bucket_for_media_run_with_other_settings(langfuse: Langfuse) -> None:
    langfuse.fake.store = None

    assert langfuse.ask() == fail(
        "media",
        "/api/public/media answers 500 (Media upload to blob storage not enabled or no bucket "
        "configured)",
        cause="the pods run with other settings than the stack file's",
        command="make up STACK=dev",
    )


@pytest.mark.parametrize(
    ("answer", "seen", "cause"),
    [
        (
            {"status": 301, "said": "PermanentRedirect"},
            " answers 301 (PermanentRedirect)",
            "the bucket is in another region than Langfuse signs for, or signatures differ",
        ),
        (
            {"status": 404, "said": "NoSuchBucket"},
            " answers 404 (NoSuchBucket)",
            "there is no such bucket or file",
        ),
        ({"status": 503}, " answers 503", "the store has a failure of its own"),
        (
            {"status": 0, "said": "the name does not resolve", "trouble": "name"},
            ": the name does not resolve",
            "the store cannot be reached from here; agents upload to the same host",
        ),
    ],
)
def test_an_upload_that_fails_has_a_cause_for_each_answer(
    langfuse: Langfuse, answer: dict[str, Any], seen: str, cause: str
) -> None:
    url = "https://key@bucket.s3.example.com/media/m"
    sdk = langfuse.sent({"method": "PUT", "url": url, **answer})

    assert langfuse.ask(sdk) == refused(f"upload to bucket.s3.example.com{seen}", cause)


def test_the_last_answer_of_the_store_counts(langfuse: Langfuse) -> None:
    put = {"method": "PUT", "url": f"http://{langfuse.store_host}/media/m"}
    sdk = langfuse.sent({**put, "status": 503}, {**put, "status": 403, "said": "AccessDenied"})

    assert langfuse.ask(sdk) == refused(
        f"upload to {langfuse.store_host} answers 403 (AccessDenied)", REFUSED
    )


@needs_sdk_4
def test_nothing_that_is_told_of_a_link_is_its_signature(langfuse: Langfuse) -> None:
    exchanges = RoundTrip(langfuse.trip(SDK), {}).sent

    assert [exchange.url for exchange in exchanges if exchange.method == "PUT"] == [
        f"http://{langfuse.store_host}{path}" for path in langfuse.store.objects
    ]
    assert "Signature" not in str(exchanges)


def test_a_link_that_leads_nowhere_in_time_is_a_failure(langfuse: Langfuse) -> None:
    assert langfuse.ask(langfuse.sent()) == fail(
        "media",
        "the SDK got no answer from the store",
        cause="Langfuse gave no link, or the store was too slow",
        command=LOGS,
    )


@pytest.mark.parametrize(
    ("told", "seen"),
    [([], "no answer"), ([{"status": 500, "said": "no"}], "500 (no)")],
)
def test_an_upload_that_langfuse_does_not_note_is_a_failure(
    langfuse: Langfuse, told: list[dict[str, Any]], seen: str
) -> None:
    put = {"method": "PUT", "url": f"http://{langfuse.store_host}/media/m", "status": 200}
    note = {"method": "PATCH", "url": f"{langfuse.url}/api/public/media/m"}
    sdk = langfuse.sent(put, *({**note, **answer} for answer in told))

    assert langfuse.ask(sdk) == fail(
        "media",
        f"the SDK uploaded a file, and could not tell Langfuse so: {seen}",
        cause="Langfuse cannot write to its database, or was too slow: its log says why",
        command=LOGS,
    )


@pytest.mark.parametrize(
    "answer", [Response(404, {"message": "Media not yet uploaded"}), Response(200, {"url": None})]
)
def test_a_file_without_a_link_is_a_failure(langfuse: Langfuse, answer: Response) -> None:
    langfuse.fake.instead = {"/api/public/media/m": answer}

    said = " (Media not yet uploaded)" if answer.status == 404 else ""
    assert langfuse.ask(langfuse.uploaded()) == fail(
        "media",
        f"/api/public/media/m answers {answer.status}{said}",
        cause="Langfuse cannot sign links to the store: its log says why",
        command=LOGS,
    )


def test_a_file_that_cannot_be_downloaded_is_a_failure(langfuse: Langfuse) -> None:
    langfuse.store.instead = {"GET": store_error(403, "AccessDenied", "no s3:GetObject")}

    assert langfuse.ask(langfuse.uploaded()) == refused(
        f"download from {langfuse.store_host} answers 403 (AccessDenied, no s3:GetObject)", REFUSED
    )


def test_a_store_that_is_gone_before_the_download_is_a_failure(langfuse: Langfuse) -> None:
    langfuse.fake.store = "http://no-such-store.invalid"

    assert langfuse.ask(langfuse.uploaded()) == refused(
        "download from no-such-store.invalid: the name does not resolve",
        "the store cannot be reached from here; agents upload to the same host",
    )


def test_another_file_in_its_place_is_a_failure(langfuse: Langfuse) -> None:
    assert langfuse.ask(langfuse.uploaded(b"smoke-test-r0")) == fail(
        "media",
        f"{langfuse.store_host} has another file than was uploaded",
        cause="something between here and Langfuse changes or caches answers",
        command=LOGS,
    )


def test_a_store_that_only_the_cluster_reaches_is_not_checked_from_outside(
    langfuse: Langfuse,
) -> None:
    given = langfuse.folder / "given"
    sdk = stand_in(langfuse.folder, ".venv-smoke-4", f"cat >{given}")

    assert langfuse.ask(sdk, through="the cluster was not reached") == skip(
        "media",
        "not checked from outside, as the store answers in the cluster only: the cluster was not "
        "reached",
    )
    assert not given.exists()


def test_no_file_is_sent_where_media_are_off_or_out_of_reach(langfuse: Langfuse) -> None:
    given = langfuse.folder / "given"
    sdk = stand_in(langfuse.folder, ".venv-smoke-4", f"cat >{given}")
    files: list[str | None] = []
    for media, through in ((False, {}), (True, "no way"), (True, {"a:1": "b:2"})):
        RoundTrip(langfuse.trip(sdk, media=media), through).trace()
        files.append(json.loads(given.read_text(encoding="utf-8"))["file"])

    assert files == [None, None, "smoke-test-r1"]
