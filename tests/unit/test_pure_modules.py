"""The arithmetic and the version rules beside the components: exact values, at every boundary."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from components.kubernetes import quantities
from components.langfuse import lifecycle, versions
from components.langfuse.versions import Version
from components.postgres import url as postgres_url
from components.postgres.rds import sizes as rds_sizes

RELEASES = versions.RELEASES

# Pulumi gives up on a Deployment after 10 minutes unless told otherwise.
PULUMI_AWAIT = 600


def test_the_releases_are_in_order_once_each_and_span_the_range() -> None:
    assert list(RELEASES) == sorted(set(RELEASES))
    assert RELEASES[0] == versions.OLDEST == Version(2, 75, 0)
    assert RELEASES[-1] == versions.LATEST == Version(2, 95, 12)
    assert len(RELEASES) == 49
    assert Version(2, 95, 2) not in RELEASES


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("2.95.12", Version(2, 95, 12)),
        ("0.0.0", Version(0, 0, 0)),
        ("10.20.30", Version(10, 20, 30)),
    ],
)
def test_a_release_is_read_and_written_back(text: str, version: Version) -> None:
    assert Version.parse(text) == version
    assert str(version) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2",
        "2.95",
        "2.95.12.1",
        "v2.95.12",
        "2.95.12-rc.1",
        "2.95.",
        "2.-1.0",
        "2.95.x",
        "\uff12.95.12",
        " 2.95.12",
    ],
)
def test_what_is_no_release_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        Version.parse(text)


def test_releases_are_compared_by_number_not_by_letter() -> None:
    assert Version(2, 95, 12) > Version(2, 95, 9)
    assert Version(2, 100, 0) > Version(2, 95, 12)
    assert Version(3, 0, 0) > Version(2, 100, 100)


@pytest.mark.parametrize(
    ("since", "before"),
    [
        (versions.INIT, "2.77.0"),
        (versions.LOG_SETTINGS, "2.77.0"),
        (versions.READY_ENDPOINT, "2.77.0"),
        (versions.HEALTH_WITHOUT_DATABASE, "2.78.0"),
        (versions.EXPORT_WITHOUT_STATIC_KEYS, "2.81.0"),
        (versions.MEDIA_UPLOAD, "2.89.0"),
        (versions.environment_since("OTEL_SERVICE_NAME"), "2.81.2"),
        (versions.environment_since("AUTH_GITLAB_CLIENT_ID"), "2.82.0"),
        (versions.environment_since("AUTH_KEYCLOAK_ISSUER"), "2.93.2"),
        (versions.environment_since("AUTH_GITHUB_ENTERPRISE_BASE_URL"), "2.93.2"),
        (versions.environment_since("AUTH_IGNORE_ACCOUNT_FIELDS"), "2.93.6"),
        (versions.environment_since("AUTH_HTTP_PROXY"), "2.93.9"),
        (versions.environment_since("AUTH_HTTPS_PROXY"), "2.93.9"),
    ],
)
def test_each_feature_starts_at_a_release_right_after_the_last_without(
    since: Version, before: str
) -> None:
    assert RELEASES[RELEASES.index(since) - 1] == Version.parse(before)


@pytest.mark.parametrize(
    ("name", "since"),
    [
        ("AUTH_OKTA_ISSUER", "2.75.0"),
        ("AUTH_GITHUB_CLIENT_ID", "2.75.0"),
        ("LANGFUSE_INIT_ORG_ID", "2.78.0"),
        ("LANGFUSE_LOG_LEVEL", "2.78.0"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "2.82.0"),
        ("LANGFUSE_S3_MEDIA_UPLOAD_BUCKET", "2.90.0"),
        ("AUTH_KEYCLOAK_CLIENT_ID", "2.93.3"),
        ("AUTH_KEYCLOAK", "2.75.0"),
    ],
)
def test_an_environment_variable_has_a_first_release(name: str, since: str) -> None:
    assert str(versions.environment_since(name)) == since


@pytest.mark.parametrize(
    ("release", "liveness", "readiness"),
    [
        ("2.75.0", None, "/api/public/health"),
        ("2.77.0", None, "/api/public/health"),
        ("2.78.0", None, "/api/public/ready"),
        ("2.79.0", "/api/public/health", "/api/public/ready"),
        ("2.95.12", "/api/public/health", "/api/public/ready"),
    ],
)
def test_probe_paths_follow_the_release(release: str, liveness: str | None, readiness: str) -> None:
    version = Version.parse(release)

    assert versions.liveness_path(version) == liveness
    assert versions.readiness_path(version) == readiness


@pytest.mark.parametrize(
    ("release", "path"),
    [
        ("2.75.0", "/api/public/health"),
        ("2.89.0", "/api/public/health"),
        ("2.90.0", "/api/public/health?failIfDatabaseUnavailable=true"),
        ("2.95.12", "/api/public/health?failIfDatabaseUnavailable=true"),
    ],
)
def test_a_look_from_outside_asks_for_the_database_too_where_it_can(
    release: str, path: str
) -> None:
    assert versions.health_path(Version.parse(release)) == path


def test_a_pod_is_killed_only_after_the_load_balancer_has_drained_it() -> None:
    drained = lifecycle.PRE_STOP + lifecycle.DEREGISTRATION_DELAY

    assert (lifecycle.PRE_STOP, lifecycle.DEREGISTRATION_DELAY) == (15, 30)
    assert lifecycle.TERMINATION_GRACE == 60 > drained


def test_the_server_keeps_idle_connections_longer_than_the_load_balancer() -> None:
    assert lifecycle.LOAD_BALANCER_IDLE_TIMEOUT == 60
    assert lifecycle.KEEP_ALIVE_TIMEOUT == 65 > lifecycle.LOAD_BALANCER_IDLE_TIMEOUT


def test_a_pod_that_does_not_start_is_reported_before_anybody_stops_waiting() -> None:
    assert lifecycle.STARTUP_LIMIT == lifecycle.STARTUP_PERIOD * lifecycle.STARTUP_FAILURES == 300
    assert lifecycle.STARTUP_LIMIT < lifecycle.PROGRESS_DEADLINE < PULUMI_AWAIT


@pytest.mark.parametrize(
    ("quantity", "value"),
    [
        ("0", "0"),
        ("1", "1"),
        ("0.5", "0.5"),
        ("500m", "0.5"),
        ("1m", "0.001"),
        ("1.5m", "0.0015"),
        ("1k", "1000"),
        ("1Ki", "1024"),
        ("1M", "1000000"),
        ("1Mi", "1048576"),
        ("1G", "1000000000"),
        ("1Gi", "1073741824"),
        ("1T", "1000000000000"),
        ("1Ti", "1099511627776"),
        ("1.5Gi", "1610612736"),
        ("0.1Gi", "107374182.4"),
    ],
)
def test_a_quantity_is_read_exactly(quantity: str, value: str) -> None:
    assert quantities.parse(quantity) == Decimal(value)


@pytest.mark.parametrize(
    "quantity",
    [
        "",
        " ",
        "Mi",
        "-1",
        "+1",
        "1 Gi",
        "1gi",
        "1GI",
        "1mi",
        "1KI",
        "1K",
        "1e3",
        "1.",
        ".5",
        "1Gib",
        "1Gi\n",
        "1,5",
    ],
)
def test_what_is_no_quantity_is_refused(quantity: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(quantity)}$"):
        quantities.parse(quantity)


@pytest.mark.parametrize(
    ("limit", "heap"),
    [("2Gi", 1536), ("1536Mi", 1152), ("1Gi", 768), ("512Mi", 384), ("1G", 715), ("65Mi", 48)],
)
def test_the_heap_is_three_quarters_of_the_memory_limit_in_whole_mib(limit: str, heap: int) -> None:
    assert quantities.node_heap_mib(limit) == heap


def _url(*, user: str = "langfuse", word: str = "pw", database: str = "langfuse") -> str:
    return postgres_url.connection_url(
        user=user,
        password=word,
        host="db.example.com",
        port=5433,
        database=database,
        parameters={"sslmode": "require", **postgres_url.pool_parameters(5)},
    )


def test_a_connection_url_has_every_part() -> None:
    assert _url() == (
        "postgresql://langfuse:pw@db.example.com:5433/langfuse"
        "?sslmode=require&connection_limit=5&pool_timeout=10"
    )


@pytest.mark.parametrize(
    ("character", "encoded"),
    [
        ("@", "%40"),
        (":", "%3A"),
        ("/", "%2F"),
        ("?", "%3F"),
        ("#", "%23"),
        ("%", "%25"),
        ("&", "%26"),
        ("+", "%2B"),
        (" ", "%20"),
        ("é", "%C3%A9"),
    ],
)
def test_what_has_a_meaning_in_a_url_is_encoded(character: str, encoded: str) -> None:
    assert f":p{encoded}w@" in _url(word=f"p{character}w")
    assert f"//u{encoded}r:" in _url(user=f"u{character}r")
    assert f":5433/d{encoded}b?" in _url(database=f"d{character}b")


def test_parameters_are_encoded_except_for_the_slashes_of_a_path() -> None:
    url = postgres_url.connection_url(
        user="u",
        password="p",
        host="h",
        port=5432,
        database="d",
        parameters={"sslrootcert": "/etc/rds/ca.pem", "options": "-c search_path=a&b"},
    )

    assert url == (
        "postgresql://u:p@h:5432/d?sslrootcert=/etc/rds/ca.pem&options=-c%20search_path%3Da%26b"
    )


@pytest.mark.parametrize(
    ("replicas", "limit", "connections"), [(1, 1, 8), (4, 5, 35), (10, 5, 65), (17, 5, 100)]
)
def test_connections_are_those_of_all_pods_a_migration_and_a_reserve(
    replicas: int, limit: int, connections: int
) -> None:
    assert (
        postgres_url.required_connections(max_replicas=replicas, connection_limit=limit)
        == connections
    )


@pytest.mark.parametrize(
    ("instance_class", "memory"),
    [
        ("db.t3.micro", 1),
        ("db.t4g.medium", 4),
        ("db.t4g.2xlarge", 32),
        ("db.m7g.large", 8),
        ("db.m6i.24xlarge", 384),
        ("db.r7g.large", 16),
        ("db.r8g.24xlarge", 768),
    ],
)
def test_the_memory_of_an_instance_class_is_known(instance_class: str, memory: int) -> None:
    assert rds_sizes.memory_gib(instance_class) == memory


@pytest.mark.parametrize(
    "instance_class",
    [
        "",
        "m7g.large",
        "db.m7g",
        "db.m7g.micro",
        "db.t4g.4xlarge",
        "db.z9.large",
        "db.M7G.large",
        "db.x2g.large",
    ],
)
def test_an_unknown_instance_class_has_no_memory(instance_class: str) -> None:
    assert rds_sizes.memory_gib(instance_class) is None


@pytest.mark.parametrize(
    ("gib", "connections", "seen"),
    [(1, 84, 87), (4, 388, 410), (8, 794, None), (16, 1605, None), (64, 5000, None)],
)
def test_connections_of_rds_are_estimated_low_and_capped(
    gib: int, connections: int, seen: int | None
) -> None:
    assert rds_sizes.max_connections(gib) == connections
    assert seen is None or connections <= seen


@pytest.mark.parametrize("gib", [1, 2, 4, 8, 16, 32])
def test_more_memory_is_more_connections(gib: int) -> None:
    assert rds_sizes.max_connections(2 * gib) > rds_sizes.max_connections(gib)
