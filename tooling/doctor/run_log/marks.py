"""What shows in a line of a log who made the call that it is about.

Pure; imports no SDK.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal

from stacks.names import NAMES

Caller = Literal[
    "engine",
    "deployer",
    "api-server",
    "controllers",
    "scheduler",
    "kubelet",
    "external-secrets",
    "load-balancers",
    "volumes",
    "langfuse",
    "migration",
    "database",
    "clickhouse",
    "cache",
    "storage",
]
"""``engine``: Pulumi itself, its backend and its plugins. ``deployer``: a call to AWS with the
credentials of the run. ``api-server``: the answer of Kubernetes to the run. ``controllers``:
Kubernetes' own. ``load-balancers``, ``volumes``: the AWS controllers of these in the cluster.
The others are containers of the stack, ``langfuse`` those of web pods and workers."""


Table = tuple[tuple[Caller, re.Pattern[str]], ...]
"""Marks by caller; the first that is met counts."""


def _table(*rows: tuple[Caller, str]) -> Table:
    return tuple((caller, re.compile(text)) for caller, text in rows)


WRITERS: Final = _table(
    # The JSON that controller-runtime writes.
    (
        "external-secrets",
        r'"controller": ?"(?:cluster)?(?:externalsecret|secretstore|pushsecret)"'
        r'|"logger": ?"[^"]*(?:ExternalSecret|SecretStore|PushSecret)',
    ),
    (
        "load-balancers",
        r'"controller": ?"(?:ingress|service|targetGroupBinding)"'
        r'|"logger": ?"(?:backend-sg-provider|[^"]*controllers?\.(?:ingress|service)\b)',
    ),
    ("volumes", r"\bebs\.csi\.aws\.com_ebs-csi-controller|^[IWEF]\d{4} .*\bcsi-provisioner\b"),
)
"""Marks of a line's writer, of which each line has one at most."""

POD: Final = re.compile(r"^\s*\[(?:pod/)?(?P<pod>[a-z0-9][\w.-]*)(?:/[\w.-]+)?\] ")
"""As `kubectl logs --prefix` begins a line."""

POD_STATUS: Final = re.compile(r"\[Pod [\w.-]+/(?P<pod>[\w.-]+)\]:? ")
"""As Pulumi quotes a pod that it waits for."""

PODS: Final[Mapping[str, Caller]] = {
    "aws-load-balancer-controller": "load-balancers",
    "ebs-csi-controller": "volumes",
    "external-secrets": "external-secrets",
    NAMES.migration: "migration",
    NAMES.postgres: "database",
    NAMES.clickhouse: "clickhouse",
    NAMES.valkey: "cache",
    NAMES.seaweedfs: "storage",
    NAMES.langfuse: "langfuse",
}
"""Beginnings of names of pods; the longer ones first."""

EVENT: Final = re.compile(r"(?:^|\s)Warning {1,80}(?P<reason>[A-Z]\w+) ")
"""A line of `kubectl get events`, or of the end of `kubectl describe`."""

REASONS: Final[Mapping[str, Caller]] = {
    "BackOff": "kubelet",
    "BackoffLimitExceeded": "controllers",
    "DeadlineExceeded": "controllers",
    "ErrImagePull": "kubelet",
    "Failed": "kubelet",
    "FailedAttachVolume": "volumes",
    "FailedBuildModel": "load-balancers",
    "FailedComputeMetricsReplicas": "controllers",
    "FailedCreate": "controllers",
    "FailedDeployModel": "load-balancers",
    "FailedGetResourceMetric": "controllers",
    "FailedMount": "kubelet",
    "FailedScheduling": "scheduler",
    "InvalidProviderConfig": "external-secrets",
    "ProvisioningFailed": "volumes",
    "Unhealthy": "kubelet",
    "UpdateFailed": "external-secrets",
    "ValidationFailed": "external-secrets",
}
"""Who reports an event of this reason."""

_DOING: Final = (
    r"(?:adding|associating|authorizing|creating|deleting|enabling|finding|importing|listing"
    r"|modifying|putting|reading|requesting|setting|updating|waiting for)"
)
_TO_AWS: Final = (
    rf"{_DOING} (?:ACM|AWS|CloudWatch|DB|EC2|EKS|ELB\w*|EventBridge|IAM|KMS|RDS|Route ?53|S3|SNS"
    r"|SSM|Secrets Manager|Security Group|VPC)\b"
)
"""How the AWS provider begins an error: what it did, to what."""

