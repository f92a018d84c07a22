"""Releases of ClickHouse that Langfuse can run on, as far as an image's tag says which it is."""

from __future__ import annotations

import re
from typing import Final

IMAGE: Final = "docker.io/clickhouse/clickhouse-server:26.4.5.143-alpine"
"""The release that Langfuse's own tests run, of the line that it recommends.

The Alpine variant, because its binary is unpacked from an archive. Where the package's script has
given it file capabilities (``setcap``), the kernel refuses to run it in a container that drops all
capabilities.
"""

SERVER_IMAGE: Final = "docker.io/clickhouse/clickhouse-server:26.4.5.143"
KEEPER_IMAGE: Final = "docker.io/clickhouse/clickhouse-keeper:26.4.5.143"
"""The variant that the operator is tested with, for its pods."""

OLDEST: Final = (25, 12)
"""Langfuse 4 needs lightweight updates, the type JSON and text indexes
(https://langfuse.com/self-hosting/deployment/infrastructure/clickhouse)."""

COMPATIBLE: Final = "26.4"
"""Whose defaults the server's settings profile keeps (``compatibility``)."""

TOO_NEW: Final = (26, 8)
"""From here on whole numbers are read as seconds, where Langfuse sends milliseconds
(https://github.com/ClickHouse/ClickHouse/pull/108091). Inserts fail, or store a wrong time, and
every health page says that all is well."""

_WRONG_RESULTS: Final = (
    ((26, 5, 1, 651), (26, 5, 6, 70)),
    ((26, 6, 0, 0), (26, 6, 2, 108)),
    ((26, 7, 0, 0), (26, 7, 1, 1334)),
    ((26, 7, 2, 0), (26, 7, 2, 11)),
)
"""First release with an optimisation that crashes or gives wrong results on Langfuse's joins, and
first release without. Langfuse turns it off from 4.10.0 on only
(packages/shared/src/server/clickhouse/compatibility.ts)."""

_VERSION: Final = re.compile(r"(?<![\w.])v?(\d{2}(?:\.\d+){0,3})(?![\w.])", re.ASCII)


def problem(image: str) -> str | None:
    """Why Langfuse must not run on an image; None where its tag names no such release.

    ``image``: a reference with a tag or a digest, or both.
    """
    tag = image.rsplit("/", 1)[-1].partition("@")[0].partition(":")[2]
    found = _VERSION.search(tag)
    if found is None:
        if "@" in image:
            return None
        return "must say which release it is: a tag that begins with a version, or a digest"
    version = tuple(int(part) for part in found[1].split("."))
    # A tag with fewer parts moves to the newest release that begins with them.
    if len(version) == 1:
        version = (version[0], 99) if version[0] >= TOO_NEW[0] else (version[0], 12)
    if version[:2] < OLDEST:
        return f"is older than {_text(OLDEST)}, the oldest release that Langfuse 4 runs on"
    if version[:2] >= TOO_NEW:
        return (
            f"is, or moves to, {_text(TOO_NEW)} or newer: it reads the times that Langfuse sends "
            "as others, and loses events"
        )
    for first, fixed in _WRONG_RESULTS:
        if len(version) == len(first) and first <= version < fixed:
            return f"crashes or gives wrong results on Langfuse's joins before {_text(fixed)}"
    return None


def with_tag_of(image: str, other: str) -> str:
    """``image`` of the same repository, with the tag of ``other``."""
    folder, slash, name = image.partition("@")[0].rpartition("/")
    return f"{folder}{slash}{name.partition(':')[0]}:{other.rpartition(':')[2]}"


def _text(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
