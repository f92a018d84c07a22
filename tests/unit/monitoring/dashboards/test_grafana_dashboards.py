"""ConfigMaps with Grafana dashboards. Does not prove that a sidecar finds them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from pulumi_kubernetes.core.v1 import Namespace
from pulumi_random import RandomId

from components.monitoring.dashboards import database, layout, overview
from components.monitoring.dashboards.grafana_dashboards import (
    SERVICES,
    CloudWatchSource,
    GrafanaDashboards,
    GrafanaDashboardsArgs,
)
from components.monitoring.dashboards.subject import uid
from components.monitoring.watched_workloads import WatchedInAws
from tests.support.component_run import run_component
from tests.support.dashboards import EXTERNAL, IN_CLUSTER, LIMITS, ON_AWS, VERSION_4_ON_AWS
from tests.support.recordings import inputs
from tooling.engineless.recording import UNKNOWN, Recording

OVERVIEW, DATABASE = "langfuse-dashboards-overview", "langfuse-dashboards-database"
OVERVIEW_UID, DATABASE_UID = uid("overview", "project/prod"), uid("database", "project/prod")

ARGS = GrafanaDashboardsArgs(
    namespace="observability",
    watched=IN_CLUSTER.watched,
    identity="project/prod",
    runbooks="https://git.example.com/docs",
    certificate_days=21,
    alerts=False,
    labels={"grafana_dashboard": "1"},
)
AWS = replace(
    ARGS,
    watched=ON_AWS.watched,
    alerts=True,
    aws=CloudWatchSource(
        region="ap-northeast-2",
        database="langfuse-1a2b",
        load_balancer="app/k8s-langfuse/50dc",
        database_limits=LIMITS,
    ),
)
VERSION_4 = replace(
    AWS,
    watched=VERSION_4_ON_AWS.watched,
    aws=CloudWatchSource(
        region="ap-northeast-2",
        database="langfuse-1a2b",
        load_balancer="app/k8s-langfuse/50dc",
        database_limits=LIMITS,
        cache=["langfuse-001", "langfuse-002"],
        cache_thresholds=VERSION_4_ON_AWS.cache_thresholds,
        buckets={"events and exports": "events-1a2b", "media": "media-1a2b"},
        queues=True,
    ),
)
OF_SERVICES = [
    f"langfuse-dashboards-{role}"
    for role in (
        *("worker", "clickhouse", "cache", "storage"),
        *("gateway", "agents", "agent-costs"),
    )
]


def record(args: GrafanaDashboardsArgs = ARGS) -> Recording:
    return run_component(lambda: GrafanaDashboards("langfuse-dashboards", args))


def config_maps(recording: Recording) -> list[str]:
    return [resource.name for resource in recording.of_type("kubernetes:core/v1:ConfigMap")]


def text(recording: Recording, name: str, file: str) -> str:
    return inputs(recording, name)["data"][f"{file}.json"]


def content(recording: Recording, name: str, file: str) -> dict[str, Any]:
    return json.loads(text(recording, name, file))


def test_a_config_map_is_exactly_this() -> None:
    config_map = inputs(record(), OVERVIEW)
    config_map["data"] = [*config_map["data"]]

    assert config_map == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "namespace": "observability",
            "name": "langfuse-dashboards-overview",
            "labels": {
                "grafana_dashboard": "1",
                "app.kubernetes.io/name": "langfuse",
                "app.kubernetes.io/instance": "langfuse-dashboards",
                "app.kubernetes.io/component": "overview-dashboard",
                "app.kubernetes.io/part-of": "agent-observability",
                "app.kubernetes.io/managed-by": "pulumi",
            },
        },
        "data": [f"{OVERVIEW_UID}.json"],
    }


def test_all_of_them_are_children_of_the_component() -> None:
    recording = record()
    (component,) = recording.of_type("agent-observability:index:GrafanaDashboards")
    children = [r for r in recording.resources.values() if r.parent == component.urn]

    assert [child.name for child in children] == [OVERVIEW, DATABASE]
    assert recording.registered_outputs[component.urn] == {"overviewUid": OVERVIEW_UID}


def test_a_folder_is_an_annotation() -> None:
    metadata = inputs(record(replace(ARGS, folder="Agents")), DATABASE)["metadata"]

    assert metadata["annotations"] == {"grafana_folder": "Agents"}


def test_the_dashboards_are_those_of_the_stack() -> None:
    recording = record()

    assert text(recording, OVERVIEW, OVERVIEW_UID) == layout.to_json(
        overview.dashboard(IN_CLUSTER, uid=OVERVIEW_UID, links={"Database": DATABASE_UID})
    )
    assert text(recording, DATABASE, DATABASE_UID) == layout.to_json(
        database.dashboard(IN_CLUSTER, uid=DATABASE_UID, links={"Overview": OVERVIEW_UID})
    )


def test_a_stack_on_aws_shows_what_cloudwatch_has() -> None:
    recording = record(AWS)

    assert text(recording, OVERVIEW, OVERVIEW_UID) == layout.to_json(
        overview.dashboard(ON_AWS, uid=OVERVIEW_UID, links={"Database": DATABASE_UID})
    )
    assert text(recording, DATABASE, DATABASE_UID) == layout.to_json(
        database.dashboard(ON_AWS, uid=DATABASE_UID, links={"Overview": OVERVIEW_UID})
    )


def test_without_a_load_balancer_its_panels_are_not_there() -> None:
    aws = CloudWatchSource(region="eu-west-1", database="langfuse-1a2b", database_limits=LIMITS)
    expected = replace(ON_AWS, aws=WatchedInAws(region="eu-west-1", database="langfuse-1a2b"))

    assert text(record(replace(AWS, aws=aws)), OVERVIEW, OVERVIEW_UID) == layout.to_json(
        overview.dashboard(expected, uid=OVERVIEW_UID, links={"Database": DATABASE_UID})
    )


@pytest.mark.parametrize("aws", [None, CloudWatchSource(region="eu-west-1", load_balancer="app/x")])
def test_an_external_database_has_no_dashboard_and_no_link_to_one(
    aws: CloudWatchSource | None,
) -> None:
    recording = record(replace(ARGS, watched=EXTERNAL.watched, aws=aws))

    assert config_maps(recording) == [OVERVIEW]
    links = content(recording, OVERVIEW, OVERVIEW_UID)["links"]
    assert [link["title"] for link in links] == ["Troubleshooting"]


def test_from_version_3_on_each_service_has_a_dashboard_that_the_overview_leads_to() -> None:
    recording = record(VERSION_4)
    uids = {service: uid(service, "project/prod") for service in SERVICES}

    assert config_maps(recording) == [OVERVIEW, DATABASE, *OF_SERVICES]
    assert text(recording, OVERVIEW, OVERVIEW_UID) == layout.to_json(
        overview.dashboard(
            VERSION_4_ON_AWS,
            uid=OVERVIEW_UID,
            links={
                "Database": uids["database"],
                "Workers": uids["worker"],
                "ClickHouse": uids["clickhouse"],
                "Cache": uids["cache"],
                "Object storage": uids["storage"],
                "Gateway": uids["gateway"],
                "Agents": uids["agents"],
                "Agent costs": uids["agent-costs"],
            },
        )
    )
    for service, (_, build) in SERVICES.items():
        assert text(recording, f"langfuse-dashboards-{service}", uids[service]) == layout.to_json(
            build(VERSION_4_ON_AWS, uid=uids[service], links={"Overview": OVERVIEW_UID})
        )
    titles = [
        content(recording, f"langfuse-dashboards-{service}", found)["title"]
        for service, found in uids.items()
    ]

    assert titles == [
        "Langfuse prod: database",
        "Langfuse prod: workers",
        "Langfuse prod: ClickHouse",
        "Langfuse prod: cache",
        "Langfuse prod: object storage",
        "Langfuse prod: gateway",
        "Langfuse prod: agents",
        "Langfuse prod: agent costs",
    ]


def test_the_dashboards_lead_to_each_other() -> None:
    recording = record()
    there = content(recording, OVERVIEW, OVERVIEW_UID)
    back = content(recording, DATABASE, DATABASE_UID)

    assert (there["uid"], there["links"][0]["url"]) == (OVERVIEW_UID, f"/d/{DATABASE_UID}")
    assert (back["uid"], back["links"][0]["url"]) == (DATABASE_UID, f"/d/{OVERVIEW_UID}")


def test_two_stacks_in_one_grafana_have_nothing_in_common() -> None:
    other = replace(ARGS, identity="project/dev", watched=replace(IN_CLUSTER.watched, stack="dev"))
    found = [
        (file, dashboard["uid"], dashboard["title"])
        for recording in (record(), record(other))
        for name in (OVERVIEW, DATABASE)
        for file, json_text in inputs(recording, name)["data"].items()
        for dashboard in [json.loads(json_text)]
    ]

    assert len(found) == 4
    assert [len({*column}) for column in zip(*found, strict=True)] == [4, 4, 4]


def test_labels_of_the_program_are_not_overwritten() -> None:
    args = replace(ARGS, labels={"grafana_dashboard": "1", "app.kubernetes.io/part-of": "mine"})
    found = inputs(record(args), OVERVIEW)["metadata"]["labels"]

    assert found["app.kubernetes.io/part-of"] == "agent-observability"


def test_in_a_first_preview_only_the_content_is_unknown() -> None:
    def body() -> None:
        made_later = RandomId("made-later", byte_length=4).hex
        namespace = Namespace("ns", metadata={"name": "observability"})
        GrafanaDashboards(
            "langfuse-dashboards",
            replace(
                VERSION_4,
                namespace=namespace.metadata.apply(lambda m: m.name or ""),
                aws=CloudWatchSource(
                    region="eu-west-1",
                    database=made_later,
                    load_balancer=made_later,
                    database_limits=LIMITS,
                    cache=[made_later, made_later],
                    cache_thresholds=VERSION_4_ON_AWS.cache_thresholds,
                    buckets={"media": made_later},
                ),
            ),
        )

    recording = run_component(body, preview=True)

    assert config_maps(recording) == [OVERVIEW, DATABASE, *OF_SERVICES]
    for role in ("overview", *SERVICES):
        assert inputs(recording, f"langfuse-dashboards-{role}")["data"] == {
            f"{uid(role, 'project/prod')}.json": UNKNOWN
        }
