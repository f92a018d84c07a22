"""Whether LangSmith accepts the key that agents have."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from tooling.kit.commands import Commands
from tooling.smoke.report import Verdict, fail, ok
from tooling.smoke.stack import LangSmith
from tooling.smoke.web import Answer, UnreachableError, Web

LANGSMITH: Final = "LangSmith key"

PATH: Final = "/sessions?limit=1"
"""The list of projects, as the langsmith SDK asks for it (``Client._get_optional_tenant_id``): one
of the cheapest requests that need a key. ``/info`` needs none."""

_NEEDS_WORKSPACE: Final = "org_scoped_key_requires_workspace"
"""Code of the answer to a key of a whole organisation without workspace, as the SDK knows it."""


API_PATHS: Final = ("/api/v1", "/api")
"""Where a self-hosted LangSmith has its API, below the address that people open:
https://docs.langchain.com/langsmith/self-host-usage"""

_NO_API: Final = "the endpoint is not LangSmith's API"


def key(web: Web, langsmith: LangSmith, api_key: str, source: str, commands: Commands) -> Verdict:
    """Asks as the SDK does, with the workspace that the stack names."""
    headers = {"x-api-key": api_key}
    if langsmith.workspace:
        headers["X-Tenant-Id"] = langsmith.workspace
    where = f"{langsmith.endpoint}{PATH}"
    place = f"region {langsmith.region}" if langsmith.region else "langsmith.endpoint"
    try:
        answer = web.get(where, headers)
    except UnreachableError as error:
        return fail(
            LANGSMITH,
            f"{where}: {error}",
            cause="LangSmith cannot be reached from here; whether agents can is another question",
            command=f"curl -sS {langsmith.endpoint}/info",
        )
    if _is_list_of_projects(web, langsmith.endpoint, answer):
        return ok(LANGSMITH, f"that of {source} is accepted by {langsmith.endpoint} ({place})")
    if answer.status not in {401, 403} or answer.page() is not None:
        return _no_api(web, langsmith.endpoint, where, answer, commands)
    cause = "it was revoked"
    command = commands.config_set("langsmith.apiKey", secret=True)
    if answer.document().get("error") == _NEEDS_WORKSPACE:
        cause = "it belongs to a whole organisation, and the stack names no workspace"
        command = commands.config_set("langsmith.workspaceId", "WORKSPACE")
    elif langsmith.workspace:
        cause += ", or may not use this workspace (langsmith.workspaceId)"
    if langsmith.region:
        cause += f"; or it is of another region than {langsmith.region} (langsmith.region)"
    return fail(
        LANGSMITH,
        f"that of {source} is refused by {langsmith.endpoint}: {answer}",
        cause=cause,
        command=command,
    )


def _is_list_of_projects(web: Web, endpoint: str, answer: Answer) -> bool:
    """Whether it is what the API answers. An empty list can be anyone's, so the API is asked what
    it is."""
    projects = answer.items() if answer.status == 200 else None
    if projects is None:
        return False
    if not projects:
        return _is_api(web, endpoint)
    return all(isinstance(item.get(name), str) for item in projects for name in ("id", "tenant_id"))


def _is_api(web: Web, endpoint: str) -> bool:
    """Whether `/info`, which needs no key, is answered as by LangSmith."""
    try:
        answer = web.get(f"{endpoint}/info")
    except UnreachableError:
        return False
    return answer.status == 200 and isinstance(answer.document().get("version"), str)


def _no_api(web: Web, endpoint: str, where: str, answer: Answer, commands: Commands) -> Verdict:
    """The verdict on an answer that is not the API's."""
    command = f"curl -sS {endpoint}/info"
    if answer.to_login or answer.status in {407, 511}:
        cause = (
            f"{_NO_API}: something before it asks for a login of its own, as a proxy or a captive "
            "portal does"
        )
    elif answer.status >= 500:
        cause = f"LangSmith has a failure of its own, or {_NO_API}"
    elif (found := _api_below(web, endpoint)) is not None:
        cause = f"{_NO_API}, which is at {found}"
        command = commands.config_set("langsmith.endpoint", found)
    elif answer.page() is not None:
        cause = (
            f"{_NO_API}: a page for people answers there, such as LangSmith's own, a login or a "
            "captive portal"
        )
    else:
        cause = f"{_NO_API}, or something in between changes its answers"
    return fail(LANGSMITH, f"{where} answers {answer}", cause=cause, command=command)


def _api_below(web: Web, endpoint: str) -> str | None:
    """Where the API is, if the endpoint is the address of its pages."""
    parts = urlsplit(endpoint)
    root = parts._replace(path="").geturl()
    below = (f"{root}{path}" for path in API_PATHS if parts.path != path)
    return next((candidate for candidate in below if _is_api(web, candidate)), None)
