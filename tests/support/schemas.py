"""The API schemas of each supported Kubernetes version, applied strictly."""

from __future__ import annotations

import functools
import json
from typing import Any, Final

import kubernetes_validate  # pyright: ignore[reportMissingTypeStubs]
import pytest
from kubernetes_validate import utils  # pyright: ignore[reportMissingTypeStubs]

VERSIONS: Final = ("1.30", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36", "1.37")

_ALL_VERSIONS: Final = functools.cache(utils.all_versions)
_CONTENTS: Final = functools.cache(utils.schema_contents)


@functools.cache
def _fault(text: str, version: str) -> str | None:
    """What is wrong with an object as JSON; variants share most of theirs."""
    with pytest.MonkeyPatch.context() as patch:
        # The library lists a folder and reads a file of megabytes for every object.
        patch.setattr(utils, "all_versions", _ALL_VERSIONS)
        patch.setattr(utils, "schema_contents", _CONTENTS)
        try:
            kubernetes_validate.validate(json.loads(text), version, strict=True)
        except kubernetes_validate.ValidationError as error:
            return f"{'.'.join(str(part) for part in error.path)}: {error.message}"
    return None


def faults(manifest: Any, version: str) -> str | None:  # noqa: ANN401 - JSON
    """What is wrong with an object in a version."""
    return _fault(json.dumps(manifest, sort_keys=True), version)
