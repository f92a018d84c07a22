"""The way from Langfuse 2 to 4 as configurations, in the order in which they are set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Sections = Mapping[str, Any]
"""Changes of a base by section."""


@dataclass(frozen=True)
class Stage:
    """One configuration of the way; each is one `up` after the one before."""

    name: str
    langfuse: Mapping[str, Any]
    """Of the section ``langfuse``, beside what the base has."""
    services: bool = True
    """Whether ClickHouse, cache and object storage are there."""

    def of(self, services: Sections) -> dict[str, Any]:
        """The sections of a stack whose ``services`` are these."""
        return {"langfuse": dict(self.langfuse), **(services if self.services else {})}


TO_3: Final = {"to": 3, "databaseBackup": "langfuse-before-3"}
TO_4: Final = {
    "to": 4,
    "databaseBackup": "langfuse-before-4",
    "clickhouseBackup": "langfuse-before-4",
}

V2: Final = "2.95.12"
V3: Final = "3.225.4"
V4: Final = "4.16.0"

PATH: Final = (
    Stage("version 2", {"version": V2}, services=False),
    Stage("prepared", {"version": V2, "upgrade": {"to": 3}}),
    Stage("paused", {"version": V2, "upgrade": {"to": 3}, "paused": True}),
    Stage("migrated to 3", {"version": V3, "upgrade": TO_3, "paused": True}),
    Stage("version 3", {"version": V3}),
    Stage("legacy", {"version": V4, "writeMode": "legacy", "upgrade": TO_4}),
    Stage("dual", {"version": V4, "writeMode": "dual"}),
    Stage("copying", {"version": V4, "writeMode": "dual", "backfill": True}),
    Stage("eventsOnly", {"version": V4, "writeMode": "eventsOnly"}),
)

IN_CLUSTER: Final[Sections] = {
    "clickhouse": {"engine": "statefulSet"},
    "cache": {"engine": "statefulSet"},
    "objectStorage": {
        "engine": "statefulSet",
        "media": True,
        "publicEndpoint": "http://localhost:8333",
    },
}
"""For the base ``version 2 dev``."""

IN_AWS: Final[Sections] = {
    "clickhouse": {"engine": "operator", "createStorageClass": True, "protect": True},
    "cache": {"engine": "elastiCache", "protect": True},
    "objectStorage": {"engine": "s3", "exports": True, "media": True, "protect": True},
}
"""For the base ``version 2 prod``."""
