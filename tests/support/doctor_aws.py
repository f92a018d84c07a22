"""AWS for the doctor's tests: boto3's own clients, whose answers are prepared and checked.

botocore compares each request and each answer with AWS's model of the service, so that a parameter
or a field that does not exist is an error. Nothing is sent anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import boto3  # pyright: ignore[reportMissingTypeStubs]
from botocore import (  # pyright: ignore[reportMissingTypeStubs]
    xform_name,  # pyright: ignore[reportUnknownVariableType]
)
from botocore.stub import Stubber  # pyright: ignore[reportMissingTypeStubs]

ACCOUNT: Final = "123456789012"
REGION: Final = "ap-northeast-2"
ISSUER: Final = f"oidc.eks.{REGION}.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
VPC: Final = "vpc-00000000000000001"
SUBNETS: Final = ("subnet-0000000000000000a", "subnet-0000000000000000b")
USER: Final = f"arn:aws:iam::{ACCOUNT}:user/ann"


@cache
def _client(service: str) -> Any:  # noqa: ANN401 - boto3's clients have no types
    session: Any = boto3.Session(
        aws_access_key_id="AKIATEST", aws_secret_access_key="test", region_name=REGION
    )
    return session.client(service)


class FakeAws:
    """Gives the prepared answers, in order for each service; anything else is an error."""

    def __init__(self) -> None:
        self._stubs = dict[str, Any]()
        self.caller()

    def client(self, service: str) -> Any:  # noqa: ANN401
        """A client, as the doctor asks for it."""
        self._stub(service)
        return _client(service)

    def answer(
        self,
        service: str,
        operation: str,
        answer: Mapping[str, Any],
        asked: Mapping[str, Any] | None = None,
    ) -> None:
        """Answer the next request of ``service``, which has to have the parameters ``asked``."""
        self._stub(service).add_response(xform_name(operation), dict(answer), asked)

    def refuse(self, service: str, operation: str, code: str) -> None:
        """Refuse the next request, with AWS's own words around it."""
        self._stub(service).add_client_error(
            xform_name(operation), code, "AWS's own words, with a SESSIONTOKEN in them"
        )

    def caller(self, arn: str = USER) -> None:
        """Answer whose the credentials are."""
        self.forget("sts")
        account = arn.split(":")[4]
        self.answer(
            "sts", "GetCallerIdentity", {"UserId": "AIDATEST", "Account": account, "Arn": arn}
        )

    def cluster(self, **changes: Any) -> None:  # noqa: ANN401
        """Answer what the cluster is."""
        cluster = {
            "name": "platform-prod",
            "status": "ACTIVE",
            "version": "1.33",
            "endpoint": f"https://0123.gr7.{REGION}.eks.amazonaws.com",
            "certificateAuthority": {"data": "Y2E="},
            "resourcesVpcConfig": {"vpcId": VPC, "subnetIds": list(SUBNETS)},
            "identity": {"oidc": {"issuer": f"https://{ISSUER}"}},
        }
        self.answer(
            "eks", "DescribeCluster", {"cluster": cluster | changes}, {"name": "platform-prod"}
        )

    def forget(self, service: str) -> None:
        """Take back what was prepared for a service."""
        if stub := self._stubs.pop(service, None):
            stub.deactivate()

    def finish(self) -> None:
        """Leave boto3 as it was; raises ``AssertionError`` if an answer was not asked for."""
        for stub in self._stubs.values():
            stub.deactivate()
        for service, stub in self._stubs.items():
            if service != "sts":  # who asks is prepared in every test, needed in most
                stub.assert_no_pending_responses()

    def _stub(self, service: str) -> Any:  # noqa: ANN401
        if service not in self._stubs:
            stub: Any = Stubber(_client(service))
            stub.activate()
            self._stubs[service] = stub
        return self._stubs[service]
