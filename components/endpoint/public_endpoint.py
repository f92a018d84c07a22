"""The public name of Langfuse: certificate, Application Load Balancer and DNS record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import pulumi
from pulumi.output import UNKNOWN
from pulumi_aws import lb, route53
from pulumi_kubernetes.networking.v1 import Ingress, IngressClass

from components.endpoint import alb_annotations, load_balancer_name
from components.endpoint.access_log_bucket import AccessLogBucket, AccessLogBucketArgs
from components.endpoint.validated_certificate import ValidatedCertificate, ValidatedCertificateArgs
from components.kubernetes.labels import labels

if TYPE_CHECKING:
    from pulumi_kubernetes.networking.v1 import IngressServiceBackendArgsDict
    from pulumi_kubernetes.networking.v1.outputs import IngressStatus

TYPE = "agent-observability:index:PublicEndpoint"

_INGRESS_LIMIT: Final = "8m"
"""A load balancer exists after 2 to 4 minutes. Pulumi waits for its host name in the Ingress's
status, which the controller writes. If the controller does not run, or AWS refuses the load
balancer, the status stays empty; the Ingress's events say why."""

_OTHER_LOAD_BALANCER: Final = (
    f'metadata.annotations["{alb_annotations.SCHEME}"]',
    "spec.ingressClassName",
)
"""What makes the controller build another load balancer and delete the one before: the scheme, and
a class of another controller or with another group. An Ingress that is updated still shows the old
host name in its status, which would go into the DNS record."""

_UNKNOWN_HOST: Final = "known-after-update.invalid"
"""Shown by a preview that does not reach the cluster."""


@dataclass(frozen=True, kw_only=True)
class AccessLogs:
    """Access logs of the load balancer."""

    bucket: str | None
    """Existing bucket, which lets the load balancer write; none creates one."""
    days: int
    """Days until a log expires, in a created bucket."""


@dataclass(frozen=True, kw_only=True)
class PublicEndpointArgs:
    namespace: pulumi.Input[str]
    """Namespace of the Ingress and of the Service."""
    service_name: pulumi.Input[str]
    """Service that is made public, by its port ``http``."""
    host: str
    """Host name that browsers open."""
    health_path: str
    """Path of the health check: answers 200 on a pod that may get requests."""
    hosted_zone: str | None
    """Public Route 53 zone for the record and the certificate's validation; none: DNS is managed
    elsewhere, and has to point to ``load_balancer_host``."""
    certificate_arn: str | None
    """Issued certificate for ``host`` in the load balancer's region; none requests one, which
    needs ``hosted_zone``."""
    scheme: Literal["internet-facing", "internal"]
    """Whether the load balancer has public addresses."""
    ingress_class: str | None
    """IngressClass of a controller that makes Application Load Balancers; none creates one."""
    ingress_controller: str
    """Controller of a created class."""
    ssl_policy: str
    """Security policy of the HTTPS listener."""
    account_id: pulumi.Input[str]
    """Account of the load balancer."""
    inbound_cidrs: Sequence[str] = ()
    """Networks that may connect; none: all."""
    subnet_ids: Sequence[str] = ()
    """Subnets of the load balancer; none: by their role tags."""
    web_acl_arn: str | None = None
    """Regional WAF web ACL. Without one, an ACL that is attached stays attached."""
    log_bucket_prefix: str
    """What the name of a created bucket for logs begins with, that of no other stack."""
    access_logs: AccessLogs | None = None
    """Write access logs."""
    deletion_protection: bool = False
    """Refuse deletion of the load balancer, also by the controller. While it is on, deleting the
    Ingress does not complete and Pulumi's wait times out."""
    paused: bool = False
    """Whether the load balancer answers by itself, with 503, and sends nothing to the Service."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    """Tags of what the controller creates; the AWS provider's default tags do not apply to it."""

    def __post_init__(self) -> None:
        if self.certificate_arn is None and self.hosted_zone is None:
            raise ValueError("a certificate is requested for a zone; give the zone or the ARN")


