"""Asks IAM's simulator whether the caller may do what the stack's resources need.

Each action is simulated on every type of resource that it asks for, as the table names them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from access import limits
from access.actions import NEEDS, Need
from access.parts import place
from access.place import Place
from components.aws import iam_documents
from tooling.doctor.aws.session.account import Account
from tooling.doctor.aws.session.client import RefusedError
from tooling.doctor.findings import Finding, Severity

_MONITORING: Final = "service-role/AmazonRDSEnhancedMonitoringRole"
_INVENTED: Final = "0a1b2c3"
"""For the part of an ARN that is not known yet: IAM simulates resources that do not exist."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the simulator says about one action."""

    action: str
    allowed: bool
    why: str
    """The reason for a refusal, in a few words."""
    unknown: tuple[str, ...]
    """Condition keys that the caller's policies ask for and a simulation does not have."""


@dataclass(frozen=True)
class _Asked:
    """Whose permissions are asked for, by which component, on what."""

    account: Account
    component: str
    source: str
    resource: str
    context: tuple[Mapping[str, Any], ...] = ()
    """What the request for this resource has, where a policy may be limited by it."""

    def again(self, actions: Sequence[str]) -> str:
        """The command that asks the same."""
        return self.account.aws.command(
            *("iam", "simulate-principal-policy", "--policy-source-arn", self.source),
            *("--action-names", *actions, "--resource-arns", self.resource),
            *("--query", "EvaluationResults[].[EvalActionName,EvalDecision]"),
            *("--output", "table"),
        )


def permissions(account: Account) -> Iterator[Finding]:
    """Whether the caller may do what the stack needs; one finding for each kind of resource."""
    caller = account.admitted()
    if caller.arn.endswith(":root"):
        return  # no policy of the account's binds it, and the simulator does not take it
    source = _principal(account, caller.arn)
    if source is None:
        yield _undecidable(account, caller.arn)
        return
    unknown = dict[str, list[str]]()
    stack = place(
        account.settings,
        partition=iam_documents.partition(caller.arn),
        account=iam_documents.account(caller.arn),
    )
    for need in (need for need in NEEDS if need.part in stack.parts):
        asked = _Asked(
            account, need.component, source, _resource(need, stack), tuple(_request(need, stack))
        )
        refused = [v for v in _simulate(asked, (*need.actions, *need.removal)) if not v.allowed]
        for verdict in refused:
            if verdict.unknown:
                unknown.setdefault(", ".join(verdict.unknown), []).append(verdict.action)
        denied = [verdict for verdict in refused if not verdict.unknown]
        if now := [verdict for verdict in denied if verdict.action in need.actions]:
            yield _about(asked, now, "`up` fails without", "error")
        if later := [verdict for verdict in denied if verdict.action in need.removal]:
            when = "`up` goes on, a replacement or `destroy` fails without"
            yield _about(asked, later, when, "warning")
    for keys, actions in unknown.items():
        yield _conditional(account, source, keys, sorted(set(actions)))


def _principal(account: Account, arn: str) -> str | None:
    """The user or role whose policies bind the caller; None for another kind of caller."""
    _, _, _, _, _, name = arn.split(":", 5)
    kind, _, rest = name.partition("/")
    if kind == "user":
        return arn
    if kind != "assumed-role":
        return None
    # Asked for, because a role may have a path, as those of IAM Identity Center do, and the
    # session's ARN does not have it.
    role = account.aws.look_up(
        "iam", "GetRole", {"NoSuchEntity"}, RoleName=rest.split("/", maxsplit=1)[0]
    )
    return role["Role"]["Arn"] if role else None


def _resource(need: Need, stack: Place) -> str:
    resource = stack.arn(need)
    return resource if resource == "*" else resource.replace("*", _INVENTED).replace("?", "0")


def _request(need: Need, stack: Place) -> Iterator[Mapping[str, Any]]:
    """What a request has that keeps to the limit of a need."""
    for key, values in limits.context(stack.conditions(need)).items():
        yield {
            "ContextKeyName": key,
            "ContextKeyValues": values,
            "ContextKeyType": "stringList" if key in limits.SEVERAL else "string",
        }


