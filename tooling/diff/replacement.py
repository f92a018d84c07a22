"""Which changes make a provider replace a resource: a table, with the sources that say so. Pure.

The engine asks the providers; offline nobody can. Kubernetes: the provider's list
``forceNewProperties``. AWS: ``ForceNew`` (or ``RequiresReplace``) in the schemas of the Terraform
provider that Pulumi's is built on. A type that is not here is said to be unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tooling.diff.model import ABSENT, PropertyChange, Resource, Snapshot
from tooling.diff.properties import covers

_KUBERNETES: Final = (
    "https://github.com/pulumi/pulumi-kubernetes/blob/v4.34.2/provider/pkg/provider/diff.go"
)
_TERRAFORM: Final = (
    "https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/"
)
_RANDOM: Final = (
    "https://github.com/hashicorp/terraform-provider-random/blob/main/internal/provider/"
)
_PROVIDERS: Final = (
    "https://github.com/pulumi/pulumi-kubernetes/blob/v4.34.2/provider/pkg/provider/provider.go"
)
_PROGRAM: Final = "the program's own `replace_on_changes`"

_EVERY_OBJECT: Final = ("metadata.name", "metadata.namespace")


@dataclass(frozen=True)
class Rule:
    """What replaces a resource of one type."""

    paths: tuple[str, ...]
    """Inputs in the provider's spelling, with all that is below them."""
    source: str
    appearing: tuple[str, ...] = ()
    """Inputs that replace it only where they appear or disappear."""
    unsure: tuple[str, ...] = ()
    """Inputs that replace it in some releases of the provider, or for some values."""


def _aws(paths: str, file: str, **more: tuple[str, ...]) -> Rule:
    return Rule(tuple(paths.split()), _TERRAFORM + file, **more)


_BUCKET_PART: Final = "bucket expectedBucketOwner"
_NAMED: Final = "name namePrefix"

