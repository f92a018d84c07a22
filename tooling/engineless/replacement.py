"""Which changes make a provider replace a resource: one table, with a source for each row. Pure.

The engine asks the providers; nothing here can. For Kubernetes the rows are the provider's own
list ``forceNewProperties``, for AWS what has ``ForceNew`` (or ``RequiresReplace``) in the schemas
of the Terraform provider that Pulumi's is built on. A type that is not in the table is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tooling.kit.json_values import Path, at, covers

_KUBERNETES: Final = (
    "https://github.com/pulumi/pulumi-kubernetes/blob/v4.34.2/provider/pkg/provider/diff.go"
)
_KUBERNETES_PROVIDER: Final = (
    "https://github.com/pulumi/pulumi-kubernetes/blob/v4.34.2/provider/pkg/provider/provider.go"
)
_AWS_PROVIDER: Final = "https://github.com/pulumi/pulumi-aws/blob/v7.51.1/provider/resources.go"
_URN: Final = "https://www.pulumi.com/docs/iac/concepts/resources/names/#urns"
_IMMUTABLE: Final = (
    "https://kubernetes.io/docs/concepts/configuration/configmap/#configmap-immutable"
)
_TERRAFORM: Final = (
    "https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/"
)
_RANDOM: Final = (
    "https://github.com/hashicorp/terraform-provider-random/blob/main/internal/provider/"
)
_PROGRAM: Final = "the program's own `replace_on_changes`"

MUTABLE: Final = {"enableConfigMapMutable": "true", "enableSecretMutable": "true"}
"""What this program's Kubernetes providers are given, where the provider itself is not at hand."""


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


def _object(paths: str) -> Rule:
    return Rule(tuple(paths.split()), _KUBERNETES)


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
    "aws:cloudwatch/logGroup:LogGroup": _aws(f"{_NAMED} logGroupClass", "logs/group.go"),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": _aws(
        "logGroupName name", "logs/metric_filter.go"
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _aws("name", "cloudwatch/metric_alarm.go"),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _aws(
        "vpcId", "ec2/vpc_default_security_group.go"
    ),
    "aws:ec2/eip:Eip": _aws("domain networkBorderGroup publicIpv4Pool", "ec2/ec2_eip.go"),
    "aws:ec2/flowLog:FlowLog": _aws(
        "destinationOptions eniId iamRoleArn logDestination logDestinationType logFormat "
        "maxAggregationInterval regionalNatGatewayId subnetId trafficType transitGatewayId vpcId",
        "ec2/vpc_flow_log.go",
    ),
    "aws:ec2/internetGateway:InternetGateway": _aws("", "ec2/vpc_internet_gateway.go"),
    "aws:ec2/natGateway:NatGateway": _aws(
        "allocationId availabilityMode connectivityType privateIp subnetId vpcId",
        "ec2/vpc_nat_gateway.go",
        # From addresses that AWS chooses to addresses of one's own.
        unsure=("availabilityZoneAddresses",),
    ),
    "aws:ec2/route:Route": _aws(
        "destinationCidrBlock destinationIpv6CidrBlock destinationPrefixListId routeTableId",
        "ec2/vpc_route.go",
    ),
    "aws:ec2/routeTable:RouteTable": _aws("vpcId", "ec2/vpc_route_table.go"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _aws(
        "gatewayId subnetId", "ec2/vpc_route_table_association.go"
    ),
    "aws:ec2/securityGroup:SecurityGroup": _aws(
        f"{_NAMED} description vpcId", "ec2/vpc_security_group.go"
    ),
    "aws:ec2/subnet:Subnet": _aws(
        "availabilityZone availabilityZoneId cidrBlock outpostArn vpcId", "ec2/vpc_subnet.go"
    ),
    "aws:ec2/vpc:Vpc": _aws("cidrBlock ipv4IpamPoolId", "ec2/vpc_.go"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _aws(
        "serviceName serviceRegion vpcEndpointType vpcId", "ec2/vpc_endpoint.go"
    ),
    "aws:eks/accessEntry:AccessEntry": _aws("clusterName principalArn type", "eks/access_entry.go"),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": _aws(
        "accessScope clusterName policyArn principalArn", "eks/access_policy_association.go"
    ),
    "aws:eks/addon:Addon": _aws("addonName clusterName", "eks/addon.go"),
    "aws:eks/cluster:Cluster": _aws(
        "accessConfig.bootstrapClusterCreatorAdminPermissions bootstrapSelfManagedAddons "
        "kubernetesNetworkConfig.ipFamily kubernetesNetworkConfig.serviceIpv4Cidr name "
        "outpostConfig roleArn vpcConfig.vpcId",
        "eks/cluster.go",
        # A key that is taken away or changed, and subnets of other zones.
        unsure=("encryptionConfig", "vpcConfig.subnetIds"),
    ),
    "aws:elasticache/parameterGroup:ParameterGroup": _aws(
        "name family description", "elasticache/parameter_group.go"
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": _aws(
        "atRestEncryptionEnabled dataTieringEnabled globalReplicationGroupId kmsKeyId networkType "
        "port replicationGroupId securityGroupNames snapshotArns snapshotName subnetGroupName",
        "elasticache/replication_group.go",
        # A lower version, and Redis after Valkey.
        unsure=("engine", "engineVersion", "nodeGroupConfigurations", "transitEncryptionEnabled"),
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": _aws("name", "elasticache/subnet_group.go"),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _aws(
        "url", "iam/openid_connect_provider.go"
    ),
    "aws:iam/policy:Policy": _aws(f"{_NAMED} description path", "iam/policy.go"),
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
    "aws:route53/zone:Zone": _aws("delegationSetId name", "route53/zone.go"),
    "aws:s3/bucket:Bucket": _aws("bucket bucketPrefix objectLockEnabled", "s3/bucket.go"),
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": _aws(
        _BUCKET_PART, "s3/bucket_cors_configuration.go"
    ),
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
    "kubernetes:apps/v1:DaemonSet": _object("spec.selector"),
    "kubernetes:apps/v1:Deployment": _object("spec.selector"),
    "kubernetes:apps/v1:StatefulSet": _object(
        "spec.podManagementPolicy spec.revisionHistoryLimit spec.selector spec.serviceName "
        "spec.volumeClaimTemplates"
    ),
    "kubernetes:batch/v1:Job": _object(
        "spec.completions spec.parallelism spec.selector spec.template"
    ),
    "kubernetes:core/v1:PersistentVolumeClaim": _object(
        "spec.accessModes spec.selector spec.storageClassName spec.volumeName"
    ),
    "kubernetes:core/v1:ResourceQuota": _object("spec.scopes"),
    "kubernetes:core/v1:Secret": _object("type"),
    "kubernetes:core/v1:Service": _object("spec.clusterIP"),
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding": _object("roleRef"),
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": _object("roleRef"),
    "kubernetes:storage.k8s.io/v1:StorageClass": _object("parameters provisioner"),
    "pulumi:providers:aws": Rule((), _AWS_PROVIDER, unsure=("region",)),
    "random:index/randomId:RandomId": Rule(("*",), _RANDOM + "resource_id.go"),
    "random:index/randomPassword:RandomPassword": Rule(("*",), _RANDOM + "resource_password.go"),
}
"""By type. Other kinds of Kubernetes are replaced only by their name and namespace."""

