"""Writes one trace, with a file, and one score with Langfuse's SDK of version 4, as an agent does.

Runs in `.venv-smoke-4`, whose packages the program does not have. Takes a JSON object on standard
input: `host`, `publicKey`, `secretKey`, `seconds`, `ca` (a file of further roots, or null), `trace`
(its `id`, `name`, `input`, `output`, `metadata`), `score` (arguments of `Langfuse.create_score`),
`file` (the text of a file, or null) and `through` (where to connect to instead, by host and port).
Prints what was answered (`recording`).
"""

# The SDK is not installed where types are checked.
# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportUntypedBaseClass=false

from __future__ import annotations

import functools
import json
import os
import sys
from typing import Any

import httpx
import requests
from langfuse import Langfuse, propagate_attributes
from langfuse.media import LangfuseMedia

from tooling.smoke.tracing.exporting import OneTrace, Session
from tooling.smoke.tracing.recording import Recorder, roots


def main() -> None:
    """Write all; what became of it is for the reader of the output to judge."""
    given: dict[str, Any] = json.load(sys.stdin)
    seconds, context, trace = given["seconds"], roots(given["ca"]), given["trace"]
    # The SDK has no argument for the session of its exporter.
    requests.Session = functools.partial(Session, context, seconds)
    langfuse = Langfuse(
        public_key=given["publicKey"],
        secret_key=given["secretKey"],
        base_url=given["host"],
        httpx_client=httpx.Client(
            timeout=seconds, transport=Recorder(context, seconds, given["through"])
        ),
        timeout=seconds,
        flush_interval=0.1,
        id_generator=OneTrace(trace["id"]),
    )
    metadata = dict(trace["metadata"])
    if given["file"] is not None:
        metadata["file"] = LangfuseMedia(
            content_bytes=given["file"].encode(), content_type="text/plain"
        )
    with (
        propagate_attributes(trace_name=trace["name"], tags=[trace["name"]]),
        langfuse.start_as_current_observation(
            name=trace["name"],
            input=trace["input"],
            output=trace["output"],
            metadata=metadata,
        ),
    ):
        pass
    langfuse.create_score(**given["score"])
    langfuse.flush()
    # All is delivered; a regular end would wait for threads that have nothing to do.
    os._exit(0)


if __name__ == "__main__":
    main()
