"""Names of the volume of a StatefulSet in the cluster, and of its claim."""

from typing import Final

VOLUME: Final = "data"
"""The volume of the pod, and the template of its claim."""


def claims_begin(stateful_set: str) -> str:
    """What the names of all claims of the StatefulSet begin with: a number follows."""
    return f"{VOLUME}-{stateful_set}-"


def claim(stateful_set: str, number: int = 0) -> str:
    """The claim of one pod, of the only one if there is one."""
    return f"{claims_begin(stateful_set)}{number}"
