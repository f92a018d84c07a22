"""Types of what names a container image."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import Field

from stacks.settings.machinery.rule import Meant, Rule, matching

# https://github.com/distribution/reference/blob/main/regexp.go
_PART: Final = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY: Final = rf"[a-z0-9]+([.-][a-z0-9]+)*(:\d{{1,5}})?(/{_PART})+"
_IMAGE: Final = rf"{_REPOSITORY}(:\w[\w.-]{{0,127}})?(@sha256:[0-9a-f]{{64}})?"


def _repository(text: str) -> Iterator[str]:
    yield re.sub(r"^[a-z]+://", "", text.lower()).strip("/")


def _reference(text: str) -> Iterator[str]:
    image = re.sub(r"^[a-z]+://", "", text, flags=re.IGNORECASE)
    folder, slash, last = image.rpartition("/")
    name = re.split("[:@]", last)[0]
    where = f"{folder.lower()}/" if slash else "docker.io/library/"
    yield f"{where}{name.lower()}{last[len(name) :]}"


def _digest(text: str) -> Iterator[str]:
    """Behind the image, without its algorithm, in capitals."""
    digits = text.lower().rpartition("@")[2].removeprefix("sha256:")
    yield f"sha256:{digits}"


ImageRepository = Annotated[
    str,
    matching(
        "must be an image repository without tag or digest, such as 'docker.io/langfuse/langfuse'",
        _REPOSITORY,
    ),
    Meant(_repository),
    Field(examples=["docker.io/langfuse/langfuse"]),
]

ImageReference = Annotated[
    str,
    Rule(
        "must be an image with a pinned tag or digest; 'latest' and bare names are not pinned",
        lambda value: (
            re.fullmatch(_IMAGE, value, re.ASCII) is not None
            and not value.endswith(":latest")
            and ("@" in value or ":" in value.rsplit("/", 1)[-1])
        ),
    ),
    Meant(_reference),
]

ImageDigest = Annotated[
    str,
    matching(
        "must be an image digest: 'sha256:' and 64 hexadecimal digits", r"sha256:[0-9a-f]{64}"
    ),
    Meant(_digest),
    Field(examples=["sha256:" + 64 * "0"]),
]
