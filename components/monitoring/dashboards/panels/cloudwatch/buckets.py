"""Panels of buckets in S3, from what CloudWatch has of them once a day without being paid for it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from components.monitoring.dashboards.panels.panel import Panel
from components.monitoring.dashboards.panels.queries import Metric

NAMESPACE: Final = "AWS/S3"

_DAY: Final = "86400"
"""Seconds between two figures."""

_SHOWN: Final = "90d"
"""Of any time that is chosen, a day has one point."""


@dataclass(frozen=True, kw_only=True)
class Buckets:
    """Buckets by what is in them."""

    region: str
    names: Mapping[str, str]

    def graphs(self) -> list[Panel]:
        return [
            self._daily(
                "Size of buckets",
                "Bytes in the class STANDARD, with old versions and unfinished uploads, of each "
                "day. Events level off when the first expire; media stay.",
                self._metrics("BucketSizeBytes", "StandardStorage"),
                unit="bytes",
            ),
            self._daily(
                "Objects in buckets",
                "Objects of any class, with old versions, once a day. Each batch of events is one "
                "until it expires. A fall to nothing that nobody made is a loss.",
                self._metrics("NumberOfObjects", "AllStorageTypes"),
                unit="short",
            ),
        ]

    def _daily(self, title: str, description: str, queries: list[Metric], *, unit: str) -> Panel:
        return Panel(
            kind="graph",
            title=title,
            description=description,
            queries=queries,
            unit=unit,
            no_value="not yet counted",
            time_from=_SHOWN,
            height=10,
        )

    def _metrics(self, name: str, storage: str) -> list[Metric]:
        return [
            Metric(
                region=self.region,
                namespace=NAMESPACE,
                name=name,
                dimensions=(("BucketName", bucket), ("StorageType", storage)),
                statistic="Average",
                id=f"bucket{number}",
                label=label,
                period=_DAY,
            )
            for number, (label, bucket) in enumerate(self.names.items(), 1)
        ]
