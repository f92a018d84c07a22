"""Runs the program without engine, cluster or credentials and shows what it would deploy."""

from tooling.render.collecting import collect
from tooling.render.files import to_files, write
from tooling.render.model import (
    Graph,
    KubernetesObject,
    ProviderResource,
    RenderedStack,
    RenderError,
)

__all__ = [
    "Graph",
    "KubernetesObject",
    "ProviderResource",
    "RenderError",
    "RenderedStack",
    "collect",
    "to_files",
    "write",
]
