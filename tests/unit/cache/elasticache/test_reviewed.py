"""What reviewers are told about a change of the cache, and which changes replace it."""

from __future__ import annotations

import pytest

from tests.support.policy_stacks import CACHE
from tests.support.recordings import inputs
from tests.support.stacks import recorded
from tooling.diff import danger
from tooling.diff.model import PropertyChange, Resource
from tooling.engineless import replacement

TYPE = "aws:elasticache/replicationGroup:ReplicationGroup"


def resource(type_: str) -> Resource:
    return Resource(
        urn="urn",
        type=type_,
        name="cache",
        inputs={},
        protect=True,
        provider="",
        ignored=(),
        replace_on_changes=(),
        uses={},
        invented_name=None,
    )


GROUP = resource(TYPE)


@pytest.mark.parametrize(
    ("key", "before", "after", "says"),
    [
        ("numCacheClusters", 2, 1, "fewer copies in other zones"),
        ("numCacheClusters", 1, 2, None),
        ("automaticFailoverEnabled", True, False, "the loss of a zone is an outage"),
        ("automaticFailoverEnabled", False, True, None),
        ("multiAzEnabled", True, False, "the loss of a zone is an outage"),
        ("snapshotRetentionLimit", 7, 1, "fewer days to go back to"),
        ("snapshotRetentionLimit", 7, 14, None),
        ("finalSnapshotIdentifier", "a", "b", "another name of the last snapshot, or none"),
        ("engineVersion", "8.0", "8.1", "the cache fails over; a lower version is another cache"),
        ("nodeType", "a", "b", "the cache fails over"),
        ("parameterGroupName", "a", "b", "what waits in queues may be evicted"),
        ("securityGroupIds", ["a"], ["b"], "who may connect"),
        ("transitEncryptionMode", "required", "preferred", "connections without encryption"),
        ("maintenanceWindow", "a", "b", None),
        ("snapshotWindow", "a", "b", None),
    ],
)
def test_a_change_that_a_reviewer_has_to_see_is_named(
    key: str, before: object, after: object, says: str | None
) -> None:
    assert danger.of_change(GROUP, PropertyChange(path=(key,), before=before, after=after)) == says


def test_the_loss_of_the_cache_and_of_its_policy_are_named() -> None:
    parameters = resource("aws:elasticache/parameterGroup:ParameterGroup")
    change = PropertyChange(
        path=("parameters", 0, "value"), before="noeviction", after="allkeys-lru"
    )

    assert danger.of_loss(GROUP) == "events that wait in its queues go with it"
    assert danger.of_change(parameters, change) == "what waits in queues may be evicted"


def test_of_what_the_program_registers_these_inputs_replace_the_cache() -> None:
    registered = inputs(recorded(CACHE), "langfuse-valkey-group")
    rules = replacement.rules(TYPE, registered)

    def answer(one: bool, unsure: bool) -> list[str]:
        found = {key: replacement.why((key,), rules, one_sided=False) for key in registered}
        return sorted(k for k, (why, u) in found.items() if (why is not None, u) == (one, unsure))

    assert answer(one=True, unsure=False) == [
        "atRestEncryptionEnabled",
        "port",
        "replicationGroupId",
        "subnetGroupName",
    ]
    # A lower version, another product, a server before 7.0.5.
    assert answer(one=False, unsure=True) == [
        "engine",
        "engineVersion",
        "transitEncryptionEnabled",
    ]
    assert "kmsKeyId" in replacement.RULES[TYPE].paths
