"""No rule fails on a value, whatever it is and wherever: a preview would stop with a traceback.

The resources are those of the stacks and of every mutation, so that each rule reads something.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import random
from collections.abc import Mapping
from typing import Any, Final

import pytest

from policy.rules import RULES
from policy.rules.model import UNKNOWN, Seen
from tests.support.policy_stacks import STORAGE, broken, new_in, stack
from tests.unit.policy import (
    test_mutations_of_access,
    test_mutations_of_data,
    test_mutations_of_networks,
    test_mutations_of_pods,
    test_mutations_of_secrets,
)
from tooling.kit.json_values import as_list, as_mapping

_TABLES: Final = (
    test_mutations_of_access,
    test_mutations_of_data,
    test_mutations_of_networks,
    test_mutations_of_pods,
    test_mutations_of_secrets,
)
_LEAVES: Final[tuple[Any, ...]] = (
    *(None, UNKNOWN, True, False, 0, -1, 1.5, 10**30, float("inf"), float("nan")),
    *("", "*", "x", "0.0.0.0/0", "::/0", "{", "[]", "null", '{"Statement": [null, 1, "x"]}'),
    *('{"Statement": {"Effect": "Allow", "Principal": [1], "Condition": {"StringLike": 3}}}',),
    *("arn:aws:iam::123456789012:root", "é\x00\ud800", "a" * 5000, "[" * 3000, "=" * 100),
)


@functools.cache
def _resources() -> tuple[Seen, ...]:
    """One resource of each type, with the most inputs that any of that type has."""
    fullest: dict[str, Seen] = {
        seen.type: seen for seen in (*stack("version 2 dev"), *stack(STORAGE))
    }
    for mutation in (m for table in _TABLES for m in table.CAUGHT):
        for seen in new_in(mutation.seen()):
            known = fullest.get(seen.type)
            if known is None or len(str(known.inputs)) < len(str(seen.inputs)):
                fullest[seen.type] = seen
    return tuple(fullest.values())


def _anything(chance: random.Random, depth: int = 4) -> Any:  # noqa: ANN401 - JSON
    shape = chance.random()
    if depth == 0 or shape < 0.5:
        return chance.choice(_LEAVES)
    if shape < 0.75:
        return [_anything(chance, depth - 1) for _ in range(chance.randrange(4))]
    keys = ("name", "value", "Statement", "image", "containers", "spec", "cidr", "x", "0", "")
    return {chance.choice(keys): _anything(chance, depth - 1) for _ in range(chance.randrange(4))}


def _spoilt(value: object, chance: random.Random) -> object:
    """A copy of a value with parts of it replaced by anything; documents are spoilt inside."""
    if chance.random() < 0.1:
        return _anything(chance)
    if (fields := as_mapping(value)) is not None:
        return {key: _spoilt(item, chance) for key, item in fields.items()}
    if (parts := as_list(value)) is not None:
        return [_spoilt(item, chance) for item in parts]
    if isinstance(value, str) and value.startswith("{") and chance.random() < 0.7:
        return _spoilt_document(value, chance)
    return value


def _spoilt_document(text: str, chance: random.Random) -> str:
    try:
        return json.dumps(_spoilt(json.loads(text), chance), default=str)
    except ValueError:
        return text


def _spoilt_inputs(inputs: Mapping[str, Any], chance: random.Random) -> dict[str, Any]:
    return {key: _spoilt(value, chance) for key, value in inputs.items()}


@pytest.mark.parametrize("seed", range(30))
def test_no_rule_fails_on_anything_in_any_input(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same values in every run
    spoilt = [
        dataclasses.replace(
            seen,
            inputs=_spoilt_inputs(seen.inputs, chance),
            provider=_spoilt_inputs(seen.provider, chance),
            protect=chance.random() < 0.5,
        )
        for seen in _resources()
    ]

    assert broken(spoilt) != []


@pytest.mark.parametrize("seed", range(10))
def test_no_rule_fails_on_inputs_that_are_anything(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same values in every run
    keys = sorted({key for seen in _resources() for key in seen.inputs})
    spoilt = [
        dataclasses.replace(seen, inputs={chance.choice(keys): _anything(chance) for _ in range(8)})
        for seen in _resources()
    ]

    assert broken(spoilt) != []


def test_every_type_of_resource_is_tried() -> None:
    types = {seen.type for seen in _resources()}

    assert types >= {seen.type for seen in stack("version 2 prod")}
    assert len(types) >= 150


@pytest.mark.parametrize("variant", ["version 2 dev", "version 2 prod", STORAGE])
def test_one_value_that_is_not_known_yet_breaks_no_rule_about_its_resource(variant: str) -> None:
    said = [
        (seen.name, key, message)
        for seen in stack(variant)
        for key in seen.inputs
        for rule in RULES
        for message in rule.check(dataclasses.replace(seen, inputs={**seen.inputs, key: UNKNOWN}))
    ]

    assert said == []
