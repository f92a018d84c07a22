"""Compares what two trees register for a stack. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from tooling.diff import danger, properties, replacement
from tooling.diff.model import (
    Comparison,
    Difference,
    PropertyChange,
    Resource,
    Snapshot,
)

_PROTECT = "protect"


def compare(stack: str, before: Snapshot | None, after: Snapshot | None) -> Comparison:
    """What differs from ``before`` to ``after``; None is a side that has no such stack."""
    old, new = before or Snapshot(resources={}), after or Snapshot(resources={})
    pairs = [
        (old.resources[urn], new.resources[urn]) for urn in old.resources if urn in new.resources
    ]
    differing = [d for d in (_difference(a, b, new) for a, b in pairs) if d is not None]
    gone = [r for urn, r in old.resources.items() if urn not in new.resources]
    replaced = [d for d in differing if _replaces(d)]
    locked = {urn for urn, r in old.resources.items() if r.protect}
    # The engine refuses to delete what was protected. What is unprotected and replaced in one
    # update it replaces (pkg/resource/deploy/step_generator.go: "we don't look at old.Protect").
    refused = [d for d in replaced if d.resource.protect and d.resource.urn in locked]
    refused += [Difference(resource=r, dangers=_loss(r)) for r in gone if r.urn in locked]
    unprotected = {d.resource.urn for d in replaced if d not in refused} & locked
    return Comparison(
        stack=stack,
        refused=_sorted(refused),
        replaced=_sorted(
            replace(d, dangers=(*_loss(d.resource), *_unlocked(d.resource, unprotected)))
            for d in replaced
            if d not in refused
        ),
        removed=_sorted(
            Difference(resource=r, dangers=_loss(r)) for r in gone if r.urn not in locked
        ),
        changed=_sorted(d for d in differing if not _replaces(d)),
        created=_sorted(
            Difference(resource=r, dangers=_text(danger.of_creation(r)))
            for urn, r in new.resources.items()
            if urn not in old.resources
        ),
        follows=tuple(_follows(new, differing)),
        ignored=tuple(item for a, b in pairs for item in _ignored(a, b)),
        # What is acknowledged is told apart, and first.
        outputs=tuple(
            change
            for change in properties.changes(old.outputs, new.outputs)
            if change.path != ("acknowledged",)
        ),
        acknowledged=tuple(risk for risk in new.acknowledged if risk not in old.acknowledged),
        withdrawn=tuple(risk for risk in old.acknowledged if risk not in new.acknowledged),
        added_stack=before is None,
        removed_stack=after is None,
        invented=_invented(old) | _invented(new),
        unknown_types=tuple(
            sorted(
                {d.resource.type for d in differing if not replacement.is_known(d.resource.type)}
            )
        ),
    )


def _difference(before: Resource, after: Resource, side: Snapshot) -> Difference | None:
    found = [
        _judged(change, before, after, side)
        for change in properties.changes(before.inputs, after.inputs)
        if not any(properties.covers(path, change.path) for path in after.ignored)
    ]
    dangers: tuple[str, ...] = ()
    if before.protect != after.protect:
        found.append(PropertyChange(path=(_PROTECT,), before=before.protect, after=after.protect))
        dangers = () if after.protect else ("Pulumi no longer refuses to delete it",)
    if before.provider != after.provider:
        found.append(
            PropertyChange(
                path=("provider",), before=before.provider, after=after.provider, unsure=True
            )
        )
    if not found:
        return None
    found.sort(key=lambda c: (c.replaces is None, c.danger is None, properties.text(c.path)))
    return Difference(resource=after, changes=tuple(found), dangers=dangers)


def _ignored(before: Resource, after: Resource) -> Iterator[tuple[Resource, str]]:
    found = list(properties.changes(before.inputs, after.inputs))
    for path in after.ignored:
        if any(properties.covers(path, change.path) for change in found):
            yield after, path


def _judged(
    change: PropertyChange, before: Resource, after: Resource, side: Snapshot
) -> PropertyChange:
    source, unsure = replacement.why(change, before, after, side)
    return replace(change, replaces=source, unsure=unsure, danger=danger.of_change(after, change))


def _replaces(difference: Difference) -> bool:
    return any(change.replaces for change in difference.changes)


def _follows(side: Snapshot, differing: list[Difference]) -> Iterator[tuple[Resource, str]]:
    """Resources without a difference of their own that use one which is replaced."""
    replaced = {d.resource.urn for d in differing if _replaces(d)}
    told = {d.resource.urn for d in differing}
    for urn, resource in side.resources.items():
        if urn in told:
            continue
        if resource.provider in replaced:
            yield resource, "is replaced with its provider"
            continue
        inputs = sorted(name for name, urns in resource.uses.items() if replaced & {*urns})
        if inputs:
            yield resource, replacement.follows(resource, inputs)


def _invented(side: Snapshot) -> dict[str, str]:
    return {
        r.invented_name: f"{r.kind} {r.name}" for r in side.resources.values() if r.invented_name
    }


def _loss(resource: Resource) -> tuple[str, ...]:
    return _text(danger.of_loss(resource))


def _unlocked(resource: Resource, unprotected: set[str]) -> tuple[str, ...]:
    if resource.urn not in unprotected:
        return ()
    return ("its protection goes in the same update, so that Pulumi will not refuse",)


def _text(text: str | None) -> tuple[str, ...]:
    return () if text is None else (text,)


def _sorted(differences: Iterable[Difference]) -> tuple[Difference, ...]:
    """What is dangerous first, then by type and name."""

    def weight(item: Difference) -> tuple[bool, str, str]:
        harmless = not item.dangers and not any(c.danger or c.unsure for c in item.changes)
        return harmless, item.resource.type, item.resource.name

    return tuple(sorted(differences, key=weight))


def snapshot(raw: Mapping[str, Any]) -> Snapshot:
    """A side as it was written by ``tooling/diff/snapshot.py``."""
    return Snapshot(
        resources={
            urn: Resource(
                urn=urn,
                type=item["type"],
                name=item["name"],
                inputs=item["inputs"],
                protect=item["protect"],
                provider=item["provider"],
                ignored=tuple(item["ignored"]),
                replace_on_changes=tuple(item["replaceOnChanges"]),
                uses={name: tuple(urns) for name, urns in item["uses"].items()},
                invented_name=item["inventedName"],
            )
            for urn, item in raw["resources"].items()
        },
        outputs=raw["outputs"],
        acknowledged=tuple(raw["acknowledged"]),
    )
