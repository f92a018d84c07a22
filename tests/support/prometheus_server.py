"""A real Prometheus, with the scrapes and rules that the operator's objects of a stack ask for."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.loopback import free_ports

needs_prometheus = pytest.mark.skipif(
    shutil.which("prometheus") is None,
    reason="prometheus is not installed (Debian and Ubuntu: apt-get install prometheus)",
)

_SECONDS: Final = 20


@dataclass(frozen=True)
class Prometheus:
    url: str
    log: Path

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The samples of an expression now."""
        return self._get("query", {"query": expression})["result"]

    def rules(self) -> list[dict[str, Any]]:
        """Every rule, with its health and, of an alert, its state."""
        return [rule for group in self._get("rules", {})["groups"] for rule in group["rules"]]

    def _get(self, path: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        url = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - loopback
                return json.loads(answer.read())["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters}: {error.read().decode()}") from error


def scrapes(
    monitor: Mapping[str, Any], pod: Mapping[str, Any], name: str, ports: Mapping[str, int]
) -> list[dict[str, Any]]:
    """What the operator makes of a PodMonitor, for one pod with these container ports on loopback.

    https://github.com/prometheus-operator/prometheus-operator/blob/main/pkg/prometheus/promcfg.go
    """
    namespace, labels = monitor["metadata"]["namespace"], pod["metadata"]["labels"]
    (container,) = pod["spec"]["containers"]

    def meta(label: str) -> str:
        return f"__meta_kubernetes_pod_label_{re.sub(r'[^a-zA-Z0-9_]', '_', label)}"

    found: list[dict[str, Any]] = []
    for number, endpoint in enumerate(monitor["spec"]["podMetricsEndpoints"]):
        discovered = [
            {
                "targets": [f"127.0.0.1:{ports[port['name']]}"],
                "labels": {
                    "__meta_kubernetes_namespace": namespace,
                    "__meta_kubernetes_pod_name": name,
                    "__meta_kubernetes_pod_container_name": container["name"],
                    "__meta_kubernetes_pod_container_port_name": port["name"],
                    **{meta(label): value for label, value in labels.items()},
                },
            }
            for port in container["ports"]
            if port["name"] in ports
        ]
        kept = {
            **{meta(k): v for k, v in monitor["spec"]["selector"]["matchLabels"].items()},
            "__meta_kubernetes_pod_container_port_name": endpoint["port"],
        }
        found.append(
            {
                "job_name": f"podMonitor/{namespace}/{monitor['metadata']['name']}/{number}",
                "metrics_path": endpoint["path"],
                "honor_labels": endpoint.get("honorLabels", False),
                "static_configs": discovered,
                "relabel_configs": [
                    *(
                        {"action": "keep", "source_labels": [label], "regex": re.escape(value)}
                        for label, value in kept.items()
                    ),
                    *(
                        {"source_labels": [f"__meta_kubernetes_{source}"], "target_label": target}
                        for source, target in (
                            ("namespace", "namespace"),
                            ("pod_container_name", "container"),
                            ("pod_name", "pod"),
                        )
                    ),
                    {
                        "target_label": "job",
                        "replacement": f"{namespace}/{monitor['metadata']['name']}",
                    },
                    {"target_label": "endpoint", "replacement": endpoint["port"]},
                ],
            }
        )
    return found


@contextlib.contextmanager
def prometheus(
    folder: Path, scrape_configs: Sequence[Mapping[str, Any]], groups: Sequence[Mapping[str, Any]]
) -> Generator[Prometheus]:
    """One that reads and evaluates each second."""
    each_second = [{**group, "interval": "1s"} for group in groups]
    (folder / "rules.yml").write_text(json.dumps({"groups": each_second}), encoding="utf-8")
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yml"],
        "scrape_configs": [*scrape_configs],
    }
    (folder / "prometheus.yml").write_text(json.dumps(config), encoding="utf-8")
    (port,) = free_ports(1)
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [  # noqa: S607 - found by needs_prometheus
                "prometheus",
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    made = Prometheus(f"http://127.0.0.1:{port}", log)
    try:
        _wait(process, made)
        yield made
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=_SECONDS)
        finally:
            process.kill()


def _wait(process: subprocess.Popen[bytes], made: Prometheus) -> None:
    end = time.monotonic() + _SECONDS
    while True:
        assert process.poll() is None, made.log.read_text(encoding="utf-8")
        assert time.monotonic() < end, made.log.read_text(encoding="utf-8")
        with contextlib.suppress(OSError, AssertionError):
            made.query("1")
            return
        time.sleep(0.1)
