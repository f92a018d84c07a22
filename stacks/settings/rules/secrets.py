"""Rules of the delivery of secrets and of the entries in Secrets Manager."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from pydantic import SecretStr

from components.secrets.masking import MASK
from stacks.settings import langfuse_variables
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import (
    Problem,
    full_key,
    to_change,
    to_decide,
)
from stacks.settings.rules.aws import of_stack
from stacks.settings.sections.aws import Aws
from stacks.settings.sections.cluster import Cluster
from stacks.settings.sections.database import StatefulSetDatabase
from stacks.settings.sections.langfuse import Langfuse
from stacks.settings.sections.secrets import Secrets

_ENTRY_BYTES: Final = 65536
"""https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html"""

_GENERATED_BYTES: Final = 1024
"""For the names and values that the program adds to Langfuse's entry; they take about 600."""


def secrets_key(secrets: Secrets, aws: Aws) -> Iterator[Problem]:
    yield from of_stack("secrets.kmsKeyArn", secrets.kms_key_arn, aws)


def recovery_window(secrets: Secrets) -> Iterator[Problem]:
    if 0 < secrets.recovery_days < 7:
        rule = "must be 0 (deleted at once) or 7 to 30 days: Secrets Manager knows no other"
        yield to_change("secrets.recoveryDays", secrets.recovery_days, rule, 7)
    if secrets.delivery == "secretsManager" and secrets.protect and secrets.recovery_days == 0:
        rule = "must not be 0 with secrets.protect: a deleted entry would be gone at once"
        yield to_change("secrets.recoveryDays", secrets.recovery_days, rule, 7)


def delivery_needs_eks(secrets: Secrets, cluster: Cluster) -> Iterator[Problem]:
    if secrets.delivery == "secretsManager" and cluster.eks_name is None:
        rule = (
            "needs an EKS cluster (cluster.eksName): External Secrets logs in to AWS by the "
            "cluster's OIDC provider"
        )
        yield to_decide("secrets.delivery", secrets.delivery, rule)


def settings_of_delivery(secrets: Secrets) -> Iterator[Problem]:
    if secrets.delivery == "secretsManager":
        return
    if secrets.install_external_secrets:
        rule = "has no use with delivery kubernetes: the operator would have nothing to read"
        yield to_decide("secrets.installExternalSecrets", True, rule)
    if secrets.kms_key_arn is not None:
        rule = "is for Secrets Manager; with delivery kubernetes nothing is encrypted with it"
        yield to_decide("secrets.kmsKeyArn", secrets.kms_key_arn, rule)


def protected_secrets_of_lost_data(
    secrets: Secrets, database: StatefulSetDatabase
) -> Iterator[Problem]:
    if secrets.delivery == "secretsManager" and secrets.protect:
        rule = (
            "has no backup, and secrets.protect asks to keep what would be lost with it; take rds "
            "or external"
        )
        yield to_decide("database.engine", database.engine, rule)


def entry_size(langfuse: Langfuse, secrets: Secrets) -> Iterator[Problem]:
    paths = {name: f"langfuse.secretEnvironment.{name}" for name in langfuse.secret_environment}
    values = {name: v.get_secret_value() for name, v in langfuse.secret_environment.items()}
    for given in langfuse_variables.given(langfuse):
        if isinstance(given.value, SecretStr):
            paths[given.name] = given.path
            values[given.name] = given.value.get_secret_value()
    size = len(json.dumps(values).encode()) + _GENERATED_BYTES
    if secrets.delivery == "secretsManager" and size > _ENTRY_BYTES:
        largest = max(values, key=lambda name: len(values[name]))
        rule = (
            f"is the largest in an entry of about {size} bytes (an estimate, with the generated "
            f"credentials); Secrets Manager takes {_ENTRY_BYTES}"
        )
        yield Problem(full_key(paths[largest]), MASK, rule, "")


CHECKS: Final[tuple[Check, ...]] = (
    secrets_key,
    recovery_window,
    delivery_needs_eks,
    settings_of_delivery,
    protected_secrets_of_lost_data,
    entry_size,
)
