"""Langfuse's environment variables, by release and container."""

from __future__ import annotations

import re

import pytest

from components.langfuse import variables, versions
from components.langfuse.variables import Container
from components.langfuse.versions import Version

LAST_2 = versions.LAST_2
FOUR = Version(4, 16, 0)


def test_the_table_has_every_variable_of_the_schemas_and_what_is_read_beside_them() -> None:
    table = variables.variables()

    assert len(table) == 593
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]*", name) for name in table)
    assert all(found.containers for found in table.values())
    assert [n for n, v in table.items() if v.last is not None and v.last < v.first] == []


@pytest.mark.parametrize(
    ("version", "web", "worker"),
    [
        (versions.OLDEST, 89, 33),
        (LAST_2, 167, 53),
        (Version(3, 225, 4), 368, 292),
        (FOUR, 379, 308),
    ],
)
def test_a_release_reads_so_many_in_each_container(version: Version, web: int, worker: int) -> None:
    found = (len(variables.names(version, ["web"])), len(variables.names(version, ["worker"])))

    assert found == (web, worker)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("AUTH_OKTA_ISSUER", "2.75.0", None),
        ("AUTH_OKTA_CHECKS", "2.95.0", None),
        ("AUTH_OKTA_CLIENT_AUTH_METHOD", "2.95.0", None),
        ("AUTH_CUSTOM_ID_TOKEN", "2.93.9", None),
        ("AUTH_GITLAB_CLIENT_ID", "2.83.0", None),
        ("AUTH_GITLAB_ISSUER", "2.84.0", None),
        ("AUTH_KEYCLOAK_ISSUER", "2.93.3", None),
        ("AUTH_GITHUB_ENTERPRISE_BASE_URL", "2.93.3", None),
        ("AUTH_IGNORE_ACCOUNT_FIELDS", "2.93.7", None),
        ("AUTH_HTTP_PROXY", "2.94.0", None),
        ("AUTH_AZURE_ALLOW_ACCOUNT_LINKING", "2.75.0", "3.28.2"),
        ("AUTH_AZURE_AD_ALLOW_ACCOUNT_LINKING", "3.27.0", None),
        ("LANGFUSE_UI_LOGO_DARK_MODE_HREF", "2.80.0", None),
        ("LANGFUSE_S3_EVENT_UPLOAD_BUCKET", "2.81.1", None),
        ("LANGFUSE_INIT_ORG_ID", "2.78.0", None),
        ("S3_BUCKET_NAME", "2.75.0", "2.95.12"),
    ],
)
def test_a_variable_has_a_first_and_may_have_a_last_release(
    name: str, first: str, last: str | None
) -> None:
    found = variables.variables()[name]

    assert (str(found.first), str(found.last) if found.last else None) == (first, last)
    assert found.in_release(found.first)
    if last is not None:
        end = Version.parse(last)
        assert found.in_release(end)
        assert not found.in_release(Version(end.major, end.minor, end.patch + 1))
    if found.first.patch:
        assert not found.in_release(Version(found.first.major, found.first.minor, 0))


@pytest.mark.parametrize(
    ("name", "containers"),
    [
        ("AUTH_OKTA_ISSUER", {"web"}),
        ("LANGFUSE_EVAL_CREATOR_WORKER_CONCURRENCY", {"worker"}),
        ("REDIS_CONNECTION_STRING", {"web", "worker"}),
        ("LANGFUSE_S3_EVENT_UPLOAD_BUCKET", {"web", "worker"}),
        ("DATABASE_URL", {"web", "worker"}),
    ],
)
def test_what_both_share_is_read_in_both_containers(name: str, containers: set[Container]) -> None:
    assert variables.variables()[name].containers == containers


