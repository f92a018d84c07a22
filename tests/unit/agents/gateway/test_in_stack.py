"""The agents' gateway in a stack: what it waits for, what rolls it, and what agents get."""

from __future__ import annotations

import base64
from typing import Any, Final
from urllib.parse import quote, unquote

import yaml

from tests.support import stacks
from tests.support.recordings import depends_on, inputs, recorded
from tooling.engineless.recording import Recording, Secret

NAME: Final = "langfuse-gateway"
AGENTS: Final = "langfuse-agents-ai-agents-access-secret"
TYPE: Final = "agent-observability:index:AgentGateway"


def pod(recording: Recording) -> dict[str, Any]:
    return inputs(recording, f"{NAME}-stateful-set")["spec"]["template"]["spec"]


def named(recording: Recording) -> tuple[str, str]:
    """The ConfigMap and the Secret that the pods name."""
    configuration, credentials = pod(recording)["volumes"]
    return configuration["configMap"]["name"], credentials["secret"]["secretName"]


def configuration(recording: Recording) -> dict[str, Any]:
    return yaml.safe_load(inputs(recording, f"{NAME}-config")["data"]["config.yaml"])


def test_a_stack_without_the_section_has_no_gateway() -> None:
    recording = recorded("dev", gateway=None)
    agents = inputs(recording, AGENTS)["stringData"]

    assert recording.of_type(TYPE) == []
    assert [key for key in agents if key.startswith("OTEL_")] == []


def test_the_pods_start_when_langfuse_knows_the_projects_keys() -> None:
    recording = recorded("dev")

    assert depends_on(recording, recording.named(f"{NAME}-stateful-set")) == [
        "langfuse-deployment",
        f"{NAME}-config",
        f"{NAME}-credentials-secret",
        f"{NAME}-network-policy",
        f"{NAME}-service-account",
        "langfuse-namespace",
    ]


def test_agents_are_told_of_the_gateway_when_it_accepts_traces() -> None:
    recording = recorded("dev")

    assert f"{NAME}-stateful-set" in depends_on(recording, recording.named(AGENTS))


def test_agents_get_the_variables_of_opentelemetry_for_traces_alone() -> None:
    recording = recorded("dev")
    secret = recording.named(AGENTS)
    values = inputs(recording, AGENTS)["stringData"]
    (pair,) = inputs(recording, f"{NAME}-credentials-secret")["stringData"]["passwords"].split()

    credential = f"Basic {base64.b64encode(pair.encode()).decode()}"
    assert isinstance(secret.inputs["stringData"], Secret)
    assert {k: v for k, v in values.items() if k.startswith("OTEL_")} == {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": (
            "http://langfuse-gateway.observability.svc:4318/api/public/otel/v1/traces"
        ),
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS": f"Authorization={quote(credential, safe='')}",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
    }
    header, _, value = values["OTEL_EXPORTER_OTLP_TRACES_HEADERS"].partition("=")
    assert (header, unquote(value)) == ("Authorization", credential)


def test_the_direct_way_to_langfuse_stays() -> None:
    with_, without = (
        inputs(recording, AGENTS)["stringData"]
        for recording in (recorded("dev"), recorded("dev", gateway=None))
    )

    assert {k: v for k, v in with_.items() if not k.startswith("OTEL_")} == without


def test_each_namespace_has_a_credential_of_its_own() -> None:
    recording = stacks.recorded("version 4 with a gateway")
    secret = inputs(recording, f"{NAME}-credentials-secret")["stringData"]
    lines = secret["passwords"].splitlines()

    assert [line.partition(":")[0] for line in lines] == ["research", "sales"]
    for line in lines:
        values = inputs(recording, f"langfuse-agents-{line.partition(':')[0]}-access-secret")
        header = unquote(values["stringData"]["OTEL_EXPORTER_OTLP_TRACES_HEADERS"])
        assert header == f"Authorization=Basic {base64.b64encode(line.encode()).decode()}"


def test_langfuse_gets_the_keys_of_the_project() -> None:
    recording = recorded("dev")
    app = inputs(recording, "langfuse-app-secret")["stringData"]
    header = inputs(recording, f"{NAME}-credentials-secret")["stringData"]["LANGFUSE_AUTHORIZATION"]

    scheme, _, encoded = header.partition(" ")
    assert (scheme, base64.b64decode(encoded).decode()) == (
        "Basic",
        f"{app['LANGFUSE_INIT_PROJECT_PUBLIC_KEY']}:{app['LANGFUSE_INIT_PROJECT_SECRET_KEY']}",
    )


def test_another_configuration_rolls_the_pods() -> None:
    before, after = named(recorded("dev")), named(recorded("dev", gateway={"masking": "drop"}))

    assert before[0] != after[0]
    assert before[1] == after[1]


