"""Rules about access from outside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model import UNKNOWN, Rule, Seen, is_asked, items
from .objects import Manifest, manifests

_ROUTES: Final = frozenset(
    {
        *("gateway.networking.k8s.io", "gateway.networking.x-k8s.io", "networking.istio.io"),
        *("traefik.io", "traefik.containo.us", "projectcontour.io", "route.openshift.io"),
        *("getambassador.io", "gateway.solo.io", "configuration.konghq.com", "ngrok.k8s.ngrok.com"),
    }
)
"""API groups whose objects admit traffic from outside."""
_BINDINGS: Final = frozenset({"elbv2.k8s.aws", "eks.amazonaws.com"})
_WAYS: Final = frozenset(
    {
        *("aws:apigateway/restApi:RestApi", "aws:apigatewayv2/api:Api"),
        *("aws:apprunner/service:Service", "aws:cloudfront/distribution:Distribution"),
        *("aws:ec2/vpcEndpointService:VpcEndpointService", "aws:lambda/functionUrl:FunctionUrl"),
        "aws:globalaccelerator/accelerator:Accelerator",
    }
)
_BALANCERS: Final = frozenset(
    {
        *("aws:lb/loadBalancer:LoadBalancer", "aws:alb/loadBalancer:LoadBalancer"),
        *(
            "aws:elb/loadBalancer:LoadBalancer",
            "aws:elasticloadbalancing/loadBalancer:LoadBalancer",
        ),
        "aws:elasticloadbalancingv2/loadBalancer:LoadBalancer",
    }
)


def exposed_service(seen: Seen) -> Iterator[str]:
    for manifest in manifests(seen):
        for problem in _of_manifest(manifest):
            yield f"{manifest.place}{problem}"
    if seen.type in _WAYS:
        yield "leads in beside the Ingress: take it out"
    if seen.type in _BALANCERS and seen.get("internal") not in (True, "true", UNKNOWN):
        yield "internal is not true: only the Ingress leads in from outside"
    if seen.type.startswith("aws:ec2/") and is_asked(seen.get("associatePublicIpAddress")):
        yield "associatePublicIpAddress is true: only the Ingress leads in from outside"


def _of_manifest(manifest: Manifest) -> Iterator[str]:
    if manifest.group == "core" and manifest.kind == "Service":
        yield from _of_service(manifest)
    elif manifest.group in _ROUTES and manifest.kind not in ("GatewayClass", "ReferenceGrant"):
        yield f"{manifest.kind} of {manifest.group} leads in beside the Ingress: take it out"
    elif manifest.group in _BINDINGS and manifest.kind == "TargetGroupBinding":
        yield "TargetGroupBinding puts pods behind a load balancer that is not the Ingress'"
    elif manifest.kind in ("Endpoints", "EndpointSlice"):
        yield f"{manifest.kind} sends clients to addresses that no selector chose: leave it out"


def _of_service(manifest: Manifest) -> Iterator[str]:
    kind = manifest.get("spec.type")
    if kind in ("LoadBalancer", "NodePort"):
        yield f"spec.type is {kind}: only the Ingress leads in from outside; use ClusterIP"
    elif kind not in (None, "ClusterIP", UNKNOWN):
        yield f"spec.type is {kind}: it sends clients wherever a name points; use ClusterIP"
    for field in ("externalIPs", "loadBalancerIP", "externalName"):
        value = manifest.get(f"spec.{field}")
        if value is not UNKNOWN and (items(value) if field == "externalIPs" else value):
            yield f"spec.{field} is set: only the Ingress leads in from outside; leave it out"


RULES: Final = (
    Rule(
        name="no-exposed-service",
        protects="The Ingress, with its certificate and its networks, is the only way in.",
        check=exposed_service,
    ),
)
