"""Key ``acknowledge``: risks that a platform accepts by name."""

from __future__ import annotations

from typing import Literal

Acknowledgement = Literal["noFlowLogs", "openToTheWorld"]
