"""What the models' types say: keys, sections and their variants, secrets, closed lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import Discriminator, Field, SecretStr
from pydantic.fields import FieldInfo

from stacks.settings.machinery.section import Section

Annotation: TypeAlias = Any
"""A type, as ``typing`` hands it out."""


@dataclass(frozen=True, kw_only=True)
class Variants:
    """A discriminated union: sections of which the value of one key selects one."""

    key: str
    """The configuration key that selects."""
    by_tag: Mapping[str, type[Section]]
    """The section for each value of the key, in the order of the union."""


def alias(model: type[Section], name: str) -> str:
    """The configuration key of a field."""
    return model.model_fields[name].alias or name


def fields(model: type[Section]) -> dict[str, FieldInfo]:
    """A model's fields by configuration key."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def type_of(field: FieldInfo) -> Annotation:
    """A field's type, with the discriminator that pydantic moves from the type to the field."""
    if field.discriminator is None:
        return field.annotation
    return Annotated[field.annotation, Field(discriminator=field.discriminator)]


def bare(annotation: Annotation) -> Annotation:
    """A type without its ``Annotated`` metadata and without None."""
    if get_origin(annotation) is Annotated:
        return bare(get_args(annotation)[0])
    given = [part for part in get_args(annotation) if part is not NoneType]
    return bare(given[0]) if _is_union(annotation) and len(given) == 1 else annotation


def variants(annotation: Annotation) -> Variants | None:
    """The discriminated union in a type, with or without None."""
    if _is_union(annotation):
        return next(filter(None, map(variants, get_args(annotation))), None)
    if get_origin(annotation) is not Annotated:
        return None
    inner, *said = get_args(annotation)
    name = next(filter(None, map(_discriminator, said)), None)
    if name is None:
        return variants(inner)
    members = models_of(inner)
    by_tag = {
        str(tag): member
        for member in members
        for tag in literals(member.model_fields[name].annotation)
    }
    return Variants(key=alias(members[0], name), by_tag=by_tag)


def _discriminator(said: object) -> str | None:
    """The name of the field that selects, from the ``Annotated`` metadata."""
    found = said.discriminator if isinstance(said, FieldInfo | Discriminator) else None
    if isinstance(found, Discriminator):
        found = found.discriminator
    return found if isinstance(found, str) else None


def _is_union(annotation: Annotation) -> bool:
    return get_origin(annotation) in {Union, UnionType}


def models_of(annotation: Annotation) -> tuple[type[Section], ...]:
    """The sections that a type holds: several for a union of sections."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return (annotation,)
    return tuple(model for part in get_args(annotation) for model in models_of(part))


def is_secret(annotation: Annotation) -> bool:
    """Whether a field of this type holds a secret value."""
    return annotation is SecretStr or any(map(is_secret, get_args(annotation)))


def holds_secret(annotation: Annotation) -> bool:
    """Whether a value of this type has a secret somewhere inside."""
    inside = (f for model in models_of(annotation) for f in model.model_fields.values())
    return is_secret(annotation) or any(holds_secret(field.annotation) for field in inside)


def item(annotation: Annotation) -> Annotation:
    """The type of a list's items or of a dictionary's values."""
    return next((part for part in reversed(get_args(annotation)) if part is not Ellipsis), None)


def literals(annotation: Annotation) -> tuple[object, ...]:
    """The values of the closed list that a type is, or none."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(choice for part in get_args(annotation) for choice in literals(part))


def is_text(annotation: Annotation) -> bool:
    """Whether every value of a type is text."""
    kind, choices = bare(annotation), literals(annotation)
    return kind in {str, SecretStr} or (
        get_origin(kind) is Literal and all(isinstance(choice, str) for choice in choices)
    )


def metadata(annotation: Annotation) -> Iterator[object]:
    """All ``Annotated`` metadata inside a type."""
    for known in getattr(annotation, "__metadata__", ()):
        yield known
        if isinstance(known, FieldInfo):
            yield from known.metadata
    for part in get_args(annotation):
        yield from metadata(part)
