"""Valkey on ElastiCache: order, protection, names, secrets, and a first preview."""

from dataclasses import replace
from urllib.parse import urlsplit

import pulumi
import pytest

from components.cache.elasticache.replication_group import CacheElastiCache
from components.kubernetes.backing import Backing
from tests.support.component_run import run_component
from tests.support.elasticache import GROUP, arguments, children, record, recorded
from tests.support.leaks import Leaks, generated_values
from tests.support.recordings import depends_on
from tests.support.recordings import inputs as plain
from tooling.engineless.recording import Recording, Secret, reveal

KEY = "arn:aws:kms:ap-northeast-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def test_the_group_waits_for_the_rule() -> None:
    assert depends_on(recorded(), recorded().named(GROUP)) == [
        "cache-firewall",
        "cache-from-cluster",
        "cache-parameters",
        "cache-password",
        "cache-subnets",
        "cache-suffix",
    ]


def test_the_url_waits_for_the_group() -> None:
    assert depends_on(recorded(), recorded().named("url-secret")) == [
        "cache-group",
        "cache-password",
    ]


@pytest.mark.parametrize(("protect", "expected"), [(True, {GROUP}), (False, set[str]())])
def test_the_group_alone_is_protected(protect: bool, expected: set[str]) -> None:
    recording = record({"protect": protect})

    assert {r.name for r in recording.resources.values() if r.protect} == expected


def test_a_protected_component_protects_all_of_it() -> None:
    def body() -> None:
        args = replace(arguments(), protect=False)
        CacheElastiCache("cache", args, pulumi.ResourceOptions(protect=True))

    assert all(r.protect for r in children(run_component(body)))


def test_what_another_key_replaces_has_another_name() -> None:
    def suffix(key: str | None) -> dict[str, object]:
        return plain(record({"kms_key_arn": key}), "cache-suffix")

    assert suffix(None) == {"byteLength": 4, "keepers": {"kmsKey": ""}}
    assert suffix(KEY) == {"byteLength": 4, "keepers": {"kmsKey": KEY}}


def test_names_are_the_same_in_every_run_and_such_as_elasticache_takes() -> None:
    first, second = (plain(record(), GROUP) for _ in range(2))

    assert first["replicationGroupId"] == second["replicationGroupId"]
    assert first["finalSnapshotIdentifier"] == second["finalSnapshotIdentifier"]
    prefix, _, digits = first["replicationGroupId"].rpartition("-")
    assert (prefix, len(digits)) == ("langfuse-prod", 8)
    assert digits.isalnum()


def test_a_large_group_may_take_its_time() -> None:
    timeouts = recorded().named(GROUP).request.customTimeouts

    assert (timeouts.create, timeouts.update, timeouts.delete) == ("2h", "2h", "2h")


def test_the_url_is_that_of_the_primary_encrypted_and_with_the_token() -> None:
    urls = plain(recorded(), "url-secret")["stringData"]
    url = urlsplit(str(urls["REDIS_CONNECTION_STRING"]))
    token = plain(recorded(), GROUP)["authTokenWo"]

    assert urls.keys() == {"REDIS_CONNECTION_STRING"}
    assert (url.scheme, url.username, url.password, url.port) == ("rediss", "", token, 6379)
    assert url.hostname is not None
    assert url.hostname.startswith("master.langfuse-prod-")
    assert (url.path, url.query) == ("", "")


def test_the_token_is_marked_through_every_hop_and_is_nowhere_else() -> None:
    group = recorded().named(GROUP).inputs
    url = recorded().named("url-secret").inputs["stringData"]

    assert isinstance(group["authTokenWo"], Secret)
    assert isinstance(group["authTokenWoVersion"], Secret)
    assert isinstance(url, Secret)
    assert Leaks(generated_values(recorded())).of_recording(recorded()) == []


def test_a_new_token_reaches_the_provider_by_another_version() -> None:
    def other() -> None:
        CacheElastiCache("other", arguments())

    another = reveal(run_component(other).named("other-group").inputs)
    one = plain(recorded(), GROUP)

    assert another["authTokenWo"] != one["authTokenWo"]
    assert another["authTokenWoVersion"] != one["authTokenWoVersion"]


def test_the_backing_is_in_the_networks_of_the_vpc_and_needs_no_certificate() -> None:
    found: list[Backing] = []
    networks: list[object] = []

    def body() -> None:
        args = arguments()
        found.append(CacheElastiCache("cache", args).backing)
        networks.append(args.cluster.vpc_cidrs)

    run_component(body)

    (backing,) = found
    assert [backing.networks] == networks
    assert (backing.role, backing.port, backing.other_ports) == ("cache", 6379, ())
    assert (backing.pods, backing.authority, backing.environment) == (None, None, {})
    assert backing.secret_environment.keys() == {"REDIS_CONNECTION_STRING"}


def test_the_outputs_are_address_identifier_and_version() -> None:
    (component,) = recorded().of_type("agent-observability:index:CacheElastiCache")
    outputs = recorded().registered_outputs[component.urn]
    identifier = plain(recorded(), GROUP)["replicationGroupId"]

    assert set(outputs) == {"address", "identifier", "engineVersion"}
    assert outputs["address"].startswith(f"master.{identifier}.")
    assert outputs["address"].endswith(".cache.amazonaws.com:6379")
    assert outputs["identifier"] == identifier
    assert outputs["engineVersion"] == "8.0.99"


def test_a_first_preview_knows_nothing_of_aws_and_registers_the_same() -> None:
    preview = record(preview=True, unknown=True)

    def shape(recording: Recording) -> set[tuple[str, str, bool]]:
        return {(r.type, r.name, r.protect) for r in recording.resources.values()}

    assert shape(preview) == shape(recorded())
    assert isinstance(preview.named(GROUP).inputs["authTokenWo"], Secret)
