"""Which parts of a stack need something in AWS, and on what."""

from __future__ import annotations

from access.actions import Part
from components.langfuse import storage_environment
from components.langfuse.versions import Version
from stacks.settings import Settings
from stacks.settings.sections.database import RdsDatabase


def parts(settings: Settings) -> set[Part]:
    """The parts of a stack that need something in AWS."""
    database, endpoint = settings.database, settings.endpoint
    storage, monitoring = settings.object_storage, settings.monitoring
    alarms = monitoring.alarms if monitoring else None
    entries = settings.secrets.delivery == "secretsManager"
    roles = storage is not None and bool(
        storage_environment.role_prefixes(
            version=Version.parse(settings.langfuse.version),
            exports=storage.exports,
            media=storage.media,
        )
    )
    rds = isinstance(database, RdsDatabase)
    chosen: dict[Part, bool] = {
        "cluster": True,
        "oidc": entries or roles,
        "database": rds,
        "monitoring role": rds and database.monitoring_seconds > 0,
        "restore": rds and database.restore_from is not None,
        "database key": rds and database.kms_key_arn is not None,
        "entries": entries,
        "entries key": entries and settings.secrets.kms_key_arn is not None,
        "log bucket": bool(endpoint and endpoint.access_logs and not endpoint.access_logs.bucket),
        "certificate": endpoint is not None and endpoint.certificate_arn is None,
        "zone": endpoint is not None and endpoint.hosted_zone is not None,
        "bucket": storage is not None and storage.bucket is None,
        "adopted bucket": storage is not None and storage.bucket is not None,
        "bucket role": roles,
        "load balancer": endpoint is not None
        and monitoring is not None
        and (monitoring.alarms or monitoring.dashboards) is not None,
        "alarms": alarms is not None,
        "topic": alarms is not None and alarms.topic_arn is None,
    }
    return {part for part, needed in chosen.items() if needed}


def keys(settings: Settings) -> dict[Part, str]:
    """The KMS keys that the settings name, by the part that needs them."""
    database = settings.database
    named: dict[Part, str | None] = {
        "database key": database.kms_key_arn if isinstance(database, RdsDatabase) else None,
        "entries key": settings.secrets.kms_key_arn,
    }
    return {part: arn for part, arn in named.items() if arn is not None}
