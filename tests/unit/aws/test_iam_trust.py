"""Who may take a role, word for word. Does not prove that AWS reads it so."""

import json

import pytest

from components.aws import iam_documents, iam_trust

ISSUER = "oidc.eks.ap-northeast-2.amazonaws.com/id/0123"
PROVIDER = f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"


def test_a_role_trusts_one_service_account_by_exact_subject_and_audience() -> None:
    trust = iam_trust.irsa_trust(
        oidc_provider_arn=PROVIDER,
        issuer_host=ISSUER,
        namespace="observability",
        service_accounts=["langfuse"],
    )

    assert trust == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ServiceAccount",
                "Effect": "Allow",
                "Principal": {"Federated": PROVIDER},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {
                        f"{ISSUER}:sub": "system:serviceaccount:observability:langfuse",
                        f"{ISSUER}:aud": "sts.amazonaws.com",
                    }
                },
            }
        ],
    }


def test_a_role_trusts_several_service_accounts_by_their_exact_subjects() -> None:
    trust = iam_trust.irsa_trust(
        oidc_provider_arn=PROVIDER,
        issuer_host=ISSUER,
        namespace="observability",
        service_accounts=["langfuse", "langfuse-worker"],
    )

    assert trust["Statement"][0].get("Condition") == {
        "StringEquals": {
            f"{ISSUER}:sub": [
                "system:serviceaccount:observability:langfuse",
                "system:serviceaccount:observability:langfuse-worker",
            ],
            f"{ISSUER}:aud": "sts.amazonaws.com",
        }
    }


def test_an_issuer_with_its_scheme_is_refused_because_no_claim_would_match() -> None:
    with pytest.raises(ValueError, match="without its scheme"):
        iam_trust.irsa_trust(
            oidc_provider_arn=PROVIDER,
            issuer_host=f"https://{ISSUER}",
            namespace="observability",
            service_accounts=["langfuse"],
        )


def test_a_service_is_trusted_for_one_account_and_its_resources() -> None:
    trust = iam_trust.service_trust(
        "monitoring.rds.amazonaws.com",
        account_id="123456789012",
        source_arn="arn:aws:rds:ap-northeast-2:123456789012:db:*",
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


def test_a_document_is_written_as_json_and_read_back_the_same() -> None:
    document = iam_documents.document(
        {"Sid": "One", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/k"}
    )

    assert json.loads(iam_documents.encode(document)) == document
    assert document["Version"] == "2012-10-17"


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_the_partition_is_the_second_part_of_an_arn(partition: str) -> None:
    assert iam_documents.partition(f"arn:{partition}:s3:::bucket") == partition