SAID: Final = _table(
    (
        "engine",
        r"currently locked by \d+ lock|Another update is currently in progress"
        r"|incorrect passphrase|passphrase must be set|cipher: message authentication failed"
        r"|no (?:resource|language) plugin '|Could not automatically download and install"
        r"|failed to download plugin|HTTP error fetching plugin|could not load plugin"
        r"|error: failed to load language plugin|pending operations?\b|, interrupted while \w+"
        r"|PULUMI_ACCESS_TOKEN|invalid access token|error: \[401\] Unauthorized"
        r"|currently marked for protection|\.pulumi/(?:meta|stacks|locks)\b|\(code=\w+\)"
        r"|\+-[^\n]*pulumi:providers:kubernetes",
    ),
    # Before what it asks the webhooks of others.
    (
        "api-server",
        r"failed calling webhook|admission webhook|is forbidden:|Apply failed with \d+ conflict"
        r"|no matches for kind|by the Kubernetes API server"
        r"|Kubernetes cluster is unreachable|the server has asked for the client to provide"
        r"|must be logged in to the server|\bcontext \"[^\"]*\" does not exist"
        r"|executable aws (?:not found|failed with)|\"aws\": executable file not found"
        r"|\b(?:[a-z]+s(?:\.[a-z0-9.-]+)?) \"[\w.-]+\" (?:already exists|not found)",
    ),
    (
        "load-balancers",
        r"Failed (?:build|deploy) model due to|auto-discover subnets|no certificates? found for "
        r"host|(?i:access denied for bucket)|Ingress \.status\.loadBalancer",
    ),
    (
        "volumes",
        r"failed to provision volume with StorageClass|(?i:could not create volume)"
        r"|AttachVolume\.Attach failed|(?i:could not attach volume)",
    ),
    (
        "external-secrets",
        r"could not get secret data from provider|SecretSyncedError|could not validate provider"
        r"|error processing spec\.data|unable to (?:validate store|fetch data from)"
        r"|an IAM role must be associated with service account"
        r"|error retrieving secret|cannot get Kubernetes service account",
    ),
    (
        "deployer",
        rf"(?:^|[\s:*]){_TO_AWS}|\b{_DOING} [^:\n]{{2,200}}: operation error "
        r"|sdk\.helper_schema: |\binvoking aws:|AWS account ID not allowed"
        r"|No valid credential sources|configuring Terraform AWS Provider"
        r"|(?:validate|validating) (?:AWS|provider) credentials|STS: GetCallerIdentity"
        r"|ACM Certificate|SSO session has expired|No cluster found for name"
        r"|Tried to create resource record set|\bRRSet of type",
    ),
    (
        "kubelet",
        r"(?i:failed to pull|back-off pulling) (?:and unpack )?image|ImagePullBackOff|ErrImagePull"
        r"|couldn't find key|CrashLoopBackOff|back-off \S{1,20} restarting failed|\bOOMKilled\b"
        r"|runAsNonRoot and image|MountVolume\.|(?:secret|configmap) \"[\w.-]+\" not found"
        r"|CreateContainerConfigError|Evicted|low on resource",
    ),
    ("scheduler", r"\d+/\d+ nodes are available"),
    (
        "controllers",
        r"FailedGetResourceMetric|unable to get metrics for resource|BackoffLimitExceeded"
        r"|(?i:specified backoff limit)|DeadlineExceeded|DisruptionTarget",
    ),
    (
        "database",
        r"initdb: |^(?:\S+ )*\[\d+\] (?:FATAL|PANIC|ERROR): ",
    ),
    (
        "migration",
        r"LANGFUSE_GUARD \w|Dirty database version \d|no migration found for version \d"
        r"|driver: bad connection|failed to open database: |unexpected packet"
        r"|renameat2\(\) is not supported|Requested cluster '[^'\n]*' not found"
        r"|ON CLUSTER is not allowed",
    ),
    (
        "clickhouse",
        r"Suspiciously (?:many|big) |TOO_MANY_UNEXPECTED_DATA_PARTS|Unknown (?:part|format) type",
    ),
    ("cache", r"reading the append only file"),
    ("storage", r"(?i:no free volumes left)"),
    (
        "langfuse",
        r"Authentication failed: password is incorrect, or there|Not enough privileges\. To execute"
        r"|out of range for DateTime64|NOT_ENOUGH_SPACE|TABLE_IS_READ_ONLY|KEEPER_EXCEPTION"
        r"|TOO_MANY_PARTS|MEMORY_LIMIT_EXCEEDED|Max attempts reached, dropped"
        r"|\[Background Migration\]"
        r"|\bUNKNOWN_(?:TABLE|IDENTIFIER)\b|NO_SUCH_COLUMN_IN_TABLE|^ClickHouse \S+: "
        r"|connect E\w+ \S+:(?:6379|8123|8333|8443)\b|WRONGPASS|NOAUTH Authentication"
        r"|called without any password|OOM command not allowed|CROSSSLOT Keys|\bMOVED \d+ "
        r"|Eviction policy is |Expecting data, but didn't receive|Connection to redis lost"
        r"|CredentialsProviderError|Invalid V4 config|ZodError"
        r"|event\(s\) from the legacy /api/public/|No (?:api )?key found for public key",
    ),
    (
        "langfuse",
        r"\bP[123]0\d\d\b|Can't reach database server|Invalid environment variables"
        r"|database string is invalid|the URL must start with the protocol|pg_advisory_lock"
        r"|Failed to prepare server|Timed out fetching a new connection|\bOperations timed out\b"
        r"|in a read-only transaction|Unique constraint failed"
        r"|JavaScript heap out of memory|password authentication failed for user|prisma:",
    ),
)
"""What only one of them says, whoever's log it is in."""

