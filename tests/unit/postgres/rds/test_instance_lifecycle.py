"""PostgreSQL on RDS: order, protection, restoring, secrets, and a first preview."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pulumi
import pytest

from components.kubernetes.backing import Authority
from components.postgres.rds.certificates import root_certificate
from components.postgres.rds.instance import PostgresRds
from components.postgres.rds.restore import Restore
from tests.support.component_run import run_component
from tests.support.eks import cluster
from tests.support.leaks import Leaks, generated_values
from tests.support.rds import INSTANCE, arguments, children, record, recorded
from tests.support.recordings import depends_on
from tests.support.recordings import inputs as plain
from tooling.engineless.recording import Recording, Secret, reveal

KEY = "arn:aws:kms:ap-northeast-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def test_the_instance_waits_for_the_rule_and_the_permission() -> None:
    assert depends_on(recorded(), recorded().named(INSTANCE)) == [
        "db-final-snapshot",
        "db-firewall",
        "db-from-cluster",
        "db-monitoring",
        "db-monitoring-permission",
        "db-parameters",
        "db-password",
        "db-subnets",
    ]


def test_the_url_waits_for_the_instance() -> None:
    assert depends_on(recorded(), recorded().named("url-secret")) == ["db-instance", "db-password"]


@pytest.mark.parametrize(("protect", "expected"), [(True, {INSTANCE}), (False, set[str]())])
def test_the_instance_alone_is_protected(protect: bool, expected: set[str]) -> None:
    recording = record({"protect": protect})

    assert {r.name for r in recording.resources.values() if r.protect} == expected


def test_a_protected_component_protects_all_of_it() -> None:
    def body() -> None:
        args = replace(arguments(), protect=False)
        PostgresRds("db", args, pulumi.ResourceOptions(protect=True))

    assert all(r.protect for r in children(run_component(body)))


def test_a_restore_is_read_once_and_taking_it_away_changes_nothing() -> None:
    ignored = {
        name: recorded().named(name).ignore_changes for name in (INSTANCE, "db-final-snapshot")
    }
    restored = record({"restore": Restore(snapshot="before-it")})

    assert ignored == {
        INSTANCE: ("snapshotIdentifier", "restoreToPointInTime"),
        "db-final-snapshot": ("keepers.snapshot", "keepers.instance", "keepers.time"),
    }
    assert restored.named(INSTANCE).ignore_changes == ()
    assert restored.named("db-final-snapshot").ignore_changes == ()


def test_the_final_snapshot_has_another_name_for_another_instance() -> None:
    nothing = {"kmsKey": "", "snapshot": "", "instance": "", "time": ""}
    time = "2026-11-01T09:30:00Z"

    expected = {
        "": {},
        KEY: {"kmsKey": KEY},
        "snapshot": {"snapshot": "before-it"},
        "instance": {"instance": "langfuse-1", "time": time},
    }
    options: dict[str, dict[str, Any]] = {
        "": {},
        KEY: {"kms_key_arn": KEY},
        "snapshot": {"restore": Restore(snapshot="before-it")},
        "instance": {"restore": Restore(instance="langfuse-1", time=time)},
    }
    for case, changed in expected.items():
        assert plain(record(options[case]), "db-final-snapshot") == {
            "byteLength": 4,
            "keepers": {**nothing, **changed},
        }


def test_the_final_snapshots_name_is_the_same_in_every_run_and_one_that_rds_takes() -> None:
    first, second = (plain(record(), INSTANCE)["finalSnapshotIdentifier"] for _ in range(2))
    prefix, _, digits = first.rpartition("-")

    assert first == second
    assert prefix == "langfuse-prod-db-final"
    assert len(digits) == 8
    assert digits.isalnum()


def test_a_large_restore_may_take_its_time() -> None:
    timeouts = recorded().named(INSTANCE).request.customTimeouts

    assert (timeouts.create, timeouts.update, timeouts.delete) == ("2h", "2h", "2h")


def test_the_url_is_encoded_verified_and_pooled() -> None:
    urls = plain(recorded(), "url-secret")["stringData"]
    url = urlsplit(str(urls["DATABASE_URL"]))
    password = plain(recorded(), INSTANCE)["passwordWo"]

    assert (url.scheme, url.username, url.password) == ("postgresql", "langfuse", password)
    assert url.hostname is not None
    assert url.hostname.endswith(".ap-northeast-2.rds.amazonaws.com")
    assert (url.port, url.path) == (5432, "/langfuse")
    assert parse_qs(url.query) == {
        "sslmode": ["require"],
        "sslaccept": ["strict"],
        "sslcert": ["/etc/rds-ca/ca.pem"],
        "connection_limit": ["5"],
        "pool_timeout": ["10"],
        "socket_timeout": ["60"],
    }
    direct = urlsplit(str(urls["DIRECT_URL"]))
    assert direct[:3] == url[:3]
    assert parse_qs(direct.query) == {
        "sslmode": ["require"],
        "sslaccept": ["strict"],
        "sslcert": ["/etc/rds-ca/ca.pem"],
    }


def test_the_password_is_marked_through_every_hop_and_is_nowhere_else() -> None:
    instance = recorded().named(INSTANCE).inputs
    url = recorded().named("url-secret").inputs["stringData"]

    assert isinstance(instance["passwordWo"], Secret)
    assert isinstance(instance["passwordWoVersion"], Secret)
    assert isinstance(url, Secret)
    assert Leaks(generated_values(recorded())).of_recording(recorded()) == []


def test_a_new_password_reaches_the_provider_by_another_version() -> None:
    def other() -> None:
        PostgresRds("other", arguments())

    another = reveal(run_component(other).named("other-instance").inputs)
    one = plain(recorded(), INSTANCE)

    assert another["passwordWo"] != one["passwordWo"]
    assert another["passwordWoVersion"] != one["passwordWoVersion"]


def test_the_root_certificate_is_the_regions() -> None:
    found: list[Authority | None] = []

    def body() -> None:
        args = replace(arguments(), cluster=replace(cluster(), region="eu-central-1"))
        found.append(PostgresRds("db", args).backing.authority)

    run_component(body)

    assert found == [
        Authority(certificate=root_certificate("eu-central-1"), file="/etc/rds-ca/ca.pem")
    ]


def test_the_outputs_are_address_identifier_and_version() -> None:
    (component,) = recorded().of_type("agent-observability:index:PostgresRds")
    outputs = recorded().registered_outputs[component.urn]

    assert set(outputs) == {"address", "identifier", "engineVersion"}
    assert outputs["address"].endswith(".ap-northeast-2.rds.amazonaws.com:5432")
    assert outputs["engineVersion"] == "16.99"


def test_a_first_preview_knows_nothing_of_aws_and_registers_the_same() -> None:
    preview = record(preview=True, unknown=True)

    def shape(recording: Recording) -> set[tuple[str, str, bool]]:
        return {(r.type, r.name, r.protect) for r in recording.resources.values()}

    assert shape(preview) == shape(recorded())
    assert isinstance(preview.named(INSTANCE).inputs["passwordWo"], Secret)