def _of_roles(account: Account) -> Iterator[Mapping[str, Any]]:
    """Condition keys about a role that is created (``access/policies.py`` uses them)."""
    arn = f"arn:{iam_documents.partition(account.admitted().arn)}:iam::aws:policy/{_MONITORING}"
    yield _context("iam:PolicyARN", arn)
    boundary = account.settings.cluster.permissions_boundary_arn
    if boundary is not None:
        yield _context("iam:PermissionsBoundary", boundary)


def _simulate(asked: _Asked, actions: Sequence[str]) -> list[Verdict]:
    """The verdicts on ``actions``; together where the simulator takes them so.

    It refuses actions that "require different authorization information", and documents nowhere
    which those are: then each half is asked alone.
    """
    parameters: dict[str, Any] = {
        "PolicySourceArn": asked.source,
        "ActionNames": list(actions),
        "ResourceArns": [asked.resource],
        "ContextEntries": [
            _context("aws:RequestedRegion", asked.account.aws.region or ""),
            _context("aws:SecureTransport", "true", "boolean"),
            _context("iam:PassedToService", "monitoring.rds.amazonaws.com"),
            *_of_roles(asked.account),
            *asked.context,
        ],
    }
    try:
        results = asked.account.aws.pages(
            "iam", "SimulatePrincipalPolicy", "EvaluationResults", **parameters
        )
    except RefusedError as refused:
        if refused.code != "InvalidInput" or len(actions) == 1:
            raise
    else:
        return [_verdict(result) for result in results]
    middle = len(actions) // 2
    halves = (actions[:middle], actions[middle:])
    return [v for half in halves for v in _simulate(asked, half)]


def _context(key: str, value: str, kind: str = "string") -> Mapping[str, Any]:
    return {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": kind}


def _verdict(result: Mapping[str, Any]) -> Verdict:
    organization = result.get("OrganizationsDecisionDetail", {})
    boundary = result.get("PermissionsBoundaryDecisionDetail", {})
    if not organization.get("AllowedByOrganizations", True):
        why = "the organization does not allow it"
    elif not boundary.get("AllowedByPermissionsBoundary", True):
        why = "the permissions boundary does not allow it"
    elif result["EvalDecision"] == "explicitDeny":
        why = "a policy denies it"
    else:
        why = "no policy allows it"
    return Verdict(
        action=result["EvalActionName"],
        allowed=result["EvalDecision"] == "allowed",
        why=why,
        unknown=tuple(sorted(result.get("MissingContextValues", []))),
    )


def _about(asked: _Asked, refused: Sequence[Verdict], when: str, severity: Severity) -> Finding:
    reasons = dict[str, list[str]]()
    for verdict in refused:
        reasons.setdefault(verdict.why, []).append(verdict.action)
    told = "; ".join(f"{', '.join(actions)} ({why})" for why, actions in reasons.items())
    on = "" if asked.resource == "*" else f" on {asked.resource}"
    return Finding(
        section="aws-permission-missing",
        severity=severity,
        subject=f"{asked.component} in AWS",
        cause=f"{_name(asked.source)} lacks, and {when}: {told}{on}.",
        command=asked.again([verdict.action for verdict in refused]),
    )


def _conditional(account: Account, source: str, keys: str, actions: Sequence[str]) -> Finding:
    return Finding.warning(
        "aws-permission-missing",
        "AWS permissions",
        f"{_name(source)} has policies with conditions on {keys}, which a simulation cannot "
        f"know. Not decided so: {', '.join(actions)}.",
        _Asked(account, "", source, "*").again(actions),
    )


def _undecidable(account: Account, arn: str) -> Finding:
    return Finding.warning(
        "aws-permission-missing",
        "AWS permissions",
        f"The permissions of {arn} could not be checked: IAM simulates those of users and "
        "roles of the account only.",
        account.aws.command("sts", "get-caller-identity"),
    )


def _name(source: str) -> str:
    kind, _, name = source.split(":", 5)[5].partition("/")
    return f"The {kind} {name.rsplit('/', maxsplit=1)[-1]}"
