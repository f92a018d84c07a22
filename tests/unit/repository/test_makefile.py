"""The commands that `make` composes. Does not prove that packages can be installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from stacks.stack_files import ROOT

pytestmark = pytest.mark.programs


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the Makefile, whose interpreter tells what it was asked for."""
    for file in (ROOT / "Makefile", *ROOT.glob("requirements*.txt")):
        shutil.copy(file, tmp_path)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(
        '#!/bin/sh\necho "$@" >>asked\n'
        'case "$*" in\n'
        "  *bad*) exit 2 ;;\n"
        "  *--sdk-folder*) cat folder ;;\n"
        '  "-m venv "*) mkdir -p "$3/bin"; cp .venv/bin/python "$3/bin" ;;\n'
        "esac\n",
        encoding="utf-8",
    )
    python.chmod(0o755)
    (tmp_path / ".venv" / ".installed").touch()
    return tmp_path


def asked(clone: Path, *words: str) -> tuple[int, list[str]]:
    """The exit code of `make`, and what the interpreters were asked for."""
    done = subprocess.run(["make", *words], cwd=clone, check=False, capture_output=True, text=True)  # noqa: S607
    return done.returncode, (clone / "asked").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("folder", "requirements"),
    [(".venv-smoke", "requirements-smoke.txt"), (".venv-smoke-4", "requirements-smoke-4.txt")],
)
def test_the_smoke_test_installs_the_sdk_that_the_stack_needs_once(
    clone: Path, folder: str, requirements: str
) -> None:
    (clone / "folder").write_text(f"{folder}\n", encoding="utf-8")

    first = asked(clone, "smoke", "STACK=acme", "URL=https://a")
    second = asked(clone, "smoke", "STACK=acme", "URL=https://a")

    which = "-m tooling smoke --stack acme --sdk-folder"
    run = "-m tooling smoke --stack acme --url https://a"
    install = (
        "-m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes "
        f"-r {requirements}"
    )
    assert first == (0, [which, f"-m venv {folder}", install, run])
    assert second == (0, [*first[1], which, run])


def test_a_stack_file_that_cannot_be_read_ends_the_smoke_test(clone: Path) -> None:
    assert asked(clone, "smoke", "STACK=bad") == (
        2,
        ["-m tooling smoke --stack bad --sdk-folder"],
    )
