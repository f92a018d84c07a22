"""The local cluster: pins, names and folders, messages, other people's programs.

No control plane is started here; the cluster tier does that.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tooling.__main__ import main
from tooling.cluster import (
    ClusterError,
    api,
    checksums,
    crds,
    kind,
    simulated,
    state,
)
from tooling.cluster import programs as versions
from tooling.cluster.download import Download
from tooling.cluster.programs import CLI, COMPONENTS, KUBERNETES_PROVIDER

FOLDER = Path(state.__file__).parent


def silent(_line: str) -> None:
    """Discards progress messages."""


@pytest.mark.parametrize(
    ("module", "requirement"),
    [
        ("kubernetes", f"k8s.io/kubernetes v{versions.KUBERNETES}"),
        ("etcd", f"go.etcd.io/etcd/server/v3 v{versions.ETCD}"),
        ("kwok", f"sigs.k8s.io/kwok v{versions.KWOK}"),
        ("pulumi", f"github.com/pulumi/pulumi/pkg/v3 v{versions.PULUMI}"),
        (
            "pulumi-kubernetes",
            f"github.com/pulumi/pulumi-kubernetes/provider/v4 v{versions.PULUMI_KUBERNETES}",
        ),
    ],
)
def test_downloads_and_builds_are_the_same_version(module: str, requirement: str) -> None:
    assert requirement in (FOLDER / "gomod" / module / "go.mod").read_text(encoding="utf-8")


def test_every_staging_module_is_the_release_of_the_same_kubernetes() -> None:
    text = (FOLDER / "gomod/kubernetes/go.mod").read_text(encoding="utf-8")
    release = "v0." + versions.KUBERNETES.split(".", 1)[1]
    replaced = dict(re.findall(r"(k8s\.io/\S+) => k8s\.io/\S+ (\S+)", text))
    assert set(replaced.values()) == {release}
    unreplaced = set(re.findall(r"(k8s\.io/\S+) v0\.0\.0\s", text)) - set(replaced)
    assert not unreplaced, f"{unreplaced} would be looked for at v0.0.0, which does not exist"


def test_each_program_is_built_from_a_pinned_tool() -> None:
    for component in (*COMPONENTS, CLI):
        pins = (FOLDER / "gomod" / component.source.module / "go.mod").read_text(encoding="utf-8")
        assert re.search(rf"^(tool )?\s*{re.escape(component.source.package)}$", pins, re.MULTILINE)


def test_every_server_listens_on_loopback_only() -> None:
    assert "bindAddress: 127.0.0.1" in (FOLDER / "kwokctl.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_each_download_has_its_address_and_its_own_checksum_and_no_other_program_has_one(
    architecture: str,
) -> None:
    found = {component.name: component.download("linux", architecture) for component in COMPONENTS}
    kwok = f"https://github.com/kubernetes-sigs/kwok/releases/download/v{versions.KWOK}"
    kubernetes = f"https://dl.k8s.io/release/v{versions.KUBERNETES}/bin/linux/{architecture}"
    published = {
        "kwok": f"{kwok}/kwok-linux-{architecture}",
        "kwokctl": f"{kwok}/kwokctl-linux-{architecture}",
        "kubectl": f"{kubernetes}/kubectl",
    }

    assert {name: offer.url for name, offer in found.items() if offer} == published
    for name, offer in found.items():
        release = versions.KWOK if name.startswith("kwok") else versions.KUBERNETES
        if offer is not None:
            sum_, source = checksums.SHA256[name, release, f"linux-{architecture}"]
            assert (offer.sha256, offer.member) == (sum_, None)
            assert re.fullmatch("[0-9a-f]{64}", sum_)
            assert not source.startswith((versions.KUBERNETES_HOST, f"{kwok}/"))


def test_no_two_programs_have_one_checksum_and_each_is_of_the_pinned_version() -> None:
    versions = {component.name: component.version for component in COMPONENTS}

    assert len({sum_ for sum_, _ in checksums.SHA256.values()}) == len(checksums.SHA256) == 6
    assert {(name, version) for name, version, _ in checksums.SHA256} <= versions.items()


def test_etcd_would_be_taken_out_of_its_tarball(monkeypatch: pytest.MonkeyPatch) -> None:
    etcd = next(component for component in COMPONENTS if component.name == "etcd")
    pin = ("etcd", versions.ETCD, "linux-arm64")
    monkeypatch.setattr(checksums, "SHA256", {pin: ("1" * 64, "")})
    release = f"https://github.com/etcd-io/etcd/releases/download/v{versions.ETCD}"

    assert etcd.download("linux", "arm64") == Download(
        url=f"{release}/etcd-v{versions.ETCD}-linux-arm64.tar.gz", sha256="1" * 64, member="etcd"
    )


@pytest.mark.parametrize(("architecture", "name"), [("amd64", "x64"), ("arm64", "arm64")])
def test_the_engine_would_be_taken_out_of_its_tarball(
    monkeypatch: pytest.MonkeyPatch, architecture: str, name: str
) -> None:
    assert CLI.download("linux", architecture) is None
    pin = ("pulumi", versions.PULUMI, f"linux-{architecture}")
    monkeypatch.setattr(checksums, "SHA256", {pin: ("1" * 64, "")})

    assert CLI.download("linux", architecture) == Download(
        url=f"https://get.pulumi.com/releases/sdk/pulumi-v{versions.PULUMI}-linux-{name}.tar.gz",
        sha256="1" * 64,
        member="pulumi",
    )


def test_the_provider_embeds_the_two_files_that_its_main_package_names() -> None:
    source = KUBERNETES_PROVIDER.source
    text = (FOLDER / "gomod" / source.module / "main.go").read_text(encoding="utf-8")

    assert source.embedded is not None
    assert source.embedded.names == tuple(re.findall("^//go:embed (.*)$", text, re.MULTILINE))
    assert f'"{source.embedded.module}/pkg/provider"' in text


def test_what_has_no_checksum_for_the_platform_is_built() -> None:
    assert [c.name for c in COMPONENTS if c.download("darwin", "arm64") is not None] == []


def test_the_folder_follows_the_parameter_then_the_environment_then_the_repository(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(state.STATE_VARIABLE, raising=False)
    assert state.cluster_folder("a") == state.REPOSITORY / ".local/cluster/a"
    monkeypatch.setenv(state.STATE_VARIABLE, str(tmp_path / "one"))
    assert state.cluster_folder("a") == (tmp_path / "one/cluster/a").resolve()
    assert state.cluster_folder("a", tmp_path) == (tmp_path / "cluster/a").resolve()


@pytest.mark.parametrize("name", ["", "Demo", "a/b", "..", "-a", "a-", "a" * 33, "a b"])
def test_a_name_that_cannot_be_a_folder_and_a_context_is_refused(name: str) -> None:
    with pytest.raises(ClusterError, match="is not usable"):
        state.cluster_folder(name)


def test_what_was_noted_is_read_again(tmp_path: Path) -> None:
    cluster = state.describe("a", "kind", state.cluster_folder("a", tmp_path))
    state.remember(cluster)
    assert api.clusters(tmp_path) == [cluster]
    assert (cluster.context, cluster.kubeconfig.parent) == ("kind-a", cluster.folder)


def test_simulated_nodes_spread_over_three_zones_and_claims_find_a_default_class() -> None:
    items = json.loads(simulated.manifest())["items"]
    zones = [
        item["metadata"]["labels"]["topology.kubernetes.io/zone"]
        for item in items
        if item["kind"] == "Node"
    ]
    assert zones == list(simulated.ZONES)
    classes = [item for item in items if item["kind"] == "StorageClass"]
    marks = [item["metadata"]["annotations"] for item in classes]
    assert marks == [{"storageclass.kubernetes.io/is-default-class": "true"}]
    volumes = [item["spec"] for item in items if item["kind"] == "PersistentVolume"]
    assert len(volumes) == simulated.VOLUMES
    assert {volume["storageClassName"] for volume in volumes} == {classes[0]["metadata"]["name"]}


def test_a_failure_is_one_message_and_exit_code_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cluster", "up", "--name", "Not Good"]) == 2
    told = capsys.readouterr()
    assert told.err.startswith("error: cluster name 'Not Good' is not usable")
    assert told.out == ""


class FakePrograms:
    """Programs on PATH that note how they were called and answer what they are told to."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.log = folder / "calls"
        self._folder = folder
        folder.mkdir()
        monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")

    def add(self, name: str, answer: str = "", code: int = 0) -> None:
        (self._folder / f"{name}.answer").write_text(answer, encoding="utf-8")
        program = self._folder / name
        program.write_text(
            f'#!/bin/sh\necho {name} "$@" >>"{self.log}"\n'
            f'cat "{self._folder}/{name}.answer"\nexit {code}\n',
            encoding="utf-8",
        )
        program.chmod(0o755)

    def calls(self) -> str:
        return self.log.read_text(encoding="utf-8")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePrograms:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return FakePrograms(tmp_path / "programs", monkeypatch)


