"""Rules between settings. A check runs when every section that it names is valid by itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

from components import langfuse_versions, postgres_url, quantities, rds_sizes
from components.langfuse_versions import Version
from stacks.settings.models import (
    Agents,
    Cluster,
    Database,
    Langfuse,
    LangSmith,
    RdsDatabase,
    Resources,
    Secrets,
    StatefulSetDatabase,
)
from stacks.settings.problems import MASK, NAMESPACE, Problem, remove_command, set_command, show

# Environment variables that the program sets, or that no Langfuse 2 on PostgreSQL reads, by
# prefix, with what to do instead. A variable given twice would win or lose by accident.
_OWNED_ENVIRONMENT = {
    "AUTH_DISABLE_SIGNUP": "set langfuse.signUp",
    "CLICKHOUSE_": "remove it: Langfuse 2 runs on PostgreSQL alone",
    "DATABASE_": "the program gives the whole connection URL: set the database section",
    "DIRECT_URL": "the program gives the whole connection URL: set the database section",
    "ENCRYPTION_KEY": "remove it: the program generates it",
    "HOSTNAME": "remove it: the program sets it",
    "KEEP_ALIVE_TIMEOUT": "remove it: it has to agree with the load balancer's idle timeout",
    "LANGFUSE_AUTO_POSTGRES_MIGRATION_DISABLED": "remove it: a Job runs the migrations",
    "LANGFUSE_CSP_ENFORCE_HTTPS": "remove it: it follows from the URL",
    "LANGFUSE_ENABLE_EXPERIMENTAL_FEATURES": "set langfuse.experimentalFeatures",
    "LANGFUSE_INIT_": "set langfuse.admin, langfuse.organization and langfuse.project",
    "LANGFUSE_LOG_FORMAT": "set langfuse.logFormat",
    "LANGFUSE_LOG_LEVEL": "set langfuse.logLevel",
    "LANGFUSE_S3_MEDIA_": "set the objectStorage section",
    "NEXTAUTH_": "remove it: it follows from the URL, or is generated",
    "NODE_ENV": "remove it: the program sets it",
    "NODE_OPTIONS": "remove it: the heap size follows from langfuse.resources.memoryLimit",
    "PORT": "remove it: the program sets it",
    "REDIS_": "remove it: Langfuse 2 runs on PostgreSQL alone",
    "S3_": "set the objectStorage section",
    "SALT": "remove it: the program generates it",
    "TELEMETRY_ENABLED": "set langfuse.telemetry",
}


def _key(path: str) -> str:
    return f"{NAMESPACE}:{path}"


def _set(path: str, found: object, rule: str, value: object) -> Problem:
    return Problem(_key(path), show(found), rule, set_command(_key(path), value))


def _remove(path: str, found: str, rule: str) -> Problem:
    return Problem(_key(path), found, rule, remove_command(_key(path)))


def one_cluster(cluster: Cluster) -> Iterator[Problem]:
    if cluster.eks_name is None and cluster.context is None:
        rule = "needs the cluster: 'eksName' for an EKS cluster or 'context' of a kubeconfig"
        yield _set("cluster.context", None, rule, "kind-langfuse")
    if cluster.eks_name is not None and cluster.context is not None:
        rule = "give either 'eksName' or 'context': they name two different clusters"
        yield _remove("cluster.context", show(cluster.context), rule)
    if cluster.eks_name is not None and cluster.kubeconfig is not None:
        rule = "belongs to 'context'; the access to an EKS cluster is discovered"
        yield _remove("cluster.kubeconfig", show(cluster.kubeconfig), rule)


def tolerations_complete(cluster: Cluster) -> Iterator[Problem]:
    """What every schema accepts and the API server refuses."""
    for index, toleration in enumerate(cluster.tolerations):
        path = f"cluster.tolerations[{index}]"
        if toleration.key is None and toleration.operator == "Equal":
            rule = "must be Exists for a toleration without a key"
            yield _set(f"{path}.operator", toleration.operator, rule, "Exists")
        if toleration.value is not None and toleration.operator == "Exists":
            rule = "has no meaning with operator Exists, which compares nothing"
            yield _remove(f"{path}.value", show(toleration.value), rule)


def replicas_in_order(langfuse: Langfuse) -> Iterator[Problem]:
    if langfuse.min_replicas > langfuse.max_replicas:
        rule = f"must not be above langfuse.maxReplicas, which is {langfuse.max_replicas}"
        yield _set("langfuse.minReplicas", langfuse.min_replicas, rule, langfuse.max_replicas)


def admin_by_version(langfuse: Langfuse) -> Iterator[Problem]:
    since = langfuse_versions.INIT
    if Version.parse(langfuse.version) >= since:
        if langfuse.admin is None:
            rule = "is required: the first user, who owns the organisation and can invite others"
            yield _set("langfuse.admin.email", None, rule, "admin@example.com")
        return
    if langfuse.admin is not None:
        rule = f"needs Langfuse {since}, the first that creates a user; this is {langfuse.version}"
        yield _set("langfuse.version", langfuse.version, rule, str(langfuse_versions.LATEST))
    if langfuse.sign_up == "disabled":
        rule = (
            f"leaves nobody who can log in: before {since} the first user has to sign up "
            f"(this is {langfuse.version})"
        )
        yield _set("langfuse.signUp", langfuse.sign_up, rule, "open")


def settings_known_to_version(langfuse: Langfuse) -> Iterator[Problem]:
    version = Version.parse(langfuse.version)
    fix = set_command(_key("langfuse.version"), str(langfuse_versions.LATEST))

    def too_new(path: str, found: str, since: Version) -> Iterator[Problem]:
        if version < since:
            yield Problem(
                _key(path), found, f"needs Langfuse {since} or newer; this is {version}", fix
            )

    if langfuse.log_level is not None:
        found = show(langfuse.log_level)
        yield from too_new("langfuse.logLevel", found, langfuse_versions.LOG_SETTINGS)
    if langfuse.log_format is not None:
        found = show(langfuse.log_format)
        yield from too_new("langfuse.logFormat", found, langfuse_versions.LOG_SETTINGS)
    for path, name, found in _environment(langfuse):
        if _owned(name) is None:
            yield from too_new(path, found, langfuse_versions.environment_since(name))


def _environment(langfuse: Langfuse) -> Iterator[tuple[str, str, str]]:
    """Path, name and value to show of each further environment variable."""
    for name, value in langfuse.environment.items():
        yield f"langfuse.environment.{name}", name, show(value)
    for name in langfuse.secret_environment:
        yield f"langfuse.secretEnvironment.{name}", name, MASK


def _owned(variable: str) -> str | None:
    """What to do instead of setting a variable that the program sets."""
    for prefix, advice in _OWNED_ENVIRONMENT.items():
        if variable == prefix or (prefix.endswith("_") and variable.startswith(prefix)):
            return advice
    return None


def environment_not_owned(langfuse: Langfuse) -> Iterator[Problem]:
    for path, name, found in _environment(langfuse):
        if (advice := _owned(name)) is not None:
            yield _remove(path, found, f"is not for the environment; {advice}")
    for name in sorted(langfuse.environment.keys() & langfuse.secret_environment.keys()):
        rule = f"is given in langfuse.secretEnvironment.{name} too"
        yield _remove(f"langfuse.environment.{name}", show(langfuse.environment[name]), rule)


def _memory(path: str, resources: Resources) -> Iterator[Problem]:
    if quantities.parse(resources.memory) > quantities.parse(resources.memory_limit):
        rule = f"must not be above the limit, {path}.memoryLimit, which is {resources.memory_limit}"
        yield _set(f"{path}.memory", resources.memory, rule, resources.memory_limit)


def langfuse_memory(langfuse: Langfuse) -> Iterator[Problem]:
    yield from _memory("langfuse.resources", langfuse.resources)


def database_memory(database: Database) -> Iterator[Problem]:
    if isinstance(database, StatefulSetDatabase):
        yield from _memory("database.resources", database.resources)


def own_storage_class(database: Database) -> Iterator[Problem]:
    if not isinstance(database, StatefulSetDatabase):
        return
    if database.create_storage_class and database.storage_class is not None:
        rule = "names a class that exists, and database.createStorageClass makes another; keep one"
        yield _remove("database.storageClass", show(database.storage_class), rule)


def pool_fits_database(langfuse: Langfuse, database: Database) -> Iterator[Problem]:
    """Langfuse's pools at the replica maximum must leave the server connections to spare."""
    if isinstance(database, RdsDatabase):
        memory = rds_sizes.memory_gib(database.instance_class)
        if memory is None:
            return
        available = rds_sizes.max_connections(memory)
        server = f"{database.instance_class} has about {available}"
    else:
        available = database.max_connections
        server = f"database.maxConnections is {available}"

    def required(limit: int) -> int:
        return postgres_url.required_connections(
            max_replicas=langfuse.max_replicas, connection_limit=limit
        )

    limit = database.connection_limit
    if required(limit) <= available:
        return
    rule = (
        f"{langfuse.max_replicas} pods of {limit} connections, plus "
        f"{postgres_url.ROLLOUT_PODS} pods during a rollout, a migration and a reserve, "
        f"make {required(limit)}; {server}"
    )
    fitting = next((n for n in range(limit, 0, -1) if required(n) <= available), None)
    if fitting is not None:
        yield _set("database.connectionLimit", limit, rule, fitting)
    else:
        spare = available - postgres_url.MIGRATION_CONNECTIONS - postgres_url.RESERVED_CONNECTIONS
        replicas = spare // limit - postgres_url.ROLLOUT_PODS
        yield _set("langfuse.maxReplicas", langfuse.max_replicas, rule, max(replicas, 1))


