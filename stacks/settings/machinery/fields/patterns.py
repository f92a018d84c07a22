"""Regular expressions of Go, which has RE2's: https://github.com/google/re2/wiki/Syntax."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from stacks.settings.machinery.rule import Rule

_MOST_REPEATS: Final = 1000
_DEEPEST: Final = 100

_COUNTED: Final = re.compile(r"\{(\d+)(,(\d*))?\}", re.ASCII)
_GROUP: Final = re.compile(
    r"\((?:\?(?:P?<(?P<name>\w+)>|(?P<flags>[imsU]*(?:-[imsU]+)?)(?P<end>[:)])))?", re.ASCII
)
_ESCAPE: Final = re.compile(
    r"\\(?:(?P<empty>[AbBz])|[dDsSwWaftnrv]|[pP](?:[LMNPSZC]|\{\^?(?P<script>\w+)\})"
    r"|0[0-7]{0,2}|[1-7][0-7]{1,2}|x[0-9A-Fa-f]{2}|x\{(?P<code>[0-9A-Fa-f]{1,6})\}"
    r"|[ -/:-@\[-`{-~])",
    re.ASCII,
)
_CLASSES: Final = frozenset(
    {
        *("L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P"),
        *("Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl"),
        *("Zp", "C", "Cc", "Cf", "Co", "Cs", "Arabic", "Bengali", "Cyrillic", "Devanagari"),
        *("Greek", "Han", "Hangul", "Hebrew", "Hiragana", "Katakana", "Latin", "Thai"),
    }
)
"""Those that have some use for masking; Go knows more."""
_NAMED: Final = re.compile(
    r"\[:\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word"
    r"|xdigit):\]"
)
_NOT_IN_RANGES: Final = frozenset("dDsSwWpP")


class _NotOfRe2Error(Exception):
    pass


@dataclass(frozen=True)
class _Part:
    """What is known of a part of a pattern."""

    may_be_empty: bool
    """Whether it matches the empty text."""
    repeats: int = 1
    """Repetitions within one another, multiplied."""


def matches_something(pattern: str) -> bool:
    """Whether Go compiles a pattern that does not match the empty text.

    Stricter than Go: no ``\\Q…\\E``, and few scripts in ``\\p{…}``.
    """
    try:
        return not _Reader(pattern).whole().may_be_empty
    except _NotOfRe2Error:
        return False


class _Reader:
    """Reads a pattern once from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._names: set[str] = set()

    def whole(self) -> _Part:
        part = self._alternatives(0)
        if self._at < len(self._text):
            raise _NotOfRe2Error
        return part

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise _NotOfRe2Error
        self._at = found.end()
        return found

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _alternatives(self, depth: int) -> _Part:
        if depth > _DEEPEST:
            raise _NotOfRe2Error
        parts = [self._sequence(depth)]
        while self._next() == "|":
            self._at += 1
            parts.append(self._sequence(depth))
        return _Part(any(p.may_be_empty for p in parts), max(p.repeats for p in parts))

    def _sequence(self, depth: int) -> _Part:
        parts: list[_Part] = []
        while self._next() not in {"", "|", ")"}:
            part = self._atom(depth)
            if part is not None:
                parts.append(self._repeated(part))
            elif self._quantifier() is not None:
                raise _NotOfRe2Error
        return _Part(all(p.may_be_empty for p in parts), max((p.repeats for p in parts), default=1))

    def _repeated(self, part: _Part) -> _Part:
        found = self._quantifier()
        if found is None:
            return part
        least, most = found
        if self._quantifier() is not None:
            raise _NotOfRe2Error
        repeats = part.repeats * max(most, 1)
        if repeats > _MOST_REPEATS:
            raise _NotOfRe2Error
        return _Part(part.may_be_empty or least == 0, repeats)

    def _quantifier(self) -> tuple[int, int] | None:
        """How often at least, and the larger of both numbers that are written out."""
        sign = self._next()
        if sign and sign in "*+?":
            self._at += 1
            counts = (1 if sign == "+" else 0, 1)
        elif counted := _COUNTED.match(self._text, self._at):
            self._at = counted.end()
            least = int(counted[1])
            most = int(counted[3]) if counted[3] else least
            if least > most:
                raise _NotOfRe2Error
            counts = (least, most)
        else:
            return None
        if self._next() == "?":
            self._at += 1
        return counts

    def _atom(self, depth: int) -> _Part | None:
        """None for flags, which stand for no text and cannot be repeated."""
        sign = self._next()
        if sign == "(":
            return self._group(depth)
        if sign == "[":
            self._class()
            return _Part(may_be_empty=False)
        if sign == "\\":
            return _Part(may_be_empty=self._escape()["empty"] is not None)
        if sign in "*+?" or (sign == "{" and _COUNTED.match(self._text, self._at)):
            raise _NotOfRe2Error
        self._at += 1
        return _Part(may_be_empty=sign in "^$")

    def _group(self, depth: int) -> _Part | None:
        found = self._take(_GROUP)
        if (name := found["name"]) is not None:
            if name in self._names:
                raise _NotOfRe2Error
            self._names.add(name)
        if found["end"] == ")":
            if not found["flags"]:
                raise _NotOfRe2Error
            return None
        part = self._alternatives(depth + 1)
        if self._next() != ")":
            raise _NotOfRe2Error
        self._at += 1
        return part

    def _escape(self) -> re.Match[str]:
        found = self._take(_ESCAPE)
        if found["script"] is not None and found["script"] not in _CLASSES:
            raise _NotOfRe2Error
        if found["code"] is not None and int(found["code"], 16) > 0x10FFFF:
            raise _NotOfRe2Error
        return found

    def _class(self) -> None:
        self._at += 1
        if self._next() == "^":
            self._at += 1
        first = True
        while first or self._next() != "]":
            first = False
            if named := _NAMED.match(self._text, self._at):
                self._at = named.end()
                continue
            if self._text.startswith("[:", self._at):
                raise _NotOfRe2Error  # Go looks for a name up to the next ":]"
            low = self._one_of_class()
            if self._next() == "-" and self._text[self._at + 1 : self._at + 2] not in {"", "]"}:
                self._at += 1
                high = self._one_of_class()
                if low is None or high is None or low > high:
                    raise _NotOfRe2Error
        self._at += 1

    def _one_of_class(self) -> int | None:
        """The character's number; None for what stands for several."""
        sign = self._next()
        if not sign:
            raise _NotOfRe2Error
        if sign != "\\":
            self._at += 1
            return ord(sign)
        found = self._escape()
        text = found[0][1:]
        if found["empty"] is not None:
            raise _NotOfRe2Error
        if text[0] in _NOT_IN_RANGES:
            return None
        return _number(text)


def _number(escape: str) -> int:
    """The number of the character that an escape stands for, without its backslash."""
    if escape[0] == "x":
        return int(escape[1:].strip("{}"), 16)
    if escape[0].isdigit():
        return int(escape, 8)
    return ord(
        {"a": "\a", "f": "\f", "t": "\t", "n": "\n", "r": "\r", "v": "\v"}.get(escape, escape)
    )


Pattern = Annotated[
    str,
    Rule(
        "must be a regular expression of RE2 that does not match the empty text: without "
        "lookaround, backreferences and possessive groups, with at most 1,000 repetitions",
        matches_something,
    ),
    Field(examples=["EMP-[0-9]{6}"]),
]
