"""Types of hosts, URLs, e-mail addresses and networks."""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import Iterator
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field

from stacks.settings.machinery.rule import Meant, Rule, matching

DNS_LABEL: Final = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
"""A DNS label as a regular expression."""

_DEFAULT_PORTS: Final = {"http": "80", "https": "443", "postgres": "5432", "postgresql": "5432"}

_ADDRESS: Final = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<host>[^/@:?#\s]+)(?::(?P<port>\d+))?/*",
    re.IGNORECASE,
)


def _is_host(value: str) -> bool:
    """Whether it is a name: no top-level domain is a number, which that of an address would be."""
    *_, last = value.split(".")
    named = re.fullmatch(rf"{DNS_LABEL}(\.{DNS_LABEL})+", value) is not None
    return named and len(value) <= 253 and not last.isdigit()


def _is_address(value: str) -> bool:
    """Whether it is the address of another host."""
    try:
        address = ipaddress.IPv4Address(value)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or address.is_multicast)


def _host(text: str) -> Iterator[str]:
    """Of a URL that says nothing but the host."""
    match = _ADDRESS.fullmatch(text)
    if match is not None:
        scheme = (match["scheme"] or "").lower()
        if match["port"] in {None, _DEFAULT_PORTS.get(scheme, "")}:
            yield match["host"].lower().rstrip(".")


_NOT_IN_HOSTS: Final = frozenset("%<>^|")
"""What urlsplit takes in a host and browsers, Node.js and Langfuse's start do not
(https://url.spec.whatwg.org/#forbidden-domain-code-point)."""


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        named = parts.hostname is not None and _NOT_IN_HOSTS.isdisjoint(parts.hostname)
        address = named and (parts.port is None or parts.port > 0)
    except ValueError:  # brackets without an IPv6 address, a port that is none
        return False
    return (
        parts.scheme in {"http", "https"}
        and address
        and re.search(r"[\s/]$|[?#@\\]|\s", value) is None  # urlsplit drops line breaks
    )


def _is_origin(value: str) -> bool:
    return _is_url(value) and not urlsplit(value).path


def is_local(url: str) -> bool:
    """Whether a URL leads to the machine of its reader, as that of a port-forward does."""
    return urlsplit(url).hostname in {"localhost", "127.0.0.1", "0.0.0.0", "::1"}  # noqa: S104


def _url(text: str) -> Iterator[str]:
    yield text.rstrip("/")


def _email(text: str) -> Iterator[str]:
    """With a display name, as a link, with a domain in capitals."""
    _, _, inside = text.rpartition("<")
    local, _, domain = inside.removesuffix(">").removeprefix("mailto:").strip().rpartition("@")
    yield f"{local}@{domain.lower()}"


def _is_cidr(value: str) -> bool:
    try:
        return str(ipaddress.ip_network(value)) == value
    except ValueError:
        return False


def _network(text: str) -> Iterator[str]:
    """One address, a mask of addresses, and host bits, which AWS drops by itself."""
    with contextlib.suppress(ValueError):
        yield str(ipaddress.ip_network(re.sub(r"\s+", "", text), strict=False))


def _written_out(text: str) -> Iterator[str]:
    """Of a network that says how large it is."""
    if "/" in text:
        yield from _network(text)


HostName = Annotated[
    str,
    Rule("must be a host name in lower case without scheme, port or path", _is_host),
    Meant(_host),
    Field(examples=["langfuse.example.com"]),
]

Server = Annotated[
    str,
    Rule(
        "must be a host name in lower case without scheme, port or path, or an IPv4 address",
        lambda value: _is_host(value) or _is_address(value),
    ),
    Meant(_host),
    Field(examples=["postgres.example.com"]),
]

Url = Annotated[
    str,
    Rule(
        "must be an http:// or https:// URL without credentials, query or trailing slash", _is_url
    ),
    Meant(_url),
    Field(examples=["https://langfuse.example.com"]),
]

OriginUrl = Annotated[
    str,
    Rule(
        "must be an http:// or https:// URL without path, credentials, query or trailing slash: "
        "Langfuse's images are built for the root of a host",
        _is_origin,
    ),
    Meant(_url),
    Field(examples=["https://langfuse.example.com"]),
]

StoreUrl = Annotated[
    str,
    Rule(
        "must be an http:// or https:// URL without path, credentials, query or trailing slash: "
        "the bucket is a key of its own",
        _is_origin,
    ),
    Meant(_url),
    Field(examples=["https://objects.example.com"]),
]

# As Langfuse checks an address that logs in: `email()` of zod
# (https://github.com/colinhacks/zod/blob/v3.22.4/src/types.ts), with a domain of DNS.
Email = Annotated[
    str,
    matching(
        "must be an e-mail address",
        r"(?!\.)(?!.*\.\.)[A-Za-z0-9_'+.-]*[A-Za-z0-9_+-]"
        rf"@({DNS_LABEL}\.)+[a-z]{{2,63}}",
    ),
    Meant(_email),
    Field(examples=["admin@example.com"]),
]

_CIDR: Final = Rule("must be a network in CIDR notation with no host bits set", _is_cidr)

Cidr = Annotated[str, _CIDR, Meant(_network), Field(examples=["203.0.113.0/24"])]

AddressSpace = Annotated[str, _CIDR, Meant(_written_out), Field(examples=["10.20.0.0/16"])]
"""Addresses to give away, of which one alone is none."""
