"""NetworkPolicies of the agents' own namespace that keep agents from Langfuse."""

from __future__ import annotations

from typing import Final

import pytest

from tests.support.doctor import KUBECTL, PLACE, Object, obj, warning
from tooling.doctor.agents import egress
from tooling.doctor.agents.way import THROUGH_GATEWAY, TO_LANGFUSE, Needs, Seen
from tooling.doctor.findings import Finding

NAME: Final = "kubernetes.io/metadata.name"
HOME: Final = obj("Namespace", "observability", namespace=None, labels={NAME: "observability"})
STACK: Final = [
    obj("Pod", "langfuse-gateway-0", labels={"app.kubernetes.io/component": "gateway"}),
    obj("Pod", "langfuse-1", labels={"app.kubernetes.io/component": "web"}),
    obj("Pod", "langfuse-worker-1", labels={"app.kubernetes.io/component": "worker"}),
]
TO_STACK: Final = [{"namespaceSelector": {"matchLabels": {NAME: "observability"}}}]
DNS: Final = {"ports": [{"protocol": "UDP", "port": 53}]}
NEEDS: Final = Needs(stops=[THROUGH_GATEWAY, TO_LANGFUSE])


def agent(name: str = "a-1", *, phase: str = "Running", connected: bool = True) -> Object:
    source = {"envFrom": [{"secretRef": {"name": "agent-observability"}}]} if connected else {}
    spec = {"containers": [{"name": "agent", **source}]}
    return obj("Pod", name, namespace="research", spec=spec, status={"phase": phase})


def policy(*rules: Object, name: str = "closed") -> Object:
    return {
        "metadata": {"name": name, "namespace": "research"},
        "spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": list(rules)},
    }


def rule(*ports: int) -> Object:
    return {"to": TO_STACK, "ports": [{"protocol": "TCP", "port": port} for port in ports]}


def said(
    *limits: Object, agents: tuple[Object, ...] = (agent(),), needs: Needs = NEEDS
) -> list[Finding]:
    seen = Seen(needs=needs, pods=agents, policies=limits)
    return [*egress.findings(seen, HOME, STACK, PLACE)]


def kept(what: str, *, by: str = "closed", who: str = "a-1") -> Finding:
    return warning(
        "agents-egress",
        "Namespace research",
        f"The NetworkPolicies of this namespace ({by}) do not let {who} reach {what}",
        f"{KUBECTL} -n research get networkpolicies -o yaml",
    )


NO_DNS: Final = "DNS (port 53): no name resolves, that of Langfuse neither"
NO_GATEWAY: Final = "the gateway: pods in observability at TCP port 4318"
NO_LANGFUSE: Final = "Langfuse: pods in observability at TCP port 3000"


@pytest.mark.parametrize(
    ("rules", "missing"),
    [
        ([], [NO_DNS, NO_GATEWAY, NO_LANGFUSE]),
        ([DNS], [NO_GATEWAY, NO_LANGFUSE]),
        ([DNS, rule(4318)], [f"{NO_LANGFUSE}. They admit 4318: policies see pods' own"]),
        ([DNS, rule(4318, 3000)], []),
        ([rule(4318, 3000)], [NO_DNS]),
        (
            [DNS, rule(80, 4318)],
            [f"{NO_LANGFUSE}. They admit 4318, 80: policies see pods' own"],
        ),
    ],
)
def test_what_a_closed_namespace_does_not_let_through_is_named(
    rules: list[Object], missing: list[str]
) -> None:
    assert said(policy(*rules)) == [kept(what) for what in missing]


def test_policies_add_up_and_are_named_together() -> None:
    dns, gateway = policy(DNS, name="dns"), policy(rule(4318), name="b")
    admitted = f"{NO_LANGFUSE}. They admit 4318: policies see pods' own"

    assert said(dns, gateway) == [kept(admitted, by="b, dns")]


def test_a_namespace_without_policies_is_open() -> None:
    assert said() == []


def test_pods_with_the_same_trouble_are_one_finding() -> None:
    pods = tuple(agent(f"a-{number}") for number in range(7))

    found = said(policy(DNS, rule(3000)), agents=pods)

    assert found == [
        kept(
            f"{NO_GATEWAY}. They admit 3000: policies see pods' own",
            who="a-0, a-1, a-2, a-3, a-4 and 2 more",
        )
    ]


@pytest.mark.parametrize("pod", [agent(connected=False), agent(phase="Succeeded")])
def test_a_pod_that_sends_no_traces_may_be_shut_in(pod: Object) -> None:
    assert said(policy(), agents=(pod,)) == []


def test_only_what_agents_of_the_stack_need_is_asked_for() -> None:
    outside = Needs(stops=[THROUGH_GATEWAY])

    assert said(policy(DNS), needs=outside) == [kept(NO_GATEWAY)]
    assert said(policy(DNS), needs=Needs()) == []


def test_of_a_stack_without_pods_nothing_is_concluded() -> None:
    seen = Seen(needs=NEEDS, pods=[agent()], policies=[policy(DNS)])

    assert [*egress.findings(seen, HOME, [], PLACE)] == []
    assert [*egress.findings(seen, None, STACK, PLACE)] == []


def test_a_rule_for_pods_of_one_kind_lets_nothing_else_through() -> None:
    gateway = {"matchLabels": {"app.kubernetes.io/component": "gateway"}}
    to = {"to": [{**TO_STACK[0], "podSelector": gateway}]}

    assert said(policy(DNS, to)) == [kept(NO_LANGFUSE)]
