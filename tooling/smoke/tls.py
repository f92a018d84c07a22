"""The certificate of a public name, and what answers there without one."""

from __future__ import annotations

import shlex
import socket
import ssl
import time
from typing import Any, Final
from urllib.parse import urlsplit

from tooling.kit.commands import Commands
from tooling.kit.deadline import within
from tooling.smoke.report import Verdict, fail, ok
from tooling.smoke.stack import Expected
from tooling.smoke.web import UnreachableError, Web, allowed, unreachable

CERTIFICATE: Final = "certificate"
REDIRECT: Final = "redirect"

LEAST_DAYS: Final = 14
"""ACM renews 60 days before the end, 45 days for its newer and shorter certificates, and
cert-manager after two thirds of the time: with fewer days left, renewal has failed more than once
and manual action is needed."""

_DAY: Final = 86400

_CERTIFICATES: Final = (
    "aws acm list-certificates --output table --query "
    "'CertificateSummaryList[].[DomainName,Status,RenewalEligibility,NotAfter]'"
)

_CAUSES: Final = (
    ("expired", "renewal failed: with ACM, the validation record is gone from the zone"),
    ("mismatch", "the certificate is of another name, or another server answers at this address"),
    ("self-signed", "the certificate is of a private authority: --ca FILE trusts it"),
    ("self signed", "the certificate is of a private authority: --ca FILE trusts it"),
    ("issuer", "the server sends no intermediate certificate, or a private authority issued it: "
     "--ca FILE trusts it"),
)  # fmt: skip


def certificate(web: Web, url: str, expected: Expected) -> Verdict:
    """Chain, name, days left and protocol. Raises ``UnreachableError`` for what is no certificate's
    fault."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    look = f"openssl s_client -connect {host}:{port} -servername {host} </dev/null"
    try:
        found, protocol = _handshake(web, host, port)
    except UnreachableError as error:
        if error.kind not in {"certificate", "tls"}:
            raise
        words = str(error).lower()
        cause = next((cause for word, cause in _CAUSES if word in words), "")
        return fail(
            CERTIFICATE,
            f"{host}: {error}",
            cause=cause or "what answers at this address does not speak TLS 1.2 or newer",
            command=look,
            section="CertificateExpires" if "expired" in words else "",
        )
    starts, ends = (ssl.cert_time_to_seconds(found[key]) for key in ("notBefore", "notAfter"))
    left = (ends - time.time()) / _DAY
    seen = f"{host}: verified, {int(left)} days left, {protocol}"
    # A certificate that is made for a few days is renewed within them.
    if left < min(LEAST_DAYS, (ends - starts) / _DAY / 3):
        return fail(
            CERTIFICATE,
            f"{seen}; at least {LEAST_DAYS} are wanted",
            cause="renewal failed: with ACM, the validation record is gone from the zone",
            command=_CERTIFICATES if expected.load_balancer else look,
            section="CertificateExpires",
        )
    return ok(CERTIFICATE, seen)


def redirect(web: Web, url: str, expected: Expected, commands: Commands, port: int = 80) -> Verdict:
    """Whether plain HTTP leads to HTTPS on the same host."""
    host = urlsplit(url).hostname or ""
    plain = f"http://{_bracketed(host)}{'' if port == 80 else f':{port}'}/"
    wrong = {
        "cause": "another listener or server answers on port 80: people's first request, with "
        "whatever it carries, stays in clear text",
        "command": commands.own("get", "ingress", "-o", "yaml")
        if expected.load_balancer
        else shlex.join(["curl", "-sSI", plain]),
    }
    try:
        answer = web.get(plain)
    except UnreachableError as error:
        cause = "the load balancer has no listener on port 80, or its security group is closed"
        return fail(REDIRECT, f"{plain}: {error}", cause=cause, command=wrong["command"])
    if answer.status in {301, 308} and _leads(answer.headers.get("location", ""), host):
        return ok(REDIRECT, f"{plain} answers {answer.status}, to https://{host}")
    return fail(REDIRECT, f"{plain} answers {answer}", **wrong)


def _handshake(web: Web, host: str, port: int) -> tuple[dict[str, Any], str]:
    seconds = allowed(web.deadline)

    def shake() -> tuple[dict[str, Any], str]:
        with (
            socket.create_connection((host, port), timeout=seconds) as connection,
            web.tls.wrap_socket(connection, server_hostname=host) as secured,
        ):
            return secured.getpeercert() or {}, secured.version() or ""

    try:
        return within(seconds, shake)
    except OSError as error:
        raise unreachable(error, seconds) from None


def _leads(location: str, host: str) -> bool:
    """Whether a redirect points to the same host's HTTPS."""
    try:
        target = urlsplit(location)
    except ValueError:  # brackets without an IPv6 address
        return False
    return target.scheme == "https" and target.hostname == host


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
