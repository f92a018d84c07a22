"""What containers, Prisma, PostgreSQL and the kubelet write. Pure; imports no SDK."""

from __future__ import annotations

import re
from typing import Final

from components.kubernetes.labels import PART_OF
from components.postgres.url import SOCKET_TIMEOUT
from stacks.names import NAMES
from tooling.doctor.patterns.pattern import MIGRATION_LOG, Groups, kubectl, of, pattern, up
from tooling.doctor.place import Place


def _wrong_variables(_: Place, groups: Groups) -> str:
    # Names only: what the message quotes beside them may be a value.
    names = re.findall(r"([A-Z][A-Z0-9_]+)['\"]?: *\[", groups["variables"])
    which = f": {', '.join(dict.fromkeys(names))}" if names else ""
    return (
        f"Langfuse refuses its environment{which}. Its release does not accept the value, or the "
        "variable is missing"
    )


_WEB_LOG: Final = kubectl("logs", "-l", "app.kubernetes.io/component=web", "--tail=100", "--prefix")


def _new_pods(place: Place, _: Groups) -> str:
    return place.deployment("rollout", "restart")


def _look_at_database(place: Place, _: Groups) -> str:
    return place.look_at_database


_NO_SERVER: Final = r"Failed to prepare server"
"""What Next.js writes of a start that failed; the process stays, and answers 500 to everything."""

_CONTAINERS: Final = of(
    ("langfuse", "migration", "database"),
    # The database, as Prisma reports it: https://www.prisma.io/docs/orm/reference/error-reference
    pattern(
        "database-password",
        r"\bP1000\b|password authentication failed for user",
        "PostgreSQL refuses the password in DATABASE_URL: it was changed on one side only",
        lambda place, _: place.new_password,
    ),
    pattern(
        "database-url",
        r"\bP101[23]\b|database string is invalid|the URL must start with the protocol",
        "DATABASE_URL cannot be read: a character of the user, the password or the name is not "
        "percent-encoded, or the Secret was changed by hand",
        up,
    ),
    pattern(
        "migration-lock",
        r"\bP1002\b|pg_advisory_lock",
        "The migration did not get PostgreSQL's migration lock: another migration holds it, "
        "or a connection that broke off still does. The next `up` tries again",
        up,
    ),
    pattern(
        "migration-broken",
        r"\bP(?:3009|3018)\b(?:(?s:.{0,600}?)(?:Migration name: |The `)(?P<name>\d{14}_\w+))?",
        lambda _, groups: (
            f"The migration {groups['name'] or 'before'} stopped half-way, and Prisma goes no "
            "further until it is told how that ended"
        ),
        MIGRATION_LOG,
    ),
    pattern(
        "database-unreachable",
        rf"(?:\bP1001\b|Can't reach database server)(?s:.{{0,2000}}?){_NO_SERVER}",
        "The database was away when Langfuse started. The pod answers 500 to everything, also when "
        "the database is back, until the startup probe ends it after a minute; the next start may "
        "be five minutes later. As soon as the database is available, new pods serve at once",
        _new_pods,
    ),
    pattern(
        "database-unreachable",
        r"\bP1001\b|Can't reach database server",
        lambda place, _: f"Langfuse does not reach the database: {place.unreachable_because}",
        _look_at_database,
    ),
    pattern(
        "database-slow",
        r"\bP2024\b|Timed out fetching a new connection",
        "No connection of a pod's pool became free within 10 s (P2024): queries hang since a "
        "failover, or the database is slower than the load. If the database is available and this "
        "goes on for three minutes, new pods make new connections",
        _new_pods,
    ),
    pattern(
        "database-slow",
        r"\bP1008\b|\bOperations timed out\b",
        f"A query had no answer within {SOCKET_TIMEOUT} s (P1008): the database is overloaded, "
        "waits for a lock, or is the host before a failover. The pool gives such a connection up "
        "by itself; see whether Langfuse works again",
        lambda place, _: place.smoke(),
    ),
    pattern(
        "environment-invalid",
        r"Invalid environment variables(?P<variables>:?\s{0,4}\{[^}]{0,4000}\}?)?",
        _wrong_variables,
        lambda place, _: place.make("render"),
    ),
    pattern(
        "environment-invalid",
        r"Invalid V4 config: (?P<why>[^\n\"]{1,300})",
        "The worker refuses the modes of version 4: {why}",
        lambda place, _: place.make("render"),
    ),
    pattern(
        "environment-invalid",
        r"ZodError: \[(?s:.{0,1500}?)\"path\": \[\s{0,20}\"(?P<name>[A-Z][A-Z0-9_]{1,100})\"",
        "The worker refuses its environment: {name}. Its release does not accept the value, or the "
        "variable is missing",
        lambda place, _: place.make("render"),
    ),
    pattern(
        "start-failed",
        r"cannot execute [A-Z][A-Z ]{1,40} in a read-only transaction",
        "The database takes no writes: its host is a replica, or its storage is full",
        _look_at_database,
    ),
    pattern(
        "start-failed",
        rf"Unique constraint failed(?s:.{{0,2000}}?){_NO_SERVER}",
        "Two pods of a new stack made the first user at the same time, and one failed. Its next "
        "start works, a minute later",
        lambda place, _: place.deployment("rollout", "status"),
    ),
    pattern(
        "start-failed",
        _NO_SERVER,
        "Langfuse's start failed, and the pod answers 500 to everything until the startup probe "
        "ends it after a minute. What is above this line in the log says why",
        _WEB_LOG,
    ),
    pattern(
        "data-directory",
        r"initdb: error: directory [^\n]*exists but is not empty|lost\+found directory",
        "PostgreSQL finds a data folder that is not empty and not its own: a file system's "
        "lost+found in the volume's root, or another version's data",
        kubectl("get", "statefulset", NAMES.postgres, "-o", "yaml"),
    ),
)

_KUBELET: Final = of(
    ("kubelet", "api-server"),
    pattern(
        "run-as-non-root",
        r"runAsNonRoot and image (?:has non-numeric user \((?P<user>[^)\n]*)\)|will run as root)",
        lambda _, groups: (
            "The pod has to run as another user than root, and its image "
            + (f"names its user ({groups['user']})" if groups["user"] else "runs as root")
            + ": the pod's runAsUser is missing. Something changed it after Pulumi, or the image "
            "is not the one that the stack was made for"
        ),
        kubectl("get", "pods", "-o", "yaml"),
    ),
    pattern(
        "secret-missing",
        r"couldn't find key (?P<key>\S+) in (?P<kind>Secret|ConfigMap) \S+?/(?P<name>[\w.-]+)",
        "The key {key} is missing in the {kind} {name}",
        up,
    ),
    pattern(
        "secret-missing",
        r"(?P<kind>secret|configmap)s? \"(?P<name>[\w.-]+)\" not found",
        "There is no {kind} {name}, which the pod reads",
        up,
    ),
)

PATTERNS: Final = (
    *_CONTAINERS,
    *_KUBELET,
    pattern(
        "out-of-memory",
        r"JavaScript heap out of memory|\bOOMKilled\b",
        "The container needs more memory than its limit",
        kubectl("describe", "pods", "-l", f"app.kubernetes.io/part-of={PART_OF}"),
    ),
)
