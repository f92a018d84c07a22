"""Annotations of an Ingress for the AWS Load Balancer Controller.

https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/

Every value is text. The controller manages only the attributes that are listed and leaves the
others unchanged. So an attribute that can be turned off is listed when it is off, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from components.langfuse import lifecycle

PREFIX: Final = "alb.ingress.kubernetes.io"

SCHEME: Final = f"{PREFIX}/scheme"

CERTIFICATE: Final = f"{PREFIX}/certificate-arn"
"""Set explicitly: the controller's search by host name can fail or find another certificate."""

LOAD_BALANCER_ATTRIBUTES: Final = f"{PREFIX}/load-balancer-attributes"

PAUSED: Final = "paused"
"""What the load balancer does in place of sending requests to pods: name of an action, and of the
backend that refers to it."""

BY_ANNOTATION: Final = "use-annotation"
"""Port of a backend that is no Service but the action of its name."""

LOG_PREFIX: Final = "langfuse"
"""Folder of the access logs in their bucket, which may be shared."""


@dataclass(frozen=True, kw_only=True)
class LoadBalancer:
    """The settings of the load balancer that do not depend on what AWS computes."""

    scheme: Literal["internet-facing", "internal"]
    health_path: str
    ssl_policy: str
    inbound_cidrs: Sequence[str] = ()
    subnet_ids: Sequence[str] = ()
    web_acl_arn: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict[str, str])


def ingress_annotations(load_balancer: LoadBalancer) -> dict[str, str]:
    """All annotations but those that hold what AWS computes."""
    optional = {
        # If absent, every network may connect.
        "inbound-cidrs": ",".join(load_balancer.inbound_cidrs),
        # If absent, the controller takes the subnets with the role tag of the scheme.
        "subnets": ",".join(load_balancer.subnet_ids),
        # If absent, an attached ACL stays, for example that of AWS Firewall Manager.
        "wafv2-acl-arn": load_balancer.web_acl_arn or "",
        "tags": ",".join(f"{key}={value}" for key, value in load_balancer.tags.items()),
    }
    settings = {
        "scheme": load_balancer.scheme,
        # Directly to the pods: no NodePort, and each pod is a target.
        "target-type": "ip",
        # Both: the redirect is a rule of the HTTP listener.
        "listen-ports": json.dumps([{"HTTP": 80}, {"HTTPS": 443}]),
        "ssl-redirect": "443",
        "ssl-policy": load_balancer.ssl_policy,
        "healthcheck-path": load_balancer.health_path,
        "healthcheck-interval-seconds": "15",
        "healthcheck-timeout-seconds": "5",
        "healthy-threshold-count": "2",
        "unhealthy-threshold-count": "2",
        "success-codes": "200",
        "target-group-attributes": (
            f"deregistration_delay.timeout_seconds={lifecycle.DEREGISTRATION_DELAY}"
        ),
        **{key: value for key, value in optional.items() if value},
    }
    return {f"{PREFIX}/{key}": value for key, value in settings.items()}


def paused_annotation() -> dict[str, str]:
    """The action ``PAUSED``: a page that says so, and the status that makes a client try again."""
    page = (
        "<!doctype html><title>Langfuse is paused</title>"
        "<h1>Langfuse is paused</h1><p>It will be back after maintenance. "
        "Traces that are sent now are not stored.</p>"
    )
    action = {
        "type": "fixed-response",
        "fixedResponseConfig": {
            "contentType": "text/html",
            "statusCode": "503",
            "messageBody": page,
        },
    }
    return {f"{PREFIX}/actions.{PAUSED}": json.dumps(action)}


def load_balancer_attributes(*, deletion_protection: bool, log_bucket: str | None) -> str:
    """The value of ``LOAD_BALANCER_ATTRIBUTES``."""
    attributes = {
        "idle_timeout.timeout_seconds": str(lifecycle.LOAD_BALANCER_IDLE_TIMEOUT),
        # A header that Node.js and the load balancer parse differently allows request smuggling.
        "routing.http.drop_invalid_header_fields.enabled": "true",
        "deletion_protection.enabled": "true" if deletion_protection else "false",
        "access_logs.s3.enabled": "false" if log_bucket is None else "true",
    }
    if log_bucket is not None:
        # Only with logs on: AWS writes to the bucket as a test even when logs are off
        # (https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/4492).
        attributes["access_logs.s3.bucket"] = log_bucket
        attributes["access_logs.s3.prefix"] = LOG_PREFIX
    return ",".join(f"{key}={value}" for key, value in attributes.items())
