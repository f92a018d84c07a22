"""Each configuration key reaches what the program registers: where it should, and nowhere else.

The keys are those of the settings models. Keys are changed together, in a few stacks, because a
run of the program costs a second; each change is recognised by its place and its value.
"""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Mapping
from typing import Final

import pytest

from tests.support.shared import shared
from tests.support.wiring import (
    elasticache,
    gateway,
    in_aws,
    in_cluster,
    login_and_mail,
    object_storage,
    of_version_4,
)
from tests.support.wiring.changes import changes
from tests.support.wiring.keys import (
    ABSENT,
    Configuration,
    keys,
    other_value,
    put,
    value_at,
)
from tests.support.wiring.scenes import Scene, changed, mistakes, record, to
from tests.support.wiring.values import ELSEWHERE, ONE_VALUE, VALUES
from tooling.engineless.recording import Recording

KEYS: Final = keys()
SCENES: Final[Mapping[str, Scene]] = {
    **in_cluster.SCENES,
    **in_aws.SCENES,
    **of_version_4.SCENES,
    **object_storage.SCENES,
    **elasticache.SCENES,
    **gateway.SCENES,
    **login_and_mail.SCENES,
}


def new_value(name: str, base: Configuration) -> object:
    """Another value of a key than it has in a stack."""
    if name in VALUES:
        return VALUES[name]
    return other_value(KEYS[name], value_at(base, KEYS[name]))


def recorded(configuration: Configuration) -> Recording:
    """One run for all scenes that start from one stack."""
    return _recorded(json.dumps(configuration))


@functools.cache
def _recorded(configuration: str) -> Recording:
    return shared(f"wiring {configuration}", lambda: record(json.loads(configuration)))


def test_every_key_is_listed_with_what_its_change_reaches_or_why_it_reaches_nothing() -> None:
    listed = [name for scene in SCENES.values() for name in scene.rows]

    assert sorted(KEYS.keys() - {*listed, *ELSEWHERE, *ONE_VALUE}) == [], (
        "add the key to a scene in tests/support/wiring; run with a row of {} to see what changes"
    )
    assert sorted({*listed, *ELSEWHERE, *ONE_VALUE, *VALUES} - KEYS.keys()) == []
    assert {*listed} & {*ELSEWHERE, *ONE_VALUE} == {*ELSEWHERE} & {*ONE_VALUE} == set()


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_each_changed_key_changes_what_is_listed_and_nothing_else_changes(scene: Scene) -> None:
    values = {name: new_value(name, scene.base) for name in scene.rows}
    assert [name for name, value in values.items() if value is ABSENT] == [], (
        "give another valid value in tests/support/wiring/values.py"
    )

    after = changed(scene, KEYS, values)
    found = mistakes(scene, KEYS, after, (recorded(scene.base), recorded(after)))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_no_two_keys_of_a_section_get_one_value_so_that_a_swap_is_seen(scene: Scene) -> None:
    values = {name: new_value(name, scene.base) for name in scene.rows}
    given = Counter((KEYS[name].path[:-1], repr(v)) for name, v in values.items() if v is not None)

    assert [place for place, times in given.items() if times > 1] == []


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_key_that_matters_elsewhere_changes_nothing_that_is_registered(name: str) -> None:
    scene, _reason = ELSEWHERE[name]
    base = SCENES[scene].base
    value = new_value(name, base)

    assert value is not ABSENT
    assert changes(recorded(base), recorded(put(base, KEYS[name], value))) == {}


@pytest.mark.parametrize("name", ONE_VALUE)
def test_a_key_with_one_valid_value_has_no_other(name: str) -> None:
    # The engine of a kind of a section is the name of the kind.
    now = name.split(".")[-2] if name.endswith(".engine") else ABSENT

    assert other_value(KEYS[name], now) is ABSENT


@pytest.mark.parametrize(
    ("after", "told"),
    [
        ({"here": ["new"]}, []),
        (
            {"here": ["old"], "there": ["new"]},
            [
                "acknowledge does not reach outputs here.0 as 'new': nothing changes there",
                "no key of the scene should change outputs there.0 = 'new'",
            ],
        ),
        (
            {"here": ["other"]},
            [
                "acknowledge does not reach outputs here.0 as 'new': 'other'",
                "no key of the scene should change outputs here.0 = 'other'",
            ],
        ),
    ],
    ids=["arrives", "elsewhere", "as something else"],
)
def test_problems_are_named_by_key_and_place(
    after: Mapping[str, list[str]], told: list[str]
) -> None:
    scene = Scene(base={"acknowledge": ["old"]}, rows={"acknowledge": to("outputs here.0")})
    runs = Recording("test", exports={"here": ["old"]}), Recording("test", exports=after)

    assert mistakes(scene, KEYS, {"acknowledge": ["new"]}, runs) == told
