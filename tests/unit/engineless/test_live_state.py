"""What is remembered between runs, and in which order it is deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tooling.engineless import live
from tooling.engineless.live.state import Entry, Stage, State, deletion_order
from tooling.kubernetes.api import LiveError, Reference

TEXT = "sesame-open-sesame"


def entry(name: str, *dependencies: str, **fields: object) -> Entry:
    return Entry(
        urn=f"urn:{name}",
        name=name,
        type="kubernetes:core/v1:Secret",
        inputs={"stringData": {"key": TEXT}},
        dependencies=tuple(f"urn:{dependency}" for dependency in dependencies),
        **fields,  # pyright: ignore[reportArgumentType]
    )


def generated(name: str, *, protect: bool = False) -> Entry:
    return Entry(
        urn=f"urn:{name}",
        name=name,
        type="random:index/randomPassword:RandomPassword",
        inputs={"length": 8},
        outputs={"result": TEXT},
        protect=protect,
        stage=Stage.READY,
    )


def test_a_state_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "state.json"
    reference = Reference(api_version="v1", kind="Secret", namespace="a", name="one-1")
    state = State.load(file)
    old = entry("one", object=reference, stage=Stage.READY)
    new = entry("one", "two", provider="urn:kubernetes", protect=True)
    state.put(old)
    state.replace(old, new)
    state.put(generated("value"))

    read = State.load(file)

    assert read.entries() == [new, generated("value")]
    assert read.replaced() == [old]
    assert read.get("urn:one") == new
    assert read.get("urn:nothing") is None


def test_only_the_owner_can_read_the_file(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "state.json"

    State.load(file).put(entry("one"))

    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in file.parent.iterdir()] == ["state.json"]


def test_what_an_earlier_run_left_open_is_closed_to_others(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "state.json"
    file.parent.mkdir()
    file.parent.chmod(0o777)
    for leftover in (file, file.with_name("state.json.new")):
        leftover.write_text('{"version": 1, "entries": [], "replaced": []}', encoding="utf-8")
        leftover.chmod(0o666)
    watched = file.with_name("state.json.new").open(encoding="utf-8")

    State.load(file).put(entry("one"))

    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    with watched:  # a process that opened the leftover before sees nothing new in it
        assert "one" not in watched.read()


def test_removing_what_was_replaced_keeps_what_replaced_it(tmp_path: Path) -> None:
    state = State.load(tmp_path / "state.json")
    old, new = entry("one"), entry("one")
    state.put(old)
    state.replace(old, new)

    state.remove(old)
    assert (state.entries(), state.replaced()) == ([new], [])

    state.remove(new)
    assert State.load(tmp_path / "state.json").entries() == []


@pytest.mark.parametrize("text", ["", "{}", '{"version": 0}', "[1]", '{"version": 1}'])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "state.json"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(LiveError, match=f"the state file {file} cannot be read"):
        State.load(file)


def test_an_entry_shows_no_values() -> None:
    assert TEXT not in repr(entry("one"))
    assert TEXT not in repr(generated("value"))


def test_dependents_go_first() -> None:
    namespace, secret = entry("namespace"), entry("secret", "namespace")
    job = entry("job", "secret", "namespace")
    other = entry("other", "namespace")
    provider = entry("provider")
    everything = [provider, namespace, secret, other, job]
    for item in everything[1:]:
        item.provider = provider.urn

    groups = [[e.name for e in group] for group in deletion_order(everything)]

    assert groups == [["other", "job"], ["secret"], ["namespace"], ["provider"]]


def test_a_dependency_that_stays_does_not_count() -> None:
    groups = list(deletion_order([entry("secret", "namespace")]))

    assert [[e.name for e in group] for group in groups] == [["secret"]]


def test_a_circle_is_deleted_all_the_same() -> None:
    names = [
        [e.name for e in group]
        for group in deletion_order([entry("one", "two"), entry("two", "one")])
    ]

    assert names == [["two"], ["one"]]


def test_a_rotated_value_is_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    State.load(file).put(generated("value"))

    live.rotate(file, "value")

    (kept,) = State.load(file).entries()
    assert kept.outputs == {}
    assert kept.inputs == {"length": 8}


def test_only_a_generated_value_that_is_not_protected_is_rotated(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    state = State.load(file)
    state.put(entry("secret"))
    state.put(generated("salt", protect=True))

    with pytest.raises(LiveError, match="RandomPassword salt is protected"):
        live.rotate(file, "salt")
    with pytest.raises(LiveError, match="no generated value secret; there are: salt"):
        live.rotate(file, "secret")


def test_removal_stops_before_it_needs_the_cluster_when_something_is_protected(
    tmp_path: Path,
) -> None:
    file = tmp_path / "state.json"
    State.load(file).put(generated("salt", protect=True))

    with pytest.raises(LiveError, match="nothing was deleted: RandomPassword salt"):
        live.destroy(file)

    assert len(State.load(file).entries()) == 1


def test_removal_of_nothing_is_no_error(tmp_path: Path) -> None:
    assert live.destroy(tmp_path / "state.json") == live.Summary()
