"""Objects that name one another fit together, in the stack files and beyond them."""

from __future__ import annotations

from tests.support import bases, references, stacks
from tests.support.manifests import Cluster, Manifest, Pod
from tests.support.reachability import admits, policies, stranger


def pods(cluster: Cluster, **labels: str) -> list[Pod]:
    """The pods with labels of the ``app.kubernetes.io`` family."""
    wanted = {f"app.kubernetes.io/{key}": value for key, value in labels.items()}
    return [pod for pod in cluster.pods() if wanted.items() <= pod.labels.items()]


def test_objects_fit_together(variant: str) -> None:
    assert references.problems(stacks.cluster(variant)) == []


def test_postgres_admits_only_langfuse_and_its_migration(variant: str) -> None:
    cluster = stacks.cluster(variant)
    databases = pods(cluster, name="postgresql")
    case = stacks.VARIANTS[variant]
    engine = bases.read_settings(case.base, case.overrides).database.engine
    assert len(databases) == (1 if engine == "statefulSet" else 0)
    clients = [
        *pods(cluster, name="langfuse", component="web"),
        *pods(cluster, name="langfuse", component="migration"),
    ]
    assert len(clients) == 2
    for database in databases:
        assert len(policies(cluster, database, "ingress")) == 1
        for client in clients:
            assert admits(cluster, client, database, "postgresql")
        for other in (
            stranger(database.namespace),
            stranger("ai-agents"),
            stranger("default", dict(clients[0].labels)),
        ):
            assert not admits(cluster, other, database, "postgresql")
        assert not admits(cluster, database, clients[0], "http")


def test_langfuse_admits_only_its_namespace_and_the_agents(variant: str) -> None:
    cluster = stacks.cluster(variant)
    (web,) = pods(cluster, name="langfuse", component="web")
    agents = [
        secret["metadata"]["namespace"]
        for secret in (*cluster.kind("Secret"), *cluster.kind("ExternalSecret"))
        if "agent-observability" in {secret["metadata"]["name"], *_target(secret)}
    ]
    assert bool(agents) == (variant != "oldest version")
    for namespace in (web.namespace, *agents):
        assert admits(cluster, stranger(namespace), web, "http")
    assert not admits(cluster, stranger("default"), web, "http")


def test_a_gateway_admits_agents_and_prometheus_and_reaches_langfuse_alone(variant: str) -> None:
    cluster = stacks.cluster(variant)
    case = stacks.VARIANTS[variant]
    settings = bases.read_settings(case.base, case.overrides)
    gateways = pods(cluster, name="opentelemetry-collector")
    assert len(gateways) == (1 if settings.gateway else 0)
    (web,) = pods(cluster, name="langfuse", component="web")
    rules = settings.monitoring.prometheus_rules if settings.monitoring else None
    prometheus = rules.prometheus_namespace if rules else None
    for gateway in gateways:
        for namespace in settings.agents.every_namespace:
            agent = stranger(namespace)
            assert admits(cluster, agent, gateway, "otlp")
            for port in ("telemetry", "metrics", "health"):
                assert not admits(cluster, agent, gateway, port)
        for port in ("telemetry", "metrics"):
            assert prometheus is None or admits(cluster, stranger(prometheus), gateway, port)
        for other in (stranger("default"), stranger(gateway.namespace), web):
            for port in ("otlp", "telemetry", "metrics", "health"):
                assert not admits(cluster, other, gateway, port)
        assert admits(cluster, gateway, web, "http")
        others = [pod for pod in cluster.pods() if pod.owner not in (web.owner, gateway.owner)]
        for other in others:
            for port in other.ports:
                assert not admits(cluster, gateway, other, port["containerPort"])


def test_the_migration_pod_admits_no_connection(variant: str) -> None:
    cluster = stacks.cluster(variant)
    (migration,) = pods(cluster, component="migration")
    assert len(policies(cluster, migration, "ingress")) == 1
    assert [p["spec"].get("ingress", []) for p in policies(cluster, migration, "ingress")] == [[]]


def test_a_network_policy_names_each_peer_of_a_rule_once(variant: str) -> None:
    for policy in stacks.cluster(variant).kind("NetworkPolicy"):
        for direction, key in (("ingress", "from"), ("egress", "to")):
            for rule in policy["spec"].get(direction, []):
                peers = rule.get(key, [])
                assert [peer for peer in peers if peers.count(peer) > 1] == []


def test_each_container_that_queries_postgres_finds_the_certificate_of_its_url(
    variant: str,
) -> None:
    """Prisma stops at a URL whose file does not exist. What waits for the server reads none."""
    cluster = stacks.cluster(variant)
    containers = [container for pod in cluster.pods() for container in pod.containers]
    queries = {c["name"] for c in containers if "DATABASE_URL" in _names(c, "env")}
    assert queries == (
        {"langfuse", "migration"}
        if len(pods(cluster, component="worker")) == 0
        else {"langfuse", "worker", "migration", "guard"}
    )
    verified = [
        config["metadata"]["name"]
        for config in cluster.kind("ConfigMap")
        if config["metadata"]["name"].startswith("langfuse-database-ca-")
    ]
    assert {c["name"] for c in containers if "database-ca" in _names(c, "volumeMounts")} == (
        queries if verified else set()
    )


def _names(container: Manifest, key: str) -> set[str]:
    return {entry["name"] for entry in container.get(key, [])}


def _target(secret: Manifest) -> list[str]:
    """The name of the Secret that an ExternalSecret makes."""
    name = secret.get("spec", {}).get("target", {}).get("name")
    return [name] if name else []
