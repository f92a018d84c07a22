"""The name of a load balancer, from host names as AWS makes them and from others."""

from __future__ import annotations

import pytest

from components.endpoint import load_balancer_name


@pytest.mark.parametrize(
    ("host", "name"),
    [
        (
            "k8s-observab-langfuse-0123456789-1234567890.ap-northeast-2.elb.amazonaws.com",
            "k8s-observab-langfuse-0123456789",
        ),
        (
            "internal-k8s-observab-langfuse-0123456789-12345.eu-west-1.elb.amazonaws.com",
            "k8s-observab-langfuse-0123456789",
        ),
        ("internal-team-lb-77-1.us-gov-west-1.elb.amazonaws.com", "team-lb-77"),
        ("lb-1.cn-north-1.elb.amazonaws.com.cn", "lb"),
        (f"{'a' * 32}-1.us-east-1.elb.amazonaws.com", "a" * 32),
    ],
)
def test_the_name_precedes_the_last_number(host: str, name: str) -> None:
    assert load_balancer_name.from_host(host) == name


@pytest.mark.parametrize(
    "host",
    [
        "",
        "langfuse.example.com",
        "known-after-update.invalid",
        "k8s-observab-langfuse.ap-northeast-2.elb.amazonaws.com",
        "-1234567890.ap-northeast-2.elb.amazonaws.com",
        f"{'a' * 33}-1.us-east-1.elb.amazonaws.com",
        # A Network Load Balancer.
        "k8s-langfuse-0123456789abcdef.elb.ap-northeast-2.amazonaws.com",
        "lb-1.ap-northeast-2.elb.amazonaws.com.example.com",
        "lb-1.ap-northeast-2.elb.amazonaws.com\n",
    ],
)
def test_any_other_host_is_refused(host: str) -> None:
    with pytest.raises(
        ValueError, match=r" is not the host name of an Application Load Balancer: "
    ):
        load_balancer_name.from_host(host)
