"""Values that Kubernetes, AWS, LangSmith or Langfuse would refuse in the middle of an `up`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from tests.support.configurations import (
    ABSENT,
    EXTERNAL,
    KEY,
    NAMESPACE,
    ON_EKS,
    Encrypted,
    endpoint,
    problems,
    rds,
    settings,
    small,
)

UUID: Final = "1234abcd-12ab-34cd-56ef-1234567890ab"
RESERVED: Final = "is of Kubernetes itself, as every namespace is that begins with 'kube-'"
CONTROL: Final = "must not hold control characters"
LABEL_NAME: Final = (
    "must be the name of a Kubernetes label: at most 63 letters, digits, '-', '_' and '.', "
    "starting and ending with a letter or digit, after a domain and '/' if it has one"
)
LABEL_VALUE: Final = (
    "must be the value of a Kubernetes label: at most 63 letters, digits, '-', '_' and '.', "
    "starting and ending with a letter or digit, or nothing"
)
EMAIL: Final = "must be an e-mail address"
HOST: Final = "must be a host name in lower case without scheme, port or path"
INSTANT: Final = "must be a time in UTC such as '2026-11-01T09:30:00Z'"
DB_INSTANCE: Final = (
    "must be the identifier of a DB instance: at most 63 letters, digits and single hyphens, "
    "starting with a letter and not ending with a hyphen"
)
SNAPSHOT: Final = (
    "must be the identifier or the ARN of a DB snapshot: at most 255 letters, digits and single "
    "hyphens, starting with a letter and not ending with a hyphen"
)
BUCKET: Final = "must be an S3 bucket name"
PINNED: Final = (
    "must be an image with a pinned tag or digest; 'latest' and bare names are not pinned"
)


def selector(name: str, value: str = "x") -> dict[str, Any]:
    return {"cluster": {"nodeSelector": {name: value}}}


def toleration(**parts: str) -> dict[str, Any]:
    return {"cluster": {"tolerations": [parts]}}


def restore(**parts: str) -> dict[str, Any]:
    return rds(restoreFrom=parts)


def admin(email: str) -> dict[str, Any]:
    return {"langfuse": {"admin": {"email": email}}}


def langsmith(**parts: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "langsmith": {"apiKey": Encrypted(KEY), **parts},
        "agents": {"namespaces": ["ai"]},
    }


def arn(service: str, resource: str, *, partition: str = "aws", region: str) -> str:
    return f"arn:{partition}:{service}:{region}:123456789012:{resource}"


def must_be_arn(example: str) -> str:
    return f"must be an ARN such as '{example}'"


KEY_ARN: Final = must_be_arn(arn("kms", f"key/{UUID}", region="ap-northeast-2"))
CERTIFICATE_ARN: Final = must_be_arn(arn("acm", f"certificate/{UUID}", region="ap-northeast-2"))

REFUSED: Final[Mapping[str, tuple[Mapping[str, Any], str, str]]] = {
    "the namespace of the cluster's own": (
        {"cluster": {"namespace": "kube-system"}},
        "cluster.namespace",
        RESERVED,
    ),
    "a namespace of Kubernetes to adopt": (
        {"cluster": {"namespace": "kube-public", "createNamespace": False}},
        "cluster.namespace",
        RESERVED,
    ),
    "a namespace that begins as those of Kubernetes": (
        {"agents": {"namespaces": ["ai", "kube-ai"]}},
        "agents.namespaces[1]",
        RESERVED,
    ),
    "agents in a namespace of Kubernetes": (
        {"agents": {"existingNamespaces": ["kube-node-lease"]}},
        "agents.existingNamespaces[0]",
        RESERVED,
    ),
    "the default namespace to be created": (
        {"cluster": {"namespace": "default"}},
        "cluster.namespace",
        "exists in every cluster and cannot be created; with createNamespace false the stack "
        "adopts it",
    ),
    "the default namespace to be created for agents": (
        {"agents": {"namespaces": ["default"]}},
        "agents.namespaces[0]",
        "exists in every cluster and cannot be created; name it in agents.existingNamespaces",
    ),
    "a node label with a space": (
        selector("node pool"),
        'cluster.nodeSelector["node pool"]',
        LABEL_NAME,
    ),
    "a node label with two slashes": (
        selector("a/b/c"),
        "cluster.nodeSelector.a/b/c",
        LABEL_NAME,
    ),
    "a node label of too many characters": (
        selector("a" * 64),
        f"cluster.nodeSelector.{'a' * 64}",
        LABEL_NAME,
    ),
    "a node label of too long a domain": (
        selector(f"{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 62}/x"),
        f'cluster.nodeSelector["{"a" * 63}.{"b" * 63}.{"c" * 63}.{"d" * 62}/x"]',
        LABEL_NAME,
    ),
    "a value of a node label with a slash": (
        selector("pool", "a/b"),
        "cluster.nodeSelector.pool",
        LABEL_VALUE,
    ),
    "a value of a node label that ends with a hyphen": (
        selector("pool", "a-"),
        "cluster.nodeSelector.pool",
        LABEL_VALUE,
    ),
    "a taint with a space": (
        toleration(key="a b", operator="Exists"),
        "cluster.tolerations[0].key",
        LABEL_NAME,
    ),
    "a value of a taint with a colon": (
        toleration(key="a", value="b:NoSchedule"),
        "cluster.tolerations[0].value",
        LABEL_VALUE,
    ),
    "a pull secret twice": (
        {"cluster": {"imagePullSecrets": ["a", "b", "a"]}},
        "cluster.imagePullSecrets[2]",
        "is named by cluster.imagePullSecrets[0] already",
    ),
    "a cluster whose name EKS does not give": (
        {**ON_EKS, "cluster": {"eksName": "platform.prod", "context": ABSENT}},
        "cluster.eksName",
        "must be the name of an EKS cluster: at most 100 letters, digits, '-' and '_', starting "
        "with a letter or digit",
    ),
    "a boundary of a region": (
        {
            "aws:region": "ap-northeast-2",
            "cluster": {
                "eksName": "a",
                "context": ABSENT,
                "permissionsBoundaryArn": arn("iam", "policy/b", region="ap-northeast-2"),
            },
        },
        "cluster.permissionsBoundaryArn",
        must_be_arn(arn("iam", "policy/agent-observability-prod-boundary", region="")),
    ),
    "a key of the partition of China in a region that is not": (
        rds(kmsKeyArn=arn("kms", f"key/{UUID}", partition="aws-cn", region="ap-northeast-2")),
        "database.kmsKeyArn",
        KEY_ARN,
    ),
    "a key of the public partition in a region of GovCloud": (
        {
            **rds(kmsKeyArn=arn("kms", f"key/{UUID}", region="us-gov-west-1")),
            "aws:region": "us-gov-west-1",
        },
        "database.kmsKeyArn",
        KEY_ARN,
    ),
    "a key of a partition that there is not": (
        rds(kmsKeyArn=arn("kms", f"key/{UUID}", partition="awsx", region="ap-northeast-2")),
        "database.kmsKeyArn",
        KEY_ARN,
    ),
    "a key with a part of its id": (
        rds(kmsKeyArn=arn("kms", "key/1234abcd", region="ap-northeast-2")),
        "database.kmsKeyArn",
        KEY_ARN,
    ),
    "a certificate with a part of its id": (
        endpoint(certificateArn=arn("acm", "certificate/1234abcd", region="ap-northeast-2")),
        "endpoint.certificateArn",
        CERTIFICATE_ARN,
    ),
    "a subnet with a part of its id": (
        endpoint(subnetIds=["subnet-0123456789abcdef", "subnet-0123456789abcdef0"]),
        "endpoint.subnetIds[0]",
        "must be a subnet id such as 'subnet-0123456789abcdef0'",
    ),
    "a security group with a part of its id": (
        rds(clientSecurityGroupIds=["sg-0123456789"]),
        "database.clientSecurityGroupIds[0]",
        "must be a security group id such as 'sg-0123456789abcdef0'",
    ),
    "a security group twice": (
        rds(clientSecurityGroupIds=["sg-01234567", "sg-01234567"]),
        "database.clientSecurityGroupIds[1]",
        "is named by database.clientSecurityGroupIds[0] already",
    ),
    "a network twice": (
        endpoint(inboundCidrs=["10.0.0.0/8", "10.0.0.0/8"]),
        "endpoint.inboundCidrs[1]",
        "is named by endpoint.inboundCidrs[0] already",
    ),
    "a bucket with two dots": (
        endpoint(accessLogs={"bucket": "a..b"}),
        "endpoint.accessLogs.bucket",
        BUCKET,
    ),
    "a bucket that is an address": (
        endpoint(accessLogs={"bucket": "192.168.5.4"}),
        "endpoint.accessLogs.bucket",
        BUCKET,
    ),
    "a bucket with a prefix that AWS keeps": (
        endpoint(accessLogs={"bucket": "xn--logs"}),
        "endpoint.accessLogs.bucket",
        BUCKET,
    ),
    "an access point in place of a bucket": (
        endpoint(accessLogs={"bucket": "logs-s3alias"}),
        "endpoint.accessLogs.bucket",
        BUCKET,
    ),
    "a TLS policy without its date": (
        endpoint(sslPolicy="ELBSecurityPolicy-TLS13-1-2-Res"),
        "endpoint.sslPolicy",
        "must be a load balancer policy of TLS 1.2 or newer, 'ELBSecurityPolicy-TLS13-1-2-…' or "
        "'ELBSecurityPolicy-TLS13-1-3-…'",
    ),
    "a public name that is an address": (endpoint(host="203.0.113.7"), "endpoint.host", HOST),
    "a public name whose top is a number": (endpoint(host="langfuse.42"), "endpoint.host", HOST),
    "a zone that is an address": (endpoint(hostedZone="10.0.0.1"), "endpoint.hostedZone", HOST),
    "a database on the pod's own host": (
        {"database": {**EXTERNAL, "host": "127.0.0.1"}},
        "database.host",
        f"{HOST}, or an IPv4 address",
    ),
    "a database on an address with leading zeros": (
        {"database": {**EXTERNAL, "host": "10.0.0.01"}},
        "database.host",
        f"{HOST}, or an IPv4 address",
    ),
    "a database name that PostgreSQL cuts": (
        {"database": {**EXTERNAL, "database": "d" * 64}},
        "database.database",
        "must have at most 63 characters",
    ),
    "a role name that PostgreSQL cuts": (
        {"database": {**EXTERNAL, "username": "u" * 64}},
        "database.username",
        "must have at most 63 characters",
    ),
    "the 30th of February": (
        restore(instance="a", time="2026-02-30T09:30:00Z"),
        "database.restoreFrom.time",
        INSTANT,
    ),
    "the 29th of February of a common year": (
        restore(instance="a", time="2027-02-29T09:30:00Z"),
        "database.restoreFrom.time",
        INSTANT,
    ),
    "the 31st of April": (
        restore(instance="a", time="2026-04-31T09:30:00Z"),
        "database.restoreFrom.time",
        INSTANT,
    ),
    "a day of a month that there is not": (
        restore(instance="a", time="2026-13-01T09:30:00Z"),
        "database.restoreFrom.time",
        INSTANT,
    ),
    "an instance with an underscore": (
        restore(instance="langfuse_prod"),
        "database.restoreFrom.instance",
        DB_INSTANCE,
    ),
    "an instance that begins with a digit": (
        restore(instance="1st"),
        "database.restoreFrom.instance",
        DB_INSTANCE,
    ),
    "an instance with two hyphens": (
        restore(instance="langfuse--prod"),
        "database.restoreFrom.instance",
        DB_INSTANCE,
    ),
    "an instance that ends with a hyphen": (
        restore(instance="langfuse-"),
        "database.restoreFrom.instance",
        DB_INSTANCE,
    ),
    "an instance of 64 characters": (
        restore(instance="a" * 64),
        "database.restoreFrom.instance",
        DB_INSTANCE,
    ),
    "a snapshot with a space": (
        restore(snapshot="before upgrade"),
        "database.restoreFrom.snapshot",
        SNAPSHOT,
    ),
    "a snapshot that ends with a hyphen": (
        restore(snapshot="before-"),
        "database.restoreFrom.snapshot",
        SNAPSHOT,
    ),
    "the ARN of an instance in place of a snapshot": (
        restore(snapshot=arn("rds", "db:langfuse", region="ap-northeast-2")),
        "database.restoreFrom.snapshot",
        SNAPSHOT,
    ),
    "a snapshot of another region": (
        restore(snapshot=arn("rds", "snapshot:before", region="us-east-1")),
        "database.restoreFrom.snapshot",
        "is of us-east-1, and has to be of aws:region, ap-northeast-2: copy the snapshot there "
        "first",
    ),
    "an instance class that AWS does not have": (
        rds(instanceClass="db.m6g.24xlarge"),
        "database.instanceClass",
        "is not among the classes whose max_connections is known: t3, t4g, m5, m6g, m6i, m7g, "
        "m7i, m8g, r5, r6g, r6i, r7g, r7i, r8g in their sizes up to 24xlarge "
        "(components/postgres/rds/sizes.py)",
    ),
    "an address with two dots": (admin("a..b@example.com"), "langfuse.admin.email", EMAIL),
    "an address that begins with a dot": (admin(".a@example.com"), "langfuse.admin.email", EMAIL),
    "an address with a dot before the sign": (
        admin("a.@example.com"),
        "langfuse.admin.email",
        EMAIL,
    ),
    "an address with a percent sign": (admin("a%b@example.com"), "langfuse.admin.email", EMAIL),
    "an address of a domain of digits": (admin("a@example.c0m"), "langfuse.admin.email", EMAIL),
    "an address of a domain of one letter": (admin("a@example.c"), "langfuse.admin.email", EMAIL),
    "an address of an encoded domain": (admin("a@example.xn--p1ai"), "langfuse.admin.email", EMAIL),
    "a public URL with a path": (
        {"langfuse": {"publicUrl": "https://example.com/langfuse"}},
        "langfuse.publicUrl",
        "must be an http:// or https:// URL without path, credentials, query or trailing slash: "
        "Langfuse's images are built for the root of a host",
    ),
    "a workspace by its name": (
        langsmith(workspaceId="research"),
        "langsmith.workspaceId",
        f"must be a UUID such as '{UUID}'",
    ),
    "an image of a repository with an empty part": (
        {"database": {"image": "docker.io//postgres:16"}},
        "database.image",
        PINNED,
    ),
    "an image of a repository that begins with a dot": (
        {"database": {"image": "docker.io/.postgres:16"}},
        "database.image",
        PINNED,
    ),
    "an image with a tag that begins with a dot": (
        {"database": {"image": "docker.io/postgres:.16"}},
        "database.image",
        PINNED,
    ),
    "an image with a tag of 129 characters": (
        {"database": {"image": f"docker.io/postgres:{'1' * 129}"}},
        "database.image",
        PINNED,
    ),
    "a class of storage with a capital": (
        {"database": {"storageClass": "GP3"}},
        "database.storageClass",
        "must be a DNS name: 1 to 253 lower-case letters, digits, '-' or '.', each part starting "
        "and ending with a letter or digit",
    ),
    "a tag in two spellings": (
        {**ON_EKS, "aws:defaultTags": {"tags": {"Team": "a", "team": "b"}}},
        "aws:defaultTags.tags.team",
        "has the key Team in other letters, which IAM takes for the same",
    ),
    "a tag of AWS in capitals": (
        {**ON_EKS, "aws:defaultTags": {"tags": {"AWS:team": "a"}}},
        "aws:defaultTags.tags.AWS:team",
        "has a key that is taken: AWS keeps 'aws:' for itself",
    ),
    "a tag with too long a key": (
        {**ON_EKS, "aws:defaultTags": {"tags": {"k" * 129: "a"}}},
        f"aws:defaultTags.tags.{'k' * 129}",
        "has a key of 129 characters, and AWS takes 128",
    ),
    "a tag with too long a value": (
        {**ON_EKS, "aws:defaultTags": {"tags": {"team": "v" * 257}}},
        "aws:defaultTags.tags.team",
        "must have 256 characters at most, and has 257",
    ),
    "a variable that no process can have": (
        {"langfuse": {"environment": {"PRISMA_ABC": "a" * (131072 - 11)}}},
        "langfuse.environment.PRISMA_ABC",
        "has 131072 bytes, and a variable may have 131071",
    ),
    "variables that no object can have": (
        {"langfuse": {"environment": {f"PRISMA_AB{n}": "a" * 125_000 for n in range(8)}}},
        "langfuse.environment",
        "has 1000088 bytes, and an object of Kubernetes holds about 1 MiB",
    ),
    "secrets that no object can have": (
        {
            "langfuse": {
                "secretEnvironment": {f"PRISMA_AB{n}": Encrypted("a" * 125_000) for n in range(8)}
            }
        },
        "langfuse.secretEnvironment",
        "has 1000088 bytes, and an object of Kubernetes holds about 1 MiB",
    ),
    "NUL in a name": (
        {"langfuse": {"organization": "Ac\0me"}},
        "langfuse.organization",
        CONTROL,
    ),
    "an escape in a name": ({"langfuse": {"project": "a\x1b[31m"}}, "langfuse.project", CONTROL),
    "a line break in a name": ({"langfuse": {"project": "a\nb"}}, "langfuse.project", CONTROL),
    "a control character of Latin-1": (
        {"langfuse": {"project": "a\x85b"}},
        "langfuse.project",
        CONTROL,
    ),
    "half a character": ({"langfuse": {"project": "a\ud800b"}}, "langfuse.project", CONTROL),
    "NUL in a variable": (
        {"langfuse": {"environment": {"DD_ABC": "a\0b"}}},
        "langfuse.environment.DD_ABC",
        CONTROL,
    ),
    "NUL in a secret variable": (
        {"langfuse": {"secretEnvironment": {"DD_ABC": Encrypted("a\0b")}}},
        "langfuse.secretEnvironment.DD_ABC",
        CONTROL,
    ),
    "NUL in a password": (
        {"database": {**EXTERNAL, "password": Encrypted("hunter2\0")}},
        "database.password",
        CONTROL,
    ),
    "a tab in the name of a role": (
        {"database": {**EXTERNAL, "username": "a\tb"}},
        "database.username",
        CONTROL,
    ),
    "a line break in the path of a kubeconfig": (
        {"cluster": {"kubeconfig": "a\nb"}},
        "cluster.kubeconfig",
        CONTROL,
    ),
    "a line break in a module": (
        {
            "monitoring": {
                "runbooks": "https://git.example.com/docs",
                "prometheusRules": {"prober": "a.b.svc:1", "module": "a\nb"},
            }
        },
        "monitoring.prometheusRules.module",
        CONTROL,
    ),
    "a profile that was to be replaced": (
        {**ON_EKS, "cluster": {"eksName": "EKS_NAME", "context": ABSENT}},
        "cluster.eksName",
        "is a word in place of a value that only you know",
    ),
    "a context that was to be replaced": (
        {"cluster": {"context": "CONTEXT"}},
        "cluster.context",
        "is a word in place of a value that only you know",
    ),
}


@pytest.mark.parametrize(("change", "path", "rule"), REFUSED.values(), ids=REFUSED.keys())
def test_what_would_be_refused_later_is_refused_at_once(
    change: Mapping[str, Any], path: str, rule: str
) -> None:
    found = [(p.key.removeprefix(NAMESPACE), p.rule) for p in problems(change)]

    assert found == [(path, rule)]


def test_what_its_own_rule_refuses_is_not_refused_again_for_its_control_characters() -> None:
    (found,) = problems({"cluster": {"namespace": "a\0b"}})

    assert found.rule.startswith("must be a DNS label")


def test_the_last_of_several_repetitions_comes_first_as_each_command_renumbers_the_rest() -> None:
    found = problems({"cluster": {"imagePullSecrets": ["a", "a", "b", "a"]}})

    assert [p.key.removeprefix(NAMESPACE) for p in found] == [
        "cluster.imagePullSecrets[3]",
        "cluster.imagePullSecrets[1]",
    ]


def test_the_end_of_a_line_is_taken_off_a_text_that_came_from_a_file() -> None:
    (found,) = problems({"langfuse": {"project": "agents\n"}})

    assert (found.found, found.fix) == (
        '"agents\\n"',
        "pulumi config set --path agent-observability:langfuse.project agents",
    )


def test_no_secret_with_a_control_character_is_shown() -> None:
    (found,) = problems({"database": {**EXTERNAL, "password": Encrypted("hunter2\0")}})

    assert (found.found, found.fix) == ("[secret]", "")


ACCEPTED: Final[Mapping[str, Mapping[str, Any]]] = {
    "the default namespace to adopt": {
        "cluster": {"namespace": "default", "createNamespace": False}
    },
    "agents in the default namespace": {"agents": {"existingNamespaces": ["default"]}},
    "a namespace that only sounds like one of Kubernetes": {"cluster": {"namespace": "kubeflow"}},
    "a node label with a domain": selector("karpenter.sh/capacity-type", "on-demand"),
    "a node label without a value": selector("node-role.kubernetes.io/worker", ""),
    "a taint with a domain": toleration(key="nvidia.com/gpu", value="present"),
    "a pull secret with a dot": {"cluster": {"imagePullSecrets": ["registry.example.com"]}},
    "a class of storage with a dot": {"database": {"storageClass": "ebs.fast"}},
    "a key of several regions": rds(
        kmsKeyArn=arn("kms", f"key/mrk-{32 * 'a'}", region="ap-northeast-2")
    ),
    "a boundary in a folder": {
        "aws:region": "ap-northeast-2",
        "cluster": {
            "eksName": "a",
            "context": ABSENT,
            "permissionsBoundaryArn": arn("iam", "policy/teams/ml/boundary", region=""),
        },
    },
    "an automated snapshot": restore(snapshot="rds:langfuse-prod-db-2026-11-01-03-05"),
    "a snapshot of AWS Backup": restore(snapshot=f"awsbackup:job-{UUID}"),
    "a shared snapshot": restore(
        snapshot="arn:aws:rds:ap-northeast-2:210987654321:snapshot:before-upgrade"
    ),
    "the 29th of February of a leap year": restore(instance="a", time="2028-02-29T09:30:00Z"),
    "an instance of 63 characters": restore(instance="a" * 63),
    "an address with an apostrophe": admin("o'neil@example.com"),
    "an address with a plus": admin("a+b@sub.example.museum"),
    "a workspace in capitals": langsmith(workspaceId=UUID.upper()),
    "an API of LangSmith with a path": langsmith(endpoint="https://smith.example.com/api/v1"),
    "a database by its address": {"database": {**EXTERNAL, "host": "10.0.0.5"}},
    "a certificate as the value of a variable": {
        "langfuse": {"environment": {"DD_ABCD": "-----BEGIN CERTIFICATE-----\n\tMIIB\r\n"}}
    },
    "a secret of several lines": {
        "langfuse": {"secretEnvironment": {"DD_ABC": Encrypted("a\nb\n")}}
    },
    "a name in another script": {"langfuse": {"organization": "관측 팀 👩‍🔬"}},
    "a name that is the word for its key": {"langfuse": {"project": "PROJECT"}},
    "the longest variable": {"langfuse": {"environment": {"PRISMA_ABC": "a" * (131071 - 11)}}},
    "the largest instance of Graviton 2": rds(instanceClass="db.m6g.16xlarge"),
    "the same words in another tag": {
        **ON_EKS,
        "aws:defaultTags": {"tags": {"team": "a", "teams": "a", "k" * 128: "v" * 256}},
    },
    "a bucket with dots": endpoint(accessLogs={"bucket": "logs.example.com"}),
}


@pytest.mark.parametrize("change", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_would_be_taken_is_accepted(change: Mapping[str, Any]) -> None:
    assert problems(change) == []


def test_all_namespaces_with_agents_are_one_property_those_to_create_first() -> None:
    agents = settings({"agents": {"namespaces": ["b"], "existingNamespaces": ["a"]}}).agents

    assert agents.every_namespace == ("b", "a")


def test_the_small_configuration_of_the_tests_has_no_text_that_is_refused() -> None:
    assert problems() == []
    assert small()[1] == set()
