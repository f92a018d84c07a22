"""IAM documents of the RDS instance."""

from __future__ import annotations

from components.aws.iam_documents import PolicyDocument
from components.aws.iam_trust import service_trust


def monitoring_trust(*, partition: str, region: str, account_id: str) -> PolicyDocument:
    """Trust in RDS's Enhanced Monitoring for the account's DB instances in one region.

    ``db:*``: the instance does not exist yet when it is given the role, and its identifier is the
    provider's to invent. Account and region are exact.
    """
    return service_trust(
        "monitoring.rds.amazonaws.com",
        account_id=account_id,
        source_arn=f"arn:{partition}:rds:{region}:{account_id}:db:*",
    )


def monitoring_policy_arn(partition: str) -> str:
    """AWS's own policy for Enhanced Monitoring: it writes to the log groups ``RDS*`` alone.

    The managed one, because the agent that uses it is AWS's to change, and asks for no other.
    """
    return f"arn:{partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
