"""Stands in for Pulumi's AWS provider, and for the account behind it, in tests on the real engine.

It computes what the offline answers compute, with names that are new each time; keeps what was
made while engines come and go; and refuses what AWS would: a fixed name twice, and the deletion of
a database with deletion protection. It proves nothing about AWS itself.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from tooling.demo.standins.provider import Asked, RefusedError, StandIn, Values
from tooling.engineless.aws import lookups, resources
from tooling.engineless.recording import Resource
from tooling.engineless.wire import from_wire
from tooling.kit.json_values import parsed

DATABASE: Final = "aws:rds/instance:Instance"
ENTRY: Final = "aws:secretsmanager/secret:Secret"
VERSION: Final = "aws:secretsmanager/secretVersion:SecretVersion"
RECORD: Final = "aws:route53/record:Record"


@dataclass(kw_only=True)
class Made:
    """One resource in the account."""

    type: str
    name: str
    """Its logical name in the stack."""
    inputs: Values
    state: Values
    tags: Mapping[str, str]


@dataclass
class Account:
    """What exists, by type and id, because an entry and its policy have one id; and the names of
    entries that are deleted and not free yet."""

    made: dict[tuple[str, str], Made] = field(default_factory=dict[tuple[str, str], Made])
    scheduled: set[str] = field(default_factory=set[str])

    def of_type(self, type_: str) -> list[Made]:
        return [item for item in self.made.values() if item.type == type_]


class AwsStandIn(StandIn):
    """The provider. ``endpoint`` and ``authority``: of the cluster that plays EKS."""

    def __init__(self, *, endpoint: str, authority: str) -> None:
        super().__init__("aws", "7.51.1")
        self.account = Account()
        self.hold: threading.Event | None = None
        """While there is one that is not set, AWS is making the database that was asked for."""
        self._cluster = {"endpoint": endpoint, "certificateAuthorities": [{"data": authority}]}
        self._tags: Mapping[str, str] = {}
        self._lock = threading.Lock()

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        given: Values = parsed(from_wire(request.args).get("defaultTags")) or {}
        self._tags = given.get("tags", {})
        return super().Configure(request, context)

    def create(self, asked: Asked) -> tuple[str, Values]:
        id_, state = resources.create(_resource(asked), preview=False)
        with self._lock:
            self._refuse_twice(asked)
            self.account.made[asked.type, id_] = Made(
                type=asked.type, name=asked.name, inputs=asked.inputs, state=state, tags=self._tags
            )
        if asked.type == DATABASE and self.hold is not None:
            self.hold.wait()
        return id_, state

    def update(self, asked: Asked) -> Values:
        given = {k: v for k, v in asked.inputs.items() if not k.endswith("Wo")}
        state = {**(asked.state or {}), **given}
        with self._lock:
            made = self.account.made[asked.type, asked.id]
            made.inputs, made.state = asked.inputs, state
        return state

    def read(self, asked: Asked) -> Values | None:
        return asked.state if (asked.type, asked.id) in self.account.made else None

    def delete(self, asked: Asked) -> None:
        with self._lock:
            made = self.account.made.get((asked.type, asked.id))
            if made is None:
                return
            if asked.type == DATABASE and made.inputs.get("deletionProtection"):
                raise RefusedError(
                    "InvalidParameterCombination: Cannot delete protected DB Instance, please "
                    "disable deletion protection and try again."
                )
            if asked.type == ENTRY and int(made.inputs.get("recoveryWindowInDays", 30)):
                self.account.scheduled.add(made.inputs["name"])
            del self.account.made[asked.type, asked.id]

    def invoke(self, token: str, arguments: Values) -> Values:
        found = lookups.invoke(token, arguments)
        return {**found, **self._cluster} if token.endswith(":getCluster") else found

    def value(self, entry: str, version: str) -> dict[str, str]:
        """The values that one version of an entry holds, as External Secrets reads them."""
        for made in self.account.of_type(VERSION):
            if made.inputs["secretId"] == entry and made.state["versionId"] == version:
                return cast("dict[str, str]", json.loads(made.inputs["secretStringWo"]))
        raise LookupError(f"{entry} has no version {version}")

    def _refuse_twice(self, asked: Asked) -> None:
        """What has a name of the program's own exists once."""
        name = asked.inputs.get("name")
        others = [made.inputs.get("name") for made in self.account.of_type(asked.type)]
        if asked.type == ENTRY:
            if name in self.account.scheduled:
                raise RefusedError(
                    "InvalidRequestException: You can't create this secret because a secret with "
                    "this name is already scheduled for deletion."
                )
            if name in others:
                raise RefusedError(
                    "ResourceExistsException: The operation failed because the secret "
                    f"{name} already exists."
                )
        if asked.type == RECORD and name in others and not asked.inputs.get("allowOverwrite"):
            raise RefusedError(
                f"InvalidChangeBatch: Tried to create resource record set [name='{name}'] but it "
                "already exists"
            )


def _resource(asked: Asked) -> Resource:
    """As the offline answers take it; another one each time, so that names are new."""
    return Resource(
        urn=f"{asked.urn}#{uuid.uuid4()}",
        type=asked.type,
        name=asked.name,
        parent="",
        custom=True,
        inputs=asked.inputs,
        dependencies=(),
        property_dependencies={},
        provider="",
        protect=False,
        ignore_changes=(),
        additional_secret_outputs=(),
        request=None,
    )
