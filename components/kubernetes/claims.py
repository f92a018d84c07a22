"""Names of the volume of a StatefulSet in the cluster, and of its claim."""

from typing import Final

VOLUME: Final = "data"
"""The volume of the pod, and the template of its claim."""


def claims_begin(stateful_set: str) -> str:
    """What the names of all claims of the StatefulSet begin with: a number follows."""
    return f"{VOLUME}-{stateful_set}-"


def claim(stateful_set: str) -> str:
    """The claim of the only pod."""
    return f"{claims_begin(stateful_set)}0"
