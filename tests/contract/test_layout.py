"""Who may import whom, and which modules load no SDK: read from the imports of all modules."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections import defaultdict

import pytest

from stacks.settings import Settings
from stacks.stack_files import ROOT
from tests.support.imports import ImportGraph, below, circle

DETECTOR = (
    "components.secrets.forms",
    "components.secrets.known_forms",
    "components.secrets.masking",
    "components.secrets.names",
)
"""What knows secrets; of the repository it imports nothing else."""

MAY_IMPORT = {
    "components": ("components",),
    "components.secrets.forms": DETECTOR,
    "components.secrets.masking": DETECTOR,
    "stacks.settings.machinery": (
        "components.aws.partitions",
        "components.kubernetes",
        "components.project",
        *DETECTOR,
        "stacks.settings.machinery",
    ),
    "stacks.settings.sections": (
        "components",
        "stacks.settings.machinery",
        "stacks.settings.sections",
    ),
    "stacks.settings.rules": ("components", "stacks.names", "stacks.settings"),
    "stacks.settings": ("components", "stacks.settings"),
    "stacks": ("components", "stacks"),
    "__main__": ("components", "stacks"),
    "access": (
        "access",
        "components",
        "stacks.collector",
        "stacks.names",
        "stacks.platforms",
        "stacks.settings",
        "stacks.stack_files",
    ),
    "platform": (
        "stacks.cluster_platform",
        "stacks.collector",
        "stacks.names",
        "stacks.platforms.eks_providers",
    ),
    # The pack runs in an environment of its own, without the program's packages.
    "policy": ("policy", "components.endpoint.address_space", *DETECTOR),
}
"""What the Pulumi programs may import of the repository, by the longest name that fits a module.
None of them imports tooling."""

NOUNS = {
    "agents": {"kubernetes", "secrets"},
    "aws": {"kubernetes"},
    "cache": {"aws", "kubernetes"},
    "clickhouse": {"kubernetes"},
    "endpoint": {"aws", "kubernetes", "langfuse"},
    "langfuse": {"kubernetes", "secrets"},
    "monitoring": {"agents", "aws", "cache", "kubernetes", "postgres"},
    "platform": {"aws", "kubernetes", "secrets"},
    "postgres": {"aws", "kubernetes"},
    "secrets": {"aws", "kubernetes"},
    "storage": {"aws", "kubernetes", "langfuse"},
}
"""Which folder of components imports which, for types too. The fewer arrows, the better."""

AWS, GRAFANA, KUBERNETES = "pulumi_aws", "grafana_foundation_sdk", "pulumi_kubernetes"
PULUMI, RANDOM = "pulumi", "pulumi_random"
SDKS = ("pulumi", GRAFANA)
"""What the names of SDKs start with: Pulumi's own, those of its providers, and Grafana's."""

IMPURE = {
    "aws.cluster": {PULUMI},
    "aws.firewall": {PULUMI, AWS},
    "aws.discovery": {PULUMI, AWS},
    "cache.backing": {PULUMI},
    "clickhouse.backing": {PULUMI},
    "clickhouse.backups": {PULUMI, KUBERNETES},
    "kubernetes.backing": {PULUMI},
    "kubernetes.single_server": {PULUMI, KUBERNETES},
    "kubernetes.volumes": {PULUMI, KUBERNETES},
    "langfuse.args": {PULUMI},
    "langfuse.migration": {PULUMI, KUBERNETES},
    "langfuse.network": {PULUMI},
    "langfuse.worker": {PULUMI, KUBERNETES},
    "langfuse.workload": {PULUMI, KUBERNETES},
    **{
        f"monitoring.dashboards.{name}": {GRAFANA}
        for name in (
            *("agent_costs", "agents", "cache", "clickhouse", "database", "gateway", "layout"),
            *("overview", "storage", "subject", "worker"),
            *("panels.clickhouse", "panels.panel", "panels.pods", "panels.postgres_pod"),
            *("panels.probe", "panels.queries", "panels.servers", "panels.table", "panels.workers"),
            *(f"panels.agents.{name}" for name in ("costs", "gateway", "requests")),
            *(
                f"panels.cloudwatch.{name}"
                for name in ("buckets", "elasticache", "load_balancer", "queues", "rds")
            ),
        )
    },
    "monitoring.dashboards.cloudwatch_source": {PULUMI},
    "platform.flow_logs": {PULUMI, AWS},
    "postgres.backing": {PULUMI},
    "postgres.rds.final_snapshot": {PULUMI, RANDOM},
    "postgres.rds.monitoring_role": {PULUMI, AWS},
    "secrets.delivery": {PULUMI},
    "secrets.kubernetes_delivery": {PULUMI, KUBERNETES},
    "secrets.secrets_manager_delivery": {PULUMI, AWS, KUBERNETES},
    "storage.backing": {PULUMI},
    "storage.bucket": {PULUMI, AWS},
}
"""What modules of components load when they are imported, apart from those that define a component.
Every module that is not here is pure: it imports no SDK, and no module that does."""

GRAPH = ImportGraph(
    ROOT, ("__main__", "components", "stacks", "access", "platform", "policy", "tooling")
)


def test_no_modules_import_each_other_in_a_circle() -> None:
    arrows = {(i.importer, i.imported) for i in GRAPH.imports if i.imported in GRAPH.modules}

    assert len(arrows) >= 500
    assert circle(arrows) == []


def test_no_folders_of_components_import_each_other_in_a_circle() -> None:
    arrows = {
        (_folder(found.importer), _folder(found.imported))
        for found in GRAPH.of("components")
        if below(found.imported, ["components"])
    }

    assert len(arrows) >= 20
    assert circle(arrow for arrow in arrows if arrow[0] != arrow[1]) == []


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_a_program_imports_only_what_is_below_it(part: str) -> None:
    imported = {
        found.imported
        for found in GRAPH.of(part)
        if found.imported in GRAPH.modules
        and max((p for p in MAY_IMPORT if below(found.importer, [p])), key=len) == part
    }

    assert imported
    assert sorted(name for name in imported if not below(name, MAY_IMPORT[part])) == []


def test_the_machinery_of_the_settings_names_no_section() -> None:
    sections = {field.alias for field in Settings.model_fields.values()} - {"stack"}
    texts = {
        f"{name}: {node.value}"
        for name, tree in GRAPH.trees.items()
        if below(name, ["stacks.settings.machinery"])
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in {*sections, "engine", "rds"}
    }

    assert texts == set()


def test_the_folders_of_components_import_each_other_as_listed() -> None:
    arrows = defaultdict[str, set[str]](set)
    for found in GRAPH.of("components"):
        if below(found.imported, ["components"]):
            start, end = (name.split(".")[1] for name in (found.importer, found.imported))
            if start != end:
                arrows[start].add(end)

    assert arrows == NOUNS


def test_modules_of_components_load_the_sdks_that_are_listed() -> None:
    loaded = {
        name.removeprefix("components."): sdks
        for name in _of_components()
        if (sdks := _sdks(name)) and not _defines_a_component(name)
    }

    assert loaded == IMPURE


def test_a_module_that_defines_a_component_loads_pulumi() -> None:
    components = [name for name in _of_components() if _defines_a_component(name)]

    assert len(components) >= 16
    assert [name for name in components if PULUMI not in _sdks(name)] == []


@pytest.mark.programs
def test_pure_modules_load_no_sdk_when_they_are_imported() -> None:
    pure = [name for name in _of_components() if not _sdks(name)]
    assert len(pure) >= 40
    program = f"""
