"""The demo beside the cluster: which pulumi it takes, and what it says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tooling.__main__ import main
from tooling.demo import cli, command, engine, report
from tooling.engineless.live import LiveError


def silent(_line: str) -> None:
    """Discards progress messages."""


def unreachable(_host: str) -> bool:
    return False


@pytest.fixture(autouse=True)
def nothing_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(cli.PATH_VARIABLE, raising=False)
    monkeypatch.delenv(cli.OFF_VARIABLE, raising=False)
    monkeypatch.setattr(cli, "reachable", unreachable)


def program(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(("#!/bin/sh", *lines)), encoding="utf-8")
    path.chmod(0o755)
    return path


def test_without_a_cli_and_a_network_the_reason_is_said() -> None:
    assert cli.find(silent) == cli.Missing(
        "there is no pulumi on PATH, and https://get.pulumi.com does not answer"
    )


def test_nothing_is_installed_where_that_is_not_wanted() -> None:
    assert cli.find(silent, install=False) == cli.Missing("there is no pulumi on PATH")


def test_the_cli_can_be_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin" / "pulumi", "echo v3.300.0")
    monkeypatch.setenv(cli.OFF_VARIABLE, "1")

    assert cli.find(silent) == cli.Missing("$AGENT_OBSERVABILITY_NO_CLI is set")


def test_the_cli_on_path_is_taken(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "pulumi", "echo v3.300.0")

    found = cli.find(silent)

    assert not isinstance(found, cli.Missing)
    assert found.command == "pulumi"


def test_a_cli_that_was_installed_before_is_taken(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "agent-observability" / "pulumi" / cli.version("pulumi")
    installed = program(folder / "bin" / "pulumi", "echo v3.300.0")

    found = cli.find(silent)

    assert not isinstance(found, cli.Missing)
    assert found.command == str(installed)


def test_a_named_cli_comes_first_with_its_language_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = program(tmp_path / "elsewhere" / "pulumi", "echo v3.300.0")
    monkeypatch.setenv(cli.PATH_VARIABLE, str(named))

    assert not isinstance(cli.find(silent), cli.Missing)
    assert os.environ["PATH"].split(os.pathsep)[0] == str(named.parent)


@pytest.mark.parametrize("name", ["elsewhere/pulumi", "elsewhere/kubectl"])
def test_a_named_cli_that_is_none_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    program(tmp_path / "elsewhere" / "kubectl")
    monkeypatch.setenv(cli.PATH_VARIABLE, str(tmp_path / name))

    with pytest.raises(LiveError, match=r"\$AGENT_OBSERVABILITY_PULUMI names .*, which is no"):
        cli.find(silent)


@pytest.mark.parametrize("line", ["exit 3", "echo v2.0.0"])
def test_a_cli_that_does_not_run_or_is_too_old_is_passed_over(tmp_path: Path, line: str) -> None:
    program(tmp_path / "bin" / "pulumi", line)

    found = cli.find(silent)

    assert isinstance(found, cli.Missing)
    assert found.reason.startswith("the pulumi on PATH cannot be used: ")


def test_providers_that_cannot_be_had_are_a_reason(tmp_path: Path) -> None:
    program(
        tmp_path / "bin" / "pulumi",
        '[ "$1" = version ] && echo v3.300.0 && exit',
        "echo connecting",
        "echo no network",
        "exit 1",
    )
    found = cli.find(silent)
    assert not isinstance(found, cli.Missing)

    release = cli.version("pulumi-kubernetes")
    assert cli.install_plugins(found, silent) == (
        f"its kubernetes provider {release} cannot be had: no network"
    )


def test_providers_that_are_there_are_not_asked_for(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "pulumi", '[ "$1" = version ] && echo v3.300.0 && exit', "exit 1")
    found = cli.find(silent)
    assert not isinstance(found, cli.Missing)
    for name in cli.PLUGINS:
        folder = f"resource-{name}-v{cli.version(f'pulumi-{name}')}"
        (cli.pulumi_home() / "plugins" / folder).mkdir(parents=True)

    assert cli.install_plugins(found, silent) is None


def test_a_table_is_as_wide_as_its_widest_cells() -> None:
    assert report.table([("A", "B", "C"), ("long", "b", "c")]) == "  A     B  C\n  long  b  c"


@pytest.mark.parametrize(
    ("counts", "changed"),
    [({"same": 3}, False), ({"create": 3}, True), ({"same": 3, "update": 1}, True), ({}, False)],
)
def test_a_run_of_the_engine_that_changed_something(
    counts: dict[str, int],
    changed: bool,
) -> None:
    assert engine.EngineResult(counts, {}).changed is changed


def test_an_error_is_one_line_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LiveError("the cluster cannot be reached")

    monkeypatch.setattr(command, "start", fail)

    assert main(["demo", "up"]) == 2
    assert capsys.readouterr().err == "error: the cluster cannot be reached\n"


def test_taking_down_what_is_not_there_is_no_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENT_OBSERVABILITY_STATE", str(tmp_path))

    assert main(["demo", "down"]) == 0
    assert capsys.readouterr().out == "there is no demo to remove\n"
