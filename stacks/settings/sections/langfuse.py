"""Section ``langfuse``: the application."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from components.langfuse import versions
from components.langfuse.write_modes import WriteMode
from components.secrets.masking import masked
from stacks.settings.machinery.fields.images import ImageDigest, ImageRepository
from stacks.settings.machinery.fields.kubernetes import DnsLabel, EnvironmentName, MemoryQuantity
from stacks.settings.machinery.fields.network import Email, OriginUrl
from stacks.settings.machinery.fields.text import SecretText
from stacks.settings.machinery.rule import Meant, Rule, matching
from stacks.settings.machinery.section import Section
from stacks.settings.sections.allowed_targets import AllowedTargets
from stacks.settings.sections.resources import Resources
from stacks.settings.sections.smtp import Smtp
from stacks.settings.sections.sso import Sso

_SUPPORTED: Final = (
    f"{versions.OLDEST} to {versions.LAST_2}, {versions.LINES[3].first} and newer ones of "
    f"version 3, and {versions.LINES[4].first} and newer ones of version 4"
)


_TAGS: Final = [str(v) for v in versions.RELEASES if v not in versions.REFUSED]


def _check_release(value: str) -> str:
    """Refuse what this topology cannot run, with the reason for each kind of mistake."""
    try:
        version = versions.Version.parse(value)
    except ValueError:
        version = None
    if version is None or str(version) != value:  # 2.95.012 is the tag of no image
        rule = (
            "must name one release as MAJOR.MINOR.PATCH: a floating tag gives each node "
            "the version that its image cache happens to hold"
        )
    elif versions.line(version) is not None:
        return value
    elif versions.OLDEST < version < versions.LAST_2:
        rule = f"no such Langfuse release; supported are {_SUPPORTED}"
    else:
        rule = f"supported are the Langfuse releases {_SUPPORTED}"
    raise PydanticCustomError("rule", "{rule}", {"rule": rule})


def _release(text: str) -> Iterator[str]:
    """As the tag of a commit, with leading zeros, as an image."""
    match = re.fullmatch(r"(?:[a-z0-9./-]*:)?v?(\d+)\.(\d+)\.(\d+)", text.lower(), re.ASCII)
    yield from [".".join(str(int(part)) for part in match.groups())] if match else []


LangfuseRelease = Annotated[
    str,
    AfterValidator(_check_release),
    Meant(_release),
    Field(
        examples=[*_TAGS, str(versions.LINES[3].newest), str(versions.LINES[4].newest)],
        json_schema_extra={
            "pattern": rf"^({'|'.join(map(re.escape, _TAGS))}|3\.\d+\.\d+|4\.\d+\.\d+)$"
        },
    ),
]


class Admin(Section):
    """The first user: owner of the first organisation. The password is generated. Each start makes
    the user OWNER again, and creates a deleted one again."""

    email: Email
    """Address to log in with, stored in lower case. Another address adds a second owner, and leaves
    the first."""
    name: Annotated[str, Field(min_length=1)] = "Administrator"
    """Display name."""


class WorkerResources(Resources):
    """Requests and limits of a worker's pod."""

    memory_limit: MemoryQuantity = "4Gi"
    """Memory limit. While ClickHouse is away, a worker holds what it could not write."""


class Worker(Section):
    """The pods that work on queues, from Langfuse 3 on."""

    refused: ClassVar[Mapping[str, str]] = {
        "version": "web pods and workers are of one release: langfuse.version",
        "environment": "web pods and workers share langfuse.environment",
        "secretEnvironment": "web pods and workers share langfuse.secretEnvironment",
        "logLevel": "web pods and workers share langfuse.logLevel",
    }

    repository: ImageRepository = "docker.io/langfuse/langfuse-worker"
    """Image repository; the tag is `langfuse.version`."""
    digest: ImageDigest | None = None
    """Digest of the image: pods keep it if the tag is moved."""
    min_replicas: Annotated[int, Field(ge=1, le=50)] = 1
    """Fewest pods."""
    max_replicas: Annotated[int, Field(ge=1, le=50)] = 4
    """Most pods. Equal to `minReplicas`: the autoscaler keeps that number and needs no metrics."""
    target_cpu_percent: Annotated[int, Field(ge=10, le=95)] = 50
    """Average CPU utilisation, in percent of the request, that scaling aims at."""
    resources: WorkerResources = WorkerResources()
    """Requests and limits of each pod."""


BackupName = Annotated[
    str,
    matching(
        "must be the name of a backup, such as a snapshot's identifier or the folder of a dump: "
        "letters, digits and any of . _ : / @ -",
        r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,254}",
    ),
    Rule(
        "must have no credentials: every preview shows it, and the migration's pod has it in clear",
        lambda value: masked(value) == value,
    ),
    Field(examples=["langfuse-prod-before-3"]),
]


