"""Rules about image references."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..model import UNKNOWN, Rule, Seen, mapping, mappings
from .objects import manifests
from .pod_specs import joined, pods

_IMAGE: Final = re.compile(
    r"(?P<name>.+?)(?::(?P<tag>[\w.-]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_RELEASE: Final = re.compile(r"v?(?P<numbers>\d+(?:\.\d+)*)(?P<suffix>[-_+].*)?")
_COMMIT: Final = re.compile(r"(?:sha-|git-)?(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{12,40}")
_NUMBERS: Final = (("postgres", 2), ("seaweedfs", 2), ("clickhouse", 4))
"""How many numbers a full release has, by a part of the image's name. Others have three."""
_USUAL: Final = 3
_FLOATING: Final = re.compile(r"(?i)latest|nightly|edge|stable|main|master|snapshot|dev\b")
_CHART: Final = re.compile(r"v?\d+\.\d+\.\d+(?:[-+][\w.+-]+)?")


def pinned_image(seen: Seen) -> Iterator[str]:
    for pod in pods(seen):
        for kind, container in pod.containers():
            image = container.get("image")
            if image is UNKNOWN or (image is None and not pod.complete):
                continue
            if image is None or not is_pinned(str(image)):
                where = f"{pod.place}{kind.rpartition(' ')[2]} {container.get('name')}"
                yield f"{where}: image {image}: name a release or a digest"
    for manifest in manifests(seen):
        if manifest.group == "helm.sh":
            yield from _of_chart(manifest.body)


def is_pinned(image: str) -> bool:
    """Whether an image is named by a digest, or by the full number of a release."""
    # The part after the last slash: a registry may have a port.
    found = _IMAGE.fullmatch(image.rpartition("/")[2])
    if found is None:
        return False
    if found["digest"]:
        return True
    tag = found["tag"] or ""
    if _COMMIT.fullmatch(tag):
        return True
    release = _RELEASE.fullmatch(tag)
    if release is None or _FLOATING.search(release["suffix"] or ""):
        return False
    fewest = next((n for part, n in _NUMBERS if part in found["name"]), _USUAL)
    return release["numbers"].count(".") + 1 >= fewest


def _of_chart(body: Mapping[str, Any]) -> Iterator[str]:
    version = body.get("version")
    if body.get("chart") is not None and version is not UNKNOWN:
        local = str(body.get("chart")).startswith((".", "/"))
        if not local and not (isinstance(version, str) and _CHART.fullmatch(version)):
            yield f"chart {body.get('chart')}: version {version}: name a release"
    for path, found in mappings(body.get("values")):
        if "tag" not in found and not isinstance(found.get("image"), str):
            continue
        image = joined(found) if "tag" in found else found["image"]
        if image is not UNKNOWN and mapping(found) and not is_pinned(str(image)):
            yield f"values.{'.'.join(map(str, path))}: image {image}: name a release or a digest"


RULES: Final = (
    Rule(
        name="pinned-image",
        protects="An image is named by a digest or by the full number of a release, not by a "
        "tag that moves with the next release. The registry's owner can still move "
        "a release's tag; only a digest cannot be moved.",
        check=pinned_image,
    ),
)
