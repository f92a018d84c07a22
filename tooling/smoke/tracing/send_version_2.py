"""Writes one trace with Langfuse's SDK for version 2, as an agent does.

Runs in `.venv-smoke`, whose packages the program does not have. Takes a JSON object on standard
input: `host`, `publicKey`, `secretKey`, `seconds`, `ca` (a file of further roots, or null) and
`trace` (arguments of `Langfuse.trace`). Prints what was answered (`recording`).
"""

# The SDK is not installed where types are checked.
# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import json
import os
import sys
from typing import Any

import httpx
from langfuse import Langfuse

from tooling.smoke.tracing.recording import Recorder, roots


def main() -> None:
    """Write the trace; what became of it is for the reader of the output to judge."""
    given: dict[str, Any] = json.load(sys.stdin)
    seconds = given["seconds"]
    langfuse = Langfuse(
        public_key=given["publicKey"],
        secret_key=given["secretKey"],
        host=given["host"],
        httpx_client=httpx.Client(
            timeout=seconds,
            transport=Recorder(roots(given["ca"]), seconds, {}),
            follow_redirects=False,
        ),
        timeout=seconds,
        max_retries=1,
        flush_interval=0.1,
    )
    langfuse.trace(**given["trace"])
    langfuse.flush()
    # All is delivered; a regular end would wait two seconds for threads that have nothing to do.
    os._exit(0)


if __name__ == "__main__":
    main()