class Upgrade(Section):
    """A step to the next major version, said before it is made: from Langfuse 2 to 3, or from 3 to
    4. Both delete what the version before needs, and neither can be undone without a backup. Remove
    the section when the step is done."""

    to: Literal[3, 4]
    """Version that is next, or that `langfuse.version` was just set to. With 3 the sections
    `clickhouse`, `cache` and `objectStorage` may be there before: nothing reads them."""
    database_backup: BackupName | None = None
    """Backup of PostgreSQL that the step can be undone with. Required when `langfuse.version` is of
    the version `to`: without it the migration does not start."""
    clickhouse_backup: BackupName | None = None
    """Backup of ClickHouse. Required with 4."""


class Langfuse(Section):
    """The Langfuse application. `minReplicas`, `maxReplicas`, `targetCpuPercent` and `resources`
    are those of the web pods."""

    version: LangfuseRelease = str(versions.DEFAULT)
    """Image tag: one release of version 4, or of 3 from 3.225.4 on, or of 2 from 2.75.0 on. One
    with a known hole has to be acknowledged: `vulnerableRelease`."""
    repository: ImageRepository = "docker.io/langfuse/langfuse"
    """Image repository; change it to pull from a mirror."""
    digest: ImageDigest | None = None
    """Digest of the image: pods keep it if the tag is moved."""
    min_replicas: Annotated[int, Field(ge=1, le=50)] = 2
    """Fewest pods."""
    max_replicas: Annotated[int, Field(ge=1, le=50)] = 4
    """Most pods. Equal to `minReplicas`: the autoscaler keeps that number and needs no metrics."""
    target_cpu_percent: Annotated[int, Field(ge=10, le=95)] = 50
    """Average CPU utilisation, in percent of the request, that scaling aims at."""
    resources: Resources = Resources()
    """Requests and limits of each pod."""
    worker: Worker = Worker()
    """The pods that work on queues, from Langfuse 3 on."""
    paused: bool = False
    """Run no pod of Langfuse and no autoscaler; everything else stays. For a restore, and for steps
    of an upgrade during which nothing may write. With `endpoint` the load balancer answers 503."""
    upgrade: Upgrade | None = None
    """A step to the next major version."""
    write_mode: WriteMode | None = None
    """Tables that traces are written to. `legacy`: those of Langfuse 3, which is all that 3 has and
    its default. `dual`: those of 3 and of 4. `eventsOnly`: those of 4, the default there; SDKs and
    APIs from before are refused from then on, and there is no way back."""
    backfill: bool | None = None
    """Whether workers copy the traces in Langfuse 3's tables to those of 4, once. The default is
    true with `eventsOnly`; with `dual`, set it when traces were seen to arrive in both."""
    zone_spread: Literal["preferred", "required"] = "preferred"
    """Whether pods that cannot be spread over zones still start (`preferred`) or wait."""
    public_url: OriginUrl = "http://localhost:3000"
    """URL that browsers use, for a stack without `endpoint`; the default suits a port-forward.
    With `endpoint` the URL is its host's."""
    admin: Admin | None = None
    """First user. Required from Langfuse 2.78.0 on; older releases cannot create one."""
    organization: Annotated[str, Field(min_length=1)] = "Default"
    """Display name of the first organisation, read when it is made: rename it in Langfuse."""
    project: Annotated[str, Field(min_length=1)] = "default"
    """Display name of the first project, the one that agents trace to, read when it is made: rename
    it in Langfuse."""
    sso: Sso = Sso()
    """Login by providers of single sign-on."""
    smtp: Smtp | None = None
    """The server that Langfuse sends mail by; none sends no mail."""
    allowed_targets: AllowedTargets = AllowedTargets()
    """Private addresses that Langfuse may call for its users, such as a gateway of models."""
    license_key: SecretText | None = None
    """Licence of the Enterprise Edition. With one, Langfuse sends usage statistics."""
    retention_days: Annotated[int, Field(ge=3, le=3650)] | None = None
    """Days that Langfuse keeps what is traced to the first project, from Langfuse 3 on, with a
    licence of the Enterprise Edition. Read when the project is made: change it in Langfuse."""
    sign_up: Literal["disabled", "open"] = "disabled"
    """Whether anyone who reaches the URL can register an account. `open` with an endpoint that is
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
    """Further environment variables that are not secret, such as `AUTH_SESSION_MAX_AGE`. A name
    that the release does not read is refused, and so is one that another key stands for, or a value
    of another form; what only an image of your own reads is set in that image."""
    secret_environment: dict[EnvironmentName, SecretText] = {}
    """Further environment variables that are secret, such as `ADMIN_API_KEY`; with Secrets
    Manager, about 64 KB of them."""
    allowed_namespaces: tuple[DnsLabel, ...] = ()
    """Namespaces whose pods may reach Langfuse directly, in addition to the agents'."""
    egress_ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = (443,)
    """TCP ports that Langfuse may reach anywhere: LLM providers, S3, webhooks. Those of `sso` and
    `smtp` are added, except of a host in the cluster, whose pods may listen on another port. What
    a URL in `environment` or `secretEnvironment` leads to has to be among them."""

    @property
    def is_prepared(self) -> bool:
        """Whether a stack of version 2 may have what version 3 needs already."""
        major = versions.Version.parse(self.version).major
        return major == 2 and self.upgrade is not None and self.upgrade.to == 3
