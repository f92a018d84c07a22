"""What every report shares: its width, its way into the guide, its file for programs. Pure."""

from __future__ import annotations

import json
import textwrap
from typing import Final

WIDTH: Final = 100
"""Columns after which words go on in a line of their own; commands stay whole."""


def wrapped(title: str, text: str) -> str:
    """``text`` behind ``title``, in lines that all begin below its first word."""
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=title,
        subsequent_indent=" " * len(title),
        break_long_words=False,
        break_on_hyphens=False,
    )


def guide(section: str) -> str:
    """Where a section of the troubleshooting guide is; ``section``: its heading."""
    return f"docs/troubleshooting.md#{section.lower()}"


def to_json(document: object) -> str:
    """The text of a report for programs."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
