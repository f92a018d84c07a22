"""Rules of the public name: certificate, load balancer and DNS record."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Final

from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import (
    Problem,
    full_key,
    to_decide,
    to_give,
    to_remove,
)
from stacks.settings.rules.aws import in_two_zones, of_stack
from stacks.settings.rules.lists import distinct
from stacks.settings.sections.aws import Aws
from stacks.settings.sections.cluster import Cluster
from stacks.settings.sections.endpoint import Endpoint
from stacks.settings.sections.langfuse import Langfuse

EXAMPLE_NETWORK: Final = "NETWORK"
"""In place of a network that only the reader knows."""

_LONGEST_CERTIFIED: Final = 64
"""https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html"""


def needs_eks(endpoint: Endpoint, cluster: Cluster) -> Iterator[Problem]:
    if cluster.eks_name is None:
        rule = (
            "needs an EKS cluster (cluster.eksName): the AWS Load Balancer Controller makes the "
            "load balancer"
        )
        yield Problem(full_key("endpoint"), "(an object)", rule, "")


def has_certificate(endpoint: Endpoint) -> Iterator[Problem]:
    if endpoint.hosted_zone is None and endpoint.certificate_arn is None:
        rule = (
            "is required, to validate a certificate in; with DNS elsewhere give "
            "'certificateArn' in its place"
        )
        yield to_give("endpoint.hostedZone", rule)


def host_in_zone(endpoint: Endpoint) -> Iterator[Problem]:
    zone = endpoint.hosted_zone
    if zone is not None and not f".{endpoint.host}".endswith(f".{zone}"):
        rule = f"must be endpoint.hostedZone, {zone}, or below it: the record is made there"
        yield to_decide("endpoint.host", endpoint.host, rule)


def host_fits_certificate(endpoint: Endpoint) -> Iterator[Problem]:
    if endpoint.certificate_arn is None and len(endpoint.host) > _LONGEST_CERTIFIED:
        rule = (
            f"has {len(endpoint.host)} characters, and ACM takes {_LONGEST_CERTIFIED} for a "
            "certificate's name; a longer one needs 'certificateArn'"
        )
        yield to_decide("endpoint.host", endpoint.host, rule)


def networks_named(endpoint: Endpoint) -> Iterator[Problem]:
    if endpoint.scheme == "internet-facing" and not endpoint.inbound_cidrs:
        rule = (
            "is required for an internet-facing load balancer: name the networks that may connect "
            "(the whole world is 0.0.0.0/0, which has to be acknowledged)"
        )
        path = full_key("endpoint.inboundCidrs")
        fix = to_give("endpoint.inboundCidrs[0]", rule, EXAMPLE_NETWORK).fix
        yield Problem(path, "[]", rule, fix)


def networks_of_ipv4(endpoint: Endpoint) -> Iterator[Problem]:
    for index, network in reversed(list(enumerate(endpoint.inbound_cidrs))):
        if ipaddress.ip_network(network).version != 4:
            rule = "must be a network of IPv4: the load balancer has no other addresses"
            yield to_decide(f"endpoint.inboundCidrs[{index}]", network, rule)


def networks_once(endpoint: Endpoint) -> Iterator[Problem]:
    yield from distinct("endpoint.inboundCidrs", endpoint.inbound_cidrs)


def days_of_created_bucket(endpoint: Endpoint) -> Iterator[Problem]:
    logs = endpoint.access_logs
    if logs is not None and logs.bucket is not None and "days" in logs.model_fields_set:
        rule = "is for a bucket that the program creates; an existing one keeps its own rules"
        yield to_decide("endpoint.accessLogs.days", logs.days, rule)


def one_public_url(endpoint: Endpoint, langfuse: Langfuse) -> Iterator[Problem]:
    if "public_url" in langfuse.model_fields_set:
        url = f"https://{endpoint.host}"
        rule = f"is for a stack without endpoint; here it is {url}"
        told = to_remove if langfuse.public_url == url else to_decide
        yield told("langfuse.publicUrl", langfuse.public_url, rule)


def endpoint_arns(endpoint: Endpoint, aws: Aws) -> Iterator[Problem]:
    yield from of_stack("endpoint.certificateArn", endpoint.certificate_arn, aws)
    yield from of_stack("endpoint.webAclArn", endpoint.web_acl_arn, aws)


def endpoint_subnets(endpoint: Endpoint) -> Iterator[Problem]:
    purpose = "without any, the load balancer's are found by their role tags"
    yield from in_two_zones("endpoint.subnetIds", endpoint.subnet_ids, purpose)


CHECKS: Final[tuple[Check, ...]] = (
    endpoint_arns,
    endpoint_subnets,
    needs_eks,
    has_certificate,
    host_in_zone,
    host_fits_certificate,
    networks_named,
    networks_of_ipv4,
    networks_once,
    days_of_created_bucket,
    one_public_url,
)
