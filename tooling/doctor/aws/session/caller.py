"""Checks of the caller of `pulumi up`: credentials, account, AWS CLI."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Final

from tooling.doctor.aws.session.account import AwsAccount
from tooling.doctor.aws.session.client import UnansweredError
from tooling.doctor.findings import Finding, Unanswerable

_CLI_SECONDS: Final = 10
"""The CLI takes one or two to start."""

_INSTALL: Final = (
    "Install version 2: "
    "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html"
)


def credentials(account: AwsAccount) -> Iterator[Finding]:
    """Whether the credentials are there and AWS accepts them."""
    try:
        account.caller()
    except Unanswerable as stop:
        yield stop.finding


def account_allowed(account: AwsAccount) -> Iterator[Finding]:
    """Whether the credentials are of an account that the stack names."""
    try:
        account.caller()
    except Unanswerable:
        raise UnansweredError("needs AWS credentials that work") from None
    try:
        account.admitted()
    except Unanswerable as stop:
        yield stop.finding


def command_line(_: AwsAccount) -> Iterator[Finding]:
    """Whether `aws eks get-token` can run: it provides the token for the cluster."""
    program = shutil.which("aws")
    if program is None:
        yield _about_cli(f"There is no `aws` command on PATH. {_INSTALL}", "command -v aws")
        return
    try:
        answer = subprocess.run(  # noqa: S603 - Kubernetes' clients run the same program from PATH
            [program, "--version"],
            capture_output=True,
            text=True,
            check=False,
            timeout=_CLI_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        raise UnansweredError(f"{program} --version did not answer") from None
    # Version 1 writes it to stderr under old Pythons.
    version = re.search(r"aws-cli/(\d+)\.", answer.stdout + answer.stderr)
    if answer.returncode != 0 or version is None:
        yield _about_cli(f"{program} does not run. {_INSTALL}", "aws --version")
    elif int(version[1]) < 2:
        yield _about_cli(f"{program} is version {version[1]}. {_INSTALL}", "aws --version")


def _about_cli(cause: str, command: str) -> Finding:
    return Finding.error(
        "aws-cli-missing",
        "AWS CLI",
        f"{cause} (Every connection to the EKS cluster asks it for a token.)",
        command,
    )
