"""The root certificates of Amazon RDS: the ones that SOURCE names, and no others."""

import base64
import hashlib
import re
import ssl

import pytest

from components.postgres.rds import certificates as rds_certificates

SEOUL = (
    "E8:DE:13:BF:96:65:BA:1A:29:67:00:80:28:FF:E4:F9:"
    "B4:F0:A6:DE:F6:E3:CA:F7:6E:0D:49:6C:D6:FA:CF:FC"
)
"""Of Amazon RDS ap-northeast-2 Root CA RSA2048 G1, noted down apart from SOURCE."""


def fingerprint(region: str) -> str:
    der = ssl.PEM_cert_to_DER_cert(rds_certificates.root_certificate(region))
    digest = hashlib.sha256(der).hexdigest().upper()
    return ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))


def documented() -> dict[str, str]:
    text = (rds_certificates.DATA / "SOURCE").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z]{2}-[a-z]+-\d) +([0-9A-F:]{95})$", text, re.MULTILINE))


def test_every_certificate_has_its_documented_fingerprint() -> None:
    assert {region: fingerprint(region) for region in rds_certificates.regions()} == documented()
    assert len(documented()) == 27


def test_seouls_is_the_one_that_was_checked_by_hand() -> None:
    assert fingerprint("ap-northeast-2") == SEOUL


@pytest.mark.parametrize("region", rds_certificates.regions())
def test_a_file_holds_one_certificate_of_its_own_region(region: str) -> None:
    pem = rds_certificates.root_certificate(region)
    body = "".join(pem.splitlines()[1:-1])

    assert pem.count("BEGIN CERTIFICATE") == 1
    assert f"Amazon RDS {region} Root CA RSA2048 G1".encode() in base64.b64decode(body)


def test_a_region_without_a_certificate_is_refused() -> None:
    with pytest.raises(ValueError, match="mars-north-1"):
        rds_certificates.root_certificate("mars-north-1")


VIRGINIA = rds_certificates.root_certificate("us-east-1")
OTHER = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    "bundle",
    [
        VIRGINIA,
        OTHER + VIRGINIA,
        VIRGINIA + OTHER,
        OTHER.replace("AAAA", "A=A=") + VIRGINIA,
        VIRGINIA.replace("\n", "\r\n"),
        f"Amazon RDS\n==========\n{VIRGINIA}",
        VIRGINIA.strip(),
    ],
)
def test_the_certificate_of_the_authority_is_taken_out_of_a_bundle(bundle: str) -> None:
    assert rds_certificates.root_in(bundle) == VIRGINIA


@pytest.mark.parametrize("text", ["", OTHER, KEY, VIRGINIA[:-30], "/etc/ssl/rds.pem"])
def test_what_has_no_certificate_of_the_authority_gives_none(text: str) -> None:
    assert rds_certificates.root_in(text) is None
