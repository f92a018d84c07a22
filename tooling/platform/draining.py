"""Finds a platform's cluster, and goes through what precedes its removal."""

from __future__ import annotations

from typing import Final

from stacks.stack_files import ROOT
from tooling.doctor.aws import eks
from tooling.doctor.aws.session.account import Cluster
from tooling.doctor.aws.session.client import DeniedError, UnansweredError
from tooling.doctor.findings import Unanswerable
from tooling.kit.errors import ExplainedError
from tooling.kit.private import private_folder
from tooling.kubernetes.api import Api, LiveError
from tooling.platform import removal
from tooling.platform.account import PlatformAccount

_SECONDS: Final = 20.0
"""For one request to the API server."""


def drain(account: PlatformAccount) -> None:
    """Raises ``ExplainedError`` where the cluster is in use, or nothing can be known of it."""
    settings = account.settings
    removal.protected(settings, account)
    cluster = _found(account)
    if cluster is None:
        print(f"There is no cluster {settings.cluster.name}: nothing to empty.")
        return
    folder = private_folder(ROOT / ".local" / "platform" / settings.stack)
    kubeconfig = eks.write_kubeconfig(account, cluster, folder)
    try:
        with Api(kubeconfig, cluster.name, seconds=_SECONDS) as api:
            removal.unused(api, account)
            removal.drain(api, account)
    except LiveError as error:
        raise ExplainedError(
            f"{error}\nSo it is not known what uses the cluster. If its API server is gone for "
            "good, the platform can be removed without it, and what controllers made in AWS stays "
            f"(`{account.doctor()}` lists it afterwards):\n"
            f"  PULUMI_K8S_DELETE_UNREACHABLE=true {account.pulumi('destroy')}"
        ) from None


def _found(account: PlatformAccount) -> Cluster | None:
    try:
        account.admitted()
        return account.found_cluster()
    except Unanswerable as stop:
        raise ExplainedError(f"{stop.finding.cause}\nnext: {stop.finding.command}") from None
    except (DeniedError, UnansweredError) as error:
        raise ExplainedError(f"The cluster cannot be asked for: {error}") from None
