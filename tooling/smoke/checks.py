"""What Langfuse itself answers: health, readiness, sign-up, project keys."""

from __future__ import annotations

import shlex
from typing import Any, Final
from urllib.parse import urlsplit

from components.langfuse import versions
from components.langfuse.versions import HEALTH_ON_REQUEST, HEALTH_WITHOUT_DATABASE
from tooling.kit.commands import Commands
from tooling.kit.json_values import as_mapping
from tooling.kit.masking import quote
from tooling.smoke.keys import PUBLIC, SECRET, KeyPair
from tooling.smoke.report import Verdict, fail, ok
from tooling.smoke.stack import Expected
from tooling.smoke.web import Answer, UnreachableError, Web, basic

HEALTH: Final = "health"
READINESS: Final = "readiness"
SIGN_UP: Final = "sign-up"
PROJECT_KEYS: Final = "project keys"

PROJECTS_PATH: Final = "/api/public/projects"
LOGIN_PATH: Final = "/auth/sign-in"

_REDIRECTED: Final = "the URL is not Langfuse's own, as langfuse.publicUrl or --url should be"
_STRANGER: Final = "what answers at this URL is not this release of Langfuse"
_PAGE: Final = (
    "a page for people answers in place of Langfuse's API: that of a login, a proxy or a captive "
    "portal, or another web server's"
)
_OTHER_LOGIN: Final = (
    "another page answers in place of Langfuse's own to log in: that of a proxy or a captive "
    "portal, or another web server's"
)
_LOGIN: Final = (
    "something before Langfuse asks for a login of its own, as a proxy or a captive portal does"
)
_ANOTHER: Final = "another Langfuse answers at this URL: that of this stack is of version "


def health(web: Web, url: str, expected: Expected, commands: Commands) -> Verdict:
    """Whether Langfuse runs, in the pinned release, with its database."""
    path = versions.health_path(expected.version)
    answer = web.get(f"{url}{path}")
    document = answer.document()
    version = document.get("version")
    if answer.status == 503 and document.get("status") == "Database not available":
        return fail(
            HEALTH,
            f"{path} answers {answer}",
            cause="Langfuse runs, and cannot reach its database",
            command=commands.deployment("logs", "--tail=50"),
            section="database-unreachable",
        )
    if answer.status != 200 or document.get("status") != "OK" or not isinstance(version, str):
        return _no_langfuse(HEALTH, path, answer, expected, commands)
    if version.partition(".")[0] != str(expected.version).partition(".")[0]:
        return fail(
            HEALTH,
            f"Langfuse {quote(version, 40)} answers; the stack pins {expected.version}",
            cause=f"{_ANOTHER}{expected.version.major}",
            command=_way(expected, commands),
            section=_section(expected),
        )
    if version != str(expected.version):
        return fail(
            HEALTH,
            f"Langfuse {quote(version, 40)} answers; the stack pins {expected.version}",
            cause="the rollout is not over, or the stack was not deployed since the pin changed",
            command=commands.deployment("rollout", "status"),
        )
    asked = not HEALTH_WITHOUT_DATABASE <= expected.version < HEALTH_ON_REQUEST
    database = "and so does its database" if asked else "this release does not ask its database"
    return ok(HEALTH, f"Langfuse {version} answers OK, {database}")


def readiness(web: Web, url: str, expected: Expected, commands: Commands) -> Verdict:
    """Whether the pod that answers wants requests."""
    path = versions.readiness_path(expected.version)
    answer = web.get(f"{url}{path}")
    status = answer.document().get("status")
    if answer.status == 200 and status == "OK":
        return ok(READINESS, f"{path} answers OK")
    if answer.status == 500 and isinstance(status, str) and "shutting down" in status:
        return fail(
            READINESS,
            f"{path} answers {answer}",
            cause="a pod that is being ended still gets requests: its rollout is not over",
            command=commands.deployment("rollout", "status"),
            section="not-ready",
        )
    return _no_langfuse(READINESS, path, answer, expected, commands)


def sign_up(web: Web, url: str, expected: Expected, commands: Commands) -> Verdict:
    """Whether sign-up is open or closed as the stack configures it.

    The page to log in is made from the switches of the pod that answers
    (web/src/pages/auth/sign-in.tsx, from 2.75 to 4.16). The form is not tried: from version 3 on it
    looks at the body first, and a complete one could make an account.
    """
    answer = web.get(f"{url}{LOGIN_PATH}")
    properties = answer.page_properties()
    closed = properties.get("signUpDisabled")
    providers = as_mapping(properties.get("authProviders"))
    if answer.status != 200 or not isinstance(closed, bool) or providers is None:
        return _no_langfuse(SIGN_UP, LOGIN_PATH, answer, expected, commands)
    if closed:
        found, seen = "disabled", "registration is disabled"
    elif providers.get("credentials") is True:
        found, seen = "open", "anyone who reaches this URL can register"
    else:
        found, seen = "open", "registration by single sign-on only"
    wanted = "open" if expected.sign_up_open else "disabled"
    if found == wanted:
        return ok(SIGN_UP, f"{seen}, as the stack has it (signUp: {wanted})")
    return fail(
        SIGN_UP,
        f"{seen}; the stack has signUp: {wanted}",
        cause="the pods run with other settings than the stack file's",
        command=commands.up(),
    )


