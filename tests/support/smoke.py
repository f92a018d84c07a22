"""A stack that the smoke test can be run on: its file, its Langfuse, its cluster, its LangSmith."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from stacks import stack_files
from tests.support import bases
from tests.support.certificates import Certificate
from tests.support.fake_kubernetes import FakeKubernetes, write_kubeconfig
from tests.support.fake_langfuse import (
    API_KEY,
    PUBLIC_KEY,
    SECRET_KEY,
    FakeLangfuse,
    FakeLangSmith,
)
from tests.support.loopback import serving
from tooling.__main__ import main
from tooling.smoke.stack import Expected, expected
from tooling.smoke.tracing import sdk

HOST = "http://langfuse.observability.svc"
CONTEXT = "kind-langfuse"

SDKS = sdk.FOLDER

needs_sdk_2 = pytest.mark.skipif(
    not (SDKS / ".venv-smoke" / "bin" / "python").exists(), reason=".venv-smoke is not installed"
)
needs_sdk_4 = pytest.mark.skipif(
    not (SDKS / ".venv-smoke-4" / "bin" / "python").exists(),
    reason=".venv-smoke-4 is not installed",
)

_VARIABLES = ("LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY", "LANGSMITH_API_KEY", "KUBECONFIG")
_PROJECT_FILE = stack_files.ROOT / "Pulumi.yaml"


def promised(base: str, **sections: object) -> Expected:
    """What a run has to see of a base, changed in ``sections``."""
    changes = {f"agent-observability:{name}": value for name, value in sections.items()}
    return expected(bases.read_settings(base, changes))


@dataclass(frozen=True)
class Outcome:
    """What a run said, with `RUN` for its identifier and `N` for seconds."""

    code: int
    lines: list[str]
    """With those that go on in further lines put together again."""
    errors: str
    document: Any
    """The JSON report; None if none was written."""

    def verdicts(self) -> dict[str, str]:
        """The word of each check that has a line."""
        return {line[6:20].strip(): line[:4].strip() for line in self.lines[:-1] if line[0] != " "}


@dataclass
class Surroundings:
    """Everything that one run meets; a test changes what it is about."""

    folder: Path
    capture: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch
    port: int
    langfuse: FakeLangfuse
    kubernetes: FakeKubernetes
    langsmith: FakeLangSmith
    langsmith_port: int
    secrets: list[str] = field(default_factory=lambda: [PUBLIC_KEY, SECRET_KEY, API_KEY])
    """What no run may show."""

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    def configure(self, **sections: Any) -> None:  # noqa: ANN401 - JSON
        """The stack file: the least that is valid, with ``sections``."""
        config: dict[str, Any] = {
            "cluster": {"context": CONTEXT, "kubeconfig": str(self.kubeconfig)},
            "langfuse": {"version": "2.95.12", "admin": {"email": "a@example.com"}},
            "database": {"engine": "statefulSet"},
            **sections,
        }
        text = yaml.safe_dump(
            {"config": {f"agent-observability:{k}": v for k, v in config.items()}}
        )
        (self.folder / "Pulumi.test.yaml").write_text(text, encoding="utf-8")

    def install_sdk(self) -> None:
        """The real SDK, which takes seconds; without it the trace is skipped."""
        self.patch.setattr(sdk, "FOLDER", SDKS)

    def program(self, name: str, script: str) -> Path:
        """A program on PATH that does what a shell script does; returns where its arguments go."""
        binaries, told = self.folder / "bin", self.folder / f"{name}.arguments"
        binaries.mkdir(exist_ok=True)
        file = binaries / name
        file.write_text(f'#!/bin/sh\necho "$@" >>{told}\n{script}\n', encoding="utf-8")
        file.chmod(0o755)
        self.patch.setenv("PATH", f"{binaries}{os.pathsep}/usr/bin{os.pathsep}/bin")
        return told

    def put_agents(self, namespace: str, **changes: str) -> None:
        """Agents' Secret, as the stack delivers it but for ``changes``."""
        values = {"LANGFUSE_HOST": HOST, "LANGFUSE_BASEURL": HOST}
        values |= {"LANGFUSE_PUBLIC_KEY": PUBLIC_KEY, "LANGFUSE_SECRET_KEY": SECRET_KEY, **changes}
        self.kubernetes.put_secret(namespace, "agent-observability", values)

    def run(self, *options: str, url: str | None = "own") -> Outcome:
        """One run; no secret may appear in anything that it leaves behind."""
        report = self.folder / "report.json"
        report.unlink(missing_ok=True)
        where = {None: [], "own": ["--url", f"http://127.0.0.1:{self.port}"]}
        given = where.get(url, ["--url", str(url)])
        code = main(["smoke", "--stack", "test", *given, "--json", str(report), *options])
        printed = self.capture.readouterr()
        written = report.read_text(encoding="utf-8") if report.exists() else ""
        for secret in self.secrets:
            encoded = base64.b64encode(secret.encode()).decode()
            for text in (printed.out, printed.err, written):
                assert secret not in text
                assert encoded not in text
        pair = base64.b64encode(f"{PUBLIC_KEY}:{SECRET_KEY}".encode()).decode()
        assert pair not in printed.out + printed.err + written
        return Outcome(
            code,
            _stable(printed.out.replace("\n" + " " * 21, " ")).splitlines(),
            _stable(printed.err),
            json.loads(_stable(written)) if written else None,
        )


def _stable(text: str) -> str:
    text = re.sub(r"smoke-test-r[0-9a-f]{11}", "smoke-test-RUN", text)
    text = re.sub(r'"run": "r[0-9a-f]{11}"', '"run": "RUN"', text)
    text = re.sub(r'"seconds": [0-9.]+', '"seconds": 0', text)
    return re.sub(r"\b[0-9]+(\.[0-9])? s\b", "N s", text)


@contextlib.contextmanager
def surroundings(
    folder: Path,
    capture: pytest.CaptureFixture[str],
    patch: pytest.MonkeyPatch,
    certificate: Certificate | None = None,
    langfuse: FakeLangfuse | None = None,
) -> Generator[Surroundings]:
    """A sound stack without agents."""
    (folder / "Pulumi.yaml").write_text(_PROJECT_FILE.read_text(encoding="utf-8"), encoding="utf-8")
    patch.setattr(stack_files, "ROOT", folder)
    patch.setattr(sdk, "FOLDER", folder)
    for name in _VARIABLES:
        patch.delenv(name, raising=False)
    langfuse = langfuse or FakeLangfuse()
    kubernetes, langsmith = FakeKubernetes(), FakeLangSmith()
    keys: Mapping[str, str] = {
        "LANGFUSE_INIT_PROJECT_PUBLIC_KEY": PUBLIC_KEY,
        "LANGFUSE_INIT_PROJECT_SECRET_KEY": SECRET_KEY,
    }
    kubernetes.put_secret("observability", "langfuse-app-1", keys)
    kubernetes.put_deployment("observability", "langfuse", secret="langfuse-app-1")
    with (
        serving(langfuse, certificate) as port,
        serving(kubernetes) as api,
        serving(langsmith) as langsmith_port,
    ):
        prepared = Surroundings(
            folder, capture, patch, port, langfuse, kubernetes, langsmith, langsmith_port
        )
        write_kubeconfig(prepared.kubeconfig, CONTEXT, api)
        prepared.configure()
        yield prepared
