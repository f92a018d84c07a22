"""Files and folders with secrets: no one but their owner reads them, whatever lay there before."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

_FOLDER: Final = 0o700
_FILE: Final = 0o600


def private_folder(path: Path) -> Path:
    """The folder, made if it is missing; one that others can enter is closed to them."""
    path.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
    _tighten(path, _FOLDER)
    return path


def write_private(path: Path, text: str) -> None:
    """Write a file in a private folder, complete or not at all.

    What an earlier run left is closed to others first: an attempt that was cut short goes, and of
    the file itself no reader keeps the way to it open.
    """
    private_folder(path.parent)
    if path.exists() and not path.is_symlink():
        _tighten(path, _FILE)
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)


def _tighten(path: Path, mode: int) -> None:
    if stat.S_IMODE(path.stat().st_mode) & ~mode:
        path.chmod(mode)
