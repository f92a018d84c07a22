"""The Secret that agents read. Pure; imports no SDK."""

from typing import Final

SECRET_NAME: Final = "agent-observability"  # noqa: S105 - a name
"""In every agent namespace. Agents write it into their manifests: it never changes."""
