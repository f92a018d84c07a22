"""Invented results of AWS look-ups: one function for each token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from tooling.engineless.aws.names import REGION, arn, digits
from tooling.engineless.recording import UnsupportedResourceError

Values = Mapping[str, Any]

_GET_CLUSTER: Final = "aws:eks/getCluster:getCluster"


def invoke(token: str, arguments: Values, *, auto_mode: bool = False) -> Values:
    """The result of an AWS function. Known in a preview too: the engine makes the call then.

    ``auto_mode``: whether EKS clusters are in Auto Mode.
    """
    answer = _ANSWERS.get(token)
    if answer is None:
        raise UnsupportedResourceError(
            f"function {token} has no entry in tooling/engineless/aws/lookups.py"
        )
    found = answer(arguments)
    if auto_mode and token == _GET_CLUSTER:
        return {**found, "computeConfigs": [{"enabled": True, "nodePools": ["general-purpose"]}]}
    return found


def _cluster(arguments: Values) -> Values:
    name = arguments["name"]
    issuer = f"oidc.eks.{REGION}.amazonaws.com/id/{digits(name, 32).upper()}"
    return {
        "arn": arn("eks", f"cluster/{name}"),
        "certificateAuthorities": [{"data": "Y2VydGlmaWNhdGU="}],
        "computeConfigs": [{"enabled": False, "nodePools": []}],
        "endpoint": f"https://{digits(name, 32).upper()}.gr7.{REGION}.eks.amazonaws.com",
        "id": name,
        "identities": [{"oidcs": [{"issuer": f"https://{issuer}"}]}],
        "kubernetesNetworkConfigs": [{"ipFamily": "ipv4", "serviceIpv4Cidr": "172.20.0.0/16"}],
        "name": name,
        "status": "ACTIVE",
        "version": "1.36",
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


def _existing_bucket(arguments: Values) -> Values:
    name = arguments["bucket"]
    return {
        "arn": arn("s3", name, region="", account=""),
        "bucket": name,
        "bucketRegion": REGION,
        "id": name,
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


def _zones(arguments: Values) -> Values:
    region = arguments.get("region", REGION)
    zones = [f"{region}{letter}" for letter in "abcd"]
    return {
        "id": region,
        "names": zones,
        "zoneIds": [f"{digits(region, 4)}-az{number}" for number in range(1, len(zones) + 1)],
        "groupNames": [region],
        "region": region,
        "state": "available",
    }


def _no_clusters(arguments: Values) -> Values:
    """A cluster that the program makes is not there yet."""
    return {"id": arguments.get("region", REGION), "names": []}


_ANSWERS: Final[Mapping[str, Callable[[Values], Values]]] = {
    "aws:ec2/getSubnet:getSubnet": _subnet,
    "aws:ec2/getSubnets:getSubnets": _subnets,
    "aws:ec2/getVpc:getVpc": _vpc,
    _GET_CLUSTER: _cluster,
    "aws:eks/getClusters:getClusters": _no_clusters,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": _oidc_provider,
    "aws:lb/getHostedZoneId:getHostedZoneId": _load_balancer_zone,
    "aws:lb/getLoadBalancer:getLoadBalancer": _load_balancer,
    "aws:route53/getZone:getZone": _zone,
    "aws:s3/getBucket:getBucket": _existing_bucket,
}
