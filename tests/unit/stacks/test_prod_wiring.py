"""How the prod stack is wired: order, protection, where values stand, what is exported."""

import pytest

from tests.support import stacks
from tests.support.loaded_modules import loaded_modules
from tests.support.recordings import all_before, depends_on, recorded
from tooling.engineless.aws import lookups
from tooling.engineless.recording import Secret, holds_secret, secret_texts

DATABASE = "langfuse-postgres-instance"
TAGGED = ["subnet-0a1a1a1a1a1a1a1a1", "subnet-0b2b2b2b2b2b2b2b2"]
"""What the offline backend finds by a tag."""


def load_balancer_networks(subnet_ids: list[str]) -> list[str]:
    """The network of each subnet, as the offline backend invents it."""
    return [
        lookups.invoke("aws:ec2/getSubnet:getSubnet", {"id": subnet_id})["cidrBlock"]
        for subnet_id in subnet_ids
    ]


def test_what_is_protected_is_what_cannot_be_made_again_or_holds_what_others_run() -> None:
    protected = sorted(r.name for r in recorded("version 2 prod").resources.values() if r.protect)

    assert protected == [
        "langfuse-agents-ai-agents-namespace",
        "langfuse-app-entry",
        "langfuse-credentials-encryption-key",
        "langfuse-credentials-salt",
        "langfuse-database-entry",
        "langfuse-namespace",
        "langfuse-postgres-instance",
    ]


def test_no_kubernetes_object_holds_a_generated_value() -> None:
    kubernetes = [
        r for r in recorded("version 2 prod").resources.values() if r.type.startswith("kubernetes:")
    ]

    assert len(kubernetes) == 25
    assert [r.name for r in kubernetes if holds_secret(r.inputs)] == []
    assert [r.name for r in kubernetes if r.inputs["kind"] == "Secret"] == []


@pytest.mark.parametrize("role", ["app", "database", "agents-ai-agents-access"])
def test_the_values_of_an_entry_reach_aws_as_one_secret_text(role: str) -> None:
    version = recorded("version 2 prod").named(f"langfuse-{role}-entry-version")

    assert isinstance(version.inputs["secretStringWo"], Secret)
    assert isinstance(version.inputs["secretStringWoVersion"], Secret)
    assert len(list(secret_texts(version.inputs["secretStringWo"]))) == 1
    assert "secretString" not in version.inputs


def test_only_what_uses_the_database_waits_for_it() -> None:
    recording = recorded("version 2 prod")

    waiting = sorted(
        r.name
        for r in recording.resources.values()
        if r.custom and DATABASE in all_before(recording, r.name, r.type)
    )

    assert waiting == [
        "langfuse-alarms-dashboard",
        "langfuse-alarms-database-burst-credits",
        "langfuse-alarms-database-connections",
        "langfuse-alarms-database-cpu",
        "langfuse-alarms-database-events",
        "langfuse-alarms-database-memory",
        "langfuse-alarms-database-storage",
        "langfuse-alarms-database-transaction-ids",
        "langfuse-alarms-database-transaction-logs",
        "langfuse-autoscaler",
        "langfuse-dashboards-database",
        "langfuse-dashboards-overview",
        "langfuse-database-entry-version",
        "langfuse-database-external-secret",
        "langfuse-deployment",
        "langfuse-migration",
    ]


def test_the_pods_wait_for_the_load_balancer_and_the_migration_does_not() -> None:
    recording = recorded("version 2 prod")

    ingress = "langfuse-endpoint-ingress"
    assert ingress in depends_on(recording, recording.named("langfuse-deployment"))
    assert ingress not in all_before(recording, "langfuse-migration")
    assert "langfuse-deployment" not in all_before(recording, ingress)


def test_the_load_balancer_waits_for_the_validated_certificate() -> None:
    recording = recorded("version 2 prod")

    before = depends_on(recording, recording.named("langfuse-endpoint-ingress"))
    assert "langfuse-endpoint-certificate-validation" in before


def test_host_certificate_url_and_record_come_from_one_setting() -> None:
    host = "tracing.example.com"
    recording = recorded("version 2 prod", endpoint={"host": host})

    certificate = recording.named("langfuse-endpoint-certificate-certificate").inputs
    ingress = recording.named("langfuse-endpoint-ingress").inputs
    record = recording.named("langfuse-endpoint-alias-record").inputs
    config = recording.named("langfuse-config").inputs["data"]
    assert certificate["domainName"] == host
    assert [rule["host"] for rule in ingress["spec"]["rules"]] == [host]
    assert record["name"] == host
    assert config["NEXTAUTH_URL"] == recording.exports["url"] == f"https://{host}"


def test_pods_get_readiness_gates_and_the_load_balancer_may_connect() -> None:
    recording = recorded("version 2 prod")

    labels = recording.named("langfuse-namespace").inputs["metadata"]["labels"]
    policy = recording.named("langfuse-network-policy").inputs["spec"]
    assert labels["elbv2.k8s.aws/pod-readiness-gate-inject"] == "enabled"
    assert policy["ingress"][0]["from"] == [
        {"podSelector": {}},
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ai-agents"}}},
        *({"ipBlock": {"cidr": network}} for network in load_balancer_networks(TAGGED)),
    ]
    assert policy["egress"][1] == {
        "to": [{"ipBlock": {"cidr": "10.20.0.0/16"}}],
        "ports": [{"protocol": "TCP", "port": 5432}],
    }


