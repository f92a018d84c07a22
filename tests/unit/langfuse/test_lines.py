"""The lines of releases: what each needs, its modes, and what is said of a newer one."""

from __future__ import annotations

import pytest

from components.langfuse import variables, versions
from components.langfuse.environment import (
    LangfuseSettings,
    plain_environment,
    web_environment,
    worker_environment,
)
from components.langfuse.storage_environment import (
    Store,
    from_version_3,
    keys_from_version_3,
    static_keys,
    storage_environment,
)
from components.langfuse.variables import Container
from components.langfuse.versions import LINES, Version
from tests.support.recordings import inputs, recorded

PREFIX = "LANGFUSE_MIGRATION_V4_"
MODES = {
    "4.0.0": {
        "LANGFUSE_BACKGROUND_MIGRATION_V4_ENABLE_HISTORIC_BACKFILL": "true",
        f"{PREFIX}ALLOW_PREVIEW_OPT_IN": "true",
        f"{PREFIX}NATIVE_OTEL_BEHAVIOUR": "direct",
        f"{PREFIX}WRITE_MODE": "events_only",
    },
    "3.225.4": {
        "LANGFUSE_BACKGROUND_MIGRATION_V4_ENABLE_HISTORIC_BACKFILL": "false",
        f"{PREFIX}ALLOW_PREVIEW_OPT_IN": "false",
        f"{PREFIX}NATIVE_OTEL_BEHAVIOUR": "dual_write",
        f"{PREFIX}WRITE_MODE": "legacy",
    },
    "2.95.12": {},
}


@pytest.mark.parametrize("release", MODES)
def test_every_mode_of_a_new_installation_is_written(release: str) -> None:
    version = Version.parse(release)
    settings = LangfuseSettings(
        version=version, public_url="https://langfuse.example.com", memory_limit="2Gi"
    )

    written = {k: v for k, v in plain_environment(settings).items() if "_V4_" in k}
    assert written == MODES[release]


SILENT = {"OTEL_TRACES_SAMPLER": "always_off", "OTEL_TRACE_SAMPLING_RATIO": "0.0000000001"}


@pytest.mark.parametrize(
    ("release", "exports", "expected"),
    [
        ("2.75.0", False, {}),
        ("2.95.12", False, {}),
        ("3.225.4", False, SILENT),
        ("4.0.0", False, SILENT),
        ("4.16.0", False, SILENT),
        ("3.225.4", True, {}),
        ("4.16.0", True, {}),
    ],
)
def test_langfuse_sends_spans_of_its_own_only_to_a_place_that_was_named(
    release: str, exports: bool, expected: dict[str, str]
) -> None:
    settings = LangfuseSettings(
        version=Version.parse(release),
        public_url="https://langfuse.example.com",
        memory_limit="2Gi",
        exports_spans=exports,
    )

    written = {k: v for k, v in plain_environment(settings).items() if k.startswith("OTEL_")}
    assert written == expected


def test_no_span_is_sampled_by_the_ratio_of_web_pods() -> None:
    # TraceIdRatioBasedSampler of OpenTelemetry for JavaScript compares 32 bits with this limit.
    assert int(float(SILENT["OTEL_TRACE_SAMPLING_RATIO"]) * 0xFFFFFFFF) == 0
    assert variables.form("OTEL_TRACE_SAMPLING_RATIO", Version(4, 16, 0)) is not None


@pytest.mark.parametrize("section", ["environment", "secretEnvironment"])
def test_the_place_of_its_spans_may_be_secret(section: str) -> None:
    place: object = "https://otel.example.com"
    given = {"environment": place, "secretEnvironment": {"secure": "v1:ciphertext"}}[section]
    recording = recorded("dev", langfuse={section: {"OTEL_EXPORTER_OTLP_ENDPOINT": given}})
    silent = inputs(recorded("dev"), "langfuse-config")["data"]

    found = inputs(recording, "langfuse-config")["data"]
    assert {k: v for k, v in silent.items() if k.startswith("OTEL_")} == SILENT
    assert {k for k in found if k.startswith("OTEL_TRACE")} == set()


@pytest.mark.parametrize(
    ("release", "supported"),
    [
        ("2.74.9", False),
        ("2.75.0", True),
        ("2.95.2", False),
        ("2.95.12", True),
        ("2.96.0", False),
        ("3.225.3", False),
        ("3.225.4", True),
        ("3.226.0", True),
        ("3.999.0", True),
        ("4.0.0", True),
        ("4.99.0", True),
        ("5.0.0", False),
    ],
)
def test_which_releases_the_program_runs(release: str, supported: bool) -> None:
    assert (versions.line(Version.parse(release)) is not None) == supported


def test_a_line_says_what_its_releases_need() -> None:
    assert {
        major: (sorted(line.services), line.worker, line.postgres) for major, line in LINES.items()
    } == {
        2: ([], False, 12),
        3: (["cache", "clickhouse", "storage"], True, 12),
        4: (["cache", "clickhouse", "storage"], True, 15),
    }


def test_the_newest_release_that_was_read_is_the_default() -> None:
    assert versions.DEFAULT == LINES[4].newest == Version(4, 16, 0)


def test_a_release_is_warned_of_if_it_is_newer_than_the_newest_that_was_read() -> None:
    assert [versions.unread(Version.parse(r)) for r in ("2.95.12", "3.225.4", "4.16.0")] == [
        None
    ] * 3
    assert versions.unread(Version(4, 999, 0)) == (
        f"Langfuse 4.999.0 is newer than {versions.DEFAULT}, the newest release whose settings and "
        "migrations this program knows: read its release notes before it meets production."
    )


EVERY_RELEASE = sorted(
    {*versions.RELEASES, *(r for m in (3, 4) for r in (LINES[m].first, LINES[m].newest))}
)


@pytest.mark.parametrize("version", EVERY_RELEASE, ids=str)
def test_no_release_gets_a_variable_that_it_does_not_read(version: Version) -> None:
    full = LangfuseSettings(
        version=version,
        public_url="https://langfuse.example.com",
        memory_limit="2Gi",
        admin_email="admin@example.com",
        log_level="info" if version >= versions.LOG_SETTINGS else None,
    )
    keys = {"accessKeyId": "a", "secretAccessKey": "b"}
    if versions.needs(version):
        store: Store[str] = Store(endpoint="https://a", force_path_style=True, links="https://b")
        storage = {
            **from_version_3("b", region="r", exports=True, media=True, store=store),
            **keys_from_version_3(*keys, exports=True, media=True),
        }
    else:
        storage = {
            **storage_environment("b", version=version, region="r", exports=True, media=True),
            **static_keys(*keys),
        }
    own = {"web": web_environment("2Gi"), "worker": worker_environment("2Gi")}

    of_pods = variables.containers(version)
    assert unread({*plain_environment(full), *storage}, version, *of_pods) == set()
    for container in of_pods:
        assert unread({*own[container]}, version, container) == set()


def unread(names: set[str], version: Version, *containers: Container) -> set[str]:
    """What neither the containers read nor Next.js, Node.js and the like."""
    read = {*variables.names(version, containers), "HOSTNAME", "PORT"}
    return {name for name in names - read if not variables.is_read_beside(name)}
