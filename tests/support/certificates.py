"""Certificates of a throwaway authority, made by openssl."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl is not installed"
)

_CONFIGURATION = """
[ca]
default_ca = throwaway
[throwaway]
database = index
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
policy = anything
rand_serial = yes
unique_subject = no
[anything]
commonName = supplied
"""
_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass(frozen=True)
class Certificate:
    """A server's certificate and its key, as PEM files."""

    certificate: Path
    key: Path


class Authority:
    """A certificate authority that no system knows."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._issued = 0
        self.certificate = folder / "ca.pem"
        (folder / "ca.cnf").write_text(_CONFIGURATION, encoding="utf-8")
        (folder / "index").touch()
        files = ("-keyout", "ca.key", "-out", "ca.pem", "-days", "3650")
        self._openssl("req", "-x509", *_NEW_KEY, *files, "-subj", "/CN=throwaway")

    def issue(self, name: str, *, days: int = 90, age: int = 0) -> Certificate:
        """A certificate for one name (``IP:127.0.0.1``, ``DNS:localhost``) that began ``age`` days
        ago and ends in ``days`` and an hour; negative ones are past."""
        self._issued += 1
        stem = f"server-{self._issued}"
        (self._folder / f"{stem}.cnf").write_text(f"subjectAltName={name}\n", encoding="utf-8")
        files = ("-keyout", f"{stem}.key", "-out", f"{stem}.csr")
        self._openssl("req", *_NEW_KEY, *files, "-subj", "/CN=server")
        now = datetime.now(UTC)
        begins, ends = now - timedelta(days=age, minutes=5), now + timedelta(days=days, hours=1)
        dates = ("-startdate", f"{begins:%Y%m%d%H%M%SZ}", "-enddate", f"{ends:%Y%m%d%H%M%SZ}")
        files = ("-config", "ca.cnf", "-in", f"{stem}.csr", "-out", f"{stem}.pem", "-notext")
        self._openssl("ca", "-batch", *files, *dates, "-extfile", f"{stem}.cnf")
        return Certificate(self._folder / f"{stem}.pem", self._folder / f"{stem}.key")

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(
            ["openssl", *arguments],  # noqa: S607 - found by needs_openssl
            cwd=self._folder,
            check=True,
            capture_output=True,
            timeout=30,
        )
