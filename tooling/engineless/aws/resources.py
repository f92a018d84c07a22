"""What AWS would compute for a resource: one function for each type, invented values.

A function gives what the provider adds to the inputs; the id is among it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from tooling.engineless.aws.names import ACCOUNT, REGION, arn, digits, invented_id, invented_name
from tooling.engineless.recording import UNKNOWN, Resource, UnsupportedResourceError, reveal

Values = Mapping[str, Any]


def create(resource: Resource, *, preview: bool) -> tuple[str, Values]:
    """Id and state of an AWS resource; ``preview``: what AWS computes is unknown."""
    compute = _COMPUTED.get(resource.type)
    if compute is None:
        raise UnsupportedResourceError(
            f"{resource.type} '{resource.name}' has no entry in tooling/engineless/aws/resources.py"
        )
    computed = dict(compute(resource))
    id_ = computed.pop("id")
    # AWS never returns a write-only argument.
    given = {key: value for key, value in resource.inputs.items() if not key.endswith("Wo")}
    if preview:
        return "", {**dict.fromkeys(computed, UNKNOWN), **given}
    return id_, {**computed, **given}


def _role(resource: Resource) -> Values:
    name, path = invented_name(resource), resource.inputs.get("path", "/")
    return {"id": name, "name": name, "arn": arn("iam", f"role{path}{name}", region="")}


def _named(service: str, kind: str, **place: str) -> Callable[[Resource], Values]:
    """A resource whose id is its name."""

    def compute(resource: Resource) -> Values:
        name = invented_name(resource)
        return {"id": name, "name": name, "arn": arn(service, f"{kind}{name}", **place)}

    return compute


def _role_policy(resource: Resource) -> Values:
    name = invented_name(resource)
    return {"id": f"{resource.inputs['role']}:{name}", "name": name}


def _role_policy_attachment(resource: Resource) -> Values:
    return {"id": invented_name(resource)}


def _policy(resource: Resource) -> Values:
    name = resource.inputs.get("name") or invented_name(resource)
    policy = arn("iam", f"policy/{name}", region="")
    return {"id": policy, "arn": policy, "name": name}


def _openid_provider(resource: Resource) -> Values:
    host = resource.inputs["url"].removeprefix("https://")
    provider = arn("iam", f"oidc-provider/{host}", region="")
    return {"id": provider, "arn": provider}


def _access(resource: Resource) -> Values:
    return {"id": f"{resource.inputs['clusterName']}:{digits(resource.urn, 17)}"}


def _security_group(resource: Resource) -> Values:
    id_ = invented_id(resource, "sg")
    return {
        "id": id_,
        "arn": arn("ec2", f"security-group/{id_}"),
        "name": invented_name(resource),
        "ownerId": ACCOUNT,
    }


def _security_group_rule(resource: Resource) -> Values:
    id_ = invented_id(resource, "sgr")
    return {
        "id": id_,
        "arn": arn("ec2", f"security-group-rule/{id_}"),
        "securityGroupRuleId": id_,
    }


def _db_instance(resource: Resource) -> Values:
    identifier = invented_name(resource, prefix="identifierPrefix")
    host = f"{identifier}.{digits(ACCOUNT, 12)}.{REGION}.rds.amazonaws.com"
    return {
        "id": f"db-{digits(resource.urn, 26).upper()}",
        "identifier": identifier,
        "address": host,
        "arn": arn("rds", f"db:{identifier}"),
        "endpoint": f"{host}:{resource.inputs['port']}",
        "engineVersionActual": f"{resource.inputs['engineVersion']}.99",
        "hostedZoneId": f"Z{digits(REGION, 13).upper()}",
        "resourceId": f"db-{digits(resource.urn, 26).upper()}",
        "status": "available",
    }


def _replication_group(resource: Resource) -> Values:
    identifier = resource.inputs["replicationGroupId"]
    zone = f"{digits(ACCOUNT, 6)}.{REGION}.cache.amazonaws.com"
    nodes = resource.inputs["numCacheClusters"]
    return {
        "id": identifier,
        "arn": arn("elasticache", f"replicationgroup:{identifier}"),
        "clusterEnabled": False,
        "engineVersionActual": f"{resource.inputs['engineVersion']}.99",
        # A set, in no order that means anything.
        "memberClusters": [f"{identifier}-{node:03}" for node in range(nodes, 0, -1)],
        "primaryEndpointAddress": f"master.{identifier}.{zone}",
        "readerEndpointAddress": f"replica.{identifier}.{zone}",
    }


def _fixed(kind: str) -> Callable[[Resource], Values]:
    """What ElastiCache has under the name that it is given."""

    def compute(resource: Resource) -> Values:
        name = resource.inputs["name"]
        return {"id": name, "arn": arn("elasticache", f"{kind}:{name}")}

    return compute


def _event_subscription(resource: Resource) -> Values:
    return {**_named("rds", "es:")(resource), "customerAwsId": ACCOUNT}


def _bucket(resource: Resource) -> Values:
    name = invented_name(resource, prefix="bucketPrefix")
    return {
        "id": name,
        "bucket": name,
        "arn": arn("s3", name, region="", account=""),
        "bucketRegionalDomainName": f"{name}.s3.{REGION}.amazonaws.com",
    }


def _bucket_part(resource: Resource) -> Values:
    """A configuration of a bucket, which has the bucket's name for its id."""
    return {"id": resource.inputs["bucket"]}


