"""Where a stack goes: what each platform offers, and that one which does not offer it says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pulumi
import pulumi_kubernetes
import pytest

from stacks import platforms
from stacks.observability import ObservabilityStack, ObservabilityStackArgs
from stacks.platforms.eks import Eks
from stacks.platforms.kubeconfig import Kubeconfig
from stacks.platforms.platform import Managed, Platform, Watch
from stacks.settings import Settings
from stacks.settings.sections.monitoring import Dashboards, Monitoring
from tests.support.component_run import run_component
from tests.support.configurations import ON_EKS, VERSION_4_ELSEWHERE, endpoint, rds, settings
from tests.support.loaded_modules import loaded_modules

RUNBOOKS: Final = "https://git.example.com/docs"
OPTS: Final = pulumi.ResourceOptions()
ALARMS: Final = {"monitoring": {"runbooks": RUNBOOKS, "alarms": {"email": "a@example.com"}}}
IN_AWS: Final[Mapping[str, Mapping[str, Any]]] = {
    "secrets.delivery: secretsManager": {
        **rds(),
        "secrets": {"delivery": "secretsManager", "protect": True},
    },
    "database.engine: rds": rds(),
    "cache.engine: elastiCache": {
        **ON_EKS,
        **VERSION_4_ELSEWHERE,
        "cache": {"engine": "elastiCache"},
    },
    "objectStorage": {**ON_EKS, "objectStorage": {"engine": "s3", "media": True}},
    "endpoint": endpoint(),
}
"""Changes of a stack on EKS that ask for something of AWS."""


def refusal(key: str) -> str:
    return (
        f"agent-observability:{key} needs an EKS cluster (cluster.eksName), and this stack goes to "
        "a cluster of a kubeconfig (cluster.context)."
    )


def offered() -> set[str]:
    return {name for name in vars(Platform) if not name.startswith("_")}


def in_a_run(body: Callable[[Kubeconfig], object]) -> None:
    def run() -> None:
        body(Kubeconfig(kubernetes=pulumi_kubernetes.Provider("kubernetes"), kubectl="kubectl"))

    run_component(run)


@pytest.mark.parametrize(
    ("method", "key"),
    [
        ("delivery", "secrets.delivery: secretsManager"),
        ("database", "database.engine: rds"),
        ("cache", "cache.engine: elastiCache"),
        ("storage", "objectStorage"),
        ("endpoint", "endpoint"),
        ("endpoint_networks", "endpoint"),
        ("readiness_gates", "endpoint"),
    ],
)
def test_a_cluster_of_a_kubeconfig_refuses_what_it_does_not_offer(method: str, key: str) -> None:
    def ask(platform: Kubeconfig) -> None:
        with pytest.raises(pulumi.RunError) as caught:
            getattr(platform, method)("name", None, namespace="a", opts=OPTS)
        assert str(caught.value) == refusal(key)

    in_a_run(ask)


def test_every_method_of_a_platform_is_offered_or_refused() -> None:
    assert offered() == {
        "providers",
        "kubectl",
        "mode",
        "readiness_gates",
        "delivery",
        "database",
        "cache",
        "storage",
        "endpoint",
        "endpoint_networks",
        "watch",
    }
    for platform in (Kubeconfig, Eks):
        assert offered() - {*vars(platform), *platform.__annotations__} == set()


def test_a_cluster_of_a_kubeconfig_has_no_metrics_elsewhere_and_refuses_alarms() -> None:
    section = Monitoring(runbooks=RUNBOOKS, dashboards=Dashboards())
    with_alarms = settings({**endpoint(), **ALARMS}).monitoring
    assert with_alarms is not None

    def ask(platform: Kubeconfig) -> None:
        assert platform.watch("alarms", section, Managed(), OPTS) == Watch()
        with pytest.raises(pulumi.RunError) as caught:
            platform.watch("alarms", with_alarms, Managed(), OPTS)
        assert str(caught.value) == refusal("monitoring.alarms")

    in_a_run(ask)


def deployed(configuration: Settings) -> Callable[[Kubeconfig], None]:
    def body(platform: Kubeconfig) -> None:
        args = ObservabilityStackArgs(settings=configuration, platform=platform)
        ObservabilityStack("langfuse", args)

    return body


@pytest.mark.parametrize("key", IN_AWS)
def test_a_stack_leaves_nothing_out_that_its_platform_does_not_offer(key: str) -> None:
    """The rules of the settings refuse it before; a section without such a rule is not dropped."""
    with pytest.raises(pulumi.RunError) as caught:
        in_a_run(deployed(settings(IN_AWS[key])))

    assert str(caught.value) == refusal(key)


def test_alarms_are_not_left_out_either() -> None:
    without = settings({**endpoint(), **ALARMS}).model_copy(update={"endpoint": None})

    with pytest.raises(pulumi.RunError) as caught:
        in_a_run(deployed(without))

    assert str(caught.value) == refusal("monitoring.alarms")


def test_the_settings_choose_the_platform_and_it_brings_its_providers(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text("contexts: [{name: kind-langfuse}]", encoding="utf-8")
    chosen = dict[str, list[str]]()

    def body(change: Mapping[str, Any]) -> Callable[[], None]:
        def connect() -> None:
            platform = platforms.connect(settings(change))
            chosen[type(platform).__name__] = [
                provider.pulumi_resource_type for provider in platform.providers
            ]

        return connect

    run_component(body({"cluster": {"kubeconfig": str(file)}}))
    run_component(body(rds()))

    kubernetes, aws = "pulumi:providers:kubernetes", "pulumi:providers:aws"
    assert chosen == {"Kubeconfig": [kubernetes], "Eks": [kubernetes, aws]}


@pytest.mark.programs
def test_sdks_are_loaded_by_the_stacks_that_need_them_alone() -> None:
    sdks = {"grafana_foundation_sdk", "pulumi_aws"}

    assert {stack: sdks & modules for stack, modules in loaded_modules().items()} == {
        "dev": set(),
        "dev with alerts": set(),
        "prod": {"pulumi_aws"},
        "dev with dashboards": {"grafana_foundation_sdk", "pulumi_aws"},
    }