def agents_distinct(agents: Agents, cluster: Cluster) -> Iterator[Problem]:
    seen: dict[str, str] = {cluster.namespace: "cluster.namespace"}
    named = chain(
        ((f"agents.namespaces[{i}]", n) for i, n in enumerate(agents.namespaces)),
        ((f"agents.existingNamespaces[{i}]", n) for i, n in enumerate(agents.existing_namespaces)),
    )
    repeated: list[Problem] = []
    for path, namespace in named:
        if namespace in seen:
            rule = f"is named by {seen[namespace]} already; an agent namespace is one of its own"
            repeated.append(_remove(path, show(namespace), rule))
        seen.setdefault(namespace, path)
    yield from reversed(repeated)  # removing an item renumbers those behind it


def agents_need_keys(agents: Agents, langfuse: Langfuse) -> Iterator[Problem]:
    named = (*agents.namespaces, *agents.existing_namespaces)
    if named and Version.parse(langfuse.version) < langfuse_versions.INIT:
        rule = (
            f"agents need project keys, which Langfuse takes from {langfuse_versions.INIT} on; "
            f"this is {langfuse.version}"
        )
        yield _set("langfuse.version", langfuse.version, rule, str(langfuse_versions.LATEST))


def langsmith_reaches_agents(langsmith: LangSmith, agents: Agents) -> Iterator[Problem]:
    if not (agents.namespaces or agents.existing_namespaces):
        rule = "goes to agent namespaces, and agents.namespaces names none"
        key = _key("agents.namespaces[0]")
        yield Problem(_key("langsmith"), MASK, rule, set_command(key, "ai-agents"))


