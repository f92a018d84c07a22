"""Building from pinned Go modules: what `go` is asked, with a stand-in for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tooling.cluster import ClusterError, build
from tooling.cluster.build import Embedded, Source

pytestmark = pytest.mark.programs

EMBEDDED = Embedded(
    module="example.com/provider", folder="cmd/provider", names=("a.json", "b.json")
)


class Watched:
    """A watcher that watches nothing."""

    def watch_group(self, group: int | None) -> None:
        del group


def go(folder: Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """A `go` of the test's own, alone on PATH; its arguments are in the file `asked`."""
    program = folder / "bin" / "go"
    program.parent.mkdir()
    said = [f'echo "$@" >> {folder}/asked', *lines]
    program.write_text("\n".join(("#!/bin/sh", *said)), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/bin:/usr/bin")


def run(folder: Path, source: Source) -> None:
    build.build(source, folder / "program", Watched(), print)  # pyright: ignore[reportArgumentType]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(build, "MODULES", tmp_path / "gomod")
    (tmp_path / "gomod" / "one").mkdir(parents=True)
    return tmp_path / "gomod" / "one"


def test_a_program_is_built_with_its_version_stamped_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Path
) -> None:
    go(tmp_path, monkeypatch, f"pwd > {tmp_path}/where")

    run(tmp_path, Source(module="one", package="example.com/cmd", stamp={"v.Version": "v1"}))

    assert (tmp_path / "asked").read_text() == (
        f"build -trimpath -ldflags -s -w -X v.Version=v1 -o {tmp_path}/program example.com/cmd\n"
    )
    assert Path((tmp_path / "where").read_text().strip()) == module


def test_embedded_files_are_read_where_the_module_cache_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Path
) -> None:
    go(tmp_path, monkeypatch, """[ "$1" = mod ] && echo '{"Dir": "/cache/provider@v1"}'; exit 0""")

    run(tmp_path, Source(module="one", package=".", embedded=EMBEDDED))

    download, built = (tmp_path / "asked").read_text().splitlines()
    assert download == "mod download -json example.com/provider"
    overlay = tmp_path / "overlay.json"
    assert built.startswith(f"build -trimpath -overlay {overlay} -ldflags ")
    assert json.loads(overlay.read_text()) == {
        "Replace": {
            str(module / name): f"/cache/provider@v1/cmd/provider/{name}"
            for name in ("a.json", "b.json")
        }
    }


@pytest.mark.parametrize("embedded", [EMBEDDED, None])
def test_a_module_that_cannot_be_had_is_one_message_with_what_go_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Path, embedded: Embedded | None
) -> None:
    go(tmp_path, monkeypatch, "echo no such host >&2", "exit 1")

    with pytest.raises(
        ClusterError, match=r"building \. failed\..*Go says:\nno such host$"
    ) as told:
        run(tmp_path, Source(module="one", package=".", embedded=embedded))

    assert str(module / "go.mod") in str(told.value)
