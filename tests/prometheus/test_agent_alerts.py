"""What the rules about agents and their gateway say about series of that gateway.

The labels of the series are those of a collector that ran (``tests/support/gateway_series.py``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pytest

from components.agents.gateway import exposition
from components.monitoring.alerts import rules
from components.monitoring.watched_agents import AgentLimits
from components.monitoring.watched_workloads import Watched
from tests.prometheus import test_alerts
from tests.prometheus.test_alerts import LONG, RUNBOOKS, Firing, Quiet, Series
from tests.support.gateway_series import sample
from tests.support.promtool import check_rules, needs_promtool, run_tests
from tests.support.watched_gateway import GATEWAY

pytestmark = [pytest.mark.programs, needs_promtool]

EVERYTHING: Final = replace(test_alerts.EVERYTHING, gateway=GATEWAY)
SECOND: Final = "langfuse-gateway-1"


def of_set(metric: str) -> str:
    return test_alerts.of_ksm(metric, 'statefulset="langfuse-gateway"')


def to(metric: str, exporter: str) -> str:
    return sample(metric, exporter=f"otlp_http/{exporter}")


def calls(**labels: str) -> str:
    return sample(exposition.CALLS, **{"status_code": "STATUS_CODE_UNSET", **labels})


def requests(**labels: str) -> str:
    """An agent's own spans."""
    return calls(operation="invoke_agent", model="unknown", **labels)


def chats(**labels: str) -> str:
    """Calls of a model."""
    return calls(operation="chat", **labels)


def seconds(le: str, operation: str = "invoke_agent", **labels: str) -> str:
    return sample(f"{exposition.SECONDS}_bucket", le=le, operation=operation, **labels)


READY: Final = of_set("kube_statefulset_status_replicas_ready")
WANTED: Final = of_set("kube_statefulset_replicas")
UPTIME: Final = sample(exposition.UPTIME)
LOST: Final = to(exposition.SEND_FAILED, "langfuse")
COPIES: Final = to(exposition.SEND_FAILED, "langsmith")
COPIES_DROPPED: Final = to(exposition.ENQUEUE_FAILED, "langsmith")
REFUSED: Final = sample(exposition.REFUSED)
QUEUE: Final = to(exposition.QUEUE_SIZE, "langfuse")
OVER_LIMIT: Final = sample(exposition.DATAPOINTS, error="limit")
OVERFLOW: Final = sample(exposition.CALLS, otel_metric_overflow="true")
FAILED: Final = {"status_code": "STATUS_CODE_ERROR", "error_kind": "error"}
LIMITED: Final = {"status_code": "STATUS_CODE_ERROR", "error_kind": "rate_limit"}
WITHOUT_USAGE: Final = sample(exposition.WITHOUT_USAGE)
RESEARCH: Final = {"tenant": "research", "agent": "reader"}

HEALTHY: Final[Series] = {
    **test_alerts.HEALTHY,
    READY: f"2x{LONG}",
    WANTED: f"2x{LONG}",
    UPTIME: f"0+60x{LONG}",
    sample(exposition.UPTIME, SECOND): f"0+60x{LONG}",
    LOST: f"0x{LONG}",
    COPIES: f"0x{LONG}",
    REFUSED: f"0x{LONG}",
    QUEUE: f"100x{LONG}",
    to(exposition.QUEUE_CAPACITY, "langfuse"): f"1000x{LONG}",
    to(exposition.QUEUE_SIZE, "langsmith"): f"900x{LONG}",
    to(exposition.QUEUE_CAPACITY, "langsmith"): f"1000x{LONG}",
    requests(): f"0+60x{LONG}",
    chats(): f"0+60x{LONG}",
    requests(**FAILED): f"0+2x{LONG}",
    **{seconds(le): f"0+50x{LONG}" for le in ("5", "7.5")},
    **{seconds(le): f"0+60x{LONG}" for le in ("10", "15", "30", "60", "120", "+Inf")},
    sample(exposition.INPUT): f"0+1000x{LONG}",
    sample(exposition.CACHED): f"0+500x{LONG}",
    sample(exposition.OUTPUT): f"0+100x{LONG}",
    WITHOUT_USAGE: f"0+6x{LONG}",
}
"""Every series that the rules need, with nothing wrong: the gateway starts with Prometheus."""

