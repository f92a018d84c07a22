"""Where a value is in a section: the path that people write, the model around it, its field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import get_origin

from pydantic import JsonValue
from pydantic.fields import FieldInfo

from stacks.settings.machinery.section import Section
from stacks.settings.machinery.shape import (
    Annotation,
    Variants,
    bare,
    fields,
    is_secret,
    item,
    models_of,
    type_of,
    variants,
)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A value inside a section."""

    annotation: Annotation
    """The value's type."""
    path: tuple[int | str, ...] = ()
    """As it is written, without the variants that pydantic names on the way."""
    model: type[Section] | None = None
    """The section around the value."""
    field: FieldInfo | None = None
    """The field that holds the value; None for an item of a list or a mapping."""
    union: Variants | None = None
    tag: str = ""
    """The union that the section around the value is of, and the value of its key."""


def locate(root: Annotation, location: Iterable[int | str]) -> Place:
    """The place of a finding of pydantic's in a section of type ``root``."""
    place = Place(annotation=root)
    chosen: tuple[Variants, str] | None = None
    for part in location:
        union = variants(place.annotation) if chosen is None else None
        if part == "[key]":  # the key of a mapping, which comes just before
            continue
        if union is not None and part in union.by_tag:
            chosen = union, str(part)
            continue
        place = _inside(place, part, chosen)
        chosen = None
    return place


def _inside(place: Place, part: int | str, chosen: tuple[Variants, str] | None) -> Place:
    path = (*place.path, part)
    if get_origin(holder := bare(place.annotation)) in {dict, tuple}:
        return Place(annotation=item(holder), path=path)
    union, tag = chosen or (None, "")
    model = union.by_tag[tag] if union is not None else _only(models_of(holder))
    field = fields(model).get(str(part)) if model is not None else None
    annotation = type_of(field) if field is not None else None
    return Place(annotation=annotation, path=path, model=model, field=field, union=union, tag=tag)


def _only(models: tuple[type[Section], ...]) -> type[Section] | None:
    return models[0] if len(models) == 1 else None


def texts(
    annotation: Annotation, value: JsonValue, field: FieldInfo | None = None
) -> Iterator[tuple[Place, str]]:
    """Every text in what is configured for a value of a type, with its place.

    What is unknown is left out, and so is what is no section where one belongs.
    """
    kind = bare(annotation)
    if isinstance(value, list) and get_origin(kind) is tuple:
        parts = [(index, item(kind), part, None) for index, part in enumerate(value)]
    elif isinstance(value, dict) and get_origin(kind) is dict:
        parts = [(name, item(kind), part, None) for name, part in value.items()]
    elif isinstance(value, dict) and not is_secret(annotation):
        model = _selected(annotation, value)
        known = fields(model) if model is not None else {}
        parts = [(name, type_of(f), value[name], f) for name, f in known.items() if name in value]
    else:
        if isinstance(value, str):
            yield Place(annotation=annotation, field=field), value
        return
    for name, inner, part, held_by in parts:
        for place, text in texts(inner, part, held_by):
            yield replace(place, path=(name, *place.path)), text


def _selected(annotation: Annotation, document: dict[str, JsonValue]) -> type[Section] | None:
    """The section that a document is meant for."""
    if (union := variants(annotation)) is not None:
        return union.by_tag.get(str(document.get(union.key)))
    return _only(models_of(annotation))
