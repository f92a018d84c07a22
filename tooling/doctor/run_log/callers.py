"""Who made the call that a line of a log is about: decided by who writes it, and by what is said.

Pure; imports no SDK.
"""

from __future__ import annotations

import re

from stacks.names import NAMES
from tooling.doctor.run_log import marks
from tooling.doctor.run_log.marks import Caller


def writer(line: str) -> Caller | None:
    """Who wrote the line, where it shows that."""
    if (found := marks.POD.match(line)) is not None:
        return _of_pod(found["pod"])
    if (caller := _first(marks.WRITERS, line)) is not None:
        return caller
    event = marks.EVENT.search(line)
    return marks.REASONS.get(event["reason"]) if event else None


def prefix(line: str) -> str:
    """What a log's reader put before the line; empty if nothing."""
    found = marks.POD.match(line)
    return found[0] if found else ""


def speaker(line: str) -> Caller | None:
    """Whose words they are, where only one says that."""
    caller = _first(marks.SAID, line)
    pod = marks.POD_STATUS.search(line)
    if caller == "langfuse" and (NAMES.migration in line):
        return "migration"
    if caller is None and pod is not None:
        return "kubelet"
    return caller


def asker(line: str, kind: str = "") -> Caller | None:
    """Who had this answer of AWS. ``kind``: of the object that the run waited for."""
    refused = marks.REFUSED.search(line)
    if refused is None and marks.ANSWER.search(line) is None:
        return None
    action = _action(refused) if refused is not None else ""
    principal = marks.PRINCIPAL.search(line)
    named = _first(marks.PRINCIPALS, principal["principal"]) if principal else None
    known = named or marks.OF_KINDS.get(kind)
    if known is not None and (action in {"", "kms:"} or _asks(known, action)):
        return known
    if refused is None:
        return "external-secrets" if marks.READ_ONLY.search(line) else "deployer"
    return _first(marks.OPERATIONS, action)


def _action(refused: re.Match[str]) -> str:
    """``service:operation`` in small letters; of a key that is refused ``kms:``."""
    if refused["service"] and refused["action"] is None:
        return f"{refused['service']}:{refused['operation']}".replace(" ", "").lower()
    return (refused["action"] or refused["sts"] or "kms:").lower()


def _asks(controller: Caller, action: str) -> bool:
    """Whether a controller makes that call at all."""
    return any(caller == controller and asks.search(action) for caller, asks in marks.ASKS)


def by_resource(provider: str) -> Caller:
    """Who answers for what the run says about a resource, unless its words are another's."""
    if provider == "aws":
        return "deployer"
    return "api-server" if provider == "kubernetes" else "engine"


def _of_pod(pod: str) -> Caller | None:
    for begin, caller in marks.PODS.items():
        if re.match(rf"{begin}(?:-|$)", pod):
            return caller
    return None


def _first(table: marks.Table, text: str) -> Caller | None:
    for caller, found in table:
        if found.search(text):
            return caller
    return None
