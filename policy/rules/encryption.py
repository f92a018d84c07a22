"""What lies on a disk, or is on its way, cannot be read by who takes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from .model import UNKNOWN, Rule, Seen, at, is_on, items, mapping

_FLOOR: Final = frozenset(
    {
        "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
        "ELBSecurityPolicy-TLS13-1-3-2021-06",
        "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
        "ELBSecurityPolicy-TLS13-1-3-PQ-2025-09",
        "ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04",
        "ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04",
    }
)
"""Load balancer policies with TLS 1.2 or newer and forward secrecy
(https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html)."""

_ALB: Final = "alb.ingress.kubernetes.io/"


def at_rest(seen: Seen) -> Iterator[str]:
    if seen.type in {"aws:rds/instance:Instance", "aws:rds/cluster:Cluster"}:
        if not is_on(seen.get("storageEncrypted")):
            yield "storageEncrypted is not true: set it when the database is made, it cannot change"
    elif seen.type == "aws:sns/topic:Topic":
        if seen.get("kmsMasterKeyId") is None:
            yield "kmsMasterKeyId is missing: name a key, alias/aws/sns at least"
    elif seen.type == "aws:sqs/queue:Queue":
        if seen.get("kmsMasterKeyId") is None and not is_on(seen.get("sqsManagedSseEnabled")):
            yield "neither kmsMasterKeyId nor sqsManagedSseEnabled is set: choose one"
    elif seen.type == "kubernetes:storage.k8s.io/v1:StorageClass":
        provisioner = seen.get("provisioner")
        if provisioner in ("ebs.csi.aws.com", "ebs.csi.eks.amazonaws.com") and not is_on(
            seen.get("parameters.encrypted")
        ):
            yield 'parameters.encrypted is not "true": volumes of EBS are encrypted only if asked'


def key_rotation(seen: Seen) -> Iterator[str]:
    if seen.type == "aws:kms/key:Key" and not is_on(seen.get("enableKeyRotation")):
        yield "enableKeyRotation is not true: set it"


def tls_floor(seen: Seen) -> Iterator[str]:
    if seen.type == "kubernetes:networking.k8s.io/v1:Ingress":
        annotations = seen.get("metadata.annotations")
        if annotations is not UNKNOWN:
            yield from _of_ingress(mapping(annotations))
    elif seen.type == "aws:rds/parameterGroup:ParameterGroup":
        parameters = seen.get("parameters")
        if parameters is UNKNOWN:
            return
        forced = [at(p, "value") for p in items(parameters) if at(p, "name") == "rds.force_ssl"]
        if not any(value is UNKNOWN or str(value) == "1" for value in forced):
            yield "rds.force_ssl is not 1: the database would accept connections without TLS"


def _of_ingress(values: Mapping[str, Any]) -> Iterator[str]:
    policy = values.get(f"{_ALB}ssl-policy")
    if policy is not UNKNOWN and str(policy) not in _FLOOR:
        yield f"ssl-policy is {policy!r}: take one with TLS 1.2 or newer and forward secrecy"
    ports = values.get(f"{_ALB}listen-ports")
    if isinstance(ports, str) and '"HTTP"' in ports and not values.get(f"{_ALB}ssl-redirect"):
        yield "it listens on HTTP without ssl-redirect: send browsers to HTTPS"
    if ports is not UNKNOWN and '"HTTPS"' not in str(ports):
        yield "it does not listen on HTTPS"


RULES: Final = (
    Rule(
        name="encryption-at-rest",
        protects="What lies in databases, queues and volumes is unreadable without the key.",
        check=at_rest,
    ),
    Rule(
        name="key-rotation",
        protects="A key that leaked opens only what a year of data was encrypted with.",
        check=key_rotation,
    ),
    Rule(
        name="tls-floor",
        protects="Nobody on the way reads traces or passwords: TLS 1.2 at the load balancer, "
        "TLS at the database.",
        check=tls_floor,
    ),
)
