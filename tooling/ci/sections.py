"""Results of a workflow as Markdown for a comment, an issue or a job's summary. Pure.

What is quoted was written by other programs, from files of a pull request: it is masked, cut to a
length, and kept from leaving its block or calling people.
"""

from __future__ import annotations

import re
from typing import Final

from tooling.kit.masking import clean

LONGEST: Final = 30_000
"""Characters of one section: a comment holds two, and GitHub's limit for it is 65,536."""

_TICKS: Final = re.compile(r"`+")
_MENTION: Final = re.compile(r"@(?=[\w-])")
_WORD_JOINER: Final = "\u2060"
"""Invisible; what follows it after an @ is no user's name."""
_RESOURCES: Final = re.compile(r"(?m)^Resources:\n((?:[ \t]+\S.*\n?)+)")


def preview(stack: str, status: int, text: str) -> str:
    """The section of a preview that ended with this exit code and said ``text``."""
    counts = _counts(text)
    if status:
        return _section(f"`pulumi preview` of {stack}: failed", "", text, opened=True)
    title = "no change" if not _changes(counts) else "changes"
    return _section(f"`pulumi preview` of {stack}: {title}", counts, text)


def drift(stack: str, status: int, text: str) -> str:
    """The section of a preview that expected no change."""
    if not status:
        return f"### {stack}: no drift\n\n"
    counts = _counts(text)
    title = "drift" if _changes(counts) else "the look for drift failed"
    return _section(f"{stack}: {title}", counts, text, opened=True)


def offline(stack: str, diff: str, policy: str) -> str:
    """The section of the offline comparison and of the policies, both Markdown themselves."""
    start = f"## {stack}, without a look at what runs\n\n"
    half = (LONGEST - len(start)) // 2 - 10
    parts = (cut(harmless(clean(part).strip()), half) for part in (diff, policy))
    return start + "".join(f"{part}\n\n" for part in parts)


def harmless(markdown: str) -> str:
    """Markdown that mentions no user."""
    return _MENTION.sub(f"@{_WORD_JOINER}", markdown)


def fenced(text: str, longest: int) -> str:
    """A code block with ``text``, which cannot end it; at most ``longest`` characters."""
    text = text.rstrip("\n")
    ticks = "`" * max(3, 1 + max((len(run) for run in _TICKS.findall(text)), default=0))
    room = longest - 2 * len(ticks) - 10
    if room < 200:
        # More back-ticks than fit: the text would be unreadable.
        return fenced(text.replace("`", "'"), longest)
    return f"{ticks}text\n{cut(text, room)}\n{ticks}\n"


def cut(text: str, longest: int) -> str:
    """``text`` with at most ``longest`` characters, in whole lines where it has lines.

    The middle is cut: the errors and the summary are at the end.
    """
    if len(text) <= longest:
        return text
    note = f"\n… cut: {len(text):,} characters; all of it is in the log of the job …\n"
    room = longest - len(note)
    head, tail = text[: room // 2], text[len(text) - (room - room // 2) :]
    head = head[: head.rfind("\n")] if "\n" in head else head
    tail = tail[tail.find("\n") + 1 :] if "\n" in tail else tail
    return f"{head}{note}{tail}"


def _section(title: str, counts: str, text: str, *, opened: bool = False) -> str:
    start = f"## {title}\n\n"
    if counts:
        start += fenced(counts, 2_000) + "\n"
    start += f"<details{' open' if opened else ''}><summary>All of it</summary>\n\n"
    end = "\n</details>\n\n"
    return start + fenced(clean(text), LONGEST - len(start) - len(end)) + end


def _counts(text: str) -> str:
    """The last lines of a preview that count resources; empty if it did not get there."""
    found = _RESOURCES.findall(clean(text))
    return "\n".join(line.strip() for line in found[-1].splitlines()) if found else ""


def _changes(counts: str) -> bool:
    """Whether a line counts anything but unchanged resources."""
    return any(not line.endswith("unchanged") for line in counts.splitlines())
