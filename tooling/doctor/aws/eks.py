"""Checks of the EKS cluster and its identity provider, and a kubeconfig for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from components.aws.cluster_support import OLDEST, USABLE
from stacks.platforms import eks_providers
from stacks.settings import Settings
from tooling.doctor.aws.session.account import Account, AwsAccount, Cluster
from tooling.doctor.aws.session.client import Clients, DeniedError, UnansweredError
from tooling.doctor.findings import Finding, Unanswerable

_AUDIENCE: Final = "sts.amazonaws.com"


def cluster(account: Account) -> Iterator[Finding]:
    """Whether the cluster exists, runs, and is new enough."""
    found = account.found_cluster()
    if found is None:
        yield _missing(account)
    elif found.status not in USABLE:
        yield _unusable(account, found)
    elif _version(found.version) < OLDEST:
        yield Finding.error(
            "kubernetes-too-old",
            f"EKS cluster {found.name}",
            f"It runs Kubernetes {found.version}, and the pods need 1.30 or newer: "
            "`preStop.sleep` is refused before. EKS upgrades one minor version at a time.",
            account.aws.command(
                *("eks", "update-cluster-version", "--name", found.name),
                *("--kubernetes-version", _next(found.version)),
            ),
        )


def _missing(account: Account) -> Finding:
    name = account.settings.cluster.eks_name or ""
    return Finding.error(
        "eks-cluster",
        f"EKS cluster {name}",
        f"There is no EKS cluster '{name}' in {account.aws.region} of account "
        f"{account.caller().account} (cluster.eksName, aws:region). The command lists those "
        "that are there.",
        account.aws.command("eks", "list-clusters"),
    )


def _unusable(account: Account, found: Cluster) -> Finding:
    return Finding.error(
        "eks-cluster",
        f"EKS cluster {found.name}",
        f"It is {found.status}: nothing can be deployed until it is ACTIVE.",
        account.aws.command("eks", "wait", "cluster-active", "--name", found.name),
    )


def _version(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split("."))
    except ValueError:
        raise UnansweredError(f"EKS gives '{text}' as the cluster's version") from None


def _next(text: str) -> str:
    major, minor = _version(text)[:2]
    return f"{major}.{minor + 1}"


def identity_provider(account: AwsAccount) -> Iterator[Finding]:
    """Whether IAM has a provider for the cluster's issuer that accepts its tokens for STS."""
    found = account.cluster()
    answer = account.aws.ask("iam", "ListOpenIDConnectProviders")
    issuer = found.issuer.removeprefix("https://")
    arns = [entry["Arn"] for entry in answer.get("OpenIDConnectProviderList", [])]
    arn = next((arn for arn in arns if issuer and arn.endswith(f":oidc-provider/{issuer}")), None)
    if arn is None:
        yield Finding.error(
            "oidc-provider-missing",
            f"EKS cluster {found.name}",
            f"IAM has no OIDC provider for the cluster's issuer, {found.issuer}: no service "
            "account can take a role, so neither secrets nor the bucket can be reached. A "
            "cluster comes without one; it is made once per cluster.",
            account.aws.command(
                *("iam", "create-open-id-connect-provider", "--url", found.issuer),
                *("--client-id-list", _AUDIENCE),
            ),
        )
        return
    provider = account.aws.ask("iam", "GetOpenIDConnectProvider", OpenIDConnectProviderArn=arn)
    if _AUDIENCE not in provider.get("ClientIDList", []):
        yield Finding.error(
            "oidc-provider-missing",
            f"IAM OIDC provider {issuer}",
            f"It does not take tokens for {_AUDIENCE} (the client IDs, or audiences, of the "
            "provider): no service account can take a role.",
            account.aws.command(
                *("iam", "add-client-id-to-open-id-connect-provider"),
                *("--open-id-connect-provider-arn", arn, "--client-id", _AUDIENCE),
            ),
        )


def kubeconfig(settings: Settings, folder: Path, clients: Clients) -> Path:
    """Writes a kubeconfig that logs in to the stack's cluster through the AWS CLI.

    It holds no token. Raises ``Unanswerable`` when the cluster cannot be asked for.
    """
    account = Account(settings, clients)
    name = settings.cluster.eks_name or ""
    try:
        account.admitted()
        found = account.found_cluster()
    except DeniedError as denied:
        raise Unanswerable(
            Finding.error(
                "aws-permission-missing",
                denied.permission,
                f"The EKS cluster '{name}' cannot be found: the caller has no permission "
                f"{denied.permission}, which every deployment needs. The command shows who "
                "the caller is.",
                account.aws.command("sts", "get-caller-identity"),
            )
        ) from None
    except UnansweredError as unanswered:
        raise Unanswerable(
            Finding.error(
                "eks-cluster",
                f"EKS cluster {name}",
                f"{unanswered}. The command asks the same.",
                account.aws.command("eks", "describe-cluster", "--name", name),
            )
        ) from None
    if found is None:
        raise Unanswerable(_missing(account))
    if not found.endpoint or not found.certificate_authority:
        raise Unanswerable(_unusable(account, found))
    return write_kubeconfig(account, found, folder)


def write_kubeconfig(account: AwsAccount, found: Cluster, folder: Path) -> Path:
    """Writes a kubeconfig that logs in to a cluster through the AWS CLI."""
    document = eks_providers.kubeconfig(
        name=found.name,
        region=account.aws.region or "",
        profile=account.aws.profile,
        endpoint=found.endpoint,
        certificate_authority=found.certificate_authority,
    )
    file = folder / "kubeconfig"
    file.touch(mode=0o600)
    file.write_text(json.dumps(document), encoding="utf-8")
    return file
