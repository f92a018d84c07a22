"""Root certificates of Amazon RDS by region, shipped as data.

``ca/SOURCE`` has their source and fingerprints.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).parent / "ca"

AUTHORITY: Final = "rds-ca-rsa2048-g1"
"""The certificate authority that the certificates belong to, by its RDS identifier."""


def regions() -> list[str]:
    """The regions with a certificate, sorted."""
    return sorted(path.stem for path in DATA.glob("*.pem"))


def root_certificate(region: str) -> str:
    """The region's root certificate as PEM; raises ``ValueError`` for a region without one.

    One certificate, not AWS's bundle of all regions: Prisma's engine reads only the first of a file
    (https://github.com/prisma/prisma-engines, quaint/src/connector/postgres/native/mod.rs).
    """
    if region not in regions():
        raise ValueError(f"no root certificate of Amazon RDS for {region} in {DATA.name}")
    return (DATA / f"{region}.pem").read_text(encoding="ascii")
