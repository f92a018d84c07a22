"""Takes the log of a failed run apart: passages, each of one caller. Pure; imports no SDK."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from tooling.doctor.run_log import callers
from tooling.doctor.run_log.marks import Caller

_TYPE: Final = r"(?P<provider>[a-z][\w-]*):(?P<type>[\w./-]+(?::[\w./-]+)?)"
_HEADING: Final = re.compile(rf"^\s*{_TYPE} \((?P<name>[^()\s]+)\):\s*$")
"""Of one resource's messages below `Diagnostics:`."""

_PROGRESS: Final = re.compile(
    rf"^\s*(?:[-+~<>=]{{1,2}} +)?{_TYPE} (?P<name>[\w.-]+) "
    r"(?:creat|updat|delet|read|replac|refresh)\w+ .*?\berror: "
)
"""A line of the run's progress that ends in an error."""

_TITLE: Final = re.compile(
    r"^(?:Diagnostics|Resources|Outputs|Policies|Duration):|^(?:Updating|Previewing|Destroying"
    r"|Refreshing|View (?:Live|in Browser)|Loading policy)\b|^[@$] "
)
"""A line of the run's own report, which ends what was said before."""

_BEGINS: Final = re.compile(r"^\s*(?:error: |warning: |info: |debug: |\* )|^(?:Error|FATAL): ")
_ERROR: Final = re.compile(
    r"^\s*(?:error: |\* )|\berror: |^(?:Error|FATAL): |\"level\": ?\"error\"|\b(?:FATAL|PANIC): "
)
_EMPTY: Final = re.compile(
    r"^\s*(?:(?:error: )?(?:\d+ errors? occurred:|(?:update|preview|destroy|refresh) "
    r"(?:failed|cancell?ed)|.*(?:resource monitor shut|the client connection is closing).*)"
    r"|\* (?:creating|updating|deleting) urn:\S+ \d+ errors? occurred:)\s*$"
)
"""Lines that only say that there are errors, or follow from one."""


@dataclass(kw_only=True)
class Passage:
    """Lines that belong together, of one caller."""

    caller: Caller | None
    """None: nothing says whose they are."""
    resource: str = ""
    """``TYPE NAME`` of the resource that they are about."""
    kind: str = ""
    """Its kind."""
    sure: bool = False
    """Whether the lines themselves show the caller, and not only the resource."""
    lines: list[str] = field(default_factory=list[str])

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def errors(self) -> list[str]:
        """The lines of an error without those that only announce one; empty if it is none."""
        if not any(_ERROR.search(line) for line in self.lines):
            return []
        return [line for line in self.lines if line.strip() and not _EMPTY.match(line)]

    @property
    def is_error(self) -> bool:
        return bool(self.errors)


def passages(text: str) -> list[Passage]:
    """Every line that says something, in exactly one passage, in order."""
    return [found for found in _split(text.splitlines()) if found.text.strip()]


def _split(lines: Iterable[str]) -> Iterator[Passage]:
    block = current = Passage(caller=None)
    for line in lines:
        heading = _HEADING.match(line) or _PROGRESS.match(line)
        if heading is not None:
            yield current
            # A provider itself is configured with what it has of the run: `pulumi:providers:aws`.
            what = heading["type"].removeprefix("providers:")
            provider = heading["provider"] if what == heading["type"] else what
            block = Passage(
                caller=callers.by_resource(provider),
                resource=f"{heading['provider']}:{heading['type']} {heading['name']}",
                kind=what.rpartition(":")[2],
            )
            current = _begin(block)
        elif _TITLE.match(line) or (line.strip() and not line[0].isspace() and block.resource):
            yield current
            block = Passage(caller=None)
            current = _begin(block)
        if not line.strip():
            current.lines.append(line)
            continue
        own = _own(line, block)
        same = own == current.caller and callers.prefix(line) != ""
        if _starts(line, own, current) and not same and heading is None:
            yield current
            current = _begin(block)
        if own is not None and not current.sure:
            current.caller, current.sure = own, True
        current.lines.append(line)
    yield current


def _begin(block: Passage) -> Passage:
    return Passage(caller=block.caller, resource=block.resource, kind=block.kind)


def _own(line: str, block: Passage) -> Caller | None:
    """The caller that the line itself shows."""
    if (written := callers.writer(line)) is not None:
        return written
    spoken = callers.speaker(line)
    if block.caller == "deployer":
        return spoken if spoken == "engine" else None
    if spoken == "langfuse" and block.kind == "Job":
        return "migration"
    return spoken or callers.asker(line, block.kind)


def _starts(line: str, own: Caller | None, current: Passage) -> bool:
    """Whether a line begins a passage."""
    if not current.lines:
        return False
    if _BEGINS.match(line):
        return True
    if own is None:
        return False
    if callers.writer(line) is not None:
        return True
    # Outside of a resource nothing else keeps lines together.
    return own != current.caller if current.sure else not current.resource
