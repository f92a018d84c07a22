"""One Kubernetes API server, as plain dictionaries in and out."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, cast

import kubernetes.client as _client
import kubernetes.config as _config
import urllib3
from kubernetes.dynamic import client as _dynamic
from kubernetes.dynamic import discovery as _discovery
from kubernetes.dynamic import exceptions as _errors

from tooling.kit.errors import ExplainedError
from tooling.kubernetes.objects import called

FIELD_MANAGER: Final = "agent-observability"

_SECONDS: Final = 30.0
"""Limit for one request; a slower API server counts as unreachable."""

Object = dict[str, Any]
"""A Kubernetes object."""

_MISSING: Final = {
    "external-secrets.io": ": install External Secrets, or set secrets.delivery to kubernetes",
    "monitoring.coreos.com": (
        ": install the Prometheus Operator, or leave monitoring.prometheusRules out"
    ),
}
"""How to install the kinds of an API group."""


class LiveError(ExplainedError):
    """A failure that the person can act on; its text says what, where and why."""


class KubeconfigError(LiveError):
    """The kubeconfig or context does not exist, or cannot be used."""


class UnknownKindError(LiveError):
    """The cluster does not know a kind of objects."""


class ApiError(LiveError):
    """The API server refused a request."""


class _StrangerError(ApiError):
    """Something before the API server refused a request."""


@dataclass(frozen=True, kw_only=True, order=True)
class Reference:
    """Which object."""

    api_version: str
    kind: str
    namespace: str | None
    name: str

    @classmethod
    def of(cls, object_: Mapping[str, Any]) -> Reference:
        metadata = object_["metadata"]
        return cls(
            api_version=object_["apiVersion"],
            kind=object_["kind"],
            namespace=metadata.get("namespace"),
            name=metadata["name"],
        )

    def __str__(self) -> str:
        return called(self.kind, self.namespace, self.name)


class _Discoverer(_discovery.LazyDiscoverer):
    """Knows the server's kinds without a cache file: another cluster may use the same address."""

    def __init__(self, client: Any, cache_file: str | None) -> None:  # noqa: ANN401
        super().__init__(client, os.devnull + ".absent")  # pyright: ignore[reportUnknownMemberType]

    def _write_cache(self) -> None:
        pass