FIRING: Final = {
    "AgentGatewayDown": Firing(
        series={READY: "0x30"},
        minute=5,
        severity="critical",
        labels={"statefulset": "langfuse-gateway"},
        summary="The agents' gateway is down",
        description=(
            "For 5 minutes no pod of observability/langfuse-gateway has been ready. Agents that "
            "send through it lose what their SDKs cannot hold back."
        ),
    ),
    "AgentGatewayPodMissing": Firing(
        series={READY: "1x30"},
        minute=15,
        labels={"statefulset": "langfuse-gateway"},
        summary="A pod of the agents' gateway is missing",
        description=(
            "For 15 minutes pods of observability/langfuse-gateway have been missing, 1 now. The "
            "others take what agents send; what a missing one had in its queue waits on its volume."
        ),
    ),
    "AgentTracesLost": Firing(
        # The first thing that this pod lost: there was no series before.
        series={LOST: "_x10 50x30"},
        minute=11,
        severity="critical",
        labels={},
        summary="Traces of agents are lost",
        description=(
            "Langfuse has refused 50 spans in a quarter of an hour that the gateway in "
            "observability sent, with an answer after which none may be sent again. They are lost; "
            "agents were told that all is well."
        ),
    ),
    "AgentTracesRefused": Firing(
        series={REFUSED: "_x10 40x30"},
        minute=11,
        labels={},
        summary="The agents' gateway refuses traces",
        description=(
            "The gateway in observability has refused 40 spans in five minutes, because its queue "
            "or its memory is full. SDKs send them again for a minute or so; then they are lost."
        ),
    ),
    "AgentTraceQueueFilling": Firing(
        series={QUEUE: "510x30"},
        minute=10,
        labels={"pod": "langfuse-gateway-0"},
        summary="Traces of agents wait for Langfuse",
        description=(
            "For 10 minutes more than 50% of the queue of observability/langfuse-gateway-0 has "
            "been full, now 51%. When all of it is, the gateway refuses traces."
        ),
    ),
    "AgentCopiesLost": Firing(
        series={COPIES: "0+10x60"},
        minute=16,
        labels={},
        summary="LangSmith lacks traces of agents",
        description=(
            "For 15 minutes LangSmith has not taken all of what the gateway in observability "
            "copies, 150 spans in the last ones. They are not sent again. Langfuse has them."
        ),
    ),
    "AgentSeriesOverLimit": Firing(
        series={OVER_LIMIT: "_x10 170x30"},
        minute=11,
        labels={},
        summary="Agents make more time series than the gateway may have",
        description=(
            "The gateway in observability has as many time series of agents as it may have. What "
            "further agents and models use is not counted: dashboards, budgets and alerts know "
            "nothing of it. Traces are complete."
        ),
    ),
    "AgentSlow": Firing(
        series={seconds("10"): "0+58x60"},
        minute=6,
        labels={"tenant": "ai-agents", "agent": "shop"},
        summary="Agent shop answers slowly",
        description=(
            "For 5 minutes one request in 100 of ai-agents/shop has taken longer than 10 seconds, "
            "now 13.5s."
        ),
    ),
    "AgentErrors": Firing(
        series={requests(**FAILED): "0+6x60"},
        minute=6,
        labels={"tenant": "ai-agents", "agent": "shop"},
        summary="Requests of agent shop fail",
        description=(
            "For 5 minutes more than 5% of the requests of ai-agents/shop have failed, now 9.1%."
        ),
    ),
    "AgentRateLimited": Firing(
        # All at once, in a series that was not there before.
        series={chats(**LIMITED): "_x10 11x30"},
        minute=11,
        labels={"tenant": "ai-agents", "model": "gpt-4o"},
        summary="The provider of gpt-4o limits agents",
        description=(
            "11 calls of gpt-4o by agents in ai-agents were refused in five minutes, because there "
            "were too many. SDKs repeat them, which makes requests slow, and then fail."
        ),
    ),
    "AgentTokensNotReported": Firing(
        series={WITHOUT_USAGE: "0+15x60"},
        minute=16,
        labels={"tenant": "ai-agents", "agent": "shop"},
        summary="Agent shop does not report tokens",
        description=(
            "For 15 minutes 25% of the answers that models gave ai-agents/shop have said nothing "
            "about tokens. They cost more than dashboards, budgets and Langfuse say."
        ),
    ),
    "AgentCostHigh": Firing(
        series={sample(exposition.OUTPUT, agent="new"): "_x5 10100000x60"},
        minute=10,
        labels={"tenant": "ai-agents"},
        summary="Agents in ai-agents cost much",
        description=(
            "Models have cost agents in ai-agents an estimated 101.03 USD in 24 hours, more than "
            "100."
        ),
    ),
    "AgentBudgetNear": Firing(
        series={sample(exposition.OUTPUT, **RESEARCH): "_x5 850000x60"},
        minute=10,
        labels={"tenant": "research"},
        summary="Agents in research near their budget",
        description=(
            "Agents in research have spent an estimated 85% of a day's budget in 24 hours."
        ),
    ),
    "AgentBudgetExceeded": Firing(
        series={sample(exposition.OUTPUT, **RESEARCH): "_x5 1200000x60"},
        minute=10,
        labels={"tenant": "research"},
        summary="Agents in research are over their budget",
        description=(
            "Agents in research have spent an estimated 120% of a day's budget in 24 hours. "
            "Nothing stops them."
        ),
    ),
    "AgentModelWithoutPrice": Firing(
        series={sample(exposition.OUTPUT, model="new-model"): "_x5 5000x60"},
        minute=20,
        labels={"model": "new-model"},
        summary="Model new-model has no price",
        description=(
            "Agents have used 5000 tokens of new-model in 24 hours that have no price: cost and "
            "budgets leave them out."
        ),
    ),
}
"""All but AgentSilent, which needs days."""

