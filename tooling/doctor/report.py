"""The doctor's report, as text for people and as JSON for programs. Pure; imports no SDK."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

from tooling.doctor.findings import Finding
from tooling.kit.masking import clean, printable
from tooling.kit.report import guide, to_json, wrapped

_INDENT = " " * 9


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that was found out."""

    stack: str
    findings: Sequence[Finding] = ()
    well: Sequence[str] = field(default_factory=list[str])
    """Titles of the checks that found nothing."""
    state: Sequence[str] = ()
    """What is installed and what comes next, a line each."""
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        return any(finding.severity == "error" for finding in self.findings)


def text(report: Report) -> str:
    """Findings, errors first, then the checks that passed, then the summary."""
    ordered = sorted(report.findings, key=lambda finding: finding.severity != "error")
    blocks = [*map(_block, ordered)]
    state = "\n".join(wrapped(f"{'state':9}", printable(clean(line))) for line in report.state)
    lines = "\n".join(f"{'ok':8} {title}" for title in report.well)
    parts = [*blocks, *filter(None, (state, lines)), _summary(report)]
    return "\n\n".join(parts)


def _block(found: Finding) -> str:
    finding = _printable(found)
    return "\n".join(
        (
            f"{finding.severity:8} {finding.subject}",
            wrapped(_INDENT, finding.cause),
            f"{_INDENT}next: {finding.command}",
            f"{_INDENT}see:  {guide(finding.section)}",
        )
    )


def _printable(finding: Finding) -> Finding:
    """The finding without secrets and control characters: anyone with access to the cluster can
    influence its texts."""
    return replace(
        finding,
        subject=printable(clean(finding.subject)),
        cause=printable(clean(finding.cause)),
        command=printable(clean(finding.command)),
    )


def _summary(report: Report) -> str:
    errors = sum(finding.severity == "error" for finding in report.findings)
    warnings = len(report.findings) - errors
    counted = ", ".join(
        (_count(errors, "error"), _count(warnings, "warning"), f"{len(report.well)} ok")
    )
    return f"Stack {report.stack}: {counted} ({report.seconds:.1f} s)"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def as_json(report: Report) -> str:
    """The report as JSON."""
    document = {
        "stack": report.stack,
        "failed": report.failed,
        "seconds": round(report.seconds, 1),
        "findings": [asdict(_printable(finding)) for finding in report.findings],
        "state": [printable(clean(line)) for line in report.state],
        "ok": list(report.well),
    }
    return to_json(document)
