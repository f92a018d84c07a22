"""The stand-in for AWS: what it refuses, as AWS does, and what stays taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from tests.support.aws_standin import DATABASE, ENTRY, AwsStandIn
from tooling.demo.standins.provider import Asked, RefusedError

POLICY: Final = "aws:secretsmanager/secretPolicy:SecretPolicy"
DATABASE_INPUTS: Final = {"identifierPrefix": "db-", "port": 5432, "engineVersion": "16"}


@pytest.fixture
def aws() -> AwsStandIn:
    return AwsStandIn(endpoint="https://127.0.0.1", authority="")


def asked(type_: str, inputs: Mapping[str, Any], **more: Any) -> Asked:  # noqa: ANN401
    urn = f"urn:pulumi:prod::p::{type_}::one"
    return Asked(urn=urn, type=type_, name="one", inputs=inputs, **more)


def test_the_name_of_an_entry_is_taken_until_it_is_deleted_for_good(aws: AwsStandIn) -> None:
    wanted = {"name": "p/prod/app", "recoveryWindowInDays": 14}
    id_, _ = aws.create(asked(ENTRY, wanted))
    aws.create(asked(POLICY, {"secretArn": id_}))
    with pytest.raises(RefusedError, match="already exists"):
        aws.create(asked(ENTRY, wanted))

    aws.delete(asked(POLICY, {}, id=id_))
    aws.delete(asked(ENTRY, {}, id=id_))

    assert (aws.account.made, aws.account.scheduled) == ({}, {"p/prod/app"})
    with pytest.raises(RefusedError, match="scheduled for deletion"):
        aws.create(asked(ENTRY, wanted))


def test_a_database_has_another_name_each_time_and_its_protection_keeps_it(
    aws: AwsStandIn,
) -> None:
    protected = {**DATABASE_INPUTS, "deletionProtection": True}
    (id_, state), (_, other) = (aws.create(asked(DATABASE, protected)) for _ in range(2))

    assert state["identifier"] != other["identifier"]
    with pytest.raises(RefusedError, match="Cannot delete protected DB Instance"):
        aws.delete(asked(DATABASE, {}, id=id_))
    aws.update(asked(DATABASE, DATABASE_INPUTS, id=id_, state=state))
    aws.delete(asked(DATABASE, {}, id=id_))
    assert [made.state["identifier"] for made in aws.account.of_type(DATABASE)] == [
        other["identifier"]
    ]
