"""What the gateway costs, measured as ratios to an SDK that sends to the same server directly.

Each figure is the median of some rounds, in each of which every way has its turn: machines drift,
ratios drift less. Seconds of a processor are compared too, which other work on the machine changes
little. No test looks at these figures.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import quote

from components.agents.gateway.settings import TRACES_PATH, GatewaySettings, Masking
from stacks.stack_files import ROOT
from tests.support.collector import TENANT, Collector, basic, collector, until
from tests.support.loopback import Response, serving
from tests.support.otlp import Span

_REQUESTS: Final = 10
_SPANS: Final = 500
_MANY: Final = _REQUESTS * _SPANS
_VALUES: Final = (10, 1_000, 2_000, 5_000, 10_000, 20_000)
_MASKINGS: Final[Sequence[Masking]] = ("none", "patterns", "drop")
_MIB: Final = 2**20
_WAIT: Final = 300


@dataclass(frozen=True)
class Sent:
    """What one SDK took to send everything."""

    seconds: float
    processor: float
    """Its seconds of a processor."""
    memory: float
    """Its peak in bytes."""


@dataclass(frozen=True)
class Through:
    """The same by the gateway."""

    sdk: Sent
    processor: float
    """The gateway's seconds, until the server had everything."""
    memory: float
    """The gateway's peak in bytes."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds: int = parser.parse_args().rounds
    with serving_process() as url:
        settings = GatewaySettings(
            langfuse_url=url, memory_limit=512 * _MIB, queue_bytes=1024 * _MIB
        )
        _throughput(settings, url, rounds)
        _growth(settings)


@contextmanager
def serving_process() -> Generator[str]:
    """URL of a server in a process of its own that reads every request and answers 200."""
    code = "from tests.gateway.benchmark import serve; serve()"
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def serve() -> None:
    with serving(lambda _: Response(200, "")) as port:
        print(port, flush=True)
        time.sleep(86_400)


def _send(url: str) -> Sent:
    done = subprocess.run(
        [
            ROOT / ".venv-gateway/bin/python",
            Path(__file__).with_name("senders") / "steady_agent.py",
            str(_REQUESTS),
            str(_SPANS),
        ],
        env={
            "PATH": os.environ["PATH"],
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": url,
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS": f"Authorization={quote(basic(TENANT))}",
            "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "60",
            "OTEL_SERVICE_NAME": "bot",
        },
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return Sent(**json.loads(done.stdout))


def _through(settings: GatewaySettings) -> Through:
    with tempfile.TemporaryDirectory() as folder, collector(settings, Path(folder)) as gateway:
        before = gateway.processor
        sdk = _send(gateway.url)
        until(
            lambda: gateway.telemetry("otelcol_exporter_sent_spans_total") == _MANY,
            "the server has everything",
            _WAIT,
        )
        return Through(sdk, gateway.processor - before, gateway.peak)


def _throughput(settings: GatewaySettings, url: str, rounds: int) -> None:
    direct: list[Sent] = []
    ways: dict[Masking, list[Through]] = {masking: [] for masking in _MASKINGS}
    for _ in range(rounds):
        direct.append(_send(f"{url}{TRACES_PATH}"))
        for masking, found in ways.items():
            found.append(_through(replace(settings, masking=masking)))

    def median(value: Callable[[Sent], float]) -> float:
        return statistics.median(value(each) for each in direct)

    print(
        f"an SDK that sends {_MANY} spans of 3 kB directly: "
        f"{_MANY / median(lambda each: each.seconds):.0f} spans/s, "
        f"{_MANY / median(lambda each: each.processor):.0f} for a second of a processor; "
        f"peak {median(lambda each: each.memory) / _MIB:.0f} MiB"
    )
    for masking, found in ways.items():
        pairs = list(zip(found, direct, strict=True))
        seconds = statistics.median(a.sdk.seconds / b.seconds for a, b in pairs)
        processor = statistics.median(a.processor / b.processor for a, b in pairs)
        memory = statistics.median(a.memory / b.memory for a, b in pairs)
        own = statistics.median(_MANY / each.processor for each in found)
        rate = statistics.median(_MANY / each.sdk.seconds for each in found)
        peak = statistics.median(each.memory for each in found) / _MIB
        print(
            f"  by the gateway, masking: {masking:<8} the SDK takes {seconds:4.1f} x as long "
            f"({rate:.0f} spans/s); the gateway takes {processor:4.1f} x the SDK's processor time "
            f"({own:.0f} spans for a second of a processor); its peak is {peak:.0f} MiB, "
            f"{memory:.2f} x"
        )


def _growth(settings: GatewaySettings) -> None:
    print(f"values of a label, with a limit of {settings.series_limit} series:")
    first = 0.0
    for values in _VALUES:
        with tempfile.TemporaryDirectory() as folder, collector(settings, Path(folder)) as gateway:
            for start in range(0, values, 1000):
                models = range(start, min(start + 1000, values))
                assert gateway.send(_call(f"model-{number}") for number in models) == 200
            _counted(gateway, values)
            before = time.perf_counter()
            series = len(gateway.metrics())
            seconds = time.perf_counter() - before
            first = first or gateway.memory
            print(
                f"  {values:>6}: {series:>6} series, read in {seconds:.2f} s; "
                f"{gateway.memory / _MIB:.0f} MiB, {gateway.memory / first:.2f} x"
            )


def _counted(gateway: Collector, calls: int) -> None:
    until(lambda: _calls(gateway) == calls, "all are counted", _WAIT)


def _calls(gateway: Collector) -> float:
    found = gateway.metrics().items()
    return sum(value for (name, _), value in found if name == "agent_request_calls_total")


def _call(model: str) -> Span:
    return Span(
        attributes={
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": model,
            "gen_ai.usage.input_tokens": 1,
        }
    )


if __name__ == "__main__":
    main()