class Api:
    """A connection to the cluster of one context. Safe to use from several threads.

    ``seconds`` is the limit of one request. Raises ``KubeconfigError`` when there is no such
    context, ``ApiError`` for a refusal, and ``LiveError`` when there is no answer.
    """

    def __init__(self, kubeconfig: str | Path, context: str, *, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._where = f"context {context} of {kubeconfig}"
        self._lock = threading.Lock()
        configuration = _client.Configuration()
        configuration.retries = urllib3.Retry(connect=1, read=0, redirect=0, other=0)  # pyright: ignore[reportAttributeAccessIssue]
        try:
            _config.load_kube_config(str(kubeconfig), context, configuration)  # pyright: ignore[reportUnknownMemberType]
        except (_config.ConfigException, OSError) as error:
            raise KubeconfigError(f"{self._where} cannot be used: {error}") from None
        self.configuration = configuration
        self._http = _client.ApiClient(configuration)
        # Its warnings about retries would say the same as the error that follows.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
        try:
            with self._failures("discovery"):
                self._dynamic: Any = _dynamic.DynamicClient(self._http, discoverer=_Discoverer)
        except (_StrangerError, AttributeError, LookupError, TypeError, ValueError):
            # The client takes an answer apart before it looks whether it is one.
            raise LiveError(
                f"what answers at {configuration.host} is no Kubernetes API server: a login, a "
                "proxy or a captive portal is in between, or the address is another server's"
            ) from None

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, reference: Reference) -> Object | None:
        """The object, or None if there is none."""
        with self._failures(f"reading {reference}"):
            try:
                found = self._dynamic.get(
                    self._resource(reference.api_version, reference.kind),
                    name=reference.name,
                    namespace=reference.namespace,
                    _request_timeout=self._seconds,
                )
            except _errors.NotFoundError:
                return None
        return cast("Object", found.to_dict())

    def apply(self, object_: Object, *, manager: str = FIELD_MANAGER) -> Object:
        """Server-side apply; a field that another manager owns is an error, not overwritten."""
        reference = Reference.of(object_)
        with self._failures(f"applying {reference}"):
            applied = self._dynamic.server_side_apply(
                self._resource(reference.api_version, reference.kind),
                body=object_,
                name=reference.name,
                namespace=reference.namespace,
                field_manager=manager,
                _request_timeout=self._seconds,
            )
        return cast("Object", applied.to_dict())

    def patch(self, reference: Reference, change: Object, *, subresource: str = "") -> Object:
        """A JSON merge patch, of a subresource such as ``status`` or ``scale`` where named."""
        resource = self._resource(reference.api_version, reference.kind)
        path = resource.path(name=reference.name, namespace=reference.namespace)
        with self._failures(f"patching {reference}"):
            patched = self._dynamic.request(
                "patch",
                f"{path}/{subresource}" if subresource else path,
                body=change,
                content_type="application/merge-patch+json",
                _request_timeout=self._seconds,
            )
        return cast("Object", patched.to_dict())

    def delete(self, reference: Reference) -> None:
        """Request deletion, dependents first; a missing object is no error."""
        with self._failures(f"deleting {reference}"):
            try:
                self._dynamic.delete(
                    self._resource(reference.api_version, reference.kind),
                    name=reference.name,
                    namespace=reference.namespace,
                    body={"propagationPolicy": "Foreground"},
                    _request_timeout=self._seconds,
                )
            except _errors.NotFoundError:
                return

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        *,
        selector: str | None = None,
    ) -> list[Object]:
        """The objects of a kind, in all namespaces or one, that have the selector's labels."""
        with self._failures(f"listing {kind}"):
            found = self._dynamic.get(
                self._resource(api_version, kind),
                namespace=namespace,
                label_selector=selector,
                _request_timeout=self._seconds,
            ).to_dict()
        return [{"apiVersion": api_version, "kind": kind, **item} for item in found["items"]]

    def knows(self, api_version: str, kind: str) -> bool:
        """Whether the cluster serves a kind; every user may ask that."""
        with self._failures(f"looking for {api_version} {kind}"):
            try:
                self._resource(api_version, kind)
            except UnknownKindError:
                return False
        return True

    def read(self, path: str) -> Object:
        """The answer to a GET of any path, such as ``/apis``."""
        with self._failures(f"reading {path}"):
            answer = self._dynamic.request("get", path, _request_timeout=self._seconds)
        return cast("Object", answer.to_dict())

    def _resource(self, api_version: str, kind: str) -> Any:  # noqa: ANN401 - has no types
        with self._lock:
            try:
                # The prefix, because else every group is asked for a core kind: one whose
                # CustomResourceDefinitions are being deleted has no answer.
                return self._dynamic.resources.get(
                    prefix="apis" if "/" in api_version else "api",
                    api_version=api_version,
                    kind=kind,
                )
            except _errors.ResourceNotFoundError:
                message = f"the cluster ({self._where}) does not know {api_version} {kind}"
                group = api_version.rpartition("/")[0]
                raise UnknownKindError(message + _MISSING.get(group, "")) from None

    def _failures(self, action: str) -> _Failures:
        return _Failures(action, self._where)


def is_ours(object_: Mapping[str, Any]) -> bool:
    """Whether an object was applied by this program (in whichever run)."""
    managers: list[dict[str, Any]] = object_["metadata"].get("managedFields") or []
    return any(manager.get("manager") == FIELD_MANAGER for manager in managers)


class _Failures:
    """Turns the client's exceptions into ours, without the headers and the nested traceback."""

    def __init__(self, action: str, where: str) -> None:
        self._action = action
        self._where = where

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, _errors.DynamicApiError):
            if not _is_status(error):
                raise _StrangerError(
                    f"{self._action} was refused: {_summary(error)}, not by the API server"
                ) from None
            raise ApiError(f"{self._action} was refused: {_summary(error)}") from None
        if isinstance(error, urllib3.exceptions.HTTPError | OSError):
            reason = getattr(error, "reason", None) or error
            if "too many redirects" in str(reason):  # the API server sends none
                raise _StrangerError(f"{self._action} was sent elsewhere") from None
            message = f"the cluster cannot be reached ({self._where}): {self._action}: {reason}"
            raise LiveError(message) from None


def _is_status(error: Any) -> bool:  # noqa: ANN401 - has no types
    """Whether a refusal is the API server's own: those are of kind Status."""
    try:
        return json.loads(error.body)["kind"] == "Status"
    except (ValueError, KeyError, TypeError):
        return False


def _summary(error: Any) -> str:  # noqa: ANN401 - has no types
    try:
        return str(json.loads(error.body)["message"])
    except (ValueError, KeyError, TypeError):
        return f"{error.status} {error.reason}"