def _secret(resource: Resource) -> Values:
    name = resource.inputs["name"]
    entry = arn("secretsmanager", f"secret:{name}-{digits(name, 6)}")
    return {"id": entry, "arn": entry}


def _secret_policy(resource: Resource) -> Values:
    return {"id": resource.inputs["secretArn"]}


def _secret_version(resource: Resource) -> Values:
    """Another version for other values, with the prefix that the provider gives every one."""
    values = json.dumps(reveal(resource.inputs), sort_keys=True)
    version = f"terraform-{digits(values, 26)}"
    entry = resource.inputs["secretId"]
    return {
        "id": f"{entry}|{version}",
        "arn": entry,
        "hasSecretStringWo": True,
        "versionId": version,
        "versionStages": ["AWSCURRENT"],
    }


def _certificate(resource: Resource) -> Values:
    host = resource.inputs["domainName"]
    certificate = arn("acm", f"certificate/{digits(resource.urn, 32)}")
    return {
        "id": certificate,
        "arn": certificate,
        "domainValidationOptions": [
            {
                "domainName": host,
                "resourceRecordName": f"_{digits(host, 32)}.{host}.",
                "resourceRecordType": "CNAME",
                "resourceRecordValue": f"_{digits(ACCOUNT, 32)}.acm-validations.aws.",
            }
        ],
    }


def _certificate_validation(resource: Resource) -> Values:
    return {"id": resource.inputs["certificateArn"]}


def _record(resource: Resource) -> Values:
    name = resource.inputs["name"].rstrip(".")
    return {
        "id": f"{resource.inputs['zoneId']}_{name}_{resource.inputs['type']}",
        "fqdn": name,
    }


def ingress_status(resource: Resource) -> Values:
    """What the AWS Load Balancer Controller writes into the status of an Ingress."""
    metadata = resource.inputs["metadata"]
    load_balancer = f"k8s-{metadata['namespace'][:8]}-{digits(resource.urn, 10)}"
    host = f"{load_balancer}-1234567890.{REGION}.elb.amazonaws.com"
    return {"loadBalancer": {"ingress": [{"hostname": host}]}}


def _key(resource: Resource) -> Values:
    id_ = digits(resource.urn, 32)
    return {"id": id_, "arn": arn("kms", f"key/{id_}"), "keyId": id_}


def _topic(resource: Resource) -> Values:
    name = invented_name(resource)
    return {"id": arn("sns", name), "arn": arn("sns", name), "name": name, "owner": ACCOUNT}


def _topic_policy(resource: Resource) -> Values:
    return {"id": resource.inputs["arn"], "owner": ACCOUNT}


def _topic_subscription(resource: Resource) -> Values:
    subscription = f"{resource.inputs['topic']}:{digits(resource.urn, 32)}"
    return {"id": subscription, "arn": subscription, "pendingConfirmation": True}


def _metric_alarm(resource: Resource) -> Values:
    name = resource.inputs["name"]
    return {"id": name, "arn": arn("cloudwatch", f"alarm:{name}")}


def _dashboard(resource: Resource) -> Values:
    name = resource.inputs["dashboardName"]
    return {"id": name, "dashboardArn": arn("cloudwatch", f"dashboard/{name}", region="")}


def _in_ec2(kind: str, prefix: str) -> Callable[[Resource], Values]:
    """What EC2 makes under an id of its own."""

    def compute(resource: Resource) -> Values:
        id_ = invented_id(resource, prefix)
        return {"id": id_, "arn": arn("ec2", f"{kind}/{id_}")}

    return compute


def _vpc(resource: Resource) -> Values:
    return {
        **_in_ec2("vpc", "vpc")(resource),
        "defaultSecurityGroupId": f"sg-{digits(resource.urn, 17)}",
        "ownerId": ACCOUNT,
    }


def _address(resource: Resource) -> Values:
    id_ = invented_id(resource, "eipalloc")
    # Of the block that is for documentation.
    last = int(digits(resource.urn, 2), 16)
    return {"id": id_, "allocationId": id_, "publicIp": f"198.51.100.{last}"}


def _log_group(resource: Resource) -> Values:
    name = resource.inputs.get("name") or invented_name(resource)
    return {"id": name, "name": name, "arn": arn("logs", f"log-group:{name}")}


