"""Answers as a model would, to try the agent without one.

`python -m support_agent.fake_model 9000`, then `MODEL_URL=http://localhost:9000/v1`.

It looks up the first number in the question, and then says what it was told.
"""

from __future__ import annotations

import json
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def completion(request: dict[str, Any]) -> dict[str, Any]:
    """The answer of OpenAI's chat API to a request."""
    *_, last = request["messages"]
    if last["role"] == "tool":
        order = json.loads(last["content"])
        said = ", ".join(f"{key}: {value}" for key, value in order.items())
        return _answer(request, {"role": "assistant", "content": said}, "stop", (74, 9))
    number = re.search(r"\d+", last["content"])
    if number is None:
        message = {"role": "assistant", "content": "Which order do you mean?"}
        return _answer(request, message, "stop", (41, 6))
    function = {"name": "order_status", "arguments": json.dumps({"number": int(number[0])})}
    call = {"id": "call-1", "type": "function", "function": function}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    return _answer(request, message, "tool_calls", (52, 14))


def _answer(
    request: dict[str, Any], message: dict[str, Any], reason: str, tokens: tuple[int, int]
) -> dict[str, Any]:
    asked, said = tokens
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": request["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {
            "prompt_tokens": asked,
            "completion_tokens": said,
            "total_tokens": asked + said,
        },
    }


class Handler(BaseHTTPRequestHandler):
    """`POST /v1/chat/completions`."""

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        found = self.path == "/v1/chat/completions"
        data = json.dumps(completion(request) if found else {}).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
