"""What is said of LangSmith's key and of agents' Secret, right and wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.fake_langfuse import API_KEY, PUBLIC_KEY, SECRET_KEY, FakeLangSmith
from tests.support.loopback import Response, serving
from tests.support.smoke import promised
from tooling.kit.commands import Commands
from tooling.kit.deadline import Deadline
from tooling.smoke import agents, langsmith
from tooling.smoke.keys import KeyPair
from tooling.smoke.report import Verdict, fail, ok
from tooling.smoke.stack import LangSmith
from tooling.smoke.web import Web

COMMANDS = Commands(stack="dev", namespace="observability", context="c")
EXPECTED = promised("version 2 dev")
KEYS = KeyPair(public=PUBLIC_KEY, secret=SECRET_KEY, source="Secret observability/app")
UP = "make up STACK=dev"


@dataclass
class Smith:
    """A fake LangSmith and how it is asked."""

    endpoint: str
    fake: FakeLangSmith

    def ask(self, *, region: str | None = "eu", workspace: str | None = None) -> Verdict:
        settings = LangSmith(endpoint=self.endpoint, region=region, workspace=workspace)
        return langsmith.key(Web(Deadline(5)), settings, API_KEY, "the environment", COMMANDS)


@pytest.fixture
def smith() -> Iterator[Smith]:
    fake = FakeLangSmith()
    with serving(fake) as port:
        yield Smith(f"http://127.0.0.1:{port}", fake)


SET_KEY = "pulumi config set --stack dev --secret --path agent-observability:langsmith.apiKey"
OF_REGION = "; or it is of another region than eu (langsmith.region)"


def test_an_accepted_langsmith_key_is_reported_with_its_region(smith: Smith) -> None:
    seen = f"that of the environment is accepted by {smith.endpoint} (region eu)"
    assert smith.ask() == ok("LangSmith key", seen)


def test_a_langsmith_key_that_is_unknown_may_be_of_another_region(smith: Smith) -> None:
    smith.fake.api_key = "another"

    assert smith.ask() == fail(
        "LangSmith key",
        f"that of the environment is refused by {smith.endpoint}: 401 (Invalid token)",
        cause=f"it was revoked{OF_REGION}",
        command=SET_KEY,
    )


def test_a_self_hosted_langsmith_has_no_regions(smith: Smith) -> None:
    smith.fake.api_key = "another"

    verdict = smith.ask(region=None)

    assert (verdict.cause, verdict.command) == ("it was revoked", SET_KEY)


def test_a_langsmith_key_of_an_organisation_needs_a_workspace(smith: Smith) -> None:
    smith.fake.workspace = "1234abcd-12ab-34cd-56ef-1234567890ab"

    assert smith.ask() == fail(
        "LangSmith key",
        f"that of the environment is refused by {smith.endpoint}: 403 "
        "(org_scoped_key_requires_workspace)",
        cause=f"it belongs to a whole organisation, and the stack names no workspace{OF_REGION}",
        command="pulumi config set --stack dev --path "
        "agent-observability:langsmith.workspaceId WORKSPACE",
    )


def test_a_langsmith_key_may_not_use_another_workspace(smith: Smith) -> None:
    smith.fake.workspace = "1234abcd-12ab-34cd-56ef-1234567890ab"

    verdict = smith.ask(workspace="w-2")

    assert verdict == fail(
        "LangSmith key",
        f"that of the environment is refused by {smith.endpoint}: 403 (Forbidden)",
        cause="it was revoked, or may not use this workspace (langsmith.workspaceId)" + OF_REGION,
        command=SET_KEY,
    )


def test_a_langsmith_with_projects_is_known_by_them(smith: Smith) -> None:
    smith.fake.projects = ["p-1"]

    assert smith.ask().status == "ok"
    assert [request.path for request in smith.fake.requests] == ["/sessions?limit=1"]


def test_an_empty_list_counts_only_where_langsmith_says_what_it_is(smith: Smith) -> None:
    smith.fake.projects = []

    assert smith.ask().status == "ok"
    assert [request.path for request in smith.fake.requests] == ["/sessions?limit=1", "/info"]
    assert "x-api-key" not in smith.fake.requests[1].headers

    smith.fake.instead = Response(200, [])

    assert smith.ask() == fail(
        "LangSmith key",
        f"{smith.endpoint}/sessions?limit=1 answers 200",
        cause="the endpoint is not LangSmith's API, or something in between changes its answers",
        command=f"curl -sS {smith.endpoint}/info",
    )


@pytest.mark.parametrize(
    "content",
    [{}, {"status": "ok"}, "ok", [1], [{"id": "p-1"}], [{"id": 1, "tenant_id": "t"}], None],
)
def test_a_langsmith_that_answers_something_else_is_none(smith: Smith, content: object) -> None:
    smith.fake.instead = Response(200, content)

    verdict = smith.ask()

    assert verdict.status == "FAIL"
    assert verdict.cause == (
        "the endpoint is not LangSmith's API, or something in between changes its answers"
    )


@pytest.mark.parametrize(("given", "path"), [("", "/api/v1"), ("/api/v1", "/api"), ("/x", "/api")])
def test_an_endpoint_whose_path_is_not_the_apis_is_named_with_the_right_one(
    smith: Smith, given: str, path: str
) -> None:
    smith.fake.path = path
    root, smith.endpoint = smith.endpoint, f"{smith.endpoint}{given}"

    assert smith.ask(region=None) == fail(
        "LangSmith key",
        f"{root}{given}/sessions?limit=1 answers 200, a page titled 'LangSmith'"
        if given != "/api/v1" or path != "/api"
        else f"{root}{given}/sessions?limit=1 answers 404 (Not Found)",
        cause=f"the endpoint is not LangSmith's API, which is at {root}{path}",
        command="pulumi config set --stack dev --path agent-observability:langsmith.endpoint "
        f"{root}{path}",
    )


def test_an_endpoint_that_is_the_apis_is_not_named_as_the_right_one(smith: Smith) -> None:
    smith.fake.path = "/api/v1"
    smith.endpoint += "/api/v1"
    smith.fake.broken = True

    assert smith.ask().cause == (
        "the endpoint is not LangSmith's API, or something in between changes its answers"
    )


PORTAL = "<html><head><title>Welcome &amp; log in</title></head></html>"


@pytest.mark.parametrize(
    ("answer", "seen", "cause"),
    [
        (
            Response(200, PORTAL),
            "200, a page titled 'Welcome & log in'",
            ": a page for people answers there, such as LangSmith's own, a login or a captive "
            "portal",
        ),
        (
            Response(403, PORTAL),
            "403, a page titled 'Welcome & log in'",
            ": a page for people answers there, such as LangSmith's own, a login or a captive "
            "portal",
        ),
        (
            Response(302, "", {"Location": "https://sso.example.com/login?next=/"}),
            "302, to https://sso.example.com/login?next=/",
            ": something before it asks for a login of its own, as a proxy or a captive portal "
            "does",
        ),
    ],
)
def test_a_login_in_front_of_langsmith_says_nothing_of_the_key(
    smith: Smith, answer: Response, seen: str, cause: str
) -> None:
    smith.fake.instead = answer

    assert smith.ask() == fail(
        "LangSmith key",
        f"{smith.endpoint}/sessions?limit=1 answers {seen}",
        cause=f"the endpoint is not LangSmith's API{cause}",
        command=f"curl -sS {smith.endpoint}/info",
    )


def test_a_failing_langsmith_says_nothing_of_the_key(smith: Smith) -> None:
    smith.fake.instead = Response(502, "bad gateway")

    assert smith.ask() == fail(
        "LangSmith key",
        f"{smith.endpoint}/sessions?limit=1 answers 502",
        cause="LangSmith has a failure of its own, or the endpoint is not LangSmith's API",
        command=f"curl -sS {smith.endpoint}/info",
    )


def test_a_langsmith_that_does_not_answer_says_nothing_of_the_key() -> None:
    verdict = Smith("http://no-such-host.invalid", FakeLangSmith()).ask()

    assert verdict == fail(
        "LangSmith key",
        "http://no-such-host.invalid/sessions?limit=1: the name does not resolve",
        cause="LangSmith cannot be reached from here; whether agents can is another question",
        command="curl -sS http://no-such-host.invalid/info",
    )


HOST = "http://langfuse.observability.svc"
DATA = {
    "LANGFUSE_HOST": HOST,
    "LANGFUSE_BASEURL": HOST,
    "LANGFUSE_PUBLIC_KEY": PUBLIC_KEY,
    "LANGFUSE_SECRET_KEY": SECRET_KEY,
}
SECRET = "Secret ai-agents/agent-observability"
DELIVERED = "kubectl --context=c -n ai-agents get externalsecret,secret"


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (DATA, ok("agents", f"{SECRET} has Langfuse's own keys and LANGFUSE_HOST {HOST}")),
        (
            None,
            fail(
                "agents",
                f"there is no {SECRET}",
                cause="External Secrets has not delivered it, or the stack was not deployed",
                command=DELIVERED,
                section="secret-not-synced",
            ),
        ),
        (
            {**DATA, "LANGFUSE_BASEURL": "", "LANGFUSE_PUBLIC_KEY": ""},
            fail(
                "agents",
                f"{SECRET} lacks LANGFUSE_BASEURL, LANGFUSE_PUBLIC_KEY",
                cause="it is of an earlier deployment, or something else writes it",
                command=UP,
                section="secret-not-synced",
            ),
        ),
        (
            {**DATA, "LANGFUSE_HOST": "https://old.example.com"},
            fail(
                "agents",
                f"{SECRET} sends agents to https://old.example.com; the stack has {HOST}",
                cause="the stack was not deployed since agents.url or the host changed",
                command=UP,
            ),
        ),
        (
            {**DATA, "LANGFUSE_HOST": "https://user:word@old.example.com\x1b[2J\n"},
            fail(
                "agents",
                f"{SECRET} sends agents to https://[secret]@old.example.com; the stack has {HOST}",
                cause="the stack was not deployed since agents.url or the host changed",
                command=UP,
            ),
        ),
        (
            {**DATA, "LANGFUSE_HOST": "https://word@old.example.com"},
            fail(
                "agents",
                f"{SECRET} sends agents to https://[secret]@old.example.com; the stack has {HOST}",
                cause="the stack was not deployed since agents.url or the host changed",
                command=UP,
            ),
        ),
        (
            {**DATA, "LANGFUSE_SECRET_KEY": "sk-lf-old"},
            fail(
                "agents",
                f"{SECRET} has another LANGFUSE_SECRET_KEY than Langfuse's pods",
                cause="a rotated key has not arrived: `up` does not wait for it where agents live",
                command=DELIVERED,
                section="secret-not-synced",
            ),
        ),
        (
            {**DATA, "LANGFUSE_PUBLIC_KEY": "pk-lf-old", "LANGFUSE_SECRET_KEY": "sk-lf-old"},
            fail(
                "agents",
                f"{SECRET} has another LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY than "
                "Langfuse's pods",
                cause="a rotated key has not arrived: `up` does not wait for it where agents live",
                command=DELIVERED,
                section="secret-not-synced",
            ),
        ),
    ],
)
def test_agents_secret_is_compared_with_what_the_pods_have(
    data: dict[str, str] | None, verdict: Verdict
) -> None:
    assert agents.access("ai-agents", data, KEYS, EXPECTED, COMMANDS) == verdict
