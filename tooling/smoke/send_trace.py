"""Writes one trace with Langfuse's SDK for version 2, as an agent does.

Runs in `.venv-smoke`, whose packages the program does not have. Takes a JSON object on standard
input: `host`, `publicKey`, `secretKey`, `seconds`, `ca` (a file of further roots, or null) and
`trace` (arguments of `Langfuse.trace`). Prints one: `answers`, each with the ingestion's HTTP
`status` and the `errors` of single events.
"""

# The SDK is not installed where types are checked.
# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import json
import os
import ssl
import sys
from typing import Any

import httpx
from langfuse import Langfuse


def main() -> None:
    """Write the trace; what became of it is for the reader of the output to judge."""
    given: dict[str, Any] = json.load(sys.stdin)
    answers: list[dict[str, Any]] = []

    def record(response: httpx.Response) -> None:
        """The SDK does not report that a request was refused."""
        response.read()
        try:
            errors = response.json().get("errors", [])
        except (ValueError, AttributeError):
            errors = []
        answers.append({"status": response.status_code, "errors": errors})

    roots = ssl.create_default_context()
    if given["ca"]:
        roots.load_verify_locations(given["ca"])
    client = httpx.Client(
        timeout=given["seconds"],
        verify=roots,
        trust_env=False,
        follow_redirects=False,
        event_hooks={"response": [record]},
    )
    langfuse = Langfuse(
        public_key=given["publicKey"],
        secret_key=given["secretKey"],
        host=given["host"],
        httpx_client=client,
        timeout=given["seconds"],
        max_retries=1,
        flush_interval=0.1,
    )
    langfuse.trace(**given["trace"])
    langfuse.flush()
    print(json.dumps({"answers": answers}), flush=True)
    # All is delivered; a regular end would wait two seconds for threads that have nothing to do.
    os._exit(0)


if __name__ == "__main__":
    main()
