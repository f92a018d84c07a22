"""What External Secrets and the AWS Load Balancer Controller write. Pure; imports no SDK."""

from __future__ import annotations

from typing import Final

from tooling.doctor.patterns.pattern import aws, doctor_before, kubectl, pattern

PATTERNS: Final = (
    # External Secrets, about Secrets Manager. Before AWS's own, which they contain.
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
        r"not authorized to perform: (?P<action>secretsmanager:\w+|kms:\w+)"
        r"|(?P<kms>Access to KMS is not allowed)",
        lambda _, groups: (
            "AWS refuses to read the entry: "
            + (f"the store's role lacks {groups['action']}" if groups["action"] else groups["kms"])
        ),
        kubectl("get", "secretstores,externalsecrets"),
    ),
    # The load balancer controller.
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
    pattern(
        "ingress-without-address",
        r"not authorized to perform: (?P<action>(?:elasticloadbalancing|ec2|acm|wafv2):\w+)",
        "AWS refuses {action} to the load balancer controller's role",
        kubectl("describe", "ingress"),
    ),
)
