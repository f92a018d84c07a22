"""Our configuration and our user in ClickHouse's own engine.

Does not prove that the server's image starts, that it listens, or what another release does.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import pytest

from components.clickhouse import configuration, operator_resources
from components.kubernetes.placement import ANYWHERE, ContainerResources
from tests.support import clickhouse_engine
from tests.support.clickhouse_engine import EngineError, ask, ours
from tooling.kit.json_values import as_mapping

pytestmark = pytest.mark.skipif(
    not clickhouse_engine.PYTHON.exists(), reason=clickhouse_engine.ABSENT
)

ALLOWED: Final = (
    # What migrations do.
    "CREATE TABLE events (id String, at DateTime64(3), note String) "
    "ENGINE = ReplacingMergeTree ORDER BY id",
    "CREATE TABLE core (id String) ENGINE = MergeTree ORDER BY id",
    "CREATE VIEW seen AS SELECT id FROM events",
    "CREATE MATERIALIZED VIEW copied TO core AS SELECT id FROM events",
    "ALTER TABLE copied MODIFY QUERY SELECT id FROM events WHERE id != ''",
    "ALTER TABLE events ADD COLUMN IF NOT EXISTS more String DEFAULT ''",
    "ALTER TABLE events MODIFY COLUMN more LowCardinality(String)",
    "ALTER TABLE events ADD INDEX by_note note TYPE bloom_filter",
    "ALTER TABLE events MATERIALIZE INDEX by_note",
    "ALTER TABLE events DROP INDEX by_note",
    # What the application does.
    "INSERT INTO events (id, at, note) VALUES ('a', '2026-01-01 00:00:00', 'x')",
    "SELECT id FROM seen",
    "ALTER TABLE events UPDATE note = 'y' WHERE id = 'a'",
    "DELETE FROM events WHERE id = 'a'",
    "SELECT partition FROM system.parts",
    "SELECT is_done FROM system.mutations",
    "SELECT engine FROM system.tables",
    "SELECT query FROM system.processes",
    "SET max_threads = 2",
    # The copy of older data.
    "CREATE TABLE observations_pid_tid_sorting (id String) ENGINE = MergeTree ORDER BY id",
    "SYSTEM STOP MERGES observations_pid_tid_sorting",
    "ALTER TABLE observations_pid_tid_sorting MODIFY SETTING max_parts_in_total = 5",
    "DROP TABLE observations_pid_tid_sorting",
    "DROP VIEW seen",
)

REFUSED: Final = (
    "CREATE DATABASE other",
    "DROP DATABASE default",
    "TRUNCATE TABLE core",
    "SYSTEM STOP MERGES core",
    "SYSTEM SHUTDOWN",
    "SYSTEM FLUSH LOGS",
    "CREATE USER other",
    "GRANT SELECT ON default.* TO default",
    "SELECT name FROM system.users",
    "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')",
    "SELECT * FROM remote('127.0.0.1', system.one)",
    "SELECT * FROM s3('http://127.0.0.1:1/bucket/key', 'CSV', 'a String')",
)


def test_the_user_may_do_what_langfuse_does_and_nothing_else(tmp_path: Path) -> None:
    answers = ask(ours(tmp_path), [*ALLOWED, *REFUSED])
    allowed, refused = answers[: len(ALLOWED)], answers[len(ALLOWED) :]

    assert [q for q, a in zip(ALLOWED, allowed, strict=True) if a.error] == []
    assert [q for q, a in zip(REFUSED, refused, strict=True) if not a.refused] == []


@pytest.mark.parametrize(
    "grant",
    [
        pytest.param(grant, id=grant)
        for grant in configuration.GRANTS
        # In one process the engine lets everyone read these; a server asks for the grant.
        if not grant.startswith("SELECT ON system.")
    ],
)
def test_no_grant_can_be_left_out(tmp_path: Path, grant: str) -> None:
    config = ours(tmp_path, changes={f"<query>GRANT {grant}</query>": ""})

    assert [answer.refused for answer in ask(config, ALLOWED)].count(True) >= 1


def profile(config: Path) -> dict[str, object]:
    """The values of the settings that our profile names."""
    names = list(configuration.PROFILE)
    answers = ask(config, [f"SELECT getSetting('{name}')" for name in names])
    return {name: answer.rows[0][0] for name, answer in zip(names, answers, strict=True)}


def test_the_profile_has_the_values_that_it_names(tmp_path: Path) -> None:
    assert profile(ours(tmp_path)) == dict(configuration.PROFILE)


INSERT: Final = (
    "CREATE TABLE event (at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY at",
    'INSERT INTO event FORMAT JSONEachRow {"at": 1767225600123}',
    "SELECT toString(at) FROM event",
)


def test_a_time_in_milliseconds_is_the_time_that_was_sent(tmp_path: Path) -> None:
    created, inserted, read = ask(ours(tmp_path), INSERT)

    assert (created.error, inserted.error) == ("", "")
    assert list(read.rows) == [["2026-01-01 00:00:00.123"]]


def test_without_the_defaults_of_26_4_it_is_lost(tmp_path: Path) -> None:
    config = ours(tmp_path, changes={"<compatibility>26.4</compatibility>": ""})
    _, inserted, read = ask(config, INSERT)

    assert inserted.error or read.rows != [["2026-01-01 00:00:00.123"]]


def test_a_setting_that_a_release_does_not_know_keeps_it_from_starting(tmp_path: Path) -> None:
    """Why the profile names none that came after the oldest release."""
    known = "<compatibility>26.4</compatibility>"
    config = ours(
        tmp_path, changes={known: f"{known}<input_format_of_2030>1</input_format_of_2030>"}
    )

    with pytest.raises(EngineError, match="input_format_of_2030"):
        ask(config, ["SELECT 1"])


SERVER_SETTINGS: Final = {
    "async_load_databases": "0",
    "cache_size_to_ram_max_ratio": "0.1",
    "default_database": "default",
    "listen_try": "1",
    "max_server_memory_usage_to_ram_ratio": "0.8",
}


def test_the_server_takes_our_settings_for_what_they_are(tmp_path: Path) -> None:
    (answer,) = ask(
        ours(tmp_path, everything=True),
        ["SELECT name, value FROM system.server_settings WHERE changed"],
    )

    assert answer.error == ""
    found = {str(name): value for name, value in answer.rows}
    assert {name: found.get(name) for name in SERVER_SETTINGS} == SERVER_SETTINGS


LOGS: Final = (
    "SYSTEM FLUSH LOGS",
    "CREATE TABLE filled (a Int8) ENGINE = MergeTree ORDER BY a",
    "INSERT INTO filled VALUES (1)",
    "SYSTEM FLUSH LOGS",
    "SELECT name, partition_key, engine_full FROM system.tables "
    "WHERE database = 'system' AND engine LIKE '%MergeTree' ORDER BY name",
)


def log_tables(config: Path) -> dict[object, Sequence[object]]:
    """Partition key and engine of the log tables that are made."""
    *before, tables = ask(config, LOGS)
    assert [answer.error for answer in (*before, tables)] == [""] * len(LOGS)
    return {name: rest for name, *rest in tables.rows}


WEEK: Final = "TTL event_date + toIntervalDay(7) "


def test_there_are_two_log_tables_and_both_forget_after_a_week(tmp_path: Path) -> None:
    found = log_tables(ours(tmp_path, everything=True))

    assert sorted(map(str, found)) == ["part_log", "query_log"]
    assert [(key, WEEK in str(engine)) for key, engine in found.values()] == [
        ("event_date", True)
    ] * 2


def as_xml(name: str, value: object, parent: ElementTree.Element | None = None) -> str:
    """Configuration of the operator, which writes YAML. This engine is built without it."""
    element = ElementTree.Element(name)
    if parent is not None:
        parent.append(element)
    for key, inner in (as_mapping(value) or {}).items():
        if key.startswith("@"):
            element.set(key[1:], str(inner))
        else:
            as_xml(key, inner, element)
    if as_mapping(value) is None and value is not None:
        element.text = str(value)
    return ElementTree.tostring(element, encoding="unicode")


def operators(folder: Path) -> Path:
    """The operator's files, as far as ours change something in them, and ours."""
    little = ContainerResources(cpu="1", memory="1Gi", memory_limit="1Gi")
    settings = operator_resources.cluster_spec(
        keeper="k",
        image="i:1",
        resources=little,
        placement=ANYWHERE,
        claim={},
        credentials="c",
    )["settings"]
    user = {"profile": "default", "password": "", "grants": {"query": "GRANT ALL ON *.*"}}
    files = {
        "config.xml": {
            "path": f"{folder}/data/",
            "logger": {"level": "none", "console": "true"},
            "user_directories": {"users_xml": {"path": "users.xml"}},
            "query_log": None,
            "part_log": None,
            "text_log": None,
        },
        "config.d/99-extra-config.xml": settings["extraConfig"],
        "users.xml": {
            "users": {"default": user},
            "profiles": {"default": {"log_queries": 1}},
            "quotas": {"default": None},
        },
        "users.d/99-extra-users-config.xml": settings["extraUsersConfig"],
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(as_xml("clickhouse", content), encoding="utf-8")
    return folder / "config.xml"


def test_the_operators_log_tables_are_changed_in_the_same_way(tmp_path: Path) -> None:
    found = log_tables(operators(tmp_path))

    assert sorted(map(str, found)) == ["part_log", "query_log"]
    assert [(key, WEEK in str(engine)) for key, engine in found.values()] == [
        ("event_date", True)
    ] * 2


def test_the_operators_profile_is_ours(tmp_path: Path) -> None:
    assert profile(operators(tmp_path)) == dict(configuration.PROFILE)