OLD: Final = {
    UPTIME: "100000+60x60",
    sample(exposition.UPTIME, SECOND): "100000+60x60",
}
"""A gateway that ran long before Prometheus."""

QUIET: Final = {
    "AgentGatewayDown": [
        Quiet(why="one pod is left", series={READY: "1x30"}, minutes=[5, 14]),
        Quiet(why="back in time", series={READY: "0x4 2x30"}, minutes=[4, 5, 10]),
    ],
    "AgentGatewayPodMissing": [
        Quiet(why="a rollout", series={READY: "1x8 2x1 1x8 2x30"}, minutes=[9, 15, 17, 30]),
        Quiet(why="none is left: AgentGatewayDown", series={READY: "0x60"}, minutes=[15, 60]),
    ],
    "AgentTracesLost": [
        Quiet(why="lost long ago", series={LOST: "700x60", **OLD}, minutes=[0, 1, 15, 30, 60]),
        Quiet(why="only LangSmith's copy", series={COPIES: "0+50x60"}, minutes=[1, 5, 30]),
        Quiet(
            why="Prometheus is new, and the gateway is not",
            series={LOST: "_x10 50x60", UPTIME: "_x10 100000+60x60"},
            minutes=range(9, 60),
        ),
        Quiet(why="over after a quarter of an hour", series={LOST: "_x10 50x60"}, minutes=[26]),
    ],
    "AgentTracesRefused": [
        Quiet(
            why="refused long ago", series={REFUSED: "700x60", **OLD}, minutes=[0, 1, 15, 30, 60]
        ),
        Quiet(why="over after five minutes", series={REFUSED: "_x10 40x60"}, minutes=[16]),
    ],
    "AgentTraceQueueFilling": [
        Quiet(why="half of it", series={QUEUE: "500x60"}, minutes=[10, 60]),
        Quiet(why="an outage of minutes", series={QUEUE: "900x9 0x30"}, minutes=[9, 10, 20]),
    ],
    "AgentCopiesLost": [
        Quiet(why="away for a moment", series={COPIES: "0x5 30x60"}, minutes=range(5, 60)),
        Quiet(why="Langfuse's own", series={LOST: "0+10x60"}, minutes=[16, 30]),
    ],
    "AgentSeriesOverLimit": [
        Quiet(why="over it long ago", series={OVER_LIMIT: "170x60", **OLD}, minutes=[1, 15, 60]),
        Quiet(
            why="other errors",
            series={sample(exposition.DATAPOINTS, error="delta.ErrOutOfOrder"): "_x10 50x60"},
            minutes=[11, 20],
        ),
    ],
    "AgentSlow": [
        Quiet(why="exactly 1 of 100", series={seconds("10"): "0+59.4x60"}, minutes=[6, 30, 60]),
        Quiet(why="a peak", series={seconds("10"): "0+60x9 590+60x60"}, minutes=range(20)),
        Quiet(
            why="calls of models, of an agent with spans of its own",
            series={
                seconds("10", "chat", model="gpt-4o"): "0+1x60",
                seconds("15", "chat", model="gpt-4o"): "0+60x60",
                seconds("+Inf", "chat", model="gpt-4o"): "0+60x60",
            },
            minutes=[6, 30, 60],
        ),
        Quiet(
            why="no request any more",
            series={
                **{seconds(le): "50x60" for le in ("5", "7.5", "10")},
                **{seconds(le): "60x60" for le in ("15", "30", "60", "120", "+Inf")},
            },
            minutes=[6, 30],
        ),
    ],
    "AgentErrors": [
        Quiet(
            why="exactly 5 %",
            series={requests(): "0+57x60", requests(**FAILED): "0+3x60"},
            minutes=[6, 30, 60],
        ),
        Quiet(why="one error", series={requests(**FAILED): "0x9 9x60"}, minutes=range(60)),
        Quiet(
            why="calls of models that were repeated with success",
            series={chats(**FAILED): "0+30x60"},
            minutes=[6, 30, 60],
        ),
        Quiet(
            why="tools",
            series={calls(operation="execute_tool", **FAILED): "0+30x60"},
            minutes=[6, 60],
        ),
    ],
    "AgentRateLimited": [
        Quiet(why="ten", series={chats(**LIMITED): "_x10 10x60"}, minutes=range(9, 30)),
        Quiet(
            why="requests that fail by one, which calls have counted",
            series={requests(**LIMITED): "_x10 11x60"},
            minutes=range(9, 30),
        ),
        Quiet(
            why="of two namespaces",
            series={
                chats(**LIMITED): "_x10 9x60",
                chats(**LIMITED, tenant="research"): "_x10 9x60",
            },
            minutes=range(9, 30),
        ),
        Quiet(
            why="before Prometheus was there",
            series={chats(**LIMITED): "50x60", **OLD},
            minutes=range(60),
        ),
    ],
    "AgentTokensNotReported": [
        Quiet(why="one in five", series={WITHOUT_USAGE: "0+12x60"}, minutes=[16, 60]),
        Quiet(
            why="calls of an agent that has none any more",
            series={chats(): "60x60", WITHOUT_USAGE: "15x60"},
            minutes=[16, 60],
        ),
    ],
    "AgentCostHigh": [
        Quiet(
            why="99.90",
            series={
                sample(exposition.OUTPUT): "0x60",
                sample(exposition.INPUT): "0x60",
                sample(exposition.CACHED): "0x60",
                sample(exposition.OUTPUT, agent="new"): "_x5 9990000x60",
            },
            minutes=[10, 60],
        ),
        Quiet(
            why="a namespace with a budget",
            series={sample(exposition.OUTPUT, **RESEARCH): "_x5 20000000x60"},
            minutes=[10, 60],
        ),
        Quiet(
            why="prompts from a cache",
            series={
                sample(exposition.INPUT, agent="new"): "_x5 60000000x60",
                sample(exposition.CACHED, agent="new"): "_x5 60000000x60",
            },
            minutes=[10, 60],
        ),
        Quiet(
            why="before Prometheus was there",
            series={sample(exposition.OUTPUT): "90000000+100x60", **OLD},
            minutes=[10, 60],
        ),
    ],
    "AgentBudgetNear": [
        Quiet(
            why="less",
            series={sample(exposition.OUTPUT, **RESEARCH): "_x5 790000x60"},
            minutes=[10, 60],
        ),
        Quiet(
            why="more than all of it",
            series={sample(exposition.OUTPUT, **RESEARCH): "_x5 1000000x60"},
            minutes=[10, 60],
        ),
        Quiet(
            why="a namespace without one",
            series={sample(exposition.OUTPUT, agent="new"): "_x5 900000x60"},
            minutes=[10, 60],
        ),
    ],
    "AgentBudgetExceeded": [
        Quiet(
            why="nearly",
            series={sample(exposition.OUTPUT, **RESEARCH): "_x5 999000x60"},
            minutes=[10, 60],
        ),
    ],
    "AgentModelWithoutPrice": [
        Quiet(
            why="a model with a price of its input alone, which has no output",
            series={sample(exposition.INPUT, model="text-embedding-3-small"): "_x5 5000x60"},
            minutes=[20, 60],
        ),
    ],
}


