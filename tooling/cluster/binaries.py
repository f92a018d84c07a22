"""How to get the programs of the local cluster and of the engine.

Each is kept by version and platform, so only the first start on a machine is slow. It is
downloaded where its checksum is known and upstream can be reached, and else built from the Go
modules pinned in `gomod/`, which needs Go and a Go module proxy.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .build import build
from .download import Download, fetch, reachable
from .programs import COMPONENTS, Component
from .reaper import Reaper
from .state import ClusterError, Say, Stopwatch, cache_folder, locked


def ensure_binaries(say: Say) -> dict[str, Path]:
    """Path of every program of the local cluster by its name; downloads or builds those that are
    missing."""
    return ensure(COMPONENTS, "the local cluster", "seven", say)


def ensure(
    components: Sequence[Component], purpose: str, minutes: str, say: Say
) -> dict[str, Path]:
    """Path of every program by its name; downloads or builds those that are missing.

    ``minutes``: how long building them all takes on two cores.
    """
    missing = len(components) - len(cached(components))
    if missing:
        say(
            f"{missing} of {len(components)} programs of {purpose} are not on this "
            "machine yet. This happens once; where they cannot be downloaded, building them "
            f"all takes about {minutes} minutes on two cores."
        )
    for step, component in enumerate(components, start=1):
        path = program_path(component)
        if path.exists():
            continue
        label = f"{component.name} {component.version}"
        tell = _with_title(say, f"[{step}/{len(components)}] ")
        with locked(
            path.parent.with_name(f".{path.parent.name}.lock"),
            lambda tell=tell, label=label: tell(f"waiting for another process to get {label} …"),
        ) as lock:
            if not path.exists():
                _get(component, path, lock, tell)
    return cached(components)


def cached_binaries() -> dict[str, Path]:
    """Path of every program of the local cluster that is there already, by its name."""
    return cached(COMPONENTS)


def cached(components: Sequence[Component]) -> dict[str, Path]:
    """Path of every program of these that is there already, by its name."""
    paths = {component.name: program_path(component) for component in components}
    return {name: path for name, path in paths.items() if path.exists()}


def find_kubectl() -> str | None:
    """The one on PATH by its name, else that of the cache by its path."""
    if shutil.which("kubectl"):
        return "kubectl"
    cached = cached_binaries().get("kubectl")
    return None if cached is None else str(cached)


def program_path(component: Component) -> Path:
    """Where a program is, or will be, in the cache."""
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
                    f"{label} is needed and cannot be downloaded ({no_download}), and there is no "
                    "`go` on PATH to build it: install Go 1.26 or newer from https://go.dev/dl/. "
                    "An address that does not answer may be reached through a proxy (HTTPS_PROXY "
                    "is respected)."
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
