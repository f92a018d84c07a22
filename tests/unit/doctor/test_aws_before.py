"""The doctor on AWS before `up`: the cluster, its identity provider, and subnets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from tests.support.configurations import ON_EKS, endpoint, rds, settings
from tests.support.doctor_aws import ACCOUNT, ISSUER, REGION, SUBNETS, VPC, FakeAws
from tooling.doctor import aws
from tooling.doctor.findings import Finding

HERE: Final = f"--region {REGION}"
SECRETS: Final = {**ON_EKS, "secrets": {"delivery": "secretsManager"}}


@pytest.fixture
def fake() -> Iterator[FakeAws]:
    prepared = FakeAws()
    yield prepared
    prepared.finish()


def run(title: str, fake: FakeAws, change: Mapping[str, Any]) -> list[Finding]:
    checks = aws.checks_before(settings(change), fake.client)
    (check,) = (check for check in checks if check.title == title)
    return list(check.run())


def causes(title: str, fake: FakeAws, change: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(finding.section, finding.cause) for finding in run(title, fake, change)]


# -- EKS cluster -----------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", [{}, {"status": "UPDATING"}, {"version": "1.30"}])
def test_a_cluster_that_can_be_used_is_passed_over_in_silence(
    fake: FakeAws, changes: dict[str, str]
) -> None:
    fake.cluster(**changes)

    assert run("EKS cluster", fake, ON_EKS) == []


def test_a_cluster_that_is_not_there_is_one_finding(fake: FakeAws) -> None:
    fake.refuse("eks", "DescribeCluster", "ResourceNotFoundException")

    assert run("EKS cluster", fake, ON_EKS) == [
        Finding(
            section="eks-cluster",
            severity="error",
            subject="EKS cluster platform-prod",
            cause=(
                f"There is no EKS cluster 'platform-prod' in {REGION} of account {ACCOUNT} "
                "(cluster.eksName, aws:region). The command lists those that are there."
            ),
            command=f"aws eks list-clusters {HERE}",
        )
    ]


def test_a_cluster_that_is_not_active_is_one_finding(fake: FakeAws) -> None:
    fake.cluster(status="CREATING")

    assert run("EKS cluster", fake, ON_EKS) == [
        Finding(
            section="eks-cluster",
            severity="error",
            subject="EKS cluster platform-prod",
            cause="It is CREATING: nothing can be deployed until it is ACTIVE.",
            command=f"aws eks wait cluster-active --name platform-prod {HERE}",
        )
    ]


def test_a_cluster_that_is_too_old_is_one_finding(fake: FakeAws) -> None:
    fake.cluster(version="1.29")

    assert run("EKS cluster", fake, ON_EKS) == [
        Finding(
            section="kubernetes-too-old",
            severity="error",
            subject="EKS cluster platform-prod",
            cause=(
                "It runs Kubernetes 1.29, and the pods need 1.30 or newer: `preStop.sleep` is "
                "refused before. EKS upgrades one minor version at a time."
            ),
            command=(
                "aws eks update-cluster-version --name platform-prod --kubernetes-version 1.30 "
                f"{HERE}"
            ),
        )
    ]


# -- IAM identity provider -------------------------------------------------------------------------

PROVIDER: Final = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"


def providers(fake: FakeAws, *arns: str) -> None:
    fake.cluster()
    fake.answer(
        "iam",
        "ListOpenIDConnectProviders",
        {"OpenIDConnectProviderList": [{"Arn": arn} for arn in arns]},
    )


def audiences(fake: FakeAws, *names: str) -> None:
    fake.answer(
        "iam",
        "GetOpenIDConnectProvider",
        {"ClientIDList": list(names)},
        {"OpenIDConnectProviderArn": PROVIDER},
    )


def test_an_identity_provider_that_takes_tokens_for_sts_is_silence(fake: FakeAws) -> None:
    providers(fake, PROVIDER)
    audiences(fake, "sts.amazonaws.com")

    assert run("IAM identity provider", fake, SECRETS) == []


def test_a_cluster_without_identity_provider_is_one_finding(fake: FakeAws) -> None:
    providers(fake, f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.{REGION}.amazonaws.com/id/FF")

    assert run("IAM identity provider", fake, SECRETS) == [
        Finding(
            section="oidc-provider-missing",
            severity="error",
            subject="EKS cluster platform-prod",
            cause=(
                f"IAM has no OIDC provider for the cluster's issuer, https://{ISSUER}: no service "
                "account can take a role, so neither secrets nor the bucket can be reached. A "
                "cluster comes without one; it is made once per cluster."
            ),
            command=(
                f"aws iam create-open-id-connect-provider --url https://{ISSUER} "
                f"--client-id-list sts.amazonaws.com {HERE}"
            ),
        )
    ]


def test_an_identity_provider_for_another_audience_is_one_finding(fake: FakeAws) -> None:
    providers(fake, PROVIDER)
    audiences(fake, "vault")

    assert run("IAM identity provider", fake, SECRETS) == [
        Finding(
            section="oidc-provider-missing",
            severity="error",
            subject=f"IAM OIDC provider {ISSUER}",
            cause=(
                "It does not take tokens for sts.amazonaws.com (the client IDs, or audiences, of "
                "the provider): no service account can take a role."
            ),
            command=(
                "aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn "
                f"{PROVIDER} --client-id sts.amazonaws.com {HERE}"
            ),
        )
    ]


def test_what_is_beside_a_cluster_that_is_not_there_is_unanswered(fake: FakeAws) -> None:
    fake.refuse("eks", "DescribeCluster", "ResourceNotFoundException")

    with pytest.raises(Exception, match=r"^needs the EKS cluster, which is not there$"):
        run("IAM identity provider", fake, SECRETS)


# -- Subnets ---------------------------------------------------------------------------------------

INTERNAL: Final = "kubernetes.io/role/internal-elb"
PUBLIC: Final = "kubernetes.io/role/elb"
SHOW_SUBNETS: Final = (
    f"aws ec2 describe-subnets --filters Name=vpc-id,Values={VPC} --query "
    "'Subnets[].{id:SubnetId,zone:AvailabilityZone,free:AvailableIpAddressCount,"
    "public:MapPublicIpOnLaunch,tags:join('\"'\"' '\"'\"',Tags[].Key)}' "
    f"--output table {HERE}"
)
A, B = SUBNETS


def subnet(
    id_: str,
    zone: str = "a",
    *,
    free: int = 200,
    vpc: str = VPC,
    tags: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    return {
        "SubnetId": id_,
        "VpcId": vpc,
        "AvailabilityZone": f"{REGION}{zone}",
        "AvailableIpAddressCount": free,
        "Tags": [{"Key": key, "Value": value} for key, value in (tags or {}).items()],
    }


def subnets(fake: FakeAws, filters: Mapping[str, list[str]], *found: Mapping[str, Any]) -> None:
    fake.answer(
        "ec2",
        "DescribeSubnets",
        {"Subnets": list(found)},
        {"Filters": [{"Name": name, "Values": values} for name, values in filters.items()]},
    )


def tagged(tag: str) -> dict[str, list[str]]:
    return {"vpc-id": [VPC], "tag-key": [tag]}


@pytest.mark.parametrize(
    ("scheme", "tag"),
    [
        ({"scheme": "internal"}, INTERNAL),
        ({"scheme": "internet-facing", "inboundCidrs": ["203.0.113.0/24"]}, PUBLIC),
    ],
)
@pytest.mark.parametrize("value", ["1", ""])
def test_subnets_with_the_tag_of_the_scheme_in_two_zones_are_silence(
    fake: FakeAws, scheme: Mapping[str, Any], tag: str, value: str
) -> None:
    fake.cluster()
    own = {tag: value, "kubernetes.io/cluster/platform-prod": "shared"}
    subnets(fake, tagged(tag), subnet(A, "a", tags={tag: value}), subnet(B, "b", tags=own, free=8))

    assert run("Load balancer subnets", fake, endpoint(**scheme)) == []


def test_without_tagged_subnets_the_tag_is_named(fake: FakeAws) -> None:
    fake.cluster()
    subnets(fake, tagged(PUBLIC))
    change = endpoint(scheme="internet-facing", inboundCidrs=["203.0.113.0/24"])

    assert run("Load balancer subnets", fake, change) == [
        Finding(
            section="subnets-untagged",
            severity="error",
            subject="Subnets of the load balancer",
            cause=(
                f"The controller looks for public subnets in two zones of {VPC} with the tag "
                f"{PUBLIC}=1, and finds none. Tag them, or name the subnets in "
                "endpoint.subnetIds. The command lists the VPC's subnets."
            ),
            command=SHOW_SUBNETS,
        )
    ]


@pytest.mark.parametrize(
    "second",
    [
        subnet(B, "b", tags={INTERNAL: "true"}),
        subnet(B, "b", tags={INTERNAL: "1"}, free=7),
        subnet(B, "b", tags={INTERNAL: "1", "kubernetes.io/cluster/other": "owned"}),
    ],
)
def test_a_subnet_that_the_controller_passes_over_does_not_count(
    fake: FakeAws, second: Mapping[str, Any]
) -> None:
    fake.cluster()
    subnets(fake, tagged(INTERNAL), subnet(A, "a", tags={INTERNAL: "1"}), second)

    assert causes("Load balancer subnets", fake, endpoint()) == [
        (
            "subnets-untagged",
            f"The controller looks for private subnets in two zones of {VPC} with the tag "
            f"{INTERNAL}=1, and finds {A} ({REGION}a); {B} cannot be used: another value of the "
            "tag, fewer than 8 free addresses, or the tag of another cluster. Tag them, or name "
            "the subnets in endpoint.subnetIds. The command lists the VPC's subnets.",
        )
    ]


def test_given_subnets_in_two_zones_are_silence(fake: FakeAws) -> None:
    fake.cluster()
    subnets(fake, {"subnet-id": [A, B]}, subnet(A, "a"), subnet(B, "b"))
    assert run("Load balancer subnets", fake, endpoint(subnetIds=[A, B])) == []

    fake.caller()
    fake.cluster()
    subnets(fake, {"subnet-id": [A, B]}, subnet(A, "a"), subnet(B, "b"))
    assert run("Database subnets", fake, rds(subnetIds=[A, B])) == []


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (
            [subnet(A, "a")],
            f"{B} of endpoint.subnetIds are not there; endpoint.subnetIds needs subnets in two "
            f"zones, and has {A} ({REGION}a)",
        ),
        (
            [subnet(A, "a"), subnet(B, "b", vpc="vpc-2")],
            f"{B} of endpoint.subnetIds are not in the cluster's {VPC}",
        ),
        (
            [subnet(A, "a"), subnet(B, "a")],
            f"endpoint.subnetIds needs subnets in two zones, and has {A} ({REGION}a), {B} "
            f"({REGION}a); 2 of them are in {REGION}a, and a load balancer takes one for each zone",
        ),
        (
            [subnet(A, "a"), subnet(B, "b", free=3)],
            f"{B} has 3 free addresses, and a load balancer needs 8",
        ),
    ],
)
def test_given_subnets_that_do_not_fit_are_one_finding(
    fake: FakeAws, found: list[Mapping[str, Any]], problem: str
) -> None:
    fake.cluster()
    subnets(fake, {"subnet-id": [A, B]}, *found)

    assert causes("Load balancer subnets", fake, endpoint(subnetIds=[A, B])) == [
        ("subnets-untagged", f"{problem}. The command lists the VPC's subnets.")
    ]


def test_the_database_takes_tagged_subnets_and_without_any_the_clusters(fake: FakeAws) -> None:
    fake.cluster()
    subnets(fake, tagged(INTERNAL), subnet(A, "a"), subnet(B, "b"))
    assert run("Database subnets", fake, rds()) == []

    fake.caller()
    fake.cluster()
    subnets(fake, tagged(INTERNAL))
    subnets(fake, {"subnet-id": [A, B]}, subnet(A, "a"), subnet(B, "b"))
    assert run("Database subnets", fake, rds()) == []


def test_database_subnets_in_one_zone_are_one_finding(fake: FakeAws) -> None:
    fake.cluster()
    subnets(fake, tagged(INTERNAL), subnet(A, "a"), subnet(B, "a"))

    assert run("Database subnets", fake, rds()) == [
        Finding(
            section="subnets-untagged",
            severity="error",
            subject="Subnets of the database",
            cause=(
                f"RDS wants subnets in two zones. The private ones of {VPC} are found by the tag "
                f"{INTERNAL} (without any, the cluster's own are taken), which are {A} ({REGION}a),"
                f" {B} ({REGION}a). Tag more of them, or name the subnets in database.subnetIds. "
                "The command lists the VPC's subnets."
            ),
            command=SHOW_SUBNETS,
        )
    ]


def test_given_database_subnets_that_do_not_fit_are_one_finding(fake: FakeAws) -> None:
    fake.cluster()
    subnets(fake, {"subnet-id": [A, B]}, subnet(B, "b", vpc="vpc-2"))

    assert causes("Database subnets", fake, rds(subnetIds=[A, B])) == [
        (
            "subnets-untagged",
            f"{A} of database.subnetIds are not there; {B} of database.subnetIds are not in the "
            f"cluster's {VPC}; database.subnetIds needs subnets in two zones, and has {B} "
            f"({REGION}b). The command lists the VPC's subnets.",
        )
    ]