def groups(watched: Watched = EVERYTHING) -> list[dict[str, Any]]:
    return rules.groups(
        watched, runbooks=RUNBOOKS, certificate_days=21, alert_labels={"team": "platform"}
    )


def of_agents(watched: Watched = EVERYTHING) -> list[dict[str, Any]]:
    """The groups about agents and their gateway."""
    return [g for g in groups(watched) if re.search("agent|gateway", g["name"])]


def with_healthy(series: Series) -> list[dict[str, str]]:
    return [{"series": name, "values": values} for name, values in {**HEALTHY, **series}.items()]


def expect(name: str, minute: int, *alerts: Mapping[str, Any]) -> dict[str, Any]:
    return {"eval_time": f"{minute}m", "alertname": name, "exp_alerts": [*alerts]}


def assert_passes(test: Mapping[str, Any], of: list[dict[str, Any]], every: str = "1m") -> None:
    if report := run_tests(of, [test], every=every):
        pytest.fail(report, pytrace=False)


NAMES: Final = [name for name in rules.NAMES if name.startswith("Agent")]


def test_prometheus_accepts_the_rules() -> None:
    assert check_rules(groups()) == ""


def test_every_alert_has_a_case_that_fires_and_one_that_does_not() -> None:
    assert [*FIRING] == [*QUIET] == [name for name in NAMES if name != "AgentSilent"]
    assert all(QUIET.values())


