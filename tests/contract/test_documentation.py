"""The pages say what the program does: the index is complete, outputs are those of the stacks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from tests.support.stacks import VARIANTS, recorded

ROOT: Final = Path(__file__).resolve().parent.parent.parent
DOCS: Final = ROOT / "docs"


def test_the_readme_is_short_enough_to_be_read() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= 1500


def test_the_index_names_every_page_once() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")

    listed = re.findall(r"^\| \[[^]]+\]\(([\w-]+\.md)\) \|", index, re.MULTILINE)
    assert sorted(listed) == sorted(
        page.name for page in DOCS.glob("*.md") if page.stem != "README"
    )


def test_the_page_of_outputs_lists_exactly_what_stacks_export() -> None:
    page = (DOCS / "outputs.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \| .+ \|$", page, re.MULTILINE))
    exported: list[set[str]] = [set(recorded(variant).exports) for variant in VARIANTS]

    assert rows.keys() == set[str]().union(*exported)
    assert {name for name, when in rows.items() if when == "always"} == exported[0].intersection(
        *exported
    )


def test_every_line_of_the_calendar_leads_to_a_command_or_a_page() -> None:
    page = (DOCS / "calendar.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    rows = re.findall(r"^\| (?!-|look at|do \|)(.+) \|$", page, re.MULTILINE)
    commands = re.findall(r"`make ([a-z-]+)", page)

    assert len(rows) >= 18
    assert [row for row in rows if "`make " not in row and "](" not in row] == []
    assert len(set(commands)) >= 4
    assert set(commands) <= targets
