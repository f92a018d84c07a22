"""IAM documents of the alarms' topic: exact. Does not prove that AWS delivers."""

from __future__ import annotations

from components.monitoring.alarms import topic_iam

TOPIC = "arn:aws:sns:ap-northeast-2:123456789012:langfuse-alarms"


def test_only_cloudwatch_for_the_stacks_alarms_and_rds_publish_and_never_in_clear() -> None:
    assert topic_iam.topic_policy(topic_arn=TOPIC, alarm_prefix="langfuse/prod/") == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "PublishAlarms",
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": TOPIC,
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": "123456789012"},
                    "ArnLike": {
                        "aws:SourceArn": (
                            "arn:aws:cloudwatch:ap-northeast-2:123456789012:alarm:langfuse/prod/*"
                        )
                    },
                },
            },
            {
                "Sid": "PublishEvents",
                "Effect": "Allow",
                "Principal": {"Service": "events.rds.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": TOPIC,
                "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
            },
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": ["sns:Publish", "sns:Subscribe"],
                "Resource": TOPIC,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }


def test_the_partition_of_the_alarms_is_that_of_the_topic() -> None:
    topic = "arn:aws-cn:sns:cn-north-1:123456789012:langfuse-alarms"

    publish, _, _ = topic_iam.topic_policy(topic_arn=topic, alarm_prefix="a/")["Statement"]

    assert publish.get("Condition", {})["ArnLike"] == {
        "aws:SourceArn": "arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:a/*"
    }


def test_cloudwatch_and_rds_may_use_the_key_and_the_account_administers_it() -> None:
    account = "arn:aws:iam::123456789012:root"

    assert topic_iam.key_policy(account_arn=account) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AccountAdministers",
                "Effect": "Allow",
                "Principal": {"AWS": account},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Sid": "EncryptAlarms",
                "Effect": "Allow",
                "Principal": {"Service": ["cloudwatch.amazonaws.com", "events.rds.amazonaws.com"]},
                "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
                "Resource": "*",
            },
        ],
    }
