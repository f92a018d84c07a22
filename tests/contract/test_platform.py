"""The project `platform/` keeps to the rules of the program: keys, wiring, names, parents."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import jsonschema
import kubernetes_validate  # pyright: ignore[reportMissingTypeStubs]
import pytest

from components.platform.kubernetes_versions import STANDARD_SUPPORT_ENDS
from stacks import stack_files
from stacks.cluster_platform import settings
from stacks.cluster_platform.settings import NAMESPACE, PlatformSettings
from stacks.names import PLATFORM
from stacks.settings.machinery.shape import bare, fields, models_of
from tests.support import platform
from tests.support.components import RegistrationLog, discovered
from tests.support.platform import EXISTING, SMALL
from tooling.engineless import replacement
from tooling.engineless.offline import is_kubernetes
from tooling.engineless.recording import Recording, Resource, holds_secret, reveal

WITHOUT_SCHEMA: Final = {
    ("eks.amazonaws.com/v1", "IngressClassParams"),
    ("karpenter.sh/v1", "NodePool"),
}
"""Kinds of Auto Mode, whose definitions are on its clusters alone."""

TOKEN: Final = "agent-observability:index:"
SECTIONS: Final = {
    f"{NAMESPACE}:{key}": field
    for key, field in fields(PlatformSettings).items()
    if key not in {"stack", "aws"}
}


def _yaml(name: str) -> dict[str, Any]:
    return stack_files.document(platform.FOLDER / name)


def _schema() -> dict[str, Any]:
    return json.loads((platform.FOLDER / "config.schema.json").read_text(encoding="utf-8"))


# Files


def test_the_folder_holds_no_module_for_its_name_is_that_of_one_of_python() -> None:
    files = sorted(path.name for path in platform.FOLDER.glob("*.py"))

    assert files == ["__main__.py"]
    import platform as python  # noqa: PLC0415 - what anybody's import finds

    assert python.python_version_tuple()[0] == "3"


def test_the_project_declares_each_section() -> None:
    config = _yaml("Pulumi.yaml")["config"]
    declared = {key: value for key, value in config.items() if not key.startswith("pulumi:")}

    assert declared.keys() == SECTIONS.keys()
    for key, value in declared.items():
        # Pulumi takes no type and no default for a key of another namespace than the project's.
        assert value.keys() == {"description", "value"}, key
        assert value["value"] == ([] if key == "platform:acknowledge" else {}), key
        assert value["description"].endswith("."), key
    assert config["pulumi:disable-default-providers"] == {"value": ["aws", "kubernetes"]}


@pytest.mark.parametrize(
    "path", [*platform.FOLDER.glob("Pulumi.*.yaml")], ids=lambda path: path.name
)
def test_a_stack_file_is_valid_for_editors_and_for_the_program(path: Path) -> None:
    schema, stack = _schema(), path.name.split(".")[1]

    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.validate(_yaml(path.name), schema, jsonschema.Draft7Validator)
    assert path.read_text(encoding="utf-8").startswith(
        "# yaml-language-server: $schema=config.schema.json\n"
    )
    settings.read(stack, platform.read(stack).values)


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({}, []),
        ({"platform:network": EXISTING}, ["$.config['platform:network']"]),
        ({"platform:cluster": {"kubernetesVersion": "1.30"}}, [".kubernetesVersion"]),
        ({"platform:cluster": {"kubernetesVersion": "1.37"}}, []),
        ({"platform:cluster": {"autoMode": False}}, [""]),
        ({"platform:access": {"admins": ["alice"]}}, [".admins[0]"]),
        ({"platform:services": {"hostedZone": 1}}, [".hostedZone"]),
        ({"aws:region": "eu-west-1"}, []),
        ({"agent-observability:cluster": {}}, None),
    ],
)
def test_the_schema_refuses_what_the_program_refuses_of_one_value(
    change: Mapping[str, Any], places: list[str] | None
) -> None:
    config = stack_files.merge(SMALL, change)
    if "platform:network" in change:
        config["platform:network"]["zones"] = ["ap-northeast-2a"]
    validator: Any = jsonschema.Draft7Validator(_schema())
    found = sorted(error.json_path for error in validator.iter_errors({"config": config}))

    if places is None:
        assert found == ["$.config"]
    elif "platform:network" in change:
        assert found == places
    else:
        (key,) = change or ("",)
        assert found == [f"$.config['{key}']{place}" for place in places]


# Wiring

ADMIN_ENTRY: Final = "platform-cluster-access-ce910ad9"
KEY: Final = "arn:aws:kms:ap-northeast-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
LIMIT: Final = "arn:aws:iam::123456789012:policy/limit"
OTHER: Final = "arn:aws:iam::123456789012:role/other"
EKS, POOL = "platform-cluster-eks", "platform-services-node-pool"
PRIVATE: Final = {f"platform-network-private-ap-northeast-2{letter}" for letter in "abc"}
PUBLIC: Final = {f"platform-network-public-ap-northeast-2{letter}" for letter in "abc"}
FLOW: Final = {
    "platform-network-flow-log",
    "platform-network-flow-logs",
    "platform-network-flow-logs-permission",
    "platform-network-flow-logs-role",
}
OTHER_ENTRY: Final = {f"platform-cluster-access-d20d129f{end}" for end in ("", "-policy")}

WIRING: Final[Mapping[str, tuple[Any, set[str]]]] = {
    "network.cidr": ("10.30.0.0/16", {"platform-network-vpc", *PRIVATE, *PUBLIC}),
    "network.flowLogs": ("all", {"platform-network-flow-log"}),
    "network.flowLogDays": (7, {"platform-network-flow-logs"}),
    "cluster.kubernetesVersion": ("1.37", {EKS}),
    "cluster.publicAccessCidrs": (["198.51.100.0/24"], {EKS}),
    "cluster.serviceCidr": ("10.100.0.0/16", {EKS}),
    "cluster.logTypes": (["audit"], {EKS}),
    "cluster.logDays": (90, {"platform-cluster-log"}),
    "cluster.kmsKeyArn": (KEY, {EKS}),
    "cluster.deletionProtection": (False, {EKS}),
    "cluster.permissionsBoundaryArn": (
        LIMIT,
        {
            "platform-cluster-cluster-role",
            "platform-cluster-node-role",
            "platform-network-flow-logs-role",
        },
    ),
    "access.deployers": ([OTHER], OTHER_ENTRY),
    "access.viewers": ([OTHER], OTHER_ENTRY),
    "nodes.architectures": (["amd64"], {POOL}),
    "nodes.capacity": (["spot"], {POOL}),
    "nodes.maxCpus": (8, {POOL}),
    "nodes.maxMemoryGiB": (32, {POOL}),
    "services.metricsServer": (False, {"platform-services-metrics-server"}),
    "services.metricsServerVersion": (
        "v0.8.0-eksbuild.2",
        {"platform-services-metrics-server"},
    ),
    "services.prometheus": (
        True,
        {
            "platform-services-blackbox-exporter",
            "platform-services-kube-prometheus-stack",
            # With ServiceMonitors then.
            "platform-services-external-secrets-release",
        },
    ),
    "services.externalSecrets": (False, {"platform-services-external-secrets-release"}),
    "services.clickhouseOperator": (
        False,
        {"platform-services-cert-manager", "platform-services-clickhouse-operator"},
    ),
    "services.sslPolicy": (
        "ELBSecurityPolicy-TLS13-1-3-2021-06",
        {"platform-services-load-balancers"},
    ),
    "services.hostedZone": ("example.org", {"platform-services-zone"}),
}
"""Another value of each key, and what it changes."""

OF_MORE: Final = {"network.source", "network.vpcId", "network.subnetIds", "network.zones"}
OF_MORE_STILL: Final = {"network.nat", "cluster.name", "access.admins"}
"""Keys whose other values change so much that the tests below say it in their own way."""


def _keys() -> set[str]:
    """Every key of every section, with its path."""
    found = set[str]()
    for key, field in SECTIONS.items():
        section = key.partition(":")[2]
        for model in models_of(bare(field.annotation)):
            found |= {f"{section}.{name}" for name in fields(model)}
    return found


def _overrides(path: str, value: object) -> dict[str, Any]:
    section, _, key = path.partition(".")
    return {f"{NAMESPACE}:{section}": {key: value}}


def _inputs(run: Recording) -> dict[str, Any]:
    return {r.name: [reveal(r.inputs), r.protect] for r in run.resources.values() if r.custom}


def _changed(overrides: Mapping[str, Any]) -> set[str]:
    before, after = _inputs(platform.recorded()), _inputs(platform.recorded(overrides))
    return {n for n in before.keys() | after.keys() if before.get(n) != after.get(n)}


def test_every_key_has_a_row() -> None:
    assert _keys() == {*WIRING, *OF_MORE, *OF_MORE_STILL}
    assert len(_keys()) == 31


@pytest.mark.parametrize("path", WIRING)
def test_another_value_of_a_key_changes_what_is_registered_and_nothing_else(path: str) -> None:
    value, expected = WIRING[path]

    assert _changed(_overrides(path, value)) == expected


def test_a_further_zone_changes_nothing_of_the_others() -> None:
    zones = [f"ap-northeast-2{letter}" for letter in "dabc"]
    changed = _changed(_overrides("network.zones", zones))

    of_zone = {
        "platform-network-nat-ap-northeast-2d-address",
        "platform-network-private-ap-northeast-2d",
        "platform-network-private-ap-northeast-2d-association",
        "platform-network-public-ap-northeast-2d",
        "platform-network-public-ap-northeast-2d-association",
    }
    assert changed == {*of_zone, "platform-network-nat-regional", EKS}


def test_the_kind_of_nat_changes_gateways_and_private_routes_alone() -> None:
    changed = _changed(_overrides("network.nat", "perZone"))

    kinds = {"-nat-", "-private-", "-s3"}
    assert {n for n in changed if not any(kind in n for kind in kinds)} == set()
    assert not changed & {*PRIVATE, *PUBLIC}
    assert len(changed) == 16


def test_another_name_reaches_everything_that_names_the_cluster() -> None:
    changed = _changed(_overrides("cluster.name", "other"))

    assert {
        EKS,
        "platform-cluster-log",
        "platform-services-metrics-server",
        "kubernetes",
    } <= changed
    runs = platform.recorded(), platform.recorded(_overrides("cluster.name", "other"))
    texts = [json.dumps(_inputs(run)) for run in runs]
    assert ["platform-prod" in text for text in texts] == [True, False]
    assert [run.exports["clusterName"] for run in runs] == ["platform-prod", "other"]


def test_another_administrator_has_another_entry() -> None:
    changed = _changed(_overrides("access.admins", [OTHER]))

    assert changed == {ADMIN_ENTRY, f"{ADMIN_ENTRY}-policy", *OTHER_ENTRY}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (
            {
                "aws:region": "eu-west-1",
                **_overrides("network.zones", ["eu-west-1a", "eu-west-1b"]),
            },
            "aws",
        ),
        ({"aws:profile": "ops"}, "kubernetes"),
        ({"aws:defaultTags": {"tags": {"team": "a"}}}, "aws"),
    ],
)
def test_keys_of_the_provider_reach_it(change: Mapping[str, Any], name: str) -> None:
    assert name in _changed(change)


# What is registered


def test_every_resource_belongs_to_a_component_and_carries_its_name() -> None:
    run = platform.recorded()
    roots = [r for r in run.resources.values() if r.parent not in run.resources]

    assert [(r.type, r.name) for r in roots] == [
        ("pulumi:providers:aws", "aws"),
        (f"{TOKEN}Platform", PLATFORM),
        ("pulumi:providers:kubernetes", "kubernetes"),
    ]
    children = [r for r in run.resources.values() if r.parent in run.resources]
    misnamed = [r.name for r in children if not r.name.startswith(run.resources[r.parent].name)]
    assert misnamed == []
    assert {run.resources[r.parent].type.removeprefix(TOKEN) for r in children} == {
        "Platform",
        "Network",
        "Cluster",
        "ClusterServices",
        "ExternalSecretsOperator",
    }


def test_no_two_resources_have_one_logical_name() -> None:
    for nat in ("one", "regional", "perZone"):
        names = [r.name for r in _custom(platform.recorded({"platform:network": {"nat": nat}}))]
        assert sorted(names) == sorted(set(names))


def test_components_register_their_outputs_once_and_after_their_children(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = RegistrationLog(monkeypatch)
    run = platform.record(platform.read())

    components = [r for r in run.resources.values() if not r.custom]
    assert log.registered == {f"{r.type}::{r.name}": 1 for r in components}
    assert len(components) == 5
    assert log.late == []


def test_its_outputs_are_those_of_the_component() -> None:
    run = platform.recorded()
    (root,) = (r for r in run.resources.values() if r.type == f"{TOKEN}Platform")

    assert run.exports == run.registered_outputs[root.urn]


def test_a_preview_with_unknown_values_registers_the_same_resources() -> None:
    assert platform.recorded(preview=True).resources.keys() == platform.recorded().resources.keys()


def test_these_resources_have_physical_names_and_none_has_that_of_the_stack() -> None:
    run = platform.recorded()
    named = {
        r.name: reveal(r.inputs).get("name") or reveal(r.inputs).get("metadata", {}).get("name")
        for r in _custom(run)
    }

    assert {name: text for name, text in named.items() if text} == {
        EKS: "platform-prod",
        "platform-cluster-log": "/aws/eks/platform-prod/cluster",
        "platform-services-cert-manager": "cert-manager",
        "platform-services-clickhouse-operator": "clickhouse-operator",
        "platform-services-external-secrets-release": "external-secrets",
        "platform-services-ingress-class": "alb",
        "platform-services-load-balancers": "alb",
        "platform-services-network-policies": "amazon-vpc-cni",
        POOL: "workloads",
        "platform-services-storage-class": "gp3",
        "platform-services-zone": "example.com",
    }


def test_the_cluster_alone_is_protected() -> None:
    assert [r.name for r in platform.recorded().resources.values() if r.protect] == [EKS]


def test_no_secret_is_read_made_or_exported() -> None:
    run = platform.recorded()

    assert not any(holds_secret(r.inputs) for r in run.resources.values())
    assert not holds_secret(run.exports)
    assert [r.type for r in run.resources.values() if r.type.startswith("random:")] == []


def test_the_kubeconfig_in_the_state_holds_no_token() -> None:
    (provider,) = platform.recorded().of_type("pulumi:providers:kubernetes")

    kubeconfig = json.loads(reveal(provider.inputs)["kubeconfig"])
    (user,) = kubeconfig["users"]
    assert user["user"].keys() == {"exec"}
    assert user["user"]["exec"]["command"] == "aws"


def test_every_type_is_known_to_the_table_of_replacements() -> None:
    run = platform.recorded()

    unknown = {r.type for r in _custom(run) if not replacement.is_known(r.type)}
    assert unknown == set()


@pytest.mark.parametrize("version", STANDARD_SUPPORT_ENDS)
def test_its_objects_are_valid_in_each_version_that_it_may_have(version: str) -> None:
    objects = [reveal(r.inputs) for r in _custom(platform.recorded()) if is_kubernetes(r)]
    known = [o for o in objects if (o["apiVersion"], o["kind"]) not in WITHOUT_SCHEMA]

    assert {o["kind"] for o in known} == {"ConfigMap", "IngressClass", "StorageClass"}
    assert len(objects) == len(known) + len(WITHOUT_SCHEMA)
    for object_ in known:
        kubernetes_validate.validate(object_, version, strict=True)


def test_its_components_are_among_those_that_are_looked_at() -> None:
    names = {"Cluster", "ClusterServices", "Network"}

    assert names <= discovered().keys()
    modules = {discovered()[name].module.__name__ for name in names}
    assert modules == {f"components.platform.{name}" for name in ("cluster", "services", "network")}


def _custom(run: Recording) -> Iterator[Resource]:
    return (r for r in run.resources.values() if r.custom)