def test_the_load_balancer_and_the_pods_readiness_ask_for_one_page() -> None:
    recording = recorded("version 2 prod")

    annotations = recording.named("langfuse-endpoint-ingress").inputs["metadata"]["annotations"]
    (pod,) = recording.named("langfuse-deployment").inputs["spec"]["template"]["spec"]["containers"]
    assert annotations["alb.ingress.kubernetes.io/healthcheck-path"] == "/api/public/ready"
    assert pod["readinessProbe"]["httpGet"]["path"] == "/api/public/ready"


def test_given_subnets_of_the_load_balancer_are_the_networks_that_may_connect() -> None:
    subnets = ["subnet-00000000000000001", "subnet-00000000000000002"]
    policy = recorded("version 2 prod", endpoint={"subnetIds": subnets}).named(
        "langfuse-network-policy"
    )

    assert policy.inputs["spec"]["ingress"][0]["from"][2:] == [
        {"ipBlock": {"cidr": network}} for network in load_balancer_networks(subnets)
    ]


def test_further_security_groups_of_nodes_may_reach_the_database() -> None:
    further = "sg-0123456789abcdef0"
    rules = recorded("version 2 prod", database={"clientSecurityGroupIds": [further]}).of_type(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    )

    assert {r.name: r.inputs["referencedSecurityGroupId"] for r in rules} == {
        "langfuse-postgres-from-cluster": "sg-0c1c1c1c1c1c1c1c1",
        f"langfuse-postgres-from-{further}": further,
    }
    assert {r.inputs["fromPort"] for r in rules} == {r.inputs["toPort"] for r in rules} == {5432}


def test_without_an_endpoint_there_is_no_gate_no_network_and_a_command_to_open_langfuse() -> None:
    recording = recorded("version 2 prod", endpoint=None, monitoring=None)

    labels = recording.named("langfuse-namespace").inputs["metadata"]["labels"]
    policy = recording.named("langfuse-network-policy").inputs["spec"]
    assert "elbv2.k8s.aws/pod-readiness-gate-inject" not in labels
    assert len(policy["ingress"][0]["from"]) == 2
    assert recording.exports["openCommand"] == (
        "kubectl --context=arn:aws:eks:ap-northeast-2:123456789012:cluster/platform-prod "
        "-n observability port-forward service/langfuse 3000:80"
    )
    assert "loadBalancerHost" not in recording.exports


def test_the_outputs_are_exactly_these_and_none_is_secret() -> None:
    exports = recorded("version 2 prod").exports

    assert sorted(exports) == [
        "adminEmail",
        "adminPasswordCommand",
        "agentEnvFrom",
        "alarmTopic",
        "databaseAddress",
        "databaseVersion",
        "loadBalancerHost",
        "namespace",
        "secretEntries",
        "url",
        "version",
    ]
    assert not holds_secret(exports)
    assert exports["adminPasswordCommand"].startswith(
        "kubectl --context=arn:aws:eks:ap-northeast-2:123456789012:cluster/platform-prod "
        "-n observability get secret langfuse-app-"
    )
    assert exports["secretEntries"] == [
        "agent-observability/prod/app",
        "agent-observability/prod/database",
        "agent-observability/prod/agents/ai-agents/access",
    ]


def test_the_entries_named_in_the_outputs_are_those_that_exist() -> None:
    recording = recorded("version 2 prod")

    entries = recording.of_type("aws:secretsmanager/secret:Secret")
    assert sorted(e.inputs["name"] for e in entries) == sorted(recording.exports["secretEntries"])


def test_the_keys_of_each_service_of_version_4_have_an_entry() -> None:
    recording = stacks.recorded("version 4 with services elsewhere")
    entries = recording.of_type("aws:secretsmanager/secret:Secret")

    assert recording.exports["secretEntries"] == [
        f"agent-observability/prod/{role}"
        for role in ("app", "database", "clickhouse", "cache", "storage", "agents/ai-agents/access")
    ]
    assert sorted(e.inputs["name"] for e in entries) == sorted(recording.exports["secretEntries"])


def test_everything_goes_through_the_two_explicit_providers() -> None:
    recording = recorded("version 2 prod")
    (aws,) = recording.of_type("pulumi:providers:aws")
    (kubernetes,) = recording.of_type("pulumi:providers:kubernetes")

    used = {
        (r.type.partition(":")[0], r.provider.rpartition("::")[0])
        for r in recording.resources.values()
        if r.type.startswith(("aws:", "kubernetes:"))
    }
    assert used == {("aws", aws.urn), ("kubernetes", kubernetes.urn)}


@pytest.mark.programs
def test_dev_loads_nothing_of_aws() -> None:
    assert [name for name in loaded_modules()["dev"] if name.startswith("pulumi_aws")] == []
