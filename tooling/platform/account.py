"""The AWS account of a platform, and the commands about it."""

from __future__ import annotations

import shlex

from stacks import stack_files
from stacks.cluster_platform import settings
from stacks.cluster_platform.settings import FOLDER, PlatformSettings
from stacks.settings.machinery.problems import set_command
from tooling.doctor.aws.session.account import AwsAccount
from tooling.doctor.aws.session.client import Clients, session_clients


class PlatformAccount(AwsAccount):
    """What several checks of one platform ask AWS about."""

    def __init__(
        self, settings: PlatformSettings, clients: Clients | None = None, stack: str | None = None
    ) -> None:
        """``stack``: as `pulumi` and `make` take it, where that is more than its name."""
        region, profile = settings.aws.region, settings.aws.profile
        super().__init__(
            settings.aws, settings.cluster.name, clients or session_clients(region, profile)
        )
        self.settings = settings
        self._stack = stack or settings.stack

    def make(self, target: str) -> str:
        """A command of the Makefile about the platform."""
        return shlex.join(["make", target, f"STACK={self._stack}"])

    def pulumi(self, *words: str) -> str:
        """A command of Pulumi about the platform."""
        return shlex.join(["pulumi", "-C", FOLDER, *words, "--stack", self._stack])

    def config_set(self, key: str, value: object) -> str:
        """The command that gives a key of the platform's configuration a value."""
        words = "pulumi config set"
        command = set_command(key, value)
        stack = shlex.quote(self._stack)
        return command.replace(words, f"pulumi -C {FOLDER} config set --stack {stack}", 1)

    def doctor(self, *, before: bool = False) -> str:
        """The command that asks everything again."""
        if before:
            python = (".venv/bin/python", "-m", "tooling", "platform", "doctor")
            return shlex.join((*python, "--stack", self._stack, "--before"))
        return shlex.join(["make", "doctor", f"PROJECT={FOLDER}", f"STACK={self._stack}"])


def read_settings(stack: str) -> PlatformSettings:
    """The settings of a platform's stack file; raises ``StackFileError`` or
    ``ConfigurationError``."""
    found = stack_files.read(stack, project=stack_files.ROOT / FOLDER)
    return settings.read(stack, found.values, found.secret_keys)
