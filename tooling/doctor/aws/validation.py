"""Why a certificate is not issued: the validation record, the zone, or a refusal."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tooling.doctor.aws.session.account import Account
from tooling.doctor.findings import Finding

_REFUSALS: Final = {
    "ADDITIONAL_VERIFICATION_REQUIRED": "AWS Support has to approve this name first",
    "CAA_ERROR": (
        "a CAA record of the name, or of a name above it, lets other authorities issue only: add "
        "amazon.com to it"
    ),
    "DOMAIN_NOT_ALLOWED": "ACM issues nothing for this name",
    "DOMAIN_VALIDATION_DENIED": "the validation was denied",
    "INVALID_PUBLIC_DOMAIN": "the name is not below a public top-level domain",
    "OTHER": "most often a mistyped name",
}
"""Of https://docs.aws.amazon.com/acm/latest/APIReference/API_CertificateDetail.html."""


@dataclass(frozen=True, kw_only=True)
class _Record:
    name: str
    type: str
    value: str


def certificate(account: Account) -> Iterator[Finding]:
    """Why the certificate of the public name is not issued, if it is not."""
    endpoint = account.settings.endpoint
    if endpoint is None:
        return
    arn = endpoint.certificate_arn or _newest(account, endpoint.host)
    if arn is None:
        return
    absent = {"ResourceNotFoundException"}
    answer = account.aws.look_up("acm", "DescribeCertificate", absent, CertificateArn=arn)
    found: Mapping[str, Any] = answer["Certificate"] if answer else {}
    status = found.get("Status")
    show = account.aws.command("acm", "describe-certificate", "--certificate-arn", arn)
    if status in {"FAILED", "VALIDATION_TIMED_OUT"}:
        reason = found.get("FailureReason", "")
        told = f" ({_REFUSALS[reason]})" if reason in _REFUSALS else ""
        cause = (
            f"ACM gave up: {reason or status}{told}. Fix it, then run `pulumi up`, which requests "
            "the certificate again."
        )
        caa = shlex.join(["dig", "+short", "CAA", endpoint.host])
        yield _about(arn, cause, caa if reason == "CAA_ERROR" else show)
    elif status == "PENDING_VALIDATION":
        yield from _pending(account, arn, found, show)


def _newest(account: Account, host: str) -> str | None:
    """The last certificate that was requested for the host."""
    listed = account.aws.pages("acm", "ListCertificates", "CertificateSummaryList")
    own = [entry for entry in listed if entry.get("DomainName") == host and "CreatedAt" in entry]
    newest = max(own, key=lambda entry: entry["CreatedAt"], default=None)
    return newest and newest["CertificateArn"]


def _pending(account: Account, arn: str, found: Mapping[str, Any], show: str) -> Iterator[Finding]:
    records = [
        _Record(
            name=option["ResourceRecord"]["Name"],
            type=option["ResourceRecord"]["Type"],
            value=option["ResourceRecord"]["Value"],
        )
        for option in found.get("DomainValidationOptions", [])
        if option.get("ValidationStatus") != "SUCCESS" and "ResourceRecord" in option
    ]
    if not records:
        cause = "ACM does not report the validation record yet. Ask again in a minute."
        yield _about(arn, cause, show)
        return
    zone_name = account.settings.endpoint and account.settings.endpoint.hosted_zone
    for record in records:
        wanted = f"{record.name} {record.type} {record.value}"
        if zone_name is None:
            cause = f"ACM waits for the validation record. Create it in DNS: {wanted}"
            yield _about(arn, cause, _dig(record.type, record.name))
            continue
        zone = _zone(account, zone_name)
        if zone is None:
            cause = f"There is no public zone {zone_name} for the validation record: {wanted}"
            yield _about(arn, cause, account.aws.command("route53", "list-hosted-zones"))
            continue
        values = _values(account, zone, record)
        if record.value.rstrip(".") not in {value.rstrip(".") for value in values}:
            there = f" (there is {', '.join(values)})" if values else ""
            cause = (
                f"The zone {zone_name} lacks the validation record{there}: {wanted}. "
                "`pulumi up` makes it."
            )
            yield _about(arn, cause, account.commands.up())
            continue
        servers = _name_servers(account, zone)
        cause = (
            f"The validation record is in the zone {zone_name}, and ACM does not see it. "
            "In the first minutes that is usual; later the name is not delegated to this zone. "
            f"The command has to answer {', '.join(servers)}; if not, set these at the "
            "registrar or in the zone above."
        )
        yield _about(arn, cause, _dig("NS", zone_name))


def _dig(record_type: str, name: str) -> str:
    return shlex.join(["dig", "+short", record_type, name])


def _zone(account: Account, name: str) -> str | None:
    listed = account.aws.pages("route53", "ListHostedZones", "HostedZones")
    ids = [
        zone["Id"]
        for zone in listed
        if zone["Name"].rstrip(".") == name and not zone.get("Config", {}).get("PrivateZone")
    ]
    return ids[0].removeprefix("/hostedzone/") if ids else None


def _values(account: Account, zone: str, record: _Record) -> list[str]:
    """What the zone has under the record's name and type."""
    answer = account.aws.ask(
        "route53",
        "ListResourceRecordSets",
        HostedZoneId=zone,
        StartRecordName=record.name,
        StartRecordType=record.type,
        MaxItems="1",
    )
    return [
        value["Value"]
        for found in answer.get("ResourceRecordSets", [])
        if found["Name"].rstrip(".") == record.name.rstrip(".") and found["Type"] == record.type
        for value in found.get("ResourceRecords", [])
    ]


def _name_servers(account: Account, zone: str) -> list[str]:
    answer = account.aws.ask("route53", "GetHostedZone", Id=zone)
    return sorted(answer.get("DelegationSet", {}).get("NameServers", []))


def _about(arn: str, cause: str, command: str) -> Finding:
    return Finding.error(
        "certificate-pending", f"Certificate {arn.rsplit('/', maxsplit=1)[-1]}", cause, command
    )
