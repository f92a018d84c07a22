"""What every command ends with. Pure."""

from __future__ import annotations

from typing import Final

FINE: Final = 0
"""The command did what it says, and found nothing wrong."""

FOUND: Final = 1
"""It found something: an error, a violated rule, a failed check, a stale file."""

UNASKED: Final = 2
"""It could not find out: wrong usage, a broken or missing file, no cluster to start from."""

INTERRUPTED: Final = 130
"""It was stopped by Ctrl-C."""
