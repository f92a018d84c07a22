"""IAM documents of the topic that alarms go to: who may publish, and who may use its key."""

from __future__ import annotations

from typing import Final

from components.aws.iam_documents import PolicyDocument, document, partition

CLOUDWATCH: Final = "cloudwatch.amazonaws.com"
RDS_EVENTS: Final = "events.rds.amazonaws.com"


def topic_policy(*, topic_arn: str, alarm_prefix: str) -> PolicyDocument:
    """CloudWatch may publish for alarms of the topic's account and region whose names begin so, and
    RDS for events of the account; plain HTTP is refused.

    https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html and
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.GrantingPermissions.html
    """
    _, _, _, region, account_id, _ = topic_arn.split(":", 5)
    return document(
        {
            "Sid": "PublishAlarms",
            "Effect": "Allow",
            "Principal": {"Service": CLOUDWATCH},
            "Action": "sns:Publish",
            "Resource": topic_arn,
            "Condition": {
                "StringEquals": {"aws:SourceAccount": account_id},
                "ArnLike": {
                    "aws:SourceArn": (
                        f"arn:{partition(topic_arn)}:cloudwatch:{region}:{account_id}"
                        f":alarm:{alarm_prefix}*"
                    )
                },
            },
        },
        {
            "Sid": "PublishEvents",
            "Effect": "Allow",
            "Principal": {"Service": RDS_EVENTS},
            "Action": "sns:Publish",
            "Resource": topic_arn,
            "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
        },
        {
            # Not `sns:*`, as for other resources: SNS refuses it in the policy of a topic ("Policy
            # statement action out of service scope"). Of the actions that it accepts, these two
            # carry messages
            # (https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html).
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["sns:Publish", "sns:Subscribe"],
            "Resource": topic_arn,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    )


def key_policy(*, account_arn: str) -> PolicyDocument:
    """The account administers the key; CloudWatch and RDS encrypt what they publish.

    The key ``alias/aws/sns`` does not admit CloudWatch, and its policy cannot be changed: alarms
    would not be delivered
    (https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns). ``account_arn``: the
    account's root, ``arn:<partition>:iam::<account>:root``.
    """
    return document(
        {
            # Without it this policy could never be changed again. Roles still need their own
            # permission (https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html).
            "Sid": "AccountAdministers",
            "Effect": "Allow",
            "Principal": {"AWS": account_arn},
            "Action": "kms:*",
            # In the policy of a key: this key.
            "Resource": "*",
        },
        {
            "Sid": "EncryptAlarms",
            "Effect": "Allow",
            "Principal": {"Service": [CLOUDWATCH, RDS_EVENTS]},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
            # No condition on the account: AWS's instructions for CloudWatch have none, and if a
            # request to the key did not carry the account, alarms would not be delivered. The
            # topic's policy says who may publish.
            "Resource": "*",
        },
    )