def test_other_credentials_roll_the_pods() -> None:
    agents = {"namespaces": ["ai-agents", "more"]}
    before, after = named(recorded("dev")), named(recorded("dev", agents=agents))

    assert before[0] == after[0]
    assert before[1] != after[1]


def test_limits_of_memory_agree() -> None:
    gateway = {"resources": {"memory": "256Mi", "memoryLimit": "1Gi"}}
    recording = recorded("dev", gateway=gateway)
    (container,) = pod(recording)["containers"]

    assert container["resources"]["limits"]["memory"] == "1Gi"
    assert container["env"][0] == {"name": "GOMEMLIMIT", "value": str(2**30 * 4 // 5)}
    limiter = configuration(recording)["processors"]["memory_limiter"]
    assert (limiter["limit_mib"], limiter["spike_limit_mib"]) == (768, 204)


def test_the_queue_takes_half_of_the_volume_or_what_was_said() -> None:
    sizes = [
        configuration(recorded("dev", gateway=gateway))["exporters"]["otlp_http/langfuse"][
            "sending_queue"
        ]["queue_size"]
        for gateway in ({"storageGiB": 10}, {"storageGiB": 10, "queueGiB": 3})
    ]

    assert sizes == [5 * 2**30, 3 * 2**30]


def test_traces_go_to_the_service_of_langfuse() -> None:
    exporter = configuration(recorded("dev"))["exporters"]["otlp_http/langfuse"]

    assert exporter["endpoint"] == "http://langfuse.observability.svc/api/public/otel"


def test_the_copy_goes_where_agents_trace_to_with_langsmiths_key() -> None:
    recording = stacks.recorded("version 4 with a gateway")
    exporter = configuration(recording)["exporters"]["otlp_http/langsmith"]
    secret = inputs(recording, f"{NAME}-credentials-secret")["stringData"]
    agents = inputs(recording, "langfuse-agents-research-access-secret")["stringData"]

    assert exporter["endpoint"] == f"{agents['LANGSMITH_ENDPOINT']}/otel"
    assert exporter["headers"]["Langsmith-Project"] == agents["LANGSMITH_PROJECT"] == "agents"
    assert secret["LANGSMITH_API_KEY"] == agents["LANGSMITH_API_KEY"]


def test_no_configuration_holds_a_secret() -> None:
    recording = stacks.recorded("version 4 with a gateway")
    secret = inputs(recording, f"{NAME}-credentials-secret")["stringData"]
    text = inputs(recording, f"{NAME}-config")["data"]["config.yaml"]

    passwords = [line.partition(":")[2] for line in secret["passwords"].splitlines()]
    for value in (*passwords, *secret["LANGFUSE_AUTHORIZATION"].split()[1:]):
        assert value not in text
    assert secret["LANGSMITH_API_KEY"] not in text


def test_with_secrets_manager_the_credentials_are_an_entry_of_the_stack() -> None:
    recording = recorded("prod")
    entries = [r.inputs["name"] for r in recording.of_type("aws:secretsmanager/secret:Secret")]

    assert recording.exports["secretEntries"] == [
        f"agent-observability/prod/{role}"
        for role in ("app", "database", "clickhouse", "cache", "gateway", "agents/ai-agents/access")
    ]
    assert sorted(entries) == sorted(recording.exports["secretEntries"])
    external = inputs(recording, f"{NAME}-credentials-external-secret")
    _, secret = named(recording)
    assert secret == external["metadata"]["name"]
    assert secret.startswith(f"{NAME}-credentials-")


def test_the_namespace_of_prometheus_reads_its_metrics_wherever_clickhouse_is() -> None:
    monitoring = {
        "runbooks": "https://git.example.com/docs",
        "prometheusRules": {"prometheusNamespace": "monitoring"},
    }
    for base in ("dev", "version 4 with ClickHouse Cloud"):
        recording = recorded(base, monitoring=monitoring)
        rules = inputs(recording, f"{NAME}-network-policy")["spec"]["ingress"]
        admitted = {
            rule["ports"][0]["port"]: [
                label
                for peer in rule["from"]
                for label in peer["namespaceSelector"]["matchLabels"].values()
            ]
            for rule in rules
        }
        assert admitted == {
            "otlp": ["ai-agents"],
            "telemetry": ["monitoring"],
            "metrics": ["monitoring"],
        }


def test_the_pods_run_where_those_of_the_stack_may() -> None:
    recording = recorded("dev", cluster={"nodeSelector": {"disk": "ssd"}})

    assert pod(recording)["nodeSelector"] == {"disk": "ssd"}
