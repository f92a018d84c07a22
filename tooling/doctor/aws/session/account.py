"""The AWS account of a stack: the caller, and the EKS cluster that several checks need."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from stacks.settings import Settings
from stacks.settings.sections.aws import Aws as AwsSettings
from tooling.doctor.aws.session import credentials
from tooling.doctor.aws.session.client import (
    Aws,
    Clients,
    DeniedError,
    RefusedError,
    UnansweredError,
)
from tooling.doctor.findings import Finding, Unanswerable
from tooling.kit.commands import Commands

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Whose credentials are used."""

    account: str
    arn: str


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """An EKS cluster. Fields that AWS has not filled yet are empty."""

    name: str
    status: str
    version: str
    endpoint: str
    certificate_authority: str
    vpc_id: str
    subnet_ids: tuple[str, ...]
    issuer: str
    """URL of the OIDC issuer."""
    role_arn: str
    """Role that EKS itself takes; in Auto Mode it makes load balancers, volumes and nodes."""
    auto_mode: bool
    tags: Mapping[str, str]


class Once(Generic[T]):
    """Asks once, on the first call, and gives every caller that answer or that error."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._answers = list[T]()
        self._errors = list[Exception]()

    def __call__(self) -> T:
        with self._lock:
            if not self._answers and not self._errors:
                try:
                    self._answers.append(self._ask())
                except Exception as error:
                    self._errors.append(error)
        if self._errors:
            raise self._errors[0]
        return self._answers[0]


class AwsAccount:
    """What several checks ask AWS about; asked once, safe in threads."""

    def __init__(self, settings: AwsSettings, cluster: str, clients: Clients) -> None:
        """``cluster``: name of the EKS cluster; empty for none."""
        self._settings = settings
        self._cluster_name = cluster
        self.aws = Aws(clients, region=settings.region, profile=settings.profile)
        self.caller = Once(self._caller)
        """The caller; raises ``Unanswerable`` when the credentials do not work."""
        self.found_cluster = Once(self._cluster)
        """The stack's cluster, None if there is none of that name."""

    def admitted(self) -> Caller:
        """The caller, in an account of the stack; raises ``Unanswerable``."""
        caller = self.caller()
        allowed = self._settings.allowed_account_ids
        if allowed and caller.account not in allowed:
            raise Unanswerable(
                Finding.error(
                    "aws-account",
                    f"AWS account {caller.account}",
                    f"The credentials are of account {caller.account}, and the stack may go "
                    f"to {' or '.join(allowed)} only (aws:allowedAccountIds). Name a profile "
                    "of that account in aws:profile, or take other credentials.",
                    "aws configure list-profiles",
                )
            )
        return caller

    def cluster(self) -> Cluster:
        """The stack's cluster, for checks about what is beside it; raises ``UnansweredError``."""
        try:
            cluster = self.found_cluster()
        except DeniedError as denied:
            raise UnansweredError(f"needs the EKS cluster: {denied}") from None
        if cluster is None:
            raise UnansweredError("needs the EKS cluster, which is not there")
        return cluster

    def _caller(self) -> Caller:
        try:
            answer = self.aws.ask("sts", "GetCallerIdentity")
        except RefusedError as refused:
            finding = credentials.finding(refused.code, self._settings.profile)
            if finding is None:
                raise
            raise Unanswerable(finding) from None
        return Caller(account=answer["Account"], arn=answer["Arn"])

    def _cluster(self) -> Cluster | None:
        name = self._cluster_name
        absent = {"ResourceNotFoundException"}
        answer = self.aws.look_up("eks", "DescribeCluster", absent, name=name)
        if answer is None:
            return None
        known = answer["cluster"]
        network = known.get("resourcesVpcConfig", {})
        return Cluster(
            name=name,
            status=known.get("status", "unknown"),
            version=known.get("version", ""),
            endpoint=known.get("endpoint", ""),
            certificate_authority=known.get("certificateAuthority", {}).get("data", ""),
            vpc_id=network.get("vpcId", ""),
            subnet_ids=tuple(sorted(network.get("subnetIds", []))),
            issuer=known.get("identity", {}).get("oidc", {}).get("issuer", ""),
            role_arn=known.get("roleArn", ""),
            auto_mode=bool(known.get("computeConfig", {}).get("enabled")),
            tags=known.get("tags", {}),
        )


class Account(AwsAccount):
    """The same of one stack of the program."""

    def __init__(self, settings: Settings, clients: Clients, stack: str | None = None) -> None:
        """``stack``: as `pulumi` and `make` take it, where that is more than its name."""
        super().__init__(settings.aws, settings.cluster.eks_name or "", clients)
        self.settings = settings
        self.commands = replace(Commands.of(settings), stack=stack or settings.stack)