import importlib, json, sys
found = {{}}
for name in {pure}:
    importlib.import_module(name)
    if loaded := [module for module in sys.modules if module.startswith({SDKS})]:
        found[name] = loaded
        for module in loaded:
            del sys.modules[module]
print(json.dumps(found))
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout) == {}


@pytest.mark.parametrize(
    ("module", "sdks"),
    [
        ("access.actions", set[str]()),
        ("access.keys", {PULUMI}),
        ("access.policies", set[str]()),
        ("stacks.cluster_platform.settings", {PULUMI}),
        ("stacks.names", set[str]()),
        ("stacks.settings", {PULUMI}),
        ("stacks.stack_files", {PULUMI}),
    ],
)
def test_what_decides_without_creating_anything_loads_no_sdk_of_a_provider(
    module: str, sdks: set[str]
) -> None:
    names = [name for name in GRAPH.modules if below(name, [module])]

    assert names
    assert [name for name in names if not _sdks(name) <= sdks] == []


def test_the_rules_of_the_policy_pack_need_the_standard_library_alone() -> None:
    rules = [name for name in GRAPH.modules if below(name, ["policy.rules"])]
    loaded = {name for rule in rules for name in GRAPH.loaded(rule)} - GRAPH.modules.keys()

    assert loaded
    assert {name.partition(".")[0] for name in loaded} <= sys.stdlib_module_names


def _folder(module: str) -> str:
    return module if GRAPH.modules[module].name == "__init__.py" else module.rpartition(".")[0]


def _of_components() -> list[str]:
    return sorted(name for name in GRAPH.modules if below(name, ["components"]))


def _sdks(module: str) -> set[str]:
    return {name.partition(".")[0] for name in GRAPH.loaded(module) if name.startswith(SDKS)}


def _defines_a_component(module: str) -> bool:
    return any(
        ast.unparse(base) == "pulumi.ComponentResource"
        for node in GRAPH.trees[module].body
        if isinstance(node, ast.ClassDef)
        for base in node.bases
    )
