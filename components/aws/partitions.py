"""Which partition of AWS a region is in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_BY_REGION: Final[Mapping[str, str]] = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
    "eu-isoe-": "aws-iso-e",
    "eusc-": "aws-eusc",
}
"""By what a region's name begins with
(https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html)."""


def of_region(region: str) -> str:
    """The partition of a region, as ARNs name it."""
    found = (partition for start, partition in _BY_REGION.items() if region.startswith(start))
    return next(found, "aws")
