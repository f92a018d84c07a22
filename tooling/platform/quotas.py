"""Whether the account's quotas have room for a platform that is not there yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stacks.cluster_platform.sections.network import CreatedNetwork
from stacks.names import PLATFORM_TAG
from tooling.doctor.findings import Finding
from tooling.platform.account import PlatformAccount

ADDRESSES: Final = ("ec2", "L-0263D0A3")
NETWORKS: Final = ("vpc", "L-F678F1CE")
CPUS: Final = ("ec2", "L-1216C47A")
"""Service and code of the quotas of elastic IP addresses, VPCs, and CPUs of on-demand machines of
the types A, C, D, H, I, M, R, T and Z, all of them per region."""

_FEWEST_CPUS: Final = 16
"""Three nodes of 4 CPUs for `prod` with ClickHouse by its operator, and one while its pods are
replaced."""


def addresses(account: PlatformAccount) -> Iterator[Finding]:
    """Elastic IP addresses, of which a new account has five."""
    network = account.settings.network
    if not isinstance(network, CreatedNetwork):
        return
    needed = 1 if network.nat == "one" else len(network.zones)
    found = account.aws.ask("ec2", "DescribeAddresses").get("Addresses", [])
    own = sum(_is_own(account, address.get("Tags", [])) for address in found)
    yield from _short(
        account,
        ADDRESSES,
        "Elastic IP addresses",
        used=len(found),
        needed=max(0, needed - own),
        instead=" platform:network.nat 'one' needs one." if needed > 1 else "",
    )


def networks(account: PlatformAccount) -> Iterator[Finding]:
    """VPCs, of which a new account may have five."""
    if not isinstance(account.settings.network, CreatedNetwork):
        return
    found = account.aws.pages("ec2", "DescribeVpcs", "Vpcs")
    own = any(_is_own(account, vpc.get("Tags", [])) for vpc in found)
    yield from _short(
        account,
        NETWORKS,
        "VPCs",
        used=len(found),
        needed=0 if own else 1,
        instead=" platform:network.source 'existing' takes a VPC that is there.",
    )


def cpus(account: PlatformAccount) -> Iterator[Finding]:
    """CPUs of machines. How many others use is not asked: a new account has none."""
    if "on-demand" not in account.settings.nodes.capacity:
        return
    quota = _quota(account, CPUS)
    if quota < _FEWEST_CPUS:
        yield Finding.warning(
            "platform-quota",
            "CPUs of on-demand machines",
            f"The account may run {quota} CPUs of the usual types in {account.aws.region}, and "
            f"`prod` needs {_FEWEST_CPUS} while its pods are replaced: pods then wait for nodes "
            "that are not started. The command asks for more; that takes hours to days.",
            _request(account, CPUS, 32),
        )


def _short(
    account: PlatformAccount,
    code: tuple[str, str],
    what: str,
    *,
    used: int,
    needed: int,
    instead: str,
) -> Iterator[Finding]:
    if needed == 0:
        return
    quota = _quota(account, code)
    if used + needed > quota:
        yield Finding.error(
            "platform-quota",
            what,
            f"The account may have {quota} in {account.aws.region} and has {used}; the platform "
            f"needs {needed} more.{instead} The command asks for a larger quota; AWS grants it "
            "within minutes or days.",
            _request(account, code, used + needed),
        )


def _quota(account: PlatformAccount, code: tuple[str, str]) -> int:
    service, quota = code
    answer = account.aws.ask(
        "service-quotas", "GetServiceQuota", ServiceCode=service, QuotaCode=quota
    )
    return int(answer["Quota"]["Value"])


def _request(account: PlatformAccount, code: tuple[str, str], value: int) -> str:
    service, quota = code
    return account.aws.command(
        *("service-quotas", "request-service-quota-increase"),
        *("--service-code", service, "--quota-code", quota, "--desired-value", str(value)),
    )


def _is_own(account: PlatformAccount, tags: list[dict[str, str]]) -> bool:
    own = {"Key": PLATFORM_TAG, "Value": account.settings.stack}
    return own in tags
