"""Section ``endpoint``: the public name."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stacks.settings.machinery.fields.aws import (
    BucketName,
    CertificateArn,
    SslPolicy,
    SubnetId,
    WebAclArn,
)
from stacks.settings.machinery.fields.kubernetes import DnsSubdomain
from stacks.settings.machinery.fields.network import Cidr, HostName
from stacks.settings.machinery.section import Section


class AccessLogs(Section):
    """Access logs of the load balancer in S3."""

    bucket: BucketName | None = None
    """Existing bucket that the load balancer may write to; none creates one."""
    days: Annotated[int, Field(ge=1, le=3650)] = 90
    """Days until a log expires, in a bucket that this program creates."""


class Endpoint(Section):
    """The public name: certificate, Application Load Balancer and DNS record."""

    host: HostName
    """Host name that users and agents open, in `hostedZone` if that is given. Langfuse's own URL
    follows from it. At most 64 characters, without `certificateArn`."""
    hosted_zone: Annotated[HostName, Field(examples=["example.com"])] | None = None
    """Route 53 zone for the certificate's validation and the record; none if DNS is elsewhere."""
    certificate_arn: CertificateArn | None = None
    """Issued ACM certificate in `aws:region`; none requests one in `hostedZone`."""
    scheme: Literal["internet-facing", "internal"] = "internal"
    """Whether the load balancer has public addresses."""
    inbound_cidrs: tuple[Cidr, ...] = ()
    """IPv4 networks that may connect. Required for an internet-facing load balancer, where
    0.0.0.0/0, and networks that together have as many public addresses as a /8, have to be
    acknowledged: `openToTheWorld`."""
    subnet_ids: tuple[SubnetId, ...] = ()
    """Subnets of the load balancer in at least two zones; none discovers them by role tags."""
    ingress_class: DnsSubdomain | None = None
    """IngressClass of the load balancer's controller; none takes `alb`, which comes with the AWS
    Load Balancer Controller, and creates one on EKS Auto Mode, which comes without."""
    ssl_policy: SslPolicy = "ELBSecurityPolicy-TLS13-1-2-2021-06"
    """Security policy of the HTTPS listener: TLS 1.2 or newer only."""
    web_acl_arn: WebAclArn | None = None
    """Regional WAF web ACL."""
    access_logs: AccessLogs | None = None
    """Write access logs."""
    deletion_protection: bool = False
    """Refuse deletion of the load balancer. Turn it off in an `up` before `destroy`."""
