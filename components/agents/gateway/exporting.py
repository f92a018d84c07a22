"""How traces leave the gateway: to Langfuse by a queue on the disk, and to LangSmith. Pure."""

from __future__ import annotations

from typing import Any, Final

from components.agents.gateway.settings import (
    LANGFUSE_AUTHORIZATION,
    LANGSMITH_API_KEY,
    QUEUE_FOLDER,
    GatewaySettings,
    LangSmithCopy,
)

QUEUE: Final = "file_storage/queue"

STORAGE: Final[dict[str, Any]] = {
    "directory": QUEUE_FOLDER,
    # A file that cannot be read is put aside: the gateway starts with an empty queue.
    "recreate": True,
    # Not at the start, which would copy a full queue and need its size twice.
    "compaction": {"on_rebound": True, "directory": QUEUE_FOLDER, "cleanup_on_start": True},
}


class Variable(str):
    """A reference to a variable of the environment, which the collector puts in its place."""

    __slots__ = ()

    def __new__(cls, name: str) -> Variable:
        return super().__new__(cls, f"${{env:{name}}}")


_BATCH: Final = 1_000_000


def to_langfuse(settings: GatewaySettings) -> dict[str, Any]:
    """Everything that was accepted waits on the disk until Langfuse has taken it."""
    return {
        "endpoint": f"{settings.langfuse_url}/api/public/otel",
        "headers": {
            "Authorization": Variable(LANGFUSE_AUTHORIZATION),
            # Without it traces of plain OpenTelemetry show up minutes later.
            "x-langfuse-ingestion-version": "4",
        },
        "compression": "gzip",
        "timeout": "10s",
        "retry_on_failure": {
            "enabled": True,
            "initial_interval": "1s",
            "max_interval": "30s",
            # Without an end: by default what waits for five minutes is dropped.
            "max_elapsed_time": "0s",
        },
        "sending_queue": {
            "enabled": True,
            "storage": QUEUE,
            "sizer": "bytes",
            "queue_size": settings.queue_bytes,
            "num_consumers": 4,
            # A full queue refuses, and SDKs try again.
            "block_on_overflow": False,
            # Behind the queue: what a batch processor in front of it holds dies with the process.
            "batch": {
                "flush_timeout": "500ms",
                "sizer": "bytes",
                # Of a smaller queue the collector says that it could never be this full.
                "min_size": min(_BATCH, settings.queue_bytes),
                # No max_size: a span above it would be dropped without being counted. A batch has
                # this size and one request at most.
            },
        },
    }


LANGSMITH_ALONE: Final[dict[str, Any]] = {
    "timeout": "1s",
    "send_batch_size": 512,
    "send_batch_max_size": 512,
}
"""A batch processor, which gives errors of what is behind it to nobody.

Without it a full queue of LangSmith's copy would refuse the agents' requests, although Langfuse had
taken them, and they would be sent again."""

_SHARE: Final = 32


def to_langsmith(copy: LangSmithCopy, memory_limit: int) -> dict[str, Any]:
    """A copy that is dropped when it cannot be sent for a minute, or when too much of it waits."""
    workspace = {"x-tenant-id": copy.workspace_id} if copy.workspace_id else {}
    return {
        "endpoint": f"{copy.endpoint}/otel",
        "headers": {
            "x-api-key": Variable(LANGSMITH_API_KEY),
            "Langsmith-Project": copy.project,
            **workspace,
        },
        "compression": "gzip",
        "timeout": "5s",
        "retry_on_failure": {
            "enabled": True,
            "initial_interval": "1s",
            "max_interval": "10s",
            "max_elapsed_time": "60s",
        },
        "sending_queue": {
            "enabled": True,
            "sizer": "bytes",
            # In memory, where it takes several times its size: it must not make the gateway refuse.
            "queue_size": memory_limit // _SHARE,
            "num_consumers": 2,
            "block_on_overflow": False,
        },
    }
