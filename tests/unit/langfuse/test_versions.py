"""What each release knows: exact values, at every boundary."""

from __future__ import annotations

import re

import pytest

from components.langfuse import versions
from components.langfuse.versions import Version

RELEASES = versions.RELEASES


def test_the_releases_are_in_order_once_each_and_span_the_range() -> None:
    assert list(RELEASES) == sorted(set(RELEASES))
    assert RELEASES[0] == versions.OLDEST == Version(2, 75, 0)
    assert RELEASES[-1] == versions.LAST_2 == Version(2, 95, 12)
    assert len(RELEASES) == 49
    assert Version(2, 95, 2) not in RELEASES


def test_the_release_that_counts_a_failed_migration_as_a_success_is_refused() -> None:
    assert list(versions.REFUSED) == [Version(2, 90, 0)]
    assert set(versions.REFUSED) < set(RELEASES)


@pytest.mark.parametrize(
    ("release", "hole"),
    [
        ("2.94.0", None),
        ("2.95.0", "CVE-2025-65107"),
        ("2.95.11", "CVE-2025-65107"),
        ("2.95.12", None),
    ],
)
def test_a_release_with_a_known_hole_says_so(release: str, hole: str | None) -> None:
    known = versions.vulnerability(Version.parse(release))

    assert (known and known.name) == hole


@pytest.mark.parametrize(
    ("telemetry", "licensed", "reports"),
    [(False, False, False), (True, False, True), (False, True, True)],
)
def test_usage_is_reported_where_it_is_asked_for_or_a_licence_is_given(
    telemetry: bool, licensed: bool, reports: bool
) -> None:
    assert versions.reports_usage(telemetry=telemetry, licensed=licensed) is reports


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
    ],
)
def test_each_feature_starts_at_a_release_right_after_the_last_without(
    since: Version, before: str
) -> None:
    assert RELEASES[RELEASES.index(since) - 1] == Version.parse(before)


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

    assert versions.liveness_path(version, reports_usage=False) == liveness
    assert versions.liveness_path(version, reports_usage=True) is None
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
