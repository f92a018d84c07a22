"""The configuration sections. One frozen model each; a field's docstring is its documentation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from components import langfuse_versions, postgres_url
from stacks.settings.aws_fields import (
    AccountId,
    BackupWindow,
    BucketName,
    CertificateArn,
    InstanceClass,
    Instant,
    KeyArn,
    MaintenanceWindow,
    PolicyArn,
    PostgresMajor,
    Region,
    SecurityGroupId,
    SslPolicy,
    SubnetId,
    TopicArn,
    WebAclArn,
)
from stacks.settings.fields import (
    AlertLabelName,
    AlertLabelValue,
    AlwaysFalse,
    Cidr,
    CpuQuantity,
    DnsLabel,
    Email,
    EnvironmentName,
    HostName,
    ImageDigest,
    ImageReference,
    ImageRepository,
    LabelName,
    LabelValue,
    LangfuseRelease,
    LangSmithKey,
    MemoryQuantity,
    ProberAddress,
    SecretText,
    Url,
)


def _key(field: str) -> str:
    return to_camel(field).replace("Gib", "GiB").replace("Mibps", "MiBps")


class Section(BaseModel):
    """What all sections share: camelCase keys, nothing coerced, nothing unknown, all frozen."""

    model_config = ConfigDict(
        alias_generator=_key,
        extra="forbid",
        frozen=True,
        strict=True,
        use_attribute_docstrings=True,
    )


class Toleration(Section):
    """A Kubernetes toleration."""

    key: str | None = None
    """Taint key; none tolerates every key."""
    operator: Literal["Equal", "Exists"] = "Equal"
    """How `value` is compared."""
    value: str | None = None
    """Taint value, with operator `Equal`."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """Taint effect; none tolerates every effect."""


class Cluster(Section):
    """The Kubernetes cluster and the namespace that the stack owns. Give `eksName` or `context`."""

    eks_name: Annotated[str, Field(examples=["platform-prod"], min_length=1)] | None = None
    """Name of an existing EKS cluster in `aws:region`, which is then required."""
    context: Annotated[str, Field(examples=["kind-langfuse"], min_length=1)] | None = None
    """Context of a kubeconfig, for any other cluster. Never taken from the current context. To the
    program a renamed context is another cluster: every object is made anew."""
    kubeconfig: Annotated[str, Field(min_length=1)] | None = None
    """Path of the kubeconfig that has `context`; default `$KUBECONFIG`, else `~/.kube/config`."""
    namespace: DnsLabel = "observability"
    """Namespace for Langfuse and what belongs to it. Another name moves everything to a new
    namespace, where a database in the cluster starts empty."""
    create_namespace: bool = True
    """Create `namespace`; false adopts one that exists and leaves its labels alone."""
    protect: bool = False
    """Refuse deletion and replacement of the namespaces that this stack creates, its own and the
    agents': whatever else runs there would go with them."""
    node_selector: dict[str, str] = {}
    """Node labels that every pod of the stack requires."""
    tolerations: tuple[Toleration, ...] = ()
    """Taints that every pod of the stack tolerates."""
    image_pull_secrets: tuple[DnsLabel, ...] = ()
    """Image pull Secrets for every pod of the stack, which exist in the namespace."""
    permissions_boundary_arn: PolicyArn | None = None
    """Permissions boundary of every IAM role that the stack makes; on EKS. Whoever deploys with a
    role of the `access` project needs the one that it makes (docs/access.md)."""


class Admin(Section):
    """The first user: owner of the first organisation. The password is generated."""

    email: Email
    """Address to log in with."""
    name: Annotated[str, Field(min_length=1)] = "Administrator"
    """Display name."""


class Resources(Section):
    """Requests and limits of one container."""

    cpu: CpuQuantity = "500m"
    """CPU request. There is no CPU limit: throttling is what makes probes time out."""
    memory: MemoryQuantity = "1Gi"
    """Memory request."""
    memory_limit: MemoryQuantity = "2Gi"
    """Memory limit. Langfuse's V8 heap is set to three quarters of it."""


class PostgresResources(Resources):
    """Requests and limits of the database's pod."""

    cpu: CpuQuantity = "250m"
    """CPU request."""
    memory: MemoryQuantity = "512Mi"
    """Memory request."""
    memory_limit: MemoryQuantity = "1Gi"
    """Memory limit. Shared memory for parallel queries, up to 256Mi, counts against it."""


