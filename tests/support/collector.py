"""A real OpenTelemetry Collector with the gateway's configuration, on the loopback interface.

Of the configuration it changes the addresses that it listens on and the paths of its files.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import http.client
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from components.agents.gateway import settings as gateway
from components.agents.gateway.configuration import as_yaml, rendered
from components.agents.gateway.settings import GatewaySettings
from tests.support import otlp
from tests.support.exposition import Series, series
from tests.support.loopback import free_ports
from tests.support.otlp import Span
from tooling.cluster.binaries import ensure
from tooling.cluster.programs import COLLECTOR
from tooling.cluster.state import say

TENANT: Final = "agents-a"
TENANTS: Final = (TENANT, "agents-b")
"""Agent namespaces with a credential."""

_PORTS: Final = (
    *(gateway.OTLP_PORT, gateway.TELEMETRY_PORT),
    *(gateway.METRICS_PORT, gateway.HEALTH_PORT),
)

_SECONDS: Final = 20
"""The longest that a test waits for something, on a busy machine."""


def program() -> Path:
    """The collector of ``COLLECTOR``; built if this machine has none."""
    return ensure((COLLECTOR,), "the gateway's tests", "seven", say)[COLLECTOR.name]


def until(true: Callable[[], object], what: str, seconds: float = _SECONDS) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not in {seconds} seconds: {what}"
        time.sleep(0.03)


def basic(tenant: str) -> str:
    """The header of an agent namespace."""
    return f"Basic {base64.b64encode(_credential(tenant).encode()).decode()}"


def _credential(tenant: str) -> str:
    return f"{tenant}:secret-of-{tenant}"


@dataclass
class Collector:
    """One pod of the gateway."""

    folder: Path
    program: Path
    ports: Mapping[int, int]
    """What it listens on in place of its own ports."""
    authorization: str = "Basic bGFuZ2Z1c2U="
    """What it shows Langfuse."""
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")

    @property
    def url(self) -> str:
        """Where SDKs send traces."""
        return f"http://127.0.0.1:{self.ports[gateway.OTLP_PORT]}{gateway.TRACES_PATH}"

    @property
    def memory(self) -> int:
        """Resident memory in bytes."""
        return self._memory("VmRSS")

    @property
    def peak(self) -> int:
        """The most that it was, since the start."""
        return self._memory("VmHWM")

    def _memory(self, name: str) -> int:
        [kibibytes] = re.findall(rf"{name}:\s+(\d+) kB", self._of_kernel("status"))
        return int(kibibytes) * 1024

    @property
    def processor(self) -> float:
        """Seconds of a processor since the start."""
        fields = self._of_kernel("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _of_kernel(self, name: str) -> str:
        assert self._process is not None
        return Path(f"/proc/{self._process.pid}/{name}").read_text(encoding="utf-8")

    def start(self) -> None:
        """Returns when it is healthy."""
        environment = {
            gateway.LANGFUSE_AUTHORIZATION: self.authorization,
            gateway.LANGSMITH_API_KEY: "lsv2_of_the_test",
            "PATH": os.environ["PATH"],
        }
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.program, "--config", self.folder / "config.yaml"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until(self._healthy, "the collector is healthy")

    def kill(self) -> None:
        """End it as the kernel does when memory is short."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as the kubelet does; it must not take its whole grace period."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(timeout=_SECONDS)
        finally:
            process.kill()

    def _healthy(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log
        try:
            return self._ask(gateway.HEALTH_PORT, "GET", "/")[0] == 200
        except OSError:
            return False

    def _ask(
        self,
        port: int,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Iterable[tuple[str, str]] = (),
    ) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[port], timeout=_SECONDS)
        with contextlib.closing(connection):
            connection.putrequest(method, path)
            for name, value in headers:
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            return response.status, response.read().decode(errors="replace")

    def send(
        self,
        spans: Iterable[Span],
        tenant: str = TENANT,
        *,
        authorization: Iterable[str] | None = None,
        path: str = gateway.TRACES_PATH,
    ) -> int:
        """The status that an SDK gets. ``authorization``: headers in place of the tenant's."""
        given = [basic(tenant)] if authorization is None else authorization
        return self.send_body(otlp.request(spans), given, path=path)

    def send_body(
        self,
        body: bytes,
        authorization: Iterable[str] = (basic(TENANT),),
        more: Iterable[tuple[str, str]] = (),
        path: str = gateway.TRACES_PATH,
    ) -> int:
        """As ``send``, of a request that no SDK makes. ``more``: further headers."""
        headers = [
            ("Content-Type", "application/x-protobuf"),
            ("Content-Encoding", "gzip"),
            *(("Authorization", each) for each in authorization),
            *more,
        ]
        return self._ask(gateway.OTLP_PORT, "POST", path, gzip.compress(body, 1), headers)[0]

    def metrics(self) -> dict[Series, float]:
        """What Prometheus reads about agents."""
        return self.series(gateway.METRICS_PORT)

    def telemetry(self, name: str, **labels: str) -> float:
        """The sum of a metric of the collector about itself, of the series with these labels; 0 if
        there is none."""
        found = self.series(gateway.TELEMETRY_PORT)
        return sum(
            value
            for (each, of), value in found.items()
            if each == name and labels.items() <= dict(of).items()
        )

    def series(self, port: int) -> dict[Series, float]:
        """What is read at one of its two ports with metrics."""
        status, text = self._ask(port, "GET", "/metrics")
        assert status == 200, text
        return series(text)


def on_loopback(settings: GatewaySettings, folder: Path, ports: Mapping[int, int]) -> str:
    """The gateway's configuration with these addresses and paths."""
    document: dict[str, Any] = yaml.safe_load(rendered(settings))

    def here(port: int) -> str:
        return f"127.0.0.1:{ports[port]}"

    extensions = document["extensions"]
    extensions["health_check"]["endpoint"] = here(gateway.HEALTH_PORT)
    extensions["basicauth/agents"]["htpasswd"]["file"] = str(folder / "passwords")
    extensions["file_storage/queue"]["directory"] = str(folder / "queue")
    extensions["file_storage/queue"]["compaction"]["directory"] = str(folder / "queue")
    document["receivers"]["otlp"]["protocols"]["http"]["endpoint"] = here(gateway.OTLP_PORT)
    document["exporters"]["prometheus"]["endpoint"] = here(gateway.METRICS_PORT)
    [reader] = document["service"]["telemetry"]["metrics"]["readers"]
    reader["pull"]["exporter"]["prometheus"] |= {
        "host": "127.0.0.1",
        "port": ports[gateway.TELEMETRY_PORT],
    }
    return as_yaml(document)


@contextlib.contextmanager
def collector(
    settings: GatewaySettings, folder: Path, tenants: Iterable[str] = TENANTS
) -> Generator[Collector]:
    """A collector that runs, and ends with the test."""
    made = prepared(settings, folder, tenants)
    try:
        made.start()
        yield made
    finally:
        made.kill()


def prepared(
    settings: GatewaySettings, folder: Path, tenants: Iterable[str] = TENANTS
) -> Collector:
    """A collector that was not started yet."""
    ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
    (folder / "queue").mkdir(parents=True)
    (folder / "passwords").write_text(
        "".join(f"{_credential(tenant)}\n" for tenant in tenants), encoding="utf-8"
    )
    (folder / "config.yaml").write_text(on_loopback(settings, folder, ports), encoding="utf-8")
    return Collector(folder, program(), ports)
