"""Custom resource definitions of the operators the program works with.

They come with the operators' Go modules and are read from Go's module cache, so that no
copy has to be kept up to date here.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .state import ClusterError, clean_environment

DOWNLOAD_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class CrdModule:
    """A Go module that holds definitions, pinned by version and content."""

    module: str
    version: str
    checksum: str
    """The module's `h1:` sum, as in a go.sum file."""
    folder: str
    """Where in the module the definitions are."""


EXTERNAL_SECRETS = CrdModule(
    module="github.com/external-secrets/external-secrets",
    version="v1.3.2",
    checksum="h1:u2J8RjlHIeF0oZCqtl92adI/uZWUwOesJIDkfql6LqQ=",
    folder="config/crds/bases",
)
PROMETHEUS_OPERATOR = CrdModule(
    module="github.com/prometheus-operator/prometheus-operator",
    version="v0.85.0",
    checksum="h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
    folder="example/prometheus-operator-crd",
)
ALL = (EXTERNAL_SECRETS, PROMETHEUS_OPERATOR)


def crd_files(module: CrdModule) -> list[Path]:
    """The module's definition files, one custom resource each; downloaded if need be.

    Apply them server-side: some are too large for the annotation of a client-side apply.
    """
    label = f"{module.module}@{module.version}"
    try:
        answer = subprocess.run(  # noqa: S603 - constants, no shell
            ["go", "mod", "download", "-json", label],  # noqa: S607 - the user's own Go
            check=False,
            capture_output=True,
            text=True,
            # Outside any module, so that no other go.mod has an effect.
            cwd=tempfile.gettempdir(),
            env=clean_environment(GOWORK="off"),
            timeout=DOWNLOAD_SECONDS,
        )
        found = json.loads(answer.stdout or "{}")
    except FileNotFoundError as error:
        raise ClusterError(
            f"the definitions in {label} are fetched with Go, and there is no `go` on PATH. "
            "Install Go from https://go.dev/dl/."
        ) from error
    except (subprocess.SubprocessError, ValueError) as error:
        raise ClusterError(f"`go mod download {label}` gave no usable answer: {error}") from error
    if answer.returncode != 0 or "Dir" not in found:
        reason = found.get("Error") or answer.stderr.strip()
        raise ClusterError(
            f"{label} could not be fetched: {reason}. It needs a Go module proxy; see "
            "`go env GOPROXY`."
        )
    if found.get("Sum") != module.checksum:
        raise ClusterError(
            f"{label} is not what was pinned: expected {module.checksum}, got "
            f"{found.get('Sum')}. Look into your Go module proxy; if the version here was "
            f"raised on purpose, set the new sum in {os.path.relpath(__file__)}."
        )
    files = sorted((Path(found["Dir"]) / module.folder).glob("*.yaml"))
    return [file for file in files if file.name != "kustomization.yaml"]