class Langfuse(Section):
    """The Langfuse application."""

    version: LangfuseRelease = str(langfuse_versions.LATEST)
    """Image tag: a Langfuse 2 release."""
    repository: ImageRepository = "docker.io/langfuse/langfuse"
    """Image repository; change it to pull from a mirror."""
    digest: ImageDigest | None = None
    """Digest of the image, for a tag that nobody can move."""
    min_replicas: Annotated[int, Field(ge=1, le=50)] = 2
    """Fewest pods."""
    max_replicas: Annotated[int, Field(ge=1, le=50)] = 4
    """Most pods. Equal to `minReplicas`: a fixed number, without a HorizontalPodAutoscaler."""
    target_cpu_percent: Annotated[int, Field(ge=10, le=95)] = 50
    """Average CPU utilisation, in percent of the request, that scaling aims at."""
    resources: Resources = Resources()
    """Requests and limits of each pod."""
    zone_spread: Literal["preferred", "required"] = "preferred"
    """Whether pods that cannot be spread over zones still start (`preferred`) or wait."""
    public_url: Url = "http://localhost:3000"
    """URL that browsers use, for a stack without `endpoint`; the default suits a port-forward.
    With `endpoint` the URL is its host's."""
    admin: Admin | None = None
    """First user. Required from Langfuse 2.78.0 on; older releases cannot create one."""
    organization: Annotated[str, Field(min_length=1)] = "Default"
    """Display name of the first organisation."""
    project: Annotated[str, Field(min_length=1)] = "default"
    """Display name of the first project, the one that agents trace to."""
    sign_up: Literal["disabled", "open"] = "disabled"
    """Whether anybody who reaches the URL can register an account. `open` with an endpoint that is
    open to the world has to be acknowledged: `openSignUp`."""
    telemetry: bool = False
    """Send usage statistics to Langfuse's authors."""
    experimental_features: bool = False
    """Turn on unfinished features for every user."""
    log_level: Literal["trace", "debug", "info", "warn", "error", "fatal"] | None = None
    """Log level, from 2.78.0; Langfuse's own default is info."""
    log_format: Literal["text", "json"] | None = None
    """Log format, from 2.78.0; default json where the release knows it."""
    environment: dict[EnvironmentName, Annotated[str, Field(min_length=1)]] = {}
    """Further environment variables that are not secret, such as `AUTH_OKTA_ISSUER`."""
    secret_environment: dict[EnvironmentName, SecretText] = {}
    """Further environment variables that are secret, such as `AUTH_OKTA_CLIENT_SECRET`; with
    Secrets Manager, about 64 KB of them."""
    allowed_namespaces: tuple[DnsLabel, ...] = ()
    """Namespaces, besides the agents', whose pods may reach Langfuse directly."""
    egress_ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = (443,)
    """TCP ports that Langfuse may reach anywhere: SSO, LLM providers, S3; add 587 for SMTP."""


ConnectionLimit = Annotated[int, Field(ge=1, le=100)]


class StatefulSetDatabase(Section):
    """PostgreSQL in the cluster: one pod, no backup. For development."""

    engine: Literal["statefulSet"]
    """Selects this kind of database."""
    image: ImageReference = "docker.io/library/postgres:16.15-alpine"
    """PostgreSQL image. The data of one major version cannot be read by another."""
    storage_gib: Annotated[int, Field(ge=1, le=16384)] = 20
    """Volume size in GiB, decided when the volume is made."""
    storage_class: DnsLabel | None = None
    """StorageClass of the volume; none takes the cluster's default."""
    create_storage_class: bool = False
    """Create an encrypted gp3 StorageClass (EBS CSI driver) and use it."""
    resources: PostgresResources = PostgresResources()
    """Requests and limits of the pod."""
    max_connections: Annotated[int, Field(ge=10, le=1000)] = postgres_url.DEFAULT_MAX_CONNECTIONS
    """PostgreSQL's `max_connections`."""
    connection_limit: ConnectionLimit = 5
    """Connections that each Langfuse pod may hold."""
    protect: AlwaysFalse = False
    """Only false: what is worth protecting needs a backup, and this database has none."""


class RestoreFrom(Section):
    """What a new RDS instance starts from: `snapshot` or `instance`. Read once, when the instance
    is created."""

    snapshot: Annotated[str, Field(min_length=1)] | None = None
    """Identifier or ARN of a DB snapshot."""
    instance: Annotated[str, Field(min_length=1)] | None = None
    """Identifier of the instance to copy at a point in time."""
    time: Instant | None = None
    """Point in time in UTC, with `instance`; none takes the latest restorable time."""


