"""Official downloads, with a checksum where upstream publishes one.

The code below was exercised against a local server only, never against the real hosts.
Whatever fails here is no error: the caller builds the program instead.
"""

from __future__ import annotations

import hashlib
import http.client
import re
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
    checksums: str | None = None
    """Address of the published SHA-256: alone, or as lines of `<sum>  <file name>`."""
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
    expected = _published_sum(download)
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
        if expected and digest.hexdigest() != expected:
            raise ValueError(
                f"checksum mismatch: published {expected}, downloaded {digest.hexdigest()}"
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


def _published_sum(download: Download) -> str | None:
    if download.checksums is None:
        return None
    with _open(download.checksums) as answer:
        text = answer.read(1 << 20).decode("utf-8", "replace")
    name = download.url.rsplit("/", 1)[-1]
    for line in text.splitlines():
        words = line.split()
        if words and re.fullmatch(r"[0-9a-f]{64}", words[0]) and words[1:] in ([], [name]):
            return words[0]
    raise ValueError(f"no checksum of {name} in {download.checksums}")


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
