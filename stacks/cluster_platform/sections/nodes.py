"""Section ``nodes``: which machines Auto Mode may start."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stacks.settings.machinery.section import Section


class Nodes(Section):
    """Machines of the types C, M and R, of generation 6 and newer, which Auto Mode starts for pods
    that wait and ends when they are not needed. None lives longer than two weeks."""

    architectures: tuple[Literal["arm64", "amd64"], ...] = ("arm64", "amd64")
    """Processors. With both, the cheaper one that is available is started: images have to be there
    for both, as those of Langfuse are."""
    capacity: tuple[Literal["on-demand", "spot"], ...] = ("on-demand",)
    """How machines are bought. AWS takes a spot machine back at two minutes' notice."""
    max_cpus: Annotated[int, Field(ge=4, le=10_000)] = 64
    """CPUs of all nodes together: pods wait when they are used up."""
    max_memory_gib: Annotated[int, Field(ge=8, le=100_000)] = 256
    """Memory of all nodes together, in GiB."""
