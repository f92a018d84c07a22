"""Reads the configuration of the roles, and what the stack's own file says about the stack."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi.runtime import config as runtime_config

from access.parts import keys, parts
from access.policies import Place
from access.roles import WorkflowRolesArgs
from stacks import settings as stack_settings
from stacks import stack_files
from stacks.settings import ConfigurationError, Problem, Settings
from stacks.settings.machinery.problems import show
from stacks.settings.sections.aws import Aws

_NAMESPACE: Final = "access"
# With ids where GitHub gives subjects that outlive a name: owner@1/name@2.
_REPOSITORY: Final = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9-]{0,38}(@\d+)?/(?!\.{1,2}(?:@|$))[\w.-]{1,100}(?(1)@\d+)", re.ASCII
)
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX: Final = re.compile(r"[\w./=+-]*")
_ARN: Final = r"arn:aws(?:-cn|-us-gov)?:"
_RULES: Final[Mapping[str, tuple[re.Pattern[str], str, str]]] = {
    "repository": (
        _REPOSITORY,
        "must be owner/name, or owner@id/name@id for a repository with immutable subjects",
        "acme/tracing",
    ),
    "providerArn": (
        re.compile(rf"{_ARN}iam::\d{{12}}:oidc-provider/token\.actions\.githubusercontent\.com"),
        "must be the ARN of the account's OIDC provider for GitHub",
        "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
    ),
    "stateBucket": (_BUCKET, "must be the name of an S3 bucket, without s3://", "acme-state"),
    "statePrefix": (_PREFIX, "must be a folder of the bucket", "tracing"),
    "stateKeyArn": (
        re.compile(rf"{_ARN}kms:[a-z0-9-]+:\d{{12}}:key/[\w-]+"),
        "must be the ARN of a KMS key, not of an alias: IAM judges by the key",
        "arn:aws:kms:ap-northeast-2:123456789012:key/1234abcd",
    ),
    "bounded": (re.compile("true|false"), "must be true or false", "true"),
    "clusterAccess": (re.compile("true|false"), "must be true or false", "true"),
}
"""By key: its form, the rule in words, and an example."""


@dataclass(frozen=True, kw_only=True)
class Configuration:
    roles: WorkflowRolesArgs
    aws: Aws
    """The stack's account and region: the roles are made there."""


def load() -> Configuration:
    """The configuration of the running program; raises ``ConfigurationError``."""
    given = runtime_config.CONFIG.get().items()
    prefix = f"{_NAMESPACE}:"
    values = {key.removeprefix(prefix): value for key, value in given if key.startswith(prefix)}
    return read(pulumi.get_stack(), values)


def read(stack: str, values: Mapping[str, str]) -> Configuration:
    """The configuration of the roles for ``stack``, whose own file stands beside the program's.

    Raises ``ConfigurationError`` with every problem, those of the stack's own file first.
    """
    settings = _of_stack(stack)
    problems = [*_problems(values), *_of_place(settings)]
    if problems:
        raise ConfigurationError(stack, problems)
    aws = settings.aws
    region, (account, *_) = str(aws.region), aws.allowed_account_ids
    storage = settings.object_storage
    return Configuration(
        aws=aws,
        roles=WorkflowRolesArgs(
            repository=values["repository"],
            place=Place(
                partition=_partition(region),
                region=region,
                account=account,
                cluster=str(settings.cluster.eks_name),
                stack=stack,
                parts=frozenset(parts(settings)),
                keys=keys(settings),
                bucket=(storage.bucket or "") if storage else "",
                namespaces=(
                    settings.cluster.namespace,
                    *settings.agents.namespaces,
                    *settings.agents.existing_namespaces,
                ),
            ),
            provider_arn=values.get("providerArn"),
            state_bucket=values.get("stateBucket"),
            state_prefix=values.get("statePrefix", ""),
            state_key_arn=values.get("stateKeyArn"),
            bounded=values.get("bounded", "true") == "true",
            cluster_access=values.get("clusterAccess", "true") == "true",
        ),
    )


def _of_stack(stack: str) -> Settings:
    try:
        configuration = stack_files.read(stack)
    except stack_files.StackFileError as error:
        raise pulumi.RunError(f"The roles are those of a stack of the program. {error}") from error
    return stack_settings.read(stack, configuration.values, set(configuration.secret_keys))


def _problems(values: Mapping[str, str]) -> Iterator[Problem]:
    if "repository" not in values:
        yield _problem("repository", None, "is required: whose workflows may use the roles")
    for name, value in values.items():
        if name not in _RULES:
            known = ", ".join(_RULES)
            key = f"{_NAMESPACE}:{name}"
            rule = f"is no key of this project; there are {known}"
            yield Problem(key, show(value), rule, f"pulumi config rm {key}")
        elif not _RULES[name][0].fullmatch(value):
            yield _problem(name, value, _RULES[name][1])


def _problem(name: str, value: str | None, rule: str) -> Problem:
    key = f"{_NAMESPACE}:{name}"
    return Problem(key, show(value), rule, f"pulumi config set {key} {_RULES[name][2]}")


def _of_place(settings: Settings) -> Iterator[Problem]:
    """What the stack's own file has to say for roles to be limited to it."""
    if settings.cluster.eks_name is None:
        yield Problem(
            "agent-observability:cluster.eksName",
            "(nothing)",
            "is needed for roles in AWS: a stack on another cluster takes a kubeconfig instead",
            "pulumi config set --path agent-observability:cluster.eksName platform-prod",
        )
    elif len(settings.aws.allowed_account_ids) != 1:
        yield Problem(
            "aws:allowedAccountIds",
            show(list(settings.aws.allowed_account_ids)),
            "must name exactly one account: the roles' policies name it",
            "pulumi config set --path 'aws:allowedAccountIds[0]' 123456789012",
        )


def _partition(region: str) -> str:
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