class RdsDatabase(Section):
    """Amazon RDS for PostgreSQL."""

    engine: Literal["rds"]
    """Selects this kind of database."""
    instance_class: InstanceClass = "db.t4g.medium"
    """Instance class of a burstable, general or memory family whose connections are known."""
    version: PostgresMajor = "16"
    """Major version only: an exact minor would be downgraded again after AWS upgrades it."""
    storage_gib: Annotated[int, Field(ge=20, le=65536)] = 100
    """Allocated gp3 storage in GiB."""
    max_storage_gib: Annotated[int, Field(ge=22, le=65536)] | None = None
    """Limit of storage autoscaling in GiB, at least 10 % above `storageGiB`; none turns it off."""
    iops: Annotated[int, Field(ge=12000, le=64000)] | None = None
    """Provisioned gp3 IOPS, from 400 GiB on."""
    throughput_mibps: Annotated[int, Field(ge=500, le=4000)] | None = None
    """Provisioned gp3 throughput in MiB/s, from 400 GiB on; at most a quarter of the IOPS."""
    multi_az: bool = True
    """Keep a standby in another zone. To do without one, with `protect`, has to be acknowledged:
    `singleZone`."""
    backup_days: Annotated[int, Field(ge=0, le=35)] = 14
    """Days of automated backups and point-in-time recovery. With `protect` not 0, and fewer than 7
    have to be acknowledged: `shortBackups`."""
    backup_window: BackupWindow = "17:00-18:00"
    """Daily backup window in UTC, hh24:mi-hh24:mi, of 30 minutes at least."""
    maintenance_window: MaintenanceWindow = "sun:18:30-sun:19:30"
    """Weekly maintenance window in UTC, ddd:hh24:mi-ddd:hh24:mi, of 30 minutes at least and less
    than 24 hours, outside of `backupWindow`."""
    kms_key_arn: KeyArn | None = None
    """Key for storage encryption; none takes the account's aws/rds key."""
    subnet_ids: tuple[SubnetId, ...] = ()
    """Private subnets in at least two zones; none takes the cluster's."""
    client_security_group_ids: tuple[SecurityGroupId, ...] = ()
    """Security groups of nodes that do not carry the cluster's own: their pods may connect too."""
    insights: Literal["standard", "advanced"] = "standard"
    """CloudWatch Database Insights mode."""
    monitoring_seconds: Literal[0, 1, 5, 10, 15, 30, 60] = 60
    """Interval of Enhanced Monitoring; 0 turns it off."""
    apply_immediately: bool = False
    """Apply changes at once instead of in the maintenance window."""
    connection_limit: ConnectionLimit = 5
    """Connections that each Langfuse pod may hold."""
    allow_major_upgrade: bool = False
    """Let a changed `version` upgrade the data. There is no way back but a restore."""
    restore_from: RestoreFrom | None = None
    """Create the instance from a snapshot or a point in time."""
    protect: bool = True
    """Refuse deletion and replacement, in Pulumi and in RDS. To do without has to be acknowledged:
    `noProtection`."""


class ExternalDatabase(Section):
    """A PostgreSQL database that exists and that this program does not manage."""

    engine: Literal["external"]
    """Selects this kind of database."""
    host: Annotated[HostName, Field(examples=["postgres.example.com"])]
    """Host name."""
    port: Annotated[int, Field(ge=1, le=65535)] = 5432
    """TCP port."""
    database: Annotated[str, Field(min_length=1)] = "langfuse"
    """Database name."""
    username: Annotated[str, Field(min_length=1)] = "langfuse"
    """Role to log in as."""
    password: SecretText
    """Password of the role."""
    tls: Literal["require", "disable"] = "require"
    """Whether connections are encrypted. The server's certificate is not verified."""
    max_connections: Annotated[int, Field(ge=10, le=5000)] = postgres_url.DEFAULT_MAX_CONNECTIONS
    """The server's `max_connections`, as far as Langfuse may use them."""
    connection_limit: ConnectionLimit = 5
    """Connections that each Langfuse pod may hold."""


Database = Annotated[
    StatefulSetDatabase | RdsDatabase | ExternalDatabase, Field(discriminator="engine")
]


class Secrets(Section):
    """How generated and configured secrets reach the pods, and what guards them."""

    delivery: Literal["kubernetes", "secretsManager"] = "kubernetes"
    """`kubernetes`: Secrets written by Pulumi. `secretsManager`: AWS Secrets Manager, read by
    External Secrets."""
    protect: bool = False
    """Refuse deletion and replacement of generated credentials and of Secrets Manager entries. To
    do without, with an RDS database, has to be acknowledged: `noProtection`."""
    recovery_days: Annotated[int, Field(ge=0, le=30)] = 7
    """Days for which a deleted Secrets Manager entry can be restored: 0 (not with `protect`), or 7
    to 30."""
    kms_key_arn: KeyArn | None = None
    """Key for Secrets Manager; none takes the account's aws/secretsmanager key."""
    install_external_secrets: bool = False
    """Install the External Secrets Operator. Once per cluster: leave off where it runs."""


