"""IAM document of the bucket for the load balancer's access logs."""

from __future__ import annotations

from typing import Final

from components.aws.iam_documents import PolicyDocument, document, tls_only

DELIVERY: Final = "logdelivery.elasticloadbalancing.amazonaws.com"
"""Elastic Load Balancing, in every region. It replaces the account ids of older examples."""


def access_log_policy(*, bucket_arn: str, prefix: str, account_id: str) -> PolicyDocument:
    """Load balancers of one account may write below ``prefix``; plain HTTP is refused.

    The load balancer chooses the object names: ``<prefix>/AWSLogs/<account>/…``. The account in the
    path is its own, so a load balancer of another account cannot write here. No condition is
    needed, and AWS documents none for this principal
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html).
    """
    return document(
        {
            "Sid": "WriteAccessLogs",
            "Effect": "Allow",
            "Principal": {"Service": DELIVERY},
            "Action": "s3:PutObject",
            # `*` for the names that the load balancer chooses, with date, time and address.
            "Resource": f"{bucket_arn}/{prefix}/AWSLogs/{account_id}/*",
        },
        tls_only("s3", [bucket_arn, f"{bucket_arn}/*"]),
    )
