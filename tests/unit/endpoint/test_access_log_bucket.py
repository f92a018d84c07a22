"""The access-log bucket: exact inputs and order. Does not prove that a load balancer can write."""

import json

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap

from components.endpoint.access_log_bucket import AccessLogBucket, AccessLogBucketArgs
from components.endpoint.access_log_iam import access_log_policy
from tests.support.component_run import run_component
from tests.support.recordings import all_before, inputs
from tooling.engineless.recording import Recording

LOGS = "langfuse-endpoint-access-logs"


def recorded() -> Recording:
    def body() -> None:
        args = AccessLogBucketArgs(
            name_prefix="langfuse-prod-logs",
            prefix="langfuse",
            account_id="123456789012",
            days=90,
        )
        logs = AccessLogBucket(LOGS, args)
        pulumi.export("bucket", logs.bucket_name)
        ConfigMap("user", data={"bucket": logs.bucket_name})

    return run_component(body)


def test_the_bucket_is_private_encrypted_by_s3_and_emptied_in_time() -> None:
    recording = recorded()

    bucket = recording.exports["bucket"]
    policy = access_log_policy(
        bucket_arn=f"arn:aws:s3:::{bucket}", prefix="langfuse", account_id="123456789012"
    )
    made = {r.name: r.inputs for r in recording.resources.values() if r.type.startswith("aws:")}
    assert made == {
        f"{LOGS}-bucket": {"bucketPrefix": "langfuse-prod-logs-", "forceDestroy": True},
        f"{LOGS}-public-access-block": {
            "bucket": bucket,
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
        f"{LOGS}-encryption": {
            "bucket": bucket,
            "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}],
        },
        f"{LOGS}-lifecycle": {
            "bucket": bucket,
            "rules": [
                {
                    "id": "expire",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "expiration": {"days": 90},
                    "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
                }
            ],
        },
        f"{LOGS}-policy": {"bucket": bucket, "policy": json.dumps(policy)},
    }


def test_who_uses_the_name_waits_until_load_balancers_may_write() -> None:
    recording = recorded()

    assert inputs(recording, "user")["data"] == {"bucket": recording.exports["bucket"]}
    assert {f"{LOGS}-policy", f"{LOGS}-encryption"} <= all_before(recording, "user")
