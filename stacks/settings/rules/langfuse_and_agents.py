"""Rules between settings. A check runs when every section that it names is valid by itself."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from itertools import chain
from types import NoneType
from typing import Any, Final, get_args

from components.kubernetes import quantities
from components.langfuse import versions
from components.langfuse.versions import Version
from components.postgres import url
from components.postgres.rds import sizes as rds_sizes
from stacks.settings.machinery.problems import (
    MASK,
    Check,
    Problem,
    full_key,
    remove_command,
    set_command,
    show,
    to_change,
    to_remove,
)
from stacks.settings.rules import aws, endpoint, monitoring, object_storage, risks
from stacks.settings.rules import database as rds_checks
from stacks.settings.sections.agents import Agents
from stacks.settings.sections.cluster import Cluster
from stacks.settings.sections.database import Database, RdsDatabase, StatefulSetDatabase
from stacks.settings.sections.langfuse import Langfuse
from stacks.settings.sections.langsmith import LangSmith
from stacks.settings.sections.resources import Resources

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


_LONGEST_AGENTS: Final = 63 - len("langfuse-agents--secrets")
"""Characters of an agent namespace. The label of its secret store is the longest of its labels."""


def one_cluster(cluster: Cluster) -> Iterator[Problem]:
    if cluster.eks_name is None and cluster.context is None:
        rule = "needs the cluster: 'eksName' for an EKS cluster or 'context' of a kubeconfig"
        yield to_change("cluster.context", None, rule, "kind-langfuse")
    if cluster.eks_name is not None and cluster.context is not None:
        rule = "give either 'eksName' or 'context': they name two different clusters"
        yield to_remove("cluster.context", cluster.context, rule)
    if cluster.eks_name is not None and cluster.kubeconfig is not None:
        rule = "belongs to 'context'; the access to an EKS cluster is discovered"
        yield to_remove("cluster.kubeconfig", cluster.kubeconfig, rule)
    boundary = cluster.permissions_boundary_arn
    if cluster.eks_name is None and boundary is not None:
        rule = "belongs to 'eksName': a stack on another cluster makes no IAM role"
        yield to_remove("cluster.permissionsBoundaryArn", boundary, rule)


def tolerations_complete(cluster: Cluster) -> Iterator[Problem]:
    """What every schema accepts and the API server refuses."""
    for index, toleration in enumerate(cluster.tolerations):
        path = f"cluster.tolerations[{index}]"
        if toleration.key is None and toleration.operator == "Equal":
            rule = "must be Exists for a toleration without a key"
            yield to_change(f"{path}.operator", toleration.operator, rule, "Exists")
        if toleration.value is not None and toleration.operator == "Exists":
            rule = "has no meaning with operator Exists, which compares nothing"
            yield to_remove(f"{path}.value", toleration.value, rule)


def replicas_in_order(langfuse: Langfuse) -> Iterator[Problem]:
    if langfuse.min_replicas > langfuse.max_replicas:
        rule = f"must not be above langfuse.maxReplicas, which is {langfuse.max_replicas}"
        yield to_change("langfuse.minReplicas", langfuse.min_replicas, rule, langfuse.max_replicas)


def admin_by_version(langfuse: Langfuse) -> Iterator[Problem]:
    since = versions.INIT
    if Version.parse(langfuse.version) >= since:
        if langfuse.admin is None:
            rule = "is required: the first user, who owns the organisation and can invite others"
            yield to_change("langfuse.admin.email", None, rule, "admin@example.com")
        return
    if langfuse.admin is not None:
        rule = f"needs Langfuse {since}, the first that creates a user; this is {langfuse.version}"
        yield to_change("langfuse.version", langfuse.version, rule, str(versions.LATEST))
    if langfuse.sign_up == "disabled":
        rule = (
            f"leaves nobody who can log in: before {since} the first user has to sign up "
            f"(this is {langfuse.version})"
        )
        yield to_change("langfuse.signUp", langfuse.sign_up, rule, "open")


def settings_known_to_version(langfuse: Langfuse) -> Iterator[Problem]:
    version = Version.parse(langfuse.version)
    fix = set_command(full_key("langfuse.version"), str(versions.LATEST))

    def too_new(path: str, found: str, since: Version) -> Iterator[Problem]:
        if version < since:
            yield Problem(
                full_key(path), found, f"needs Langfuse {since} or newer; this is {version}", fix
            )

    if langfuse.log_level is not None:
        found = show(langfuse.log_level)
        yield from too_new("langfuse.logLevel", found, versions.LOG_SETTINGS)
    if langfuse.log_format is not None:
        found = show(langfuse.log_format)
        yield from too_new("langfuse.logFormat", found, versions.LOG_SETTINGS)
    for path, name, found in _environment(langfuse):
        if _owned(name) is None:
            yield from too_new(path, found, versions.environment_since(name))


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
            rule = f"is not for the environment; {advice}"
            yield Problem(full_key(path), found, rule, remove_command(full_key(path)))
    for name in sorted(langfuse.environment.keys() & langfuse.secret_environment.keys()):
        rule = f"is given in langfuse.secretEnvironment.{name} too"
        yield to_remove(f"langfuse.environment.{name}", langfuse.environment[name], rule)


def _memory(path: str, resources: Resources) -> Iterator[Problem]:
    if quantities.parse(resources.memory) > quantities.parse(resources.memory_limit):
        rule = f"must not be above the limit, {path}.memoryLimit, which is {resources.memory_limit}"
        yield to_change(f"{path}.memory", resources.memory, rule, resources.memory_limit)


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
        yield to_remove("database.storageClass", database.storage_class, rule)


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
        return url.required_connections(max_replicas=langfuse.max_replicas, connection_limit=limit)

    limit = database.connection_limit
    if required(limit) <= available:
        return
    rule = (
        f"{langfuse.max_replicas} pods of {limit} connections, plus "
        f"{url.ROLLOUT_PODS} pods during a rollout, a migration and a reserve, "
        f"make {required(limit)}; {server}"
    )
    fitting = next((n for n in range(limit, 0, -1) if required(n) <= available), None)
    if fitting is not None:
        yield to_change("database.connectionLimit", limit, rule, fitting)
    else:
        spare = available - url.MIGRATION_CONNECTIONS - url.RESERVED_CONNECTIONS
        replicas = spare // limit - url.ROLLOUT_PODS
        yield to_change("langfuse.maxReplicas", langfuse.max_replicas, rule, max(replicas, 1))


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
            repeated.append(to_remove(path, namespace, rule))
        seen.setdefault(namespace, path)
    yield from reversed(repeated)  # removing an item renumbers those behind it


def agents_fit_labels(agents: Agents) -> Iterator[Problem]:
    named = {"namespaces": agents.namespaces, "existingNamespaces": agents.existing_namespaces}
    for key, namespaces in named.items():
        for index, namespace in reversed(list(enumerate(namespaces))):
            if len(namespace) > _LONGEST_AGENTS:
                rule = (
                    f"must have at most {_LONGEST_AGENTS} characters: it is part of labels, which "
                    f"hold 63; this has {len(namespace)}"
                )
                yield to_remove(f"agents.{key}[{index}]", namespace, rule)


def agents_need_keys(agents: Agents, langfuse: Langfuse) -> Iterator[Problem]:
    named = (*agents.namespaces, *agents.existing_namespaces)
    if named and Version.parse(langfuse.version) < versions.INIT:
        rule = (
            f"agents need project keys, which Langfuse takes from {versions.INIT} on; "
            f"this is {langfuse.version}"
        )
        yield to_change("langfuse.version", langfuse.version, rule, str(versions.LATEST))


def langsmith_reaches_agents(langsmith: LangSmith, agents: Agents) -> Iterator[Problem]:
    if not (agents.namespaces or agents.existing_namespaces):
        rule = "goes to agent namespaces, and agents.namespaces names none"
        key = full_key("agents.namespaces[0]")
        yield Problem(full_key("langsmith"), MASK, rule, set_command(key, "ai-agents"))


def one_langsmith(langsmith: LangSmith) -> Iterator[Problem]:
    if langsmith.endpoint is not None and "region" in langsmith.model_fields_set:
        rule = "give either 'region' or the 'endpoint' of a self-hosted LangSmith"
        yield to_remove("langsmith.region", langsmith.region, rule)


CHECKS: tuple[Check, ...] = (
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
    agents_fit_labels,
    agents_need_keys,
    langsmith_reaches_agents,
    one_langsmith,
)


def run(sections: Mapping[str, Any]) -> Iterator[Problem]:
    """The problems between the given sections.

    ``sections`` has None for what is left out, and nothing at all for what is not valid. A check
    is left out when a section that it names is either, unless it takes None.
    """
    modules = (
        aws,
        endpoint,
        object_storage,
        rds_checks,
        monitoring,
        risks,
    )
    for check in chain(CHECKS, *(module.CHECKS for module in modules)):
        needed = inspect.signature(check, eval_str=True).parameters.values()
        if all(_given(parameter, sections) for parameter in needed):
            yield from check(**{parameter.name: sections[parameter.name] for parameter in needed})


def _given(parameter: inspect.Parameter, sections: Mapping[str, Any]) -> bool:
    optional = NoneType in get_args(parameter.annotation)
    return parameter.name in sections and (optional or sections[parameter.name] is not None)
