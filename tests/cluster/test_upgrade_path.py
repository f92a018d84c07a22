"""The way from Langfuse 2 to 4 on a real control plane, with a real PostgreSQL behind the guard.

Simulated pods: what migrations and workers do to the database, the test does in their place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from components.langfuse import guard
from tests.support.guarded_migrations import GuardedMigrations
from tests.support.langfuse_database import (
    ASLEEP,
    AT_3,
    AT_4,
    TWO,
    changed,
    copied,
    migrated,
)
from tests.support.live_stack import LiveStack, stems, uid, wait_until
from tests.support.postgres_server import Server, needs_postgres, running
from tests.support.upgrade_path import IN_CLUSTER, PATH, TO_3, TO_4, V3, V4, Sections
from tooling.cluster import Cluster
from tooling.kubernetes.api import Api, LiveError, Object
from tooling.kubernetes.readiness import readiness

pytestmark = [pytest.mark.cluster, needs_postgres]

NAMESPACE = "upgrade-path"
STAGES = {stage.name: stage for stage in PATH}
FIXED = {"minReplicas": 1, "maxReplicas": 1}

BY_3 = migrated(AT_3) + ASLEEP + copied(*guard.DELETED[4:], finished="NULL")
"""What the migrations of version 3 add to a database of version 2."""
COPIED_BY_3 = "".join(changed("finished_at = now()", name) for name in guard.DELETED)
BY_4 = f"""{migrated(AT_4)}
DROP TABLE traces; DROP TABLE observations;
DELETE FROM background_migrations WHERE name < '202607';
"""  # noqa: S608 - of this file
COPIED_BY_4 = "".join(changed("finished_at = now()", name) for name in guard.BACKFILL)


@dataclass
class Way:
    """A stack on its way, and its database."""

    stack: LiveStack
    server: Server
    migrations: GuardedMigrations
    patch: pytest.MonkeyPatch

    def up(self, name: str, **langfuse: Any) -> Any:  # noqa: ANN401 - a summary
        stage = STAGES[name]
        return self._up({**stage.of(IN_CLUSTER), "langfuse": {**stage.langfuse, **langfuse}})

    def refused(self, *, services: Sections = IN_CLUSTER, **langfuse: Any) -> str:  # noqa: ANN401
        """What is said to an `up` of another configuration, which changes no pod that serves."""
        before = self.pods()
        with pytest.raises(LiveError) as failed:
            self._up({"langfuse": langfuse, **services})
        assert self.pods() == before
        said = str(failed.value)
        assert self.migrations.asked[-1] in said
        return self.migrations.asked[-1]

    def database(self, *statements: str) -> None:
        self.server.run("langfuse", *statements)

    def pods(self) -> dict[str, str]:
        """Names and images of the pods that serve or work."""
        pods = self.stack.api.list(
            "v1", "Pod", NAMESPACE, selector="app.kubernetes.io/name=langfuse"
        )
        return {
            pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"]
            for pod in pods
            if pod["metadata"]["labels"]["app.kubernetes.io/component"] != "migration"
            and "deletionTimestamp" not in pod["metadata"]
        }

    def jobs(self) -> list[Object]:
        return self.stack.api.list("batch/v1", "Job", NAMESPACE)

    def _up(self, sections: Sections) -> Any:  # noqa: ANN401 - a summary
        own: dict[str, Any] = {"cluster": {"namespace": NAMESPACE}, "agents": {"namespaces": []}}
        langfuse = {**FIXED, **sections["langfuse"]}
        with self.migrations.watched(self.stack.api, self.patch):
            return self.stack.up({**sections, **own, "langfuse": langfuse})


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as started:
        yield started


@pytest.fixture
def way(
    cluster: Cluster, api: Api, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Way]:
    stack = LiveStack(cluster, api, tmp_path / "state.json")
    server.empty("langfuse")
    image = tmp_path / "image"
    image.mkdir()
    yield Way(stack, server, GuardedMigrations(server, image, NAMESPACE), monkeypatch)
    stack.destroy()


def released(way: Way) -> set[str]:
    """Releases of the pods that run."""
    return {image.rpartition(":")[2] for image in way.pods().values()}


def test_a_stack_with_traces_goes_from_2_to_events_only_and_no_step_can_be_missed(way: Way) -> None:
    way.up("version 2")
    way.database(TWO)
    assert released(way) == {"2.95.12"}

    prepared = way.up("prepared")
    assert len([name for name in prepared.created if name.startswith("StatefulSet ")]) == 3
    assert released(way) == {"2.95.12"}

    # From 2, nothing but 3, and 3 in no other way than paused and with a backup.
    assert way.refused(version=V4, writeMode="dual", upgrade=TO_4).startswith("not_copied: ")
    assert way.refused(version=V4).startswith("not_copied: ")
    assert way.refused(version=V3, upgrade=TO_3).startswith("not_paused: ")

    way.up("paused")
    wait_until(lambda: not way.pods(), 20)
    assert way.refused(version=V3, paused=True).startswith("no_backup: version 2 ")

    before = {uid(job) for job in way.jobs()}
    way.up("migrated to 3")
    way.database(BY_3)
    (job,) = way.jobs()
    assert uid(job) not in before
    assert way.pods() == {}

    summary = way.up("version 3")
    assert sorted(summary.updated) == [
        f"ConfigMap {NAMESPACE}/langfuse-upgrade",
        f"Deployment {NAMESPACE}/langfuse",
        f"Deployment {NAMESPACE}/langfuse-worker",
    ]
    assert summary.replaced == []
    assert released(way) == {"3.225.4"}
    assert len(way.pods()) == 2

    # From 3, only when its workers have copied everything, and with backups.
    assert way.refused(version=V4, writeMode="legacy", upgrade=TO_4).startswith("unfinished: ")
    way.database(COPIED_BY_3)
    assert way.refused(version=V4, writeMode="legacy").startswith("no_backup: version 4 ")
    assert way.refused(version=V4, writeMode="eventsOnly", upgrade=TO_4).startswith("not_paused: ")
    assert released(way) == {"3.225.4"}

    way.up("legacy")
    way.database(BY_4)
    assert released(way) == {"4.16.0"}

    # Within 4, the copy starts while everything is written twice, or while nothing is written.
    assert way.refused(version=V3, upgrade=TO_3).startswith("newer_schema: ")
    assert way.refused(version=V4, writeMode="eventsOnly").startswith("not_paused: ")
    dual = way.up("dual")
    assert stems(dual.replaced) == [
        f"ConfigMap {NAMESPACE}/langfuse-config-*",
        f"Job {NAMESPACE}/langfuse-migration-*",
    ]
    copying = way.up("copying")
    assert stems(copying.replaced) == [f"ConfigMap {NAMESPACE}/langfuse-config-*"]
    way.database(COPIED_BY_4)
    assert way.refused(version=V4, writeMode="legacy").startswith("backfilled: ")

    way.up("eventsOnly")
    assert not way.up("eventsOnly").changed
    deployments = way.stack.api.list("apps/v1", "Deployment", NAMESPACE)
    assert [readiness(item) for item in deployments] == [None, None]
    assert released(way) == {"4.16.0"}


def test_a_stack_goes_back_from_4_to_3_while_it_is_paused_and_says_so(way: Way) -> None:
    way.up("legacy", upgrade=None)
    way.database(TWO, BY_3, COPIED_BY_3, BY_4)
    back = {"version": V3, "writeMode": None, "upgrade": TO_3, "paused": True}

    assert way.refused(version=V3).startswith("newer_schema: ")
    way.up("legacy", upgrade=None, paused=True)
    way.up("legacy", **back)
    way.up("version 3")

    assert released(way) == {"3.225.4"}
