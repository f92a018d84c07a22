"""What AWS would compute for a resource, and answer to a look-up: invented, never real.

One function for each type and each token, in one section for each component. A function gives what
the provider adds to the inputs; the id is among it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from tooling.engineless.recording import UNKNOWN, Resource, reveal

ACCOUNT: Final = "123456789012"
REGION: Final = "ap-northeast-2"

Values = Mapping[str, Any]


class UnsupportedAwsError(Exception):
    """A type or function that has no entry here."""


def create(resource: Resource, *, preview: bool) -> tuple[str, Values]:
    """Id and state of an AWS resource; ``preview``: what AWS computes is unknown."""
    compute = AWS_STATE.get(resource.type)
    if compute is None:
        raise UnsupportedAwsError(
            f"{resource.type} '{resource.name}' has no entry in tooling/engineless/offline_aws.py"
        )
    computed = dict(compute(resource))
    id_ = computed.pop("id")
    # A write-only argument reaches AWS and comes back from nowhere.
    given = {key: value for key, value in resource.inputs.items() if not key.endswith("Wo")}
    if preview:
        return "", {**dict.fromkeys(computed, UNKNOWN), **given}
    return id_, {**computed, **given}


def invoke(token: str, arguments: Values) -> Values:
    """The result of an AWS function. Known in a preview too: the engine makes the call then."""
    answer = AWS_INVOKES.get(token)
    if answer is None:
        raise UnsupportedAwsError(
            f"function {token} has no entry in tooling/engineless/offline_aws.py"
        )
    return answer(arguments)


def digits(seed: str, length: int) -> str:
    """Hexadecimal digits that follow from ``seed``."""
    return hashlib.sha256(seed.encode()).hexdigest()[:length]


def invented_id(resource: Resource, prefix: str) -> str:
    """An id such as ``sg-0123456789abcdef0``."""
    return f"{prefix}-{digits(resource.urn, 17)}"


def invented_name(resource: Resource, separator: str = "-") -> str:
    """A name as the provider's autonaming makes it."""
    return f"{resource.name}{separator}{digits(resource.urn, 7)}"


def arn(service: str, resource: str, *, region: str = REGION, account: str = ACCOUNT) -> str:
    """An ARN in the invented account."""
    return f"arn:aws:{service}:{region}:{account}:{resource}"


# EKS discovery


def _cluster(arguments: Values) -> Values:
    name = arguments["name"]
    issuer = f"oidc.eks.{REGION}.amazonaws.com/id/{digits(name, 32).upper()}"
    return {
        "arn": arn("eks", f"cluster/{name}"),
        "certificateAuthorities": [{"data": "Y2VydGlmaWNhdGU="}],
        "endpoint": f"https://{digits(name, 32).upper()}.gr7.{REGION}.eks.amazonaws.com",
        "id": name,
        "identities": [{"oidcs": [{"issuer": f"https://{issuer}"}]}],
        "name": name,
        "status": "ACTIVE",
        "vpcConfig": {
            "clusterSecurityGroupId": "sg-0c1c1c1c1c1c1c1c1",
            "subnetIds": ["subnet-0a0a0a0a0a0a0a0a0", "subnet-0b0b0b0b0b0b0b0b0"],
            "vpcId": "vpc-0d0d0d0d0d0d0d0d0",
        },
    }


def _oidc_provider(arguments: Values) -> Values:
    host = arguments["url"].removeprefix("https://")
    return {
        "arn": arn("iam", f"oidc-provider/{host}", region=""),
        "id": arn("iam", f"oidc-provider/{host}", region=""),
        "url": host,
    }


def _subnets(arguments: Values) -> Values:
    return {
        "id": REGION,
        "ids": ["subnet-0a1a1a1a1a1a1a1a1", "subnet-0b2b2b2b2b2b2b2b2"],
        "tags": arguments.get("tags", {}),
    }


def _vpc(arguments: Values) -> Values:
    return {
        "id": arguments["id"],
        "cidrBlock": "10.20.0.0/16",
        "cidrBlockAssociations": [
            {
                "associationId": "vpc-cidr-assoc-1",
                "cidrBlock": "10.20.0.0/16",
                "state": "associated",
            }
        ],
    }


def _subnet(arguments: Values) -> Values:
    third = int(digits(str(arguments["id"]), 2), 16)
    return {"id": arguments["id"], "cidrBlock": f"10.20.{third}.0/24"}


_EKS_INVOKES: Final[Mapping[str, Callable[[Values], Values]]] = {
    "aws:ec2/getSubnets:getSubnets": _subnets,
    "aws:ec2/getSubnet:getSubnet": _subnet,
    "aws:ec2/getVpc:getVpc": _vpc,
    "aws:eks/getCluster:getCluster": _cluster,
    "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": _oidc_provider,
}


# Roles and security groups, which several components have


def _role(resource: Resource) -> Values:
    name = invented_name(resource)
    return {"id": name, "name": name, "arn": arn("iam", f"role/{name}", region="")}


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


_COMMON_STATE: Final[Mapping[str, Callable[[Resource], Values]]] = {
    "aws:ec2/securityGroup:SecurityGroup": _security_group,
    "aws:eks/accessEntry:AccessEntry": _access,
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": _access,
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _openid_provider,
    "aws:iam/policy:Policy": _policy,
    "aws:iam/role:Role": _role,
    "aws:iam/rolePolicy:RolePolicy": _role_policy,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _role_policy_attachment,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _security_group_rule,
}


# PostgresRds


def _subnet_group(resource: Resource) -> Values:
    name = invented_name(resource)
    return {"id": name, "name": name, "arn": arn("rds", f"subgrp:{name}")}


