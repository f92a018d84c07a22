"""Stands in for Pulumi's random provider, which cannot be built from a Go module.

As `pulumi-resource-random` on PATH the engine starts it; run as a module it says its port, as a
provider does, and ends with the engine that started it.
"""

from __future__ import annotations

import os
import time
from importlib.metadata import version
from typing import Final

from tooling.demo.standins.provider import Asked, StandIn, Values, serving
from tooling.engineless.generated import generate
from tooling.engineless.recording import Secret

PACKAGE: Final = "random"


class Random(StandIn):
    """Passwords and bytes from the operating system's randomness. Nothing of it is kept: what was
    generated is in the engine's state alone, as with the real provider."""

    def __init__(self) -> None:
        super().__init__(PACKAGE, version("pulumi-random"))

    def create(self, asked: Asked) -> tuple[str, Values]:
        made = generate(asked.type, asked.inputs)
        if asked.type == "random:index/randomId:RandomId":
            return made["hex"], {**asked.inputs, **made}
        return "none", {**asked.inputs, **{key: Secret(value) for key, value in made.items()}}


def main() -> None:
    """Serve until the engine has ended."""
    parent = os.getppid()
    with serving(Random()) as port:
        print(port, flush=True)
        # An engine that was killed closes nothing; its child gets another parent then.
        while os.getppid() == parent:
            time.sleep(0.5)


if __name__ == "__main__":
    main()
