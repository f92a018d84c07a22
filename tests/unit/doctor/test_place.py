"""Commands that depend on the kinds of a stack's backing services."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.doctor import IN_NAMESPACE, PLACE

SELECTED = f"{IN_NAMESPACE} get pods -l app.kubernetes.io/component="
EXTERNAL = "pulumi config set --stack dev --secret --path agent-observability:"
SQL = "SELECT 1"


def test_a_statement_for_clickhouse_is_sent_from_langfuses_container_with_its_own_password() -> (
    None
):
    assert PLACE.ask_clickhouse(SQL) == (
        f"{IN_NAMESPACE} exec deployment/langfuse -- node -e "
        "'fetch(process.env.CLICKHOUSE_URL,{method:'\"'\"'POST'\"'\"',body:process.argv[1],"
        "headers:{'\"'\"'X-ClickHouse-User'\"'\"':process.env.CLICKHOUSE_USER,"
        "'\"'\"'X-ClickHouse-Key'\"'\"':process.env.CLICKHOUSE_PASSWORD}})"
        ".then(a=>a.text()).then(t=>console.log(t))' 'SELECT 1'"
    )


@pytest.mark.parametrize("engine", ["rds", "external"])
def test_a_change_of_a_database_elsewhere_is_made_by_langfuses_prisma(engine: str) -> None:
    assert replace(PLACE, database=engine).change_database(SQL) == (
        f'{IN_NAMESPACE} exec deployment/langfuse -- sh -c \'printf %s "$0" | '
        'DIRECT_URL="${DIRECT_URL:-$DATABASE_URL}" prisma db execute --stdin --schema '
        "./packages/shared/prisma/schema.prisma' 'SELECT 1'"
    )


def test_a_database_in_the_cluster_has_its_own_client() -> None:
    assert PLACE.change_database(SQL) == (
        f"{IN_NAMESPACE} exec langfuse-postgres-0 -c postgresql -- psql -U langfuse -c 'SELECT 1'"
    )


def test_a_release_that_runs_is_taken_back_and_one_that_is_not_known_is_looked_up() -> None:
    assert replace(PLACE, running="3.225.4").back_to_running == (
        "pulumi config set --stack dev --path agent-observability:langfuse.version 3.225.4"
    )
    assert PLACE.back_to_running == (
        f"{IN_NAMESPACE} get -L app.kubernetes.io/version deployment/langfuse"
    )


@pytest.mark.parametrize(
    ("engine", "command"),
    [
        ("statefulSet", f"{SELECTED}clickhouse -o wide"),
        (
            "operator",
            f"{IN_NAMESPACE} get clickhouseclusters,keeperclusters,pods -o wide",
        ),
        ("external", PLACE.ask_clickhouse("SELECT version()")),
    ],
)
def test_each_kind_of_clickhouse_is_looked_at_in_its_way(engine: str, command: str) -> None:
    assert replace(PLACE, clickhouse=engine).look_at_clickhouse == command


@pytest.mark.parametrize(
    ("engine", "command"),
    [
        ("statefulSet", f"{SELECTED}cache -o wide"),
        ("external", f"{IN_NAMESPACE} get networkpolicy langfuse-worker -o yaml"),
        (
            "elastiCache",
            "aws elasticache describe-replication-groups --query "
            "'ReplicationGroups[].[ReplicationGroupId,Status,CacheNodeType]' --output table",
        ),
    ],
)
def test_each_kind_of_cache_is_looked_at_in_its_way(engine: str, command: str) -> None:
    assert replace(PLACE, cache=engine).look_at_cache == command


@pytest.mark.parametrize("engine", ["s3", "external"])
def test_a_store_elsewhere_is_looked_up_in_langfuses_settings(engine: str) -> None:
    assert replace(PLACE, storage=engine).look_at_storage == (
        f"{IN_NAMESPACE} get configmaps -l app.kubernetes.io/component=web -o yaml"
    )
    assert replace(PLACE, storage="statefulSet").look_at_storage == f"{SELECTED}storage -o wide"


def test_a_password_of_an_external_service_is_set_and_any_other_is_made_anew() -> None:
    elsewhere = replace(PLACE, database="external", clickhouse="external", cache="external")
    again = "pulumi up --stack dev --replace '**::langfuse-"

    assert [
        elsewhere.new_password,
        elsewhere.new_clickhouse_password,
        elsewhere.new_cache_password,
    ] == [f"{EXTERNAL}{section}.password" for section in ("database", "clickhouse", "cache")]
    assert [PLACE.new_password, PLACE.new_clickhouse_password, PLACE.new_cache_password] == [
        f"{again}postgres-password'",
        f"{again}clickhouse-server-password'",
        f"{again}valkey-password'",
    ]


@pytest.mark.parametrize(
    ("engine", "reason"),
    [
        ("external", "addresses lacks those of the cluster's NAT gateways"),
        ("operator", "its operator has not made the servers yet"),
        ("statefulSet", "its pod is not ready, or a NetworkPolicy keeps the pods apart"),
    ],
)
def test_why_pods_may_not_reach_clickhouse_depends_on_its_kind(engine: str, reason: str) -> None:
    assert reason in replace(PLACE, clickhouse=engine).clickhouse_unreachable_because
