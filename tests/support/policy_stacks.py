"""Stacks as the policy pack sees them, with one thing changed, and what the pack says of it."""

from __future__ import annotations

import copy
import dataclasses
import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from policy.rules import RULES, STACK_RULES
from policy.rules.model import STACK_TYPE, Rule, Seen
from tests.support import stacks
from tooling import policy

Mutate = Callable[[dict[str, Any]], None]

INSTANCE: Final = "langfuse-postgres-instance"
INGRESS: Final = "langfuse-endpoint-ingress"
WEB: Final = "langfuse-deployment"
CACHE: Final = "version 4 with ElastiCache"
STORAGE: Final = "version 2 prod with storage, logs and LangSmith, open to the world"
CONTAINER: Final = "spec/template/spec/containers/0"
POD: Final = "spec/template/spec"
ALB: Final = "alb.ingress.kubernetes.io/"
ACCOUNT: Final = "123456789012"
FOREIGN: Final = "999999999999"
_KINDS: Final = ("aws:", "kubernetes:")


@functools.cache
def stack(variant: str) -> tuple[Seen, ...]:
    return tuple(policy.seen(stacks.recorded(variant)))


def broken(seen: Sequence[Seen]) -> list[tuple[str, str, str]]:
    """Rule, resource and message of ``policy.violations``."""
    of_each = [
        (rule.name, s.name, message) for rule in RULES for s in seen for message in _said(rule, s)
    ]
    of_all = [(r.name, s.name, message) for r in STACK_RULES for s, message in r.check(seen)]
    return of_each + of_all


_SAID: Final[dict[tuple[str, int], tuple[str, ...]]] = {}
"""What a rule says of a resource that the stacks register themselves, which never changes."""


def _said(rule: Rule, seen: Seen) -> tuple[str, ...]:
    if id(seen) not in _registered():
        return tuple(rule.check(seen))
    key = rule.name, id(seen)
    if key not in _SAID:
        _SAID[key] = tuple(rule.check(seen))
    return _SAID[key]


def _walk(inputs: dict[str, Any], path: str) -> tuple[Any, str | int]:
    """The last container on a path, and the key in it; numbers are positions in lists."""
    *keys, last = (int(key) if key.isdigit() else key for key in path.split("/"))
    place: Any = inputs
    for key in keys:
        place = place[key] if isinstance(key, int) else place.setdefault(key, {})
    return place, last


def put(path: str, value: object) -> Mutate:
    """Sets what is at a path."""

    def mutate(inputs: dict[str, Any]) -> None:
        place, last = _walk(inputs, path)
        place[last] = value

    return mutate


def take(path: str) -> Mutate:
    """Takes away what is at a path."""

    def mutate(inputs: dict[str, Any]) -> None:
        place, last = _walk(inputs, path)
        del place[last]

    return mutate


def under(path: str, key: str, value: object) -> Mutate:
    """Sets a key that holds slashes."""

    def mutate(inputs: dict[str, Any]) -> None:
        place, last = _walk(inputs, path)
        place[last] = {**(place.get(last) or {}), key: value}

    return mutate


def statement(**change: object) -> Mutate:
    """Changes the first statement of an IAM document; None takes an element away."""

    def mutate(inputs: dict[str, Any]) -> None:
        key = "assumeRolePolicy" if "assumeRolePolicy" in inputs else "policy"
        document = json.loads(inputs[key])
        first = document["Statement"][0] | change
        document["Statement"][0] = {k: v for k, v in first.items() if v is not None}
        inputs[key] = json.dumps(document)

    return mutate


def one_more(**fields: object) -> Mutate:
    """Adds a statement that allows to an IAM document."""

    def mutate(inputs: dict[str, Any]) -> None:
        key = "assumeRolePolicy" if "assumeRolePolicy" in inputs else "policy"
        document = json.loads(inputs[key])
        document["Statement"].append({"Effect": "Allow", **fields})
        inputs[key] = json.dumps(document)

    return mutate


def changed(variant: str, name: str, *mutates: Mutate | None, **fields: object) -> list[Seen]:
    """A stack with one resource changed."""
    (found,) = (s for s in stack(variant) if s.name == name and s.type.startswith(_KINDS))
    inputs = copy.deepcopy(dict(found.inputs))
    for mutate in mutates:
        if mutate:
            mutate(inputs)
    other = dataclasses.replace(found, inputs=inputs, **fields)  # pyright: ignore[reportArgumentType]
    return [other if s is found else s for s in stack(variant)]


def accepting(seen: Sequence[Seen], *risks: str) -> list[Seen]:
    """A stack that acknowledges risks."""
    return [
        dataclasses.replace(s, inputs={"acknowledged": [*risks]}) if s.type == STACK_TYPE else s
        for s in seen
    ]


@dataclass(frozen=True)
class Mutation:
    """A change that a rule has to refuse, or accepts for a stated reason."""

    what: str
    rules: str
    """The rules that name it, with blanks between them; why it may get through, where none does."""
    seen: Callable[[], list[Seen]]


def change(
    rules: str,
    what: str,
    name: str,
    *mutates: Mutate,
    variant: str = "version 2 prod",
    **fields: object,
) -> Mutation:
    """One resource of a stack is another."""
    return Mutation(what, rules, lambda: changed(variant, name, *mutates, **fields))


_MACHINE: Final = {"metadataOptions": {"httpTokens": "required"}}
_SOUND: Final[Mapping[str, Mapping[str, Any]]] = {
    "aws:ec2/instance:Instance": _MACHINE,
    "aws:ec2/launchTemplate:LaunchTemplate": _MACHINE,
    "aws:eks/cluster:Cluster": {
        "accessConfig": {
            "authenticationMode": "API",
            "bootstrapClusterCreatorAdminPermissions": False,
        },
        "enabledClusterLogTypes": ["audit"],
    },
}
"""What a resource of a kind has that breaks no rule, where it is added for another rule."""


def added(
    rules: str,
    what: str,
    kind: str,
    inputs: Mapping[str, Any],
    variant: str = "version 2 prod",
    *,
    protect: bool = False,
) -> Mutation:
    """A stack has one resource more: of AWS with the account and the tags of the others."""
    provider = {
        "allowedAccountIds": f'["{ACCOUNT}"]',
        "defaultTags": '{"tags": {"service": "agent-observability"}}',
    }
    one = Seen(
        type=kind,
        name="added",
        urn=f"urn:pulumi:prod::agent-observability::{kind}::added",
        inputs={**_SOUND.get(kind, {}), **inputs},
        provider=provider,
        protect=protect,
    )
    return Mutation(what, rules, lambda: [*stack(variant), one])


def without(rules: str, what: str, *names: str, variant: str = "version 2 prod") -> Mutation:
    """A stack without some of its resources."""
    return Mutation(what, rules, lambda: [s for s in stack(variant) if s.name not in names])


def caught(seen: Sequence[Seen]) -> set[str]:
    """The rules that a changed stack breaks: its new resources are judged, and it as a whole."""
    names = {rule.name for rule in RULES for s in new_in(seen) if any(rule.check(s))}
    return names | {rule.name for rule in STACK_RULES if any(rule.check(seen))}


def new_in(seen: Sequence[Seen]) -> list[Seen]:
    """The resources that the stacks do not register themselves."""
    return [s for s in seen if id(s) not in _registered()]


@functools.cache
def _registered() -> frozenset[int]:
    return frozenset(
        id(s)
        for variant in ("version 2 dev", "version 2 prod", STORAGE, CACHE)
        for s in stack(variant)
    )
