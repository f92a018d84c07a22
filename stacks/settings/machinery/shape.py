"""What the models' types say: keys, sections, secrets, closed lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from stacks.settings.machinery.section import Section
from stacks.settings.sections.database import ExternalDatabase, RdsDatabase, StatefulSetDatabase

Annotation: TypeAlias = Any
"""A type, as ``typing`` hands it out."""

ENGINES: dict[str, type[Section]] = {
    "statefulSet": StatefulSetDatabase,
    "rds": RdsDatabase,
    "external": ExternalDatabase,
}


def alias(model: type[Section], name: str) -> str:
    """The configuration key of a field."""
    return model.model_fields[name].alias or name


def fields(model: type[Section]) -> dict[str, FieldInfo]:
    """A model's fields by configuration key."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def model_of(annotation: Annotation) -> type[Section] | None:
    """The section that a type holds, the first of several."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next(filter(None, map(model_of, get_args(annotation))), None)


def is_secret(annotation: Annotation) -> bool:
    """Whether a field of this type holds a secret value."""
    return annotation is SecretStr or any(map(is_secret, get_args(annotation)))


def item(annotation: Annotation) -> Annotation:
    """The type of a list's items or of a dictionary's values."""
    return next((part for part in reversed(get_args(annotation)) if part is not Ellipsis), None)


def literals(annotation: Annotation) -> tuple[object, ...]:
    """The values of the closed list that a type is, or none."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(choice for part in get_args(annotation) for choice in literals(part))


def metadata(annotation: Annotation) -> Iterator[object]:
    """What ``Annotated`` says anywhere inside a type."""
    for known in getattr(annotation, "__metadata__", ()):
        yield known
        if isinstance(known, FieldInfo):
            yield from known.metadata
    for part in get_args(annotation):
        yield from metadata(part)
