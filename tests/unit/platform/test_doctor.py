"""The doctor of a platform: what is asked of AWS, and what is made of its answers.

botocore checks requests and answers against AWS's model; that AWS answers so is not proven.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.doctor_aws import ACCOUNT, ISSUER, REGION, FakeAws
from tests.support.loopback import Request, Response, serving
from tests.support.platform import ADMIN, EXISTING, small
from tooling.doctor import report
from tooling.doctor.aws.session.client import UnansweredError
from tooling.doctor.findings import Finding
from tooling.doctor.report import Report
from tooling.platform import checks, cluster, command, delegation, entries, leftovers, quotas
from tooling.platform.account import PlatformAccount, read_settings

HERE: Final = f"--region {REGION}"
TAGS: Final = {"agent-observability:platform": "prod"}
NAME: Final = "platform-prod"
NAMED: Final = {"platform:cluster": {"name": NAME}}


@pytest.fixture
def fake() -> Iterator[FakeAws]:
    prepared = FakeAws()
    yield prepared
    prepared.finish()


def account(fake: FakeAws, change: Mapping[str, Any] | None = None) -> PlatformAccount:
    settings = small({**NAMED, **(change or {})})
    return PlatformAccount(settings, fake.client)


def absent(fake: FakeAws) -> None:
    fake.refuse("eks", "DescribeCluster", "ResourceNotFoundException")


def test_commands_name_the_stack_as_it_was_given() -> None:
    settings = read_settings("prod")
    given = PlatformAccount(settings, FakeAws().client, stack="acme/prod")
    plain = PlatformAccount(settings, FakeAws().client)

    assert settings.cluster.name == NAME
    assert [own.make("platform") for own in (given, plain)] == [
        "make platform STACK=acme/prod",
        "make platform STACK=prod",
    ]
    assert given.pulumi("destroy") == "pulumi -C platform destroy --stack acme/prod"
    assert given.config_set("platform:cluster.name", "other") == (
        "pulumi -C platform config set --stack acme/prod --path platform:cluster.name other"
    )
    assert given.doctor() == "make doctor PROJECT=platform STACK=acme/prod"
    assert plain.doctor(before=True) == (
        ".venv/bin/python -m tooling platform doctor --stack prod --before"
    )


# -- The caller ------------------------------------------------------------------------------------

SESSION: Final = f"arn:aws:sts::{ACCOUNT}:assumed-role"
SSO: Final = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1"


@pytest.mark.parametrize(
    ("caller", "principals", "expected"),
    [
        (f"{SESSION}/platform-admin/ann", [ADMIN], True),
        (f"{SESSION}/AWSReservedSSO_Admin_1/ann", [SSO], True),
        (f"{SESSION}/admin/ann", [ADMIN], False),
        ("arn:aws:sts::999999999999:assumed-role/platform-admin/ann", [ADMIN], False),
        (f"arn:aws:iam::{ACCOUNT}:user/ann", [f"arn:aws:iam::{ACCOUNT}:user/ann"], True),
        (f"arn:aws:iam::{ACCOUNT}:user/ann", [f"arn:aws:iam::{ACCOUNT}:user/ops/ann"], False),
        (f"{SESSION}/platform-admin/ann", [], False),
    ],
)
def test_a_caller_is_told_by_its_user_or_by_the_role_of_its_session(
    caller: str, principals: list[str], expected: bool
) -> None:
    assert entries.is_among(caller, principals) is expected


def test_a_caller_who_may_not_enter_the_cluster_is_told_before_it_is_made(fake: FakeAws) -> None:
    fake.caller(f"{SESSION}/deploy/ci")

    assert list(entries.caller_is_admin(account(fake))) == [
        Finding(
            section="platform-caller",
            severity="error",
            subject=f"Caller {SESSION}/deploy/ci",
            cause=(
                "It is not among platform:access.admins. EKS lets nobody in who has no entry, not "
                "even who makes the cluster: `make platform` would make it, and then no object in "
                "it."
            ),
            command=(
                "pulumi -C platform config set --stack prod --path 'platform:access.admins[1]' "
                f"arn:aws:iam::{ACCOUNT}:role/deploy"
            ),
        )
    ]


def test_the_path_of_a_role_of_identity_center_is_asked_for(fake: FakeAws) -> None:
    fake.caller(f"{SESSION}/AWSReservedSSO_Admin_1/ann")

    (finding,) = entries.caller_is_admin(account(fake))

    assert finding.cause.endswith("The command shows the ARN to enter.")
    assert finding.command == (
        f"aws iam get-role --role-name AWSReservedSSO_Admin_1 --query Role.Arn --output text {HERE}"
    )


def test_an_administrator_is_silence(fake: FakeAws) -> None:
    fake.caller(f"{SESSION}/platform-admin/ann")

    assert list(entries.caller_is_admin(account(fake))) == []


@pytest.mark.parametrize(
    ("principals", "found"), [([ADMIN], 0), ([f"arn:aws:iam::{ACCOUNT}:role/other"], 1)]
)
def test_the_entries_of_a_cluster_that_is_there_decide(
    fake: FakeAws, principals: list[str], found: int
) -> None:
    fake.caller(f"{SESSION}/platform-admin/ann")
    fake.cluster()
    fake.answer("eks", "ListAccessEntries", {"accessEntries": principals}, {"clusterName": NAME})

    findings = list(entries.caller_has_entry(account(fake)))

    assert [finding.section for finding in findings] == ["platform-caller"] * found
    assert ["Unauthorized" in finding.cause for finding in findings] == [True] * found


# -- Quotas ----------------------------------------------------------------------------------------


def quota(fake: FakeAws, code: tuple[str, str], value: float) -> None:
    fake.answer(
        "service-quotas",
        "GetServiceQuota",
        {"Quota": {"Value": value}},
        {"ServiceCode": code[0], "QuotaCode": code[1]},
    )


def address(own: bool = False) -> dict[str, Any]:
    tags = [{"Key": key, "Value": value} for key, value in TAGS.items()] if own else []
    return {"PublicIp": "198.51.100.1", "Tags": tags}


@pytest.mark.parametrize(
    ("nat", "there", "limit", "found"),
    [
        ("regional", 3, 5, 0),
        ("regional", 4, 5, 1),
        ("perZone", 4, 5, 1),
        ("one", 4, 5, 0),
        ("one", 5, 5, 1),
    ],
)
def test_addresses_that_the_account_has_no_room_for_are_one_finding(
    fake: FakeAws, nat: str, there: int, limit: int, found: int
) -> None:
    fake.answer("ec2", "DescribeAddresses", {"Addresses": [address() for _ in range(there)]})
    quota(fake, quotas.ADDRESSES, limit)

    findings = list(quotas.addresses(account(fake, {"platform:network": {"nat": nat}})))

    assert len(findings) == found


def test_a_quota_that_is_used_up_says_how_to_get_more(fake: FakeAws) -> None:
    fake.answer("ec2", "DescribeAddresses", {"Addresses": [address() for _ in range(4)]})
    quota(fake, quotas.ADDRESSES, 5)

    assert list(quotas.addresses(account(fake))) == [
        Finding(
            section="platform-quota",
            severity="error",
            subject="Elastic IP addresses",
            cause=(
                f"The account may have 5 in {REGION} and has 4; the platform needs 2 more. "
                "platform:network.nat 'one' needs one. The command asks for a larger quota; AWS "
                "grants it within minutes or days."
            ),
            command=(
                "aws service-quotas request-service-quota-increase --service-code ec2 "
                f"--quota-code L-0263D0A3 --desired-value 6 {HERE}"
            ),
        )
    ]


def test_addresses_and_networks_of_the_platform_itself_are_not_needed_again(fake: FakeAws) -> None:
    fake.answer("ec2", "DescribeAddresses", {"Addresses": [address(own=True), address(own=True)]})
    tags = [{"Key": key, "Value": value} for key, value in TAGS.items()]
    fake.answer("ec2", "DescribeVpcs", {"Vpcs": [{"VpcId": "vpc-1", "Tags": tags}]})
    own = account(fake)

    assert [*quotas.addresses(own), *quotas.networks(own)] == []


@pytest.mark.parametrize(("there", "found"), [(4, 0), (5, 1)])
def test_a_vpc_too_many_is_one_finding(fake: FakeAws, there: int, found: int) -> None:
    fake.answer("ec2", "DescribeVpcs", {"Vpcs": [{"VpcId": f"vpc-{i}"} for i in range(there)]})
    quota(fake, quotas.NETWORKS, 5)

    findings = list(quotas.networks(account(fake)))

    assert [finding.subject for finding in findings] == ["VPCs"] * found
    assert all("source 'existing'" in finding.cause for finding in findings)


def test_an_existing_network_needs_neither(fake: FakeAws) -> None:
    existing = account(fake, {"platform:network": EXISTING})

    assert [*quotas.addresses(existing), *quotas.networks(existing)] == []


@pytest.mark.parametrize(("limit", "found"), [(5, 1), (15, 1), (16, 0)])
def test_few_cpus_of_a_new_account_are_a_warning(fake: FakeAws, limit: int, found: int) -> None:
    quota(fake, quotas.CPUS, limit)

    findings = list(quotas.cpus(account(fake)))

    assert [finding.severity for finding in findings] == ["warning"] * found


def test_spot_machines_alone_have_another_quota(fake: FakeAws) -> None:
    assert list(quotas.cpus(account(fake, {"platform:nodes": {"capacity": ["spot"]}}))) == []


# -- The cluster and its log -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"tags": TAGS, "version": "1.36", "computeConfig": {"enabled": True}}, None),
        ({"tags": {}}, "It exists and is not the platform's:"),
        ({"tags": TAGS, "status": "CREATING"}, "It is still being created,"),
        (
            {"tags": TAGS, "version": "1.34", "computeConfig": {"enabled": True}},
            "It runs Kubernetes 1.34, and EKS upgrades one minor version at a time:",
        ),
    ],
)
def test_a_cluster_in_the_way_is_told(
    fake: FakeAws, change: dict[str, Any], cause: str | None
) -> None:
    fake.cluster(**change)

    findings = list(cluster.in_the_way(account(fake)))

    assert [finding.section for finding in findings] == ["platform-name"] * (cause is not None)
    assert all(finding.cause.startswith(cause or "") for finding in findings)
    look = f"aws eks describe-cluster --name {NAME} {HERE}"
    assert [finding.command for finding in findings] == [look] * (cause is not None)


LOG_ARN: Final = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/eks/{NAME}/cluster"


def log_groups(fake: FakeAws, *names: str) -> None:
    fake.answer(
        "logs",
        "DescribeLogGroups",
        {"logGroups": [{"logGroupName": name, "arn": f"{LOG_ARN}:*"} for name in names]},
        {"logGroupNamePrefix": f"/aws/eks/{NAME}/cluster"},
    )


@pytest.mark.parametrize("tags", [{}, {"agent-observability:platform": "dev"}])
def test_the_log_of_an_earlier_cluster_has_to_go_first(fake: FakeAws, tags: dict[str, str]) -> None:
    absent(fake)
    log_groups(fake, f"/aws/eks/{NAME}/cluster")
    fake.answer("logs", "ListTagsForResource", {"tags": tags}, {"resourceArn": LOG_ARN})

    (finding,) = cluster.log_group(account(fake))

    assert finding.section == "platform-log-group"
    assert finding.command == (
        f"aws logs delete-log-group --log-group-name /aws/eks/{NAME}/cluster {HERE}"
    )


def test_the_log_of_the_cluster_that_is_there_is_silence(fake: FakeAws) -> None:
    fake.cluster()

    assert list(cluster.log_group(account(fake))) == []


def test_no_log_and_that_of_another_cluster_are_silence(fake: FakeAws) -> None:
    absent(fake)
    log_groups(fake, f"/aws/eks/{NAME}/cluster2")

    assert list(cluster.log_group(account(fake))) == []


@pytest.mark.parametrize(("today", "found"), [("2027-06-02", 0), ("2027-06-03", 1)])
def test_the_end_of_support_is_a_warning(fake: FakeAws, today: str, found: int) -> None:
    findings = list(cluster.support(account(fake), date.fromisoformat(today)))

    assert [finding.severity for finding in findings] == ["warning"] * found


# -- The zone --------------------------------------------------------------------------------------

ZONE: Final = {"platform:services": {"hostedZone": "example.com"}}
SERVERS: Final = ["ns-1.awsdns-01.com", "ns-2.awsdns-02.net"]


def zones(fake: FakeAws, *ids: str, private: bool = False) -> None:
    fake.answer(
        "route53",
        "ListHostedZones",
        {
            "HostedZones": [
                {
                    "Id": f"/hostedzone/{id_}",
                    "Name": "example.com.",
                    "CallerReference": "x",
                    "Config": {"PrivateZone": private},
                }
                for id_ in ids
            ],
            "Marker": "",
            "IsTruncated": False,
            "MaxItems": "100",
        },
    )


def servers(fake: FakeAws, id_: str, names: list[str]) -> None:
    fake.answer(
        "route53",
        "GetHostedZone",
        {
            "HostedZone": {"Id": id_, "Name": "example.com.", "CallerReference": "x"},
            "DelegationSet": {"NameServers": names},
        },
        {"Id": id_},
    )


@pytest.mark.parametrize(
    ("seen", "leads"),
    [
        (SERVERS, None),
        ([], "Seen from outside, the domain is delegated to no servers."),
        (["ns.other.example"], "Seen from outside, the domain leads to ns.other.example."),
        (SERVERS[:1], "Seen from outside, the domain leads to ns-1.awsdns-01.com."),
    ],
)
def test_a_domain_that_does_not_lead_to_the_zone_is_told_with_its_servers(
    fake: FakeAws, seen: list[str], leads: str | None
) -> None:
    zones(fake, "Z1")
    servers(fake, "Z1", [*reversed(SERVERS)])

    findings = list(delegation.zone(account(fake, ZONE), lambda _domain: seen))

    assert [finding.section for finding in findings] == ["zone-not-delegated"] * (leads is not None)
    for finding in findings:
        assert finding.cause.startswith(leads or "")
        assert "ns-1.awsdns-01.com, ns-2.awsdns-02.net" in finding.cause


@pytest.mark.parametrize(
    ("seen", "leads"),
    [(["b.example"], "the domain leads to Z2"), ([], "the domain leads to none of them")],
)
def test_two_zones_of_one_name_are_told_apart(fake: FakeAws, seen: list[str], leads: str) -> None:
    zones(fake, "Z1", "Z2")
    servers(fake, "Z1", ["a.example"])
    servers(fake, "Z2", ["b.example"])

    (finding,) = delegation.zone(account(fake, ZONE), lambda _domain: seen)

    assert finding.cause == (
        f"There are 2 public zones of this name, Z1, Z2, and {leads}. The workload cannot tell "
        "which to use: remove the others."
    )


def test_a_zone_that_is_not_there_yet_is_no_fault(fake: FakeAws) -> None:
    zones(fake, "Z1", private=True)

    with pytest.raises(UnansweredError, match=r"needs the zone example.com, which is not there"):
        list(delegation.zone(account(fake, ZONE), lambda _domain: []))


def test_a_platform_without_a_zone_asks_nothing(fake: FakeAws) -> None:
    assert list(delegation.zone(account(fake))) == []


def resolved(document: object, status: int = 200) -> list[str]:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        return Response(status, document)

    with serving(answer) as port:
        found = delegation.public_name_servers("example.com", f"http://127.0.0.1:{port}/resolve")
    assert [request.path for request in asked] == ["/resolve?name=example.com&type=NS"]
    return found


def test_name_servers_are_asked_of_a_public_resolver() -> None:
    document = {
        "Status": 0,
        "Answer": [
            {"name": "example.com.", "type": 2, "TTL": 300, "data": "NS-2.awsdns-02.net."},
            {"name": "example.com.", "type": 2, "TTL": 300, "data": "ns-1.awsdns-01.com."},
            {"name": "example.com.", "type": 46, "TTL": 300, "data": "a signature"},
        ],
    }

    assert resolved(document) == ["ns-1.awsdns-01.com", "ns-2.awsdns-02.net"]
    assert resolved({"Status": 3}) == []


@pytest.mark.parametrize(("document", "status"), [("<html>", 200), ({"Status": 0}, 503)])
def test_an_answer_of_something_else_is_no_answer(document: object, status: int) -> None:
    with pytest.raises(UnansweredError, match="answered"):
        resolved(document, status)


def test_a_resolver_out_of_reach_is_no_answer() -> None:
    with pytest.raises(UnansweredError, match="cannot be asked: the connection was refused"):
        delegation.public_name_servers("example.com", "http://127.0.0.1:9/resolve")


# -- What is left ----------------------------------------------------------------------------------


def tagged(fake: FakeAws, *arns: str, of_program: Sequence[str] = ()) -> None:
    for key, value, found in (
        ("eks:eks-cluster-name", NAME, arns),
        ("agent-observability:platform", "prod", of_program),
    ):
        fake.answer(
            "resourcegroupstaggingapi",
            "GetResources",
            {"ResourceTagMappingList": [{"ResourceARN": arn} for arn in found]},
            {"TagFilters": [{"Key": key, "Values": [value]}]},
        )


def test_the_log_that_an_interrupted_deployment_made_is_in_no_ones_way(fake: FakeAws) -> None:
    absent(fake)
    log_groups(fake, f"/aws/eks/{NAME}/cluster")
    fake.answer("logs", "ListTagsForResource", {"tags": TAGS}, {"resourceArn": LOG_ARN})

    assert list(cluster.log_group(account(fake))) == []


def test_what_a_removed_cluster_left_is_listed_by_kind_with_a_command(fake: FakeAws) -> None:
    ec2 = f"arn:aws:ec2:{REGION}:{ACCOUNT}"
    elb = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
    absent(fake)
    tagged(
        fake,
        f"{ec2}:volume/vol-2",
        f"{ec2}:volume/vol-1",
        f"{ec2}:instance/i-1",
        f"{ec2}:security-group/sg-1",
        f"{ec2}:network-interface/eni-1",
        f"{elb}:loadbalancer/app/k8s-a/1",
        f"{elb}:targetgroup/k8s-b/2",
        f"{ec2}:subnet/subnet-1",
        of_program=[
            f"{ec2}:vpc/vpc-1",
            f"{ec2}:natgateway/nat-1",
            f"{ec2}:elastic-ip/eipalloc-1",
            f"{ec2}:security-group/sg-1",
        ],
    )
    log_groups(fake, f"/aws/eks/{NAME}/cluster")

    findings = list(leftovers.leftovers(account(fake)))

    assert {finding.subject: finding.command for finding in findings} == {
        "Volumes: vol-1, vol-2": f"aws ec2 delete-volume --volume-id vol-1 {HERE}",
        f"Load balancers: {elb}:loadbalancer/app/k8s-a/1": (
            "aws elbv2 delete-load-balancer --load-balancer-arn "
            f"{elb}:loadbalancer/app/k8s-a/1 {HERE}"
        ),
        "Machines: i-1": f"aws ec2 terminate-instances --instance-ids i-1 {HERE}",
        f"Target groups: {elb}:targetgroup/k8s-b/2": (
            f"aws elbv2 delete-target-group --target-group-arn {elb}:targetgroup/k8s-b/2 {HERE}"
        ),
        "Security groups: sg-1": f"aws ec2 delete-security-group --group-id sg-1 {HERE}",
        "Network interfaces: eni-1": (
            f"aws ec2 delete-network-interface --network-interface-id eni-1 {HERE}"
        ),
        "NAT gateways: nat-1": f"aws ec2 delete-nat-gateway --nat-gateway-id nat-1 {HERE}",
        "Elastic IP addresses: eipalloc-1": (
            f"aws ec2 release-address --allocation-id eipalloc-1 {HERE}"
        ),
        "VPCs: vpc-1": f"aws ec2 delete-vpc --vpc-id vpc-1 {HERE}",
        f"Log group: /aws/eks/{NAME}/cluster": (
            f"aws logs delete-log-group --log-group-name /aws/eks/{NAME}/cluster {HERE}"
        ),
    }
    assert {(f.section, f.severity) for f in findings} == {("platform-leftovers", "warning")}


def test_nothing_left_is_silence(fake: FakeAws) -> None:
    absent(fake)
    tagged(fake)
    log_groups(fake)

    assert list(leftovers.leftovers(account(fake))) == []


def test_what_belongs_to_a_cluster_that_is_there_is_not_left(fake: FakeAws) -> None:
    fake.cluster()

    assert list(leftovers.leftovers(account(fake))) == []


# -- All questions ---------------------------------------------------------------------------------


def titles(fake: FakeAws, *, before: bool) -> list[str]:
    return [check.title for check in checks.checks(account(fake), before=before)][3:]


def test_the_questions_are_those_of_the_moment(fake: FakeAws) -> None:
    assert titles(fake, before=True) == [
        "Caller among the administrators",
        "Quota of elastic IP addresses",
        "Quota of VPCs",
        "Quota of CPUs",
        "Name of the cluster",
        "Log of an earlier cluster",
        "Support of the Kubernetes version",
    ]
    fake.cluster()
    assert titles(fake, before=False) == [
        "Access entry of the caller",
        "Support of the Kubernetes version",
        "Delegation of the zone",
        "IAM identity provider",
    ]
    absent(fake)
    assert titles(fake, before=False) == ["What a removed cluster left"]


def test_the_identity_provider_is_asked_for_as_the_workload_does(fake: FakeAws) -> None:
    fake.cluster()
    fake.answer("iam", "ListOpenIDConnectProviders", {"OpenIDConnectProviderList": []})
    own = account(fake)
    (check,) = (c for c in checks.checks(own, before=False) if c.title == "IAM identity provider")

    (finding,) = check.run()

    assert finding.section == "oidc-provider-missing"
    assert ISSUER in finding.cause


@pytest.mark.parametrize("before", [True, False])
def test_the_command_prints_the_report_and_writes_it(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    before: bool,
) -> None:
    found = Report(stack="platform/prod", findings=[Finding.error("section", "It", "why", "look")])
    asked: list[tuple[str, bool]] = []

    def examine(account: PlatformAccount, *, before: bool) -> Report:
        asked.append((account.make("platform"), before))
        return found

    monkeypatch.setattr(checks, "examine", examine)
    parser = argparse.ArgumentParser()
    command.options(parser)
    file = tmp_path / "report.json"
    words = ["doctor", "--stack", "acme/prod", "--json", str(file), *["--before"] * before]

    assert command.run(parser.parse_args(words)) == 1
    assert asked == [("make platform STACK=acme/prod", before)]
    assert capsys.readouterr().out == f"{report.text(found)}\n"
    assert file.read_text(encoding="utf-8") == report.as_json(found)


@pytest.mark.programs
@pytest.mark.parametrize(
    ("before", "again"),
    [
        (True, ".venv/bin/python -m tooling platform doctor --stack prod --before"),
        (False, "make doctor PROJECT=platform STACK=prod"),
    ],
)
def test_a_report_names_the_command_that_asks_the_same_again(
    fake: FakeAws, before: bool, again: str
) -> None:
    fake.caller("arn:aws:iam::999999999999:user/ann")
    if not before:  # else there is nothing to ask about
        fake.cluster()

    report = checks.examine(account(fake), before=before)

    unchecked = [f for f in report.findings if f.section == "not-checked"]
    assert [f.command for f in unchecked] == [again]
    assert unchecked[0].subject.endswith(" more")
    assert "unknown-error" not in {f.section for f in report.findings}
    assert report.stack == "platform/prod"
    assert report.failed


def test_another_account_is_told_once(fake: FakeAws) -> None:
    fake.caller("arn:aws:iam::999999999999:user/ann")
    own = account(fake)
    found = [check for check in checks.checks(own, before=True) if check.title == "AWS account"]

    (finding,) = found[0].run()

    assert finding.section == "aws-account"
    assert "999999999999" in finding.cause
