"""A union of sections that no stack has: messages, fixes, secrets, schema and reference take it.

The machinery knows no section by name, so the next section with an engine needs nothing here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import jsonschema
import pytest
from pydantic import Discriminator, Field

from stacks.settings.machinery import reader
from stacks.settings.machinery.fields.text import SecretText
from stacks.settings.machinery.places import locate
from stacks.settings.machinery.problems import Problem
from stacks.settings.machinery.section import Section
from stacks.settings.machinery.shape import Variants, type_of, variants
from tooling.docs import reference, schema


class Login(Section):
    """How to log in."""

    auth_token: SecretText
    """Token."""


class LocalQueue(Section):
    """A queue in the cluster."""

    queue_kind: Literal["inCluster"]
    """Selects this kind of queue."""
    size_gib: Annotated[int, Field(ge=1, le=64)] = 8
    """Volume size in GiB."""


class ManagedQueue(Section):
    """A queue outside of the cluster."""

    queue_kind: Literal["managed", "serverless"]
    """Selects this kind of queue."""
    nodes: Annotated[int, Field(ge=1, le=9)] = 2
    """Number of nodes."""
    login: Login | None = None
    """Login of the queue."""


Queue = Annotated[LocalQueue | ManagedQueue, Field(discriminator="queue_kind")]


class Queues(Section):
    """Queues inside of a section."""

    first: Queue
    """Required."""
    spare: Annotated[LocalQueue | ManagedQueue, Discriminator("queue_kind")] | None = None
    """Left out."""
    shards: tuple[Queue, ...] = ()
    """Several."""
    by_name: dict[str, Queue] = {}  # noqa: RUF012 - pydantic copies it
    """By name."""


class Pretended(Section):
    """Settings of a program that there is not."""

    queue: Queue
    """Where events wait."""
    backup: Queue | None = None
    """Where they wait otherwise."""
    queues: Queues | None = None
    """More of them."""


READER: Final = reader.Reader(
    Pretended, {name: f"pretended:{name}" for name in Pretended.model_fields}
)
TAGS: Final = "must be one of inCluster, managed, serverless"
IN_CLUSTER: Final = {"queueKind": "inCluster"}
MANAGED: Final = {"queueKind": "managed"}
TOKEN: Final = "correct-horse-battery"
SECRET_RULE: Final = "is a secret and has to be stored encrypted"


def found(config: Mapping[str, Any], secret_keys: frozenset[str] = frozenset()) -> reader.Found:
    values = {f"pretended:{key}": json.dumps(value) for key, value in config.items()}
    return READER.read(reader.Configuration(values, secret_keys))


def problem(path: str, shown: str, rule: str, fix: str) -> Problem:
    return Problem(f"pretended:{path}", shown, rule, fix.replace("@", "pretended:"))


def test_each_variant_is_read_wherever_the_union_is() -> None:
    read = found(
        {
            "queue": {**IN_CLUSTER, "sizeGiB": 3},
            "backup": {"queueKind": "serverless", "nodes": 5},
            "queues": {"first": MANAGED, "shards": [IN_CLUSTER, MANAGED], "byName": {"a": MANAGED}},
        }
    )

    assert list(read.problems) == []
    assert read.sections == {
        "queue": LocalQueue(queueKind="inCluster", sizeGiB=3),  # pyright: ignore[reportCallIssue]
        "backup": ManagedQueue(queueKind="serverless", nodes=5),  # pyright: ignore[reportCallIssue]
        "queues": Queues.model_validate(
            {
                "first": MANAGED,
                "shards": (IN_CLUSTER, MANAGED),
                "byName": {"a": MANAGED},
            }
        ),
    }


def test_an_optional_union_that_is_left_out_is_none() -> None:
    read = found({"queue": IN_CLUSTER})

    assert (read.sections["backup"], list(read.problems)) == (None, [])


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        pytest.param(
            {},
            [
                problem(
                    "queue.queueKind",
                    "(nothing)",
                    TAGS,
                    "pulumi config set --path @queue.queueKind QUEUE_KIND",
                )
            ],
            id="left out",
        ),
        pytest.param(
            {"queue": {"queueKind": "Manage"}},
            [
                problem(
                    "queue.queueKind",
                    '"Manage"',
                    TAGS,
                    "pulumi config set --path @queue.queueKind managed",
                )
            ],
            id="a tag that looks like another",
        ),
        pytest.param(
            {"queue": {"queueKind": ["managed"]}},
            [
                problem(
                    "queue.queueKind",
                    '["managed"]',
                    TAGS,
                    "",
                )
            ],
            id="a tag in a list",
        ),
        pytest.param(
            {"queue": {**IN_CLUSTER, "nodes": 3}},
            [
                problem(
                    "queue.nodes",
                    "3",
                    "unknown key of queueKind inCluster "
                    "(queueKind managed and serverless have it); "
                    "known here: queueKind, sizeGiB",
                    "",
                )
            ],
            id="a key of another variant",
        ),
        pytest.param(
            {"queue": {**MANAGED, "node": 3}},
            [
                problem(
                    "queue.node",
                    "3",
                    "unknown key, did you mean 'nodes'? known here: login, nodes, queueKind",
                    "pulumi config set --path @queue.nodes 3 && "
                    "pulumi config rm --path @queue.node",
                )
            ],
            id="a key of no variant",
        ),
        pytest.param(
            {"queue": {**IN_CLUSTER, "sizeGiB": "3"}},
            [
                problem(
                    "queue.sizeGiB",
                    '"3"',
                    "must be a whole number, not in quotes",
                    "pulumi config rm --path @queue.sizeGiB && "
                    "pulumi config set --path @queue.sizeGiB 3",
                )
            ],
            id="a value of a variant",
        ),
        pytest.param(
            {"queue": IN_CLUSTER, "backup": {"queueKind": "serverless", "nodes": 10}},
            [
                problem(
                    "backup.nodes",
                    "10",
                    "must be less than or equal to 9",
                    "",
                )
            ],
            id="a value of an optional union",
        ),
        pytest.param(
            {"queue": IN_CLUSTER, "queues": {"first": {**MANAGED, "nodes": 0}}},
            [
                problem(
                    "queues.first.nodes",
                    "0",
                    "must be greater than or equal to 1",
                    "",
                )
            ],
            id="a union inside of a section",
        ),
        pytest.param(
            {"queue": IN_CLUSTER, "queues": {"first": IN_CLUSTER, "spare": {"queueKind": "x"}}},
            [
                problem(
                    "queues.spare.queueKind",
                    '"x"',
                    TAGS,
                    "",
                )
            ],
            id="an optional union inside of a section",
        ),
        pytest.param(
            {
                "queue": IN_CLUSTER,
                "queues": {"first": IN_CLUSTER, "spare": {**MANAGED, "nodes": 0}},
            },
            [
                problem(
                    "queues.spare.nodes",
                    "0",
                    "must be greater than or equal to 1",
                    "",
                )
            ],
            id="a value of an optional union inside of a section",
        ),
        pytest.param(
            {
                "queue": IN_CLUSTER,
                "queues": {
                    "first": IN_CLUSTER,
                    "shards": [IN_CLUSTER, {**MANAGED, "sizeGiB": 1}],
                    "byName": {"inCluster": {**IN_CLUSTER, "sizeGiB": 0}},
                },
            },
            [
                problem(
                    "queues.shards[1].sizeGiB",
                    "1",
                    "unknown key of queueKind managed (queueKind inCluster has it); "
                    "known here: login, nodes, queueKind",
                    "",
                ),
                problem(
                    "queues.byName.inCluster.sizeGiB",
                    "0",
                    "must be greater than or equal to 1",
                    "",
                ),
            ],
            id="unions in a list and by name, one of which is that of a variant",
        ),
        pytest.param(
            {"queue": ["inCluster"]},
            [
                problem(
                    "queue",
                    "(a list)",
                    "must be an object of keys and values",
                    "",
                )
            ],
            id="a list in place of the section, which may hold a secret",
        ),
    ],
)
def test_a_mistake_says_key_value_rule_and_fix(
    config: Mapping[str, Any], expected: list[Problem]
) -> None:
    assert list(found(config).problems) == expected


LOGIN: Final = {**MANAGED, "login": {"authToken": TOKEN}}


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({"queue": LOGIN}, "queue.login.authToken"),
        ({"queue": IN_CLUSTER, "backup": LOGIN}, "backup.login.authToken"),
        ({"queue": IN_CLUSTER, "queues": {"first": LOGIN}}, "queues.first.login.authToken"),
        (
            {"queue": IN_CLUSTER, "queues": {"first": IN_CLUSTER, "shards": [MANAGED, LOGIN]}},
            "queues.shards[1].login.authToken",
        ),
        (
            {"queue": IN_CLUSTER, "queues": {"first": IN_CLUSTER, "byName": {"a": LOGIN}}},
            "queues.byName.a.login.authToken",
        ),
    ],
)
def test_a_secret_of_a_variant_has_to_be_encrypted(config: Mapping[str, Any], path: str) -> None:
    key = path if "[" not in path else f"'pretended:{path}'"
    command = f"pulumi config set --secret --path {key if '[' in path else '@' + key}"

    assert list(found(config).problems) == [problem(path, "[secret]", SECRET_RULE, command)]
    section = path.partition(".")[0]
    assert list(found(config, frozenset({f"pretended:{section}"})).problems) == []


@pytest.mark.parametrize(
    "queue",
    [
        f"redis://:{TOKEN}@queue",
        [LOGIN],
        {**LOGIN, "queueKind": "unknown"},
        {**MANAGED, "login": TOKEN},
        {**MANAGED, "login": [TOKEN]},
        {**MANAGED, "login": {"authToken": [TOKEN]}},
        {**MANAGED, "login": {"authTokne": TOKEN}},
        {**IN_CLUSTER, "login": {"authToken": TOKEN}},
    ],
)
def test_no_secret_of_a_variant_is_shown_wherever_it_was_put(queue: object) -> None:
    read = found({"queue": queue})

    assert read.problems
    assert TOKEN not in repr(read.problems)


def test_the_union_is_recognised_by_its_types() -> None:
    expected = Variants(
        key="queueKind",
        by_tag={"inCluster": LocalQueue, "managed": ManagedQueue, "serverless": ManagedQueue},
    )

    held = {
        f"{model.__name__}.{name}": variants(type_of(field))
        for model in (Pretended, Queues)
        for name, field in model.model_fields.items()
    }
    assert held == {
        "Pretended.queue": expected,
        "Pretended.backup": expected,
        "Pretended.queues": None,
        "Queues.first": expected,
        "Queues.spare": expected,
        "Queues.shards": None,
        "Queues.by_name": None,
    }


class North(Section):
    """A variant with a key that is called as another variant is."""

    way: Literal["north"]
    south: int = 0


class South(Section):
    way: Literal["south"]
    north: int = 0


def test_a_key_that_is_called_as_another_variant_is_a_key() -> None:
    place = locate(Annotated[North | South, Field(discriminator="way")], ("north", "south"))

    assert (place.path, place.model, place.tag, place.annotation) == (
        ("south",),
        North,
        "north",
        int,
    )


def errors(config: Mapping[str, Any]) -> list[str]:
    validator: Any = jsonschema.Draft7Validator(schema.of_model(Pretended))
    return sorted(error.json_path for error in validator.iter_errors(config))


@pytest.mark.parametrize(
    ("config", "places"),
    [
        ({"queue": IN_CLUSTER}, []),
        ({"queue": {"queueKind": "serverless", "nodes": 5}}, []),
        ({"queue": {**IN_CLUSTER, "nodes": 5}}, ["$.queue"]),
        ({"queue": {"queueKind": "other"}}, ["$.queue.queueKind"]),
        ({"queue": {}}, ["$.queue"]),
        ({"queue": LOGIN}, ["$.queue.login.authToken"]),
        ({"queue": {**MANAGED, "login": {"authToken": {"secure": "v1"}}}}, []),
        ({"queue": IN_CLUSTER, "backup": {**MANAGED, "sizeGiB": 5}}, ["$.backup"]),
        (
            {
                "queue": IN_CLUSTER,
                "queues": {"first": MANAGED, "shards": [{**MANAGED, "nodes": 0}]},
            },
            ["$.queues.shards[0].nodes"],
        ),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(
    config: Mapping[str, Any], places: list[str]
) -> None:
    assert errors(config) == places


def test_the_schema_offers_the_values_of_the_key_in_the_order_of_the_union() -> None:
    queue = schema.of_model(Pretended)["properties"]["queue"]

    assert queue["description"] == "Where events wait."
    assert queue["properties"] == {
        "queueKind": {
            "enum": ["inCluster", "managed", "serverless"],
            "description": "Selects this kind of queue.",
        }
    }
    assert [part["if"]["properties"]["queueKind"]["const"] for part in queue["allOf"]] == [
        "inCluster",
        "managed",
        "serverless",
    ]


def test_the_reference_has_a_table_for_each_variant() -> None:
    page = "\n".join(reference.section("pretended:queue", "queue", Pretended.model_fields["queue"]))

    assert [line for line in page.splitlines() if line.startswith("#")] == [
        "## `pretended:queue`",
        "### `queue.queueKind: inCluster`",
        "### `queue.queueKind: managed`",
        "#### `queue.login`",
        "### `queue.queueKind: serverless`",
        "#### `queue.login`",
    ]
    assert "Where events wait. The keys depend on `queueKind`." in page
    assert "| `authToken` **required** | text, **secret** |  | Token. Must not be empty. |" in page


def test_the_reference_has_the_variants_of_a_union_inside_of_a_section() -> None:
    page = "\n".join(
        reference.section("pretended:queues", "queues", Pretended.model_fields["queues"])
    )

    assert [line for line in page.splitlines() if line.startswith(("## ", "### ", "#### "))] == [
        "## `pretended:queues`",
        *(
            heading
            for name in ("first", "spare", "shards[]", "byName.*")
            for heading in (
                f"### `queues.{name}`",
                f"#### `queues.{name}.queueKind: inCluster`",
                f"#### `queues.{name}.queueKind: managed`",
                f"#### `queues.{name}.queueKind: serverless`",
            )
        ),
    ]
