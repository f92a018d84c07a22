"""Whether the domain of a platform's zone is delegated to it, as the world sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, cast
from urllib.parse import urlencode

from tooling.doctor.aws.session.client import UnansweredError
from tooling.doctor.findings import Finding
from tooling.kit.deadline import Deadline
from tooling.platform.account import PlatformAccount
from tooling.smoke.web import UnreachableError, Web

RESOLVER: Final = "https://dns.google/resolve"
"""Answers in JSON (https://developers.google.com/speed/public-dns/docs/doh/json). Not the resolver
of this machine, which may know names that the world does not."""

SECONDS: Final = 5.0
_NS: Final = 2
"""The type of the records that name a zone's servers."""

Ask = Callable[[str], Sequence[str]]
"""Name servers of a domain, as the world sees them."""


def public_name_servers(domain: str, resolver: str = RESOLVER) -> list[str]:
    """The name servers of a domain; empty if it is delegated to none."""
    url = f"{resolver}?{urlencode({'name': domain, 'type': 'NS'})}"
    try:
        answer = Web(Deadline(SECONDS)).get(url)
    except UnreachableError as error:
        raise UnansweredError(f"{resolver} cannot be asked: {error}") from None
    document = answer.document()
    if answer.status != 200 or "Status" not in document:
        raise UnansweredError(f"{resolver} answered {answer}")
    records = cast("list[dict[str, Any]]", document.get("Answer") or [])
    return sorted(_plain(r["data"]) for r in records if r.get("type") == _NS and r.get("data"))


def zone(account: PlatformAccount, ask: Ask = public_name_servers) -> Iterator[Finding]:
    """Whether the zone is there, once, and the domain leads to it."""
    domain = account.settings.services.hosted_zone
    if domain is None:
        return
    listed = account.aws.pages("route53", "ListHostedZones", "HostedZones")
    ids = [
        found["Id"].removeprefix("/hostedzone/")
        for found in listed
        if _plain(found["Name"]) == domain and not found.get("Config", {}).get("PrivateZone")
    ]
    if not ids:
        raise UnansweredError(f"needs the zone {domain}, which is not there yet")
    seen = list(ask(domain))
    zones: dict[str, list[str]] = {}
    for id_ in ids:
        found = account.aws.ask("route53", "GetHostedZone", Id=id_)
        zones[id_] = sorted(map(_plain, found.get("DelegationSet", {}).get("NameServers", [])))
    if len(ids) == 1 and seen != zones[ids[0]]:
        leads = f"leads to {', '.join(seen)}" if seen else "is delegated to no servers"
        yield _finding(
            account,
            domain,
            f"Seen from outside, the domain {leads}. Enter these name servers where it is "
            f"registered, or in the zone above: {', '.join(zones[ids[0]])}. Until then no "
            "certificate is issued. A change can take as long as the old servers were to be "
            "remembered, often a day.",
        )
    elif len(ids) > 1:
        kept = next((id_ for id_, servers in zones.items() if servers == seen), None)
        leads = f"the domain leads to {kept}" if kept else "the domain leads to none of them"
        yield _finding(
            account,
            domain,
            f"There are {len(ids)} public zones of this name, {', '.join(sorted(ids))}, and "
            f"{leads}. The workload cannot tell which to use: remove the others.",
        )


def _finding(account: PlatformAccount, domain: str, cause: str) -> Finding:
    words = ("route53", "list-hosted-zones-by-name", "--dns-name", domain)
    return Finding.error(
        "zone-not-delegated", f"Hosted zone {domain}", cause, account.aws.command(*words)
    )


def _plain(name: str) -> str:
    return name.rstrip(".").lower()
