"""Values of the right type that are refused, each with the exact problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from components.langfuse.versions import DEFAULT
from stacks.settings import Problem
from tests.support.configurations import (
    ABSENT,
    ON_EKS,
    Encrypted,
    bad,
    problem,
    problems,
)

TEXT = "must be text; numbers, true and false go in quotes"
FLOATING = (
    "must name one release as MAJOR.MINOR.PATCH: a floating tag gives each node "
    "the version that its image cache happens to hold"
)
RELEASES = (
    "2.75.0 to 2.95.12, 3.225.4 and newer ones of version 3, and 4.0.0 and newer ones of version 4"
)
SUPPORTED = f"supported are the Langfuse releases {RELEASES}"
LABEL = (
    "must be a DNS label: 1 to 63 lower-case letters, digits or '-', starting and "
    "ending with a letter or digit"
)
MEMORY = "must be a Kubernetes memory quantity of at least 64Mi, such as '512Mi' or '2Gi'"
EMAIL = "must be an e-mail address"
PINNED = "must be an image with a pinned tag or digest; 'latest' and bare names are not pinned"
LATEST = "pulumi config set --path @langfuse.version 2.95.12"

NOT_NAMED = (
    f"{DEFAULT} is the default of langfuse.version: a stack of version 2 names its release there"
)
NO_USE = (
    "has no use: Langfuse 2.95.12 keeps everything in PostgreSQL; before the step to version 3 it "
    "may be there with langfuse.upgrade.to = 3"
)
TOO_OLD = (
    "is PostgreSQL 14, and Langfuse 4.16.0 needs 15 or newer. The data of one major version cannot "
    "be read by another without an upgrade"
)
EXTERNAL = {
    "engine": "external",
    "endpoint": "https://objects.example.com",
    "bucket": "langfuse-events",
    "accessKeyId": Encrypted("AKIAEXAMPLE"),
    "secretAccessKey": Encrypted("hunter2"),
}
VERSION_4 = {
    "langfuse": {"version": "4.16.0"},
    "clickhouse": {"engine": "statefulSet"},
    "cache": {"engine": "statefulSet"},
    "objectStorage": EXTERNAL,
}


BAD = [
    *(
        bad(
            name,
            {"langfuse": {"version": text}},
            problem("langfuse.version", f'"{text}"', SUPPORTED, ""),
        )
        for name, text in (
            ("Langfuse 3 before the release that ends in version 4", "3.225.3"),
            ("Langfuse 5", "5.0.0"),
            ("Langfuse 1", "1.9.9"),
        )
    ),
    bad(
        "Langfuse 4 without what it needs",
        {"langfuse": {"version": "4.0.0"}},
        problem(
            "clickhouse",
            "(nothing)",
            "is required by Langfuse 4: traces are in ClickHouse. A stack of version 2 gets there "
            "by the steps in docs/upgrade.md",
            "",
        ),
        problem(
            "cache",
            "(nothing)",
            "is required by Langfuse 4: queues between web and worker are in Redis or Valkey",
            "",
        ),
        problem(
            "objectStorage",
            "(nothing)",
            "is required by Langfuse 4: accepted events are in object storage until they are "
            "processed",
            "",
        ),
    ),
    bad(
        "a stack of version 2 that leaves its release out",
        {"langfuse": {"version": ABSENT}},
        problem(
            "clickhouse",
            "(nothing)",
            f"is required by Langfuse 4: traces are in ClickHouse. {NOT_NAMED}",
            "",
        ),
        problem(
            "cache",
            "(nothing)",
            "is required by Langfuse 4: queues between web and worker are in Redis or Valkey. "
            f"{NOT_NAMED}",
            "",
        ),
        problem(
            "objectStorage",
            "(nothing)",
            "is required by Langfuse 4: accepted events are in object storage until they are "
            f"processed. {NOT_NAMED}",
            "",
        ),
    ),
    bad(
        "what Langfuse 2 has no use for",
        {
            "langfuse": {"worker": {"minReplicas": 2}},
            "clickhouse": {"engine": "statefulSet"},
            "cache": {"engine": "statefulSet"},
            "objectStorage": EXTERNAL,
        },
        problem("clickhouse", "(an object)", NO_USE, ""),
        problem("cache", "(an object)", NO_USE, ""),
        problem(
            "objectStorage",
            "(an object)",
            "is for Langfuse 3 and newer; Langfuse 2.95.12 stores exports and media in Amazon S3 "
            "(engine s3)",
            "",
        ),
        problem(
            "langfuse.worker",
            "(an object)",
            "has no use: Langfuse 2.95.12 has no workers",
            "",
        ),
    ),
    bad(
        "more workers than the database has connections for",
        {
            **VERSION_4,
            "langfuse": {"version": "4.16.0", "maxReplicas": 2, "worker": {"maxReplicas": 16}},
            "database": {"engine": "statefulSet", "connectionLimit": 5},
        },
        problem(
            "database.connectionLimit",
            "5",
            "18 pods of 5 connections, plus 8 pods that start or still end during a rollout, a "
            "migration and a reserve, make 135; database.maxConnections is 100",
            "",
        ),
    ),
    bad(
        "Langfuse 4 on an image of PostgreSQL 14",
        {
            **VERSION_4,
            "database": {
                "engine": "statefulSet",
                "image": "docker.io/library/postgres:14.19-alpine",
            },
        },
        problem("database.image", '"docker.io/library/postgres:14.19-alpine"', TOO_OLD, ""),
    ),
    bad(
        "the tag latest",
        {"langfuse": {"version": "latest"}},
        problem("langfuse.version", '"latest"', FLOATING, ""),
    ),
    bad(
        "the tag of a major version",
        {"langfuse": {"version": "2"}},
        problem("langfuse.version", '"2"', FLOATING, ""),
    ),
    bad(
        "the tag of a minor version",
        {"langfuse": {"version": "2.95"}},
        problem("langfuse.version", '"2.95"', FLOATING, ""),
    ),
    bad(
        "a release with a leading zero",
        {"langfuse": {"version": "2.91.00"}},
        problem(
            "langfuse.version",
            '"2.91.00"',
            FLOATING,
            "pulumi config set --path @langfuse.version 2.91.0",
        ),
    ),
    bad(
        "a release that never was",
        {"langfuse": {"version": "2.95.2"}},
        problem(
            "langfuse.version",
            '"2.95.2"',
            f"no such Langfuse release; supported are {RELEASES}",
            "",
        ),
    ),
    bad(
        "a release that counts a failed migration as a success",
        {"langfuse": {"version": "2.90.0"}},
        problem(
            "langfuse.version",
            '"2.90.0"',
            "is not to be run: 2.90.0 counts a failed "
            "migration as a success, and its pods would "
            "start on a schema that is not theirs "
            "(corrected in 2.90.1)",
            "pulumi config set --path @langfuse.version 2.90.1",
        ),
    ),
    bad(
        "a release before the oldest",
        {"langfuse": {"version": "2.74.0"}},
        problem("langfuse.version", '"2.74.0"', SUPPORTED, ""),
    ),
    bad(
        "a release after the last",
        {"langfuse": {"version": "2.96.0"}},
        problem("langfuse.version", '"2.96.0"', SUPPORTED, ""),
    ),
    bad(
        "a CPU quantity with a memory unit",
        {"langfuse": {"resources": {"cpu": "500Mi"}}},
        problem(
            "langfuse.resources.cpu",
            '"500Mi"',
            "must be a Kubernetes CPU quantity: cores ('2') or millicores ('500m')",
            "",
        ),
    ),
    bad(
        "a memory quantity that is none",
        {"langfuse": {"resources": {"memory": "1 GB"}}},
        problem(
            "langfuse.resources.memory",
            '"1 GB"',
            MEMORY,
            "pulumi config set --path @langfuse.resources.memory 1G",
        ),
    ),
    bad(
        "a memory quantity that is too small",
        {"langfuse": {"resources": {"memory": "512m"}}},
        problem(
            "langfuse.resources.memory",
            '"512m"',
            MEMORY,
            "pulumi config set --path @langfuse.resources.memory 512Mi",
        ),
    ),
    bad(
        "a host name with a scheme",
        {"endpoint": {"host": "https://langfuse.example.com"}},
        problem(
            "endpoint.host",
            '"https://langfuse.example.com"',
            "must be a host name in lower case without scheme, port or path",
            "pulumi config set --path @endpoint.host langfuse.example.com",
        ),
    ),
    bad(
        "a namespace in capitals",
        {"cluster": {"namespace": "Observability"}},
        problem(
            "cluster.namespace",
            '"Observability"',
            LABEL,
            "pulumi config set --path @cluster.namespace observability",
        ),
    ),
    bad(
        "an agent namespace with an underscore",
        {"agents": {"namespaces": ["ai-agents", "ai_agents"]}},
        problem(
            "agents.namespaces[1]",
            '"ai_agents"',
            LABEL,
            "pulumi config set --path '@agents.namespaces[1]' ai-agents",
        ),
    ),
    bad(
        "an address that is no e-mail address",
        {"langfuse": {"admin": {"email": "admin"}}},
        problem(
            "langfuse.admin.email",
            '"admin"',
            EMAIL,
            "",
        ),
    ),
    bad(
        "an address that is not ASCII",
        {"langfuse": {"admin": {"email": "관리자@example.com"}}},
        problem(
            "langfuse.admin.email",
            '"관리자@example.com"',
            EMAIL,
            "",
        ),
    ),
    bad(
        "an agent namespace in capitals",
        {"agents": {"existingNamespaces": ["AI"]}},
        problem(
            "agents.existingNamespaces[0]",
            '"AI"',
            LABEL,
            "pulumi config set --path '@agents.existingNamespaces[0]' ai",
        ),
    ),
    bad(
        "an environment variable in small letters",
        {"langfuse": {"environment": {"auth_okta": "x"}}},
        problem(
            "langfuse.environment.auth_okta",
            '"auth_okta"',
            "must be an environment variable name: upper-case letters, digits and '_'",
            "pulumi config set --path @langfuse.environment.AUTH_OKTA x && pulumi config rm "
            "--path @langfuse.environment.auth_okta",
        ),
    ),
    bad(
        "a node selector that is a number",
        {"cluster": {"nodeSelector": {"topology.kubernetes.io/zone": 1}}},
        problem(
            'cluster.nodeSelector["topology.kubernetes.io/zone"]',
            "1",
            TEXT,
            "pulumi config set --path --type string "
            "'@cluster.nodeSelector[\"topology.kubernetes.io/zone\"]' 1",
        ),
    ),
    bad(
        "a public URL with a slash at the end",
        {"langfuse": {"publicUrl": "https://langfuse.example.com/"}},
        problem(
            "langfuse.publicUrl",
            '"https://langfuse.example.com/"',
            "must be an http:// or https:// URL without path, credentials, query or trailing "
            "slash: Langfuse's images are built for the root of a host",
            "pulumi config set --path @langfuse.publicUrl https://langfuse.example.com",
        ),
    ),
    bad(
        "an image repository that is a URL",
        {"langfuse": {"repository": "https://mirror.example.com/langfuse/langfuse"}},
        problem(
            "langfuse.repository",
            '"https://mirror.example.com/langfuse/langfuse"',
            "must be an image repository without tag or digest, such as "
            "'docker.io/langfuse/langfuse'",
            "pulumi config set --path @langfuse.repository mirror.example.com/langfuse/langfuse",
        ),
    ),
    bad(
        "a network with host bits",
        {
            "endpoint": {
                "host": "langfuse.example.com",
                "inboundCidrs": ["10.0.0.0/8", "10.1.2.3/16"],
            }
        },
        problem(
            "endpoint.inboundCidrs[1]",
            '"10.1.2.3/16"',
            "must be a network in CIDR notation with no host bits set",
            "pulumi config set --path '@endpoint.inboundCidrs[1]' 10.1.0.0/16",
        ),
    ),
    bad(
        "a PostgreSQL image without a tag",
        {"database": {"image": "docker.io/library/postgres"}},
        problem(
            "database.image",
            '"docker.io/library/postgres"',
            PINNED,
            "",
        ),
    ),
    bad(
        "a PostgreSQL image with the tag latest",
        {"database": {"image": "docker.io/library/postgres:latest"}},
        problem(
            "database.image",
            '"docker.io/library/postgres:latest"',
            PINNED,
            "",
        ),
    ),
    bad(
        "protection of a database that has no backup",
        {"database": {"protect": True}},
        problem(
            "database.protect",
            "true",
            "must be false: nothing in the cluster backs this database up; a protected one "
            "needs engine rds",
            "",
        ),
    ),
    bad(
        "a sign-up mode in capitals",
        {"langfuse": {"signUp": "Open"}},
        problem(
            "langfuse.signUp",
            '"Open"',
            "must be 'disabled' or 'open'",
            "pulumi config set --path @langfuse.signUp open",
        ),
    ),
    bad(
        "an instance class of EC2",
        {"database": {"engine": "rds", "instanceClass": "m6g.large"}, **ON_EKS},
        problem(
            "database.instanceClass",
            '"m6g.large"',
            "must be an RDS instance class such as 'db.t4g.medium'",
            "pulumi config set --path @database.instanceClass db.m6g.large",
        ),
    ),
    bad(
        "a minor version of PostgreSQL",
        {"database": {"engine": "rds", "version": "16.4"}, **ON_EKS},
        problem(
            "database.version",
            '"16.4"',
            "must be a major version in quotes, '14' to '17': AWS ended the standard support "
            "of 13 on 2026-02-28 and would upgrade it unasked, and Langfuse 2 was not tried "
            "with 18",
            "pulumi config set --path --type string @database.version 16",
        ),
    ),
    bad(
        "a number as the major version of PostgreSQL",
        {"database": {"engine": "rds", "version": 17}, **ON_EKS},
        problem(
            "database.version",
            "17",
            TEXT,
            "pulumi config set --path --type string @database.version 17",
        ),
    ),
    bad(
        "a monitoring interval that RDS does not know",
        {"database": {"engine": "rds", "monitoringSeconds": 20}, **ON_EKS},
        problem(
            "database.monitoringSeconds",
            "20",
            "must be 0, 1, 5, 10, 15, 30 or 60",
            "",
        ),
    ),
    bad(
        "true as a monitoring interval, which Python takes for 1",
        {"database": {"engine": "rds", "monitoringSeconds": True}, **ON_EKS},
        problem("database.monitoringSeconds", "true", "must be a number", ""),
    ),
    bad(
        "a key ARN of another service",
        {"secrets": {"kmsKeyArn": "arn:aws:s3:::bucket"}},
        problem(
            "secrets.kmsKeyArn",
            '"arn:aws:s3:::bucket"',
            "must be an ARN such as "
            "'arn:aws:kms:ap-northeast-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab'",
            "",
        ),
    ),
    bad(
        "an account id without quotes",
        {"aws:allowedAccountIds": [123456789012]},
        Problem(
            "aws:allowedAccountIds[0]",
            "123456789012",
            TEXT,
            "pulumi config set --path --type string 'aws:allowedAccountIds[0]' 123456789012",
        ),
    ),
    bad(
        "a region that is none",
        {"aws:region": "Seoul"},
        Problem(
            "aws:region",
            '"Seoul"',
            "must be an AWS region such as 'ap-northeast-2'",
            "",
        ),
    ),
    bad(
        "default tags at the wrong level",
        {"aws:defaultTags": {"service": {"a": "b"}}},
        Problem(
            "aws:defaultTags.service",
            '"service"',
            "must be 'tags'",
            "",
        ),
    ),
]


@pytest.mark.parametrize("image", ["postgres:15.14-alpine", "postgres:17.6-alpine"])
def test_langfuse_4_runs_on_postgresql_15_and_newer(image: str) -> None:
    database = {"engine": "statefulSet", "image": f"docker.io/library/{image}"}

    assert problems({**VERSION_4, "database": database}) == []


@pytest.mark.parametrize(("change", "expected"), BAD)
def test_refuses(change: Mapping[str, Any], expected: list[Problem]) -> None:
    assert problems(change) == expected
