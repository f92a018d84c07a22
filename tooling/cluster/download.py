"""Official downloads, each with the checksum that this repository has of it.

The code below was exercised against a local server only, never against the real hosts.
Whatever fails here is no error: the caller builds the program instead.
"""

from __future__ import annotations

import hashlib
import http.client
import shutil
import tarfile
import threading
import urllib.error
import urllib.parse
import urllib.request
import zlib
from dataclasses import dataclass
from pathlib import Path

PROBE_SECONDS = 5.0
STALL_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Download:
    """One file to download."""

    url: str
    sha256: str
    """Of the file at ``url``, in hexadecimal; written down here, not asked of the same host."""
    member: str | None = None
    """The one file wanted out of a tar archive."""

    @property
    def host(self) -> str:
        """Scheme and host, to probe."""
        return "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(self.url))


_answers: dict[str, bool] = {}


def reachable(host: str, seconds: float = PROBE_SECONDS) -> bool:
    """Whether the host answers at all; asked once per host, within the given seconds."""
    if host not in _answers:
        found: list[bool] = []
        # In a thread, because a name server that does not answer obeys no timeout.
        probe = threading.Thread(target=_probe, args=(host, seconds, found), daemon=True)
        probe.start()
        probe.join(seconds)
        _answers[host] = bool(found)
    return _answers[host]


def _probe(host: str, seconds: float, found: list[bool]) -> None:
    request = urllib.request.Request(host, method="HEAD")  # noqa: S310 - https constants
    try:
        with urllib.request.urlopen(request, timeout=seconds):  # noqa: S310 - as above
            found.append(True)
    except urllib.error.HTTPError:
        found.append(True)
    except (OSError, ValueError, http.client.HTTPException):
        pass


def fetch(download: Download, target: Path) -> None:
    """Download to `target`; raises OSError or ValueError, and then leaves no `target`."""
    raw = target.with_name(f"{target.name}.download")
    digest = hashlib.sha256()
    try:
        with _open(download.url) as answer, raw.open("wb") as file:
            length = answer.headers.get("Content-Length")
            while block := answer.read(1 << 20):
                digest.update(block)
                file.write(block)
        if length and raw.stat().st_size != int(length):
            raise ValueError(f"the download broke off after {raw.stat().st_size} of {length} bytes")
        if digest.hexdigest() != download.sha256:
            raise ValueError(
                f"checksum mismatch: pinned {download.sha256}, downloaded {digest.hexdigest()}"
            )
        if download.member:
            _extract(raw, download.member, target)
        else:
            raw.replace(target)
    except (http.client.HTTPException, tarfile.TarError, EOFError, zlib.error) as error:
        target.unlink(missing_ok=True)
        raise ValueError(f"the download is damaged: {error}") from error
    finally:
        raw.unlink(missing_ok=True)


def _extract(archive: Path, member: str, target: Path) -> None:
    with tarfile.open(archive) as tar:
        for entry in tar:
            if entry.isfile() and Path(entry.name).name == member:
                source = tar.extractfile(entry)
                if source is not None:
                    with source, target.open("wb") as file:
                        shutil.copyfileobj(source, file)
                    return
    raise ValueError(f"no {member} in the archive")


def _open(url: str):  # noqa: ANN202 - the type of urlopen's answer depends on the scheme
    return urllib.request.urlopen(url, timeout=STALL_SECONDS)  # noqa: S310 - https constants
