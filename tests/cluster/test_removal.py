"""Removal leaves nothing behind, and stops at what is protected."""

from __future__ import annotations

import pytest

from tests.support.live_stack import NAMESPACE, OURS, LiveStack, stems
from tooling.engineless import live
from tooling.kubernetes.api import LiveError, Reference

pytestmark = pytest.mark.cluster

PROTECTED = {"secrets": {"protect": True}}


def test_removal_leaves_nothing_of_the_stack(stack: LiveStack) -> None:
    deployed = stack.up().unchanged

    summary = stack.destroy()

    assert sorted(summary.deleted) == sorted(deployed)
    order = stems_in_order(summary.deleted)
    assert order.index("HorizontalPodAutoscaler observability/langfuse") < order.index(
        "Deployment observability/langfuse"
    )
    assert order.index("Deployment observability/langfuse") < order.index(
        "Job observability/langfuse-migration-*"
    )
    assert order[-1].startswith("Namespace ")
    assert [str(Reference.of(item)) for item in stack.everything(OURS)] == []
    left = [Reference.of(item) for item in stack.everything()]
    assert [item for item in left if item.namespace in {NAMESPACE, "ai-agents"}] == []
    assert not {NAMESPACE, "ai-agents"} & {i.name for i in left if i.kind == "Namespace"}
    assert stack.destroy().deleted == []


def test_protected_secrets_stop_a_removal_before_anything_is_deleted(stack: LiveStack) -> None:
    stack.up(PROTECTED)
    before = set(stack.settled())

    with pytest.raises(LiveError) as refused:
        stack.destroy()

    message = str(refused.value)
    assert message.startswith("protected, so nothing was deleted: ")
    assert "langfuse-credentials-encryption-key" in message
    assert "langfuse-credentials-salt" in message
    assert "nextauth" not in message
    assert set(stack.versions()) == before
    with pytest.raises(LiveError, match="langfuse-credentials-salt is protected"):
        live.rotate(stack.state_file, "langfuse-credentials-salt")
    assert not stack.up(PROTECTED).changed


def test_agents_that_are_taken_off_the_list_lose_their_namespace(stack: LiveStack) -> None:
    summary = stack.up({"agents": {"namespaces": []}})

    assert stems_in_order(summary.deleted)[-2:] == [
        "Secret ai-agents/agent-observability",
        "Namespace ai-agents",
    ]
    assert "NetworkPolicy observability/langfuse" in summary.updated


def stems_in_order(names: list[str]) -> list[str]:
    return [stem for name in names for stem in stems([name])]
