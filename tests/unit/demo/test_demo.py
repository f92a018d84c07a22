"""The demo beside the cluster: which pulumi it takes, and what it says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pulumi.automation import PulumiCommand

from tooling.__main__ import main
from tooling.cluster import binaries
from tooling.cluster.programs import CLI, KUBERNETES_PROVIDER, Component
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


@pytest.mark.programs
def test_without_a_cli_a_network_and_go_the_reasons_are_said() -> None:
    found = cli.find(silent)

    assert isinstance(found, cli.Missing)
    assert found.reason.startswith(
        "there is no pulumi on PATH, https://get.pulumi.com does not answer, and it cannot be "
        f"built: pulumi {CLI.version} is needed and cannot be downloaded ("
    )
    assert "there is no `go` on PATH to build it" in found.reason


def test_the_cli_can_be_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin" / "pulumi", "echo v3.300.0")
    monkeypatch.setenv(cli.OFF_VARIABLE, "1")

    assert cli.find(silent) == cli.Missing("$AGENT_OBSERVABILITY_NO_CLI is set")


@pytest.mark.programs
def test_the_cli_on_path_is_taken(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "pulumi", "echo v3.300.0")

    found = cli.find(silent)

    assert not isinstance(found, cli.Missing)
    assert found.command == "pulumi"


@pytest.mark.programs
def test_a_cli_that_was_installed_before_is_taken(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "agent-observability" / "pulumi" / cli.version("pulumi")
    installed = program(folder / "bin" / "pulumi", "echo v3.300.0")

    found = cli.find(silent)

    assert not isinstance(found, cli.Missing)
    assert found.command == str(installed)


def built(component: Component, *lines: str) -> Path:
    """A program as if it had been built before."""
    return program(binaries.program_path(component), *lines)


@pytest.mark.programs
def test_a_cli_that_cannot_be_had_is_built_and_used_from_a_folder_of_its_own(
    tmp_path: Path,
) -> None:
    engine_itself = built(CLI, "echo v3.300.0")

    for _ in range(2):
        found = cli.find(silent)

        assert not isinstance(found, cli.Missing)
        link = Path(found.command)
        assert (link.parent.name, link.name) == ("bin", "pulumi")
        assert link.readlink() == engine_itself


@pytest.mark.programs
def test_an_official_cli_comes_before_one_that_is_built(tmp_path: Path) -> None:
    built(CLI, "echo v3.300.0")
    folder = tmp_path / "cache" / "agent-observability" / "pulumi" / cli.version("pulumi")
    installed = program(folder / "bin" / "pulumi", "echo v3.300.0")

    found = cli.find(silent)

    assert not isinstance(found, cli.Missing)
    assert found.command == str(installed)


@pytest.mark.programs
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


@pytest.mark.programs
@pytest.mark.parametrize("line", ["exit 3", "echo v2.0.0"])
def test_a_cli_that_does_not_run_or_is_too_old_is_passed_over(tmp_path: Path, line: str) -> None:
    program(tmp_path / "bin" / "pulumi", line)

    found = cli.find(silent)

    assert isinstance(found, cli.Missing)
    assert found.reason.startswith("the pulumi on PATH cannot be used: ")


def on_path(folder: Path, *lines: str) -> PulumiCommand:
    """A CLI on PATH that gives its version, and for all else runs ``lines``."""
    version = '[ "$1" = version ] && echo v3.300.0 && exit'
    program(folder / "bin" / "pulumi", version, f"echo $@ >> {folder}/asked", *lines)
    found = cli.find(silent)
    assert not isinstance(found, cli.Missing)
    return found


def reachable(_host: str) -> bool:
    return True


@pytest.mark.programs
def test_a_provider_that_can_neither_be_had_nor_built_is_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "reachable", reachable)
    command = on_path(tmp_path, "echo connecting", "echo no network", "exit 1")

    found = cli.get_providers(command, silent)

    assert isinstance(found, cli.Missing)
    assert found.reason.startswith(
        "its kubernetes provider cannot be had (no network), nor built: pulumi-resource-kubernetes "
    )


@pytest.mark.programs
@pytest.mark.parametrize("host_answers", [True, False])
def test_what_takes_the_place_of_official_providers_is_built_or_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host_answers: bool
) -> None:
    monkeypatch.setattr(cli, "reachable", reachable if host_answers else unreachable)
    there = built(KUBERNETES_PROVIDER)
    command = on_path(tmp_path, "exit 1")
    said: list[str] = []

    found = cli.get_providers(command, said.append)

    assert found == cli.Providers({"pulumi-resource-kubernetes": there}, ("random",))
    # Without an answer of their host nothing is waited for.
    assert (tmp_path / "asked").exists() is host_answers
    why = "exit code 1" if host_answers else "https://get.pulumi.com does not answer"
    assert [line for line in said if "cannot be had" in line] == [
        f"pulumi's {name} provider cannot be had: {why}" for name in ("kubernetes", "random")
    ]


@pytest.mark.programs
def test_providers_that_are_there_are_not_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "reachable", reachable)
    command = on_path(tmp_path, "exit 1")
    for name in cli.PLUGINS:
        folder = f"resource-{name}-v{cli.version(f'pulumi-{name}')}"
        (cli.pulumi_home() / "plugins" / folder).mkdir(parents=True)

    assert cli.get_providers(command, silent) == cli.Providers()
    assert not (tmp_path / "asked").exists()


@pytest.mark.programs
@pytest.mark.parametrize("ignored", [True, False])
def test_a_provider_on_path_is_taken_as_the_engine_takes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ignored: bool
) -> None:
    monkeypatch.setattr(cli, "reachable", reachable)
    command = on_path(tmp_path)
    for name in cli.PLUGINS:
        program(tmp_path / "bin" / f"pulumi-resource-{name}")
    if ignored:
        monkeypatch.setenv("PULUMI_IGNORE_AMBIENT_PLUGINS", "true")

    assert cli.get_providers(command, silent) == cli.Providers()
    assert (tmp_path / "asked").exists() is ignored


@pytest.mark.programs
@pytest.mark.parametrize("beside", [True, False])
def test_the_engine_alone_has_no_host_for_python(tmp_path: Path, beside: bool) -> None:
    command = on_path(tmp_path)
    if beside:
        program(tmp_path / "bin" / "pulumi-language-python")

    assert cli.has_language_host(command) is beside


@pytest.mark.programs
def test_the_variables_of_a_stack_lead_to_the_programs_that_were_built_or_are_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")
    there = built(KUBERNETES_PROVIDER)
    engine_itself = built(CLI, "echo v3.300.0")
    command = cli.find(silent)
    assert not isinstance(command, cli.Missing)
    providers = cli.Providers({"pulumi-resource-kubernetes": there}, ("random",))

    made = engine.Engine(command, tmp_path / "it is here", "dev", providers)
    made.prepare()

    folder = tmp_path / "it is here" / "bin"
    assert made.environment()["PATH"] == f"{folder}:/usr/bin"
    assert f"""PATH='{folder}':"$PATH" """ in made.shell("pulumi stack")
    links = {path.name: path.resolve() for path in folder.iterdir() if path.is_symlink()}
    assert links == {"pulumi-resource-kubernetes": there, "pulumi": engine_itself}
    played = folder / "pulumi-resource-random"
    assert os.access(played, os.X_OK)
    assert played.read_text().endswith(" -m tooling.demo.standins.random\n")


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