@pytest.mark.parametrize("name", FIRING)
def test_it_fires_alone_and_not_a_minute_earlier(name: str) -> None:
    case = FIRING[name]
    expected = [
        expect(each, minute, *([case.expected(name)] if fires and each == name else []))
        for minute, fires in ((case.minute - 1, False), (case.minute, True))
        for each in rules.NAMES
    ]

    assert_passes(
        {"interval": "1m", "input_series": with_healthy(case.series), "alert_rule_test": expected},
        groups(),
    )


@pytest.mark.parametrize(
    ("name", "case"),
    [
        pytest.param(name, case, id=f"{name}: {case.why}")
        for name, cases in QUIET.items()
        for case in cases
    ],
)
def test_it_does_not_fire(name: str, case: Quiet) -> None:
    none = [expect(name, minute) for minute in case.minutes]

    assert_passes(
        {"interval": "1m", "input_series": with_healthy(case.series), "alert_rule_test": none},
        of_agents(),
    )


def test_nothing_fires_while_everything_works() -> None:
    none = [expect(name, minute) for minute in (0, 1, 30, 240) for name in rules.NAMES]

    assert_passes(
        {"interval": "1m", "input_series": with_healthy({}), "alert_rule_test": none}, groups()
    )


def test_an_agent_without_spans_of_its_own_is_judged_by_its_calls_of_models() -> None:
    plain = {"agent": "plain", "tenant": "ai-agents"}
    series = {
        chats(**plain): "0+60x60",
        chats(**plain, **FAILED): "0+6x60",
        **{
            seconds(le, "chat", model="gpt-4o", **plain): values
            for le, values in {"10": "0+58x60", "15": "0+60x60", "+Inf": "0+60x60"}.items()
        },
    }

    assert_passes(
        {
            "interval": "1m",
            "input_series": with_healthy(series),
            "alert_rule_test": [
                expect(name, 6, {**FIRING[name].expected(name), **of_plain(name, now)})
                for name, now in (("AgentSlow", "13.5s"), ("AgentErrors", "9.1%"))
            ],
        },
        of_agents(),
    )


