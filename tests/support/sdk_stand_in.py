"""An SDK's virtual environment whose interpreter does what a test wants."""

from __future__ import annotations

import json
import shlex
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def stand_in(folder: Path, name: str, script: str) -> Path:
    """An environment of this name whose interpreter is a shell script."""
    binaries = folder / name / "bin"
    binaries.mkdir(parents=True)
    python = binaries / "python"
    python.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    return binaries.parent


def telling(exchanges: Sequence[dict[str, Any]], then: str = "") -> str:
    """The script of an SDK that sent these requests, before ``then``."""
    nothing: dict[str, Any] = {"method": "POST", "status": 0, "said": "", "errors": []}
    lines = [f"echo {shlex.quote(json.dumps({**nothing, **exchange}))}" for exchange in exchanges]
    return "\n".join(["cat >/dev/null", *lines, then])
