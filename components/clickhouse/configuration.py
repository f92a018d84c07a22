"""The configuration files of a single ClickHouse server.

They replace the image's own as a whole, so that a later release brings no log table, port or user
that nothing here knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from components.clickhouse.connection import DATABASE, EXTERNAL_GROUP_BY, HTTP_PORT, NATIVE_PORT
from components.clickhouse.releases import COMPATIBLE

METRICS_PORT: Final = 9363

USER: Final = "langfuse"

PASSWORD_HASH: Final = "CLICKHOUSE_PASSWORD_SHA256"  # noqa: S105 - a variable's name
"""The server's environment variable with the hash of the user's password, in hexadecimal.

The server writes the configuration that it has read to its volume, with this value in it.
"""

GRANTS: Final = (
    f"SELECT, INSERT, ALTER UPDATE, ALTER DELETE ON {DATABASE}.*",
    # The schema's migrations.
    f"CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW ON {DATABASE}.*",
    f"ALTER ADD COLUMN, ALTER MODIFY COLUMN, ALTER VIEW MODIFY QUERY ON {DATABASE}.*",
    f"ALTER ADD INDEX, ALTER DROP INDEX, ALTER MATERIALIZE INDEX ON {DATABASE}.*",
    # What background work looks at, to find what there is to do.
    "SELECT ON system.parts",
    "SELECT ON system.mutations",
    "SELECT ON system.tables",
    "SELECT ON system.processes",
    # With the tables that keep this name and a number after an upgrade of the server.
    "SELECT ON system.query_log*",
    # The copy of older data into the tables of Langfuse 4 stops merges of one table.
    "SYSTEM SYNC REPLICA, SYSTEM MERGES, ALTER SETTINGS "
    f"ON {DATABASE}.observations_pid_tid_sorting",
)
"""What the user may do
(https://langfuse.com/self-hosting/deployment/infrastructure/clickhouse#user-permissions)."""

BACKUP_GRANTS: Final = (
    f"BACKUP ON {DATABASE}.*",
    # The server's role, or its keys, limit which objects.
    "READ, WRITE ON S3",
)
"""What the user may do too, where backups are made. A restore needs no more."""

PROFILE: Final[Mapping[str, str | int | float]] = {
    # The defaults of the release that Langfuse is tested with, whichever runs. Settings that came
    # later are not named here: a server does not start with one that it does not know. One of them
    # is s3_allow_server_credentials_in_user_queries, which backups need as it was.
    "compatibility": COMPATIBLE,
    # What does not fit continues on the disk. Of the memory that the server may use.
    "max_bytes_ratio_before_external_group_by": float(EXTERNAL_GROUP_BY),
    "max_bytes_ratio_before_external_sort": float(EXTERNAL_GROUP_BY),
    # The profiler would write to a table that does not exist.
    "query_profiler_real_time_period_ns": 0,
    "query_profiler_cpu_time_period_ns": 0,
}
"""Settings of every query, unless it has its own."""

MEMORY_RATIO: Final = 0.8
"""The server's part of its container's memory limit. The rest is for what it does not count."""

LOG: Final[Mapping[str, str | int]] = {
    "database": "system",
    "partition_by": "event_date",
    "ttl": "event_date + INTERVAL 7 DAY DELETE",
    "flush_interval_milliseconds": 7500,
}
"""Every log table, beside its name. Without a TTL it would grow until the disk is full."""


def _elements(settings: Mapping[str, str | int | float], indent: int) -> str:
    return "\n".join(f"{indent * ' '}<{name}>{value}</{name}>" for name, value in settings.items())


SERVER: Final = f"""\
<clickhouse>
    <logger>
        <level>information</level>
        <console>true</console>
    </logger>

    <listen_host>0.0.0.0</listen_host>
    <listen_host>::</listen_host>
    <!-- A node may have only one of the two families. -->
    <listen_try>true</listen_try>
    <http_port>{HTTP_PORT}</http_port>
    <tcp_port>{NATIVE_PORT}</tcp_port>

    <path>/var/lib/clickhouse/</path>
    <tmp_path>/var/lib/clickhouse/tmp/</tmp_path>
    <user_files_path>/var/lib/clickhouse/user_files/</user_files_path>
    <format_schema_path>/var/lib/clickhouse/format_schemas/</format_schema_path>
    <!-- The server listens when all parts are loaded: a ready pod can answer. -->
    <async_load_databases>false</async_load_databases>

    <!-- With another one, Langfuse's queries find nothing or the wrong rows. -->
    <timezone>UTC</timezone>

    <max_server_memory_usage_to_ram_ratio>{MEMORY_RATIO}</max_server_memory_usage_to_ram_ratio>
    <!-- Of each cache. Their defaults are gigabytes. -->
    <cache_size_to_ram_max_ratio>0.1</cache_size_to_ram_max_ratio>

    <user_directories>
        <users_xml>
            <path>users.xml</path>
        </users_xml>
    </user_directories>
    <default_profile>default</default_profile>
    <default_database>{DATABASE}</default_database>

    <prometheus>
        <endpoint>/metrics</endpoint>
        <port>{METRICS_PORT}</port>
        <metrics>true</metrics>
        <events>true</events>
        <asynchronous_metrics>true</asynchronous_metrics>
        <errors>true</errors>
    </prometheus>

    <send_crash_reports>
        <enabled>false</enabled>
    </send_crash_reports>

    <!-- A log table exists where its section does. One of Langfuse's jobs reads query_log. -->
    <query_log>
        <table>query_log</table>
{_elements(LOG, 8)}
    </query_log>
    <part_log>
        <table>part_log</table>
{_elements(LOG, 8)}
    </part_log>
</clickhouse>
"""


def users(grants: Sequence[str] = GRANTS) -> str:
    """The file of users, for a user with ``grants``."""
    queries = "\n".join(f"{16 * ' '}<query>GRANT {grant}</query>" for grant in grants)
    return f"""\
<clickhouse>
    <profiles>
        <default>
{_elements(PROFILE, 12)}
        </default>
    </profiles>
    <quotas>
        <default/>
    </quotas>
    <!-- There is no user "default". -->
    <users>
        <{USER}>
            <password_sha256_hex from_env="{PASSWORD_HASH}"/>
            <networks>
                <ip>::/0</ip>
            </networks>
            <profile>default</profile>
            <quota>default</quota>
            <grants>
{queries}
            </grants>
        </{USER}>
    </users>
</clickhouse>
"""


USERS: Final = users()