_PROVIDER: Final = "pulumi:providers:kubernetes"
_EVERY_OBJECT: Final = (
    _object("metadata.name metadata.namespace"),
    # Another kind is another type, and the type is part of the URN: another resource.
    Rule(("kind",), _URN),
)
_DATA: Final = {
    "kubernetes:core/v1:ConfigMap": ("enableConfigMapMutable", "binaryData data"),
    "kubernetes:core/v1:Secret": ("enableSecretMutable", "stringData data"),
}
"""Replaced by their data if they are immutable, or the provider's switch is off."""


def is_known(type_: str) -> bool:
    """Whether the table knows what replaces a resource of a type."""
    return type_ in RULES or type_ == _PROVIDER or type_.startswith("kubernetes:")


def rules(
    type_: str,
    after: Mapping[str, Any],
    before: Mapping[str, Any] | None = None,
    *,
    provider: Mapping[str, Any] = MUTABLE,
    declared: Iterable[str] = (),
) -> tuple[Rule, ...]:
    """The rows for a resource whose inputs become ``after``.

    ``provider``: the inputs of its provider. ``declared``: its ``replace_on_changes``.
    """
    before = after if before is None else before
    found = [Rule(tuple(declared), _PROGRAM)]
    if type_ == _PROVIDER:
        found.append(_kubernetes_provider(before, after))
    if type_ in RULES:
        found.append(RULES[type_])
    if type_.startswith("kubernetes:"):
        found += _EVERY_OBJECT
    if type_ in _DATA:
        switch, paths = _DATA[type_]
        # Strings on the wire: a provider's inputs are.
        if after.get("immutable") or str(provider.get(switch)).lower() != "true":
            found.append(_object(paths))
        if before.get("immutable"):
            # The provider would send an update, which the API server refuses.
            found.append(Rule((*paths.split(), "immutable"), _IMMUTABLE))
    return tuple(found)


def why(path: Path, found: Iterable[Rule], *, one_sided: bool) -> tuple[str | None, bool]:
    """The source that says a change at ``path`` replaces the resource; and whether that is unsure.

    ``one_sided``: the value appears or disappears.
    """
    unsure = False
    for rule in found:
        patterns = (*rule.paths, *(rule.appearing if one_sided else ()))
        if any(covers(pattern, path) for pattern in patterns):
            return rule.source, False
        unsure = unsure or any(covers(pattern, path) for pattern in rule.unsure)
    return None, unsure


def replaces(before: Mapping[str, Any], after: Mapping[str, Any], found: Iterable[Rule]) -> bool:
    """Whether what differs between the inputs of one object replaces it."""
    paths = {path for rule in found for path in rule.paths}
    return any(_at(before, path) != _at(after, path) for path in paths)


def identity(inputs: Mapping[str, Any], declared: Iterable[str] = ()) -> dict[str, Any]:
    """The inputs of a Kubernetes object of which another value replaces it, by path."""
    found = rules(object_type(inputs), inputs, declared=declared)
    paths = sorted({path for rule in found for path in rule.paths})
    return {path: value for path in paths if (value := _at(inputs, path)) is not None}


def object_type(inputs: Mapping[str, Any]) -> str:
    """The type token of a Kubernetes object: ``kubernetes:core/v1:Service``."""
    version = inputs["apiVersion"]
    return f"kubernetes:{version if '/' in version else f'core/{version}'}:{inputs['kind']}"


def _at(inputs: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - JSON
    return inputs if path == "*" else at(inputs, path)


def _kubernetes_provider(before: Mapping[str, Any], after: Mapping[str, Any]) -> Rule:
    """The cluster identifiers decide if both sides have one; otherwise the active cluster does."""
    old, new = before.get("clusterIdentifier"), after.get("clusterIdentifier")
    if new and old == new:
        return Rule((), _KUBERNETES_PROVIDER)
    return Rule(
        ("renderYamlToDirectory", *(["clusterIdentifier"] if old and new else [])),
        _KUBERNETES_PROVIDER,
        unsure=("cluster", "context", "kubeconfig"),
    )
