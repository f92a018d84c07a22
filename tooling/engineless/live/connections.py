"""Connections to the clusters that the program's providers name."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from tooling.kubernetes.api import Api, LiveError


class Connections:
    """One API connection per provider."""

    def __init__(self) -> None:
        self._apis: dict[str, Api] = {}
        self._lock = threading.Lock()

    def open(self, urn: str, inputs: Mapping[str, Any]) -> None:
        """Connect as the provider would; raises ``LiveError``."""
        kubeconfig, context = inputs.get("kubeconfig"), inputs.get("context")
        if not kubeconfig or not context:
            raise LiveError("the Kubernetes provider has to name a kubeconfig file and a context")
        with self._lock:
            if urn not in self._apis:
                self._apis[urn] = Api(kubeconfig, context)

    def of(self, urn: str) -> Api:
        with self._lock:
            return self._apis[urn]

    def close(self) -> None:
        for api in self._apis.values():
            api.close()
