"""A discovered EKS cluster for component tests, known or unknown."""

from __future__ import annotations

from typing import Final, TypeVar

import pulumi
from pulumi.output import Unknown

from components.aws.cluster import EksCluster, OidcProvider
from components.kubernetes.cluster_mode import SELF_MANAGED, ClusterMode

ACCOUNT: Final = "123456789012"
ROLE_PATH = "/agent-observability/prod/"
REGION: Final = "ap-northeast-2"
ISSUER_HOST: Final = f"oidc.eks.{REGION}.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
OIDC_ARN: Final = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER_HOST}"
SECURITY_GROUP: Final = "sg-00000000000000001"
VPC: Final = "vpc-00000000000000001"
SUBNETS: Final = ["subnet-0000000000000000a", "subnet-0000000000000000b"]

T = TypeVar("T")


def output(value: T, *, unknown: bool = False) -> pulumi.Output[T]:
    """An output with a value, or one that has none before the deployment."""
    return pulumi.Output.from_input(Unknown() if unknown else value)  # pyright: ignore[reportReturnType]


def cluster(*, unknown: bool = False, mode: ClusterMode = SELF_MANAGED) -> EksCluster:
    def known(value: T) -> pulumi.Output[T]:
        return output(value, unknown=unknown)

    return EksCluster(
        name="platform-prod",
        region=REGION,
        arn=known(f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/platform-prod"),
        mode=mode,
        partition=known("aws"),
        account_id=known(ACCOUNT),
        endpoint=known(f"https://0123.gr7.{REGION}.eks.amazonaws.com"),
        certificate_authority=known("Y2E="),
        vpc_id=known(VPC),
        vpc_cidrs=known(["10.20.0.0/16"]),
        security_group_id=known(SECURITY_GROUP),
        subnet_ids=known(SUBNETS),
        oidc_issuer=known(f"https://{ISSUER_HOST}"),
        role_path=ROLE_PATH,
    )


def oidc_provider(*, unknown: bool = False) -> OidcProvider:
    return OidcProvider(
        arn=output(OIDC_ARN, unknown=unknown),
        issuer_host=output(ISSUER_HOST, unknown=unknown),
    )
