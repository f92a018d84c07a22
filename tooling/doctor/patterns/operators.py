"""What the controllers of AWS in the cluster write: secrets, load balancers, volumes.

Pure; imports no SDK.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tooling.doctor.patterns.pattern import (
    Groups,
    Pattern,
    alone,
    aws,
    doctor_before,
    kubectl,
    of,
    pattern,
)
from tooling.doctor.place import Place

_REFUSED: Final = (
    r"operation error (?P<service>[\w ]{2,40}): (?P<operation>\w+)[^\n]*"
    r"(?:UnauthorizedOperation|AccessDenied)|UnauthorizedOperation"
)
_NO_ROLE: Final = r"AssumeRoleWithWebIdentity|no EC2 IMDS role found|static credentials are empty"


def _refusals(section: str, whose: str, command: Callable[[Place, Groups], str]) -> list[Pattern]:
    """What AWS refuses to a controller: the action where it is named, else the call."""

    def call(_: Place, groups: Groups) -> str:
        named = f"{groups['service']} {groups['operation']}".strip()
        return f"AWS refuses {named or 'a call that it does not name'} to {whose}"

    return [
        pattern(
            section,
            r"not authorized to perform: (?P<action>[\w-]+:\w+)",
            f"AWS refuses {{action}} to {whose}",
            command,
        ),
        pattern(section, _REFUSED, call, command),
    ]


_EXTERNAL_SECRETS: Final = of(
    ("external-secrets",),
    pattern(
        "secret-not-synced",
        r"(?:scheduled|marked) for deletion[^\n]*(?:GetSecretValue|SecretSyncedError)"
        r"|(?:GetSecretValue|perform this operation on the secret)[^\n]*marked for deletion",
        "The entry in Secrets Manager is marked for deletion",
        aws("secretsmanager", "list-secrets", "--include-planned-deletion"),
    ),
    pattern(
        "secret-not-synced",
        r"ResourceNotFoundException[^\n]*Secrets Manager can't find the specified secret",
        "The entry, or this version of it, is not in Secrets Manager: it was deleted there, or the "
        "store reads another region",
        aws("secretsmanager", "list-secrets", "--include-planned-deletion"),
    ),
    pattern(
        "secret-not-synced",
        r"sts:AssumeRoleWithWebIdentity|an IAM role must be associated with service account",
        "External Secrets cannot take the store's role: the role's trust does not name this "
        "cluster's OIDC provider, or the service account",
        kubectl("get", "serviceaccounts", "-o", "yaml"),
    ),
    pattern(
        "secret-not-synced",
        r"not authorized to perform: (?P<action>[\w-]+:\w+)"
        r"|(?P<kms>Access to KMS is not allowed)",
        lambda _, groups: (
            "AWS refuses to read the entry: "
            + (f"the store's role lacks {groups['action']}" if groups["action"] else groups["kms"])
        ),
        kubectl("get", "secretstores,externalsecrets"),
    ),
    alone(
        pattern(
            "secret-not-synced",
            r"could not get secret data from provider|SecretSyncedError",
            "External Secrets could not read the entry; its events and its log say why",
            kubectl("describe", "externalsecrets"),
        )
    ),
)

_LOAD_BALANCERS: Final = of(
    ("load-balancers",),
    pattern(
        "ingress-without-address",
        _NO_ROLE,
        "The load balancer controller cannot take its role: the role's trust does not name this "
        "cluster's OIDC provider, or the controller's service account",
        lambda place, _: place.kubectl(
            "get",
            "serviceaccount",
            "aws-load-balancer-controller",
            "-n",
            "kube-system",
            "-o",
            "yaml",
        ),
    ),
    pattern(
        "ingress-without-address",
        r"auto-discover subnets|at least (?:one|two) subnets?\b",
        "The controller finds no subnets for the load balancer: those of its scheme carry no role "
        "tag (kubernetes.io/role/elb or kubernetes.io/role/internal-elb), or lie in one zone",
        doctor_before,
    ),
    pattern(
        "bucket-policy",
        r"(?i:access denied for bucket:? *)(?P<bucket>[\w.-]*\w)",
        "The load balancer may not write its access logs to the bucket {bucket}, and the "
        "controller stops at that",
        lambda place, groups: place.aws("s3api", "get-bucket-policy", "--bucket", groups["bucket"]),
    ),
    pattern(
        "ingress-without-address",
        r"no certificates? found for host|CertificateNotFound|UnsupportedCertificate"
        r"|Certificate ARN '[^'\n]*' (?:not found|is not valid)",
        "The load balancer's certificate is not there, not issued, or in another region",
        aws("acm", "list-certificates"),
    ),
    *_refusals(
        "ingress-without-address",
        "the load balancer controller's role",
        kubectl("describe", "ingress"),
    ),
    alone(
        pattern(
            "ingress-without-address",
            r"Ingress \.status\.loadBalancer field was not updated",
            "The load balancer got no name in time; the Ingress's events say why",
            kubectl("describe", "ingress"),
        )
    ),
)

_VOLUMES: Final = of(
    ("volumes",),
    pattern(
        "claim-pending",
        _NO_ROLE,
        "The EBS CSI driver has no role, or cannot take it: the role's trust does not name this "
        "cluster's OIDC provider, or the driver's service account",
        lambda place, _: place.kubectl(
            "get", "serviceaccount", "ebs-csi-controller-sa", "-n", "kube-system", "-o", "yaml"
        ),
    ),
    *_refusals(
        "claim-pending",
        "the EBS CSI driver's role",
        kubectl("get", "persistentvolumeclaims"),
    ),
)

PATTERNS: Final = (*_EXTERNAL_SECRETS, *_LOAD_BALANCERS, *_VOLUMES)
