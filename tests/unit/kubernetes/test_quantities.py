"""Kubernetes resource quantities, read exactly."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from components.kubernetes import quantities


@pytest.mark.parametrize(
    ("quantity", "value"),
    [
        ("0", "0"),
        ("1", "1"),
        ("0.5", "0.5"),
        ("500m", "0.5"),
        ("1m", "0.001"),
        ("1.5m", "0.0015"),
        ("1k", "1000"),
        ("1Ki", "1024"),
        ("1M", "1000000"),
        ("1Mi", "1048576"),
        ("1G", "1000000000"),
        ("1Gi", "1073741824"),
        ("1T", "1000000000000"),
        ("1Ti", "1099511627776"),
        ("1.5Gi", "1610612736"),
        ("0.1Gi", "107374182.4"),
    ],
)
def test_a_quantity_is_read_exactly(quantity: str, value: str) -> None:
    assert quantities.parse(quantity) == Decimal(value)


@pytest.mark.parametrize(
    "quantity",
    [
        "",
        " ",
        "Mi",
        "-1",
        "+1",
        "1 Gi",
        "1gi",
        "1GI",
        "1mi",
        "1KI",
        "1K",
        "1e3",
        "1.",
        ".5",
        "1Gib",
        "1Gi\n",
        "1,5",
    ],
)
def test_what_is_no_quantity_is_refused(quantity: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(quantity)}$"):
        quantities.parse(quantity)


@pytest.mark.parametrize(
    ("limit", "heap"),
    [("2Gi", 1536), ("1536Mi", 1152), ("1Gi", 768), ("512Mi", 384), ("1G", 715), ("65Mi", 48)],
)
def test_the_heap_is_three_quarters_of_the_memory_limit_in_whole_mib(limit: str, heap: int) -> None:
    assert quantities.node_heap_mib(limit) == heap
