"""Settings of the public name that are refused, each with the exact problems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from stacks.settings import Problem
from tests.support.configurations import (
    ABSENT,
    bad,
    endpoint,
    problem,
    problems,
)

CERTIFICATE = (
    "arn:aws:acm:ap-northeast-2:123456789012:certificate/1234abcd-12ab-34cd-56ef-1234567890ab"
)


BAD = [
    bad(
        "an endpoint without an EKS cluster",
        {"endpoint": {"host": "langfuse.example.com", "hostedZone": "example.com"}},
        problem(
            "endpoint",
            "(an object)",
            "needs an EKS cluster (cluster.eksName): the AWS Load Balancer "
            "Controller makes the load balancer",
            "",
        ),
    ),
    bad(
        "neither zone nor certificate",
        endpoint(hostedZone=ABSENT),
        problem(
            "endpoint.hostedZone",
            "(nothing)",
            "is required, to validate a certificate in; with DNS elsewhere give "
            "'certificateArn' in its place",
            "pulumi config set --path @endpoint.hostedZone HOSTED_ZONE",
        ),
    ),
    bad(
        "neither zone nor certificate for a name that is a zone itself",
        endpoint(host="example.com", hostedZone=ABSENT),
        problem(
            "endpoint.hostedZone",
            "(nothing)",
            "is required, to validate a certificate in; with DNS elsewhere give "
            "'certificateArn' in its place",
            "pulumi config set --path @endpoint.hostedZone HOSTED_ZONE",
        ),
    ),
    bad(
        "a host of another zone",
        endpoint(host="langfuse.example.org"),
        problem(
            "endpoint.host",
            '"langfuse.example.org"',
            "must be endpoint.hostedZone, example.com, or below it: the record is made there",
            "",
        ),
    ),
    bad(
        "a host that only ends like the zone",
        endpoint(host="langfuse.notexample.com"),
        problem(
            "endpoint.host",
            '"langfuse.notexample.com"',
            "must be endpoint.hostedZone, example.com, or below it: the record is made there",
            "",
        ),
    ),
    bad(
        "a host above the zone",
        endpoint(hostedZone="langfuse.example.com", host="example.com"),
        problem(
            "endpoint.host",
            '"example.com"',
            "must be endpoint.hostedZone, langfuse.example.com, or below it: the "
            "record is made there",
            "",
        ),
    ),
    bad(
        "a host that is too long for a certificate",
        endpoint(host=f"{'l' * 53}.example.com"),
        problem(
            "endpoint.host",
            '"lllllllllllllllllllllllllllllllllllllllllllllllllllll.example.com"',
            "has 65 characters, and ACM takes 64 for a certificate's name; a "
            "longer one needs 'certificateArn'",
            "",
        ),
    ),
    bad(
        "a host that is too long, and without a zone",
        endpoint(host=f"{'l' * 53}.example.com", hostedZone=ABSENT),
        problem(
            "endpoint.hostedZone",
            "(nothing)",
            "is required, to validate a certificate in; with DNS elsewhere give "
            "'certificateArn' in its place",
            "pulumi config set --path @endpoint.hostedZone HOSTED_ZONE",
        ),
        problem(
            "endpoint.host",
            '"lllllllllllllllllllllllllllllllllllllllllllllllllllll.example.com"',
            "has 65 characters, and ACM takes 64 for a certificate's name; a "
            "longer one needs 'certificateArn'",
            "",
        ),
    ),
    bad(
        "a host outside its zone with a given certificate",
        endpoint(host="langfuse.example.org", certificateArn=CERTIFICATE),
        problem(
            "endpoint.host",
            '"langfuse.example.org"',
            "must be endpoint.hostedZone, example.com, or below it: the record is made there",
            "",
        ),
    ),
    bad(
        "the world without having said so",
        endpoint(scheme="internet-facing"),
        problem(
            "endpoint.inboundCidrs",
            "[]",
            "is required for an internet-facing load balancer: name the networks "
            "that may connect (the whole world is 0.0.0.0/0, which has to be "
            "acknowledged)",
            "pulumi config set --path '@endpoint.inboundCidrs[0]' NETWORK",
        ),
    ),
    bad(
        "a network of IPv6",
        endpoint(inboundCidrs=["203.0.113.0/24", "2001:db8::/32"]),
        problem(
            "endpoint.inboundCidrs[1]",
            '"2001:db8::/32"',
            "must be a network of IPv4: the load balancer has no other addresses",
            "",
        ),
    ),
    bad(
        "only networks of IPv6",
        endpoint(scheme="internet-facing", inboundCidrs=["::/0", "2001:db8::/32"]),
        problem(
            "endpoint.inboundCidrs[1]",
            '"2001:db8::/32"',
            "must be a network of IPv4: the load balancer has no other addresses",
            "",
        ),
        problem(
            "endpoint.inboundCidrs[0]",
            '"::/0"',
            "must be a network of IPv4: the load balancer has no other addresses",
            "",
        ),
    ),
    bad(
        "a network with host bits",
        endpoint(scheme="internet-facing", inboundCidrs=["203.0.113.7/24"]),
        problem(
            "endpoint.inboundCidrs[0]",
            '"203.0.113.7/24"',
            "must be a network in CIDR notation with no host bits set",
            "pulumi config set --path '@endpoint.inboundCidrs[0]' 203.0.113.0/24",
        ),
    ),
    bad(
        "an address without a length",
        endpoint(inboundCidrs=["203.0.113.300"]),
        problem(
            "endpoint.inboundCidrs[0]",
            '"203.0.113.300"',
            "must be a network in CIDR notation with no host bits set",
            "",
        ),
    ),
    bad(
        "an expiry of logs in a bucket of another team",
        endpoint(accessLogs={"bucket": "logs-123456789012", "days": 30}),
        problem(
            "endpoint.accessLogs.days",
            "30",
            "is for a bucket that the program creates; an existing one keeps its own rules",
            "",
        ),
    ),
    bad(
        "a public URL beside an endpoint",
        {**endpoint(), "langfuse": {"publicUrl": "https://langfuse.example.com"}},
        problem(
            "langfuse.publicUrl",
            '"https://langfuse.example.com"',
            "is for a stack without endpoint; here it is https://langfuse.example.com",
            "pulumi config rm --path @langfuse.publicUrl",
        ),
    ),
    bad(
        "a public URL for agents that is their own pod",
        {"agents": {"namespaces": ["ai-agents"], "url": "public"}},
        problem(
            "agents.url",
            '"public"',
            "needs a public URL: http://localhost:3000 (langfuse.publicUrl) is the "
            "agent's own pod; give 'endpoint' or another publicUrl",
            "",
        ),
    ),
    bad(
        "a public URL for agents that is their own pod by number",
        {
            "agents": {"namespaces": ["ai-agents"], "url": "public"},
            "langfuse": {"publicUrl": "http://127.0.0.1:3000"},
        },
        problem(
            "agents.url",
            '"public"',
            "needs a public URL: http://127.0.0.1:3000 (langfuse.publicUrl) is the "
            "agent's own pod; give 'endpoint' or another publicUrl",
            "",
        ),
    ),
    bad(
        "an old policy for TLS",
        endpoint(sslPolicy="ELBSecurityPolicy-2016-08"),
        problem(
            "endpoint.sslPolicy",
            '"ELBSecurityPolicy-2016-08"',
            "must be a load balancer policy of TLS 1.2 or newer, "
            "'ELBSecurityPolicy-TLS13-1-2-…' or 'ELBSecurityPolicy-TLS13-1-3-…'",
            "",
        ),
    ),
    bad(
        "a web ACL of CloudFront",
        endpoint(webAclArn="arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/b"),
        problem(
            "endpoint.webAclArn",
            '"arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/b"',
            "must be an ARN such as "
            "'arn:aws:wafv2:ap-northeast-2:123456789012:regional/webacl/langfuse/1234abcd'",
            "",
        ),
    ),
    bad(
        "a certificate that is none",
        endpoint(certificateArn="1234abcd"),
        problem(
            "endpoint.certificateArn",
            '"1234abcd"',
            "must be an ARN such as "
            "'arn:aws:acm:ap-northeast-2:123456789012:certificate/1234abcd-12ab-34cd-56ef-1234567890ab'",
            "",
        ),
    ),
    bad(
        "a host with a scheme",
        endpoint(host="https://langfuse.example.com/"),
        problem(
            "endpoint.host",
            '"https://langfuse.example.com/"',
            "must be a host name in lower case without scheme, port or path",
            "pulumi config set --path @endpoint.host langfuse.example.com",
        ),
    ),
]


@pytest.mark.parametrize(("change", "expected"), BAD)
def test_refuses(change: Mapping[str, Any], expected: list[Problem]) -> None:
    assert problems(change) == expected
