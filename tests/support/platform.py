"""The project `platform/` as a program, recorded without an engine."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any, Final

from stacks import stack_files
from stacks.cluster_platform import settings
from stacks.cluster_platform.settings import PlatformSettings
from stacks.settings import ConfigurationError, Problem
from stacks.stack_files import ROOT, StackConfiguration, assemble
from tests.support.shared import shared
from tooling.engineless import offline
from tooling.engineless.recording import Recording

FOLDER: Final = ROOT / "platform"
STACK: Final = "prod"

ADMIN: Final = "arn:aws:iam::123456789012:role/platform-admin"
OTHER: Final = "arn:aws:iam::123456789012:user/ops/ada"

SMALL: Final[Mapping[str, Any]] = {
    "aws:region": "ap-northeast-2",
    "aws:allowedAccountIds": ["123456789012"],
    "platform:network": {"source": "created", "zones": ["ap-northeast-2a", "ap-northeast-2c"]},
    "platform:cluster": {"name": "platform-test", "publicAccessCidrs": ["203.0.113.0/24"]},
    "platform:access": {"admins": [ADMIN]},
}
"""The smallest configuration that is valid."""

EXISTING: Final[Mapping[str, Any]] = {
    "source": "existing",
    "vpcId": "vpc-0123456789abcdef0",
    "subnetIds": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    "zones": None,
}
"""As a change of ``platform:network``: a VPC that exists."""


def small(change: Mapping[str, Any]) -> PlatformSettings:
    """The settings of ``SMALL`` with a change by full key; raises ``ConfigurationError``."""
    given = assemble(SMALL, change)
    return settings.read(STACK, given.values, given.secret_keys)


def problems(change: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with ``SMALL`` after a change."""
    try:
        small(change)
    except ConfigurationError as error:
        return list(error.problems)
    return []


def read(stack: str = STACK, overrides: Mapping[str, Any] | None = None) -> StackConfiguration:
    """The project's configuration of a stack."""
    return stack_files.read(stack, overrides, project=FOLDER)


def recorded(overrides: Mapping[str, Any] | None = None, *, preview: bool = False) -> Recording:
    """What the program registers for its example file with ``overrides``. Not to be changed."""
    return _recorded(json.dumps(overrides or {}, sort_keys=True), preview)


@functools.cache
def _recorded(overrides: str, preview: bool) -> Recording:
    def make() -> Recording:
        return record(read(STACK, json.loads(overrides)), preview=preview)

    return shared(f"platform {overrides} {preview}", make)


def record(configuration: StackConfiguration, *, preview: bool = False) -> Recording:
    """What the program registers for a configuration of stack ``prod``."""
    return offline.record_configuration(STACK, configuration, preview=preview, project=FOLDER)
