"""Prices, budgets and limits of alerts that are refused, each with the exact problems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from stacks.settings import Problem
from tests.support.configurations import VERSION_4_ELSEWHERE, bad, problem, problems, settings

GPT: Final = {"gpt-4o": {"input": 2.5, "output": 10, "cachedInput": 1.25}}
READ: Final = {
    "runbooks": "https://git.example.com/docs",
    "prometheusRules": {"prometheusNamespace": "monitoring"},
}
MODEL: Final = (
    "must be the name of a model as agents report it: at most 128 letters, digits and '._:/@+#-', "
    "starting with a letter or digit"
)
PER_TOKEN: Final = "must be USD per million tokens; this looks like the price of one token"
WITHOUT_PRICES: Final = "is about cost, which nothing has without gateway.prices"


def stack(monitoring: Mapping[str, Any] | None = READ, **gateway: Any) -> dict[str, Any]:  # noqa: ANN401
    """As a change: a stack of version 4 with a gateway for agents in ``ai-agents``."""
    return {
        **VERSION_4_ELSEWHERE,
        "cache": {"engine": "statefulSet"},
        "agents": {"namespaces": ["ai-agents"], "existingNamespaces": ["research"]},
        "gateway": gateway,
        **({"monitoring": monitoring} if monitoring else {}),
    }


def unread(named: str) -> Problem:
    return problem(
        "monitoring.prometheusRules.prometheusNamespace",
        "(nothing)",
        f"is required for {named}: rules of Prometheus compute what they say, from metrics that "
        "its pods may then read",
        "pulumi config set --path @monitoring.prometheusRules.prometheusNamespace "
        "PROMETHEUS_NAMESPACE",
    )


BAD = [
    bad(
        "a negative price",
        stack(prices={"gpt-4o": {"input": -1}}),
        problem("gateway.prices.gpt-4o.input", "-1", "must be greater than or equal to 0", ""),
    ),
    bad(
        "a price that is no number",
        stack(prices={"gpt-4o": {"input": "cheap"}}),
        problem("gateway.prices.gpt-4o.input", '"cheap"', "must be a number, not in quotes", ""),
    ),
    bad(
        "a price in quotes",
        stack(prices={"gpt-4o": {"output": "2.5"}}),
        problem(
            "gateway.prices.gpt-4o.output",
            '"2.5"',
            "must be a number, not in quotes",
            "pulumi config rm --path @gateway.prices.gpt-4o.output && "
            "pulumi config set --path --type float @gateway.prices.gpt-4o.output 2.5",
        ),
    ),
    bad(
        "prices of one token",
        stack(prices={"gpt-4o": {"input": 2.5e-06, "output": 1e-05}}),
        problem(
            "gateway.prices.gpt-4o.input",
            "2.5e-06",
            PER_TOKEN,
            "pulumi config set --path --type float @gateway.prices.gpt-4o.input 2.5",
        ),
        problem(
            "gateway.prices.gpt-4o.output",
            "1e-05",
            PER_TOKEN,
            "pulumi config set --path --type float @gateway.prices.gpt-4o.output 10.0",
        ),
    ),
    bad(
        "a price of one token, of a model with dots in its name",
        stack(prices={"gpt-4.1": {"input": 2e-06}}),
        problem(
            'gateway.prices["gpt-4.1"].input',
            "2e-06",
            PER_TOKEN,
            "pulumi config set --path --type float '@gateway.prices[\"gpt-4.1\"].input' 2.0",
        ),
    ),
    bad(
        "a price beyond any",
        stack(prices={"gpt-4o": {"input": 10_001}}),
        problem("gateway.prices.gpt-4o.input", "10001", "must be less than or equal to 10000", ""),
    ),
    bad(
        "a model without any price",
        stack(prices={"gpt-4o": {}}),
        problem(
            "gateway.prices.gpt-4o",
            "{}",
            "has no price; give 'input', 'output' or both, in USD per million tokens",
            "",
        ),
    ),
    bad(
        "a cache without what it caches",
        stack(prices={"gpt-4o": {"output": 10, "cachedInput": 1.25}}),
        problem(
            "gateway.prices.gpt-4o.cachedInput",
            "1.25",
            "is of a part of the prompts, whose price 'input' is not given",
            "",
        ),
    ),
    bad(
        "a cache that is dearer",
        stack(prices={"gpt-4o": {"input": 1.25, "cachedInput": 2.5}}),
        problem(
            "gateway.prices.gpt-4o.cachedInput",
            "2.5",
            "must be at most the price of other input, 1.25",
            "",
        ),
    ),
    *(
        bad(
            f"a model whose name {why}",
            stack(prices={name: {"input": 1}}),
            problem(f'gateway.prices["{shown}"]', f'"{shown}"', MODEL, ""),
        )
        for why, name, shown in (
            ("ends a text", 'gpt"} or vector(1)', 'gpt\\"} or vector(1)'),
            ("is a template", "{{ $value }}", "{{ $value }}"),
        )
    ),
    bad(
        "a model whose name is longer than a label",
        stack(prices={"a" * 129: {"input": 1}}),
        problem(f"gateway.prices.{'a' * 129}", f'"{"a" * 76}...', MODEL, ""),
    ),
    bad(
        "one model in two spellings",
        stack(prices={**GPT, "GPT-4o": {"input": 2.5}}),
        problem(
            "gateway.prices.GPT-4o",
            '{"input": 2.5}',
            "is gpt-4o in other letters: keep the name that agents report, which metrics have as "
            "it is",
            "",
        ),
    ),
    bad(
        "a budget without an amount",
        stack(prices=GPT, budgets={"ai-agents": None}),
        problem("gateway.budgets.ai-agents", "(nothing)", "must be a number, not in quotes", ""),
    ),
    bad(
        "a budget with a currency",
        stack(prices=GPT, budgets={"ai-agents": "50 USD"}),
        problem("gateway.budgets.ai-agents", '"50 USD"', "must be a number, not in quotes", ""),
    ),
    bad(
        "a budget of nothing",
        stack(prices=GPT, budgets={"ai-agents": 0}),
        problem("gateway.budgets.ai-agents", "0", "must be greater than 0", ""),
    ),
    bad(
        "a negative budget",
        stack(prices=GPT, budgets={"ai-agents": -5}),
        problem("gateway.budgets.ai-agents", "-5", "must be greater than 0", ""),
    ),
    bad(
        "budgets as a list",
        stack(prices=GPT, budgets=["ai-agents"]),
        problem("gateway.budgets", '["ai-agents"]', "must be an object of keys and values", ""),
    ),
    bad(
        "a budget for a namespace without agents",
        stack(prices=GPT, budgets={"research": 5, "observability": 10}),
        problem(
            "gateway.budgets.observability",
            "10.0",
            "is for a namespace with agents, and agents names no such one (ai-agents, research)",
            "",
        ),
    ),
    bad(
        "budgets without prices",
        stack(budgets={"ai-agents": 5}, alerts={"costPerDay": 50}),
        problem("gateway.budgets", '{"ai-agents": 5.0}', WITHOUT_PRICES, ""),
        problem("gateway.alerts.costPerDay", "50.0", WITHOUT_PRICES, ""),
    ),
    bad(
        "what nobody may read",
        stack(None, prices=GPT, budgets={"ai-agents": 5}, alerts={"silentHours": 5}),
        unread("gateway.prices and gateway.budgets and gateway.alerts"),
    ),
    bad(
        "alerts that nobody may read",
        stack({"runbooks": READ["runbooks"], "prometheusRules": {}}, alerts={}),
        unread("gateway.alerts"),
    ),
    *(
        bad(
            f"{key} of {value}",
            stack(alerts={key: value}),
            problem(f"gateway.alerts.{key}", str(value), rule, ""),
        )
        for key, value, rule in (
            ("p99Seconds", 0, "must be greater than 0"),
            ("p99Seconds", 121, "must be less than or equal to 120"),
            ("errorPercent", 0, "must be greater than 0"),
            ("errorPercent", 100, "must be less than 100"),
            ("rateLimitErrors", 0, "must be greater than or equal to 1"),
            ("silentHours", 0, "must be greater than or equal to 1"),
            ("silentHours", 169, "must be less than or equal to 168"),
        )
    ),
]


@pytest.mark.parametrize(("change", "expected"), BAD)
def test_refuses(change: Mapping[str, Any], expected: list[Problem]) -> None:
    assert problems(change) == expected


@pytest.mark.parametrize(
    "gateway",
    [
        {"prices": GPT},
        {"prices": {"our-own": {"input": 0, "output": 0}}},
        {"prices": {"text-embedding-3-small": {"input": 0.001}}},
        {"prices": {"gpt-4o": {"input": 2.5, "cachedInput": 2.5}}},
        {
            "prices": {
                name: {"output": 1}
                for name in (
                    "anthropic.claude-3-5-sonnet-20241022-v2:0",
                    "meta-llama/Llama-3.1-8B-Instruct",
                    "models/gemini-2.5-pro@default",
                    "a" * 128,
                )
            }
        },
        {"prices": GPT, "budgets": {"ai-agents": 0.5, "research": 1_000_000}},
        {"alerts": {"p99Seconds": 120, "errorPercent": 0.1, "silentHours": 168}},
    ],
)
def test_is_accepted(gateway: dict[str, Any]) -> None:
    assert problems(stack(**gateway)) == []


def test_a_gateway_alone_needs_no_prometheus() -> None:
    assert problems(stack(None, replicas=1)) == []


def test_the_limits_of_alerts_are_these_by_default() -> None:
    gateway = settings(stack(replicas=1)).gateway

    assert gateway is not None
    assert gateway.alerts.model_dump(by_alias=True) == {
        "p99Seconds": 10,
        "errorPercent": 5,
        "rateLimitErrors": 10,
        "costPerDay": 100,
        "silentHours": 72,
    }
    assert (gateway.prices, gateway.budgets) == ({}, {})
