"""Conditions of the limits: how an action keeps to one stack, and how a request meets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from access.actions import Limit
from components.aws.iam_documents import dns_suffix
from stacks.names import STACK_TAG

Conditions = Mapping[str, Mapping[str, str | Sequence[str]]]

_HAS: Final = f"aws:ResourceTag/{STACK_TAG}"
_GETS: Final = f"aws:RequestTag/{STACK_TAG}"
RECORDS: Final = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
"""Names of the records that a request changes, in lower case and without the last dot."""
ALARM_ACTIONS: Final = "cloudwatch:AlarmActions"
"""ARNs of all that an alarm does in any of its states
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-alarm-actions.html)."""
SEVERAL: Final = frozenset({RECORDS, ALARM_ACTIONS})
"""Keys that have several values in one request."""
_PROOF: Final = f"_{'?' * 32}"
"""First label of the record that ACM asks for: 32 hexadecimal digits. Their number keeps names in
subdomains out, which may be another stack's."""


def conditions(
    limit: Limit, *, stack: str, host: str, topic: str, region: str, partition: str
) -> dict[str, dict[str, str | list[str]]]:
    """The conditions of a limit: test, key, value. ``host``: the public name, empty for none.
    ``topic``: ARN of the alarms' topic, or its pattern."""
    made: dict[Limit, dict[str, dict[str, str | list[str]]]] = {
        "tagged": {"StringEquals": {_HAS: stack}},
        "tags": {"StringEquals": {_GETS: stack}},
        "tags a new group": {
            "StringEquals": {_GETS: stack, "ec2:CreateAction": "CreateSecurityGroup"}
        },
        # What has no such tag is no stack's. KMS and ACM have no key for "as it is made".
        "tags the untagged": {"StringEquals": {_GETS: stack}, "Null": {_HAS: "true"}},
        # A new key has no alias yet. One that has is in use, tagged or not.
        "tags a new key": {
            "StringEquals": {_GETS: stack},
            "Null": {_HAS: "true", "kms:ResourceAliases": "true"},
        },
        "record": _records(host),
        "proof": _records(f"{_PROOF}.{host}"),
        # An alarm that does nothing is no danger, so that no action at all is allowed.
        "notifies": {"ForAllValues:StringLike": {ALARM_ACTIONS: [topic]}},
        "through rds": _through("rds", region, partition),
        "through elasticache": _through("elasticache", region, partition),
        "through secretsmanager": _through("secretsmanager", region, partition),
    }
    return made[limit]


def context(conditions: Conditions) -> dict[str, list[str]]:
    """Keys and values of a request that meets ``conditions``; digits where a pattern leaves it."""
    met: dict[str, list[str]] = {}
    for test, keys in conditions.items():
        if test == "Null":  # true: the request has no such key; false: another test names it
            continue
        for key, value in keys.items():
            values = [value] if isinstance(value, str) else value
            met[key] = [text.replace("?", "0").replace("*", "0") for text in values]
    return met


def _records(name: str) -> dict[str, dict[str, str | list[str]]]:
    # ForAllValues is true of no value at all, which Null refuses.
    return {
        "ForAllValues:StringLike": {RECORDS: [name]},
        "Null": {RECORDS: "false"},
    }


def _through(service: str, region: str, partition: str) -> dict[str, dict[str, str | list[str]]]:
    suffix = dns_suffix(f"arn:{partition}:")
    return {"StringEquals": {"kms:ViaService": f"{service}.{region}.{suffix}"}}
