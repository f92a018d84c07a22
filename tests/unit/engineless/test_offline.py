"""What the offline backend invents, what it refuses, and which project it runs."""

from __future__ import annotations

import dataclasses
import json

import pytest

from stacks.stack_files import ROOT, StackFileError
from tests.support.recordings import recorded
from tooling.engineless import offline
from tooling.engineless.aws import lookups, resources
from tooling.engineless.recording import UnsupportedResourceError


def test_two_objects_with_one_logical_name_are_invented_two_names() -> None:
    one = recorded().named("langfuse-config")
    other = dataclasses.replace(one, urn=f"{one.urn}-of-another-component")

    assert offline.kubernetes_name(one) == offline.kubernetes_name(dataclasses.replace(one))
    assert offline.kubernetes_name(one) != offline.kubernetes_name(other)


def test_an_aws_type_without_an_answer_says_where_to_add_one() -> None:
    queue = dataclasses.replace(
        recorded("version 2 prod").named("langfuse-postgres-instance"),
        type="aws:sqs/queue:Queue",
        name="q",
    )

    with pytest.raises(UnsupportedResourceError) as caught:
        resources.create(queue, preview=False)

    assert str(caught.value) == (
        "aws:sqs/queue:Queue 'q' has no entry in tooling/engineless/aws/resources.py"
    )


def test_an_aws_function_without_an_answer_says_where_to_add_one() -> None:
    with pytest.raises(UnsupportedResourceError) as caught:
        lookups.invoke("aws:ec2/getAmi:getAmi", {})

    assert str(caught.value) == (
        "function aws:ec2/getAmi:getAmi has no entry in tooling/engineless/aws/lookups.py"
    )


def test_a_project_is_recorded_by_its_own_name_program_and_configuration() -> None:
    run = offline.record("prod", project=ROOT / "access")

    assert {urn.split("::")[1] for urn in run.resources} == {"agent-observability-access"}
    assert {urn.split("::")[0] for urn in run.resources} == {"urn:pulumi:prod"}
    trust = json.loads(run.named("workflows-deploy-role").inputs["assumeRolePolicy"])
    assert "repo:acme/agent-observability:environment:prod" in str(trust)


@pytest.mark.parametrize(
    ("stack", "project", "problem"),
    [
        ("dev", "access", "There is no stack file Pulumi.dev.yaml; stacks are prod."),
        ("dev", "stacks", "There is no project in the folder stacks: no Pulumi.yaml."),
    ],
)
def test_a_stack_or_a_project_that_is_not_there_is_named(
    stack: str, project: str, problem: str
) -> None:
    with pytest.raises(StackFileError) as caught:
        offline.record(stack, project=ROOT / project)

    assert str(caught.value) == problem