RULES: Final[dict[str, Rule]] = {
    "aws:acm/certificate:Certificate": _aws(
        "domainName validationMethod subjectAlternativeNames keyAlgorithm validationOptions "
        "certificateAuthorityArn",
        "acm/certificate.go",
    ),
    "aws:acm/certificateValidation:CertificateValidation": _aws(
        "certificateArn validationRecordFqdns", "acm/certificate_validation.go"
    ),
    "aws:cloudwatch/dashboard:Dashboard": _aws("dashboardName", "cloudwatch/dashboard.go"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _aws("name", "cloudwatch/metric_alarm.go"),
    "aws:ec2/securityGroup:SecurityGroup": _aws(
        f"{_NAMED} description vpcId", "ec2/vpc_security_group.go"
    ),
    "aws:iam/role:Role": _aws(f"{_NAMED} path", "iam/role.go"),
    "aws:iam/rolePolicy:RolePolicy": _aws(f"{_NAMED} role", "iam/role_policy.go"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _aws(
        "policyArn role", "iam/role_policy_attachment.go"
    ),
    "aws:kms/key:Key": _aws(
        "customerMasterKeySpec keyUsage customKeyStoreId multiRegion xksKeyId", "kms/key.go"
    ),
    "aws:rds/eventSubscription:EventSubscription": _aws(_NAMED, "rds/event_subscription.go"),
    "aws:rds/instance:Instance": _aws(
        "availabilityZone backupTarget characterSetName customIamInstanceProfile dbName engine "
        "kmsKeyId ncharCharacterSetName restoreToPointInTime snapshotIdentifier storageEncrypted "
        "timezone username",
        "rds/instance.go",
        unsure=("identifier", "identifierPrefix", "engineLifecycleSupport", "s3Import"),
    ),
    "aws:rds/parameterGroup:ParameterGroup": _aws(
        f"{_NAMED} family description", "rds/parameter_group.go"
    ),
    "aws:rds/subnetGroup:SubnetGroup": _aws(_NAMED, "rds/subnet_group.go"),
    "aws:route53/record:Record": _aws("name zoneId", "route53/record.go"),
    "aws:s3/bucket:Bucket": _aws("bucket bucketPrefix objectLockEnabled", "s3/bucket.go"),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _aws(
        _BUCKET_PART, "s3/bucket_lifecycle_configuration.go"
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _aws(
        "bucket", "s3/bucket_ownership_controls.go"
    ),
    "aws:s3/bucketPolicy:BucketPolicy": _aws("bucket", "s3/bucket_policy.go"),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _aws(
        "bucket", "s3/bucket_public_access_block.go"
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _aws(
        _BUCKET_PART, "s3/bucket_server_side_encryption_configuration.go"
    ),
    "aws:s3/bucketVersioning:BucketVersioning": _aws(_BUCKET_PART, "s3/bucket_versioning.go"),
    "aws:secretsmanager/secret:Secret": _aws(_NAMED, "secretsmanager/secret.go"),
    "aws:secretsmanager/secretPolicy:SecretPolicy": _aws(
        "secretArn", "secretsmanager/secret_policy.go"
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": _aws(
        "secretId secretString secretBinary secretStringWoVersion",
        "secretsmanager/secret_version.go",
    ),
    "aws:sns/topic:Topic": _aws(f"{_NAMED} fifoTopic", "sns/topic.go"),
    "aws:sns/topicPolicy:TopicPolicy": _aws("arn", "sns/topic_policy.go"),
    "aws:sns/topicSubscription:TopicSubscription": _aws(
        "endpoint protocol topic", "sns/topic_subscription.go"
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _aws(
        "securityGroupId",
        "ec2/vpc_security_group_ingress_rule.go",
        appearing=("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"),
    ),
    "kubernetes:apps/v1:Deployment": Rule(("spec.selector",), _KUBERNETES),
    "kubernetes:apps/v1:StatefulSet": Rule(
        (
            "spec.podManagementPolicy",
            "spec.revisionHistoryLimit",
            "spec.selector",
            "spec.serviceName",
            "spec.volumeClaimTemplates",
        ),
        _KUBERNETES,
    ),
    "kubernetes:batch/v1:Job": Rule(
        ("spec.completions", "spec.parallelism", "spec.selector", "spec.template"), _KUBERNETES
    ),
    "kubernetes:core/v1:PersistentVolumeClaim": Rule(("spec",), _KUBERNETES),
    "kubernetes:core/v1:Service": Rule(("spec.clusterIP",), _KUBERNETES),
    "kubernetes:storage.k8s.io/v1:StorageClass": Rule(("parameters", "provisioner"), _KUBERNETES),
    "pulumi:providers:aws": Rule((), _PROVIDERS, unsure=("region",)),
    "pulumi:providers:kubernetes": Rule(
        ("clusterIdentifier",), _PROVIDERS, unsure=("context", "kubeconfig")
    ),
    "random:index/randomId:RandomId": Rule(("*",), _RANDOM + "resource_id.go"),
    "random:index/randomPassword:RandomPassword": Rule(("*",), _RANDOM + "resource_password.go"),
}
"""Kubernetes kinds besides are replaced by their name and namespace alone."""

_DATA: Final = {
    "kubernetes:core/v1:ConfigMap": ("enableConfigMapMutable", ("binaryData", "data")),
    "kubernetes:core/v1:Secret": ("enableSecretMutable", ("type", "stringData", "data")),
}
"""Replaced by their data if they are immutable, or the provider's switch is off."""


def is_known(type_: str) -> bool:
    """Whether the table knows what replaces a resource of a type."""
    return type_ in RULES or type_.startswith("kubernetes:")


def why(
    change: PropertyChange, before: Resource, after: Resource, side: Snapshot
) -> tuple[str | None, bool]:
    """The source that says a change replaces the resource; and whether that is unsure."""
    path = change.path
    if any(covers(pattern, path) for pattern in after.replace_on_changes):
        return _PROGRAM, False
    rule = RULES.get(after.type)
    if rule is not None:
        if any(covers(pattern, path) for pattern in rule.paths):
            return rule.source, False
        one_sided = change.before is ABSENT or change.after is ABSENT
        if one_sided and any(covers(pattern, path) for pattern in rule.appearing):
            return rule.source, False
        if any(covers(pattern, path) for pattern in rule.unsure):
            return None, True
    if after.type.startswith("kubernetes:"):
        patterns = _EVERY_OBJECT + _data_of(before, after, side)
        if any(covers(pattern, path) for pattern in patterns):
            return _KUBERNETES, False
    return None, False


def follows(resource: Resource, inputs: list[str]) -> str:
    """What becomes of a resource whose ``inputs`` come from one that is replaced."""
    rule = RULES.get(resource.type)
    forced = [name for name in inputs if rule and any(covers(p, (name,)) for p in rule.paths)]
    if forced:
        return f"is replaced if {_and(forced)} changes with it"
    return f"is updated if {_and(inputs)} changes with it"


def _and(names: list[str]) -> str:
    return " or ".join(f"`{name}`" for name in names)


def _data_of(before: Resource, after: Resource, side: Snapshot) -> tuple[str, ...]:
    if after.type not in _DATA:
        return ()
    switch, paths = _DATA[after.type]
    provider = side.resources.get(after.provider)
    # Strings on the wire: a provider's inputs are.
    mutable = provider is not None and str(provider.inputs.get(switch)).lower() == "true"
    fixed = before.inputs.get("immutable") or after.inputs.get("immutable")
    return paths if fixed or not mutable else ()
