"""Makes texts fit to be shown: no secret, no control character, one line. Pure."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterable
from typing import Final

from components.secrets.masking import MASK, masked

_SHORTEST: Final = 4
"""Shorter texts would blank out ordinary words, and hide nothing that cannot be guessed."""

LONGEST: Final = 400
"""Characters of somebody else's words in one finding."""

_ESCAPES: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)?")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Masker:
    """Knows secret texts and their base64 form: an API server's error may quote what it was sent.
    Safe to use from several threads."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._names: set[str] = set()
        self._lock = threading.Lock()

    def learn(self, texts: Iterable[str]) -> None:
        plain = {text for text in texts if len(text) >= _SHORTEST}
        encoded = {base64.b64encode(text.encode()).decode() for text in plain}
        with self._lock:
            self._texts |= plain | encoded

    def allow(self, *names: str) -> None:
        """Names that stay readable. A user name that is also part of one hides nothing."""
        with self._lock:
            self._names.update(names)

    def mask(self, text: str) -> str:
        """``text`` without the secrets, and without what looks like one.

        Longest first, because one may contain another.
        """
        with self._lock:
            names = "\n".join(self._names)
            known = [text for text in self._texts if text not in names]
        known.sort(key=len, reverse=True)
        for secret in known:
            text = text.replace(secret, MASK)
        return masked(text)


def printable(text: str) -> str:
    """``text`` without escapes and control characters, on one line."""
    return " ".join(_CONTROL.sub("", _ESCAPES.sub("", text)).splitlines())


def plain(text: str) -> str:
    """``text`` without escapes and control characters, which could hide a secret; lines stay."""
    return _CONTROL.sub("", _ESCAPES.sub("", text.replace("\r", "\n")))


def clean(text: str) -> str:
    """``text`` masked, and without what would steer a terminal."""
    return masked(plain(text))


def quote(text: str, longest: int = LONGEST) -> str:
    """``text`` on one line, clean, and cut where it is too long to be read."""
    line = " ".join(clean(text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def last_line(log: str) -> str:
    """The last line of a log that says something."""
    lines = [line for line in clean(log).splitlines() if line.strip()]
    return quote(lines[-1], 200) if lines else ""
