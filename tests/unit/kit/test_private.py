"""Files with secrets: who may read them, and what an attempt that fails leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tooling.kit import private
from tooling.kit.private import private_folder, write_private


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_file_and_its_folder_are_the_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "secret"

    write_private(file, "value")

    assert (file.read_text(encoding="utf-8"), mode(file), mode(file.parent)) == (
        "value",
        0o600,
        0o700,
    )
    assert [path.name for path in file.parent.iterdir()] == ["secret"]


@pytest.mark.parametrize("left", [0o777, 0o750, 0o701])
def test_a_folder_that_others_can_enter_is_closed(tmp_path: Path, left: int) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(left)

    assert private_folder(folder) == folder

    assert mode(folder) == left & 0o700


def test_a_file_that_others_can_read_is_restricted_before_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret"
    file.write_text("old", encoding="utf-8")
    file.chmod(0o666)

    def no_room(*_arguments: object) -> int:
        raise OSError("no space left")

    monkeypatch.setattr(private.os, "open", no_room)
    with pytest.raises(OSError, match="no space left"):
        write_private(file, "new")

    assert (file.read_text(encoding="utf-8"), mode(file)) == ("old", 0o600)


def test_a_link_in_place_of_the_temporary_file_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("theirs", encoding="utf-8")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "secret.new").symlink_to(other)

    write_private(folder / "secret", "value")

    assert other.read_text(encoding="utf-8") == "theirs"
    assert (folder / "secret").read_text(encoding="utf-8") == "value"