def _eks_cluster(resource: Resource) -> Values:
    name = resource.inputs["name"]
    host = digits(name, 32).upper()
    return {
        "id": name,
        "arn": arn("eks", f"cluster/{name}"),
        "certificateAuthority": {"data": "Y2VydGlmaWNhdGU="},
        "endpoint": f"https://{host}.gr7.{REGION}.eks.amazonaws.com",
        "identities": [
            {"oidcs": [{"issuer": f"https://oidc.eks.{REGION}.amazonaws.com/id/{host}"}]}
        ],
        "status": "ACTIVE",
    }


def _addon(resource: Resource) -> Values:
    cluster, name = resource.inputs["clusterName"], resource.inputs["addonName"]
    return {"id": f"{cluster}:{name}", "arn": arn("eks", f"addon/{cluster}/{name}/1")}


def _hosted_zone(resource: Resource) -> Values:
    id_ = f"Z{digits(resource.urn, 13).upper()}"
    servers = [f"ns-{number}.awsdns-0{number}.{end}" for number, end in enumerate(_ENDS, 1)]
    return {"id": id_, "zoneId": id_, "nameServers": servers}


_ENDS: Final = ("com", "net", "org", "co.uk")
"""What the names of the four name servers of a zone end with."""

_COMPUTED: Final[Mapping[str, Callable[[Resource], Values]]] = {
    "aws:acm/certificate:Certificate": _certificate,
    "aws:acm/certificateValidation:CertificateValidation": _certificate_validation,
    "aws:cloudwatch/dashboard:Dashboard": _dashboard,
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": lambda filter_: {
        "id": filter_.inputs["name"]
    },
    "aws:cloudwatch/metricAlarm:MetricAlarm": _metric_alarm,
    "aws:cloudwatch/logGroup:LogGroup": _log_group,
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _in_ec2("security-group", "sg"),
    "aws:ec2/eip:Eip": _address,
    "aws:ec2/flowLog:FlowLog": _in_ec2("vpc-flow-log", "fl"),
    "aws:ec2/internetGateway:InternetGateway": _in_ec2("internet-gateway", "igw"),
    "aws:ec2/natGateway:NatGateway": _in_ec2("natgateway", "nat"),
    "aws:ec2/route:Route": _in_ec2("route", "r"),
    "aws:ec2/routeTable:RouteTable": _in_ec2("route-table", "rtb"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _in_ec2("route-table", "rtbassoc"),
    "aws:ec2/securityGroup:SecurityGroup": _security_group,
    "aws:ec2/subnet:Subnet": _in_ec2("subnet", "subnet"),
    "aws:ec2/vpc:Vpc": _vpc,
    "aws:ec2/vpcEndpoint:VpcEndpoint": _in_ec2("vpc-endpoint", "vpce"),
    "aws:eks/accessEntry:AccessEntry": _access,
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": _access,
    "aws:eks/addon:Addon": _addon,
    "aws:eks/cluster:Cluster": _eks_cluster,
    "aws:elasticache/parameterGroup:ParameterGroup": _fixed("parametergroup"),
    "aws:elasticache/replicationGroup:ReplicationGroup": _replication_group,
    "aws:elasticache/subnetGroup:SubnetGroup": _fixed("subnetgroup"),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _openid_provider,
    "aws:iam/policy:Policy": _policy,
    "aws:iam/role:Role": _role,
    "aws:iam/rolePolicy:RolePolicy": _role_policy,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _role_policy_attachment,
    "aws:kms/key:Key": _key,
    "aws:rds/eventSubscription:EventSubscription": _event_subscription,
    "aws:rds/instance:Instance": _db_instance,
    "aws:rds/parameterGroup:ParameterGroup": _named("rds", "pg:"),
    "aws:rds/subnetGroup:SubnetGroup": _named("rds", "subgrp:"),
    "aws:route53/record:Record": _record,
    "aws:route53/zone:Zone": _hosted_zone,
    "aws:s3/bucket:Bucket": _bucket,
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": _bucket_part,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _bucket_part,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _bucket_part,
    "aws:s3/bucketPolicy:BucketPolicy": _bucket_part,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _bucket_part,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        _bucket_part
    ),
    "aws:s3/bucketVersioning:BucketVersioning": _bucket_part,
    "aws:secretsmanager/secret:Secret": _secret,
    "aws:secretsmanager/secretPolicy:SecretPolicy": _secret_policy,
    "aws:secretsmanager/secretVersion:SecretVersion": _secret_version,
    "aws:sns/topic:Topic": _topic,
    "aws:sns/topicPolicy:TopicPolicy": _topic_policy,
    "aws:sns/topicSubscription:TopicSubscription": _topic_subscription,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _security_group_rule,
}
