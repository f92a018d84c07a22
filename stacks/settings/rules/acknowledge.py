"""Rules of the risks that a stack takes only by name. Each says what may happen.

The command that is offered is the safe one: to accept a risk is the reader's decision.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final

from components.endpoint.address_space import is_wide, is_world
from components.langfuse import versions
from components.langfuse.versions import Version
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import (
    Problem,
    to_change,
    to_decide,
    to_remove,
)
from stacks.settings.rules.endpoint import EXAMPLE_NETWORK
from stacks.settings.rules.protection import (
    Acknowledged,
    accept,
    has_free_buckets,
    is_short,
    is_single,
)
from stacks.settings.sections.acknowledge import Acknowledgement
from stacks.settings.sections.cache import ElastiCacheCache, ExternalCache, StatefulSetCache
from stacks.settings.sections.clickhouse import (
    ExternalClickHouse,
    OperatorClickHouse,
    StatefulSetClickHouse,
)
from stacks.settings.sections.database import (
    ExternalDatabase,
    RdsDatabase,
    StatefulSetDatabase,
)
from stacks.settings.sections.endpoint import Endpoint
from stacks.settings.sections.langfuse import Langfuse
from stacks.settings.sections.object_storage import (
    ExternalObjectStorage,
    S3ObjectStorage,
    StatefulSetObjectStorage,
)
from stacks.settings.sections.secrets import Secrets
from stacks.settings.sections.sso import SsoProvider


def _networks(endpoint: Endpoint) -> dict[int, str]:
    """The networks of IPv4 by place; another check refuses those of IPv6."""
    return {i: network for i, network in enumerate(endpoint.inbound_cidrs) if ":" not in network}


def _is_open(endpoint: Endpoint) -> bool:
    """Whether the networks are as good as the whole world, in one piece or in several."""
    return endpoint.scheme == "internet-facing" and is_wide(_networks(endpoint).values())


def open_to_the_world(endpoint: Endpoint, acknowledge: Acknowledged) -> Iterator[Problem]:
    if not _is_open(endpoint) or "openToTheWorld" in acknowledge:
        return
    networks = _networks(endpoint)
    who = (
        "the whole world"
        if is_world(networks.values())
        else "a public /8 or more, all networks together, which is as good as the whole world,"
    )
    rule = (
        f"lets {who} in: anyone can reach, and attack, the login page and the "
        f"ingestion API; name your networks; {accept('openToTheWorld')}"
    )
    widest = min(networks, key=lambda index: ip_network(networks[index]).prefixlen)
    path, found = f"endpoint.inboundCidrs[{widest}]", networks[widest]
    rest = [network for index, network in networks.items() if index != widest]
    if not rest:
        yield to_change(path, found, rule, EXAMPLE_NETWORK)
    elif is_wide(rest):  # which of them are meant, only their owner knows
        yield to_decide(path, found, rule)
    else:
        yield to_remove(path, found, rule)


def open_sign_up(
    endpoint: Endpoint, langfuse: Langfuse, acknowledge: Acknowledged
) -> Iterator[Problem]:
    if not _lets_register(endpoint, langfuse) or "openSignUp" in acknowledge:
        return
    rule = (
        "lets anyone in the world register, make projects and fill the database, as "
        f"endpoint.inboundCidrs lets the world in; {accept('openSignUp')}"
    )
    if Version.parse(langfuse.version) >= versions.INIT:
        yield to_change("langfuse.signUp", langfuse.sign_up, rule, "disabled")
    else:  # closed, it would let no one in at all
        rule = f"{rule}; sign-up can be closed from Langfuse {versions.INIT} on"
        yield to_decide("langfuse.version", langfuse.version, rule)


def _lets_register(endpoint: Endpoint | None, langfuse: Langfuse) -> bool:
    """Whether anyone in the world can register an account, with a password or at a provider."""
    if endpoint is None or not _is_open(endpoint) or langfuse.sign_up != "open":
        return False
    providers = langfuse.sso.providers.items()
    return langfuse.sso.password_login or any(_lets_everyone_in(*given) for given in providers)


def _lets_everyone_in(name: str, provider: SsoProvider) -> bool:
    """Whether anyone can get an account that a provider lets in."""
    match name:
        case "github" | "wordpress":
            return True
        case "gitlab":
            return provider.base_url is None
        case "google":
            return not provider.allowed_domains
        case "azureAd":
            return provider.tenant_id in {"common", "consumers", "organizations"}
        case _:
            return False


def _is_vulnerable(langfuse: Langfuse) -> bool:
    return versions.vulnerability(Version.parse(langfuse.version)) is not None


def vulnerable_release(langfuse: Langfuse, acknowledge: Acknowledged) -> Iterator[Problem]:
    known = versions.vulnerability(Version.parse(langfuse.version))
    if known is not None and "vulnerableRelease" not in acknowledge:
        rule = (
            f"{known.risk} ({known.name}, corrected in {known.fixed}); "
            f"{accept('vulnerableRelease')}"
        )
        yield to_change("langfuse.version", langfuse.version, rule, str(known.fixed))


def stale(
    *,
    acknowledge: Acknowledged,
    endpoint: Endpoint | None,
    langfuse: Langfuse,
    database: RdsDatabase | StatefulSetDatabase | ExternalDatabase,
    clickhouse: OperatorClickHouse | StatefulSetClickHouse | ExternalClickHouse | None,
    cache: ElastiCacheCache | StatefulSetCache | ExternalCache | None,
    object_storage: S3ObjectStorage | StatefulSetObjectStorage | ExternalObjectStorage | None,
    secrets: Secrets,
) -> Iterator[Problem]:
    rds = [database] if isinstance(database, RdsDatabase) else []
    stores = [*rds, *([cache] if isinstance(cache, ElastiCacheCache) else [])]
    servers = [clickhouse] if isinstance(clickhouse, OperatorClickHouse) else []
    protected = [*stores, *servers, *([secrets] if rds else [])]
    is_open = endpoint is not None and _is_open(endpoint)
    taken: dict[Acknowledgement, bool] = {
        "openSignUp": _lets_register(endpoint, langfuse),
        "openToTheWorld": is_open,
        "vulnerableRelease": _is_vulnerable(langfuse),
        "noProtection": not all(store.protect for store in protected)
        or (isinstance(object_storage, S3ObjectStorage) and has_free_buckets(object_storage)),
        "shortBackups": any(is_short(store) for store in stores),
        "singleZone": any(is_single(store) for store in stores),
    }
    for index, risk in reversed(list(enumerate(acknowledge))):
        if not taken[risk]:
            rule = "is a risk that this stack does not take; left here, it would hide a mistake"
            yield to_remove(f"acknowledge[{index}]", risk, rule)
        elif risk in acknowledge[:index]:
            yield to_remove(f"acknowledge[{index}]", risk, "is acknowledged already")


CHECKS: Final[tuple[Check, ...]] = (
    open_to_the_world,
    open_sign_up,
    vulnerable_release,
    stale,
)
