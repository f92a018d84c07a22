"""IAM documents of the RDS instance."""

from __future__ import annotations

from components.aws.iam_documents import PolicyDocument
from components.aws.iam_trust import service_trust


def monitoring_trust(*, partition: str, region: str, account_id: str) -> PolicyDocument:
    """Trust in RDS's Enhanced Monitoring for the account's DB instances in one region.

    ``db:*``, because the role has to exist before the instance, whose identifier the provider
    generates. Account and region are exact.
    """
    return service_trust(
        "monitoring.rds.amazonaws.com",
        account_id=account_id,
        source_arn=f"arn:{partition}:rds:{region}:{account_id}:db:*",
    )


def monitoring_policy_arn(partition: str) -> str:
    """AWS's managed policy for Enhanced Monitoring: write access to the log groups ``RDS*`` only.

    AWS changes the agent that uses it, and updates the managed policy with it.
    """
    return f"arn:{partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
