"""Plays what External Secrets and the AWS Load Balancer Controller would report in a cluster."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from tooling.cluster import Cluster
from tooling.kit.json_values import at
from tooling.kubernetes.api import Api, ApiError, Object, Reference, UnknownKindError

Value = Callable[[str, str], dict[str, str]]
"""The values of an entry's version."""

_POLL: Final = 0.2
_OPERATOR: Final = "external-secrets.io/v1"
_READY: Final = {
    "type": "Ready",
    "status": "True",
    "reason": "SecretSynced",
    "lastTransitionTime": "2026-11-01T00:00:00Z",
}
HOST: Final = "k8s-observab-langfuse-1234567890.ap-northeast-2.elb.amazonaws.com"


@contextmanager
def controllers(cluster: Cluster, value: Value) -> Generator[None]:
    """Both controllers, until the end of the block."""
    stopped = threading.Event()

    def run() -> None:
        with Api(cluster.kubeconfig, cluster.context) as api:
            while not stopped.wait(_POLL):
                for work in (_stores, _secrets, _ingresses):
                    try:
                        work(api, value)
                    except (ApiError, UnknownKindError):
                        continue  # the object, or its kind, is gone again

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def _stores(api: Api, _value: Value) -> None:
    for store in api.list(_OPERATOR, "SecretStore"):
        _report(api, store)


def _secrets(api: Api, value: Value) -> None:
    for wanted in api.list(_OPERATOR, "ExternalSecret"):
        extract = wanted["spec"]["dataFrom"][0]["extract"]
        version = extract["version"].removeprefix("uuid/")
        metadata = wanted["metadata"]
        owner = {"apiVersion": _OPERATOR, "kind": "ExternalSecret", "controller": True}
        data = {
            key: base64.b64encode(text.encode()).decode()
            for key, text in value(extract["key"], version).items()
        }
        api.apply(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {
                    "name": wanted["spec"]["target"]["name"],
                    "namespace": metadata["namespace"],
                    "ownerReferences": [
                        {**owner, "name": metadata["name"], "uid": metadata["uid"]}
                    ],
                },
                "data": data,
            },
            manager="external-secrets",
        )
        _report(api, wanted)


def _report(api: Api, item: Object) -> None:
    if not at(item, "status.conditions"):
        api.patch(Reference.of(item), {"status": {"conditions": [_READY]}}, subresource="status")


def _ingresses(api: Api, _value: Value) -> None:
    for ingress in api.list("networking.k8s.io/v1", "Ingress"):
        if not at(ingress, "status.loadBalancer.ingress"):
            status = {"loadBalancer": {"ingress": [{"hostname": HOST}]}}
            api.patch(Reference.of(ingress), {"status": status}, subresource="status")