def one_langsmith(langsmith: LangSmith) -> Iterator[Problem]:
    if langsmith.endpoint is not None and "region" in langsmith.model_fields_set:
        rule = "give either 'region' or the 'endpoint' of a self-hosted LangSmith"
        yield _remove("langsmith.region", show(langsmith.region), rule)


def recovery_window(secrets: Secrets) -> Iterator[Problem]:
    if 0 < secrets.recovery_days < 7:
        rule = "must be 0 (deleted at once) or 7 to 30 days: Secrets Manager knows no other"
        yield _set("secrets.recoveryDays", secrets.recovery_days, rule, 7)


def delivery_needs_eks(secrets: Secrets, cluster: Cluster) -> Iterator[Problem]:
    if secrets.delivery == "secretsManager" and cluster.eks_name is None:
        rule = (
            "needs an EKS cluster (cluster.eksName): External Secrets logs in to AWS by the "
            "cluster's OIDC provider"
        )
        yield _set("secrets.delivery", secrets.delivery, rule, "kubernetes")


def database_needs_eks(database: Database, cluster: Cluster) -> Iterator[Problem]:
    if isinstance(database, RdsDatabase) and cluster.eks_name is None:
        rule = "needs an EKS cluster (cluster.eksName): the instance lives in the cluster's VPC"
        yield _set("database.engine", database.engine, rule, "statefulSet")


CHECKS: tuple[Callable[..., Iterator[Problem]], ...] = (
    one_cluster,
    tolerations_complete,
    replicas_in_order,
    admin_by_version,
    settings_known_to_version,
    environment_not_owned,
    langfuse_memory,
    database_memory,
    own_storage_class,
    pool_fits_database,
    agents_distinct,
    agents_need_keys,
    langsmith_reaches_agents,
    one_langsmith,
    recovery_window,
    delivery_needs_eks,
    database_needs_eks,
)


def run(sections: Mapping[str, Any]) -> Iterator[Problem]:
    """The problems between the given sections; a check that needs a missing one is left out."""
    for check in CHECKS:
        needed = inspect.signature(check).parameters
        if all(sections.get(name) is not None for name in needed):
            yield from check(**{name: sections[name] for name in needed})
