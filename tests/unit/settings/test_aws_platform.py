"""Settings of a stack in AWS that are refused: region, account, subnets, tags, secrets, storage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from stacks.settings import ConfigurationError, Problem, read
from tests.support.configurations import (
    ABSENT,
    EKS,
    EXTERNAL,
    ON_EKS,
    Encrypted,
    bad,
    endpoint,
    problem,
    problems,
    rds,
    small,
)

KMS = "arn:aws:kms:ap-northeast-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
MANAGED = {"delivery": "secretsManager", "protect": True}
OLD = {"version": "2.80.0"}


BAD = [
    bad(
        "an EKS cluster without a region",
        {"cluster": EKS},
        Problem(
            "aws:region",
            "(nothing)",
            "is required with cluster.eksName: the cluster's region, and that of all beside it",
            "pulumi config set aws:region REGION",
        ),
    ),
    bad(
        "a key for Secrets Manager of another region",
        {
            **ON_EKS,
            "secrets": {**MANAGED, "kmsKeyArn": KMS.replace("ap-northeast-2", "us-east-1")},
            "database": EXTERNAL,
        },
        problem(
            "secrets.kmsKeyArn",
            '"arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"',
            "is of us-east-1, and has to be of aws:region, ap-northeast-2",
            "",
        ),
    ),
    bad(
        "a key for the database of another region",
        rds(kmsKeyArn=KMS.replace("ap-northeast-2", "eu-west-1")),
        problem(
            "database.kmsKeyArn",
            '"arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"',
            "is of eu-west-1, and has to be of aws:region, ap-northeast-2",
            "",
        ),
    ),
    bad(
        "a key for the database of no region",
        rds(kmsKeyArn=KMS.replace("ap-northeast-2", "")),
        problem(
            "database.kmsKeyArn",
            '"arn:aws:kms::123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"',
            "is of no region, and has to be of aws:region, ap-northeast-2",
            "",
        ),
    ),
    bad(
        "a key for the bucket of another region",
        {
            **ON_EKS,
            "objectStorage": {
                "engine": "s3",
                "kmsKeyArn": KMS.replace("ap-northeast-2", "us-west-2"),
            },
        },
        problem(
            "objectStorage.kmsKeyArn",
            '"arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"',
            "is of us-west-2, and has to be of aws:region, ap-northeast-2",
            "",
        ),
    ),
    bad(
        "a certificate of another region",
        endpoint(
            hostedZone=ABSENT,
            certificateArn="arn:aws:acm:us-east-1:123456789012:certificate/1234abcd-12ab-34cd-56ef-1234567890ab",
        ),
        problem(
            "endpoint.certificateArn",
            '"arn:aws:acm:us-east-1:123456789012:certificate/1234abcd-12ab-34cd-56ef-12345...',
            "is of us-east-1, and has to be of aws:region, ap-northeast-2",
            "",
        ),
    ),
    bad(
        "a web ACL of another region",
        endpoint(webAclArn="arn:aws:wafv2:us-east-1:123456789012:regional/webacl/a/b"),
        problem(
            "endpoint.webAclArn",
            '"arn:aws:wafv2:us-east-1:123456789012:regional/webacl/a/b"',
            "is of us-east-1, and has to be of aws:region, ap-northeast-2",
            "",
        ),
    ),
    bad(
        "a key of another account",
        {**rds(kmsKeyArn=KMS), "aws:allowedAccountIds": ["210987654321"]},
        problem(
            "database.kmsKeyArn",
            '"arn:aws:kms:ap-northeast-2:123456789012:key/1234abcd-12ab-34cd-56ef-12345678...',
            "is of account 123456789012, which aws:allowedAccountIds does not name",
            "",
        ),
    ),
    bad(
        "a certificate of another region and account",
        {
            **endpoint(
                certificateArn="arn:aws:acm:us-east-1:123456789012:certificate/1234abcd-12ab-34cd-56ef-1234567890ab"
            ),
            "aws:allowedAccountIds": ["210987654321", "111111111111"],
        },
        problem(
            "endpoint.certificateArn",
            '"arn:aws:acm:us-east-1:123456789012:certificate/1234abcd-12ab-34cd-56ef-12345...',
            "is of us-east-1, and has to be of aws:region, ap-northeast-2",
            "",
        ),
        problem(
            "endpoint.certificateArn",
            '"arn:aws:acm:us-east-1:123456789012:certificate/1234abcd-12ab-34cd-56ef-12345...',
            "is of account 123456789012, which aws:allowedAccountIds does not name",
            "",
        ),
    ),
    bad(
        "one subnet for the load balancer",
        endpoint(subnetIds=["subnet-00000000"]),
        problem(
            "endpoint.subnetIds",
            '["subnet-00000000"]',
            "needs subnets in two zones at least, and a subnet is in one: without "
            "any, the load balancer's are found by their role tags",
            "",
        ),
    ),
    bad(
        "one subnet for the load balancer, twice",
        endpoint(subnetIds=["subnet-00000000", "subnet-00000000"]),
        problem(
            "endpoint.subnetIds",
            '["subnet-00000000", "subnet-00000000"]',
            "needs subnets in two zones at least, and a subnet is in one: without "
            "any, the load balancer's are found by their role tags",
            "",
        ),
    ),
    bad(
        "a subnet for the load balancer twice among others",
        endpoint(subnetIds=["subnet-0000000a", "subnet-0000000b", "subnet-0000000a"]),
        problem(
            "endpoint.subnetIds[2]",
            '"subnet-0000000a"',
            "is named by endpoint.subnetIds[0] already",
            "pulumi config rm --path '@endpoint.subnetIds[2]'",
        ),
    ),
    bad(
        "one subnet for the database",
        rds(subnetIds=["subnet-00000000"]),
        problem(
            "database.subnetIds",
            '["subnet-00000000"]',
            "needs subnets in two zones at least, and a subnet is in one: without "
            "any, the database takes the cluster's",
            "",
        ),
    ),
    bad(
        "a subnet for the database twice among others",
        rds(subnetIds=["subnet-0000000a", "subnet-0000000b", "subnet-0000000b"]),
        problem(
            "database.subnetIds[2]",
            '"subnet-0000000b"',
            "is named by database.subnetIds[1] already",
            "pulumi config rm --path '@database.subnetIds[2]'",
        ),
    ),
    bad(
        "a default tag with a comma",
        {**endpoint(), "aws:defaultTags": {"tags": {"teams": "ml,platform"}}},
        Problem(
            "aws:defaultTags.tags.teams",
            '"ml,platform"',
            "must be letters, digits, spaces and _ . : / = + - @ only: IAM refuses "
            "others, and at a comma the load balancer's tags would be cut",
            "",
        ),
    ),
    bad(
        "a default tag with a backslash",
        {**endpoint(), "aws:defaultTags": {"tags": {"path": "ml\\platform"}}},
        Problem(
            "aws:defaultTags.tags.path",
            '"ml\\\\platform"',
            "must be letters, digits, spaces and _ . : / = + - @ only: IAM refuses "
            "others, and at a comma the load balancer's tags would be cut",
            "",
        ),
    ),
    bad(
        "a default tag with a comma in its key",
        {**ON_EKS, "aws:defaultTags": {"tags": {"a,b": "c"}}},
        Problem(
            "aws:defaultTags.tags.a,b",
            '"c"',
            "has a key with characters that IAM refuses in tags; take letters, digits and -",
            "",
        ),
    ),
    bad(
        "a default tag without a key",
        {**ON_EKS, "aws:defaultTags": {"tags": {"": "c"}}},
        Problem(
            'aws:defaultTags.tags[""]',
            '"c"',
            "has a key with characters that IAM refuses in tags; take letters, digits and -",
            "",
        ),
    ),
    bad(
        "a default tag with an equals sign in its key",
        {**endpoint(), "aws:defaultTags": {"tags": {"a=b": "c"}}},
        Problem(
            "aws:defaultTags.tags.a=b",
            '"c"',
            "has a key with '=', where the load balancer's tags would be cut",
            "",
        ),
    ),
    bad(
        "default tags that others own",
        {
            **ON_EKS,
            "aws:defaultTags": {
                "tags": {
                    "agent-observability:stack": "dev",
                    "elbv2.k8s.aws/cluster": "a",
                    "ingress.k8s.aws/stack": "b",
                    "aws:team": "c",
                }
            },
        },
        Problem(
            "aws:defaultTags.tags.agent-observability:stack",
            '"dev"',
            "has a key that is taken: the program gives its own tag with it, by which roles keep "
            "to their stack",
            "",
        ),
        Problem(
            'aws:defaultTags.tags["elbv2.k8s.aws/cluster"]',
            '"a"',
            "has a key that is taken: the AWS Load Balancer Controller finds what "
            "it may delete by this tag",
            "",
        ),
        Problem(
            'aws:defaultTags.tags["ingress.k8s.aws/stack"]',
            '"b"',
            "has a key that is taken: the AWS Load Balancer Controller finds what "
            "it may delete by this tag",
            "",
        ),
        Problem(
            "aws:defaultTags.tags.aws:team",
            '"c"',
            "has a key that is taken: AWS keeps 'aws:' for itself",
            "",
        ),
    ),
    bad(
        "more default tags than a resource can have",
        {**ON_EKS, "aws:defaultTags": {"tags": {f"tag-{n}": "x" for n in range(42)}}},
        Problem(
            "aws:defaultTags.tags",
            "(42 tags)",
            "must be 40 tags at most: AWS takes 50 for a resource, its own included",
            "",
        ),
    ),
    bad(
        "a recovery window of three days",
        {"secrets": {"recoveryDays": 3}},
        problem(
            "secrets.recoveryDays",
            "3",
            "must be 0 (deleted at once) or 7 to 30 days: Secrets Manager knows no other",
            "pulumi config set --path @secrets.recoveryDays 7",
        ),
    ),
    bad(
        "protected entries that are deleted at once",
        {**ON_EKS, "database": EXTERNAL, "secrets": {**MANAGED, "recoveryDays": 0}},
        problem(
            "secrets.recoveryDays",
            "0",
            "must not be 0 with secrets.protect: a deleted entry would be gone at once",
            "pulumi config set --path @secrets.recoveryDays 7",
        ),
    ),
    bad(
        "Secrets Manager without an EKS cluster",
        {"secrets": {"delivery": "secretsManager"}},
        problem(
            "secrets.delivery",
            '"secretsManager"',
            "needs an EKS cluster (cluster.eksName): External Secrets logs in to "
            "AWS by the cluster's OIDC provider",
            "",
        ),
    ),
    bad(
        "External Secrets with nothing to read",
        {**ON_EKS, "secrets": {"installExternalSecrets": True}},
        problem(
            "secrets.installExternalSecrets",
            "true",
            "has no use with delivery kubernetes: the operator would have nothing to read",
            "",
        ),
    ),
    bad(
        "a key for Secrets Manager that is not used",
        {**ON_EKS, "secrets": {"kmsKeyArn": KMS}},
        problem(
            "secrets.kmsKeyArn",
            '"arn:aws:kms:ap-northeast-2:123456789012:key/1234abcd-12ab-34cd-56ef-12345678...',
            "is for Secrets Manager; with delivery kubernetes nothing is encrypted with it",
            "",
        ),
    ),
    bad(
        "a database in the cluster beside protected entries",
        {**ON_EKS, "secrets": MANAGED},
        problem(
            "database.engine",
            '"statefulSet"',
            "has no backup, and secrets.protect asks to keep what would be lost "
            "with it; take rds or external",
            "",
        ),
    ),
    bad(
        "secret variables that fill an entry",
        {
            **ON_EKS,
            "database": EXTERNAL,
            "secrets": MANAGED,
            "langfuse": {
                "secretEnvironment": {"ADMIN_API_KEY": Encrypted("b" * 65000)},
                "licenseKey": Encrypted("a" * 100),
            },
        },
        problem(
            "langfuse.secretEnvironment.ADMIN_API_KEY",
            "[secret]",
            "is the largest in an entry of about 66176 bytes (an estimate, with the generated "
            "credentials); Secrets Manager takes 65536",
            "",
        ),
    ),
    bad(
        "a licence that fills an entry",
        {
            **ON_EKS,
            "database": EXTERNAL,
            "secrets": MANAGED,
            "langfuse": {"licenseKey": Encrypted("a" * 65000)},
        },
        problem(
            "langfuse.licenseKey",
            "[secret]",
            "is the largest in an entry of about 66055 bytes (an estimate, with the generated "
            "credentials); Secrets Manager takes 65536",
            "",
        ),
    ),
    bad(
        "object storage without an EKS cluster",
        {"objectStorage": {"engine": "s3", "media": True}},
        problem(
            "objectStorage",
            "(an object)",
            "needs an EKS cluster (cluster.eksName): pods reach the bucket from its account",
            "",
        ),
    ),
    bad(
        "object storage for nothing",
        {**ON_EKS, "objectStorage": {"engine": "s3", "exports": False}},
        problem(
            "objectStorage.exports",
            "false",
            "must be true, or objectStorage.media: the bucket would hold nothing",
            "",
        ),
    ),
    bad(
        "an expiry in a bucket of another team",
        {
            **ON_EKS,
            "objectStorage": {"engine": "s3", "bucket": "exports-123456789012", "exportDays": 7},
        },
        problem(
            "objectStorage.exportDays",
            "7",
            "is for a bucket that the program creates; an existing one keeps its own rules",
            "",
        ),
    ),
    bad(
        "media before 2.90.0",
        {
            **ON_EKS,
            "langfuse": {"version": "2.89.0"},
            "objectStorage": {"engine": "s3", "media": True},
        },
        problem(
            "objectStorage.media",
            "true",
            "needs Langfuse 2.90.0 or newer; this is 2.89.0",
            "",
        ),
    ),
    bad(
        "exports before 2.81.1 without an access key",
        {
            **ON_EKS,
            "langfuse": {"version": "2.81.0"},
            "objectStorage": {"engine": "s3", "exports": True},
        },
        problem(
            "objectStorage.accessKeyId",
            "(nothing)",
            "is required for exports before Langfuse 2.81.1, which take no role; this is 2.81.0",
            "pulumi config set --secret --path @objectStorage.accessKeyId",
        ),
        problem(
            "objectStorage.secretAccessKey",
            "(nothing)",
            "is required for exports before Langfuse 2.81.1, which take no role; this is 2.81.0",
            "pulumi config set --secret --path @objectStorage.secretAccessKey",
        ),
    ),
    bad(
        "half an access key",
        {
            **ON_EKS,
            "langfuse": OLD,
            "objectStorage": {"engine": "s3", "accessKeyId": Encrypted("AKIAEXAMPLE")},
        },
        problem(
            "objectStorage.secretAccessKey",
            "(nothing)",
            "is required for exports before Langfuse 2.81.1, which take no role; this is 2.80.0",
            "pulumi config set --secret --path @objectStorage.secretAccessKey",
        ),
    ),
    bad(
        "an access key that is not needed",
        {
            **ON_EKS,
            "langfuse": {"version": "2.81.1"},
            "objectStorage": {
                "engine": "s3",
                "accessKeyId": Encrypted("AKIAEXAMPLE"),
                "secretAccessKey": Encrypted("hunter2"),
            },
        },
        problem(
            "objectStorage.accessKeyId",
            "[secret]",
            "has no use from Langfuse 2.81.1 on, which takes the role of its pods",
            "",
        ),
        problem(
            "objectStorage.secretAccessKey",
            "[secret]",
            "has no use from Langfuse 2.81.1 on, which takes the role of its pods",
            "",
        ),
    ),
    bad(
        "an access key in clear",
        {
            **ON_EKS,
            "langfuse": OLD,
            "objectStorage": {
                "engine": "s3",
                "accessKeyId": "AKIAEXAMPLE",
                "secretAccessKey": "hunter2",
            },
        },
        problem(
            "objectStorage.accessKeyId",
            "[secret]",
            "is a secret and has to be stored encrypted",
            "pulumi config set --secret --path @objectStorage.accessKeyId",
        ),
        problem(
            "objectStorage.secretAccessKey",
            "[secret]",
            "is a secret and has to be stored encrypted",
            "pulumi config set --secret --path @objectStorage.secretAccessKey",
        ),
    ),
    bad(
        "a misspelt bucket beside an access key",
        {
            **ON_EKS,
            "langfuse": OLD,
            "objectStorage": {
                "engine": "s3",
                "accessKeyId": Encrypted("AKIAEXAMPLE"),
                "secretAccessKey": Encrypted("hunter2"),
                "bucket": "Exports",
            },
        },
        problem(
            "objectStorage.bucket",
            "[secret]",
            "must be an S3 bucket name",
            "pulumi config set --secret --path @objectStorage.bucket",
        ),
    ),
]


@pytest.mark.parametrize(("change", "expected"), BAD)
def test_refuses(change: Mapping[str, Any], expected: list[Problem]) -> None:
    assert problems(change) == expected


@pytest.mark.parametrize(
    ("stack", "fix"),
    [
        ("production-in-eu-west-1", ""),
        ("Prod", "pulumi stack rename prod"),
        ("prod.eu", "pulumi stack rename prod-eu"),
        ("_", ""),
    ],
)
def test_a_stack_in_aws_whose_name_does_not_fit_into_names_is_refused(stack: str, fix: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(stack, *small(ON_EKS))

    assert list(caught.value.problems) == [
        Problem(
            "stack",
            f'"{stack}"',
            "must be 22 characters at most in AWS, small letters and digits with single hyphens "
            "between them: names of buckets and RDS instances hold it",
            fix,
        )
    ]


def test_a_stack_elsewhere_may_have_any_name() -> None:
    assert read("My.stack_of-a-long-name-for-a-laptop", *small()).stack.startswith("My.")


def test_a_name_is_judged_only_with_a_cluster_that_is_valid() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read("Prod", *small({**ON_EKS, "cluster": {**EKS, "namespace": "Not a name"}}))

    assert [p.key for p in caught.value.problems] == ["agent-observability:cluster.namespace"]
