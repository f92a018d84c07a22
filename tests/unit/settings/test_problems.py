"""Keys that are refused or missing, and secrets, each with the exact problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from stacks.settings import Problem
from tests.support.configurations import (
    ABSENT,
    EXTERNAL,
    KEY,
    Encrypted,
    bad,
    problem,
    problems,
)

REQUIRED = "is required"
CLEAR = "is a secret and has to be stored encrypted"
ENGINE = "must be one of statefulSet, rds, external"
LANGSMITH_KEY = (
    "must be a LangSmith API key that starts with 'lsv2_' (lsv2_sk_… for a "
    "service, lsv2_pt_… for a person); keys of the old 'ls__' form stopped working "
    "on 2024-10-22"
)


BAD = [
    bad(
        "a section that does not exist",
        {"langfusee": {"version": "2.95.12"}},
        problem(
            "langfusee",
            "(an object)",
            "unknown key, did you mean 'langfuse'? known here: acknowledge, agents, "
            "cache, clickhouse, cluster, database, endpoint, gateway, langfuse, langsmith, "
            "monitoring, objectStorage, secrets",
            "",
        ),
    ),
    bad(
        "a key that a section does not have",
        {"cluster": {"nodeSelectors": {"a": "b"}}},
        problem(
            "cluster.nodeSelectors",
            "(an object)",
            "unknown key, did you mean 'nodeSelector'? known here: context, "
            "createNamespace, eksName, imagePullSecrets, kubeconfig, namespace, "
            "nodeSelector, permissionsBoundaryArn, podAnnotations, podLabels, protect, "
            "tolerations",
            "pulumi config set --path @cluster.nodeSelector.a b && pulumi config rm --path "
            "@cluster.nodeSelectors",
        ),
    ),
    bad(
        "a key that a nested section does not have",
        {"langfuse": {"admin": {"mail": "a@example.com"}}},
        problem(
            "langfuse.admin.mail",
            '"a@example.com"',
            "unknown key, did you mean 'email'? known here: email, name",
            "",
        ),
    ),
    bad(
        "a key of another database engine",
        {"database": {"multiAz": True}},
        problem(
            "database.multiAz",
            "true",
            "unknown key of engine statefulSet (engine rds has it); known here: "
            "connectionLimit, createStorageClass, engine, image, maxConnections, protect, "
            "resources, storageClass, storageGiB",
            "",
        ),
    ),
    bad(
        "a key that no database engine has",
        {"database": {"size": 20}},
        problem(
            "database.size",
            "20",
            "unknown key; known here: connectionLimit, createStorageClass, engine, image, "
            "maxConnections, protect, resources, storageClass, storageGiB",
            "",
        ),
    ),
    bad(
        "a key of another provider's namespace",
        {"kubernetes:context": "kind-langfuse"},
        Problem(
            "kubernetes:context",
            '"kind-langfuse"',
            "is not read: the cluster is named by agent-observability:cluster",
            "",
        ),
    ),
    bad(
        "a key of a namespace that nothing reads",
        {"other:thing": "1"},
        Problem("other:thing", "1", "is not read by this program", ""),
    ),
    bad(
        "an AWS key that is not passed on",
        {"aws:skipMetadataApiCheck": "true"},
        Problem(
            "aws:skipMetadataApiCheck",
            "true",
            "unknown key; known here: allowedAccountIds, defaultTags, profile, region",
            "",
        ),
    ),
    bad(
        "a key set without --path",
        {"langfuse.logLevel": "debug"},
        problem(
            "langfuse.logLevel",
            '"debug"',
            "was set without --path; with it, the value goes into 'langfuse'",
            "pulumi config set --path @langfuse.logLevel debug && pulumi config rm "
            "@langfuse.logLevel",
        ),
    ),
    bad(
        "an unknown key with a dot",
        {"cluster": {"a.b": "c"}},
        problem(
            'cluster["a.b"]',
            '"c"',
            "unknown key; known here: context, createNamespace, eksName, imagePullSecrets, "
            "kubeconfig, "
            "namespace, nodeSelector, permissionsBoundaryArn, podAnnotations, podLabels, "
            "protect, tolerations",
            "",
        ),
    ),
    bad(
        "a misspelt secret key",
        {
            "langsmith": {"apikey": KEY, "apiKey": Encrypted(KEY)},
            "agents": {"namespaces": ["ai"]},
        },
        problem(
            "langsmith.apikey",
            "[secret]",
            "unknown key, did you mean 'apiKey'? known here: apiKey, endpoint, "
            "legacyNames, project, region, tracing, workspaceId",
            "",
        ),
    ),
    bad(
        "a misspelt secret key in clear that resembles none",
        {
            "langsmith": {"code": KEY, "apiKey": Encrypted(KEY)},
            "agents": {"namespaces": ["ai"]},
        },
        problem(
            "langsmith.code",
            "[secret]",
            "unknown key; known here: apiKey, endpoint, legacyNames, project, region, "
            "tracing, workspaceId",
            "",
        ),
    ),
    bad(
        "a misspelt password",
        {"database": {**EXTERNAL, "pasword": 12345}},
        problem(
            "database.pasword",
            "[secret]",
            "unknown key, did you mean 'password'? known here: connectionLimit, database, "
            "engine, host, maxConnections, password, pooler, port, tls, username",
            "",
        ),
    ),
    bad(
        "an engine in other letters",
        {"database": {"engine": "RDS"}},
        problem(
            "database.engine", '"RDS"', ENGINE, "pulumi config set --path @database.engine rds"
        ),
    ),
    bad(
        "no engine",
        {"database": {"engine": ABSENT, "storageGiB": 20}},
        problem(
            "database.engine",
            "(nothing)",
            ENGINE,
            "pulumi config set --path @database.engine ENGINE",
        ),
    ),
    bad(
        "no database",
        {"database": ABSENT},
        problem(
            "database.engine",
            "(nothing)",
            ENGINE,
            "pulumi config set --path @database.engine ENGINE",
        ),
    ),
    bad(
        "an external database without host and password",
        {"database": {"engine": "external"}},
        problem(
            "database.host",
            "(nothing)",
            REQUIRED,
            "pulumi config set --path @database.host HOST",
        ),
        problem(
            "database.password",
            "(nothing)",
            REQUIRED,
            "pulumi config set --secret --path @database.password",
        ),
    ),
    bad(
        "an administrator without an address",
        {"langfuse": {"admin": {"email": ABSENT, "name": "Ops"}}},
        problem(
            "langfuse.admin.email",
            "(nothing)",
            REQUIRED,
            "pulumi config set --path @langfuse.admin.email EMAIL",
        ),
    ),
    bad(
        "an endpoint without a host",
        {"endpoint": {"scheme": "internal"}},
        problem(
            "endpoint.host",
            "(nothing)",
            REQUIRED,
            "pulumi config set --path @endpoint.host HOST",
        ),
    ),
    bad(
        "a LangSmith section without a key",
        {"langsmith": {"project": "agents"}, "agents": {"namespaces": ["ai"]}},
        problem(
            "langsmith.apiKey",
            "(nothing)",
            REQUIRED,
            "pulumi config set --secret --path @langsmith.apiKey",
        ),
    ),
    bad(
        "a LangSmith key of the old form",
        {
            "langsmith": {"apiKey": Encrypted("ls__0123456789")},
            "agents": {"namespaces": ["ai"]},
        },
        problem(
            "langsmith.apiKey",
            "[secret]",
            LANGSMITH_KEY,
            "pulumi config set --secret --path @langsmith.apiKey",
        ),
    ),
    bad(
        "a LangSmith key in clear",
        {"langsmith": {"apiKey": KEY}, "agents": {"namespaces": ["ai"]}},
        problem(
            "langsmith.apiKey",
            "[secret]",
            CLEAR,
            "pulumi config set --secret --path @langsmith.apiKey",
        ),
    ),
    bad(
        "a LangSmith key of the old form in clear",
        {"langsmith": {"apiKey": "ls__0123456789"}, "agents": {"namespaces": ["ai"]}},
        problem(
            "langsmith.apiKey",
            "[secret]",
            LANGSMITH_KEY,
            "pulumi config set --secret --path @langsmith.apiKey",
        ),
        problem(
            "langsmith.apiKey",
            "[secret]",
            CLEAR,
            "pulumi config set --secret --path @langsmith.apiKey",
        ),
    ),
    bad(
        "a database password in clear",
        {"database": {"engine": "external", "host": "db.example.com", "password": "hunter2"}},
        problem(
            "database.password",
            "[secret]",
            CLEAR,
            "pulumi config set --secret --path @database.password",
        ),
    ),
    bad(
        "a secret environment variable in clear",
        {"langfuse": {"secretEnvironment": {"ADMIN_API_KEY": "hunter2"}}},
        problem(
            "langfuse.secretEnvironment.ADMIN_API_KEY",
            "[secret]",
            CLEAR,
            "pulumi config set --secret --path @langfuse.secretEnvironment.ADMIN_API_KEY",
        ),
    ),
    bad(
        "an empty password",
        {
            "database": {
                "engine": "external",
                "host": "db.example.com",
                "password": Encrypted(""),
            }
        },
        problem(
            "database.password",
            "[secret]",
            "must not be empty",
            "pulumi config set --secret --path @database.password",
        ),
    ),
    bad(
        "a permissions boundary without AWS",
        {"cluster": {"permissionsBoundaryArn": "arn:aws:iam::123456789012:policy/b"}},
        problem(
            "cluster.permissionsBoundaryArn",
            '"arn:aws:iam::123456789012:policy/b"',
            "belongs to 'eksName': a stack on another cluster makes no IAM role",
            "",
        ),
    ),
]


@pytest.mark.parametrize(("change", "expected"), BAD)
def test_refuses(change: Mapping[str, Any], expected: list[Problem]) -> None:
    assert problems(change) == expected
