"""The page about Langfuse's environment variables."""

from __future__ import annotations

import re

from tests.support.configurations import problems
from tooling.docs import environment

ROWS = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|$", environment.page(), re.MULTILINE)


def test_the_page_has_each_variable_once_in_order() -> None:
    names = [name for name, _, _ in ROWS]

    assert len(names) == 122
    assert names == sorted(set(names))


def test_a_row_says_from_when_on_up_to_when_and_what() -> None:
    rows = {name: (releases, value) for name, releases, value in ROWS}

    assert rows["AUTH_OKTA_ISSUER"] == ("all", "an http:// or https:// URL")
    assert rows["AUTH_GITLAB_ISSUER"] == ("from 2.84.0", "an http:// or https:// URL")
    assert rows["AUTH_OKTA_CLIENT_ID"] == ("all", "any text")
    assert rows["LANGFUSE_PROVISION_ORG_ID"] == ("from 2.77.0 up to 2.77.0", "any text")
    assert rows["LANGFUSE_WORKER_HOST"] == ("up to 2.85.1", "any text")
    assert rows["AUTH_AZURE_ALLOW_ACCOUNT_LINKING"] == (
        "all",
        "'true' or 'false', in small letters",
    )


def test_what_the_page_offers_of_the_newest_release_is_taken() -> None:
    """By its name; each with a value of its own form, or a secret."""
    names = [name for name, releases, _ in ROWS if "up to" not in releases]
    found = problems({"langfuse": {"secretEnvironment": dict.fromkeys(names, "x")}})

    assert [p for p in found if "encrypted" not in p.rule] == []


def test_what_the_program_sets_is_not_offered() -> None:
    names = {name for name, _, _ in ROWS}

    assert names.isdisjoint({"SALT", "NEXTAUTH_URL", "DATABASE_URL", "LANGFUSE_INIT_ORG_ID"})
    assert names.isdisjoint({"OTEL_SERVICE_NAME", "LANGFUSE_CSP_ENFORCE_HTTPS", "S3_ENDPOINT"})
