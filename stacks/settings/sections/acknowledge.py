"""Key ``acknowledge``: risks that a stack accepts by name."""

from __future__ import annotations

from typing import Literal

Acknowledgement = Literal[
    "openSignUp",
    "openToTheWorld",
    "noProtection",
    "shortBackups",
    "singleZone",
    "vulnerableRelease",
]
"""Risks that a stack can accept by name."""