PRINCIPAL: Final = re.compile(r"\barn:aws[\w-]*:(?:sts|iam)::\d*:(?P<principal>[\w+=,.@/-]+)")

PRINCIPALS: Final = _table(
    ("external-secrets", r"(?i)external-?secrets?\b|/external-secrets-provider-aws"),
    ("load-balancers", r"(?i)load-?balancer|\b(?:aws-)?alb\b|-lbc\b|/eks-.*-aws-load-b"),
    ("volumes", r"(?i)ebs[-_]?csi"),
)
"""Roles and sessions that say in their name whose they are; the name is free, so only beside what
is said."""

REFUSED: Final = re.compile(
    r"not authorized to perform: (?P<action>[\w-]+:\w+)|Not authorized to perform (?P<sts>sts:\w+)"
    r"|Access to KMS is not allowed|operation error (?P<service>[\w ]{2,40}): (?P<operation>\w+)"
)

ANSWER: Final = re.compile(
    r"\bapi error \w+|StatusCode: \d{3}\b|(?:scheduled|marked) for deletion"
    r"|Secrets Manager can't find|\bExpiredToken|InvalidClientTokenId|RequestExpired"
    r"|failed to refresh cached credentials|\bThrottling|\bRate exceeded|RequestLimitExceeded"
    r"|\b[A-Z]\w+QuotaExceeded|\b[A-Z]\w+LimitExceeded|\bLimitExceeded|ServiceQuotaExceeded"
    r"|\bTooMany[A-Z]\w+|\b[A-Z]\w+AlreadyExists|ResourceExistsException"
)
"""What only AWS answers."""

READ_ONLY: Final = re.compile(r"marked for deletion|Secrets Manager can't find")
"""Answers to who reads an entry."""

ASKS: Final = _table(
    (
        "external-secrets",
        r"^secretsmanager:(?:batchget|describe|get|list)|^kms:decrypt$|^ssm:get|^sts:",
    ),
    (
        "load-balancers",
        r"^elasticloadbalancing(?:v2)?:|^ec2:(?:describe|get|\w+securitygroup|\w+tags$)"
        r"|^acm:(?:describe|get|list)|^waf|^shield:|^cognito-idp:|^sts:"
        r"|^iam:(?:createservicelinkedrole|getservercertificate|listservercertificates)",
    ),
    ("volumes", r"^ec2:|^kms:|^sts:"),
)
"""Calls that a controller makes at all, in small letters."""

OPERATIONS: Final = _table(
    ("load-balancers", r"^elasticloadbalancing(?:v2)?:|^waf|^shield:"),
    ("volumes", r"^ec2:(?:attach|create|delete|detach|modify)volume$"),
    ("kubelet", r"^ecr:"),
    (
        "external-secrets",
        r"^secretsmanager:(?:batchget|get|list)secret|^kms:(?:decrypt)?$"
        r"|^sts:assumerolewithwebidentity$",
    ),
    ("deployer", r":"),
)
"""Who makes a call of which nothing else says who made it: what no controller asks for is the
run's."""

OF_KINDS: Final[Mapping[str, Caller]] = {
    "ExternalSecret": "external-secrets",
    "SecretStore": "external-secrets",
    "Ingress": "load-balancers",
    "PersistentVolumeClaim": "volumes",
}
"""Whose words about an object the run repeats."""
