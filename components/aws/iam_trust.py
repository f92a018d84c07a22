"""Trust policies: who may assume a role."""

from __future__ import annotations

from collections.abc import Sequence

from components.aws.iam_documents import PolicyDocument, document


def service_account_subject(namespace: str, service_account: str) -> str:
    """The ``sub`` claim of a Kubernetes service account's token."""
    return f"system:serviceaccount:{namespace}:{service_account}"


def irsa_trust(
    *, oidc_provider_arn: str, issuer_host: str, namespace: str, service_accounts: Sequence[str]
) -> PolicyDocument:
    """Trust in Kubernetes service accounts of one namespace, by their cluster's OIDC provider.

    ``issuer_host`` is the issuer without its scheme; with a scheme, no claim would match. Both
    claims are compared exactly. Without ``sub``, every pod of the cluster could assume the role;
    without ``aud``, a token that was issued for another service could.
    """
    if "://" in issuer_host:
        raise ValueError(f"the issuer is named without its scheme: {issuer_host}")
    subjects = [service_account_subject(namespace, account) for account in service_accounts]
    return document(
        {
            "Sid": "ServiceAccount",
            "Effect": "Allow",
            "Principal": {"Federated": oidc_provider_arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    f"{issuer_host}:sub": subjects[0] if len(subjects) == 1 else subjects,
                    f"{issuer_host}:aud": "sts.amazonaws.com",
                }
            },
        }
    )


def service_trust(service: str, *, account_id: str, source_arn: str) -> PolicyDocument:
    """Trust in an AWS service, working for one account's resources that match ``source_arn``.

    Without the conditions, another account could make the service use the role (the confused
    deputy problem, https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html).
    """
    return document(
        {
            "Sid": "Service",
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": account_id},
                "ArnLike": {"aws:SourceArn": source_arn},
            },
        }
    )
