"""The endpoint in each of its variants: exact inputs and order.

Does not prove that AWS issues the certificate, or what the controller makes of the Ingress.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pulumi
import pytest
from pulumi_kubernetes.core.v1 import ConfigMap, Service
from pulumi_kubernetes.networking.v1.outputs import IngressLoadBalancerStatus, IngressStatus

from components.endpoint import alb_annotations
from components.endpoint.public_endpoint import (
    AccessLogs,
    PublicEndpoint,
    PublicEndpointArgs,
    load_balancer_host,
    name_of_load_balancer,
)
from tests.support.component_run import run_component
from tests.support.recordings import all_before, depends_on, inputs
from tooling.engineless.offline import OfflineBackend, kubernetes_name
from tooling.engineless.recording import UNKNOWN, Recording

ENDPOINT = "langfuse-endpoint"
INGRESS = f"{ENDPOINT}-ingress"
CERTIFICATE = f"{ENDPOINT}-certificate-certificate"
VALIDATION = f"{ENDPOINT}-certificate-validation"
PROOF = f"{ENDPOINT}-certificate-record"
ALIAS = f"{ENDPOINT}-alias-record"
LOGS = f"{ENDPOINT}-access-logs"

GIVEN = "arn:aws:acm:ap-northeast-2:123456789012:certificate/1234abcd-12ab-34cd-56ef-1234567890ab"
HOST = "langfuse.example.com"
ARGS = PublicEndpointArgs(
    namespace="observability",
    service_name="langfuse",
    host=HOST,
    health_path="/api/public/ready",
    hosted_zone="example.com",
    certificate_arn=None,
    scheme="internet-facing",
    ingress_class="alb",
    ingress_controller="ingress.k8s.aws/alb",
    ssl_policy="ELBSecurityPolicy-TLS13-1-2-2021-06",
    account_id="123456789012",
    log_bucket_prefix="langfuse-prod-logs",
    inbound_cidrs=("203.0.113.0/24",),
    tags={"environment": "prod"},
)
LABELS = {
    "app.kubernetes.io/name": "langfuse",
    "app.kubernetes.io/instance": ENDPOINT,
    "app.kubernetes.io/component": "ingress",
    "app.kubernetes.io/part-of": "agent-observability",
    "app.kubernetes.io/managed-by": "pulumi",
}

ELSEWHERE: dict[str, Any] = {"hosted_zone": None, "certificate_arn": GIVEN}
VARIANTS: dict[str, dict[str, Any]] = {
    "requested certificate": {},
    "given certificate": {"certificate_arn": GIVEN},
    "dns elsewhere": ELSEWHERE,
    "internal": {"scheme": "internal", "inbound_cidrs": ()},
    "created log bucket": {"access_logs": AccessLogs(bucket=None, days=90)},
    "given log bucket": {"access_logs": AccessLogs(bucket="our-logs", days=90)},
}


def recorded(*, preview: bool = False, **changes: Any) -> Recording:  # noqa: ANN401
    """A Service, the endpoint in front of it, and something in place of the pods."""

    def body() -> None:
        service = Service(
            "service",
            metadata={"namespace": "observability", "name": "langfuse"},
            spec={"ports": [{"name": "http", "port": 80}]},
        )
        name = service.metadata.apply(lambda metadata: metadata.name or "")
        endpoint = PublicEndpoint(ENDPOINT, replace(ARGS, service_name=name, **changes))
        pulumi.export("host", endpoint.load_balancer_host)
        ConfigMap("pods", opts=pulumi.ResourceOptions(depends_on=[endpoint.ready]))

    return run_component(body, preview=preview)


def annotations_of(recording: Recording) -> dict[str, str]:
    return inputs(recording, INGRESS)["metadata"]["annotations"]


def aws_resources(recording: Recording) -> list[str]:
    return sorted(r.name for r in recording.resources.values() if r.type.startswith("aws:"))


def test_a_certificate_is_requested_proven_and_waited_for() -> None:
    recording = recorded()

    certificate = recording.named(VALIDATION).inputs["certificateArn"]
    proof = recording.named(PROOF).inputs
    assert recording.named(CERTIFICATE).inputs == {"domainName": HOST, "validationMethod": "DNS"}
    assert proof == {
        "zoneId": recording.named(ALIAS).inputs["zoneId"],
        "name": proof["name"],
        "type": "CNAME",
        "records": [proof["records"][0]],
        "ttl": 60,
        "allowOverwrite": True,
    }
    assert proof["name"].endswith(f".{HOST}.")
    assert proof["records"][0].endswith(".acm-validations.aws.")
    assert recording.named(VALIDATION).inputs == {
        "certificateArn": certificate,
        "validationRecordFqdns": [proof["name"].rstrip(".")],
    }
    assert recording.named(VALIDATION).request.customTimeouts.create == "20m"
    assert annotations_of(recording)[alb_annotations.CERTIFICATE] == certificate


def test_the_ingress_is_exactly_this() -> None:
    recording = recorded(certificate_arn=GIVEN)

    load_balancer = alb_annotations.LoadBalancer(
        scheme="internet-facing",
        health_path="/api/public/ready",
        ssl_policy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        inbound_cidrs=("203.0.113.0/24",),
        tags={"environment": "prod"},
    )
    ingress = recording.named(INGRESS)
    assert ingress.type == "kubernetes:networking.k8s.io/v1:Ingress"
    assert ingress.inputs == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "namespace": "observability",
            "name": ENDPOINT,
            "labels": LABELS,
            "annotations": {
                **alb_annotations.ingress_annotations(load_balancer),
                "alb.ingress.kubernetes.io/certificate-arn": GIVEN,
                "alb.ingress.kubernetes.io/load-balancer-attributes": (
                    "idle_timeout.timeout_seconds=60,"
                    "routing.http.drop_invalid_header_fields.enabled=true,"
                    "deletion_protection.enabled=false,"
                    "access_logs.s3.enabled=false"
                ),
            },
        },
        "spec": {
            "ingressClassName": "alb",
            "rules": [
                {
                    "host": HOST,
                    "http": {
                        "paths": [
                            {
                                "path": "/",
                                "pathType": "Prefix",
                                "backend": {
                                    "service": {"name": "langfuse", "port": {"name": "http"}}
                                },
                            }
                        ]
                    },
                }
            ],
        },
    }
    assert len(recording.of_type("kubernetes:networking.k8s.io/v1:IngressClass")) == 0
    assert ingress.request.customTimeouts.create == "8m"
    assert ingress.request.customTimeouts.update == "8m"


def test_a_class_is_created_where_none_is_given_and_outlives_the_ingress() -> None:
    recording = recorded(ingress_class=None, ingress_controller="eks.amazonaws.com/alb")

    (made,) = recording.of_type("kubernetes:networking.k8s.io/v1:IngressClass")
    assert made.name == f"{ENDPOINT}-alb"
    assert made.inputs == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"labels": LABELS},
        # Without parameters, which would override the annotations.
        "spec": {"controller": "eks.amazonaws.com/alb"},
    }
    assert inputs(recording, INGRESS)["spec"]["ingressClassName"] == kubernetes_name(made)
    assert depends_on(recording, recording.named(INGRESS)) == [
        f"{ENDPOINT}-alb",
        VALIDATION,
        "service",
    ]


def test_the_name_of_a_created_class_follows_it_into_a_preview() -> None:
    recording = recorded(ingress_class=None, preview=True)

    (made,) = recording.of_type("kubernetes:networking.k8s.io/v1:IngressClass")
    assert inputs(recording, INGRESS)["spec"]["ingressClassName"] == kubernetes_name(made)


def test_another_scheme_or_class_replaces_the_ingress_and_with_it_the_name_in_the_record() -> None:
    """The controller builds another load balancer then, and an Ingress that is updated keeps the
    old host name in its status until the controller has written the new one."""
    request = recorded().named(INGRESS).request

    assert list(request.replaceOnChanges) == [
        'metadata.annotations["alb.ingress.kubernetes.io/scheme"]',
        "spec.ingressClassName",
    ]
    assert request.deleteBeforeReplace is True
    assert "alb.ingress.kubernetes.io/scheme" in annotations_of(recorded())


@pytest.mark.parametrize(("variant", "changes"), VARIANTS.items(), ids=VARIANTS)
def test_the_class_is_named_by_the_field_alone(variant: str, changes: dict[str, Any]) -> None:
    found = annotations_of(recorded(**changes))

    assert "kubernetes.io/ingress.class" not in found, variant
    assert all(isinstance(value, str) for value in found.values()), variant


def test_the_record_points_to_the_load_balancer_in_the_ingresss_status() -> None:
    recording = recorded()

    host = recording.exports["host"]
    zone = recording.named(ALIAS).inputs["zoneId"]
    assert recording.named(ALIAS).inputs == {
        "zoneId": zone,
        "name": HOST,
        "type": "A",
        "aliases": [{"name": host, "zoneId": "ZWKZPGTI48KDX", "evaluateTargetHealth": True}],
    }
    assert host.startswith("k8s-observab-")
    assert host.endswith(".ap-northeast-2.elb.amazonaws.com")


def test_created_in_this_order_and_removed_in_the_other() -> None:
    recording = recorded()

    direct = {
        name: depends_on(recording, recording.named(name))
        for name in (PROOF, VALIDATION, INGRESS, ALIAS, "pods")
    }
    assert direct == {
        PROOF: [CERTIFICATE],
        VALIDATION: [CERTIFICATE, PROOF],
        INGRESS: [VALIDATION, "service"],
        ALIAS: [INGRESS],
        "pods": [INGRESS],
    }


def test_the_pods_do_not_wait_for_the_name() -> None:
    assert ALIAS not in all_before(recorded(), "pods")


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ("requested certificate", [ALIAS, CERTIFICATE, PROOF, VALIDATION]),
        ("given certificate", [ALIAS]),
        ("dns elsewhere", []),
        ("internal", [ALIAS, CERTIFICATE, PROOF, VALIDATION]),
        ("given log bucket", [ALIAS, CERTIFICATE, PROOF, VALIDATION]),
    ],
)
def test_each_variant_makes_what_it_needs(variant: str, expected: list[str]) -> None:
    assert aws_resources(recorded(**VARIANTS[variant])) == sorted(expected)


def test_with_dns_elsewhere_the_load_balancers_name_is_what_people_need() -> None:
    recording = recorded(**ELSEWHERE)

    assert recording.exports["host"].endswith(".elb.amazonaws.com")
    assert annotations_of(recording)[alb_annotations.CERTIFICATE] == GIVEN


def test_an_internal_load_balancer_says_so() -> None:
    found = annotations_of(recorded(**VARIANTS["internal"]))

    assert found["alb.ingress.kubernetes.io/scheme"] == "internal"
    assert "alb.ingress.kubernetes.io/inbound-cidrs" not in found


def test_options_reach_the_annotations() -> None:
    web_acl = "arn:aws:wafv2:ap-northeast-2:123456789012:regional/webacl/langfuse/1234abcd"
    found = annotations_of(
        recorded(web_acl_arn=web_acl, subnet_ids=("subnet-0a",), deletion_protection=True)
    )

    assert found["alb.ingress.kubernetes.io/wafv2-acl-arn"] == web_acl
    assert found["alb.ingress.kubernetes.io/subnets"] == "subnet-0a"
    attributes = found["alb.ingress.kubernetes.io/load-balancer-attributes"].split(",")
    assert "deletion_protection.enabled=true" in attributes


def test_logs_are_switched_on_when_the_load_balancer_may_write() -> None:
    recording = recorded(**VARIANTS["created log bucket"])

    attributes = annotations_of(recording)["alb.ingress.kubernetes.io/load-balancer-attributes"]
    bucket = inputs(recording, f"{LOGS}-policy")["bucket"]
    assert attributes == alb_annotations.load_balancer_attributes(
        deletion_protection=False, log_bucket=bucket
    )
    assert {f"{LOGS}-policy", f"{LOGS}-encryption"} <= all_before(recording, INGRESS)


def test_a_given_log_bucket_is_used_as_it_is() -> None:
    found = annotations_of(recorded(**VARIANTS["given log bucket"]))

    assert found["alb.ingress.kubernetes.io/load-balancer-attributes"] == (
        alb_annotations.load_balancer_attributes(deletion_protection=False, log_bucket="our-logs")
    )


@pytest.mark.parametrize(("variant", "changes"), VARIANTS.items(), ids=VARIANTS)
def test_a_first_preview_registers_the_same_resources(
    variant: str, changes: dict[str, Any]
) -> None:
    preview, update = recorded(preview=True, **changes), recorded(**changes)

    assert set(preview.resources) == set(update.resources), variant
    assert preview.exports["host"] == UNKNOWN, variant


def test_a_first_preview_shows_every_annotation_but_those_that_aws_decides() -> None:
    preview = annotations_of(recorded(preview=True, **VARIANTS["created log bucket"]))

    assert {key for key, value in preview.items() if value == UNKNOWN} == {
        alb_annotations.CERTIFICATE,
        alb_annotations.LOAD_BALANCER_ATTRIBUTES,
    }


def test_a_preview_that_does_not_reach_the_cluster_goes_on_without_a_host() -> None:
    recording = run_component(lambda: pulumi.export("host", load_balancer_host(None)), preview=True)

    assert recording.exports["host"] == "known-after-update.invalid"


def test_an_update_without_a_load_balancer_says_where_to_look() -> None:
    empty = IngressStatus(load_balancer=IngressLoadBalancerStatus(ingress=[]))

    for status in (None, IngressStatus(), empty):
        with pytest.raises(pulumi.RunError, match=r"^the Ingress has no load balancer: look at"):
            load_balancer_host(status)


def looked_up(
    monkeypatch: pytest.MonkeyPatch, host: str | None = None, *, preview: bool = False
) -> tuple[list[dict[str, Any]], Any]:
    """The look-ups of load balancers, and what CloudWatch names the load balancer by.

    ``host``: what the Ingress's status says, in place of the invented one.
    """
    asked: list[dict[str, Any]] = []
    answer = OfflineBackend.invoke

    def listen(backend: OfflineBackend, token: str, arguments: dict[str, Any]) -> Any:  # noqa: ANN401
        if token == "aws:lb/getLoadBalancer:getLoadBalancer":
            asked.append(arguments)
        return answer(backend, token, arguments)

    monkeypatch.setattr(OfflineBackend, "invoke", listen)

    def body() -> None:
        endpoint = PublicEndpoint(ENDPOINT, ARGS)
        if host is not None:
            endpoint.load_balancer_host = pulumi.Output.from_input(host)
        pulumi.export("dimension", endpoint.find_load_balancer())

    return asked, run_component(body, preview=preview).exports["dimension"]


def test_cloudwatchs_name_of_the_load_balancer_is_found_by_the_name_in_its_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host = "internal-k8s-observab-langfuse-0123456789-987654321.eu-west-1.elb.amazonaws.com"
    asked, dimension = looked_up(monkeypatch, host)

    assert asked == [{"name": "k8s-observab-langfuse-0123456789"}]
    assert re.fullmatch(r"app/k8s-observab-langfuse-0123456789/[0-9a-f]{16}", dimension)


@pytest.mark.parametrize("host", [None, "known-after-update.invalid"])
def test_a_preview_without_a_host_looks_nothing_up(
    monkeypatch: pytest.MonkeyPatch, host: str | None
) -> None:
    assert looked_up(monkeypatch, host, preview=True) == ([], UNKNOWN)


def test_a_load_balancer_of_another_kind_is_refused_with_its_host() -> None:
    host = "k8s-langfuse-0123456789.elb.eu-west-1.amazonaws.com"

    with pytest.raises(pulumi.RunError, match=rf"cannot be looked up: '{re.escape(host)}' is not"):
        name_of_load_balancer(host)


@pytest.mark.parametrize("changes", [{}, {"certificate_arn": GIVEN}])
def test_the_certificate_is_available_to_its_alarms(changes: dict[str, Any]) -> None:
    def body() -> None:
        endpoint = PublicEndpoint(ENDPOINT, replace(ARGS, **changes))
        pulumi.export("certificate", endpoint.certificate_arn)

    recording = run_component(body)

    certificate = recording.exports["certificate"]
    assert certificate == annotations_of(recording)[alb_annotations.CERTIFICATE]
    assert certificate.startswith("arn:aws:acm:ap-northeast-2:123456789012:certificate/")


def test_neither_certificate_nor_zone_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^a certificate is requested for a zone"):
        replace(ARGS, hosted_zone=None)
