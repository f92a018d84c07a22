"""Rules of prices, of budgets, and of what alerts about agents need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import (
    Problem,
    full_key,
    join,
    show,
    to_change,
    to_decide,
    to_give,
)
from stacks.settings.sections.agents import Agents
from stacks.settings.sections.gateway import Gateway
from stacks.settings.sections.monitoring import Monitoring

_CHEAPEST: Final = 0.001
"""USD per million tokens. The cheapest models cost several times as much, and one token of the
dearest less."""

_MILLION: Final = 1_000_000


def _price(model: str, kind: str) -> str:
    return join(full_key("gateway.prices"), [model, kind])


def prices_per_million(gateway: Gateway) -> Iterator[Problem]:
    for model, price in gateway.prices.items():
        kinds = {"input": price.input, "output": price.output, "cachedInput": price.cached_input}
        for kind, dollars in kinds.items():
            if dollars is not None and 0 < dollars < _CHEAPEST:
                rule = "must be USD per million tokens; this looks like the price of one token"
                meant = round(dollars * _MILLION, 6)
                yield to_change(_price(model, kind), dollars, rule, meant)


def prices_of_something(gateway: Gateway) -> Iterator[Problem]:
    for model, price in gateway.prices.items():
        if price.input is None and price.output is None and price.cached_input is None:
            rule = "has no price; give 'input', 'output' or both, in USD per million tokens"
            yield Problem(join(full_key("gateway.prices"), [model]), show({}), rule, "")


def cached_prices(gateway: Gateway) -> Iterator[Problem]:
    for model, price in gateway.prices.items():
        if price.cached_input is None:
            continue
        key = _price(model, "cachedInput")
        if price.input is None:
            rule = "is of a part of the prompts, whose price 'input' is not given"
            yield to_decide(key, price.cached_input, rule)
        elif price.cached_input > price.input:
            rule = f"must be at most the price of other input, {price.input:g}"
            yield to_decide(key, price.cached_input, rule)


def models_once(gateway: Gateway) -> Iterator[Problem]:
    seen = dict[str, str]()
    for model, price in gateway.prices.items():
        if model.lower() in seen:
            rule = (
                f"is {seen[model.lower()]} in other letters: keep the name that agents report, "
                "which metrics have as it is"
            )
            given = price.model_dump(by_alias=True, exclude_none=True)
            yield to_decide(join(full_key("gateway.prices"), [model]), given, rule)
        seen.setdefault(model.lower(), model)


def budgets_of_agents(gateway: Gateway, agents: Agents) -> Iterator[Problem]:
    for namespace, dollars in gateway.budgets.items():
        if namespace not in agents.every_namespace:
            names = ", ".join(agents.every_namespace) or "there is none"
            rule = f"is for a namespace with agents, and agents names no such one ({names})"
            yield to_decide(join(full_key("gateway.budgets"), [namespace]), dollars, rule)


def costs_have_prices(gateway: Gateway) -> Iterator[Problem]:
    if gateway.prices:
        return
    rule = "is about cost, which nothing has without gateway.prices"
    if gateway.budgets:
        yield to_decide("gateway.budgets", gateway.budgets, rule)
    if "cost_per_day" in gateway.alerts.model_fields_set:
        yield to_decide("gateway.alerts.costPerDay", gateway.alerts.cost_per_day, rule)


def prometheus_reads_the_gateway(
    gateway: Gateway, monitoring: Monitoring | None
) -> Iterator[Problem]:
    rules = monitoring.prometheus_rules if monitoring else None
    if rules is not None and rules.prometheus_namespace is not None:
        return
    given = [name for name in ("prices", "budgets", "alerts") if name in gateway.model_fields_set]
    if given:
        named = " and ".join(f"gateway.{name}" for name in given)
        rule = (
            f"is required for {named}: rules of Prometheus compute what they say, from metrics "
            "that its pods may then read"
        )
        yield to_give("monitoring.prometheusRules.prometheusNamespace", rule)


CHECKS: Final[tuple[Check, ...]] = (
    prices_per_million,
    prices_of_something,
    cached_prices,
    models_once,
    budgets_of_agents,
    costs_have_prices,
    prometheus_reads_the_gateway,
)
