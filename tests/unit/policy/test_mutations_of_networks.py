"""Mutations of networks and of what is on its way: each is named by a rule, or gets through.

What the provider, the load balancer's controller and AWS make of a value is taken from their
documentation, and not proven here.
"""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from policy.rules.model import Seen
from tests.support.policy_stacks import (
    ALB,
    CACHE,
    INGRESS,
    INSTANCE,
    STORAGE,
    Mutate,
    Mutation,
    accepting,
    added,
    caught,
    change,
    changed,
    put,
    stack,
    take,
    under,
)

_OPEN, _DATABASE, _TLS = "no-open-network", "no-public-database", "tls-floor"
_BOTH: Final = f"{_OPEN} {_DATABASE}"
_FROM_CLUSTER: Final = "langfuse-postgres-from-cluster"
_PARAMETERS: Final = "langfuse-postgres-parameters"
_RULE: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_OLD_RULE: Final = "aws:ec2/securityGroupRule:SecurityGroupRule"
_GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
_VALKEY: Final = "langfuse-valkey-group"
_TAGS: Final = {"tags": {"a": "b"}}

_WORLD: Final = (
    *("0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "64.0.0.0/2", "0.0.0.0/5", "203.0.0.0/8"),
    "203.0.113.7/0",
)


def _annotation(key: str, value: str | None) -> Mutate:
    def mutate(inputs: dict[str, Any]) -> None:
        annotations = inputs["metadata"]["annotations"]
        annotations.pop(f"{ALB}{key}", None)
        if value is not None:
            annotations[f"{ALB}{key}"] = value

    return mutate


_TOPIC: Final = "langfuse-alarms-topic-policy"


def _denial(condition: object) -> Mutate:
    """Changes when a policy denies what comes without TLS; None takes the denial away."""

    def mutate(inputs: dict[str, Any]) -> None:
        document = json.loads(inputs["policy"])
        (denial,) = (s for s in document["Statement"] if s["Sid"] == "TlsOnly")
        if condition is None:
            document["Statement"].remove(denial)
        denial["Condition"] = condition
        inputs["policy"] = json.dumps(document)

    return mutate


def _rule(first: int = 443, last: int = 443, **more: object) -> dict[str, object]:
    return {"securityGroupId": "sg-1", "fromPort": first, "toPort": last, **_TAGS, **more}


def _two_rules(*networks: str, group: str = "sg-1") -> list[Seen]:
    """A stack with a rule for each network, in one group or in several."""
    rules = [
        Seen(
            type=_RULE,
            name=f"part-{index}",
            urn=f"urn:{index}",
            inputs=_rule(cidrIpv4=network, securityGroupId=group.format(index)),
        )
        for index, network in enumerate(networks)
    ]
    return [*stack("version 2 prod"), *rules]


_PARTS: Final = tuple(f"{first}.0.0.0/9" for first in range(11, 15))
"""Half of a /8 each, of four /8: 2^25 public addresses."""

CAUGHT: Final[tuple[Mutation, ...]] = (
    # -- Security groups
    *(
        change(_BOTH, f"the database open to {network}", _FROM_CLUSTER, put("cidrIpv4", network))
        for network in _WORLD
    ),
    *(
        change(
            _BOTH,
            f"the database open to {network} of IPv6",
            _FROM_CLUSTER,
            put("cidrIpv6", network),
        )
        for network in ("::/0", "::/1", "2000::/3", "2600::/12", "2001::/16")
    ),
    *(
        added(_OPEN, f"port 443 open to {network}", _RULE, _rule(cidrIpv4=network))
        for network in _WORLD
    ),
    *(
        added(
            _BOTH,
            f"ports {first} to {last} open to the world",
            _RULE,
            _rule(first, last, cidrIpv4="0.0.0.0/0"),
        )
        for first, last in ((5432, 5432), (0, 65535), (-1, -1), (22, 22), (6379, 6379), (80, 443))
    ),
    added(
        _BOTH,
        "every port open to the world",
        _RULE,
        {"ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0", **_TAGS},
    ),
    added(
        _OPEN,
        "an old rule open to the world",
        _OLD_RULE,
        _rule(type="ingress", cidrBlocks=["10.0.0.0/8", "0.0.0.0/0"]),
    ),
    added(
        _OPEN,
        "an old rule open to two halves",
        _OLD_RULE,
        _rule(type="ingress", cidrBlocks=["0.0.0.0/1", "128.0.0.0/1"]),
    ),
    added(
        _OPEN, "an old rule open to IPv6", _OLD_RULE, _rule(type="ingress", ipv6CidrBlocks=["::/0"])
    ),
    added(
        _OPEN,
        "an old rule with a prefix list",
        _OLD_RULE,
        _rule(type="ingress", prefixListIds=["pl-1"]),
    ),
    *(
        added(_OPEN, f"{kind} with {rule} in it", kind, {"ingress": [_rule() | rule], **_TAGS})
        for kind in (_GROUP, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
        for rule in (
            {"cidrBlocks": ["0.0.0.0/0"]},
            {"ipv6CidrBlocks": ["::/0"]},
            {"prefixListIds": ["pl-1"]},
        )
        if kind == _GROUP or rule == {"cidrBlocks": ["0.0.0.0/0"]}
    ),
    added(
        _OPEN,
        "a group with two halves in two rules",
        _GROUP,
        {
            "ingress": [
                {"cidrBlocks": [network], "fromPort": 443, "toPort": 443} for network in _PARTS
            ],
            **_TAGS,
        },
    ),
    change(_OPEN, "a prefix list", _FROM_CLUSTER, put("prefixListId", "pl-0123456789")),
    *(
        added(
            _OPEN,
            f"a prefix list of {networks}",
            "aws:ec2/managedPrefixList:ManagedPrefixList",
            {"entries": [{"cidr": network} for network in networks], **_TAGS},
        )
        for networks in (("0.0.0.0/0",), ("0.0.0.0/1", "128.0.0.0/1"), ("::/0",), _PARTS)
    ),
    added(
        _OPEN,
        "an entry of a prefix list",
        "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry",
        {"cidr": "0.0.0.0/0"},
    ),
    Mutation(
        "prefix lists that are together a part of it",
        _OPEN,
        lambda: [
            *stack("version 2 prod"),
            *(
                Seen(
                    type="aws:ec2/managedPrefixList:ManagedPrefixList",
                    name=network,
                    urn=network,
                    inputs={"entries": [{"cidr": network}]},
                )
                for network in _PARTS
            ),
        ],
    ),
    change(
        f"{_OPEN} no-exposed-service",
        "a Service of type LoadBalancer for the world",
        "langfuse-service",
        put("spec/type", "LoadBalancer"),
        put("spec/loadBalancerSourceRanges", ["0.0.0.0/0"]),
    ),
    Mutation("two rules that are the world", _OPEN, lambda: _two_rules("0.0.0.0/1", "128.0.0.0/1")),
    Mutation("four rules that are a part of it", _OPEN, lambda: _two_rules(*_PARTS)),
    # -- Databases and clusters
    *(
        change(
            _DATABASE, f"publiclyAccessible {value!r}", INSTANCE, put("publiclyAccessible", value)
        )
        for value in (True, "true")
    ),
    *(
        added(_DATABASE, f"{kind} on the internet", kind, {"publiclyAccessible": True})
        for kind in (
            "aws:rds/clusterInstance:ClusterInstance",
            "aws:dms/replicationInstance:ReplicationInstance",
            "aws:mq/broker:Broker",
        )
    ),
    *(
        added(
            _OPEN,
            f"a cluster with {reach}",
            "aws:eks/cluster:Cluster",
            {"vpcConfig": {"endpointPrivateAccess": True, **reach}, **_TAGS},
        )
        for reach in (
            {},
            {"endpointPublicAccess": True},
            {"endpointPublicAccess": True, "publicAccessCidrs": ["0.0.0.0/0"]},
            {"publicAccessCidrs": ["0.0.0.0/1", "128.0.0.0/1"]},
        )
    ),
    # -- Clusters, machines and networks that are made
    added(
        "cluster-entrance",
        "a cluster whose creator stays its administrator",
        "aws:eks/cluster:Cluster",
        {
            "accessConfig": {"authenticationMode": "API"},
            "vpcConfig": {"endpointPrivateAccess": True, "endpointPublicAccess": False},
            **_TAGS,
        },
    ),
    added(
        "instance-metadata-v2",
        "a machine that answers version 1 of the metadata service",
        "aws:ec2/launchTemplate:LaunchTemplate",
        {"metadataOptions": {"httpTokens": "optional"}},
    ),
    added("network-is-logged", "a VPC without flow logs", "aws:ec2/vpc:Vpc", _TAGS),
    added(
        "roles-are-bounded",
        "one role with a boundary",
        "aws:iam/role:Role",
        {"permissionsBoundary": "arn:aws:iam::123456789012:policy/limit", **_TAGS},
    ),
    # -- The Ingress' networks
    *(
        change(_OPEN, f"{key} {value}", INGRESS, _annotation(key, value))
        for key, value in (
            *(("inbound-cidrs", network) for network in _WORLD),
            *(("inbound-cidrs", "0.0.0.0/1,128.0.0.0/1"), ("inbound-cidrs", " 0.0.0.0/0 ")),
            *(("inbound-cidrs", "203.0.113.0/24, 0.0.0.0/0"), ("inbound-cidrs", "::/0")),
            *(("inbound-cidrs", ",".join(_PARTS)), ("inbound-cidrs", None)),
            *(("security-groups", "sg-1"), ("security-groups", "my-group")),
            ("security-group-prefix-lists", "pl-1"),
        )
    ),
    change(
        _OPEN,
        "a scheme that is left out, with no networks",
        INGRESS,
        _annotation("scheme", None),
        _annotation("inbound-cidrs", None),
    ),
    added(
        _OPEN,
        "a patch of the Ingress",
        "kubernetes:networking.k8s.io/v1:IngressPatch",
        {"metadata": {"annotations": {f"{ALB}inbound-cidrs": "0.0.0.0/0"}}},
    ),
    added(
        _OPEN,
        "parameters of a class of Ingress",
        "kubernetes:elbv2.k8s.aws/v1beta1:IngressClassParams",
        {"spec": {"inboundCIDRs": ["0.0.0.0/0"]}},
    ),
    added(
        _OPEN,
        "parameters of a class of Ingress on Auto Mode",
        "kubernetes:eks.amazonaws.com/v1:IngressClassParams",
        {"spec": {"prefixListsIDs": ["pl-1"]}},
    ),
    # -- TLS at the load balancer
    *(
        change(_TLS, f"ssl-policy {policy}", INGRESS, _annotation("ssl-policy", policy))
        for policy in (
            *("ELBSecurityPolicy-2016-08", "ELBSecurityPolicy-TLS-1-0-2015-04"),
            *("ELBSecurityPolicy-TLS-1-1-2017-01", "ELBSecurityPolicy-TLS-1-2-2017-01"),
            *("ELBSecurityPolicy-TLS13-1-0-2021-06", "ELBSecurityPolicy-TLS13-1-1-2021-06"),
            *("ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06", "elbsecuritypolicy-tls13-1-2-2021-06"),
            *("ELBSecurityPolicy-TLS13-1-2-2021-06,ELBSecurityPolicy-2016-08", "", None),
        )
    ),
    *(
        change(_TLS, f"listen-ports {ports}", INGRESS, _annotation("listen-ports", ports))
        for ports in (
            *('[{"HTTP": 80}]', '[{"HTTP": 443}]', "[]", "HTTPS", '[{"HTTPS!": 443}]', None),
            '[{"HTTPS": 8443}, {"HTTP": 80}]',
        )
    ),
    *(
        change(_TLS, f"ssl-redirect {port}", INGRESS, _annotation("ssl-redirect", port))
        for port in (None, "", "80", "8443")
    ),
    added(
        _TLS,
        "parameters with an old policy",
        "kubernetes:elbv2.k8s.aws/v1beta1:IngressClassParams",
        {"spec": {"sslPolicy": "ELBSecurityPolicy-2016-08"}},
    ),
    *(
        added(_TLS, f"a listener {values}", "aws:lb/listener:Listener", values)
        for values in (
            {"protocol": "HTTP", "defaultActions": [{"type": "forward"}]},
            {"protocol": "HTTP"},
            {"protocol": "TCP", "defaultActions": [{"type": "forward"}]},
            {"protocol": "HTTPS", "sslPolicy": "ELBSecurityPolicy-2016-08"},
            {"protocol": "HTTPS"},
            {"protocol": "HTTP", "defaultActions": [{"redirect": {"protocol": "HTTP"}}]},
        )
    ),
    # -- TLS at the database, the cache and the rest of AWS
    change(_TLS, "force_ssl 0", _PARAMETERS, put("parameters/0/value", "0")),
    change(_TLS, "no force_ssl", _PARAMETERS, put("parameters", [])),
    change(_TLS, "no parameters", _PARAMETERS, take("parameters")),
    *(
        change(
            _TLS,
            f"force_ssl twice, {' and '.join(values)}",
            _PARAMETERS,
            put("parameters", [{"name": "rds.force_ssl", "value": value} for value in values]),
        )
        for values in (("1", "0"), ("0", "1"))
    ),
    *(
        change(
            _TLS,
            f"ssl_min_protocol_version {version}",
            _PARAMETERS,
            put(
                "parameters",
                [
                    {"name": "rds.force_ssl", "value": "1"},
                    {"name": "ssl_min_protocol_version", "value": version},
                ],
            ),
        )
        for version in ("TLSv1", "TLSv1.1", "")
    ),
    change(
        _TLS,
        "MySQL without TLS",
        _PARAMETERS,
        put("family", "mysql8.0"),
        put("parameters", [{"name": "require_secure_transport", "value": "0"}]),
    ),
    change(_TLS, "no group of parameters", INSTANCE, take("parameterGroupName")),
    change(
        _TLS, "the default parameters", INSTANCE, put("parameterGroupName", "default.postgres16")
    ),
    *(
        change(_TLS, f"a cache with {key} {value!r}", _VALKEY, put(key, value), variant=CACHE)
        for key, value in (
            *(("transitEncryptionEnabled", value) for value in (False, "false", None)),
            *(("transitEncryptionMode", value) for value in ("preferred", "")),
        )
    ),
    added(_TLS, "a cache of MemoryDB", "aws:memorydb/cluster:Cluster", {"tlsEnabled": False}),
    *(
        added(
            _TLS,
            f"DocumentDB with tls {value}",
            "aws:docdb/clusterParameterGroup:ClusterParameterGroup",
            {"family": "docdb5.0", "parameters": [{"name": "tls", "value": value}]},
        )
        for value in ("disabled", "tls1.1+")
    ),
    change(
        _TLS, "a cache that says nothing", _VALKEY, take("transitEncryptionEnabled"), variant=CACHE
    ),
    *(
        change(_TLS, f"{name} with clear text", name, _denial(None), variant=STORAGE)
        for name in ("langfuse-storage-policy", "langfuse-endpoint-access-logs-policy", _TOPIC)
    ),
    *(
        change(_TLS, f"a denial of clear text if {condition}", _TOPIC, _denial(condition))
        for condition in (
            {"Bool": {"aws:SecureTransport": "true"}},
            {"Bool": {"aws:SecureTransport": "false", "aws:ViaAWSService": "false"}},
            {"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"aws:username": "x"}},
            {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
        )
    ),
)

THROUGH: Final[tuple[Mutation, ...]] = (
    added(
        "TLS is on unless it is switched off",
        "a cache of MemoryDB that says nothing",
        "aws:memorydb/cluster:Cluster",
        {"aclName": "a"},
    ),
    added(
        "the same",
        "DocumentDB with TLS 1.2",
        "aws:docdb/clusterParameterGroup:ClusterParameterGroup",
        {"parameters": [{"name": "tls", "value": "tls1.2+"}, {"name": "audit_logs", "value": "x"}]},
    ),
    added(
        "a network ACL is open to begin with; security groups decide",
        "a network ACL for the world",
        "aws:ec2/networkAclRule:NetworkAclRule",
        {"protocol": "-1", "ruleAction": "allow", "cidrBlock": "0.0.0.0/0"},
    ),
    *(
        change(
            "how requests are handled, not whom they come from or how they are encrypted",
            f"attributes {attributes}",
            INGRESS,
            under("metadata/annotations", f"{ALB}load-balancer-attributes", attributes),
        )
        for attributes in (
            "routing.http.drop_invalid_header_fields.enabled=false",
            "routing.http.desync_mitigation_mode=monitor",
        )
    ),
    change(
        "addresses of the VPC, not of the world",
        "the database open to private networks",
        _FROM_CLUSTER,
        put("cidrIpv4", "10.0.0.0/8"),
    ),
    change(
        "a /9 can be a company's, and less than this is judged by people",
        "the database open to a /9",
        _FROM_CLUSTER,
        put("cidrIpv4", "11.0.0.0/9"),
    ),
    change(
        "whose a network is, is not known",
        "the load balancer open to another network",
        INGRESS,
        _annotation("inbound-cidrs", "198.51.100.0/24"),
    ),
    change(
        "within the VPC the network is the VPC's",
        "an internal load balancer without networks",
        INGRESS,
        _annotation("scheme", "internal"),
        _annotation("inbound-cidrs", None),
    ),
    Mutation(
        "a list that the stack makes is judged by its entries",
        "a rule with the stack's own prefix list",
        lambda: [
            *changed("version 2 prod", _FROM_CLUSTER, put("prefixListId", "pl-1")),
            Seen(
                type="aws:ec2/managedPrefixList:ManagedPrefixList",
                name="own",
                urn="urn:own",
                inputs={"entries": [{"cidr": "203.0.113.0/24"}], **_TAGS},
            ),
        ],
    ),
    Mutation(
        "groups are not added up: who is in one of them is not in the other",
        "parts of the world in several groups",
        lambda: _two_rules(*_PARTS[:1], "20.0.0.0/9", group="sg-{}"),
    ),
    added(
        "what leaves is limited by NetworkPolicies; a group lets everything out by default",
        "a rule for what leaves",
        _OLD_RULE,
        _rule(type="egress", cidrBlocks=["0.0.0.0/0"]),
    ),
    added(
        "an ACL of the network only takes away from what groups admit",
        "an open ACL of the network",
        "aws:ec2/networkAclRule:NetworkAclRule",
        {"cidrBlock": "0.0.0.0/0", "egress": False},
    ),
    added(
        "it sends browsers to HTTPS",
        "a listener that redirects",
        "aws:lb/listener:Listener",
        {"protocol": "HTTP", "defaultActions": [{"redirect": {"protocol": "HTTPS"}}]},
    ),
    added(
        "a cluster that is reached from named networks",
        "a cluster with named networks",
        "aws:eks/cluster:Cluster",
        {
            "vpcConfig": {"endpointPrivateAccess": True, "publicAccessCidrs": ["203.0.113.0/24"]},
            **_TAGS,
        },
    ),
    change(
        "External Secrets and the Secret hold the URL: the pack is not shown whose it is",
        "a URL of the database without TLS",
        "langfuse-database-entry-version",
        put("secretStringWo", json.dumps({"DATABASE_URL": "postgresql://x?sslmode=disable"})),
    ),
)


@pytest.mark.parametrize("mutation", CAUGHT, ids=[m.what for m in CAUGHT])
def test_a_wider_network_is_named_by_its_rule(mutation: Mutation) -> None:
    assert caught(mutation.seen()) == {*mutation.rules.split()}


@pytest.mark.parametrize("mutation", THROUGH, ids=[m.what for m in THROUGH])
def test_what_gets_through_does_so_for_a_reason(mutation: Mutation) -> None:
    assert mutation.rules
    assert caught(mutation.seen()) == set()


def test_no_mutation_is_listed_twice() -> None:
    names = [m.what for m in (*CAUGHT, *THROUGH)]

    assert len({*names}) == len(names)


def test_what_a_stack_acknowledges_is_open_at_the_load_balancer_alone() -> None:
    endpoint = changed("version 2 prod", INGRESS, _annotation("inbound-cidrs", "0.0.0.0/0"))
    database = changed("version 2 prod", _FROM_CLUSTER, put("cidrIpv4", "0.0.0.0/1"))

    assert caught(accepting(endpoint, "openToTheWorld")) == set()
    assert caught(accepting(database, "openToTheWorld")) == {_DATABASE}
