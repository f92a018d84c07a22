"""Who made the call that a line of a log is about: decided by who writes it, and by what is said.

Pure; imports no SDK.
"""

from __future__ import annotations

import re

from stacks.names import NAMES
from tooling.doctor.patterns import marks
from tooling.doctor.patterns.marks import Caller


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
    principal = marks.PRINCIPAL.search(line)
    named = _first(marks.PRINCIPALS, principal["principal"]) if principal else None
    if (known := named or marks.OF_KINDS.get(kind)) is not None:
        return known
    if refused is None:
        return "external-secrets" if marks.READ_ONLY.search(line) else "deployer"
    action = refused["action"] or refused["sts"]
    if action is None and refused["service"]:
        action = f"{refused['service']}:{refused['operation']}"
    return _first(marks.OPERATIONS, action or "KMS:")


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
