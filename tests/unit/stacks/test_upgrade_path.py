"""The way from Langfuse 2 to 4, one configuration after the other: what each `up` would do.

Recordings of the program. That the API server takes each step is
tests/cluster/test_upgrade_path.py's; what the containers do in it, no test proves.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.support.diffs import comparison, side
from tests.support.upgrade_path import IN_AWS, IN_CLUSTER, PATH, Sections
from tooling.diff.model import Comparison, Difference

RECORDED = Path(__file__).parent / "upgrade_path"

WAYS = {"in_cluster": ("version 2 dev", IN_CLUSTER), "in_aws": ("version 2 prod", IN_AWS)}


def lines(found: Comparison) -> list[str]:
    kinds = {
        "refused": found.refused,
        "replaced": found.replaced,
        "removed": found.removed,
        "updated": found.changed,
        "created": found.created,
    }
    return [
        *(f"  {kind}: {_title(d)}" for kind, differences in kinds.items() for d in differences),
        *(f"  output: {'.'.join(map(str, change.path))}" for change in found.outputs),
    ]


def _title(difference: Difference) -> str:
    resource = difference.resource
    return f"{resource.kind} {resource.name}"


def changes(base: str, services: Sections) -> dict[str, Comparison]:
    """What differs from the configuration before, by the name of the later one."""
    sides = [side(base, **stage.of(services)) for stage in PATH]
    pairs = itertools.pairwise(sides)
    return {stage.name: comparison(*pair) for stage, pair in zip(PATH[1:], pairs, strict=True)}


@pytest.mark.parametrize("way", WAYS)
def test_each_step_does_exactly_what_is_recorded(way: str) -> None:
    base, services = WAYS[way]
    found = changes(base, services)

    text = "".join(
        "".join(f"{line}\n" for line in (name, *lines(changed))) for name, changed in found.items()
    )
    assert text == (RECORDED / f"{way}.txt").read_text(encoding="utf-8")
    assert [n for n, changed in found.items() if changed.refused or changed.unknown_types] == []


@pytest.mark.parametrize("way", WAYS)
def test_no_step_replaces_or_removes_anything_that_holds_data(way: str) -> None:
    gone = {
        difference.resource.kind
        for changed in changes(*WAYS[way]).values()
        for difference in (*changed.replaced, *changed.removed)
    }

    assert gone <= {"ConfigMap", "HorizontalPodAutoscaler", "Job", "secretsmanager.SecretVersion"}


def test_a_migration_runs_where_a_schema_or_what_must_not_be_before_changes() -> None:
    migrating = [
        name
        for name, changed in changes(*WAYS["in_cluster"]).items()
        if "langfuse-migration" in {d.resource.name for d in changed.replaced}
    ]

    assert migrating == ["migrated to 3", "legacy", "dual", "eventsOnly"]