def of_plain(name: str, now: str) -> dict[str, Any]:
    """What an alert says of that agent in place of the other."""
    case = FIRING[name]
    was = case.description.rpartition(" ")[2].removesuffix(".")
    changed = replace(
        case,
        labels={**case.labels, "agent": "plain"},
        summary=case.summary.replace("shop", "plain"),
        description=case.description.replace("shop", "plain").replace(was, now),
    )
    return changed.expected(name)


def silent(agent: str) -> Firing:
    return Firing(
        series={},
        minute=0,
        labels={"tenant": "ai-agents", "agent": agent},
        summary=f"Agent {agent} sends no telemetry",
        description=(
            f"For 2 hours nothing has come from ai-agents/{agent}, which sent before. Either "
            "nobody uses it, or its traces do not arrive."
        ),
    )


IMPATIENT: Final = replace(EVERYTHING, gateway=replace(GATEWAY, limits=AgentLimits(silent_hours=2)))


def test_an_agent_that_sent_before_is_silent_until_it_is_forgotten() -> None:
    """It stops after an hour. Its last spans are of the ten minutes before, and count for two
    hours; three days later nobody asks for it any more."""
    stops = {requests(agent="gone"): "0+300x12 3600x288 stale"}
    said = silent("gone").expected("AgentSilent")
    steady = {UPTIME: "0+300x2000", requests(): "0+300x2000"}
    expected = [
        expect("AgentSilent", minute, *alerts)
        for minute, alerts in (
            (200, []),
            (205, [said]),
            (1440, [said]),
            (72 * 60 + 180, [said]),
            (72 * 60 + 190, []),
        )
    ]

    assert_passes(
        {
            "interval": "5m",
            "input_series": [
                {"series": name, "values": values} for name, values in {**stops, **steady}.items()
            ],
            "alert_rule_test": expected,
        },
        of_agents(IMPATIENT),
        every="5m",
    )


@pytest.mark.parametrize(
    ("why", "series"),
    [
        (
            "it works once a night, each time with a series that is new",
            {requests(agent="nightly"): "_x12 3x6 stale _x5 3x60"},
        ),
        (
            "the gateway is not measured: LangfuseNotMeasured",
            {requests(agent="gone"): "0+300x12 stale", UPTIME: "0+300x12 stale"},
        ),
        ("it never sent", {}),
        (
            "it is over the limit of series, and counted without a name",
            {OVERFLOW: "0+300x12 stale"},
        ),
    ],
)
def test_an_agent_is_not_silent(why: str, series: Series) -> None:
    every = {UPTIME: "0+300x60", **series}

    assert_passes(
        {
            "interval": "5m",
            "input_series": [{"series": name, "values": v} for name, v in every.items()],
            "alert_rule_test": [expect("AgentSilent", 5 * n) for n in range(50)],
        },
        of_agents(IMPATIENT),
        every="5m",
    )


def recorded(series: Series, minute: int, expected: Mapping[str, Mapping[str, float]]) -> None:
    """That expressions give exactly this, by labels."""
    assert_passes(
        {
            "interval": "1m",
            "input_series": [{"series": name, "values": v} for name, v in series.items()],
            "promql_expr_test": [
                {
                    "expr": expression,
                    "eval_time": f"{minute}m",
                    "exp_samples": [
                        {"labels": labels, "value": value} for labels, value in samples.items()
                    ],
                }
                for expression, samples in expected.items()
            ],
        },
        of_agents(),
    )


