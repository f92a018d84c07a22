"""What each check says of a Langfuse, a LangSmith or a Secret that is not as it should be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

import pytest

from components.langfuse.versions import Version
from tests.support.fake_langfuse import (
    PUBLIC_KEY,
    SECRET_KEY,
    FakeLangfuse,
)
from tests.support.loopback import Response, serving
from tests.support.smoke import promised
from tooling.kit.commands import Commands
from tooling.kit.deadline import Deadline
from tooling.smoke import checks
from tooling.smoke.keys import KeyPair
from tooling.smoke.report import Verdict, fail, ok
from tooling.smoke.stack import Expected
from tooling.smoke.web import Trouble, UnreachableError, Web

COMMANDS = Commands(stack="dev", namespace="observability", context="c")
EXPECTED = promised("version 2 dev")
KEYS = KeyPair(public=PUBLIC_KEY, secret=SECRET_KEY, source="Secret observability/app")
GIVEN = replace(KEYS, source="the environment")

KUBECTL = "kubectl --context=c -n observability"
LOGS = f"{KUBECTL} logs --tail=50 deployment/langfuse"
ROLLOUT = f"{KUBECTL} rollout status deployment/langfuse"
PODS = f"{KUBECTL} get pods -o wide"
WAY = f"{KUBECTL} get service,pods -o wide"
UP = "make up STACK=dev"

Check = Callable[[Web, str, Expected, Commands], Verdict]


@dataclass
class Langfuse:
    """A fake and how it is asked."""

    url: str
    fake: FakeLangfuse
    web: Web = field(default_factory=lambda: Web(Deadline(5)))

    def ask(self, check: Check, expected: Expected = EXPECTED) -> Verdict:
        return check(self.web, self.url, expected, COMMANDS)

    def ask_keys(self, keys: KeyPair = KEYS) -> Verdict:
        return checks.project_keys(self.web, self.url, keys, EXPECTED, COMMANDS)


@pytest.fixture
def langfuse() -> Iterator[Langfuse]:
    fake = FakeLangfuse()
    with serving(fake) as port:
        yield Langfuse(f"http://127.0.0.1:{port}", fake)


@pytest.mark.parametrize(
    ("version", "path", "seen"),
    [
        ("2.75.0", "/api/public/health", "and so does its database"),
        ("2.78.0", "/api/public/health", "and so does its database"),
        ("2.79.0", "/api/public/health", "this release does not ask its database"),
        ("2.89.0", "/api/public/health", "this release does not ask its database"),
        (
            "2.90.0",
            "/api/public/health?failIfDatabaseUnavailable=true",
            "and so does its database",
        ),
    ],
)
def test_the_database_is_proven_where_the_release_can(
    langfuse: Langfuse, version: str, path: str, seen: str
) -> None:
    langfuse.fake.version = version

    verdict = langfuse.ask(checks.health, replace(EXPECTED, version=Version.parse(version)))

    assert verdict == ok("health", f"Langfuse {version} answers OK, {seen}")
    assert [request.path for request in langfuse.fake.requests] == [path]


def test_another_release_than_the_pinned_is_a_failure(langfuse: Langfuse) -> None:
    langfuse.fake.version = "2.95.11"

    assert langfuse.ask(checks.health) == fail(
        "health",
        "Langfuse 2.95.11 answers; the stack pins 2.95.12",
        cause="the rollout is not over, or the stack was not deployed since the pin changed",
        command=ROLLOUT,
    )


def test_a_langfuse_of_version_3_is_another_one(langfuse: Langfuse) -> None:
    langfuse.fake.version = "3.25.0"

    verdict = langfuse.ask(checks.health)

    assert verdict == fail(
        "health",
        "Langfuse 3.25.0 answers; the stack pins 2.95.12",
        cause="another Langfuse answers at this URL: that of this stack is of version 2",
        command=WAY,
        section="LangfuseDown",
    )
    assert checks.elsewhere(verdict)


def test_behind_a_public_name_the_ingress_is_looked_at_too(langfuse: Langfuse) -> None:
    langfuse.fake.instead = {HEALTH: Response(404, "no")}
    public = replace(EXPECTED, url="https://a.example.com", load_balancer=True)

    verdict = langfuse.ask(checks.health, public)

    assert (verdict.command, verdict.section) == (
        f"{KUBECTL} get ingress,service,pods -o wide",
        "LangfuseProbeFailing",
    )


HEALTH = "/api/public/health"
ASKED = f"{HEALTH}?failIfDatabaseUnavailable=true"


def unhealthy(seen: str, *, cause: str, command: str, section: str = "") -> Verdict:
    return fail("health", f"{ASKED} answers {seen}", cause=cause, command=command, section=section)


LOGIN = "something before Langfuse asks for a login of its own, as a proxy or a captive portal does"


def other(seen: str) -> Verdict:
    return unhealthy(
        seen,
        cause="what answers at this URL is not this release of Langfuse",
        command=WAY,
        section="LangfuseDown",
    )


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (
            Response(503, "<html>503 Service Temporarily Unavailable</html>"),
            unhealthy(
                "503, with no JSON",
                cause="the load balancer has no pod that it can send to",
                command=PODS,
                section="LoadBalancerUnhealthyTargets",
            ),
        ),
        (
            Response(403, "<html>403 Forbidden</html>"),
            unhealthy(
                "403, with no JSON",
                cause="something before Langfuse refuses, such as a web ACL",
                command=WAY,
                section="LangfuseDown",
            ),
        ),
        (
            Response(301, "", {"Location": "https://langfuse.example.com/"}),
            unhealthy(
                "301, to https://langfuse.example.com/, with no JSON",
                cause="the URL is not Langfuse's own, as langfuse.publicUrl or --url should be",
                command="make smoke STACK=dev URL=https://HOST",
                section="LangfuseDown",
            ),
        ),
        (
            Response(503, {"status": "Health check failed", "version": "2.95.12"}),
            unhealthy(
                "503 (Health check failed)",
                cause="Langfuse fails: its log says why",
                command=LOGS,
                section="LangfuseDown",
            ),
        ),
        (
            Response(200, "<!doctype html>\n<html><title> Sign in </title></html>"),
            unhealthy(
                "200, a page titled 'Sign in', with no JSON",
                cause="a page for people answers in place of Langfuse's API: that of a login, a "
                "proxy or a captive portal, or another web server's",
                command=WAY,
                section="LangfuseDown",
            ),
        ),
        (
            Response(302, "", {"Location": "https://sso.example.com/oauth2/authorize?x=1"}),
            unhealthy(
                "302, to https://sso.example.com/oauth2/authorize?x=1, with no JSON",
                cause=LOGIN,
                command=WAY,
                section="LangfuseDown",
            ),
        ),
        (
            Response(401, "<html>401 Authorization Required</html>"),
            unhealthy("401, with no JSON", cause=LOGIN, command=WAY, section="LangfuseDown"),
        ),
        (
            Response(404, "<!DOCTYPE html><title>404</title>"),
            other("404, a page titled '404', with no JSON"),
        ),
        (Response(200, {"status": "up"}), other("200 (up)")),
        (Response(200, {"status": "OK"}), other("200 (OK)")),
        (Response(200, "OK"), other("200, with no JSON")),
        (Response(200, "[" * 100_000), other("200, with no JSON")),
    ],
)
def test_answers_of_an_unhealthy_langfuse_are_distinguished(
    langfuse: Langfuse, answer: Response, verdict: Verdict
) -> None:
    langfuse.fake.instead = {HEALTH: answer}

    assert langfuse.ask(checks.health) == verdict


@pytest.mark.parametrize(
    ("version", "path"), [("2.77.0", "/api/public/health"), ("2.78.0", "/api/public/ready")]
)
def test_readiness_is_asked_where_the_release_has_it(
    langfuse: Langfuse, version: str, path: str
) -> None:
    verdict = langfuse.ask(checks.readiness, replace(EXPECTED, version=Version.parse(version)))

    assert verdict == ok("readiness", f"{path} answers OK")


def test_a_pod_that_is_being_ended_is_not_ready(langfuse: Langfuse) -> None:
    langfuse.fake.terminating = True

    assert langfuse.ask(checks.readiness) == fail(
        "readiness",
        "/api/public/ready answers 500 (SIGTERM / SIGINT received, shutting down)",
        cause="a pod that is being ended still gets requests: its rollout is not over",
        command=ROLLOUT,
        section="not-ready",
    )


NOBODY = "registration is disabled"
ANYBODY = "anyone who reaches this URL can register"
SINGLE_SIGN_ON = "registration by single sign-on only"

SignUp = Literal["disabled", "open", "single sign-on"]


def ask_sign_up(langfuse: Langfuse, found: SignUp, wanted: str) -> Verdict:
    langfuse.fake.sign_up = found
    return langfuse.ask(checks.sign_up, replace(EXPECTED, sign_up_open=wanted == "open"))


@pytest.mark.parametrize(
    ("found", "wanted", "seen"),
    [
        ("disabled", "disabled", NOBODY),
        ("open", "open", ANYBODY),
        ("single sign-on", "open", SINGLE_SIGN_ON),
    ],
)
def test_sign_up_as_the_stack_wants_it_is_ok(
    langfuse: Langfuse, found: SignUp, wanted: str, seen: str
) -> None:
    verdict = ask_sign_up(langfuse, found, wanted)

    assert verdict == ok("sign-up", f"{seen}, as the stack has it (signUp: {wanted})")


@pytest.mark.parametrize(
    ("found", "wanted", "seen"),
    [
        ("open", "disabled", ANYBODY),
        ("single sign-on", "disabled", SINGLE_SIGN_ON),
        ("disabled", "open", NOBODY),
    ],
)
def test_sign_up_other_than_the_stack_wants_it_is_a_failure(
    langfuse: Langfuse, found: SignUp, wanted: str, seen: str
) -> None:
    assert ask_sign_up(langfuse, found, wanted) == fail(
        "sign-up",
        f"{seen}; the stack has signUp: {wanted}",
        cause="the pods run with other settings than the stack file's",
        command=UP,
    )


def page(properties: dict[str, object]) -> str:
    data = json.dumps({"props": {"pageProps": properties}})
    return (
        "<!DOCTYPE html><title>Sign in</title>"
        f'<script id="__NEXT_DATA__" type="application/json">{data}</script>'
    )


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (Response(200, "<html><title>Langfuse</title></html>"), "200, a page titled 'Langfuse'"),
        (Response(200, page({"signUpDisabled": True})), "200, a page titled 'Sign in'"),
        (
            Response(200, page({"signUpDisabled": "true", "authProviders": {}})),
            "200, a page titled 'Sign in'",
        ),
        (
            Response(404, page({"signUpDisabled": True, "authProviders": {}})),
            "404, a page titled 'Sign in'",
        ),
        (Response(200, '<script id="__NEXT_DATA__">{no}</script>'), "200"),
        (Response(500, "no"), "500"),
    ],
)
def test_a_page_that_does_not_say_who_can_register_proves_nothing(
    langfuse: Langfuse, answer: Response, seen: str
) -> None:
    langfuse.fake.instead = {"/auth/sign-in": answer}

    verdict = langfuse.ask(checks.sign_up)

    assert (verdict.status, verdict.seen) == ("FAIL", f"/auth/sign-in answers {seen}")


def test_another_page_to_log_in_is_not_langfuses(langfuse: Langfuse) -> None:
    langfuse.fake.instead = {"/auth/sign-in": Response(200, "<html><title>Sign in</title></html>")}

    verdict = langfuse.ask(checks.sign_up)

    assert verdict == fail(
        "sign-up",
        "/auth/sign-in answers 200, a page titled 'Sign in'",
        cause="another page answers in place of Langfuse's own to log in: that of a proxy or a "
        "captive portal, or another web server's",
        command=WAY,
        section="LangfuseDown",
    )
    assert checks.elsewhere(verdict)


REFUSED = "401 (Invalid credentials. Confirm that you've configured the correct host.)"


def test_keys_of_the_pods_that_langfuse_refuses_are_explained(langfuse: Langfuse) -> None:
    langfuse.fake.secret_key = "sk-lf-other"

    assert langfuse.ask_keys() == fail(
        "project keys",
        f"the keys of Secret observability/app are refused: {REFUSED}",
        cause="they were deleted in Langfuse, or no pod started since they changed: Langfuse "
        "stores them when it starts",
        command=f"{KUBECTL} rollout restart deployment/langfuse",
    )


def test_given_keys_that_langfuse_refuses_are_explained(langfuse: Langfuse) -> None:
    langfuse.fake.secret_key = "sk-lf-other"

    assert langfuse.ask_keys(GIVEN) == fail(
        "project keys",
        f"the keys of the environment are refused: {REFUSED}",
        cause="they are of another Langfuse, or were deleted in this one",
        command="unset LANGFUSE_PUBLIC_KEY LANGFUSE_SECRET_KEY",
    )


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        ({"data": []}, "200"),
        ({"data": ["p"]}, "200"),
        ({"data": [{"id": "p"}]}, "200"),
        ("nothing", "200, with no JSON"),
    ],
)
def test_an_answer_without_a_project_is_a_failure(
    langfuse: Langfuse, content: object, seen: str
) -> None:
    langfuse.fake.instead = {"/api/public/projects": Response(200, content)}

    verdict = langfuse.ask_keys()

    assert (verdict.status, verdict.seen) == ("FAIL", f"/api/public/projects answers {seen}")


PUBLIC = replace(EXPECTED, load_balancer=True)


@pytest.mark.parametrize(
    ("kind", "expected", "cause", "command", "section"),
    [
        (
            "name",
            PUBLIC,
            "there is no DNS record, or it is not known here yet",
            f"{KUBECTL} get ingress",
            "ingress-without-address",
        ),
        (
            "name",
            EXPECTED,
            "there is no DNS record, or it is not known here yet",
            "nslookup a",
            "LangfuseProbeFailing",
        ),
        (
            "timeout",
            PUBLIC,
            "this address is not among endpoint.inboundCidrs, the load balancer is internal and "
            "this is outside of its network, or it has no healthy target",
            f"{KUBECTL} get ingress,pods -o wide",
            "LangfuseDown",
        ),
        (
            "timeout",
            EXPECTED,
            "Langfuse is not there, is overloaded, or something blocks the connection",
            PODS,
            "LangfuseDown",
        ),
        (
            "certificate",
            PUBLIC,
            "its certificate is not to be trusted, so nothing was sent",
            "make smoke STACK=dev 'OPTIONS=--ca FILE'",
            "",
        ),
    ],
)
def test_a_url_that_does_not_answer_is_explained(
    kind: Trouble, expected: Expected, cause: str, command: str, section: str
) -> None:
    error = UnreachableError(kind, "what happened")

    verdict = checks.not_reached("health", "https://a", error, expected, COMMANDS)

    assert verdict == fail(
        "health", "https://a: what happened", cause=cause, command=command, section=section
    )


def test_a_name_that_does_not_resolve_is_no_answer() -> None:
    with pytest.raises(UnreachableError) as caught:
        Web(Deadline(5)).get("http://no-such-host.invalid/")

    assert (caught.value.kind, str(caught.value)) == ("name", "the name does not resolve")


@pytest.mark.parametrize(
    "answer",
    [
        Response(200, "<html><title>Sign in</title></html>"),
        Response(302, "", {"Location": "https://sso.example.com/login"}),
        Response(401, "<html>401</html>"),
        Response(511, "<html>Network Authentication Required</html>"),
    ],
)
def test_no_key_is_sent_to_a_login_or_a_page(langfuse: Langfuse, answer: Response) -> None:
    langfuse.fake.instead = {HEALTH: answer, checks.PROJECTS_PATH: answer}

    assert checks.elsewhere(langfuse.ask(checks.health))
    assert checks.elsewhere(langfuse.ask_keys())
