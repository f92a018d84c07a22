"""The agent's instructions and its one tool: what the orders of a shop are up to."""

from __future__ import annotations

from typing import Any

NAME = "support-agent"

INSTRUCTIONS = (
    "You answer questions about orders. Look an order up before you say anything about it."
)

TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": "order_status",
            "description": "The state of an order, and when it arrives.",
            "parameters": {
                "type": "object",
                "properties": {"number": {"type": "integer"}},
                "required": ["number"],
            },
        },
    }
]

MOST_TURNS = 5
"""A model that never stops asking for tools would cost without end."""

_ORDERS = {17: {"state": "on its way", "arrives": "tomorrow"}, 18: {"state": "delivered"}}


def use(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The result of a tool; what the model did wrong is told to it."""
    if name != "order_status":
        return {"error": f"there is no tool {name}"}
    try:
        return _ORDERS[int(arguments["number"])]
    except (KeyError, TypeError, ValueError):
        return {"error": "there is no such order"}
