"""Markdown as a Git host shows it: headings and their anchors, links, code. For our own pages."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_HEADING: Final = re.compile(r"(?P<marks>#{1,6}) +(?P<text>.*\S)")
_FENCE: Final = re.compile(r"(?P<indent> *)```(?P<language>\w*)")
_CODE: Final = re.compile(r"`([^`]+)`")
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Heading:
    """A heading and the text below it, up to the next heading of any level."""

    level: int
    text: str
    body: str


@dataclass(frozen=True)
class Block:
    """A fenced block, under the nearest heading of level 2 above it."""

    language: str
    text: str
    section: str


@dataclass(frozen=True)
class Page:
    """A page, taken apart once."""

    headings: tuple[Heading, ...]
    blocks: tuple[Block, ...]
    prose: str
    """Everything outside of fenced blocks."""

    @property
    def anchors(self) -> set[str]:
        """What a link to this page can name behind ``#``."""
        seen = Counter[str]()
        found = set[str]()
        for heading in self.headings:
            anchor = slug(heading.text)
            found.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
            seen[anchor] += 1
        return found

    @property
    def links(self) -> list[str]:
        """Targets of links and pictures."""
        return _LINK.findall(_CODE.sub("", self.prose))

    @property
    def code(self) -> list[str]:
        """Code in lines; a line break within it is a space."""
        return [" ".join(text.split()) for text in _CODE.findall(self.prose)]


def slug(text: str) -> str:
    """The anchor of a heading, by GitHub's rule (https://github.com/gjtorikian/html-pipeline)."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")


def parse(text: str) -> Page:
    """Take a page apart; raises ``ValueError`` for a fence that nothing closes."""
    prose: list[str] = []
    blocks: list[Block] = []
    headings: list[Heading] = []
    bodies: list[list[str]] = []
    section = ""
    lines = iter(text.splitlines())
    for line in lines:
        if fence := _FENCE.match(line):
            content = _fenced(lines)
            blocks.append(Block(fence["language"], content, section))
            found = content
        elif heading := _HEADING.fullmatch(line):
            level = len(heading["marks"])
            section = heading["text"] if level == 2 else section
            headings.append(Heading(level, heading["text"], ""))
            bodies.append([])
            prose.append(line)
            continue
        else:
            prose.append(line)
            found = line
        if bodies:
            bodies[-1].append(found)
    return Page(
        tuple(
            Heading(heading.level, heading.text, "\n".join(body).strip())
            for heading, body in zip(headings, bodies, strict=True)
        ),
        tuple(blocks),
        "\n".join(prose),
    )


def commands(block: Block) -> list[str]:
    """The commands of a console block, each on one line, without prompt and comment."""
    joined = re.sub(r"\\\n\s*", " ", block.text)
    given = [line[2:] for line in joined.splitlines() if line.startswith("$ ")]
    return [re.sub(r"\s+#.*", "", line).strip() for line in given]


def _fenced(lines: Iterator[str]) -> str:
    content: list[str] = []
    for line in lines:
        if line.strip() == "```":
            return textwrap.dedent("\n".join(content))
        content.append(line)
    raise ValueError("a fenced block has no end")
