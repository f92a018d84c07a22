"""IAM documents of the bucket, word for word."""

from components.storage import object_storage_iam

BUCKET = "arn:aws:s3:::langfuse-storage"
KEY = "arn:aws:kms:ap-northeast-2:123456789012:key/1234"
OBJECTS = {
    "Sid": "Objects",
    "Effect": "Allow",
    "Action": ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
    "Resource": [f"{BUCKET}/lf-export-*", f"{BUCKET}/media/*"],
}


def test_langfuse_reads_and_writes_objects_below_its_prefixes_and_nothing_else() -> None:
    policy = object_storage_iam.langfuse_access(
        [(BUCKET, ["lf-export-", "media/"])],
        manages=False,
        region="ap-northeast-2",
        kms_key_arn=None,
    )

    assert policy == {"Version": "2012-10-17", "Statement": [OBJECTS]}


def test_a_key_may_be_used_by_way_of_s3_in_the_region_alone() -> None:
    policy = object_storage_iam.langfuse_access(
        [(BUCKET, ["lf-export-", "media/"])],
        manages=False,
        region="ap-northeast-2",
        kms_key_arn=KEY,
    )

    assert policy == {
        "Version": "2012-10-17",
        "Statement": [
            OBJECTS,
            {
                "Sid": "Key",
                "Effect": "Allow",
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": KEY,
                "Condition": {
                    "StringEquals": {"kms:ViaService": "s3.ap-northeast-2.amazonaws.com"}
                },
            },
        ],
    }


def test_metrics_are_published_to_one_namespace_where_they_are() -> None:
    policy = object_storage_iam.langfuse_access(
        [(BUCKET, ["lf-export-", "media/"])],
        manages=False,
        region="ap-northeast-2",
        kms_key_arn=None,
        metrics="Langfuse",
    )

    assert policy == {
        "Version": "2012-10-17",
        "Statement": [
            OBJECTS,
            {
                "Sid": "Metrics",
                "Effect": "Allow",
                "Action": "cloudwatch:PutMetricData",
                "Resource": "*",
                "Condition": {"StringEquals": {"cloudwatch:namespace": "Langfuse"}},
            },
        ],
    }


def test_from_version_3_on_langfuse_lists_and_deletes_what_is_below_its_prefixes() -> None:
    media = "arn:aws:s3:::langfuse-media"
    policy = object_storage_iam.langfuse_access(
        [(BUCKET, ["events/", "exports/"]), (media, ["media/"])],
        manages=True,
        region="ap-northeast-2",
        kms_key_arn=None,
    )

    assert policy == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Objects",
                "Effect": "Allow",
                "Action": [
                    "s3:GetObject",
                    "s3:PutObject",
                    "s3:AbortMultipartUpload",
                    "s3:ListMultipartUploadParts",
                    "s3:DeleteObject",
                ],
                "Resource": [f"{BUCKET}/events/*", f"{BUCKET}/exports/*", f"{media}/media/*"],
            },
            {
                "Sid": "Lists",
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": [BUCKET, media],
                "Condition": {"StringLike": {"s3:prefix": ["events/*", "exports/*", "media/*"]}},
            },
        ],
    }


def test_one_bucket_for_everything_is_listed_once() -> None:
    policy = object_storage_iam.langfuse_access(
        [(BUCKET, ["events/"]), (BUCKET, ["media/"])],
        manages=True,
        region="ap-northeast-2",
        kms_key_arn=None,
    )

    assert policy["Statement"][1].get("Resource") == [BUCKET]


def test_the_service_of_a_key_has_the_partitions_domain() -> None:
    policy = object_storage_iam.langfuse_access(
        [("arn:aws-cn:s3:::langfuse-storage", ["media/"])],
        manages=False,
        region="cn-north-1",
        kms_key_arn=KEY,
    )

    assert policy["Statement"][1].get("Condition") == {
        "StringEquals": {"kms:ViaService": "s3.cn-north-1.amazonaws.com.cn"}
    }


def test_the_bucket_refuses_plain_http_and_other_accounts_and_grants_nothing() -> None:
    policy = object_storage_iam.bucket_policy(bucket_arn=BUCKET, account_id="123456789012")

    # Wildcards: a refusal that names actions or callers leaves one out.
    assert policy == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [BUCKET, f"{BUCKET}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
            {
                "Sid": "OwnAccountOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [BUCKET, f"{BUCKET}/*"],
                "Condition": {
                    "StringNotEquals": {"aws:PrincipalAccount": "123456789012"},
                    "Bool": {"aws:PrincipalIsAWSService": "false"},
                },
            },
        ],
    }
