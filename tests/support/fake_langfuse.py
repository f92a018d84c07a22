"""Servers that answer as Langfuse 2.95.12 and LangSmith do, on the routes that the smoke test asks.

Langfuse's statuses, bodies and order of checks are those of its source at tag v2.95.12:
`web/src/pages/api/public/{health,ready,projects,ingestion}.ts`, `…/traces/[traceId].ts`,
`web/src/pages/auth/sign-in.tsx`,
`web/src/features/public-api/server/{apiAuth,withMiddlewares}.ts` and
`packages/shared/src/server/ingestion/processEventBatch.ts`. LangSmith's are those that its Python
SDK 0.15 knows.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from tests.support.loopback import Request, Response

PUBLIC_KEY = "pk-lf-11111111-fake-public"
SECRET_KEY = "sk-lf-22222222-fake-secret"
API_KEY = "lsv2_sk_33333333_fake_langsmith"

_INVALID = "Invalid credentials. Confirm that you've configured the correct host."


@dataclass
class FakeLangfuse:
    """One Langfuse; every field is a way in which it can differ or fail."""

    version: str = "2.95.12"
    database: bool = True
    terminating: bool = False
    sign_up: Literal["disabled", "open", "single sign-on"] = "disabled"
    project: str = "default"
    public_key: str = PUBLIC_KEY
    secret_key: str = SECRET_KEY
    event_error: Mapping[str, Any] | None = None
    """What ingestion has against each event."""
    reads_before_found: int = 0
    """404s before a trace can be read, as with a queue."""
    instead: Mapping[str, Response] = field(default_factory=dict[str, Response])
    """Answers by path that something before Langfuse gives."""
    seconds: float = 0
    """How long each answer takes."""
    requests: list[Request] = field(default_factory=list[Request])
    traces: dict[str, Any] = field(default_factory=dict[str, Any])
    batches: list[Any] = field(default_factory=list[Any])

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        time.sleep(self.seconds)
        path = urlsplit(request.path).path
        if path in self.instead:
            return self.instead[path]
        return self._route(path)(request)

    def _route(self, path: str) -> Callable[[Request], Response]:
        if path.startswith("/api/public/traces/"):
            return self._trace
        routes = {
            "/api/public/health": self._health,
            "/api/public/ready": self._ready,
            "/auth/sign-in": self._sign_in,
            "/api/public/projects": self._projects,
            "/api/public/ingestion": self._ingestion,
        }
        return routes.get(path, _no_page)

    def _health(self, request: Request) -> Response:
        query = parse_qs(urlsplit(request.path).query)
        if query.get("failIfDatabaseUnavailable") == ["true"] and not self.database:
            return self._status(503, "Database not available")
        return self._status(200, "OK")

    def _ready(self, _: Request) -> Response:
        if self.terminating:
            return self._status(500, "SIGTERM / SIGINT received, shutting down")
        return self._status(200, "OK")

    def _status(self, code: int, status: str) -> Response:
        return Response(code, {"status": status, "version": self.version})

    def _sign_in(self, _: Request) -> Response:
        providers = {"credentials": self.sign_up != "single sign-on", "google": False, "sso": False}
        closed = self.sign_up == "disabled"
        properties = {"authProviders": providers, "signUpDisabled": closed}
        data = json.dumps({"props": {"pageProps": properties}, "page": "/auth/sign-in"})
        script = f'<script id="__NEXT_DATA__" type="application/json">{data}</script>'
        return Response(200, f"<!DOCTYPE html><title>Sign in | Langfuse</title>{script}")

    def _refusal(self, request: Request) -> str | None:
        given = request.headers.get("authorization")
        if given is None:
            return "No authorization header"
        if not given.startswith("Basic "):
            return "Invalid authorization header"
        pair = base64.b64decode(given.removeprefix("Basic ")).decode()
        return None if pair == f"{self.public_key}:{self.secret_key}" else _INVALID

    def _projects(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return Response(401, {"message": refusal})
        organization = {"id": "org-1", "name": "Default"}
        project = {"id": "project-1", "name": self.project, "organization": organization}
        return Response(200, {"data": [{**project, "metadata": {}}]})

    def _ingestion(self, request: Request) -> Response:
        if request.method != "POST":
            refused = {"error": "MethodNotAllowedError", "message": "Method not allowed"}
            return Response(405, refused)
        if refusal := self._refusal(request):
            return Response(401, {"error": "UnauthorizedError", "message": refusal})
        document = request.document()
        if not isinstance(document.get("batch"), list):
            return Response(400, {"message": "Invalid request data", "errors": ["Required"]})
        self.batches.append(document)
        successes: list[Any] = []
        errors: list[Any] = []
        for event in document["batch"]:
            if self.event_error is not None:
                errors.append({"id": event["id"], **self.event_error})
                continue
            if event["type"] == "trace-create":
                self.traces[event["body"]["id"]] = event["body"]
            successes.append({"id": event["id"], "status": 201})
        return Response(207, {"successes": successes, "errors": errors})

    def _trace(self, request: Request) -> Response:
        identifier = request.path.rpartition("/")[2]
        if refusal := self._refusal(request):
            return Response(401, {"message": refusal})
        found = self.traces.get(identifier)
        if found is None or self.reads_before_found > 0:
            self.reads_before_found -= 1
            message = "Trace not found within authorized project"
            return Response(404, {"message": message, "error": "LangfuseNotFoundError"})
        nothing: dict[str, Any] = {"scores": [], "observations": [], "totalCost": 0, "latency": 0}
        return Response(200, {**found, "projectId": "project-1", **nothing})


def _no_page(_: Request) -> Response:
    return Response(404, "<!DOCTYPE html><title>404</title>")


_SESSIONS = "/sessions?limit=1"


def _info(_: Request) -> Response:
    return Response(200, {"version": "0.12.1", "batch_ingest_config": {}})


def _not_found(_: Request) -> Response:
    return Response(404, {"detail": "Not Found"})


@dataclass
class FakeLangSmith:
    """LangSmith's API, as far as a key is tried with it."""

    api_key: str = API_KEY
    workspace: str | None = None
    """For a key of a whole organisation: the workspace that it may use."""
    path: str = ""
    """Where its API is; elsewhere it answers with its pages."""
    projects: Sequence[str] = ("default",)
    broken: bool = False
    """Whether it does not know its projects."""
    instead: Response | None = None
    requests: list[Request] = field(default_factory=list[Request])

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        if self.instead is not None:
            return self.instead
        if not request.path.startswith(f"{self.path}/"):
            return Response(
                200, "<!DOCTYPE html><html><head><title>LangSmith</title></head></html>"
            )
        known = {"/info": _info} if self.broken else {"/info": _info, _SESSIONS: self._sessions}
        return known.get(request.path.removeprefix(self.path), _not_found)(request)

    def _sessions(self, request: Request) -> Response:
        if request.headers.get("x-api-key") != self.api_key:
            return Response(401, {"detail": "Invalid token"})
        given = request.headers.get("x-tenant-id")
        if self.workspace is not None and given is None:
            return Response(403, {"error": "org_scoped_key_requires_workspace"})
        if given != self.workspace:
            return Response(403, {"detail": "Forbidden"})
        projects = [{"id": name, "name": name, "tenant_id": "t-1"} for name in self.projects]
        return Response(200, projects)