def test_cost_counts_each_kind_of_token_at_its_price() -> None:
    """Tokens that come at once, of one call: 400,000 of a million of the input from a cache."""
    of = 'namespace="observability",tenant="ai-agents",agent="shop"'
    tokens = {
        sample(exposition.INPUT): "_x5 1000000x60",
        sample(exposition.CACHED): "_x5 400000x60",
        sample(exposition.OUTPUT): "_x5 100000x60",
        sample(exposition.INPUT, model="text-embedding-3-small"): "_x5 5000000x60",
        sample(exposition.OUTPUT, model="new-model"): "_x5 5000x60",
        UPTIME: "0+60x60",
    }
    prefix = f'{{{of},model="gpt-4o",kind='

    recorded(
        tokens,
        10,
        {
            'agents:tokens:increase1d{model="gpt-4o"}': {
                f'agents:tokens:increase1d{prefix}"input"}}': 600_000,
                f'agents:tokens:increase1d{prefix}"cached"}}': 400_000,
                f'agents:tokens:increase1d{prefix}"output"}}': 100_000,
            },
            "round(agents:cost_usd:increase1d, 0.0001)": {
                # 0.6 * 2.5 + 0.4 * 1.25 + 0.1 * 10
                f'{{{of},model="gpt-4o"}}': 3,
                f'{{{of},model="text-embedding-3-small"}}': 0.1,
            },
        },
    )


def test_cost_goes_on_over_a_restart_of_the_gateway_and_a_second_pod() -> None:
    """A pod's counters begin anew with it, at another address."""
    after = sample(exposition.OUTPUT).replace("10.0.2.0", "10.0.2.9")
    tokens = {
        sample(exposition.OUTPUT): "100000x9 stale",
        after: "_x12 200000x60",
        sample(exposition.OUTPUT, SECOND): "_x5 400000x60",
        UPTIME: "0+60x9 0+60x60",
        sample(exposition.UPTIME, SECOND): "0+60x60",
    }

    recorded(
        tokens,
        30,
        {
            "round(sum(agents:cost_usd:increase1d), 0.0001)": {"{}": 7},
        },
    )


def test_two_stacks_in_one_prometheus_have_prices_and_budgets_of_their_own() -> None:
    other = replace(
        EVERYTHING,
        namespace="staging",
        gateway=replace(GATEWAY, prices={"gpt-4o": replace(GATEWAY.prices["gpt-4o"], output=20)}),
    )
    theirs = sample(exposition.OUTPUT).replace('"observability"', '"staging"')
    test = {
        "interval": "1m",
        "input_series": [
            {"series": series, "values": values}
            for series, values in {
                sample(exposition.OUTPUT): "100000x60",
                theirs: "100000x60",
                UPTIME: "0+60x60",
                UPTIME.replace('"observability"', '"staging"'): "0+60x60",
            }.items()
        ],
        "promql_expr_test": [
            {
                "expr": "round(sum by (namespace) (agents:cost_usd:increase1d), 0.0001)",
                "eval_time": "10m",
                "exp_samples": [
                    {"labels": '{namespace="observability"}', "value": 1},
                    {"labels": '{namespace="staging"}', "value": 2},
                ],
            }
        ],
    }
    both = [*of_agents(), *({**g, "name": f"other-{g['name']}"} for g in of_agents(other))]

    assert_passes(test, both)


def test_a_gateway_that_prometheus_does_not_reach_is_not_measured() -> None:
    case = replace(
        test_alerts.FIRING["LangfuseNotMeasured"],
        labels={"source": "the agents' gateway"},
        summary="Prometheus has no metrics of Langfuse from the agents' gateway",
        description=(
            "For 15 minutes Prometheus has had nothing from the agents' gateway about Langfuse in "
            "observability. Alerts that read it say nothing, whatever happens."
        ),
    )
    gone = {UPTIME: "_x60", sample(exposition.UPTIME, SECOND): "_x60"}
    name = "LangfuseNotMeasured"

    assert_passes(
        {
            "interval": "1m",
            "input_series": with_healthy(gone),
            "alert_rule_test": [expect(name, 14), expect(name, 15, case.expected(name))],
        },
        groups(),
    )
