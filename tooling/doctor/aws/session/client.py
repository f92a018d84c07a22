"""Asks AWS, with short timeouts, and sorts errors: not found, not allowed, not answered."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, TypeVar

import boto3  # pyright: ignore[reportMissingTypeStubs]
from botocore import (  # pyright: ignore[reportMissingTypeStubs]
    xform_name,  # pyright: ignore[reportUnknownVariableType]
)
from botocore.config import Config  # pyright: ignore[reportMissingTypeStubs]
from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
    BotoCoreError,
    ClientError,
)
from botocore.parsers import ResponseParserError  # pyright: ignore[reportMissingTypeStubs]

from tooling.kit import commands

Clients = Callable[[str], Any]
"""Makes the client of a service; boto3's clients have no types."""

Answer = Mapping[str, Any]

T = TypeVar("T")

_CONFIG: Final = Config(
    connect_timeout=2, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 2}
)

_DENIED: Final = {
    "403",
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "UnauthorizedOperation",
}

_PREFIXES: Final = {
    "elbv2": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
    "service-quotas": "servicequotas",
}
"""IAM's name of a service, where it differs from boto3's."""

_PERMISSIONS: Final = {
    ("s3", "GetBucketEncryption"): "s3:GetEncryptionConfiguration",
    ("s3", "GetBucketCors"): "s3:GetBucketCORS",
    ("s3", "HeadBucket"): "s3:ListBucket",
}
"""Permissions that are not called as their operation
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html)."""


_NO_ANSWERS: Final = {"ResponseParserError"}
"""What boto3 raises for an answer that is none of AWS's."""

_STRANGER: Final = (
    "what answers in its place is not AWS, but a login, a proxy or a captive portal in between"
)


class UnansweredError(Exception):
    """A question that AWS did not answer."""


class RefusedError(UnansweredError):
    """An error from AWS, or from the connection to it. The text omits AWS's own message: one about
    a signature repeats the session token."""

    def __init__(self, service: str, operation: str, code: str) -> None:
        self.code = code
        """AWS's name of the error; of one without, boto3's."""
        told = _STRANGER if code in _NO_ANSWERS else code
        super().__init__(f"AWS did not answer {service} {operation}: {told}")


class DeniedError(Exception):
    """A question that the caller may not ask."""

    def __init__(self, permission: str) -> None:
        self.permission = permission
        """The permission that is missing, as IAM names it."""
        super().__init__(f"the caller has no permission {permission}")


def permission(service: str, operation: str) -> str:
    """The IAM action of an operation that boto3 names by ``service`` and ``operation``."""
    usual = f"{_PREFIXES.get(service, service)}:{operation}"
    return _PERMISSIONS.get((service, operation), usual)


def session_clients(region: str | None, profile: str | None) -> Clients:
    """Clients of one session. Made one at a time, and shared: a session is not safe in threads, a
    client is (https://docs.aws.amazon.com/boto3/latest/guide/clients.html#multithreading-or-multiprocessing-with-clients).
    """
    lock = threading.Lock()
    made = dict[str, Any]()
    sessions = list[Any]()

    def client(service: str) -> Any:  # noqa: ANN401
        with lock:
            if service not in made:
                if not sessions:  # here, because an unknown profile is an answer too
                    sessions.append(boto3.Session(profile_name=profile, region_name=region))
                made[service] = sessions[0].client(service, config=_CONFIG)
            return made[service]

    return client


class Aws:
    """AWS in one region, asked as one caller. Safe in threads, if the clients are."""

    def __init__(self, clients: Clients, *, region: str | None, profile: str | None) -> None:
        self._clients = clients
        self.region = region
        self.profile = profile

    def ask(self, service: str, operation: str, **parameters: object) -> Answer:
        """The answer; raises ``DeniedError``, and ``RefusedError`` for everything else."""
        return self._try(
            service, operation, lambda client: _method(client, operation)(**parameters)
        )

    def look_up(
        self, service: str, operation: str, absent: Collection[str], **parameters: object
    ) -> Answer | None:
        """The answer; None if AWS refuses with a code of ``absent``."""
        try:
            return self.ask(service, operation, **parameters)
        except RefusedError as refused:
            if refused.code in absent:
                return None
            raise

    def pages(self, service: str, operation: str, key: str, **parameters: object) -> list[Any]:
        """What all pages have under ``key``."""

        def read(client: Any) -> list[Any]:  # noqa: ANN401
            pages = client.get_paginator(_snake(operation)).paginate(**parameters)
            return [item for page in pages for item in page.get(key, [])]

        return self._try(service, operation, read)

    def _try(self, service: str, operation: str, call: Callable[[Any], T]) -> T:
        try:
            return call(self._clients(service))
        except (BotoCoreError, ClientError, ResponseParserError) as error:
            code = _code(error)
            if code in _DENIED:
                raise DeniedError(permission(service, operation)) from None
            raise RefusedError(service, operation, code) from None

    def command(self, *words: str) -> str:
        """A command of the AWS CLI for this region and caller, ready to be pasted."""
        return commands.aws(*words, region=self.region, profile=self.profile)


def _method(client: Any, operation: str) -> Callable[..., Any]:  # noqa: ANN401
    return getattr(client, _snake(operation))


def _snake(operation: str) -> str:
    return xform_name(operation)


def _code(error: Any) -> str:  # noqa: ANN401
    response: dict[str, Any] = getattr(error, "response", None) or {}  # a timeout's is None
    return str(response.get("Error", {}).get("Code") or type(error).__name__)
