"""Settings that are refused because of each other, each with the exact problems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from stacks.settings import Problem
from tests.support.configurations import (
    ABSENT,
    EKS,
    KEY,
    ON_EKS,
    Encrypted,
    bad,
    problem,
    problems,
    rds,
)

LATEST = "pulumi config set --path @langfuse.version 2.95.12"
CORRECTED = ".".join(("2", "95", "12"))
"""Stays as it is when Langfuse is bumped: CONTRIBUTING replaces the newest release everywhere."""


BAD = [
    bad(
        "no cluster",
        {"cluster": ABSENT},
        problem(
            "cluster.context",
            "(nothing)",
            "needs the cluster: 'eksName' for an EKS cluster or 'context' of a kubeconfig",
            "",
        ),
    ),
    bad(
        "an EKS cluster and a context",
        {"cluster": {"eksName": "platform-prod"}, "aws:region": "ap-northeast-2"},
        problem(
            "cluster.context",
            '"kind-langfuse"',
            "give either 'eksName' or 'context': they name two different clusters",
            "",
        ),
    ),
    bad(
        "an EKS cluster and a kubeconfig",
        {**ON_EKS, "cluster": {**EKS, "kubeconfig": "kubeconfig.yaml"}},
        problem(
            "cluster.kubeconfig",
            '"kubeconfig.yaml"',
            "belongs to 'context'; the access to an EKS cluster is discovered",
            "",
        ),
    ),
    bad(
        "a toleration of every key that compares a value",
        {"cluster": {"tolerations": [{"effect": "NoSchedule"}]}},
        problem(
            "cluster.tolerations[0].operator",
            '"Equal"',
            "must be Exists for a toleration without a key",
            "pulumi config set --path '@cluster.tolerations[0].operator' Exists",
        ),
    ),
    bad(
        "a toleration with a value that is not compared",
        {"cluster": {"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]}},
        problem(
            "cluster.tolerations[0].value",
            '"b"',
            "has no meaning with operator Exists, which compares nothing",
            "",
        ),
    ),
    bad(
        "no administrator",
        {"langfuse": {"admin": ABSENT}},
        problem(
            "langfuse.admin.email",
            "(nothing)",
            "is required: the first user, who owns the organisation and can invite others",
            "pulumi config set --path @langfuse.admin.email EMAIL",
        ),
    ),
    bad(
        "more replicas at least than at most",
        {"langfuse": {"minReplicas": 5, "maxReplicas": 3}},
        problem(
            "langfuse.minReplicas",
            "5",
            "must not be above langfuse.maxReplicas, which is 3",
            "",
        ),
    ),
    bad(
        "a log format before 2.78.0",
        {
            "langfuse": {
                "version": "2.77.0",
                "admin": ABSENT,
                "signUp": "open",
                "logFormat": "json",
                "logLevel": "debug",
            }
        },
        problem(
            "langfuse.logLevel",
            '"debug"',
            "needs Langfuse 2.78.0 or newer; this is 2.77.0",
            "",
        ),
        problem(
            "langfuse.logFormat",
            '"json"',
            "needs Langfuse 2.78.0 or newer; this is 2.77.0",
            "",
        ),
    ),
    bad(
        "an administrator before 2.78.0",
        {"langfuse": {"version": "2.75.0", "signUp": "open"}},
        problem(
            "langfuse.version",
            '"2.75.0"',
            "needs Langfuse 2.78.0, the first that creates a user; this is 2.75.0",
            "",
        ),
    ),
    bad(
        "closed sign-up before 2.78.0",
        {"langfuse": {"version": "2.75.0", "admin": ABSENT}},
        problem(
            "langfuse.signUp",
            '"disabled"',
            "leaves no one who can log in: before 2.78.0 the first user has to sign up "
            "(this is 2.75.0)",
            "",
        ),
    ),
    bad(
        "agents before 2.78.0",
        {
            "langfuse": {"version": "2.77.0", "admin": ABSENT, "signUp": "open"},
            "agents": {"namespaces": ["ai-agents"]},
        },
        problem(
            "langfuse.version",
            '"2.77.0"',
            "agents need project keys, which Langfuse takes from 2.78.0 on; this is 2.77.0",
            "",
        ),
    ),
    bad(
        "environment variables that the program sets",
        {"langfuse": {"environment": {"NEXTAUTH_URL": "https://x.example.com", "PORT": "8080"}}},
        problem(
            "langfuse.environment.NEXTAUTH_URL",
            '"https://x.example.com"',
            "is not for the environment; remove it: it follows from the URL, or is generated",
            "",
        ),
        problem(
            "langfuse.environment.PORT",
            '"8080"',
            "is not for the environment; remove it: the program sets it",
            "",
        ),
    ),
    bad(
        "a secret environment variable that the program sets",
        {
            "langfuse": {
                "secretEnvironment": {
                    "DATABASE_URL": Encrypted("postgresql://u:hunter2@db/x"),
                    "SALT": Encrypted("hunter2"),
                }
            }
        },
        problem(
            "langfuse.secretEnvironment.DATABASE_URL",
            "[secret]",
            "is not for the environment; the program gives the whole connection URL: set "
            "the database section",
            "",
        ),
        problem(
            "langfuse.secretEnvironment.SALT",
            "[secret]",
            "is not for the environment; remove it: the program generates it",
            "",
        ),
    ),
    bad(
        "a variable that the program sets and that the release does not know",
        {
            "langfuse": {
                "version": "2.77.0",
                "admin": ABSENT,
                "signUp": "open",
                "environment": {"LANGFUSE_LOG_LEVEL": "debug"},
            }
        },
        problem(
            "langfuse.environment.LANGFUSE_LOG_LEVEL",
            '"debug"',
            "is not for the environment; set langfuse.logLevel",
            "",
        ),
    ),
    bad(
        "a variable given twice",
        {
            "langfuse": {
                "environment": {"AUTH_HTTP_PROXY": "http://proxy.example.com:443"},
                "secretEnvironment": {"AUTH_HTTP_PROXY": Encrypted("hunter2")},
            }
        },
        problem(
            "langfuse.environment.AUTH_HTTP_PROXY",
            "[secret]",
            "is given in langfuse.secretEnvironment.AUTH_HTTP_PROXY too",
            "",
        ),
    ),
    bad(
        "memory above its limit",
        {"langfuse": {"resources": {"memory": "4Gi", "memoryLimit": "3Gi"}}},
        problem(
            "langfuse.resources.memory",
            '"4Gi"',
            "must not be above the limit, langfuse.resources.memoryLimit, which is 3Gi",
            "",
        ),
    ),
    bad(
        "memory of the database above its limit",
        {"database": {"resources": {"memory": "2Gi", "memoryLimit": "1Gi"}}},
        problem(
            "database.resources.memory",
            '"2Gi"',
            "must not be above the limit, database.resources.memoryLimit, which is 1Gi",
            "",
        ),
    ),
    bad(
        "a storage class named and created",
        {"database": {"storageClass": "gp3", "createStorageClass": True}},
        problem(
            "database.storageClass",
            '"gp3"',
            "names a class that exists, and database.createStorageClass makes another; keep one",
            "",
        ),
    ),
    bad(
        "pools that fit with fewer connections",
        {"langfuse": {"maxReplicas": 10}, "database": {"connectionLimit": 20}},
        problem(
            "database.connectionLimit",
            "20",
            "10 pods of 20 connections, plus 5 pods that start or still end during a "
            "rollout, a migration and a reserve, make 305; database.maxConnections is 100",
            "",
        ),
    ),
    bad(
        "pools that fit with fewer replicas",
        {
            "langfuse": {"maxReplicas": 50},
            "database": {"maxConnections": 20, "connectionLimit": 1},
        },
        problem(
            "langfuse.maxReplicas",
            "50",
            "50 pods of 1 connections, plus 5 pods that start or still end during a "
            "rollout, a migration and a reserve, make 60; database.maxConnections is 20",
            "",
        ),
    ),
    bad(
        "pools that fit only without the pods that still end",
        {"langfuse": {"maxReplicas": 16}},
        problem(
            "database.connectionLimit",
            "5",
            "16 pods of 5 connections, plus 5 pods that start or still end during a "
            "rollout, a migration and a reserve, make 110; database.maxConnections is 100",
            "pulumi config set --path @database.connectionLimit 4",
        ),
    ),
    bad(
        "pools of which not even two replicas fit",
        {
            "langfuse": {"maxReplicas": 2},
            "database": {"maxConnections": 10, "connectionLimit": 2},
        },
        problem(
            "database.connectionLimit",
            "2",
            "2 pods of 2 connections, plus 3 pods that start or still end during a "
            "rollout, a migration and a reserve, make 15; database.maxConnections is 10",
            "",
        ),
    ),
    bad(
        "pools that do not fit an RDS instance",
        {
            **rds(instanceClass="db.t4g.micro"),
            "langfuse": {"maxReplicas": 20},
        },
        problem(
            "database.connectionLimit",
            "5",
            "20 pods of 5 connections, plus 5 pods that start or still end during a "
            "rollout, a migration and a reserve, make 130; db.t4g.micro has about 84",
            "pulumi config set --path @database.connectionLimit 3",
        ),
    ),
    bad(
        "a pooler at the address of the server",
        {
            "database": {
                "engine": "external",
                "host": "db.example.com",
                "port": 6432,
                "password": Encrypted("pw"),
                "pooler": {"host": "db.example.com"},
            }
        },
        problem(
            "database.pooler",
            "[secret]",  # the whole section is taken for encrypted
            "is the address of the database too, and a migration has to connect to the server "
            "itself: give that in database.host and database.port",
            "",
        ),
    ),
    bad(
        "a release with a known hole",
        {"langfuse": {"version": "2.95.11"}},
        problem(
            "langfuse.version",
            '"2.95.11"',
            "lets an attacker take over the account of a user who logs in by SSO and follows "
            "a link: the provider's answer is not tied to the browser that asked "
            f"(CVE-2025-65107, corrected in {CORRECTED}); 'vulnerableRelease' in "
            "acknowledge accepts that",
            f"pulumi config set --path @langfuse.version {CORRECTED}",
        ),
    ),
    bad(
        "a release without the hole that is accepted",
        {"langfuse": {"version": "2.94.0"}, "acknowledge": ["vulnerableRelease"]},
        problem(
            "acknowledge[0]",
            '"vulnerableRelease"',
            "is a risk that this stack does not take; left here, it would hide a mistake",
            "pulumi config rm --path '@acknowledge[0]'",
        ),
    ),
    bad(
        "labels that select the stack's pods",
        {
            "cluster": {
                "podLabels": {
                    "app.kubernetes.io/component": "web",
                    "pod-template-hash": "1",
                    "sidecar.istio.io/inject": "true",
                },
                "podAnnotations": {"app.kubernetes.io/component": "web"},
            }
        },
        problem(
            'cluster.podLabels["app.kubernetes.io/component"]',
            '"web"',
            "is set by the stack or by Kubernetes, which find pods by it",
            "",
        ),
        problem(
            "cluster.podLabels.pod-template-hash",
            '"1"',
            "is set by the stack or by Kubernetes, which find pods by it",
            "",
        ),
    ),
    bad(
        "an agent namespace that is the stack's own",
        {"agents": {"namespaces": ["observability"]}},
        problem(
            "agents.namespaces[0]",
            '"observability"',
            "is named by cluster.namespace already; an agent namespace is one of its own",
            "",
        ),
    ),
    bad(
        "agent namespaces that are named twice",
        {"agents": {"namespaces": ["a", "b", "a", "b"], "existingNamespaces": ["b"]}},
        problem(
            "agents.existingNamespaces[0]",
            '"b"',
            "is named by agents.namespaces[1] already; an agent namespace is one of its own",
            "",
        ),
        problem(
            "agents.namespaces[3]",
            '"b"',
            "is named by agents.namespaces[1] already; an agent namespace is one of its own",
            "pulumi config rm --path '@agents.namespaces[3]'",
        ),
        problem(
            "agents.namespaces[2]",
            '"a"',
            "is named by agents.namespaces[0] already; an agent namespace is one of its own",
            "pulumi config rm --path '@agents.namespaces[2]'",
        ),
    ),
    bad(
        "an agent namespace that is too long for its labels",
        {"agents": {"namespaces": ["n" * 39, "n" * 40], "existingNamespaces": ["m" * 40]}},
        problem(
            "agents.namespaces[1]",
            f'"{"n" * 40}"',
            "must have at most 39 characters: it is part of labels, which hold 63; this has 40",
            "",
        ),
        problem(
            "agents.existingNamespaces[0]",
            f'"{"m" * 40}"',
            "must have at most 39 characters: it is part of labels, which hold 63; this has 40",
            "",
        ),
    ),
    bad(
        "LangSmith without agents",
        {"langsmith": {"apiKey": Encrypted(KEY)}},
        problem(
            "langsmith",
            "[secret]",
            "goes to agent namespaces, and agents.namespaces names none",
            "pulumi config set --path '@agents.namespaces[0]' NAMESPACE",
        ),
    ),
    bad(
        "a LangSmith region and an endpoint",
        {
            "langsmith": {
                "apiKey": Encrypted(KEY),
                "region": "eu",
                "endpoint": "https://langsmith.example.com",
            },
            "agents": {"namespaces": ["a"]},
        },
        problem(
            "langsmith.region",
            "[secret]",
            "give either 'region' or the 'endpoint' of a self-hosted LangSmith",
            "",
        ),
    ),
]


@pytest.mark.parametrize(("change", "expected"), BAD)
def test_refuses(change: Mapping[str, Any], expected: list[Problem]) -> None:
    assert problems(change) == expected
