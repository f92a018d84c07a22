"""The name of the project."""

from typing import Final

PROJECT: Final = "agent-observability"
"""As in ``Pulumi.yaml``: the namespace of its configuration, and a part of names in AWS."""
