"""Rules about names and tags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .model import UNKNOWN, Rule, Seen, document, mapping

_TAGGABLE: Final = frozenset(
    {
        "aws:acm/certificate:Certificate",
        "aws:cloudwatch/logGroup:LogGroup",
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "aws:ec2/eip:Eip",
        "aws:ec2/flowLog:FlowLog",
        "aws:ec2/internetGateway:InternetGateway",
        "aws:ec2/natGateway:NatGateway",
        "aws:ec2/routeTable:RouteTable",
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:ec2/subnet:Subnet",
        "aws:ec2/vpc:Vpc",
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "aws:eks/addon:Addon",
        "aws:eks/cluster:Cluster",
        "aws:elasticache/parameterGroup:ParameterGroup",
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "aws:elasticache/subnetGroup:SubnetGroup",
        "aws:iam/policy:Policy",
        "aws:iam/role:Role",
        "aws:kms/key:Key",
        "aws:rds/eventSubscription:EventSubscription",
        "aws:rds/instance:Instance",
        "aws:rds/parameterGroup:ParameterGroup",
        "aws:rds/subnetGroup:SubnetGroup",
        "aws:route53/zone:Zone",
        "aws:s3/bucket:Bucket",
        "aws:secretsmanager/secret:Secret",
        "aws:sns/topic:Topic",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    }
)
_STAGES: Final = frozenset(
    {
        *("dev", "develop", "development", "test", "testing", "qa", "uat", "sandbox"),
        *("stage", "staging", "stg", "preprod", "prod", "production", "prd", "live"),
    }
)
_AGENTS: Final = "-agents-"


def tags(seen: Seen) -> Iterator[str]:
    if seen.type not in _TAGGABLE:
        return
    # The provider's default tags count; on the wire they are a JSON document.
    defaults = seen.provider.get("defaultTags")
    given = (seen.get("tags"), seen.get("tagsAll"), document(defaults).get("tags"))
    if UNKNOWN not in (*given, defaults) and not any(mapping(value) for value in given):
        yield "has no tag: set aws:defaultTags in the stack's configuration"


def no_stage_in_a_name(seen: Seen) -> Iterator[str]:
    if seen.type.startswith("pulumi:"):
        return
    # What follows is the name of an agent namespace: people give those.
    own = seen.name.lower().partition(_AGENTS)[0]
    found = _STAGES & {*own.split("-")}
    for stage in sorted(found):
        yield f"its name has the stage {stage!r}: one program makes every stage, by configuration"


RULES: Final = (
    Rule(
        name="tags-present",
        protects="Resources that cost money have tags, so that costs can be attributed.",
        check=tags,
    ),
    Rule(
        name="no-stage-in-a-name",
        protects="Every stack is created by the same code: what is tested in one is valid in "
        "the other.",
        check=no_stage_in_a_name,
    ),
)
