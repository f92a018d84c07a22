"""The days that CloudWatch can keep logs for."""

from __future__ import annotations

from typing import Annotated, Literal

from stacks.settings.machinery.rule import NUMBER

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LogDays = Annotated[
    Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653],
    NUMBER,
]
