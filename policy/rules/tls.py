"""Rules about encryption in transit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from .aws.documents import statements
from .kubernetes.objects import Manifest, manifests
from .model import UNKNOWN, Rule, Seen, at, items, mapping

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
_CLASS: Final = "kubernetes.io/ingress.class"
_LISTENERS: Final = frozenset(
    {
        *("aws:lb/listener:Listener", "aws:alb/listener:Listener"),
        "aws:elasticloadbalancingv2/listener:Listener",
    }
)
_PARAMETERS: Final = frozenset(
    {
        "aws:rds/parameterGroup:ParameterGroup",
        "aws:rds/clusterParameterGroup:ClusterParameterGroup",
    }
)
_DATABASE: Final = "aws:rds/instance:Instance"
_OLDEST: Final = ("TLSv1.2", "TLSv1.3")
_DENYING: Final = frozenset(
    {
        *("aws:s3/bucketPolicy:BucketPolicy", "aws:sns/topicPolicy:TopicPolicy"),
        "aws:sqs/queuePolicy:QueuePolicy",
    }
)
"""Policies of what AWS serves without TLS too."""


def tls_floor(seen: Seen) -> Iterator[str]:
    for manifest in manifests(seen):
        if manifest.kind == "Ingress" and manifest.group in ("networking.k8s.io", "extensions"):
            for problem in _of_ingress(manifest):
                yield f"{manifest.place}{problem}"
        elif manifest.kind == "IngressClassParams":
            policy = manifest.get("spec.sslPolicy")
            if policy is not None and policy is not UNKNOWN and str(policy) not in _FLOOR:
                yield f"spec.sslPolicy is {policy!r}: {_BETTER}"
    if seen.type.startswith("aws"):
        yield from _of_aws(seen)


def _of_aws(seen: Seen) -> Iterator[str]:
    if seen.type in _PARAMETERS:
        yield from _of_parameters(seen)
    elif seen.type in _LISTENERS:
        yield from _of_listener(seen)
    elif seen.type in _DENYING and not _denies_clear_text(seen):
        yield "no statement denies aws:SecureTransport = false: it can be read without TLS"
    elif seen.type == _DATABASE and str(seen.get("engine")).startswith("postgres"):
        group = seen.get("parameterGroupName")
        if group is None or str(group).startswith("default."):
            yield "parameterGroupName is not one of this stack: nothing forces TLS"
    else:
        yield from _of_cache(seen)


def _of_cache(seen: Seen) -> Iterator[str]:
    """Of caches, and of DocumentDB, which answers with TLS alone unless told otherwise."""
    if seen.type == "aws:elasticache/replicationGroup:ReplicationGroup":
        if seen.get("transitEncryptionEnabled") not in (True, "true", UNKNOWN):
            yield "transitEncryptionEnabled is not true: set it"
        if seen.get("transitEncryptionMode") not in (None, "required", UNKNOWN):
            yield "transitEncryptionMode is not required: connections without TLS are accepted"
    elif seen.type == "aws:memorydb/cluster:Cluster":
        # It is on if nothing is said.
        if seen.get("tlsEnabled") not in (None, True, "true", UNKNOWN):
            yield "tlsEnabled is not true: set it"
    elif seen.type == "aws:docdb/clusterParameterGroup:ClusterParameterGroup":
        for parameter in items(seen.get("parameters")):
            value = at(parameter, "value")
            if at(parameter, "name") == "tls" and value in ("disabled", "tls1.0+", "tls1.1+"):
                yield f"tls is {value}: take tls1.2+"


_BETTER: Final = "take one with TLS 1.2 or newer and forward secrecy"


def _of_parameters(seen: Seen) -> Iterator[str]:
    parameters = seen.get("parameters")
    if parameters is UNKNOWN or UNKNOWN in items(parameters):
        return
    if str(seen.get("family")).startswith(("mysql", "mariadb", "aurora-mysql")):
        switch, on = "require_secure_transport", ("1", "ON")
    else:
        switch, on = "rds.force_ssl", ("1",)
    # Every entry: of two with one name the last one counts, or AWS refuses both.
    forced = [at(p, "value") for p in items(parameters) if at(p, "name") in (switch, UNKNOWN)]
    if not forced or not all(value is UNKNOWN or str(value) in on for value in forced):
        yield f"{switch} is not 1: the database would accept connections without TLS"
    for parameter in items(parameters):
        value = at(parameter, "value")
        if at(parameter, "name") == "ssl_min_protocol_version" and value not in (*_OLDEST, UNKNOWN):
            yield f"ssl_min_protocol_version is {value}: take TLSv1.2"


def _of_listener(seen: Seen) -> Iterator[str]:
    protocol, policy = seen.get("protocol"), seen.get("sslPolicy")
    if protocol in ("HTTPS", "TLS"):
        if policy is not UNKNOWN and str(policy) not in _FLOOR:
            yield f"sslPolicy is {policy!r}: {_BETTER}"
    elif protocol is not UNKNOWN:
        actions = items(seen.get("defaultActions"))
        redirected = [at(action, "redirect.protocol") for action in actions]
        if not redirected or any(target not in ("HTTPS", UNKNOWN) for target in redirected):
            yield f"protocol is {protocol}: listen with HTTPS, or redirect to it"


def _denies_clear_text(seen: Seen) -> bool:
    """Whether a policy refuses every request without TLS; an unknown policy counts as if it did."""
    if seen.get("policy") is UNKNOWN:
        return True
    return any(
        statement.fields.get("effect") == "Deny"
        and ("AWS", "*") in statement.principals()
        and _is_clear_text(statement.fields.get("condition"))
        for statement in statements(seen)
    )


def _is_clear_text(condition: object) -> bool:
    """Whether a condition holds for every request without TLS, and needs nothing else."""
    tests = mapping(condition)
    return (
        len(tests) == 1
        and all(
            str(key).lower() == "aws:securetransport"
            and str(value).lower() in ("false", "['false']")
            for key, value in mapping(tests.get("Bool")).items()
        )
        and len(mapping(tests.get("Bool"))) == 1
    )


def _of_ingress(manifest: Manifest) -> Iterator[str]:
    given = manifest.get("metadata.annotations")
    if given is UNKNOWN:
        return
    values = mapping(given)
    name = manifest.get("spec.ingressClassName")
    name = values.get(_CLASS) if name is None else name
    unsaid = name is UNKNOWN or (manifest.partial and name is None)
    # The ALB's floor is an annotation; what another controller does is not known.
    if not unsaid and "alb" not in re.split(r"[^a-z0-9]", str(name).lower()):
        yield f"ingress class is {name!r}, not one called alb: its TLS cannot be judged"
    yield from _of_annotations(values, partial=manifest.partial)


def _of_annotations(values: Mapping[str, Any], *, partial: bool) -> Iterator[str]:
    policy = values.get(f"{_ALB}ssl-policy")
    unsaid = (UNKNOWN, None) if partial else (UNKNOWN,)
    if policy not in unsaid and str(policy) not in _FLOOR:
        yield f"ssl-policy is {policy!r}: {_BETTER}"
    ports, redirect = values.get(f"{_ALB}listen-ports"), values.get(f"{_ALB}ssl-redirect")
    if ports in unsaid:
        return
    listening = _ports(ports)
    secure = {port for protocol, port in listening if protocol == "HTTPS"}
    if any(protocol != "HTTPS" for protocol, _ in listening):
        if not redirect:
            yield "it listens on HTTP without ssl-redirect: send browsers to HTTPS"
        elif redirect is not UNKNOWN and secure and str(redirect) not in secure:
            yield f"ssl-redirect is {redirect!r}, where it does not listen with HTTPS"
    if not secure:
        yield "it does not listen on HTTPS"


def _ports(text: object) -> list[tuple[str, str]]:
    """Protocol and port of each listener; none where the annotation is no JSON."""
    try:
        listed: object = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return []
    return [
        (str(protocol), str(port))
        for entry in items(listed)
        for protocol, port in mapping(entry).items()
    ]


RULES: Final = (
    Rule(
        name="tls-floor",
        protects="Traces and passwords cannot be read in transit: TLS 1.2 at the load "
        "balancer, TLS at the database and the cache, and no bucket, topic or queue "
        "answers without TLS.",
        check=tls_floor,
    ),
)
