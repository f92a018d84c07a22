"""IAM documents of the RDS instance, word for word."""

from components.postgres.rds import iam as rds_iam


def test_enhanced_monitoring_is_trusted_for_this_accounts_instances_in_this_region() -> None:
    trust = rds_iam.monitoring_trust(
        partition="aws", region="ap-northeast-2", account_id="123456789012"
    )

    assert trust == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Service",
                "Effect": "Allow",
                "Principal": {"Service": "monitoring.rds.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": "123456789012"},
                    "ArnLike": {"aws:SourceArn": "arn:aws:rds:ap-northeast-2:123456789012:db:*"},
                },
            }
        ],
    }


def test_the_monitoring_policy_is_the_partitions_own() -> None:
    policy = "policy/service-role/AmazonRDSEnhancedMonitoringRole"

    assert rds_iam.monitoring_policy_arn("aws") == f"arn:aws:iam::aws:{policy}"
    assert rds_iam.monitoring_policy_arn("aws-cn") == f"arn:aws-cn:iam::aws:{policy}"
