"""The page about Langfuse's environment variables."""

from __future__ import annotations

import re

import pytest

from components.langfuse import variables, versions
from components.langfuse.versions import Version
from stacks.settings.rules.environment import owned
from tests.support.configurations import VERSION_4_ELSEWHERE, problems
from tooling.docs import environment

ROWS = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \| (.*?) \|$", environment.page(), re.MULTILINE)


def test_the_page_has_each_variable_once_in_order() -> None:
    names = [name for name, *_ in ROWS]

    assert len(names) == 349
    assert names == sorted(set(names))


def test_a_row_says_in_which_container_from_when_on_up_to_when_and_what() -> None:
    rows = {name: tuple(cells) for name, *cells in ROWS}

    assert rows["AUTH_SESSION_MAX_AGE"] == ("web", "all", "a whole number")
    assert rows["AUTH_GITLAB_CHECKS"][1] == "from 2.95.0"
    assert rows["LANGFUSE_DEFAULT_ORG_ID"] == ("web", "all", "any text")
    assert rows["LANGFUSE_PROVISION_ORG_ID"] == ("web", "from 2.77.0 up to 2.77.0", "any text")
    assert rows["LANGFUSE_WORKER_HOST"] == ("web", "up to 2.85.1", "any text")
    assert rows["AUTH_AZURE_CHECKS"][1] == "from 2.95.0 up to 3.28.2"
    assert rows["LANGFUSE_USE_AZURE_BLOB"] == (
        "both",
        "from 2.93.0",
        "'true' or 'false', in small letters",
    )
    assert rows["LANGFUSE_WEBHOOK_TIMEOUT_MS"] == ("worker", "from 3.82.0", "a whole number")


@pytest.mark.parametrize("release", ["2.75.0", "2.95.12", "3.225.4", "4.0.0", "4.16.0"])
def test_the_page_has_what_a_release_reads_and_the_program_does_not_set(release: str) -> None:
    version = Version.parse(release)
    read = variables.names(version, variables.containers(version))

    assert {name for name in read if owned(name) is None} <= {name for name, *_ in ROWS}


def test_what_no_supported_release_reads_is_not_offered() -> None:
    """In version 3 alone, before the first release that the program runs."""
    gone = {
        name
        for name, found in variables.variables().items()
        if found.first > versions.LAST_2
        and found.last is not None
        and found.last < versions.LINES[3].first
    }

    assert len(gone) >= 5
    assert gone.isdisjoint(name for name, *_ in ROWS)


def test_what_the_page_offers_of_the_newest_release_is_taken() -> None:
    """By its name; each with a value of its own form, or a secret."""
    names = [name for name, _, releases, _ in ROWS if "up to" not in releases]
    langfuse = {"version": "4.16.0", "secretEnvironment": dict.fromkeys(names, "x")}
    stack = {**VERSION_4_ELSEWHERE, "cache": {"engine": "statefulSet"}, "langfuse": langfuse}
    found = problems(stack)

    left = [p for p in found if "encrypted" not in p.rule and "without the provider" not in p.rule]
    assert left == []


def test_what_the_program_sets_is_not_offered() -> None:
    names = {name for name, *_ in ROWS}

    assert names.isdisjoint({"SALT", "NEXTAUTH_URL", "DATABASE_URL", "LANGFUSE_INIT_ORG_ID"})
    assert names.isdisjoint({"AUTH_OKTA_ISSUER", "LANGFUSE_CSP_ENFORCE_HTTPS", "S3_ENDPOINT"})
