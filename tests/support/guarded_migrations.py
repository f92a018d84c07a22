"""Migration Jobs of a simulated cluster, with their guard run for real against a PostgreSQL.

No container runs there. So the guard's own command is run here, as the Job has it, with what the
ConfigMap holds; `prisma` is a script that gives psql the statement. A Job that is refused fails in
the API server as a pod whose container ended with that message would make it fail.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from components.langfuse import guard
from tests.support.langfuse_database import AT_2, AT_3, AT_4
from tests.support.postgres_server import PROGRAMS, Server
from tooling.kubernetes.api import Api, Object, Reference

_ROLE = "app.kubernetes.io/component=migration"
_NEWEST = {"2": AT_2, "3": AT_3, "4": AT_4}
"""The newest migration of the images of a major version."""


@dataclass
class GuardedMigrations:
    """What the Jobs of one namespace did."""

    server: Server
    folder: Path
    namespace: str
    asked: list[str] = field(default_factory=list[str])
    """What each guard said; empty where it let the migration pass."""

    @contextmanager
    def watched(self, api: Api, patch: pytest.MonkeyPatch) -> Generator[None]:
        """Every Job that is sent meanwhile is asked about before."""
        apply = Api.apply
        over = threading.Event()
        refused: dict[str, str] = {}

        def asking(connected: Api, object_: Object) -> Object:
            if object_["kind"] == "Job" and (said := self._ask(connected, object_)):
                refused[object_["metadata"]["name"]] = said
                _cordon(connected, on=True)
            return apply(connected, object_)

        thread = threading.Thread(target=_failing, args=(api, self.namespace, refused, over))
        thread.start()
        try:
            with patch.context() as patched:
                patched.setattr(Api, "apply", asking)
                yield
        finally:
            over.set()
            thread.join()
            _cordon(api, on=False)

    def _ask(self, api: Api, job: Object) -> str:
        """Why the guard of a Job refuses; empty if it does not, or if there is none."""
        before = job["spec"]["template"]["spec"]["initContainers"]
        found = [container for container in before if container["name"] == "guard"]
        if not found:
            return ""
        (source,) = found[0]["envFrom"]
        told = api.get(
            Reference(
                api_version="v1",
                kind="ConfigMap",
                namespace=self.namespace,
                name=source["configMapRef"]["name"],
            )
        )
        assert told is not None, "the ConfigMap comes before the Job"
        self._prepare(job["metadata"]["labels"]["app.kubernetes.io/version"])
        done = subprocess.run(
            found[0]["command"],
            cwd=self.folder,
            env={"PATH": f"{self.folder}:{os.environ['PATH']}", **told["data"]},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        said = re.findall(rf"{guard.MARK} (.*)", done.stderr)
        assert bool(done.returncode) == bool(said), done.stderr
        self.asked.append(said[0] if said else "")
        return self.asked[-1]

    def _prepare(self, release: str) -> None:
        """The folder of an image: its migrations, and its `prisma`."""
        migrations = self.folder / "packages/shared/prisma/migrations"
        for name in (AT_2, _NEWEST[release[0]], "migration_lock.toml"):
            (migrations / name).mkdir(parents=True, exist_ok=True)
        for older in {*_NEWEST.values()} - {AT_2, _NEWEST[release[0]]}:
            if (migrations / older).exists():
                (migrations / older).rmdir()
        prisma = self.folder / "prisma"
        prisma.write_text(
            "#!/bin/sh\n"
            '[ "$*" = "db execute --stdin --schema ./packages/shared/prisma/schema.prisma" ] &&\n'
            f"  exec {PROGRAMS}/psql -X -q -1 -v ON_ERROR_STOP=1 -h {self.server.socket}"
            " -U langfuse -d langfuse\n",
            encoding="utf-8",
        )
        prisma.chmod(0o755)


def _failing(api: Api, namespace: str, refused: dict[str, str], over: threading.Event) -> None:
    """Fail the pods of refused Jobs, which wait for a node."""
    while not over.wait(0.2):
        if not refused:
            continue
        for pod in api.list("v1", "Pod", namespace, selector=_ROLE):
            said = refused.get(pod["metadata"]["labels"].get("job-name", ""))
            if said and pod["status"]["phase"] == "Pending":
                api.patch(Reference.of(pod), _failed(said), subresource="status")


def _failed(said: str) -> dict[str, Any]:
    ended = {"exitCode": 1, "reason": "Error", "message": said}
    container = {
        "name": "guard",
        "image": "langfuse",
        "imageID": "langfuse",
        "ready": False,
        "restartCount": 0,
        "state": {"terminated": ended},
    }
    return {"status": {"phase": "Failed", "initContainerStatuses": [container]}}


def _cordon(api: Api, *, on: bool) -> None:
    for node in api.list("v1", "Node"):
        api.patch(Reference.of(node), {"spec": {"unschedulable": on}})
