"""Keeps secret values out of what people see: an API server's error may quote what it was sent."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterable
from typing import Final

MASK: Final = "[secret]"

_SHORTEST: Final = 4
"""Shorter texts would blank out ordinary words, and hide nothing that cannot be guessed."""


class Masker:
    """Knows secret texts and their base64 form. Safe to use from several threads."""

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
        """``text`` without the secrets; longest first, because one may contain another."""
        with self._lock:
            names = "\n".join(self._names)
            known = [text for text in self._texts if text not in names]
        known.sort(key=len, reverse=True)
        for secret in known:
            text = text.replace(secret, MASK)
        return text