class PublicEndpoint(pulumi.ComponentResource):
    """An Ingress with a validated certificate, and a DNS record for its load balancer.

    It has to exist before the pods: the controller adds readiness gates to a pod only when the pod
    is created, and only if a Service and an Ingress lead to it.
    """

    ready: pulumi.Resource
    """Complete when the load balancer exists. The pods have to wait for it."""
    load_balancer_host: pulumi.Output[str]
    """Host name of the load balancer."""
    certificate_arn: pulumi.Output[str]
    """The certificate that the load balancer shows."""

    def __init__(
        self, name: str, args: PublicEndpointArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        zone_id = None
        if args.hosted_zone is not None:
            zone_id = route53.get_zone_output(
                name=args.hosted_zone,
                private_zone=False,
                opts=pulumi.InvokeOptions(parent=self),
            ).apply(lambda zone: zone.zone_id)
        self.certificate_arn = self._certificate(name, args, zone_id)
        ingress = self._ingress(name, args)
        self.ready = ingress
        self.load_balancer_host = ingress.status.apply(load_balancer_host)
        if zone_id is not None:
            self._record(name, args.host, zone_id)
        self.register_outputs({"loadBalancerHost": self.load_balancer_host})

    def find_load_balancer(self) -> pulumi.Output[str]:
        """What CloudWatch names the load balancer by: ``app/<name>/<id>``, the end of its ARN.

        Looked up by its name, because the controller creates the load balancer and the Ingress's
        status has only its host name. In a preview without that host name the result is unknown. A
        load balancer that does not exist stops the preview with AWS's error message.
        """
        return lb.get_load_balancer_output(
            name=self.load_balancer_host.apply(name_of_load_balancer),
            opts=pulumi.InvokeOptions(parent=self),
        ).apply(lambda found: found.arn_suffix)

    def _certificate(
        self, name: str, args: PublicEndpointArgs, zone_id: pulumi.Output[str] | None
    ) -> pulumi.Output[str]:
        """ARN of a certificate that is issued when the ARN resolves."""
        if args.certificate_arn is not None or zone_id is None:
            return pulumi.Output.from_input(args.certificate_arn or "")
        return ValidatedCertificate(
            f"{name}-certificate",
            ValidatedCertificateArgs(host=args.host, zone_id=zone_id),
            pulumi.ResourceOptions(parent=self),
        ).arn

    def _ingress(self, name: str, args: PublicEndpointArgs) -> Ingress:
        load_balancer = alb_annotations.LoadBalancer(
            scheme=args.scheme,
            health_path=args.health_path,
            ssl_policy=args.ssl_policy,
            inbound_cidrs=args.inbound_cidrs,
            subnet_ids=args.subnet_ids,
            web_acl_arn=args.web_acl_arn,
            tags=args.tags,
        )
        ingress_class: pulumi.Input[str] | None = args.ingress_class
        if ingress_class is None:
            ingress_class = self._class(name, args).metadata.apply(lambda m: m.name or "")
        return Ingress(
            f"{name}-ingress",
            metadata={
                "namespace": args.namespace,
                "name": name,
                "labels": labels(name, "ingress"),
                "annotations": {
                    **alb_annotations.ingress_annotations(load_balancer),
                    **(alb_annotations.paused_annotation() if args.paused else {}),
                    alb_annotations.CERTIFICATE: self.certificate_arn,
                    alb_annotations.LOAD_BALANCER_ATTRIBUTES: self._attributes(name, args),
                },
            },
            spec={
                # Use `ingressClassName`: the annotation bypasses IngressClass parameters, and the
                # API server refuses both together.
                "ingress_class_name": ingress_class,
                "rules": [
                    {
                        "host": args.host,
                        "http": {
                            "paths": [
                                {
                                    "path": "/",
                                    "path_type": "Prefix",
                                    "backend": {"service": _backend(args)},
                                }
                            ]
                        },
                    }
                ],
            },
            opts=pulumi.ResourceOptions(
                parent=self,
                custom_timeouts=pulumi.CustomTimeouts(create=_INGRESS_LIMIT, update=_INGRESS_LIMIT),
                replace_on_changes=list(_OTHER_LOAD_BALANCER),
                delete_before_replace=True,
            ),
        )

    def _class(self, name: str, args: PublicEndpointArgs) -> IngressClass:
        """A class without parameters: what they set would override the Ingress's annotations.

        Autonamed, because cluster-wide names would collide between stacks. The Ingress is deleted
        before it, while its controller still answers for the class.
        """
        return IngressClass(
            f"{name}-alb",
            metadata={"labels": labels(name, "ingress")},
            spec={"controller": args.ingress_controller},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _attributes(self, name: str, args: PublicEndpointArgs) -> pulumi.Input[str]:
        logs = args.access_logs
        if logs is None or logs.bucket is not None:
            return alb_annotations.load_balancer_attributes(
                deletion_protection=args.deletion_protection,
                log_bucket=logs.bucket if logs else None,
            )
        created = AccessLogBucket(
            f"{name}-access-logs",
            AccessLogBucketArgs(
                name_prefix=args.log_bucket_prefix,
                prefix=alb_annotations.LOG_PREFIX,
                account_id=args.account_id,
                days=logs.days,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        return created.bucket_name.apply(
            lambda bucket: alb_annotations.load_balancer_attributes(
                deletion_protection=args.deletion_protection, log_bucket=bucket
            )
        )

    def _record(self, name: str, host: str, zone_id: pulumi.Output[str]) -> None:
        load_balancers = lb.get_hosted_zone_id_output(
            load_balancer_type="application", opts=pulumi.InvokeOptions(parent=self)
        )
        route53.Record(
            f"{name}-alias-record",
            zone_id=zone_id,
            name=host,
            type="A",
            aliases=[
                {
                    "name": self.load_balancer_host,
                    "zone_id": load_balancers.apply(lambda zone: zone.id),
                    "evaluate_target_health": True,
                }
            ],
            # Without `allow_overwrite`: an existing record does not belong to this stack.
            opts=pulumi.ResourceOptions(parent=self),
        )


def _backend(args: PublicEndpointArgs) -> IngressServiceBackendArgsDict:
    """Where requests go: to the Service, or nowhere."""
    if args.paused:
        return {"name": alb_annotations.PAUSED, "port": {"name": alb_annotations.BY_ANNOTATION}}
    return {"name": args.service_name, "port": {"name": "http"}}


def load_balancer_host(status: IngressStatus | None) -> str:
    """The host name in an Ingress's status."""
    if status is not None and status.load_balancer is not None:
        for entry in status.load_balancer.ingress or []:
            if entry.hostname:
                return entry.hostname
    if pulumi.runtime.is_dry_run():
        return _UNKNOWN_HOST
    raise pulumi.RunError(
        "the Ingress has no load balancer: look at its events, and at the log of the AWS Load "
        "Balancer Controller, which EKS Auto Mode does not show"
    )


def name_of_load_balancer(host: str) -> pulumi.Input[str]:
    """The name of the load balancer with that host name; unknown if the host is."""
    if host == _UNKNOWN_HOST:
        return pulumi.Output.from_input(UNKNOWN)  # pyright: ignore[reportReturnType]
    try:
        return load_balancer_name.from_host(host)
    except ValueError as error:
        raise pulumi.RunError(
            f"CloudWatch's name of the load balancer cannot be looked up: {error}"
        ) from error
