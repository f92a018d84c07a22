"""Requests and limits of a container, shared by several sections."""

from __future__ import annotations

from stacks.settings.machinery.fields.kubernetes import CpuQuantity, MemoryQuantity
from stacks.settings.machinery.section import Section


class Resources(Section):
    """Requests and limits of one container."""

    cpu: CpuQuantity = "500m"
    """CPU request. There is no CPU limit: throttling is what makes probes time out."""
    memory: MemoryQuantity = "1Gi"
    """Memory request."""
    memory_limit: MemoryQuantity = "2Gi"
    """Memory limit. Langfuse's V8 heap is set to three quarters of it."""
