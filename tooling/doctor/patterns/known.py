"""Known error texts of logs, events and failed runs: what each means, and what to do.

Pure; imports no SDK.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Final

from tooling.doctor.findings import Finding, Severity
from tooling.doctor.patterns import aws, cluster, operators, pods, up
from tooling.doctor.place import Place
from tooling.kit.masking import clean, quote

PATTERNS: Final = (
    *pods.PATTERNS,
    *operators.PATTERNS,
    *up.PATTERNS,
    *aws.PATTERNS,
    *cluster.PATTERNS,
)
"""Causes before what follows from them."""


LONGEST_LINE: Final = 2000
"""Characters of a line that are read: the known texts are near its beginning."""


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


def explain(
    text: str, place: Place, sections: Container[str] | None = None
) -> Iterator[Explanation]:
    """The known texts in ``text``, causes before what follows from them; each section once.

    ``sections``: only these.
    """
    # After the masks: a cut could take from a secret what shows that it is one.
    readable = "\n".join(line[:LONGEST_LINE] for line in clean(text).splitlines())
    found = set[str]()
    for pattern in PATTERNS:
        if pattern.section in found or (sections is not None and pattern.section not in sections):
            continue
        match = pattern.text.search(readable)
        if match is not None:
            found.add(pattern.section)
            groups = {key: quote(value or "", 120) for key, value in match.groupdict().items()}
            yield Explanation(
                section=pattern.section,
                cause=pattern.cause(place, groups),
                command=pattern.command(place, groups),
                severity=pattern.severity,
            )