class AccessLogs(Section):
    """Access logs of the load balancer in S3."""

    bucket: BucketName | None = None
    """Existing bucket that the load balancer may write to; none creates one."""
    days: Annotated[int, Field(ge=1, le=3650)] = 90
    """Days until a log expires, in a bucket that this program creates."""


class Endpoint(Section):
    """The public name: certificate, Application Load Balancer and DNS record."""

    host: HostName
    """Host name that users and agents open, in `hostedZone` if that is given. Langfuse's own URL
    follows from it. At most 64 characters, without `certificateArn`."""
    hosted_zone: Annotated[HostName, Field(examples=["example.com"])] | None = None
    """Route 53 zone for the certificate's validation and the record; none if DNS is elsewhere."""
    certificate_arn: CertificateArn | None = None
    """Issued ACM certificate in `aws:region`; none requests one in `hostedZone`."""
    scheme: Literal["internet-facing", "internal"] = "internal"
    """Whether the load balancer has public addresses."""
    inbound_cidrs: tuple[Cidr, ...] = ()
    """IPv4 networks that may connect. Required for an internet-facing load balancer, where
    0.0.0.0/0 has to be acknowledged: `openToTheWorld`."""
    subnet_ids: tuple[SubnetId, ...] = ()
    """Subnets of the load balancer in at least two zones; none discovers them by role tags."""
    ingress_class: DnsLabel = "alb"
    """IngressClass of the AWS Load Balancer Controller."""
    ssl_policy: SslPolicy = "ELBSecurityPolicy-TLS13-1-2-2021-06"
    """Security policy of the HTTPS listener: TLS 1.2 or newer only."""
    web_acl_arn: WebAclArn | None = None
    """Regional WAF web ACL."""
    access_logs: AccessLogs | None = None
    """Write access logs."""
    deletion_protection: bool = False
    """Refuse deletion of the load balancer. Turn it off in an `up` before `destroy`."""


class ObjectStorage(Section):
    """S3 for exports and media."""

    bucket: BucketName | None = None
    """Existing bucket; none creates one."""
    exports: bool = True
    """Store exports from the user interface."""
    media: bool = False
    """Store media of traces, from 2.90.0."""
    kms_key_arn: KeyArn | None = None
    """Key of the objects: a created bucket's, or the one that an existing bucket encrypts with;
    none takes S3-managed keys."""
    export_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """Days until an export expires, in a bucket that this program creates."""
    protect: bool = True
    """Refuse deletion and replacement of the bucket."""
    access_key_id: SecretText | None = None
    """Access key for exports before 2.81.1, required there. Newer releases take a role."""
    secret_access_key: SecretText | None = None
    """The access key's secret half."""


class Agents(Section):
    """Namespaces whose agents get Langfuse client keys and LangSmith settings."""

    namespaces: tuple[DnsLabel, ...] = ()
    """Namespaces to create. Their names may have 39 characters."""
    existing_namespaces: tuple[DnsLabel, ...] = ()
    """Namespaces that exist already. Their names may have 39 characters."""
    url: Literal["internal", "public"] = "internal"
    """Whether agents reach Langfuse by its Service or by its public URL, which has to be one."""


class LangSmith(Section):
    """LangSmith tracing for agents, beside Langfuse. Their prompts then leave the cluster."""

    api_key: LangSmithKey
    """API key."""
    project: Annotated[str, Field(min_length=1)] = "default"
    """Project that agents trace to."""
    region: Literal["us", "eu", "apac", "aws-us"] = "us"
    """Region of the LangSmith account; a key of one region is refused by the others."""
    endpoint: Annotated[Url, Field(examples=["https://langsmith.example.com"])] | None = None
    """API URL of a self-hosted LangSmith, in place of `region`."""
    workspace_id: Annotated[str, Field(min_length=1)] | None = None
    """Workspace, for a key that belongs to a whole organisation."""
    tracing: bool = True
    """Whether agents trace to LangSmith; false leaves the settings in place, switched off."""
    legacy_names: bool = True
    """Also give the LANGCHAIN_* names that older SDKs read."""


