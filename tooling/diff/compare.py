"""Compares what two trees register for a stack. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from tooling.diff import danger, properties
from tooling.diff.model import (
    ABSENT,
    Comparison,
    Difference,
    PropertyChange,
    Resource,
    Snapshot,
)
from tooling.engineless import replacement
from tooling.engineless.recording import convert
from tooling.kit.json_values import covers

_PROTECT = "protect"


def compare(
    stack: str, before: Snapshot | None, after: Snapshot | None, *, project: str = "."
) -> Comparison:
    """What differs from ``before`` to ``after``; None is a side that has no such stack."""
    old, differing = _settled(before or Snapshot(resources={}), after or Snapshot(resources={}))
    new = after or Snapshot(resources={})
    pairs = list(_pairs(old, new))
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
        project=project,
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
        # Acknowledged risks are listed separately, and first.
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


def _settled(old: Snapshot, new: Snapshot) -> tuple[Snapshot, list[Difference]]:
    """``old`` with the names that ``new`` invents, and what differs then.

    The name of a Kubernetes object differs if the object is replaced, and only then: two commits
    need not invent alike. What refers to a replaced object differs too, and may be replaced by it.
    """
    replaced: set[str] = set()
    while True:
        renamed = _renamed(old, new, replaced)
        found = [_difference(a, b, new) for a, b in _pairs(renamed, new)]
        differing = [d for d in found if d is not None]
        more = {d.resource.urn for d in differing if _replaces(d)} - replaced
        if not more:
            return renamed, differing
        replaced |= more


def _pairs(old: Snapshot, new: Snapshot) -> Iterator[tuple[Resource, Resource]]:
    for urn, resource in old.resources.items():
        if urn in new.resources:
            yield resource, new.resources[urn]


def _renamed(old: Snapshot, new: Snapshot, replaced: set[str]) -> Snapshot:
    names = {
        a.invented_name: b.invented_name
        for a, b in _pairs(old, new)
        if a.invented_name and b.invented_name and a.urn not in replaced
    }
    pattern = re.compile("|".join(map(re.escape, names)))

    def leaf(value: object) -> object:
        if not names or not isinstance(value, str):
            return value
        return pattern.sub(lambda found: names[found[0]], value)

    return replace(
        old,
        resources={
            urn: replace(
                resource,
                inputs=convert(resource.inputs, leaf),
                invented_name=names.get(resource.invented_name or "", resource.invented_name),
            )
            for urn, resource in old.resources.items()
        },
        outputs=convert(old.outputs, leaf),
    )


def _difference(before: Resource, after: Resource, side: Snapshot) -> Difference | None:
    found = [
        _judged(change, before, after, side)
        for change in properties.changes(before.inputs, after.inputs)
        if not any(covers(path, change.path) for path in after.ignored)
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
        if any(covers(path, change.path) for change in found):
            yield after, path


def _judged(
    change: PropertyChange, before: Resource, after: Resource, side: Snapshot
) -> PropertyChange:
    provider = side.resources.get(after.provider)
    rules = replacement.rules(
        after.type,
        after.inputs,
        before.inputs,
        provider=provider.inputs if provider else {},
        declared=after.replace_on_changes,
    )
    one_sided = change.before is ABSENT or change.after is ABSENT
    source, unsure = replacement.why(change.path, rules, one_sided=one_sided)
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
            yield resource, _follow(resource, inputs)


def _follow(resource: Resource, inputs: list[str]) -> str:
    """What happens to a resource whose ``inputs`` come from one that is replaced."""
    rules = replacement.rules(resource.type, resource.inputs)
    forced = [name for name in inputs if replacement.why((name,), rules, one_sided=False)[0]]
    verb, names = ("replaced", forced) if forced else ("updated", inputs)
    return f"is {verb} if {' or '.join(f'`{name}`' for name in names)} changes with it"


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
    """Dangerous changes first, then by type and name."""

    def weight(item: Difference) -> tuple[bool, str, str]:
        harmless = not item.dangers and not any(c.danger or c.unsure for c in item.changes)
        return harmless, item.resource.type, item.resource.name

    return tuple(sorted(differences, key=weight))
