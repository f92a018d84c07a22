"""The IAM document of the access-log bucket: exact. Does not prove that AWS can write by it."""

from components.endpoint.access_log_iam import access_log_policy


def test_the_load_balancers_of_one_account_write_below_one_prefix_and_by_tls() -> None:
    policy = access_log_policy(
        bucket_arn="arn:aws:s3:::logs", prefix="langfuse", account_id="123456789012"
    )

    assert policy == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "WriteAccessLogs",
                "Effect": "Allow",
                "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": "arn:aws:s3:::logs/langfuse/AWSLogs/123456789012/*",
            },
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }
