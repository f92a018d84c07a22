"""The doctor on AWS: which questions a stack leads to, who asks, and what a refusal becomes."""

from __future__ import annotations

import ast
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest
from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError  # pyright: ignore[reportMissingTypeStubs]

from access import actions
from stacks.settings import Settings
from tests.support.components import discovered
from tests.support.configurations import ON_EKS, VERSION_4_ELSEWHERE, settings
from tests.support.doctor_aws import ACCOUNT, REGION, FakeAws
from tests.support.recordings import recorded
from tooling.doctor import aws
from tooling.doctor.aws import prerequisites
from tooling.doctor.aws.session import client
from tooling.doctor.aws.session.account import Once
from tooling.doctor.aws.session.client import UnansweredError
from tooling.doctor.findings import Check, Finding, Unanswerable

PACKAGE: Final = Path(aws.__file__).parent
WHO: Final = f"aws sts get-caller-identity --region {REGION}"


@pytest.fixture
def fake() -> Iterator[FakeAws]:
    prepared = FakeAws()
    yield prepared
    prepared.finish()


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    def refuse(*_: object) -> None:
        raise AssertionError("a test of the doctor went to the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def checks(configuration: Settings, fake: FakeAws) -> dict[str, Check]:
    before = aws.checks_before(configuration, fake.client)
    return {
        check.title: check for check in (*before, *aws.checks_after(configuration, fake.client))
    }


def run(title: str, fake: FakeAws, change: Mapping[str, Any] | None = None) -> list[Finding]:
    return list(checks(settings({**ON_EKS, **(change or {})}), fake)[title].run())


EVERYTHING: Final[Mapping[str, Any]] = {
    **ON_EKS,
    **VERSION_4_ELSEWHERE,
    "cache": {"engine": "elastiCache"},
    "aws:defaultTags": {"tags": {"team": "ai"}},
    "database": {"engine": "rds"},
    "secrets": {"delivery": "secretsManager", "protect": True},
    "endpoint": {
        "host": "langfuse.example.com",
        "hostedZone": "example.com",
        "accessLogs": {"bucket": "logs"},
    },
    "objectStorage": {"engine": "s3", "media": True},
    "monitoring": {
        "runbooks": "https://git.example.com/docs",
        "alarms": {"topicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:on-call"},
    },
}


def test_a_stack_that_is_not_in_aws_is_asked_nothing() -> None:
    assert aws.checks_before(settings()) == []
    assert aws.checks_after(settings()) == []


def test_a_stack_is_asked_about_what_it_has_only() -> None:
    small = settings(ON_EKS)

    assert [check.title for check in aws.checks_before(small)] == [
        "AWS CLI",
        "AWS credentials",
        "AWS account",
        "EKS cluster",
        "AWS permissions",
    ]
    assert [check.title for check in aws.checks_after(small)] == ["AWS credentials", "AWS account"]


def test_a_stack_with_everything_is_asked_about_all_of_it() -> None:
    full = settings(EVERYTHING)

    assert [check.title for check in aws.checks_before(full)] == [
        "AWS CLI",
        "AWS credentials",
        "AWS account",
        "EKS cluster",
        "IAM identity provider",
        "Load balancer subnets",
        "Tags on the load balancer",
        "Database subnets",
        "Database instance class",
        "Database settings",
        "Cache subnets",
        "Cache version",
        "Cache settings",
        "Hosted zone",
        "Access log bucket",
        "Secrets Manager names",
        "SNS topic",
        "AWS permissions",
    ]
    assert [check.title for check in aws.checks_after(full)] == [
        "AWS credentials",
        "AWS account",
        "Certificate validation",
        "Load balancer targets",
        "Database instance",
        "Database backups",
        "Cache",
        "Alarm subscriptions",
        "Secrets Manager entries",
        "What killed updates left",
    ]


def test_good_credentials_are_passed_over_in_silence(fake: FakeAws) -> None:
    allowed = {"aws:allowedAccountIds": [ACCOUNT]}

    assert run("AWS credentials", fake) == []
    fake.caller()
    assert run("AWS account", fake, allowed) == []


@pytest.mark.parametrize(
    ("code", "cause", "command"),
    [
        (
            "ExpiredToken",
            "The AWS credentials of the profile 'prod' have expired. Get new ones from the same "
            "source; the command shows what that source is.",
            "configure list",
        ),
        (
            "InvalidClientTokenId",
            "AWS does not accept the credentials of the profile 'prod' (InvalidClientTokenId): the "
            "key is deleted, deactivated or mistyped, or this machine's clock is wrong.",
            "configure list",
        ),
        (
            "SignatureDoesNotMatch",
            "AWS does not accept the credentials of the profile 'prod' (SignatureDoesNotMatch): the"
            " key is deleted, deactivated or mistyped, or this machine's clock is wrong.",
            "configure list",
        ),
        (
            "UnauthorizedException",
            "The login to IAM Identity Center of the profile 'prod' has expired, or was never "
            "made.",
            "sso login",
        ),
    ],
)
def test_credentials_that_aws_refuses_are_one_finding_without_its_message(
    fake: FakeAws, code: str, cause: str, command: str
) -> None:
    fake.forget("sts")
    fake.refuse("sts", "GetCallerIdentity", code)

    assert run("AWS credentials", fake, {"aws:profile": "prod"}) == [
        Finding(
            section="aws-credentials",
            severity="error",
            subject="AWS profile prod",
            cause=cause,
            command=f"aws {command} --profile prod",
        )
    ]


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without AWS credentials; its configuration file."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    configuration = tmp_path / "config"
    configuration.touch()
    monkeypatch.setenv("AWS_CONFIG_FILE", str(configuration))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return configuration


def found_with_own_clients(profile: str | None) -> list[Finding]:
    change = {**ON_EKS, **({"aws:profile": profile} if profile else {})}
    own = {check.title: check for check in aws.checks_before(settings(change))}
    return list(own["AWS credentials"].run())


@pytest.mark.usefixtures("bare_machine")
def test_a_machine_without_credentials_is_reported() -> None:
    assert found_with_own_clients(None) == [
        Finding(
            section="aws-credentials",
            severity="error",
            subject="AWS credentials",
            cause="There are no AWS credentials in the environment or a default profile.",
            command="aws configure sso",
        )
    ]


@pytest.mark.usefixtures("bare_machine")
def test_a_profile_that_the_machine_does_not_have_is_named() -> None:
    assert found_with_own_clients("prod") == [
        Finding(
            section="aws-credentials",
            severity="error",
            subject="AWS profile prod",
            cause="The profile 'prod' (aws:profile) is not in this machine's AWS configuration.",
            command="aws configure list-profiles",
        )
    ]


def test_a_login_that_never_was_is_answered_with_the_login(bare_machine: Path) -> None:
    bare_machine.write_text(
        "[profile prod]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n"
        "[sso-session s]\nsso_start_url = https://example.awsapps.com/start\n"
        "sso_region = us-east-1\n"
    )

    (finding,) = found_with_own_clients("prod")

    assert finding.cause == (
        "The login to IAM Identity Center of the profile 'prod' has expired, or was never made."
    )
    assert finding.command == "aws sso login --profile prod"


def test_credentials_of_another_account_are_refused_before_anything_is_asked(
    fake: FakeAws,
) -> None:
    change = {"aws:allowedAccountIds": ["210987654321", "310987654321"]}

    assert run("AWS account", fake, change) == [
        Finding(
            section="aws-account",
            severity="error",
            subject=f"AWS account {ACCOUNT}",
            cause=(
                f"The credentials are of account {ACCOUNT}, and the stack may go to 210987654321 "
                "or 310987654321 only (aws:allowedAccountIds). Name a profile of that account in "
                "aws:profile, or take other credentials."
            ),
            command="aws configure list-profiles",
        )
    ]
    fake.caller()
    with pytest.raises(UnansweredError, match=r"^needs AWS credentials of the stack's account$"):
        run("EKS cluster", fake, change)


def test_without_credentials_one_check_says_why_and_the_others_are_unanswered(
    fake: FakeAws,
) -> None:
    fake.forget("sts")
    fake.refuse("sts", "GetCallerIdentity", "ExpiredToken")
    full = checks(settings(EVERYTHING), fake)
    asked = {title: check for title, check in full.items() if title != "AWS CLI"}
    # Each of the two lists asks once.
    fake.refuse("sts", "GetCallerIdentity", "ExpiredToken")

    found, unanswered = list[str](), list[str]()
    for title, check in asked.items():
        try:
            found += [finding.section for finding in check.run()]
        except UnansweredError:
            unanswered.append(title)

    assert found == ["aws-credentials"]
    assert unanswered == [title for title in asked if title != "AWS credentials"]


@pytest.mark.parametrize("code", ["Throttling", "ServiceUnavailable"])
def test_a_question_that_aws_does_not_answer_raises_without_its_message(
    fake: FakeAws, code: str
) -> None:
    fake.refuse("eks", "DescribeCluster", code)

    with pytest.raises(UnansweredError) as caught:
        run("EKS cluster", fake)

    assert str(caught.value) == f"AWS did not answer eks DescribeCluster: {code}"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "error",
    [
        ReadTimeoutError(endpoint_url="https://eks"),
        ConnectTimeoutError(endpoint_url="https://eks"),
        EndpointConnectionError(endpoint_url="https://eks"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_way_to_aws_that_is_blocked_is_no_answer(fake: FakeAws, error: Exception) -> None:
    assert blocked(fake, error) == type(error).__name__


def test_a_page_in_the_place_of_aws_is_named_and_not_repeated(fake: FakeAws) -> None:
    # What a proxy answers in AWS's place; the text repeats it.
    page = ResponseParserError("invalid XML received: <SESSIONTOKEN>")

    assert blocked(fake, page) == (
        "what answers in its place is not AWS, but a login, a proxy or a captive portal in between"
    )


def blocked(fake: FakeAws, error: Exception) -> str:
    """Why AWS did not answer, where asking for the cluster ends in an error."""

    class Blocked:
        def describe_cluster(self, **_: str) -> None:
            raise error

    def clients(service: str) -> Any:  # noqa: ANN401
        return Blocked() if service == "eks" else fake.client(service)

    checks = {check.title: check for check in aws.checks_before(settings(ON_EKS), clients)}
    with pytest.raises(UnansweredError) as caught:
        checks["EKS cluster"].run()

    what, _, why = str(caught.value).partition(": ")
    assert what == "AWS did not answer eks DescribeCluster"
    return why


@pytest.mark.usefixtures("bare_machine")
def test_clients_give_up_soon_and_are_made_once() -> None:
    made = client.session_clients(REGION, None)
    sts = made("sts")

    assert (sts.meta.config.connect_timeout, sts.meta.config.read_timeout) == (2, 4)
    assert sts.meta.config.retries["total_max_attempts"] == 2
    assert made("sts") is sts


def test_what_many_checks_need_is_asked_once() -> None:
    asked = list[int]()
    together = threading.Barrier(8)

    def slow() -> str:
        asked.append(1)
        time.sleep(0.02)
        return "answer"

    once = Once(slow)

    def ask(_: int) -> str:
        together.wait(timeout=5)
        return once()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == ["answer"] * 8
    assert asked == [1]


def test_an_error_is_given_to_everybody_who_needs_the_answer() -> None:
    asked = list[int]()

    def fail() -> str:
        asked.append(1)
        raise UnansweredError("no")

    once = Once(fail)
    for _ in range(2):
        with pytest.raises(UnansweredError, match=r"^no$"):
            once()
    assert asked == [1]


def executable(folder: Path, script: str) -> None:
    file = folder / "aws"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


@pytest.mark.programs
@pytest.mark.parametrize(
    ("script", "cause"),
    [
        ("echo aws-cli/2.31.1 Python/3.13.7 Linux/6.8", None),
        ("echo aws-cli/1.36.0 Python/3.11 >&2", "{aws} is version 1."),
        ("exit 1", "{aws} does not run."),
        ("echo usage", "{aws} does not run."),
        (None, "There is no `aws` command on PATH."),
    ],
)
def test_the_cluster_needs_version_2_of_the_aws_cli(
    fake: FakeAws,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: str | None,
    cause: str | None,
) -> None:
    if script is not None:
        executable(tmp_path, script)
    monkeypatch.setenv("PATH", str(tmp_path))
    install = (
        " Install version 2: "
        "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html "
        "(Every connection to the EKS cluster asks it for a token.)"
    )

    expected = [] if cause is None else [cause.format(aws=tmp_path / "aws") + install]
    found = run("AWS CLI", fake)

    assert [finding.cause for finding in found] == expected
    assert {finding.section for finding in found} <= {"aws-cli-missing"}


DENIED: Final = [
    ("EKS cluster", [("eks", "DescribeCluster")], "eks:DescribeCluster"),
    (
        "IAM identity provider",
        ["cluster", ("iam", "ListOpenIDConnectProviders")],
        "iam:ListOpenIDConnectProviders",
    ),
    ("Load balancer subnets", ["cluster", ("ec2", "DescribeSubnets")], "ec2:DescribeSubnets"),
    (
        "Tags on the load balancer",
        ["cluster in Auto Mode", ("iam", "SimulatePrincipalPolicy")],
        "iam:SimulatePrincipalPolicy",
    ),
    ("Database subnets", ["cluster", ("ec2", "DescribeSubnets")], "ec2:DescribeSubnets"),
    (
        "Database instance class",
        [("rds", "DescribeDBEngineVersions")],
        "rds:DescribeDBEngineVersions",
    ),
    ("Database settings", [("rds", "DescribeDBInstances")], "rds:DescribeDBInstances"),
    ("Database backups", [("rds", "DescribeDBInstances")], "rds:DescribeDBInstances"),
    ("Cache subnets", ["cluster", ("ec2", "DescribeSubnets")], "ec2:DescribeSubnets"),
    (
        "Cache version",
        [("elasticache", "DescribeCacheEngineVersions")],
        "elasticache:DescribeCacheEngineVersions",
    ),
    *(
        (
            title,
            [("elasticache", "DescribeReplicationGroups")],
            "elasticache:DescribeReplicationGroups",
        )
        for title in ("Cache settings", "Cache")
    ),
    (
        "Alarm subscriptions",
        [("sns", "ListSubscriptionsByTopic")],
        "sns:ListSubscriptionsByTopic",
    ),
    ("Hosted zone", [("route53", "ListHostedZones")], "route53:ListHostedZones"),
    ("Access log bucket", [("s3", "HeadBucket")], "s3:ListBucket"),
    (
        "Secrets Manager names",
        [("secretsmanager", "DescribeSecret")],
        "secretsmanager:DescribeSecret",
    ),
    ("SNS topic", [("sns", "GetTopicAttributes")], "sns:GetTopicAttributes"),
    ("AWS permissions", [("iam", "SimulatePrincipalPolicy")], "iam:SimulatePrincipalPolicy"),
    ("Certificate validation", [("acm", "ListCertificates")], "acm:ListCertificates"),
    (
        "Load balancer targets",
        [("resourcegroupstaggingapi", "GetResources")],
        "tag:GetResources",
    ),
    (
        "Database instance",
        [("rds", "DescribeDBInstances")],
        "rds:DescribeDBInstances",
    ),
    (
        "Secrets Manager entries",
        [("secretsmanager", "DescribeSecret")],
        "secretsmanager:DescribeSecret",
    ),
    (
        "What killed updates left",
        [("resourcegroupstaggingapi", "GetResources")],
        "tag:GetResources",
    ),
]
CODES: Final = {"ec2": "UnauthorizedOperation", "s3": "403", "sns": "AuthorizationError"}


@pytest.mark.parametrize(("title", "calls", "permission"), DENIED)
def test_a_question_that_may_not_be_asked_is_a_warning_with_the_permission(
    fake: FakeAws, title: str, calls: list[Any], permission: str
) -> None:
    for call in calls:
        if call == "cluster":
            fake.cluster()
        elif call == "cluster in Auto Mode":
            role = f"arn:aws:iam::{ACCOUNT}:role/cluster"
            fake.cluster(roleArn=role, computeConfig={"enabled": True})
        else:
            service, operation = call
            fake.refuse(service, operation, CODES.get(service, "AccessDeniedException"))

    assert run(title, fake, EVERYTHING) == [
        Finding(
            section="aws-permission-missing",
            severity="warning",
            subject=permission,
            cause=(
                f"{title}: could not be checked, because the caller has no permission "
                f"{permission}. The command shows who the caller is."
            ),
            command=WHO,
        )
    ]


def test_every_check_that_asks_aws_is_tried_without_the_permission() -> None:
    own = {"AWS CLI", "AWS credentials", "AWS account", "Certificate"}
    titles = {check.title for check in aws.checks_before(settings(EVERYTHING))}
    titles |= {check.title for check in aws.checks_after(settings(EVERYTHING))}

    assert {title for title, _, _ in DENIED} == titles - own


def operations() -> set[tuple[str, str]]:
    """Every service and operation that the package's source asks for."""
    found = set[tuple[str, str]]()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr in {"ask", "look_up", "pages"}:
                names = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant)]
                if len(names) == 2:
                    found.add((str(names[0]), str(names[1])))
    return found


def test_the_permissions_of_the_doctor_itself_are_all_listed() -> None:
    # Everybody may ask who they are.
    asked = {client.permission(*call) for call in operations()} - {"sts:GetCallerIdentity"}

    listed = {action for need in actions.DOCTOR for action in (*need.actions, *need.removal)}
    assert listed == asked


def test_every_section_that_a_finding_names_is_exported() -> None:
    named = set[str]()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            sections = list[ast.expr]()
            if isinstance(node, ast.keyword) and node.arg == "section":
                sections = [node.value]
            elif isinstance(node, ast.Call) and ast.unparse(node.func).startswith("Finding."):
                sections = node.args[:1]
            for section in sections:
                assert isinstance(section, ast.Constant)
                named.add(str(section.value))

    assert list(aws.SECTIONS) == sorted(named)


def test_names_of_entries_are_those_that_the_program_gives() -> None:
    recording = recorded("version 2 prod")
    entries = [
        resource.inputs["name"]
        for resource in recording.of_type("aws:secretsmanager/secret:Secret")
    ]
    change = {
        "secrets": {"delivery": "secretsManager"},
        "agents": {"namespaces": ["ai-agents"]},
    }
    names = prerequisites.entry_names(settings({**ON_EKS, **change}))

    assert [name.replace("/test/", "/prod/") for name in names] == [
        "agent-observability/prod/app",
        "agent-observability/prod/database",
        "agent-observability/prod/agents/ai-agents/access",
    ]
    assert sorted(entries) == sorted(name.replace("/test/", "/prod/") for name in names)


def test_the_action_table_has_every_component_that_makes_something_in_aws() -> None:
    recording = recorded(
        "version 2 prod",
        endpoint={"accessLogs": {"days": 30}},
        objectStorage={"engine": "s3", "media": True},
        monitoring={
            "runbooks": "https://git.example.com/docs",
            "alarms": {"email": "ops@example.com"},
        },
    )
    makers = {
        urn.split("::")[2].split("$")[-2].split(":")[-1]
        for urn, resource in recording.resources.items()
        if resource.type.startswith("aws:")
    }

    assert makers <= {need.component for need in actions.NEEDS}
    assert {need.component for need in actions.NEEDS} <= {
        *discovered(),
        actions.DISCOVERY,
    }


def test_each_action_is_listed_once_for_its_resource() -> None:
    for need in actions.NEEDS:
        both = (*need.actions, *need.removal)
        assert len(both) == len(set(both)), need


def test_the_kubeconfig_names_the_cluster_and_holds_no_token(fake: FakeAws, tmp_path: Path) -> None:
    fake.cluster()
    file = aws.kubeconfig(settings({**ON_EKS, "aws:profile": "prod"}), tmp_path, fake.client)

    assert file == tmp_path / "kubeconfig"
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_text()
    assert '"server": "https://0123.gr7.ap-northeast-2.eks.amazonaws.com"' in text
    assert '"--profile", "prod"' in text
    assert '"token"' not in text


@pytest.mark.parametrize(
    ("code", "section", "cause"),
    [
        (
            "ResourceNotFoundException",
            "eks-cluster",
            f"There is no EKS cluster 'platform-prod' in {REGION} of account {ACCOUNT} "
            "(cluster.eksName, aws:region). The command lists those that are there.",
        ),
        (
            "AccessDeniedException",
            "aws-permission-missing",
            "The EKS cluster 'platform-prod' cannot be found: the caller has no permission "
            "eks:DescribeCluster, which every deployment needs. The command shows who the caller "
            "is.",
        ),
        (
            "Throttling",
            "eks-cluster",
            "AWS did not answer eks DescribeCluster: Throttling. The command asks the same.",
        ),
    ],
)
def test_a_cluster_that_cannot_be_found_has_no_kubeconfig(
    fake: FakeAws, tmp_path: Path, code: str, section: str, cause: str
) -> None:
    fake.refuse("eks", "DescribeCluster", code)

    with pytest.raises(Unanswerable) as caught:
        aws.kubeconfig(settings(ON_EKS), tmp_path, fake.client)

    assert (caught.value.finding.section, caught.value.finding.cause) == (section, cause)
    assert list(tmp_path.iterdir()) == []


def test_a_cluster_without_an_endpoint_has_no_kubeconfig(fake: FakeAws, tmp_path: Path) -> None:
    fake.answer(
        "eks", "DescribeCluster", {"cluster": {"name": "platform-prod", "status": "CREATING"}}
    )

    with pytest.raises(Unanswerable) as caught:
        aws.kubeconfig(settings(ON_EKS), tmp_path, fake.client)

    assert caught.value.finding.cause == (
        "It is CREATING: nothing can be deployed until it is ACTIVE."
    )


def test_the_fake_refuses_what_was_not_prepared(fake: FakeAws) -> None:
    with pytest.raises(UnansweredError, match="UnStubbedResponseError"):
        run("EKS cluster", fake)
