"""An API server that knows the Secrets and Deployments a test gives it, and answers GETs."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.loopback import Request, Response

_APPS = {"groupVersion": "apps/v1", "version": "v1"}

_DISCOVERY: dict[str, Any] = {
    "/version": {"major": "1", "minor": "35"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {
        "kind": "APIGroupList",
        "groups": [{"name": "apps", "versions": [_APPS], "preferredVersion": _APPS}],
    },
    "/api/v1": {
        "kind": "APIResourceList",
        "resources": [{"name": "secrets", "kind": "Secret", "namespaced": True, "verbs": ["get"]}],
    },
    "/apis/apps/v1": {
        "kind": "APIResourceList",
        "resources": [
            {"name": "deployments", "kind": "Deployment", "namespaced": True, "verbs": ["get"]}
        ],
    },
}


@dataclass
class FakeKubernetes:
    """One cluster."""

    objects: dict[str, Any] = field(default_factory=dict[str, Any])
    """By the path that they are read at."""
    refused: str | None = None
    """The answer to a request to read an object; None allows it."""
    anonymous: bool = True
    """Whether it answers those who do not say who they are."""
    going: str | None = None
    """A group whose last CustomResourceDefinition is being deleted: named, and not there."""
    asked: list[str] = field(default_factory=list[str])
    """Paths, in order."""

    def put_secret(self, namespace: str, name: str, values: Mapping[str, str]) -> None:
        data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
        self.objects[f"/api/v1/namespaces/{namespace}/secrets/{name}"] = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": namespace},
            "data": data,
        }

    def put_deployment(
        self,
        namespace: str,
        name: str,
        *,
        secret: str,
        image: str = "langfuse:2.95.12",
        replicas: int = 1,
        status: Mapping[str, int] | None = None,
    ) -> None:
        """Its ``status``, if none is given, is that of a rollout that is over."""
        container = {
            "name": name,
            "image": image,
            "envFrom": [{"configMapRef": {"name": "config"}}, {"secretRef": {"name": secret}}],
        }
        over = dict.fromkeys(("replicas", "readyReplicas", "updatedReplicas"), replicas)
        self.objects[f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"] = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"replicas": replicas, "template": {"spec": {"containers": [container]}}},
            "status": over if status is None else dict(status),
        }

    def __call__(self, request: Request) -> Response:
        path = request.path.partition("?")[0]
        self.asked.append(path)
        if not self.anonymous and "authorization" not in request.headers:
            return Response(401, {"kind": "Status", "message": "Unauthorized"})
        if path == "/apis" and self.going is not None:
            version = {"groupVersion": f"{self.going}/v1", "version": "v1"}
            group = {"name": self.going, "versions": [version], "preferredVersion": version}
            known = _DISCOVERY[path]["groups"]
            return Response(200, {"kind": "APIGroupList", "groups": [*known, group]})
        if path in _DISCOVERY:
            return Response(200, _DISCOVERY[path])
        if self.refused is not None:
            return Response(403, {"kind": "Status", "message": self.refused})
        if path in self.objects:
            return Response(200, self.objects[path])
        return Response(404, {"kind": "Status", "message": "not found"})


def write_kubeconfig(file: Path, context: str, port: int) -> None:
    """A kubeconfig with one context, for a server on the loopback interface."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": {"token": "token-of-the-test"}}],
        "contexts": [{"name": context, "context": {"cluster": "c", "user": "u"}}],
    }
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
