"""The policy pack on what the program registers, offline.

The same rules as `pulumi preview --policy-pack policy`, without CLI, cluster or credentials.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from policy.rules import RULES, STACK_RULES
from policy.rules.model import UNKNOWN, Seen
from stacks.stack_files import ROOT
from tooling.engineless import offline, recording
from tooling.engineless.recording import Recording, Resource, reveal
from tooling.kit.exit_codes import FINE, FOUND
from tooling.kit.masking import clean
from tooling.kit.options import add_markdown, add_project, add_stacks


@dataclass(frozen=True, kw_only=True)
class Violation:
    """A rule that a resource breaks."""

    rule: str
    resource: Seen
    message: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.resource.type} {self.resource.name}: {self.message}"


def seen(run: Recording) -> list[Seen]:
    """What a run registered, as the rules see it: components by their outputs."""
    return [_seen(resource, run) for resource in run.resources.values()]


def violations(stack: Sequence[Seen]) -> Iterator[Violation]:
    """Every rule that is broken."""
    for rule in RULES:
        for resource in stack:
            for message in rule.check(resource):
                yield Violation(rule=rule.name, resource=resource, message=message)
    for rule in STACK_RULES:
        for resource, message in rule.check(stack):
            yield Violation(rule=rule.name, resource=resource, message=message)


def _seen(resource: Resource, run: Recording) -> Seen:
    provider = run.resources.get(resource.provider.rpartition("::")[0])
    inputs = resource.inputs if resource.custom else run.registered_outputs.get(resource.urn, {})
    return Seen(
        type=resource.type,
        name=resource.name,
        urn=resource.urn,
        inputs=_plain(inputs),
        protect=resource.protect,
        provider=_plain(provider.inputs) if provider else {},
    )


def _plain(value: object) -> dict[str, object]:
    return recording.convert(
        reveal(value), lambda leaf: UNKNOWN if leaf == recording.UNKNOWN else leaf
    )


def report(name: str, stack: Sequence[Seen], found: Sequence[Violation]) -> str:
    """One stack's result, as Markdown that reads well in a terminal too."""
    rules = len(RULES) + len(STACK_RULES)
    if not found:
        return f"**{name}**: {rules} rules, {len(stack)} resources, no violation.\n"
    lines = [f"**{name}**: {len(found)} violation{'s' * (len(found) > 1)} of {rules} rules.", ""]
    lines += [f"- {clean(str(violation))}" for violation in found]
    return "\n".join(lines) + "\n"


def options(parser: argparse.ArgumentParser) -> None:
    add_stacks(parser)
    add_project(parser)
    add_markdown(parser)


def run(given: argparse.Namespace) -> int:
    """Check stacks; a rule that is broken is a finding."""
    documents: list[str] = []
    broken = False
    for name in given.stack:
        stack = seen(offline.record(name, project=ROOT / given.project))
        found = list(violations(stack))
        broken = broken or bool(found)
        documents.append(report(str(PurePosixPath(given.project, name)), stack, found))
    text = "\n".join(documents)
    if given.markdown:
        given.markdown.write_text(text, encoding="utf-8")
    print(text, end="")
    return FOUND if broken else FINE
