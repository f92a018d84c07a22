"""Known error texts of logs, events and failed runs: what each means, and what to do.

Pure; imports no SDK.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Final

from tooling.doctor.findings import Finding, Severity
from tooling.doctor.patterns import (
    agents,
    aws,
    clickhouse,
    cluster,
    engine,
    guard,
    operators,
    pods,
    stores,
    up,
)
from tooling.doctor.patterns.pattern import Pattern
from tooling.doctor.place import Place
from tooling.doctor.run_log.passages import Passage, passages
from tooling.kit.masking import clean, quote

PATTERNS: Final = (
    *engine.PATTERNS,
    *guard.PATTERNS,
    *pods.PATTERNS,
    *clickhouse.PATTERNS,
    *stores.PATTERNS,
    *operators.PATTERNS,
    *up.PATTERNS,
    *aws.PATTERNS,
    *cluster.PATTERNS,
    *agents.PATTERNS,
)
"""Causes before what follows from them."""


LONGEST_LINE: Final = 2000
"""Characters of a line that are read: the known texts are near its beginning."""

_STAMP: Final = re.compile(
    r"^(?:[^\t]{1,100}\t[^\t]{1,100}\t)?\ufeff?"
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d) (?:##\[error\])?"
)
"""What GitHub, GitLab and `kubectl logs --timestamps` put before a line: the time, perhaps after a
job and a step."""

GENERAL: Final = "unknown-error"
"""Section of texts that only say that there was an error."""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """What a text says."""

    section: str
    cause: str
    command: str
    severity: Severity

    def about(self, subject: str) -> Finding:
        return Finding(
            section=self.section,
            severity=self.severity,
            subject=subject,
            cause=self.cause,
            command=self.command,
        )


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a whole log says."""

    explanations: tuple[Explanation, ...]
    """Causes before what follows from them, each once."""
    not_understood: tuple[str, ...]
    """Errors that no known text explains, each once, as the log has them."""


def explain(text: str, place: Place, sections: Container[str]) -> Iterator[Explanation]:
    """The known texts in ``text``, whose writer is known; each section once.

    ``sections``: what that writer can say.
    """
    whole, found = readable(text), set[str]()
    for pattern in PATTERNS:
        if pattern.section in found or pattern.section not in sections or pattern.only_alone:
            continue
        for explanation in _explanations(pattern, whole, "", place):
            found.add(pattern.section)
            yield explanation
            break


def read(log: str, place: Place) -> Reading:
    """What a whole log says: each line is compared with the texts of its own caller only."""
    split = passages(readable(log))
    found: dict[tuple[str, str], Explanation] = {}
    explained = set[int]()
    resources = set[str]()
    sections = [set[str]() for _ in split]
    for pattern in PATTERNS:
        for number, passage in enumerate(split):
            if pattern.section in sections[number] or not _is_about(pattern, passage):
                continue
            known = pattern.only_alone and any(section == pattern.section for section, _ in found)
            for explanation in _explanations(pattern, passage.text, passage.kind, place):
                sections[number].add(pattern.section)
                if not known:
                    found.setdefault((explanation.section, explanation.cause), explanation)
                if pattern.section != GENERAL:
                    explained.add(number)
                    resources.add(passage.resource)
    left = [
        _said(passage)
        for number, passage in enumerate(split)
        if passage.is_error
        and number not in explained
        and not (passage.resource and passage.resource in resources)
        and GENERAL not in sections[number]
    ]
    return Reading(explanations=tuple(found.values()), not_understood=tuple(dict.fromkeys(left)))


def readable(text: str) -> str:
    """``text`` without secrets and without what a workflow puts before each line, its lines cut."""
    # After the masks: a cut could take from a secret what shows that it is one.
    lines = clean(text.replace("\r\n", "\n")).splitlines()
    return "\n".join(_STAMP.sub("", line)[:LONGEST_LINE] for line in lines)


def _is_about(pattern: Pattern, passage: Passage) -> bool:
    return not pattern.by or passage.caller in pattern.by


def _explanations(pattern: Pattern, text: str, kind: str, place: Place) -> Iterator[Explanation]:
    for match in pattern.text.finditer(text):
        groups = {key: quote(value or "", 120) for key, value in match.groupdict().items()}
        groups["resourceKind"] = kind
        yield Explanation(
            section=pattern.section,
            cause=pattern.cause(place, groups),
            command=pattern.command(place, groups),
            severity=pattern.severity,
        )


def _said(passage: Passage) -> str:
    """The error without the lines that only announce one."""
    said = quote(" ".join(passage.errors))
    return f"{passage.resource}: {said}" if passage.resource else said
