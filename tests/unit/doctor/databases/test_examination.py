"""What the databases say, in the report of one run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from tests.support.doctor import PLACE, condition, container, obj, pod, snapshot, stack
from tooling.doctor import examination, report
from tooling.doctor.agents import way as agents
from tooling.doctor.cluster import reading
from tooling.doctor.cluster.reading import Reading
from tooling.doctor.cluster.snapshot import Snapshot
from tooling.doctor.databases.ask import Seen
from tooling.doctor.findings import Check, Finding
from tooling.doctor.place import Place
from tooling.doctor.report import Report
from tooling.kubernetes.api import LiveError

READY: Final = {"readyReplicas": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
SERVING = pod(
    "langfuse-1",
    container(ready=True, running={}),
    phase="Running",
    conditions=[condition("Ready", "True")],
)
FAILED: Final = "[Background Migration] Failed to run background migration a: Error: socket hang up"
NO_AGENTS: Final = "agents in ai-agents: no pod runs there"
DROPPED: Final = "ClickhouseWriter: Max attempts reached, dropped 3 traces record(s)"


def running(log: str = "") -> Snapshot:
    """A stack that works, whose only pod has written ``log``."""
    labels = {"app.kubernetes.io/version": "4.16.0"}
    web = obj("Deployment", "langfuse", labels=labels, spec={"replicas": 1}, status=READY)
    job = obj("Job", "a", spec={}, status={"conditions": [condition("Complete", "True")]})
    return snapshot(pods=[SERVING], deployments=[web], jobs=[job], running_logs={"langfuse-1": log})


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 - a function
    """The report of a cluster that holds ``found`` and whose databases say ``told``."""

    def examine(found: Snapshot, told: Seen | Exception, **options: bool) -> Report:
        def ask(*_: object) -> Seen:
            if isinstance(told, Exception):
                raise told
            return told

        class Server:
            run = None

        def reach(*_: object) -> tuple[Server, Place]:
            return Server(), PLACE

        def checks(*_: object) -> list[Check]:
            return []

        def read(*_: object) -> Reading:
            return Reading(snapshot=found, unread=[])

        monkeypatch.setattr(examination, "_reach", reach)
        monkeypatch.setattr(examination.before, "checks", checks)
        monkeypatch.setattr(reading, "read", read)
        monkeypatch.setattr(examination, "ask_databases", ask)
        given: dict[str, Any] = {"before_up": False, **options}
        return examination.examine(stack(), PLACE, **given)

    return examine


def finding(section: str) -> Finding:
    return Finding.error(section, "Workers", "why", "look")


def sections(found: Report) -> list[str]:
    return [item.section for item in found.findings]


def test_what_the_databases_say_is_reported_with_where_the_stack_is(examined: Any) -> None:  # noqa: ANN401
    told = Seen(findings=[finding("worker-stuck")], state=["Langfuse 4.16.0", "next: dual"])

    found = examined(running(), told)

    assert sections(found) == ["worker-stuck"]
    assert found.state == ["Langfuse 4.16.0", "next: dual", NO_AGENTS]


def test_they_are_not_asked_before_up_nor_where_that_is_not_wanted(examined: Any) -> None:  # noqa: ANN401
    told = Seen(findings=[finding("worker-stuck")], state=["Langfuse 4.16.0"])

    for options, state in (({"before_up": True}, ()), ({"databases": False}, (NO_AGENTS,))):
        found = examined(running(), told, **options)

        assert (sections(found), found.state) == ([], state)


def test_a_stack_that_is_not_deployed_is_not_asked(examined: Any) -> None:  # noqa: ANN401
    told = Seen(state=["Langfuse 4.16.0"])

    assert examined(snapshot(), told).state == ()


def test_a_failure_to_ask_is_a_line_of_the_report_and_no_finding(examined: Any) -> None:  # noqa: ANN401
    found = examined(running(), LiveError("refused"))

    assert sections(found) == []
    assert found.state == ["the databases were not asked: refused", NO_AGENTS]


def test_what_pods_have_said_already_is_not_said_again(examined: Any) -> None:  # noqa: ANN401
    told = Seen(findings=[finding("events-lost"), finding("queue-failed")])

    assert sections(examined(running(DROPPED), told)) == ["events-lost", "queue-failed"]


@pytest.mark.parametrize(("known", "found"), [(True, []), (False, ["background-migration-failed"])])
def test_a_failure_in_a_log_is_forgotten_where_the_database_says_that_it_is_over(
    examined: Any,  # noqa: ANN401
    *,
    known: bool,
    found: list[str],
) -> None:
    assert sections(examined(running(FAILED), Seen(copies_known=known))) == found


def test_the_report_has_the_state_between_findings_and_passed_checks() -> None:
    found = Report(
        stack="dev", well=["permissions"], state=["Langfuse 4.16.0; " + "x " * 60], seconds=1
    )

    assert report.text(found) == (
        f"state    Langfuse 4.16.0; {' '.join('x' * 37)}\n"
        f"         {' '.join('x' * 23)}\n"
        "\n"
        "ok       permissions\n"
        "\n"
        "Stack dev: 0 errors, 0 warnings, 1 ok (1.0 s)"
    )


def test_no_text_of_a_database_controls_the_terminal() -> None:
    found = Report(stack="dev", state=["a\x1b[31mb"])

    assert "\x1b" not in report.text(found)
    assert "\\u001b" not in report.as_json(found)


def test_the_gateway_has_a_line_after_the_agents(examined: Any) -> None:  # noqa: ANN401
    seen = agents.Seen(
        needs=agents.Needs(stops=[agents.THROUGH_GATEWAY]),
        telemetry={"langfuse-gateway-0": "forbidden"},
    )

    found = examined(replace(running(), agents=seen), Seen())

    assert found.state == [NO_AGENTS, "gateway: langfuse-gateway-0 was not asked: forbidden"]
