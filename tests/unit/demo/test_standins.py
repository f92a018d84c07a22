"""Stand-ins for providers, asked as the engine asks them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from stacks.stack_files import ROOT
from tooling.demo.standins.provider import Asked, StandIn, Values, serving
from tooling.demo.standins.random import Random
from tooling.engineless.recording import Secret
from tooling.engineless.wire import from_wire, to_wire

PARENT = "urn:pulumi:dev::agent-observability::agent-observability:index:Parent$"
PASSWORD = f"{PARENT}random:index/randomPassword:RandomPassword::password"
BYTES = f"{PARENT}random:index/randomBytes:RandomBytes::key"
IDENTIFIER = f"{PARENT}random:index/randomId:RandomId::suffix"
SUBNETS = f"{PARENT}aws:rds/subnetGroup:SubnetGroup::subnets"
SOME = provider_pb2.DiffResponse.DIFF_SOME
NONE = provider_pb2.DiffResponse.DIFF_NONE


class Shelf(StandIn):
    """Keeps what it is given, and names it."""

    def __init__(self) -> None:
        super().__init__("aws", "7.0.0")
        self.kept: dict[str, Values] = {}

    def name(self, asked: Asked, seed: bytes) -> Values:
        return {"name": f"{asked.name}-{seed.decode()}", "description": "by default"}

    def create(self, asked: Asked) -> tuple[str, Values]:
        self.kept["id"] = asked.inputs
        return "id", {**asked.inputs, "arn": "arn:1"}

    def update(self, asked: Asked) -> Values:
        self.kept[asked.id] = asked.inputs
        return {**(asked.state or {}), **asked.inputs}

    def read(self, asked: Asked) -> Values | None:
        return asked.state if asked.id in self.kept else None

    def delete(self, asked: Asked) -> None:
        del self.kept[asked.id]


class Engine:
    """The requests of an engine to one provider."""

    def __init__(self, port: int) -> None:
        # The generated stub has no types.
        self.stub: Any = provider_pb2_grpc.ResourceProviderStub(
            grpc.insecure_channel(f"127.0.0.1:{port}")
        )

    def check(self, urn: str, news: Mapping[str, Any]) -> dict[str, Any]:
        request = provider_pb2.CheckRequest(urn=urn, news=to_wire(news), randomSeed=b"seed")
        return from_wire(self.stub.Check(request).inputs)

    def diff(
        self, urn: str, old: Mapping[str, Any], new: Mapping[str, Any], *ignored: str
    ) -> tuple[int, list[str], list[str]]:
        request = provider_pb2.DiffRequest(
            urn=urn, old_inputs=to_wire(old), news=to_wire(new), ignoreChanges=ignored
        )
        answer = self.stub.Diff(request)
        return answer.changes, list(answer.diffs), list(answer.replaces)

    def create(
        self, urn: str, given: Mapping[str, Any], *, preview: bool = False
    ) -> tuple[str, dict[str, Any]]:
        request = provider_pb2.CreateRequest(urn=urn, properties=to_wire(given), preview=preview)
        answer = self.stub.Create(request)
        return answer.id, from_wire(answer.properties)


@pytest.fixture
def random() -> Generator[Engine]:
    with serving(Random()) as port:
        yield Engine(port)


@pytest.fixture
def shelf() -> Generator[tuple[Shelf, Engine]]:
    made = Shelf()
    with serving(made) as port:
        yield made, Engine(port)


def test_a_password_has_its_length_and_alphabet_and_is_secret(random: Engine) -> None:
    given = {"length": 40, "special": False, "upper": False}

    (id_, state), (_, other) = (random.create(PASSWORD, given) for _ in range(2))

    assert (id_, set(state)) == ("none", {"length", "special", "upper", "result"})
    assert isinstance(state["result"], Secret)
    assert len(state["result"].value) == 40
    assert state["result"].value.isalnum()
    assert state["result"].value.islower()
    assert state["result"].value != other["result"].value


def test_bytes_are_secret_in_each_form(random: Engine) -> None:
    _, state = random.create(BYTES, {"length": 32})

    assert {k for k, v in state.items() if isinstance(v, Secret)} == {"hex", "base64"}
    assert len(state["hex"].value) == 64


def test_an_identifier_is_no_secret(random: Engine) -> None:
    id_, state = random.create(IDENTIFIER, {"byteLength": 4})

    assert state == {"byteLength": 4, "hex": id_}
    assert len(id_) == 8


def test_a_preview_generates_nothing(random: Engine) -> None:
    assert random.create(PASSWORD, {"length": 40}, preview=True) == ("", {"length": 40})


def test_any_other_input_replaces_a_generated_value(random: Engine) -> None:
    assert random.diff(PASSWORD, {"length": 40}, {"length": 40}) == (NONE, [], [])
    assert random.diff(PASSWORD, {"length": 40}, {"length": 41}) == (SOME, ["length"], ["length"])


def test_what_is_given_wins_over_what_is_filled_in_and_keeps_its_mark(
    shelf: tuple[Shelf, Engine],
) -> None:
    _, engine = shelf

    assert engine.check(SUBNETS, {"description": Secret("mine")}) == {
        "name": "subnets-seed",
        "description": Secret("mine"),
    }


def test_a_change_replaces_where_the_table_says_so_and_an_ignored_one_is_none(
    shelf: tuple[Shelf, Engine],
) -> None:
    _, engine = shelf
    old = {"name": "a", "subnetIds": ["1"]}

    assert engine.diff(SUBNETS, old, {**old, "subnetIds": ["2"]}) == (SOME, ["subnetIds"], [])
    assert engine.diff(SUBNETS, old, {"name": "b"}) == (SOME, ["name", "subnetIds"], ["name"])
    assert engine.diff(SUBNETS, old, {"name": "a"}, "subnetIds") == (NONE, [], [])


def test_a_resource_lives_as_long_as_the_stand_in_keeps_it(shelf: tuple[Shelf, Engine]) -> None:
    made, engine = shelf
    id_, state = engine.create(SUBNETS, {"name": Secret("a")})
    assert (id_, state, made.kept) == ("id", {"name": "a", "arn": "arn:1"}, {"id": {"name": "a"}})

    update = provider_pb2.UpdateRequest(
        urn=SUBNETS, id="id", olds=to_wire(state), news=to_wire({"name": "a", "tags": {}})
    )
    assert from_wire(engine.stub.Update(update).properties) == {**state, "tags": {}}
    assert made.kept == {"id": {"name": "a", "tags": {}}}

    read = provider_pb2.ReadRequest(urn=SUBNETS, id="id", properties=to_wire(state))
    assert engine.stub.Read(read).id == "id"
    engine.stub.Delete(provider_pb2.DeleteRequest(urn=SUBNETS, id="id"))
    assert engine.stub.Read(read).id == ""


def test_a_function_that_it_does_not_have_is_an_error_that_names_it(random: Engine) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        random.stub.Invoke(provider_pb2.InvokeRequest(tok="random:index/get:get"))

    assert "the stand-in for random has no function random:index/get:get" in str(refused.value)


@pytest.mark.programs
def test_as_a_program_it_says_its_port_and_ends_with_the_engine_that_started_it() -> None:
    # A shell plays the engine; it is killed, as an engine can be.
    program = f"{sys.executable} -m tooling.demo.standins.random & echo $!; wait"
    with subprocess.Popen(["/bin/sh", "-c", program], stdout=subprocess.PIPE, cwd=ROOT) as shell:
        assert shell.stdout is not None
        pid, port = (int(shell.stdout.readline()) for _ in range(2))
        assert Engine(port).create(BYTES, {"length": 1})[0] == "none"
        shell.send_signal(signal.SIGKILL)
        for _ in range(100):
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                break
            time.sleep(0.1)
        else:
            pytest.fail("the stand-in outlives its engine")
