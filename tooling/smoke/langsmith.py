"""Whether LangSmith accepts the key that agents have."""

from __future__ import annotations

from typing import Final

from tooling.kit.commands import Commands
from tooling.smoke.report import Verdict, fail, ok
from tooling.smoke.stack import LangSmith
from tooling.smoke.web import UnreachableError, Web

LANGSMITH: Final = "LangSmith key"

PATH: Final = "/sessions?limit=1"
"""The list of projects, as the langsmith SDK asks for it (``Client._get_optional_tenant_id``): one
of the cheapest requests that need a key. ``/info`` needs none."""

_NEEDS_WORKSPACE: Final = "org_scoped_key_requires_workspace"
"""Code of the answer to a key of a whole organisation without workspace, as the SDK knows it."""


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
    if answer.status == 200:
        return ok(LANGSMITH, f"that of {source} is accepted by {langsmith.endpoint} ({place})")
    if answer.status not in {401, 403}:
        return fail(
            LANGSMITH,
            f"{where} answers {answer}",
            cause="LangSmith has a failure of its own, or the endpoint is not LangSmith's API",
            command=f"curl -sS {langsmith.endpoint}/info",
        )
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