def project_keys(
    web: Web, url: str, keys: KeyPair, expected: Expected, commands: Commands
) -> Verdict:
    """Whether Langfuse accepts the keys that agents have."""
    answer = web.get(f"{url}{PROJECTS_PATH}", basic(keys.public, keys.secret))
    projects: Any = answer.document().get("data")
    if answer.status == 401 and answer.document():
        given = keys.source == "the environment"
        return fail(
            PROJECT_KEYS,
            f"the keys of {keys.source} are refused: {answer}",
            cause="they are of another Langfuse, or were deleted in this one"
            if given
            else "they were deleted in Langfuse, or no pod started since they changed: Langfuse "
            "stores them when it starts",
            command=f"unset {PUBLIC} {SECRET}"
            if given
            else commands.deployment("rollout", "restart"),
        )
    if answer.status != 200 or not isinstance(projects, list) or not projects:
        return _no_langfuse(PROJECT_KEYS, PROJECTS_PATH, answer, expected, commands)
    try:
        name = quote(str(projects[0]["name"]), 80)  # pyright: ignore[reportUnknownArgumentType]
    except (KeyError, TypeError):
        return _no_langfuse(PROJECT_KEYS, PROJECTS_PATH, answer, expected, commands)
    return ok(PROJECT_KEYS, f"those of {keys.source} are accepted: project {name}")


def not_reached(
    check: str, url: str, error: UnreachableError, expected: Expected, commands: Commands
) -> Verdict:
    """The verdict where there was no answer at all."""
    section = ""
    if error.kind == "name":
        cause = "there is no DNS record, or it is not known here yet"
        command = shlex.join(["nslookup", urlsplit(url).hostname or ""])
        section = "LangfuseProbeFailing"
        if expected.load_balancer:
            command = commands.own("get", "ingress")
            section = "ingress-without-address"
    elif error.kind == "certificate":
        cause = "its certificate is not to be trusted, so nothing was sent"
        command = commands.smoke("OPTIONS=--ca FILE")
    elif error.kind in {"refused", "timeout"} and expected.load_balancer:
        cause = (
            "this address is not among endpoint.inboundCidrs, the load balancer is internal and "
            "this is outside of its network, or it has no healthy target"
        )
        command = commands.own("get", "ingress,pods", "-o", "wide")
        section = "LangfuseDown"
    else:
        cause = "Langfuse is not there, is overloaded, or something blocks the connection"
        command = commands.own("get", "pods", "-o", "wide")
        section = "LangfuseDown"
    return fail(check, f"{url}: {error}", cause=cause, command=command, section=section)


def elsewhere(verdict: Verdict) -> bool:
    """Whether something else than the stack's Langfuse answered, to which no key is to be sent."""
    strangers = {_REDIRECTED, _STRANGER, _PAGE, _OTHER_LOGIN, _LOGIN}
    return verdict.cause in strangers or verdict.cause.startswith(_ANOTHER)


def _no_langfuse(
    check: str, path: str, answer: Answer, expected: Expected, commands: Commands
) -> Verdict:
    """The verdict on an unexpected answer."""
    section = _section(expected)
    command = _way(expected, commands)
    if answer.to_login or (answer.status in {401, 407, 511} and not answer.document()):
        cause = _LOGIN
    elif 300 <= answer.status < 400:
        cause = _REDIRECTED
        command = commands.smoke("URL=https://HOST")
    elif answer.status in {502, 503, 504} and not answer.document():
        cause = "the load balancer has no pod that it can send to"
        command = commands.own("get", "pods", "-o", "wide")
        section = "LoadBalancerUnhealthyTargets"
    elif answer.status == 403:
        cause = "something before Langfuse refuses, such as a web ACL"
    elif answer.status >= 500:
        cause = "Langfuse fails: its log says why"
        command = commands.deployment("logs", "--tail=50")
        section = "LangfuseDown"
    elif answer.status == 200 and answer.page() is not None:
        cause = _OTHER_LOGIN if check == SIGN_UP else _PAGE
    else:
        cause = _STRANGER
    api = check != SIGN_UP
    return fail(
        check,
        f"{path} answers {answer}" + (", with no JSON" if api and not answer.document() else ""),
        cause=cause,
        command=command,
        section=section,
    )


def _way(expected: Expected, commands: Commands) -> str:
    """The command that shows what requests pass on their way to the pods."""
    kinds = "ingress,service,pods" if expected.load_balancer else "service,pods"
    return commands.own("get", kinds, "-o", "wide")


def _section(expected: Expected) -> str:
    return "LangfuseDown" if expected.local else "LangfuseProbeFailing"
