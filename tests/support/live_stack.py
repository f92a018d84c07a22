"""A stack on a cluster, run by run, and what the API server says of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from stacks import stack_files
from stacks.stack_files import StackConfiguration
from tooling.cluster import Cluster
from tooling.engineless import live
from tooling.kit.json_values import at
from tooling.kubernetes.api import Api, Object, Reference

NAMESPACE: Final = "observability"
OURS: Final = "app.kubernetes.io/part-of=agent-observability"
_AUTONAMED: Final = re.compile(r"-[0-9a-f]{8}$")
_CHURN: Final = {"Event", "Lease", "ComponentStatus"}


@dataclass
class LiveStack:
    """One stack with its state file."""

    cluster: Cluster
    api: Api
    state_file: Path
    stack: str = "dev"
    """The stack of the tests' own that is deployed."""
    namespace: str = NAMESPACE
    """The namespace that it is in."""
    said: list[str] = field(default_factory=list[str])
    """Progress lines of all runs."""

    def configuration(self, change: Mapping[str, Any] | None = None) -> StackConfiguration:
        """The stack's, on this cluster, with a ``change`` by section."""
        sections = {
            **(change or {}),
            "cluster": {
                "context": self.cluster.context,
                "kubeconfig": str(self.cluster.kubeconfig),
                "namespace": self.namespace,
                **(change or {}).get("cluster", {}),
            },
        }
        project = stack_files.project_name()
        return stack_files.read(self.stack, {f"{project}:{k}": v for k, v in sections.items()})

    def up(self, change: Mapping[str, Any] | None = None) -> live.Summary:
        configuration = self.configuration(change)
        return live.deploy(self.stack, configuration, self.state_file, say=self.said.append).summary

    def run(self, program: Callable[[], None]) -> live.Summary:
        """Deploy a program of the test's own."""
        configuration = stack_files.assemble({})
        deployed = live.deploy(
            self.stack, configuration, self.state_file, say=self.said.append, program=program
        )
        return deployed.summary

    def destroy(self) -> live.Summary:
        return live.destroy(self.state_file, say=self.said.append)

    def get(self, kind: str, name: str, api_version: str = "apps/v1") -> Object:
        reference = Reference(
            api_version=api_version, kind=kind, namespace=self.namespace, name=name
        )
        found = self.api.get(reference)
        assert found is not None, f"there is no {reference}"
        return found

    def deployment(self) -> Object:
        return self.get("Deployment", "langfuse")

    def job(self) -> Object:
        (job,) = self.api.list("batch/v1", "Job", self.namespace)
        return job

    def pods(self, component: str) -> list[Object]:
        """The pods of a role that are not on their way out."""
        selector = f"app.kubernetes.io/component={component}"
        found = self.api.list("v1", "Pod", self.namespace, selector=selector)
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def settled(self) -> dict[str, str]:
        """Resource versions of every object in the cluster, once controllers have come to rest."""
        wait_until(self._autoscaler_reported, 40)
        before = self.versions()
        for _ in range(20):
            time.sleep(1)
            now = self.versions()
            if now == before:
                return now
            before = now
        raise AssertionError("the cluster does not come to rest")

    def versions(self) -> dict[str, str]:
        return {
            str(Reference.of(item)): item["metadata"]["resourceVersion"]
            for item in self.everything()
        }

    def everything(self, selector: str | None = None) -> Iterator[Object]:
        """Every object of every kind that can be listed and deleted."""
        for api_version, kind in self._kinds():
            yield from self.api.list(api_version, kind, selector=selector)

    def _kinds(self) -> Iterator[tuple[str, str]]:
        groups = self.api.read("/apis")["groups"]
        versions = ["v1", *(group["preferredVersion"]["groupVersion"] for group in groups)]
        for version in versions:
            for resource in self.api.read(f"/api{'' if version == 'v1' else 's'}/{version}")[
                "resources"
            ]:
                listable = {"list", "delete"} <= set(resource["verbs"])
                if listable and "/" not in resource["name"] and resource["kind"] not in _CHURN:
                    yield version, resource["kind"]

    def _autoscaler_reported(self) -> bool:
        scalers = self.api.list("autoscaling/v2", "HorizontalPodAutoscaler", self.namespace)
        return all(at(scaler, "status.conditions") for scaler in scalers)

    @contextmanager
    def unschedulable(self) -> Generator[None]:
        """No new pod gets a node; those that run go on."""
        self._cordon(on=True)
        try:
            yield
        finally:
            self._cordon(on=False)

    def _cordon(self, *, on: bool) -> None:
        for node in self.api.list("v1", "Node"):
            self.api.patch(Reference.of(node), {"spec": {"unschedulable": on}})


def refuse_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on a test fails where it, or what it runs, writes to the API server."""

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("something writes to the API server")

    for write in ("apply", "patch", "delete"):
        monkeypatch.setattr(Api, write, refuse)


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.2)


def remove(api: Api, *items: Object | Reference) -> None:
    """Delete objects and wait until they are gone: the server answers a request before that."""
    references = [i if isinstance(i, Reference) else Reference.of(i) for i in items]
    for reference in references:
        api.delete(reference)
    for reference in references:
        wait_until(lambda reference=reference: api.get(reference) is None, 60)


def stems(names: list[str]) -> list[str]:
    """Names without the invented part, sorted."""
    return sorted(_AUTONAMED.sub("-*", name) for name in names)


def template_hash(pod: Object) -> str:
    return pod["metadata"]["labels"]["pod-template-hash"]


def uid(item: Object) -> str:
    return item["metadata"]["uid"]
