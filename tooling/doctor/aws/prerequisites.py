"""Other checks before `up`: names in use, instance class, version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stacks import names
from stacks.settings import Settings
from stacks.settings.sections.cache import ElastiCacheCache
from stacks.settings.sections.database import RdsDatabase
from tooling.doctor.aws.session.account import Account
from tooling.doctor.findings import Finding

ABSENT_ENTRY: Final = {"ResourceNotFoundException"}


def entry_names(settings: Settings) -> list[str]:
    """Names of the stack's Secrets Manager entries; empty with another delivery."""
    if settings.secrets.delivery != "secretsManager":
        return []
    return names.entries(settings.stack, settings.agents.every_namespace, settings.services)


def entries_deleted(account: Account) -> Iterator[Finding]:
    """Whether a name that the stack needs belongs to an entry that is scheduled for deletion."""
    for name in entry_names(account.settings):
        found = account.aws.look_up("secretsmanager", "DescribeSecret", ABSENT_ENTRY, SecretId=name)
        if found is not None and found.get("DeletedDate"):
            restore = account.aws.command("secretsmanager", "restore-secret", "--secret-id", name)
            yield Finding.error(
                "secret-scheduled-for-deletion",
                f"Secrets Manager entry {name}",
                "It is scheduled for deletion and keeps its name until then, so `up` cannot "
                "make it. Restore it, and `pulumi import` takes it into the stack. What no "
                "data needs any more can be deleted for good with `delete-secret "
                "--force-delete-without-recovery`; what was encrypted with it is lost then.",
                restore,
            )


def instance_class(account: Account) -> Iterator[Finding]:
    """Whether the region has the instance class for the major version, as the stack orders it."""
    database = account.settings.database
    if not isinstance(database, RdsDatabase):
        return
    aws = account.aws
    # A major version means its default minor version; offers are listed by exact version.
    versions = aws.ask(
        "rds",
        "DescribeDBEngineVersions",
        Engine="postgres",
        EngineVersion=database.version,
        DefaultOnly=True,
    ).get("DBEngineVersions", [])
    version = versions[0]["EngineVersion"] if versions else None
    offers = version and aws.pages(
        "rds",
        "DescribeOrderableDBInstanceOptions",
        "OrderableDBInstanceOptions",
        Engine="postgres",
        EngineVersion=version,
        DBInstanceClass=database.instance_class,
        Vpc=True,
    )
    if offers and not database.multi_az:
        return
    if offers and any(offer.get("MultiAZCapable") for offer in offers):
        return
    with_standby = " with a standby (database.multiAz)" if offers else ""
    yield Finding.error(
        "instance-class-unavailable",
        f"Instance class {database.instance_class}",
        f"RDS does not offer {database.instance_class} for PostgreSQL {database.version}"
        f"{with_standby} in {aws.region} (database.instanceClass, database.version). The "
        "command lists the classes that it offers.",
        aws.command(
            *("rds", "describe-orderable-db-instance-options", "--engine", "postgres"),
            *(("--engine-version", version) if version else ()),
            *("--query", "OrderableDBInstanceOptions[].DBInstanceClass", "--output", "text"),
        ),
    )


def valkey_version(account: Account) -> Iterator[Finding]:
    """Whether the region has the version of Valkey."""
    cache = account.settings.cache
    if not isinstance(cache, ElastiCacheCache):
        return
    listed = account.aws.pages(
        "elasticache", "DescribeCacheEngineVersions", "CacheEngineVersions", Engine="valkey"
    )
    # With or without a patch level.
    offered = [str(found["EngineVersion"]) for found in listed]
    if not any(f"{version}.".startswith(f"{cache.version}.") for version in offered):
        yield Finding.error(
            "instance-class-unavailable",
            f"Valkey {cache.version}",
            f"ElastiCache does not offer Valkey {cache.version} in {account.aws.region} "
            f"(cache.version). It offers {', '.join(offered) or 'none'}.",
            account.aws.command(
                *("elasticache", "describe-cache-engine-versions", "--engine", "valkey"),
                *("--query", "CacheEngineVersions[].EngineVersion", "--output", "text"),
            ),
        )
