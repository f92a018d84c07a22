"""A port-forward through a real API server, and a node that keeps it open as long as the client.

A cluster of its own: what the ports of its pods lead to is decided when it starts.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.live_stack import wait_until
from tests.support.loopback import Response, serving
from tooling.cluster import kwok, temporary_cluster
from tooling.kubernetes.api import Api, LiveError
from tooling.kubernetes.forwarding import get

pytestmark = pytest.mark.cluster

PAGE = "".join(f"metric_{number} {number}\n" for number in range(20_000))
FORWARD = """
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: ClusterPortForward
metadata: {{name: all}}
spec:
  forwards:
    - ports: [8888]
      target: {{port: {port}, address: 127.0.0.1}}
"""


def test_a_page_of_a_pod_comes_whole_through_the_api_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = tmp_path / "kwokctl.yaml"
    own = kwok.CONFIGURATION.read_text(encoding="utf-8")
    monkeypatch.setattr(kwok, "CONFIGURATION", configuration)
    with serving(lambda _: Response(200, PAGE)) as port:
        configuration.write_text(own + FORWARD.format(port=port), encoding="utf-8")
        with temporary_cluster() as cluster, Api(cluster.kubeconfig, cluster.context) as api:
            node = api.list("v1", "Node")[0]["metadata"]["name"]
            account = {"name": "default", "namespace": "default"}
            api.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
            api.apply(
                {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "metadata": {"name": "pod", "namespace": "default"},
                    "spec": {"nodeName": node, "containers": [{"name": "a", "image": "a:1"}]},
                }
            )
            wait_until(
                lambda: api.list("v1", "Pod", "default")[0]["status"].get("phase") == "Running", 30
            )
            where = (api.configuration, "default", "pod")

            assert get(*where, 8888, "/metrics", seconds=5) == PAGE
            with pytest.raises(LiveError, match="asking default/pod at port 8889 was interrupted"):
                get(*where, 8889, "/metrics", seconds=5)
