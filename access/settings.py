"""Reads the configuration of the roles, and what the stack's own file says about the stack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Final

import pulumi

from access.keys import NAMESPACE, Access
from access.parts import place
from access.roles import WorkflowRolesArgs
from components.aws import partitions
from stacks import settings as stack_settings
from stacks import stack_files
from stacks.settings import ConfigurationError, Problem, Section, Settings
from stacks.settings.machinery import reader
from stacks.settings.machinery.problems import (
    in_folder,
    placeholder,
    set_command,
    show,
    to_give,
)
from stacks.settings.sections.aws import Aws

_FOLDER: Final = "access"


class _Program(Section):
    """What this program reads."""

    access: Access


def _state_is_in_a_bucket(access: Access) -> Iterator[Problem]:
    """Policies name the state only where it is in a bucket."""
    if access.state_bucket is not None:
        return
    given = {"stateKeyArn": access.state_key_arn, "statePrefix": access.state_prefix or None}
    for name, value in given.items():
        if value is not None:
            bucket = f"{NAMESPACE}:stateBucket"
            rule = f"is of the state in {bucket}, which is not given: no policy would have it"
            fix = set_command(bucket, placeholder(bucket))
            yield Problem(f"{NAMESPACE}:{name}", show(value), rule, fix)


_READER: Final = reader.Reader(
    _Program,
    {"access": f"{NAMESPACE}:"},
    checks=(_state_is_in_a_bucket,),
    elsewhere={"aws": "is not read: account and region are those of the stack's own file"},
)


@dataclass(frozen=True, kw_only=True)
class Configuration:
    roles: WorkflowRolesArgs
    aws: Aws
    """The stack's account and region: the roles are made there."""


def load() -> Configuration:
    """The configuration of the running program; raises ``ConfigurationError``."""
    given = reader.running()
    return read(pulumi.get_stack(), given.values, given.secret_keys)


def read(
    stack: str, values: Mapping[str, str], secret_keys: Set[str] = frozenset()
) -> Configuration:
    """The configuration of the roles for ``stack``, whose own file is in the program's folder.

    Raises ``ConfigurationError`` with every problem: first those of the stack's own file alone.
    """
    settings = _of_stack(stack)
    found = _READER.read(reader.Configuration(values, secret_keys))
    problems = [
        *(in_folder(problem, _FOLDER) for problem in found.problems),
        *_of_place(settings),
    ]
    if problems:
        raise ConfigurationError(stack, problems, folder=_FOLDER)
    access: Access = found.sections["access"]
    return Configuration(
        aws=settings.aws,
        roles=WorkflowRolesArgs(
            repository=access.repository,
            place=place(
                settings,
                partition=partitions.of_region(str(settings.aws.region)),
                account=settings.aws.allowed_account_ids[0],
            ),
            provider_arn=access.provider_arn,
            state_bucket=access.state_bucket,
            state_prefix=access.state_prefix,
            state_key_arn=access.state_key_arn,
            bounded=access.bounded,
            cluster_access=access.cluster_access,
        ),
    )


def _of_stack(stack: str) -> Settings:
    try:
        configuration = stack_files.read(stack)
    except stack_files.StackFileError as error:
        raise pulumi.RunError(f"The roles are those of a stack of the program. {error}") from error
    return stack_settings.read(stack, configuration.values, configuration.secret_keys)


def _of_place(settings: Settings) -> Iterator[Problem]:
    """What the stack's own file has to say for roles to be limited to it."""
    accounts = settings.aws.allowed_account_ids
    if settings.cluster.eks_name is None:
        rule = "is needed for roles in AWS: a stack on another cluster takes a kubeconfig instead"
        yield to_give("cluster.eksName", rule)
    elif len(accounts) != 1:
        key = "aws:allowedAccountIds"
        rule = "must name exactly one account: the roles' policies name it"
        fix = "" if accounts else set_command(f"{key}[0]", "ACCOUNT")
        yield Problem(key, show(list(accounts)), rule, fix)
