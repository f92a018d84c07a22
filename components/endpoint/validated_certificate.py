"""An ACM certificate for one host name, proven by DNS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_aws import route53
from pulumi_aws.acm import Certificate, CertificateValidation

TYPE = "agent-observability:index:ValidatedCertificate"

_LIMIT: Final = "20m"
"""AWS finds the record within minutes. The provider's limit is 75 minutes, which a zone without
delegation would use up."""


@dataclass(frozen=True, kw_only=True)
class ValidatedCertificateArgs:
    host: str
    """Host name that the certificate is for."""
    zone_id: pulumi.Input[str]
    """Public Route 53 zone of the name."""


class ValidatedCertificate(pulumi.ComponentResource):
    """A certificate, the DNS record that validates it, and the wait until it is issued.

    Nothing has a fixed name: for another host, a new certificate is issued before the old one is
    deleted.
    """

    arn: pulumi.Output[str]
    """ARN of the certificate; resolves when it is issued."""

    def __init__(
        self, name: str, args: ValidatedCertificateArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        certificate = Certificate(
            f"{name}-certificate", domain_name=args.host, validation_method="DNS", opts=child
        )
        # One host name has one validation record.
        proof = certificate.domain_validation_options.apply(lambda options: options[0])
        record = route53.Record(
            f"{name}-record",
            zone_id=args.zone_id,
            name=proof.apply(lambda option: option.resource_record_name or ""),
            type=proof.apply(lambda option: option.resource_record_type or ""),
            records=[proof.apply(lambda option: option.resource_record_value or "")],
            ttl=60,
            # AWS asks for the same record for every certificate of this host name in the account,
            # and for each renewal, so it may already exist.
            allow_overwrite=True,
            opts=child,
        )
        self.arn = CertificateValidation(
            f"{name}-validation",
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn],
            opts=pulumi.ResourceOptions(
                parent=self, custom_timeouts=pulumi.CustomTimeouts(create=_LIMIT)
            ),
        ).certificate_arn
        self.register_outputs({"arn": self.arn})