@pytest.mark.programs
def test_kind_gets_its_own_kubeconfig_and_is_deleted_by_name(
    programs: FakePrograms, tmp_path: Path
) -> None:
    programs.add("docker")
    programs.add("kind")
    cluster = api.start("a", "kind", tmp_path, silent)
    create = f"kind create cluster --name a --kubeconfig {cluster.kubeconfig} --wait 120s"
    assert create in programs.calls()
    assert cluster.context == "kind-a"
    assert api.stop("a", tmp_path, silent)
    assert "kind delete cluster --name a" in programs.calls()
    assert not cluster.folder.exists()


@pytest.mark.programs
def test_a_running_cluster_is_not_replaced_by_one_of_the_other_kind(
    programs: FakePrograms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs.add("docker")
    programs.add("kind")
    running = state.describe("a", "kwok", state.cluster_folder("a", tmp_path))
    state.remember(running)

    def up(_cluster: state.Cluster) -> bool:
        return True

    monkeypatch.setattr(api, "healthy", up)
    with pytest.raises(ClusterError, match="runs already with provider kwok"):
        api.start("a", "kind", tmp_path, silent)
    assert running.folder.exists()


@pytest.mark.programs
def test_a_kind_cluster_that_fails_to_start_is_deleted(
    programs: FakePrograms, tmp_path: Path
) -> None:
    programs.add("docker")
    programs.add("kind", code=3)
    with pytest.raises(ClusterError, match="kind could not create the cluster a"):
        api.start("a", "kind", tmp_path, silent)
    assert "kind delete cluster --name a" in programs.calls()
    assert not state.cluster_folder("a", tmp_path).exists()


@pytest.mark.programs
def test_a_stopped_docker_is_reported_before_anything_starts(programs: FakePrograms) -> None:
    programs.add("kind")
    programs.add("docker", code=1)
    with pytest.raises(ClusterError, match="needs a running Docker daemon"):
        kind.require()


def go_answer(programs: FakePrograms, module: Path, checksum: str) -> None:
    programs.add("go", json.dumps({"Dir": str(module), "Sum": checksum}))


@pytest.mark.programs
def test_definitions_are_read_from_the_module_cache(programs: FakePrograms, tmp_path: Path) -> None:
    wanted = crds.PROMETHEUS_OPERATOR
    definitions = tmp_path / wanted.folder
    definitions.mkdir(parents=True)
    for name in ("b.yaml", "a.yaml", "kustomization.yaml", "README.md"):
        (definitions / name).touch()
    go_answer(programs, tmp_path, wanted.checksum)
    assert [path.name for path in crds.crd_files(wanted)] == ["a.yaml", "b.yaml"]
    assert f"mod download -json {wanted.module}@{wanted.version}" in programs.calls()


@pytest.mark.programs
def test_definitions_with_another_checksum_are_refused(
    programs: FakePrograms, tmp_path: Path
) -> None:
    go_answer(programs, tmp_path, "h1:other=")
    with pytest.raises(ClusterError, match="is not what was pinned"):
        crds.crd_files(crds.EXTERNAL_SECRETS)


@pytest.mark.programs
def test_definitions_that_cannot_be_fetched_say_why(programs: FakePrograms) -> None:
    programs.add("go", json.dumps({"Error": "no such host"}), code=1)
    with pytest.raises(ClusterError, match="could not be fetched: no such host"):
        crds.crd_files(crds.EXTERNAL_SECRETS)
