"""Which releases of ClickHouse Langfuse may run on."""

from __future__ import annotations

import pytest

from components.clickhouse import releases

REPOSITORY = "docker.io/clickhouse/clickhouse-server"
DIGEST = "@sha256:" + 64 * "0"
OLD = "is older than 25.12, the oldest release that Langfuse 4 runs on"
NEW = (
    "is, or moves to, 26.8 or newer: it reads the times that Langfuse sends as others, and loses "
    "events"
)
UNKNOWN = "must say which release it is: a tag that begins with a version, or a digest"


def wrong(fixed: str) -> str:
    return f"crashes or gives wrong results on Langfuse's joins before {fixed}"


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        # What is taken.
        ("26.4.5.143-alpine", None),
        ("26.4", None),
        ("26.4-alpine", None),
        ("25.12", None),
        ("25.12.1.649", None),
        ("25", None),
        ("v26.4.2.10", None),
        ("mirror-26.4.5.143", None),
        ("26.7", None),  # the newest of its line
        ("26.7.1", None),
        # Too old.
        ("25.11.9.9", OLD),
        ("25.8", OLD),
        ("24.3-alpine", OLD),
        ("24", OLD),
        # Too new.
        ("26.8", NEW),
        ("26.8.15.10", NEW),
        ("26.10.1.1-alpine", NEW),
        ("27.1", NEW),
        ("26", NEW),
        ("27-alpine", NEW),
        # The four ranges, from their first release on until the one with the correction.
        ("26.5.1.650", None),
        ("26.5.1.651", wrong("26.5.6.70")),
        ("26.5.6.69-alpine", wrong("26.5.6.70")),
        ("26.5.6.70", None),
        ("26.6.0.0", wrong("26.6.2.108")),
        ("26.6.2.107", wrong("26.6.2.108")),
        ("26.6.2.108", None),
        ("26.7.1.1333", wrong("26.7.1.1334")),
        ("26.7.1.1334", None),
        ("26.7.2.10", wrong("26.7.2.11")),
        ("26.7.2.11", None),
        # No release at all.
        ("lts", UNKNOWN),
        ("head-alpine", UNKNOWN),
        ("latest-alpine", UNKNOWN),
        ("build-1234", UNKNOWN),
    ],
)
def test_a_tag_tells_whether_langfuse_can_run_on_it(tag: str, expected: str | None) -> None:
    assert releases.problem(f"{REPOSITORY}:{tag}") == expected
    assert releases.problem(f"registry.example.com:5000/ch:{tag}") == expected


def test_a_digest_decides_where_the_tag_says_nothing_and_the_tag_where_it_does() -> None:
    assert releases.problem(f"{REPOSITORY}{DIGEST}") is None
    assert releases.problem(f"{REPOSITORY}:lts{DIGEST}") is None
    assert releases.problem(f"{REPOSITORY}:26.9{DIGEST}") == NEW
    assert releases.problem("registry.example.com:5000/clickhouse") == UNKNOWN


def test_the_images_of_this_program_are_taken() -> None:
    images = (releases.IMAGE, releases.SERVER_IMAGE, releases.KEEPER_IMAGE)

    assert [releases.problem(image) for image in images] == [None, None, None]
    assert f"{REPOSITORY}:26.4.5.143-alpine" == releases.IMAGE
