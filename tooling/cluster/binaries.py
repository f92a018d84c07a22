"""The programs of the local cluster: their versions, and how to get them.

Each is kept by version and platform, so only the first start on a machine is slow. It is
downloaded where its checksum is known and upstream can be reached, and else built from the Go
modules pinned in `gomod/`, which needs Go and a Go module proxy.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .build import Source, build
from .checksums import sha256
from .download import Download, fetch, reachable
from .reaper import Reaper
from .state import ClusterError, Say, Stopwatch, cache_folder, locked

KUBERNETES = "1.35.4"
ETCD = "3.6.16"
KWOK = "0.8.0"

# Where the official binaries are published.
KUBERNETES_HOST = "https://dl.k8s.io"
GITHUB_HOST = "https://github.com"


@dataclass(frozen=True, kw_only=True)
class Component:
    """One program, in one version."""

    name: str
    version: str
    source: Source
    version_flags: tuple[str, ...] = ("--version",)
    """Arguments with which it prints its version."""

    def download(self, system: str, architecture: str) -> Download | None:
        """Where upstream publishes it, or None without a checksum of it for this platform."""
        target = f"{system}-{architecture}"
        sum_ = sha256(self.name, self.version, target)
        if sum_ is None:
            return None
        if self.source.module == "kubernetes":
            folder = f"{KUBERNETES_HOST}/release/v{self.version}/bin/{system}/{architecture}"
            return Download(url=f"{folder}/{self.name}", sha256=sum_)
        if self.source.module == "kwok":
            release = f"{GITHUB_HOST}/kubernetes-sigs/kwok/releases/download/v{self.version}"
            return Download(url=f"{release}/{self.name}-{target}", sha256=sum_)
        release = f"{GITHUB_HOST}/etcd-io/etcd/releases/download/v{self.version}"
        url = f"{release}/etcd-v{self.version}-{target}.tar.gz"
        return Download(url=url, sha256=sum_, member=self.name)


def _kubernetes(name: str, *version_flags: str) -> Component:
    major, minor, _ = KUBERNETES.split(".")
    stamp = {
        "gitVersion": f"v{KUBERNETES}",
        "gitMajor": major,
        "gitMinor": minor,
        "gitTreeState": "clean",
    }
    return Component(
        name=name,
        version=KUBERNETES,
        version_flags=version_flags or ("--version",),
        source=Source(
            module="kubernetes",
            package=f"k8s.io/kubernetes/cmd/{name}",
            stamp={
                f"{package}.{variable}": value
                for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
                for variable, value in stamp.items()
            },
        ),
    )


def _kwok(name: str) -> Component:
    return Component(
        name=name,
        version=KWOK,
        source=Source(
            module="kwok",
            package=f"sigs.k8s.io/kwok/cmd/{name}",
            stamp={"sigs.k8s.io/kwok/pkg/consts.Version": KWOK},
        ),
    )


COMPONENTS = (
    Component(
        name="etcd",
        version=ETCD,
        source=Source(module="etcd", package="go.etcd.io/etcd/server/v3"),
    ),
    _kwok("kwokctl"),
    _kwok("kwok"),
    _kubernetes("kube-apiserver"),
    _kubernetes("kube-controller-manager"),
    _kubernetes("kube-scheduler"),
    # kwokctl asks kubectl whether the API server answers, and would download one.
    _kubernetes("kubectl", "version", "--client"),
)


def ensure_binaries(say: Say) -> dict[str, Path]:
    """Path of every program by its name; downloads or builds those that are missing."""
    missing = len(COMPONENTS) - len(cached_binaries())
    if missing:
        say(
            f"{missing} of {len(COMPONENTS)} programs of the local cluster are not on this "
            "machine yet. This happens once; where they cannot be downloaded, building them "
            "all takes about seven minutes on two cores."
        )
    for step, component in enumerate(COMPONENTS, start=1):
        path = _path(component)
        if path.exists():
            continue
        label = f"{component.name} {component.version}"
        tell = _with_title(say, f"[{step}/{len(COMPONENTS)}] ")
        with locked(
            path.parent.with_name(f".{path.parent.name}.lock"),
            lambda tell=tell, label=label: tell(f"waiting for another process to get {label} …"),
        ) as lock:
            if not path.exists():
                _get(component, path, lock, tell)
    return cached_binaries()


def cached_binaries() -> dict[str, Path]:
    """Path of every program that is there already, by its name."""
    paths = {component.name: _path(component) for component in COMPONENTS}
    return {name: path for name, path in paths.items() if path.exists()}


def find_kubectl() -> str | None:
    """The one on PATH by its name, else that of the cache by its path."""
    if shutil.which("kubectl"):
        return "kubectl"
    cached = cached_binaries().get("kubectl")
    return None if cached is None else str(cached)


def _path(component: Component) -> Path:
    folder = "-".join((component.name, component.version, *_target()))
    return cache_folder() / "bin" / folder / component.name


def _with_title(say: Say, title: str) -> Say:
    return lambda line: say(title + line)


def _get(component: Component, path: Path, lock: int, say: Say) -> None:
    """Put the program into the cache, in one step, complete or not at all."""
    label = f"{component.name} {component.version}"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{component.name}-", dir=path.parent.parent))
    reaper = Reaper(temporary, lock=lock)
    try:
        target = temporary / component.name
        watch = Stopwatch()
        no_download = _download(component.download(*_target()), target, label, say)
        if no_download:
            if not shutil.which("go"):
                raise ClusterError(
                    f"{label} is needed for the local cluster and cannot be downloaded "
                    f"({no_download}), and there is no `go` on PATH to build it: install Go 1.26 "
                    "or newer from https://go.dev/dl/. An address that does not answer may be "
                    "reached through a proxy (HTTPS_PROXY is respected)."
                )
            say(f"building {label} ({no_download}) …")
            build(component.source, target, reaper, say)
        _check_version(component, target)
        target.replace(path)
        say(f"{label} {'built' if no_download else 'downloaded'} in {watch}")
    finally:
        # The program has left the temporary folder by now, or the attempt failed.
        reaper.clean()


def _download(download: Download | None, target: Path, label: str, say: Say) -> str | None:
    """Why there is no download, or None if there is one."""
    if download is None:
        return "there is no checksum of it for this platform in tooling/cluster/checksums.py"
    if not reachable(download.host):
        return f"{download.host} does not answer"
    say(f"downloading {label} …")
    try:
        fetch(download, target)
    except (OSError, ValueError) as error:
        return f"{download.url}: {error}"
    return None


def _check_version(component: Component, program: Path) -> None:
    """Refuse a program that does not run here, or is another version."""
    program.chmod(0o755)
    try:
        answer = subprocess.run(  # noqa: S603 - the program just fetched or built, no shell
            [program, *component.version_flags],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ClusterError(f"{component.name} {component.version} does not run: {error}") from error
    if component.version not in answer.stdout:
        raise ClusterError(
            f"{component.name} should be version {component.version}, but answers: "
            f"{(answer.stdout or answer.stderr).strip()[:200]}"
        )


def _target() -> tuple[str, str]:
    """Operating system and processor as Go and Kubernetes name them."""
    machine = platform.machine().lower()
    architecture = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64"}.get(machine, machine)
    return platform.system().lower(), architecture
