"""An SNS topic for alarms, encrypted with a key that CloudWatch can use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_aws import kms, sns

from components.aws.iam_documents import encode
from components.monitoring.alarms import topic_iam

TYPE = "agent-observability:index:AlarmTopic"

_DELETION_DAYS: Final = 30
"""How long a deletion of the key can be cancelled. Only undelivered messages need the key."""


@dataclass(frozen=True, kw_only=True)
class AlarmTopicArgs:
    partition: pulumi.Input[str]
    """``aws``, ``aws-cn``, ``aws-us-gov``."""
    account_id: pulumi.Input[str]
    """Account of the topic and of the alarms."""
    name_prefix: str
    """What the topic's name begins with, that of no other stack."""
    alarm_prefix: str
    """What the names of the alarms begin with that may be published."""
    email: str
    """Address that gets the alarms, after its owner has confirmed the subscription."""


class AlarmTopic(pulumi.ComponentResource):
    """A topic that CloudWatch may publish a stack's alarms to, with one subscription."""

    arn: pulumi.Output[str]
    """ARN of the topic; resolves when CloudWatch may publish."""

    def __init__(
        self, name: str, args: AlarmTopicArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        key = kms.Key(
            f"{name}-key",
            description="Alarms of Langfuse on their way through SNS",
            enable_key_rotation=True,
            deletion_window_in_days=_DELETION_DAYS,
            policy=pulumi.Output.format(
                "arn:{0}:iam::{1}:root", args.partition, args.account_id
            ).apply(lambda arn: encode(topic_iam.key_policy(account_arn=arn))),
            opts=child,
        )
        # By a prefix, so that a replacement exists before the alarms stop using the old topic.
        topic = sns.Topic(
            f"{name}-topic",
            name_prefix=f"{args.name_prefix}-topic-",
            kms_master_key_id=key.arn,
            opts=child,
        )
        policy = sns.TopicPolicy(
            f"{name}-policy",
            arn=topic.arn,
            policy=topic.arn.apply(
                lambda arn: encode(
                    topic_iam.topic_policy(topic_arn=arn, alarm_prefix=args.alarm_prefix)
                )
            ),
            opts=child,
        )
        # Pending until the recipient follows the link in AWS's message. A pending subscription
        # cannot be deleted; AWS removes it after two days
        # (https://docs.aws.amazon.com/sns/latest/dg/sns-delete-subscription-topic.html).
        sns.TopicSubscription(
            f"{name}-email", topic=topic.arn, protocol="email", endpoint=args.email, opts=child
        )
        self.arn = pulumi.Output.all(topic.arn, policy.id).apply(lambda known: known[0])
        self.register_outputs({"arn": self.arn})
