"""The local cluster's programs: download, check, fall back to a build, keep.

The download hosts are a server on loopback; nothing is compiled.
"""

from __future__ import annotations

import hashlib
import http.server
import io
import os
import re
import tarfile
import threading
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tooling.cluster import ClusterError, binaries, build, download
from tooling.cluster.binaries import Component
from tooling.cluster.download import Download

PROGRAM = b"#!/bin/sh\necho fake 1.2.3\n"


@dataclass
class Upstream:
    """A stand-in for the download hosts."""

    address: str
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    asked: list[str] = field(default_factory=list[str])
    cut: bool = False


@pytest.fixture
def upstream() -> Generator[Upstream]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_error(404)

        def do_GET(self) -> None:
            there.asked.append(self.path)
            body = there.files.get(self.path)
            if body is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if there.cut else body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        there = Upstream(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield there
        server.shutdown()


ZEROS = "0" * 64


def offer(upstream: Upstream, body: bytes, checksum: str | None = None) -> Download:
    upstream.files["/fake"] = body
    pinned = checksum or hashlib.sha256(body).hexdigest()
    return Download(url=f"{upstream.address}/fake", sha256=pinned)


def test_a_download_with_the_pinned_checksum_is_taken(upstream: Upstream, tmp_path: Path) -> None:
    download.fetch(offer(upstream, PROGRAM), tmp_path / "fake")
    assert (tmp_path / "fake").read_bytes() == PROGRAM
    assert [path.name for path in tmp_path.iterdir()] == ["fake"]


def test_one_program_is_taken_out_of_a_tarball(upstream: Upstream, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, body in (("v1/README", b"no"), ("v1/fake", PROGRAM), ("v1/fakectl", b"no")):
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            tar.addfile(entry, io.BytesIO(body))
    upstream.files["/fake.tar.gz"] = buffer.getvalue()
    wanted = Download(
        url=f"{upstream.address}/fake.tar.gz",
        sha256=hashlib.sha256(buffer.getvalue()).hexdigest(),
        member="fake",
    )
    download.fetch(wanted, tmp_path / "fake")
    assert (tmp_path / "fake").read_bytes() == PROGRAM


@pytest.mark.parametrize(
    ("damage", "reason"),
    [("wrong sum", "checksum mismatch"), ("cut", "broke off")],
)
def test_a_download_that_is_not_what_was_pinned_leaves_nothing(
    upstream: Upstream, tmp_path: Path, damage: str, reason: str
) -> None:
    wanted = offer(upstream, PROGRAM, ZEROS if damage == "wrong sum" else None)
    upstream.cut = damage == "cut"
    with pytest.raises(ValueError, match=reason):
        download.fetch(wanted, tmp_path / "fake")
    assert list(tmp_path.iterdir()) == []


def test_a_broken_archive_leaves_nothing(upstream: Upstream, tmp_path: Path) -> None:
    body = b"\x1f\x8b no archive"
    upstream.files["/fake.tar.gz"] = body
    pinned = hashlib.sha256(body).hexdigest()
    wanted = Download(url=f"{upstream.address}/fake.tar.gz", sha256=pinned, member="fake")
    with pytest.raises(ValueError, match="damaged"):
        download.fetch(wanted, tmp_path / "fake")
    assert list(tmp_path.iterdir()) == []


def test_a_host_that_refuses_the_connection_is_given_up_at_once(upstream: Upstream) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as closed:
        port = closed.server_port
    begin = time.monotonic()
    assert not download.reachable(f"http://127.0.0.1:{port}")
    assert time.monotonic() - begin < download.PROBE_SECONDS
    assert download.reachable(upstream.address), "an error page is an answer too"


@dataclass(frozen=True, kw_only=True)
class FakeComponent(Component):
    offered: Download | None = None

    def download(self, system: str, architecture: str) -> Download | None:
        del system, architecture
        return self.offered


class Machine:
    """A machine with an empty cache that knows one program."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
        self.cache = cache
        self.lines: list[str] = []
        self.built: list[str] = []
        self._monkeypatch = monkeypatch
        monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
        monkeypatch.setattr(binaries, "build", self._build)
        self.knows(None)

    def knows(self, offered: Download | None) -> None:
        source = build.Source(module="kwok", package="example.com/fake")
        component = FakeComponent(name="fake", version="1.2.3", source=source, offered=offered)
        self._monkeypatch.setattr(binaries, "COMPONENTS", (component,))

    def get(self) -> Path:
        return binaries.ensure_binaries(self.lines.append)["fake"]

    def has_go(self, has: bool) -> None:
        def which(_name: str) -> str | None:
            return "go" if has else None

        self._monkeypatch.setattr(binaries.shutil, "which", which)

    def _build(self, source: build.Source, target: Path, *_others: object) -> None:
        self.built.append(source.package)
        target.write_bytes(PROGRAM)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    made = Machine(monkeypatch, tmp_path / "cache")
    made.has_go(True)
    return made


@pytest.mark.programs
def test_a_program_is_downloaded_once(upstream: Upstream, machine: Machine) -> None:
    machine.knows(offer(upstream, PROGRAM))
    path = machine.get()
    assert os.access(path, os.X_OK)
    assert path.parent.name.startswith("fake-1.2.3-")
    assert any(line.startswith("[1/1] downloading fake 1.2.3") for line in machine.lines)
    upstream.asked.clear()
    machine.lines.clear()
    assert machine.get() == path
    assert (upstream.asked, machine.lines, machine.built) == ([], [], [])


@pytest.mark.programs
@pytest.mark.parametrize("failure", ["wrong sum", "not there", "unreachable", "not published"])
def test_what_cannot_be_downloaded_is_built(
    upstream: Upstream, machine: Machine, failure: str
) -> None:
    offers: Mapping[str, Callable[[], Download | None]] = {
        "wrong sum": lambda: offer(upstream, PROGRAM, ZEROS),
        "not there": lambda: Download(url=f"{upstream.address}/missing", sha256=ZEROS),
        "unreachable": lambda: Download(url="http://127.0.0.1:1/fake", sha256=ZEROS),
        "not published": lambda: None,
    }
    machine.knows(offers[failure]())
    assert machine.get().read_bytes() == PROGRAM
    assert machine.built == ["example.com/fake"]
    left = [path.name for path in (machine.cache / "agent-observability/bin").iterdir()]
    assert sorted(name for name in left if not name.endswith(".lock")) == [
        machine.get().parent.name
    ], "no temporary folder stays"


@pytest.mark.programs
def test_without_download_and_go_one_message_says_what_to_do(machine: Machine) -> None:
    machine.knows(Download(url="http://127.0.0.1:1/fake", sha256=ZEROS))
    machine.has_go(False)
    with pytest.raises(ClusterError, match="does not answer") as raised:
        machine.get()
    assert "install Go" in str(raised.value)


@pytest.mark.programs
def test_a_program_of_another_version_does_not_enter_the_cache(
    upstream: Upstream, machine: Machine
) -> None:
    machine.knows(offer(upstream, b"#!/bin/sh\necho fake 9.9.9\n"))
    with pytest.raises(ClusterError, match=re.escape("should be version 1.2.3")):
        machine.get()
    assert not binaries.cached_binaries()


def test_kubectl_is_the_one_on_path_and_else_that_of_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    cached = dict[str, Path]()
    monkeypatch.setattr(binaries, "cached_binaries", lambda: cached)

    assert binaries.find_kubectl() is None
    cached["kubectl"] = tmp_path / "cache" / "kubectl"
    assert binaries.find_kubectl() == str(tmp_path / "cache" / "kubectl")
    program = tmp_path / "bin" / "kubectl"
    program.parent.mkdir()
    program.touch(0o755)
    assert binaries.find_kubectl() == "kubectl"
