"""The cluster's API server, with what only the doctor asks of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, cast
from urllib.parse import quote as escaped
from urllib.parse import urlencode

import yaml

from tooling.doctor.before.permissions import Need
from tooling.doctor.findings import Finding, Unanswerable
from tooling.doctor.place import Place
from tooling.kit.masking import quote
from tooling.kubernetes.api import Api, ApiError, KubeconfigError, LiveError
from tooling.kubernetes.execution import Container, Ran, run
from tooling.kubernetes.forwarding import get
from tooling.kubernetes.objects import Object

SECONDS: Final = 3.0
"""For one request."""

_COMMAND: Final = 8.0
"""For one command in a container."""

_CONTEXTS: Final = "kubectl config get-contexts"
_LINES: Final = 100
"""Lines that are read from the end of a log."""

_BYTES: Final = 2**18
"""Bytes of a log that are read at most."""

_HOUR: Final = 3600
_LINES_OF_AN_HOUR: Final = 1000


class Server(Api):
    """Reads only, and of a Secret nothing but its name; a command that it runs only reads too."""

    def run(self, container: Container, command: Sequence[str]) -> Ran:
        """How a command in a container ends. Raises ``LiveError``."""
        return run(self.configuration, container, command, seconds=_COMMAND)

    def page(self, namespace: str, pod: str, port: int, path: str) -> str:
        """What a port of a pod answers over HTTP. Raises ``LiveError``."""
        return get(self.configuration, namespace, pod, port, path, seconds=self._seconds)

    def allowed(self, need: Need, verb: str) -> bool:
        """Whether the context's user may do this."""
        attributes: dict[str, Any] = {
            "group": need.group,
            "resource": need.resource,
            "verb": verb,
        }
        if need.namespace is not None:
            attributes["namespace"] = need.namespace
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        with self._failures("asking for permissions"):
            answer = self._dynamic.request(
                "post",
                "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                body=review,
                _request_timeout=self._seconds,
            ).to_dict()
        return bool(answer["status"]["allowed"])

    def version(self) -> dict[str, Any]:
        """The answer to ``/version``, which is no Kubernetes object."""
        return json.loads(self._bytes("/version", "reading /version"))

    def names(self, api_version: str, kind: str, namespace: str) -> set[str]:
        """Names of a namespace's objects."""
        return {item["metadata"]["name"] for item in self.metadata(api_version, kind, namespace)}

    def metadata(self, api_version: str, kind: str, namespace: str) -> list[Object]:
        """The metadata of a namespace's objects. Nothing else of them is sent, so no Secret's data:
        https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches"""
        path = self._resource(api_version, kind).path(namespace=namespace)
        accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
        answer = self._bytes(path, f"listing {kind}", header_params={"Accept": accept})
        return json.loads(answer)["items"] or []

    def log(self, namespace: str, pod: str, container: str, *, previous: bool) -> str:
        """The end of a container's log, of the run before if asked for."""
        return self._log(
            namespace, pod, container, tailLines=_LINES, previous=str(previous).lower()
        )

    def last_hour(self, namespace: str, pod: str, container: str) -> str:
        """What a container wrote in the last hour, its last part."""
        span = {"sinceSeconds": _HOUR, "tailLines": _LINES_OF_AN_HOUR}
        return self._log(namespace, pod, container, **span)

    def _log(self, namespace: str, pod: str, container: str, **options: object) -> str:
        query = {"container": container, "limitBytes": _BYTES, **options}
        path = f"/api/v1/namespaces/{escaped(namespace)}/pods/{escaped(pod)}/log?{urlencode(query)}"
        # Langfuse logs JSON: a log of one line would come back as an object.
        return self._bytes(path, f"reading the log of {namespace}/{pod}").decode(errors="replace")

    def _bytes(self, path: str, what: str, **more: Any) -> bytes:  # noqa: ANN401
        """The answer as it is sent."""
        with self._failures(what):
            answer = self._dynamic.request(
                "get", path, serialize=False, _request_timeout=self._seconds, **more
            )
        return cast("bytes", answer.data)


def connect(kubeconfig: str, place: Place) -> Server:
    """A connection; raises ``Unanswerable`` with the reason if there is none."""
    try:
        return Server(kubeconfig, place.context, seconds=SECONDS)
    except ApiError as error:
        finding = _finding("context-unusable", error, place, place.kubectl("auth", "whoami"))
    except (KubeconfigError, ValueError, TypeError, KeyError, yaml.YAMLError) as error:
        # The client does not check a kubeconfig's form, and fails on its parts.
        finding = _finding("context-unusable", error, place, _CONTEXTS)
    except LiveError as error:
        finding = _finding("cluster-unreachable", error, place, place.kubectl("version"))
    raise Unanswerable(finding)


def _finding(section: str, error: Exception, place: Place, command: str) -> Finding:
    said = quote(str(error))
    return Finding.error(section, f"Context {place.context}", said[:1].upper() + said[1:], command)
