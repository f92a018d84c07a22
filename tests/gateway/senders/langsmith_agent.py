"""An agent that uses LangSmith's SDK, which sends its runs as spans. It finds the gateway, and that
it sends spans, in its environment."""

# The SDK is not installed where types are checked.
# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportUntypedFunctionDecorator=false

from __future__ import annotations

from typing import Any

from langsmith import traceable
from langsmith.run_trees import get_cached_client

_MODEL = {"ls_provider": "openai", "ls_model_name": "gpt-4o"}


@traceable(run_type="llm", metadata=_MODEL)
def answer(question: str) -> dict[str, Any]:
    usage = {
        "input_tokens": 40,
        "output_tokens": 8,
        "total_tokens": 48,
        "input_token_details": {"cache_read": 10},
    }
    return {"role": "assistant", "content": f"{question}: no", "usage_metadata": usage}


@traceable(run_type="tool")
def search(_: str) -> str:
    return "nothing"


@traceable(run_type="retriever")
def documents(_: str) -> list[dict[str, Any]]:
    return []


@traceable(run_type="prompt")
def template(question: str) -> str:
    return question


@traceable(run_type="chain")
def agent(question: str) -> dict[str, Any]:
    search(question)
    documents(question)
    # A chain's span has the tokens of what is below it, too.
    return answer(template(question))


agent("why")
get_cached_client().flush()
