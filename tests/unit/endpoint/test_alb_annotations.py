"""The load balancer's annotations: exact text. Does not prove what the controller makes of it."""

from __future__ import annotations

import json
from dataclasses import replace

from components.endpoint.alb_annotations import (
    LoadBalancer,
    ingress_annotations,
    load_balancer_attributes,
)
from components.langfuse import lifecycle

PREFIX = "alb.ingress.kubernetes.io/"

PLAIN = LoadBalancer(
    scheme="internal",
    health_path="/api/public/ready",
    ssl_policy="ELBSecurityPolicy-TLS13-1-2-2021-06",
)

ALWAYS = {
    f"{PREFIX}scheme": "internal",
    f"{PREFIX}target-type": "ip",
    f"{PREFIX}listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}]',
    f"{PREFIX}ssl-redirect": "443",
    f"{PREFIX}ssl-policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
    f"{PREFIX}healthcheck-path": "/api/public/ready",
    f"{PREFIX}healthcheck-interval-seconds": "15",
    f"{PREFIX}healthcheck-timeout-seconds": "5",
    f"{PREFIX}healthy-threshold-count": "2",
    f"{PREFIX}unhealthy-threshold-count": "2",
    f"{PREFIX}success-codes": "200",
    f"{PREFIX}target-group-attributes": "deregistration_delay.timeout_seconds=30",
}


def test_without_options_the_annotations_are_exactly_these() -> None:
    assert ingress_annotations(PLAIN) == ALWAYS


def test_each_option_adds_one_annotation() -> None:
    web_acl = "arn:aws:wafv2:ap-northeast-2:123456789012:regional/webacl/langfuse/1234abcd"
    load_balancer = replace(
        PLAIN,
        scheme="internet-facing",
        inbound_cidrs=("203.0.113.0/24", "198.51.100.7/32"),
        subnet_ids=("subnet-0a", "subnet-0b"),
        web_acl_arn=web_acl,
        tags={"service": "agent-observability", "query": "a=b"},
    )

    assert ingress_annotations(load_balancer) == {
        **ALWAYS,
        f"{PREFIX}scheme": "internet-facing",
        f"{PREFIX}inbound-cidrs": "203.0.113.0/24,198.51.100.7/32",
        f"{PREFIX}subnets": "subnet-0a,subnet-0b",
        f"{PREFIX}wafv2-acl-arn": web_acl,
        f"{PREFIX}tags": "service=agent-observability,query=a=b",
    }


def test_every_value_is_text_and_the_ports_are_json() -> None:
    annotations = ingress_annotations(PLAIN)

    assert all(isinstance(value, str) for value in annotations.values())
    assert json.loads(annotations[f"{PREFIX}listen-ports"]) == [{"HTTP": 80}, {"HTTPS": 443}]


def test_what_can_be_switched_off_is_listed_when_it_is_off() -> None:
    assert load_balancer_attributes(deletion_protection=False, log_bucket=None) == (
        "idle_timeout.timeout_seconds=60,"
        "routing.http.drop_invalid_header_fields.enabled=true,"
        "deletion_protection.enabled=false,"
        "access_logs.s3.enabled=false"
    )


def test_a_bucket_is_named_only_with_logs_on() -> None:
    assert load_balancer_attributes(deletion_protection=True, log_bucket="logs") == (
        "idle_timeout.timeout_seconds=60,"
        "routing.http.drop_invalid_header_fields.enabled=true,"
        "deletion_protection.enabled=true,"
        "access_logs.s3.enabled=true,"
        "access_logs.s3.bucket=logs,"
        "access_logs.s3.prefix=langfuse"
    )


def test_the_load_balancer_agrees_with_the_pods_it_drains() -> None:
    """The controller's seconds are the ones that the pods' arithmetic is made of."""
    assert lifecycle.DEREGISTRATION_DELAY == 30
    assert lifecycle.LOAD_BALANCER_IDLE_TIMEOUT == 60 < lifecycle.KEEP_ALIVE_TIMEOUT
    assert lifecycle.PRE_STOP + lifecycle.DEREGISTRATION_DELAY < lifecycle.TERMINATION_GRACE, (
        "the target is drained before the pod is killed"
    )
