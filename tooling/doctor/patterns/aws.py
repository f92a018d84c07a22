"""What a failed `pulumi up` says about AWS. Pure; imports no SDK."""

from __future__ import annotations

from typing import Final

from tooling.doctor.patterns.pattern import aws, doctor, pattern

PATTERNS: Final = (
    pattern(
        "certificate-pending",
        r"ACM Certificate[^\n]*(?:timeout|PENDING_VALIDATION)",
        "The certificate was not validated in time: its validation record is not in public DNS",
        doctor,
    ),
    pattern(
        "certificate-not-issued",
        r"ACM Certificate[^\n]*(?P<state>FAILED|VALIDATION_TIMED_OUT|REVOKED|EXPIRED)",
        "The certificate's state is {state}",
        aws("acm", "list-certificates", "--includes", "keyTypes=RSA_2048,EC_prime256v1"),
    ),
    pattern(
        "hosted-zone-missing",
        r"no matching Route ?53 ?(?:Hosted ?)?Zone found",
        "Route 53 has no public zone of that name in this account",
        lambda place, _: place.aws("route53", "list-hosted-zones"),
    ),
    pattern(
        "eks-cluster",
        r"No cluster found for name: (?P<name>[\w-]+)|reading EKS Cluster[^\n]*couldn't find",
        "EKS has no cluster of that name in this account and region",
        aws("eks", "list-clusters"),
    ),
    pattern(
        "aws-account",
        r"AWS account ID not allowed: (?P<account>\d+)",
        "The credentials are of account {account}, which is not among aws:allowedAccountIds",
        aws("sts", "get-caller-identity"),
    ),
    pattern(
        "aws-credentials",
        r"No valid credential sources|ExpiredToken|InvalidClientTokenId|SSO session has expired"
        r"|failed to refresh cached credentials",
        "There are no AWS credentials, or they have expired",
        aws("sts", "get-caller-identity"),
    ),
    pattern(
        "aws-permission-missing",
        r"is not authorized to perform: (?P<action>[\w-]+:\w+)",
        "AWS refuses {action} to the credentials of this run",
        aws("sts", "get-caller-identity"),
    ),
)