def test_what_is_baked_or_starts_nothing_is_not_offered() -> None:
    offered = variables.names(LAST_2, ["web"])

    assert "LANGFUSE_CSP_ENFORCE_HTTPS" in variables.variables()
    assert [n for n in offered if n.startswith(("OTEL_", "NEXT_PUBLIC_", "LANGFUSE_CSP_"))] == []
    assert variables.starts_nothing("OTEL_SERVICE_NAME", LAST_2)
    assert not variables.starts_nothing("OTEL_SERVICE_NAME", FOUR)
    assert variables.is_baked("NEXT_PUBLIC_LANGFUSE_CLOUD_REGION")
    assert not variables.is_baked("LANGFUSE_LOG_LEVEL")


@pytest.mark.parametrize(
    "name", ["AWS_REGION", "NODE_EXTRA_CA_CERTS", "TZ", "SSL_CERT_FILE", "OTEL_TRACES_SAMPLER"]
)
def test_what_other_parts_of_the_image_read_cannot_be_judged(name: str) -> None:
    assert variables.is_read_beside(name)


@pytest.mark.parametrize("name", ["AUTH_OKTA_ISSUER", "MY_TZ", "TZ_", "NODES", "HTTPS_PROXY"])
def test_what_only_begins_like_them_can(name: str) -> None:
    assert not variables.is_read_beside(name)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("AUTH_OKTA_ALLOW_ACCOUNT_LINKING", "true", "True"),
        ("AUTH_DISABLE_USERNAME_PASSWORD", "false", "0"),
        ("AUTH_CUSTOM_ID_TOKEN", "true", "yes"),
        ("LANGFUSE_CACHE_PROMPT_ENABLED", "false", "off"),
        ("LANGFUSE_S3_EVENT_UPLOAD_FORCE_PATH_STYLE", "true", "TRUE"),
        ("AUTH_SESSION_MAX_AGE", "3600", "1h"),
        ("LANGFUSE_CACHE_API_KEY_TTL_SECONDS", "60", "60.5"),
        ("LANGFUSE_INGESTION_QUEUE_DELAY_MS", "0", "-1"),
        ("AUTH_OKTA_ISSUER", "https://example.okta.com", "example.okta.com"),
        ("AUTH_GITHUB_ENTERPRISE_BASE_URL", "https://git.example.com", "ftp://git.example.com"),
        ("AUTH_HTTP_PROXY", "http://proxy.example.com:3128", "proxy.example.com:3128"),
        ("LANGFUSE_UI_SUPPORT_HREF", "https://x/y?z", "mailto:x"),
        ("SMTP_CONNECTION_URL", "smtps://mail.example.com", "mail.example.com:587"),
        ("AUTH_OKTA_CHECKS", "pkce,state", "pkce, state"),
        ("LANGFUSE_DEFAULT_ORG_ROLE", "MEMBER", "Member"),
    ],
)
def test_a_value_has_the_form_that_its_name_asks_for(name: str, good: str, bad: str) -> None:
    form = variables.form(name, LAST_2)

    assert form is not None
    assert re.fullmatch(form.pattern, good)
    assert not re.fullmatch(form.pattern, bad)


def test_mail_by_ses_is_of_version_4() -> None:
    before, after = (variables.form("SMTP_CONNECTION_URL", v) for v in (LAST_2, FOUR))

    assert before is not None
    assert after is not None
    assert re.fullmatch(before.pattern, "ses://eu-west-1") is None
    assert re.fullmatch(after.pattern, "ses://eu-west-1")


@pytest.mark.parametrize(
    "name",
    ["AUTH_OKTA_CLIENT_ID", "AUTH_OKTA_NAME", "LANGFUSE_LLM_AS_JUDGE_QUEUE", "EMAIL_FROM_ADDRESS"],
)
def test_other_values_are_any_text(name: str) -> None:
    assert variables.form(name, LAST_2) is None


def test_a_similar_name_is_found_and_a_strange_one_is_not() -> None:
    names = variables.names(LAST_2, ["web"])

    assert variables.similar("AUTH_OKTA_CLIENT_SECERT", names) == "AUTH_OKTA_CLIENT_SECRET"
    assert variables.similar("MY_OWN_FLAG", names) is None
