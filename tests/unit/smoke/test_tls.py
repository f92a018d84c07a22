"""Certificates and the redirect to HTTPS, with real handshakes and a throwaway authority."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.certificates import Authority, Certificate, needs_openssl
from tests.support.fake_langfuse import FakeLangfuse
from tests.support.loopback import Response, serving
from tests.support.smoke import Surroundings, promised, surroundings
from tooling.kit.commands import Commands
from tooling.kit.deadline import Deadline
from tooling.smoke import tls
from tooling.smoke.report import Verdict, fail, ok
from tooling.smoke.web import UnreachableError, Web

pytestmark = [pytest.mark.programs, needs_openssl]

COMMANDS = Commands(stack="dev", namespace="observability")
EXPECTED = promised("version 2 dev")
PUBLIC = replace(EXPECTED, load_balancer=True)

OURS = "IP:127.0.0.1"
RENEWAL = "renewal failed: with ACM, the validation record is gone from the zone"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def sound(authority: Authority) -> Certificate:
    return authority.issue(OURS)


def look(port: int) -> str:
    return f"openssl s_client -connect 127.0.0.1:{port} -servername 127.0.0.1 </dev/null"


def verdict_on(certificate: Certificate, ca: Path | None) -> tuple[Verdict, int]:
    with serving(FakeLangfuse(), certificate) as port:
        url = f"https://127.0.0.1:{port}"
        return tls.certificate(Web(Deadline(5), ca), url, EXPECTED), port


def test_a_certificate_of_a_trusted_authority_is_reported_with_days_and_protocol(
    authority: Authority, sound: Certificate
) -> None:
    verdict, _ = verdict_on(sound, authority.certificate)

    assert verdict == ok("certificate", "127.0.0.1: verified, 90 days left, TLSv1.3")


def test_a_certificate_of_an_unknown_authority_is_a_failure(sound: Certificate) -> None:
    verdict, port = verdict_on(sound, None)

    assert verdict == fail(
        "certificate",
        "127.0.0.1: unable to get local issuer certificate",
        cause="the server sends no intermediate certificate, or a private authority issued it: "
        "--ca FILE trusts it",
        command=look(port),
    )


def test_a_certificate_of_another_name_is_a_failure(authority: Authority) -> None:
    verdict, port = verdict_on(authority.issue("DNS:example.com"), authority.certificate)

    assert verdict == fail(
        "certificate",
        "127.0.0.1: IP address mismatch, certificate is not valid for '127.0.0.1'",
        cause="the certificate is of another name, or another server answers at this address",
        command=look(port),
    )


def test_an_expired_certificate_is_a_failure(authority: Authority) -> None:
    verdict, port = verdict_on(authority.issue(OURS, age=90, days=-1), authority.certificate)

    assert verdict == fail(
        "certificate",
        "127.0.0.1: certificate has expired",
        cause=RENEWAL,
        command=look(port),
        section="CertificateExpires",
    )


@pytest.mark.parametrize(
    ("age", "days", "status"),
    [
        (60, 14, "ok"),
        (60, 13, "FAIL"),
        # Made for nine days, and renewed when a third of them is left.
        (6, 3, "ok"),
        (7, 2, "FAIL"),
    ],
)
def test_fewer_than_fourteen_days_or_a_third_of_the_time_are_too_few(
    authority: Authority, age: int, days: int, status: str
) -> None:
    certificate = authority.issue(OURS, age=age, days=days)

    assert verdict_on(certificate, authority.certificate)[0].status == status


def test_a_certificate_that_ends_soon_is_a_failure_with_acms_view_of_it(
    authority: Authority,
) -> None:
    certificate = authority.issue(OURS, age=80, days=10)
    with serving(FakeLangfuse(), certificate) as port:
        web = Web(Deadline(5), authority.certificate)
        verdict = tls.certificate(web, f"https://127.0.0.1:{port}", PUBLIC)

    assert verdict == fail(
        "certificate",
        "127.0.0.1: verified, 10 days left, TLSv1.3; at least 14 are wanted",
        cause=RENEWAL,
        command="aws acm list-certificates --output table --query "
        "'CertificateSummaryList[].[DomainName,Status,RenewalEligibility,NotAfter]'",
        section="CertificateExpires",
    )


def test_a_server_without_tls_is_a_failure(authority: Authority) -> None:
    with serving(FakeLangfuse()) as port:
        web = Web(Deadline(5), authority.certificate)
        verdict = tls.certificate(web, f"https://127.0.0.1:{port}", EXPECTED)

    assert verdict.status == "FAIL"
    assert verdict.cause == "what answers at this address does not speak TLS 1.2 or newer"


def redirected(answer: Response) -> tuple[Verdict, str]:
    with serving(lambda _: answer) as port:
        url = "https://127.0.0.1"
        verdict = tls.redirect(Web(Deadline(5)), url, PUBLIC, COMMANDS, port)
        return verdict, f"http://127.0.0.1:{port}/"


@pytest.mark.parametrize("status", [301, 308])
@pytest.mark.parametrize("target", ["https://127.0.0.1:443/", "https://127.0.0.1/"])
def test_plain_http_that_leads_to_https_is_ok(status: int, target: str) -> None:
    verdict, plain = redirected(Response(status, "", {"Location": target}))

    assert verdict == ok("redirect", f"{plain} answers {status}, to https://127.0.0.1")


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (Response(200, "Langfuse"), "200"),
        (Response(302, "", {"Location": "https://127.0.0.1/"}), "302, to https://127.0.0.1/"),
        (Response(301, "", {"Location": "http://127.0.0.1/en"}), "301, to http://127.0.0.1/en"),
        (Response(301, "", {"Location": "https://example.com/"}), "301, to https://example.com/"),
        (Response(301, "", {"Location": "/en"}), "301, to /en"),
        (Response(301, "", {"Location": "https://[bad"}), "301, to https://[bad"),
    ],
)
def test_plain_http_that_does_not_lead_to_https_is_a_failure(answer: Response, seen: str) -> None:
    verdict, plain = redirected(answer)

    assert verdict == fail(
        "redirect",
        f"{plain} answers {seen}",
        cause="another listener or server answers on port 80: people's first request, with "
        "whatever it carries, stays in clear text",
        command="kubectl -n observability get ingress -o yaml",
    )


def test_a_closed_port_80_is_a_failure() -> None:
    with serving(FakeLangfuse()) as port:
        pass

    verdict = tls.redirect(Web(Deadline(5)), "https://127.0.0.1", EXPECTED, COMMANDS, port)

    assert verdict == fail(
        "redirect",
        f"http://127.0.0.1:{port}/: the connection was refused",
        cause="the load balancer has no listener on port 80, or its security group is closed",
        command=f"curl -sSI http://127.0.0.1:{port}/",
    )


def test_a_host_that_does_not_answer_is_not_the_certificates_fault() -> None:
    with serving(FakeLangfuse()) as port:
        pass

    with pytest.raises(UnreachableError, match=r"^the connection was refused$"):
        tls.certificate(Web(Deadline(5)), f"https://127.0.0.1:{port}", EXPECTED)


@pytest.fixture
def secured(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    sound: Certificate,
) -> Iterator[Surroundings]:
    with surroundings(tmp_path, capsys, monkeypatch, sound) as prepared:
        yield prepared


def test_a_private_authority_is_trusted_where_it_is_named(
    secured: Surroundings, authority: Authority
) -> None:
    url = f"https://127.0.0.1:{secured.port}"

    outcome = secured.run("--ca", str(authority.certificate), url=url)

    assert outcome.verdicts() == {
        "certificate": "ok",
        "health": "ok",
        "readiness": "ok",
        "sign-up": "ok",
        "project keys": "ok",
        "trace": "skip",
    }


def test_nothing_is_sent_to_a_server_that_is_not_to_be_trusted(secured: Surroundings) -> None:
    outcome = secured.run(url=f"https://127.0.0.1:{secured.port}")

    assert outcome.verdicts() == {
        "certificate": "FAIL",
        "health": "FAIL",
        "readiness": "skip",
        "sign-up": "skip",
        "project keys": "skip",
        "trace": "skip",
    }
    assert secured.langfuse.requests == []


def test_a_plain_url_in_place_of_a_public_one_leaves_the_certificate_unproven(
    secured: Surroundings,
) -> None:
    secured.configure(
        langfuse={
            "version": "2.95.12",
            "admin": {"email": "a@example.com"},
            "publicUrl": "https://langfuse.example.com",
        }
    )

    outcome = secured.run(url=f"http://127.0.0.1:{secured.langsmith_port}")

    why = "--url is plain HTTP; the stack's own URL is https://langfuse.example.com"
    assert outcome.lines[:2] == [f"skip  certificate    {why}", f"skip  redirect       {why}"]
