"""Root certificates of Amazon RDS: by region, shipped as data, and out of AWS's bundles.

``ca/SOURCE`` has the source and the fingerprints of those that are shipped.
"""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).parent / "ca"

AUTHORITY: Final = "rds-ca-rsa2048-g1"
"""The certificate authority that the certificates belong to, by its RDS identifier."""

_NAME: Final = re.compile(rb"Amazon RDS [a-z0-9-]+ Root CA RSA2048 G1")
"""The authority in the subject of its certificates."""

_BLOCK: Final = re.compile(
    "-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\\s]+)-----END CERTIFICATE-----"
)


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


def root_in(bundle: str) -> str | None:
    """The certificate of ``AUTHORITY`` among PEM certificates, as PEM; None without one.

    AWS's bundle of a region has one for each of its authorities.
    """
    for block in _BLOCK.findall(bundle):
        text = "".join(str(block).split())
        try:
            der = base64.b64decode(text, validate=True)
        except binascii.Error:
            continue
        if _NAME.search(der):
            lines = [text[at : at + 64] for at in range(0, len(text), 64)]
            return "\n".join(
                ("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", "")
            )
    return None
