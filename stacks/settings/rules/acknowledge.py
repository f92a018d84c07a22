"""Rules of the risks that a stack takes only by name. Each says what may happen.

The command that is offered is the safe one: to accept a risk is the reader's decision.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final, TypeAlias

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
from stacks.settings.sections.acknowledge import Acknowledgement
from stacks.settings.sections.cache import ElastiCacheCache, ExternalCache, StatefulSetCache
from stacks.settings.sections.database import (
    ExternalDatabase,
    RdsDatabase,
    StatefulSetDatabase,
)
from stacks.settings.sections.endpoint import Endpoint
from stacks.settings.sections.langfuse import Langfuse
from stacks.settings.sections.secrets import Secrets

Acknowledged: TypeAlias = tuple[Acknowledgement, ...]

_FEWEST_DAYS: Final = 7


def _accept(risk: Acknowledgement) -> str:
    return f"'{risk}' in acknowledge accepts that"


def _networks(endpoint: Endpoint) -> dict[int, str]:
    """The networks of IPv4 by place; another check refuses those of IPv6."""
    return {i: network for i, network in enumerate(endpoint.inbound_cidrs) if ":" not in network}


def _is_open(endpoint: Endpoint) -> bool:
    """Whether the networks are as good as the whole world, in one piece or in several."""
    return endpoint.scheme == "internet-facing" and is_wide(_networks(endpoint).values())


def _is_short(store: RdsDatabase | ElastiCacheCache) -> bool:
    days = store.backup_days if isinstance(store, RdsDatabase) else store.snapshot_days
    return store.protect and 0 < days < _FEWEST_DAYS


def _is_single(store: RdsDatabase | ElastiCacheCache) -> bool:
    copied = store.multi_az if isinstance(store, RdsDatabase) else store.replicas > 0
    return store.protect and not copied


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
        f"ingestion API; name your networks; {_accept('openToTheWorld')}"
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
    if not _is_open(endpoint) or langfuse.sign_up != "open" or "openSignUp" in acknowledge:
        return
    rule = (
        "lets anyone in the world register, make projects and fill the database, as "
        f"endpoint.inboundCidrs lets the world in; {_accept('openSignUp')}"
    )
    if Version.parse(langfuse.version) >= versions.INIT:
        yield to_change("langfuse.signUp", langfuse.sign_up, rule, "disabled")
    else:  # closed, it would let no one in at all
        rule = f"{rule}; sign-up can be closed from Langfuse {versions.INIT} on"
        yield to_decide("langfuse.version", langfuse.version, rule)


def no_protection(
    database: RdsDatabase, secrets: Secrets, acknowledge: Acknowledged
) -> Iterator[Problem]:
    if "noProtection" in acknowledge:
        return
    if not database.protect:
        rule = (
            "lets one `pulumi up` or `destroy` delete the database, or replace it by an empty one, "
            f"and leave a snapshot to restore by hand; {_accept('noProtection')}"
        )
        yield to_change("database.protect", database.protect, rule, value=True)
    elif not secrets.protect:
        rule = (
            "lets the encryption key be deleted or replaced, and what the protected database holds "
            f"encrypted is lost with it; {_accept('noProtection')}"
        )
        yield to_change("secrets.protect", secrets.protect, rule, value=True)


def short_backups(database: RdsDatabase, acknowledge: Acknowledged) -> Iterator[Problem]:
    if _is_short(database) and "shortBackups" not in acknowledge:
        rule = (
            f"leaves fewer than {_FEWEST_DAYS} days to notice a mistake: from then on no backup "
            f"is from before it; {_accept('shortBackups')}"
        )
        yield to_change("database.backupDays", database.backup_days, rule, _FEWEST_DAYS)


def single_zone(database: RdsDatabase, acknowledge: Acknowledged) -> Iterator[Problem]:
    if _is_single(database) and "singleZone" not in acknowledge:
        rule = (
            "keeps no standby: when its zone or its host fails, Langfuse is down until the "
            f"instance is back or restored; {_accept('singleZone')}"
        )
        yield to_change("database.multiAz", database.multi_az, rule, value=True)


def no_protection_of_cache(cache: ElastiCacheCache, acknowledge: Acknowledged) -> Iterator[Problem]:
    if not cache.protect and "noProtection" not in acknowledge:
        rule = (
            "lets one `pulumi up` or `destroy` delete the cache, or replace it by an empty one: "
            f"events that were accepted and not yet processed are lost; {_accept('noProtection')}"
        )
        yield to_change("cache.protect", cache.protect, rule, value=True)


def short_snapshots(cache: ElastiCacheCache, acknowledge: Acknowledged) -> Iterator[Problem]:
    if _is_short(cache) and "shortBackups" not in acknowledge:
        rule = (
            f"leaves fewer than {_FEWEST_DAYS} days to notice a mistake: from then on no snapshot "
            f"is from before it; {_accept('shortBackups')}"
        )
        yield to_change("cache.snapshotDays", cache.snapshot_days, rule, _FEWEST_DAYS)


def single_zone_of_cache(cache: ElastiCacheCache, acknowledge: Acknowledged) -> Iterator[Problem]:
    if _is_single(cache) and "singleZone" not in acknowledge:
        rule = (
            "keeps no copy: when its zone or its node fails, Langfuse accepts nothing until the "
            "node is replaced, and what waited in the queues is lost; "
            f"{_accept('singleZone')}"
        )
        yield to_change("cache.replicas", cache.replicas, rule, 1)


def _is_vulnerable(langfuse: Langfuse) -> bool:
    return versions.vulnerability(Version.parse(langfuse.version)) is not None


def vulnerable_release(langfuse: Langfuse, acknowledge: Acknowledged) -> Iterator[Problem]:
    known = versions.vulnerability(Version.parse(langfuse.version))
    if known is not None and "vulnerableRelease" not in acknowledge:
        rule = (
            f"{known.risk} ({known.name}, corrected in {known.fixed}); "
            f"{_accept('vulnerableRelease')}"
        )
        yield to_change("langfuse.version", langfuse.version, rule, str(known.fixed))


def stale(
    *,
    acknowledge: Acknowledged,
    endpoint: Endpoint | None,
    langfuse: Langfuse,
    database: RdsDatabase | StatefulSetDatabase | ExternalDatabase,
    cache: ElastiCacheCache | StatefulSetCache | ExternalCache | None,
    secrets: Secrets,
) -> Iterator[Problem]:
    rds = [database] if isinstance(database, RdsDatabase) else []
    stores = [*rds, *([cache] if isinstance(cache, ElastiCacheCache) else [])]
    is_open = endpoint is not None and _is_open(endpoint)
    taken: dict[Acknowledgement, bool] = {
        "openSignUp": is_open and langfuse.sign_up == "open",
        "openToTheWorld": is_open,
        "vulnerableRelease": _is_vulnerable(langfuse),
        "noProtection": not all(store.protect for store in [*stores, *([secrets] if rds else [])]),
        "shortBackups": any(_is_short(store) for store in stores),
        "singleZone": any(_is_single(store) for store in stores),
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
    no_protection,
    short_backups,
    single_zone,
    no_protection_of_cache,
    short_snapshots,
    single_zone_of_cache,
    vulnerable_release,
    stale,
)