def _parameter_group(resource: Resource) -> Values:
    name = invented_name(resource)
    return {"id": name, "name": name, "arn": arn("rds", f"pg:{name}")}


def _db_instance(resource: Resource) -> Values:
    identifier = invented_name(resource, separator="")
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


def _event_subscription(resource: Resource) -> Values:
    name = invented_name(resource)
    return {"id": name, "name": name, "arn": arn("rds", f"es:{name}"), "customerAwsId": ACCOUNT}


_RDS_STATE: Final[Mapping[str, Callable[[Resource], Values]]] = {
    "aws:rds/eventSubscription:EventSubscription": _event_subscription,
    "aws:rds/instance:Instance": _db_instance,
    "aws:rds/parameterGroup:ParameterGroup": _parameter_group,
    "aws:rds/subnetGroup:SubnetGroup": _subnet_group,
}


# ObjectStorage


def _bucket(resource: Resource) -> Values:
    name = invented_name(resource)
    return {
        "id": name,
        "bucket": name,
        "arn": arn("s3", name, region="", account=""),
        "bucketRegionalDomainName": f"{name}.s3.{REGION}.amazonaws.com",
    }


def _bucket_part(resource: Resource) -> Values:
    """A configuration of a bucket, which has the bucket's name for its id."""
    return {"id": resource.inputs["bucket"]}


def _existing_bucket(arguments: Values) -> Values:
    name = arguments["bucket"]
    return {
        "arn": arn("s3", name, region="", account=""),
        "bucket": name,
        "bucketRegion": REGION,
        "id": name,
    }


_STORAGE_INVOKES: Final[Mapping[str, Callable[[Values], Values]]] = {
    "aws:s3/getBucket:getBucket": _existing_bucket,
}

_STORAGE_STATE: Final[Mapping[str, Callable[[Resource], Values]]] = {
    "aws:s3/bucket:Bucket": _bucket,
    **dict.fromkeys(
        (
            "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
            "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
            "aws:s3/bucketPolicy:BucketPolicy",
            "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
            "aws:s3/bucketServerSideEncryptionConfiguration:"
            "BucketServerSideEncryptionConfiguration",
            "aws:s3/bucketVersioning:BucketVersioning",
        ),
        _bucket_part,
    ),
}


# Secrets Manager


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


_SECRETS_STATE: Final[Mapping[str, Callable[[Resource], Values]]] = {
    "aws:secretsmanager/secret:Secret": _secret,
    "aws:secretsmanager/secretPolicy:SecretPolicy": _secret_policy,
    "aws:secretsmanager/secretVersion:SecretVersion": _secret_version,
}


# PublicEndpoint


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


def _zone(arguments: Values) -> Values:
    zone_id = f"Z{digits(arguments['name'], 13).upper()}"
    return {
        "id": zone_id,
        "arn": arn("route53", f"hostedzone/{zone_id}", region="", account=""),
        "name": arguments["name"],
        "privateZone": arguments.get("privateZone", False),
        "zoneId": zone_id,
    }


def _load_balancer_zone(_arguments: Values) -> Values:
    return {"id": "ZWKZPGTI48KDX", "loadBalancerType": "application", "region": REGION}


_ENDPOINT_STATE: Final[Mapping[str, Callable[[Resource], Values]]] = {
    "aws:acm/certificate:Certificate": _certificate,
    "aws:acm/certificateValidation:CertificateValidation": _certificate_validation,
    "aws:route53/record:Record": _record,
}


def _load_balancer(arguments: Values) -> Values:
    name = arguments["name"]
    suffix = f"app/{name}/{digits(name, 16)}"
    return {
        "id": arn("elasticloadbalancing", f"loadbalancer/{suffix}"),
        "arn": arn("elasticloadbalancing", f"loadbalancer/{suffix}"),
        "arnSuffix": suffix,
        "loadBalancerType": "application",
        "name": name,
    }


_ENDPOINT_INVOKES: Final[Mapping[str, Callable[[Values], Values]]] = {
    "aws:lb/getHostedZoneId:getHostedZoneId": _load_balancer_zone,
    "aws:lb/getLoadBalancer:getLoadBalancer": _load_balancer,
    "aws:route53/getZone:getZone": _zone,
}


def ingress_status(resource: Resource) -> Values:
    """What the AWS Load Balancer Controller writes into the status of an Ingress."""
    metadata = resource.inputs["metadata"]
    load_balancer = f"k8s-{metadata['namespace'][:8]}-{digits(resource.urn, 10)}"
    host = f"{load_balancer}-1234567890.{REGION}.elb.amazonaws.com"
    return {"loadBalancer": {"ingress": [{"hostname": host}]}}


# CloudAlarms


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


_ALARM_STATE: Final[Mapping[str, Callable[[Resource], Values]]] = {
    "aws:cloudwatch/dashboard:Dashboard": _dashboard,
    "aws:cloudwatch/metricAlarm:MetricAlarm": _metric_alarm,
    "aws:kms/key:Key": _key,
    "aws:sns/topic:Topic": _topic,
    "aws:sns/topicPolicy:TopicPolicy": _topic_policy,
    "aws:sns/topicSubscription:TopicSubscription": _topic_subscription,
}


AWS_STATE: Final[Mapping[str, Callable[[Resource], Values]]] = {
    **_COMMON_STATE,
    **_RDS_STATE,
    **_STORAGE_STATE,
    **_SECRETS_STATE,
    **_ENDPOINT_STATE,
    **_ALARM_STATE,
}
"""What AWS computes, by the resource's type."""

AWS_INVOKES: Final[Mapping[str, Callable[[Values], Values]]] = {
    **_EKS_INVOKES,
    **_STORAGE_INVOKES,
    **_ENDPOINT_INVOKES,
}
"""What AWS answers, by the function's token."""
