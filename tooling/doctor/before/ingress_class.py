"""What the class of the Ingress does to it: parameters that override, gates that are not set.

Pure; imports no SDK.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from components.kubernetes import cluster_mode
from components.kubernetes.cluster_mode import ClusterMode
from stacks.settings import Settings
from stacks.settings.sections.endpoint import Endpoint
from tooling.doctor.findings import Finding
from tooling.doctor.place import Place
from tooling.kit.json_values import as_list, as_mapping
from tooling.kubernetes.objects import Object, labels, name, part, subject

PARAMETERS: Final = "IngressClassParams"

_VERSIONS: Final = {
    "elbv2.k8s.aws": "elbv2.k8s.aws/v1beta1",
    "eks.amazonaws.com": "eks.amazonaws.com/v1",
}
"""API versions of IngressClassParams by group."""

_OVERRIDES: Final = {
    "certificateARNs": "endpoint.certificateArn",
    "certificateArn": "endpoint.certificateArn",
    "group": "the load balancer, which other Ingresses then share",
    "inboundCIDRs": "endpoint.inboundCidrs",
    "listeners": "the listeners",
    "loadBalancerAttributes": (
        "endpoint.accessLogs, endpoint.deletionProtection and the idle timeout"
    ),
    "loadBalancerName": "the load balancer's name",
    "prefixListsIDs": "endpoint.inboundCidrs",
    "scheme": "endpoint.scheme",
    "sslPolicy": "endpoint.sslPolicy",
    "sslRedirectPort": "the redirect to HTTPS",
    "subnets": "endpoint.subnetIds",
    "tags": "aws:defaultTags",
    "targetType": "the targets",
    "wafv2AclArn": "endpoint.webAclArn",
    "wafv2AclName": "endpoint.webAclArn",
}
"""Fields of IngressClassParams, and what each decides in place of the Ingress's annotations
(https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/ingress_class/
and https://docs.aws.amazon.com/eks/latest/userguide/auto-configure-alb.html)."""


def class_name(settings: Settings, mode: ClusterMode) -> str | None:
    """The IngressClass of a stack; None where it has none, or makes one."""
    endpoint = settings.endpoint
    return (endpoint.ingress_class or mode.ingress_class) if endpoint else None


def parameters_of(class_: Object) -> tuple[str, str] | None:
    """API version and name of the IngressClassParams of an IngressClass; None without."""
    given = part(part(class_, "spec"), "parameters")
    version = _VERSIONS.get(str(given.get("apiGroup")))
    if version is None or given.get("kind") != PARAMETERS:
        return None
    return version, str(given.get("name"))


def overrides(settings: Settings, parameters: Object | None, place: Place) -> Iterator[Finding]:
    """Values of the class that win over the settings. Those that say the same are passed over."""
    endpoint = settings.endpoint
    if endpoint is None or parameters is None:
        return
    spec = part(parameters, "spec")
    found = [
        f"{field} ({what})"
        for field, what in _OVERRIDES.items()
        if field in spec and not _same(field, spec[field], endpoint)
    ]
    if found:
        resource = f"ingressclassparams.{parameters['apiVersion'].partition('/')[0]}"
        yield Finding.warning(
            "ingress-class-overrides",
            subject(parameters),
            f"It sets {', '.join(found)}. What a class sets overrides the Ingress's annotations "
            "without a message: the settings have no effect there",
            place.kubectl("get", resource, name(parameters), "-o", "yaml"),
        )


def _same(field: str, value: Any, endpoint: Endpoint) -> bool:  # noqa: ANN401 - JSON
    """Whether the Ingress's annotations say the same as a field of the class."""
    if field == "subnets":
        value = (as_mapping(value) or {}).get("ids")
    ours: dict[str, object] = {
        "certificateARNs": [endpoint.certificate_arn],
        "certificateArn": endpoint.certificate_arn,
        "inboundCIDRs": sorted(endpoint.inbound_cidrs),
        "scheme": endpoint.scheme,
        "sslPolicy": endpoint.ssl_policy,
        "sslRedirectPort": "443",
        "subnets": sorted(endpoint.subnet_ids),
        "targetType": "ip",
        "wafv2AclArn": endpoint.web_acl_arn,
    }
    entries = as_list(value)
    return field in ours and ours[field] == (value if entries is None else sorted(entries))


def gates(
    settings: Settings,
    namespace: Object | None,
    classes: Sequence[Object],
    mode: ClusterMode,
    place: Place,
) -> Iterator[Finding]:
    """Whether an adopted namespace has the label of the class's controller.

    A namespace of the stack's own gets it by `up`.
    """
    if namespace is None or settings.endpoint is None or settings.cluster.create_namespace:
        return
    wanted = class_name(settings, mode)
    controllers = {name(item): part(item, "spec").get("controller") for item in classes}
    modes = (cluster_mode.SELF_MANAGED, cluster_mode.AUTO)
    serving = next(
        (item for item in modes if item.ingress_controller == controllers.get(wanted or "")),
        mode,
    )
    label = serving.readiness_gate
    if labels(namespace).get(label) != "enabled":
        yield Finding.warning(
            "readiness-gate-missing",
            f"Namespace {name(namespace)}",
            f"It has no label {label}: enabled. New pods then count as ready before the load "
            "balancer sends to them, and a rollout drops requests",
            place.kubectl("label", "--overwrite", "namespace", name(namespace), f"{label}=enabled"),
        )