class Dashboards(Section):
    """Grafana dashboards, as ConfigMaps for the sidecar that loads them into Grafana."""

    labels: dict[LabelName, LabelValue] = {"grafana_dashboard": "1"}
    """Labels that the sidecar finds ConfigMaps by; it has to look into `cluster.namespace`."""
    folder: Annotated[str, Field(min_length=1)] | None = None
    """Folder in Grafana, for a sidecar with `folderAnnotation: grafana_folder`."""


class PrometheusRules(Section):
    """Alert rules, and a probe of the public URL. Needs the Prometheus Operator."""

    labels: dict[LabelName, LabelValue] = {}
    """Labels that the operator selects rules and probes by, for kube-prometheus-stack
    `release: <Helm release>`. Without the right ones it loads nothing and says nothing."""
    alert_labels: dict[AlertLabelName, AlertLabelValue] = {}
    """Labels of every alert, for Alertmanager's routing, such as `team: platform`."""
    prober: ProberAddress | None = None
    """Blackbox exporter that probes the public URL, whose addresses then have to be among
    `endpoint.inboundCidrs`; or, where the URL is local, Langfuse's Service, which the pods of the
    exporter's namespace may then reach. None: no probe, and no alert about it."""
    module: Annotated[str, Field(min_length=1)] = "http_2xx"
    """The exporter's module."""


class Alarms(Section):
    """CloudWatch alarms of the database, the load balancer and the certificate, and a CloudWatch
    dashboard. Needs an EKS cluster. Give `email` or `topicArn`."""

    email: Email | None = None
    """Address that a new SNS topic writes to, once it has confirmed the subscription."""
    topic_arn: TopicArn | None = None
    """Existing SNS topic in `aws:region`, of this account or another, which lets CloudWatch publish
    for this account's alarms. An encrypted one needs a key that lets CloudWatch use it, which
    `alias/aws/sns` does not."""


class Monitoring(Section):
    """What tells on-call that something is wrong, and what to do about it."""

    runbooks: Annotated[
        Url, Field(examples=["https://git.example.com/platform/agent-observability/docs"])
    ]
    """URL of this repository's `docs` folder, as people open it: every alert links to its section
    of `troubleshooting.md` there."""
    dashboards: Dashboards | None = None
    """Make Grafana dashboards; `{}` takes the defaults."""
    prometheus_rules: PrometheusRules | None = None
    """Make alert rules for Prometheus; `{}` takes the defaults."""
    alarms: Alarms | None = None
    """Make CloudWatch alarms."""
    certificate_days: Annotated[int, Field(ge=1, le=40)] = 21
    """Alert when the certificate has fewer days left. ACM renews one 45 days before its end."""


class Aws(Section):
    """The AWS provider's standard keys."""

    region: Region | None = None
    """Region of everything in AWS."""
    profile: Annotated[str, Field(min_length=1)] | None = None
    """Profile of the shared AWS configuration."""
    allowed_account_ids: tuple[AccountId, ...] = ()
    """Accounts that the stack may be deployed to; any other stops at preview."""
    default_tags: dict[Literal["tags"], dict[str, str]] = {}
    """Tags for every AWS resource, 40 at most: letters, digits, spaces and _ . : / = + - @."""


Acknowledgement = Literal[
    "openSignUp", "openToTheWorld", "noProtection", "shortBackups", "singleZone"
]
"""Risks that a stack can accept by name."""


class Settings(Section):
    """One stack's configuration, checked."""

    stack: str
    cluster: Cluster
    langfuse: Langfuse
    database: Database
    """PostgreSQL: in the cluster, on Amazon RDS, or an existing one."""
    secrets: Secrets = Secrets()
    endpoint: Endpoint | None = None
    object_storage: ObjectStorage | None = None
    agents: Agents = Agents()
    langsmith: LangSmith | None = None
    monitoring: Monitoring | None = None
    acknowledge: tuple[Acknowledgement, ...] = ()
    """Risks that this stack accepts by name. One that the stack does not take is refused too: it
    would let the next mistake in unseen.

    - `openToTheWorld`: an internet-facing endpoint lets every address in. Everybody can reach, and
      attack, the login page and the ingestion API.
    - `openSignUp`: beside that, `langfuse.signUp` is open. Anybody can register, make projects and
      fill the database.
    - `noProtection`: the RDS database, or the credentials that its encrypted data needs, can be
      deleted or replaced by one command.
    - `shortBackups`: the protected RDS database keeps fewer than 7 days of backups.
    - `singleZone`: the protected RDS database has no standby in another zone."""
    aws: Aws = Aws()
