"""Whether the alarms reach anyone: the topic, and the addresses that subscribe to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stacks.names import STACK_TAG
from tooling.doctor.aws.session.account import Account
from tooling.doctor.findings import Finding

_PENDING: Final = {"PendingConfirmation", "Deleted"}
"""In place of an ARN: https://docs.aws.amazon.com/sns/latest/api/API_Subscription.html."""


def topic(account: Account) -> Iterator[Finding]:
    """Whether the given SNS topic is there, and CloudWatch can publish to it."""
    monitoring = account.settings.monitoring
    arn = monitoring.alarms.topic_arn if monitoring and monitoring.alarms else None
    if arn is None:
        return
    aws = account.aws
    found = aws.look_up(
        "sns", "GetTopicAttributes", {"NotFound", "NotFoundException"}, TopicArn=arn
    )
    if found is None:
        yield _about_topic(
            arn,
            "There is no such topic (monitoring.alarms.topicArn): the alarms would be made, but "
            "would notify no one. The command lists the topics that are there.",
            aws.command("sns", "list-topics", "--output", "text"),
        )
    elif found.get("Attributes", {}).get("KmsMasterKeyId", "").endswith("alias/aws/sns"):
        # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
        yield _about_topic(
            arn,
            "It is encrypted with alias/aws/sns, a key that CloudWatch may not use: no alarm "
            "arrives, and no error is reported. Give it a key of your own whose policy admits "
            "cloudwatch.amazonaws.com; others may publish to it, so ask whose it is.",
            aws.command("sns", "get-topic-attributes", "--topic-arn", arn),
        )


def _about_topic(arn: str, cause: str, command: str) -> Finding:
    return Finding.warning(
        "topic-missing", f"SNS topic {arn.rsplit(':', maxsplit=1)[-1]}", cause, command
    )


def subscriptions(account: Account) -> Iterator[Finding]:
    """Whether anyone gets the alarms, and which addresses have not confirmed that they want to."""
    monitoring = account.settings.monitoring
    if monitoring is None or monitoring.alarms is None:
        return
    aws = account.aws
    for arn in [monitoring.alarms.topic_arn] if monitoring.alarms.topic_arn else _own(account):
        listed = aws.pages("sns", "ListSubscriptionsByTopic", "Subscriptions", TopicArn=arn)
        confirmed = [item for item in listed if item["SubscriptionArn"] not in _PENDING]
        pending = [item for item in listed if item["SubscriptionArn"] == "PendingConfirmation"]
        show = aws.command("sns", "list-subscriptions-by-topic", "--topic-arn", arn)
        if pending:
            count = f"{len(pending)} of {len(listed)} subscriptions"
            kinds = ", ".join(sorted({item["Protocol"] for item in pending}))
            yield _about_subscription(
                arn,
                f"{count} ({kinds}) were not confirmed: AWS sent a message with a link, which is "
                "valid for two days, and sends no alarm before it was opened. After that, "
                "subscribe again.",
                show,
            )
        elif not confirmed:
            yield _about_subscription(arn, "No one subscribes to it: alarms reach no one.", show)


def _own(account: Account) -> list[str]:
    """The topic that the stack makes, which has its tag."""
    found = account.aws.pages(
        "resourcegroupstaggingapi",
        "GetResources",
        "ResourceTagMappingList",
        TagFilters=[{"Key": STACK_TAG, "Values": [account.settings.stack]}],
        ResourceTypeFilters=["sns"],
    )
    return sorted(item["ResourceARN"] for item in found)


def _about_subscription(arn: str, cause: str, command: str) -> Finding:
    return Finding.warning(
        "subscription-unconfirmed", f"SNS topic {arn.rpartition(':')[2]}", cause, command
    )
