"""What Langfuse and the servers themselves say about the cache and object storage.

Pure; imports no SDK.
"""

from __future__ import annotations

from typing import Final

from stacks.names import NAMES
from tooling.doctor.patterns.pattern import Groups, doctor_before, kubectl, of, pattern, warns
from tooling.doctor.place import Place


def _look_at_cache(place: Place, _: Groups) -> str:
    return place.look_at_cache


def _look_at_storage(place: Place, _: Groups) -> str:
    return place.look_at_storage


_CACHE: Final = of(
    ("langfuse",),
    pattern(
        "cache-password",
        r"WRONGPASS|NOAUTH Authentication required"
        r"|ERR AUTH <password> called without any password",
        "The cache refuses the password: it was changed on one side only, or the server has none",
        lambda place, _: place.new_cache_password,
    ),
    pattern(
        "cache-full",
        r"OOM command not allowed when used memory > 'maxmemory'",
        "The cache is full and evicts nothing: Langfuse takes no traces. Workers have to catch up, "
        "or the cache needs more memory",
        _look_at_cache,
    ),
    pattern(
        "cache-unsuitable",
        r"CROSSSLOT Keys in request don't hash to the same slot|\bMOVED \d{1,5} [\w.:-]{3,80}",
        "The cache spreads its keys over slots (cluster mode, ElastiCache Serverless), and "
        "Langfuse's queues use several keys at once: no trace gets through",
        doctor_before,
    ),
    pattern(
        "cache-unsuitable",
        r"Eviction policy is (?P<policy>[\w-]{1,40})\. It should be \"noeviction\"",
        "The cache evicts by {policy} when it is full, and an evicted job is a lost trace: its "
        "maxmemory-policy has to be noeviction",
        _look_at_cache,
    ),
    warns(
        pattern(
            "cpu-starved",
            r"Socket timeout\. Expecting data, but didn't receive any in (?P<time>\d{1,9})ms",
            "A pod had no time to read the cache's answers for {time} ms: it has too little CPU, "
            "or the cache hangs",
            kubectl("top", "pods", "--containers"),
        )
    ),
    pattern(
        "cache-unreachable",
        r"connect E\w{4,20} [\w.:-]{1,80}:6379\b|Connection to redis lost",
        "Langfuse does not reach the cache, and answers agents with errors",
        _look_at_cache,
    ),
)

_STORAGE: Final = of(
    ("langfuse",),
    pattern(
        "storage-bucket",
        r"NoSuchBucket|The specified bucket does not exist",
        "The bucket that Langfuse writes accepted traces to does not exist",
        _look_at_storage,
    ),
    pattern(
        "storage-bucket",
        r"PermanentRedirect|must be addressed using the specified endpoint",
        "The bucket is in another region than Langfuse is told",
        _look_at_storage,
    ),
    pattern(
        "storage-refused",
        r"Could not load credentials from any providers|CredentialsProviderError",
        "Langfuse has no credentials for its bucket: the pods got no role from their service "
        "account",
        kubectl("get", "serviceaccounts", NAMES.langfuse, NAMES.worker, "-o", "yaml"),
    ),
    pattern(
        "storage-refused",
        r"not authorized to perform: (?P<action>s3:\w{1,40}|kms:\w{1,40})"
        r"|(?P<code>InvalidAccessKeyId|SignatureDoesNotMatch)",
        lambda _, groups: (
            "Object storage refuses Langfuse "
            + (f"the action {groups['action']}" if groups["action"] else f"({groups['code']})")
            + ": its role, the bucket's policy or the key of the objects does not allow it, or the "
            "access key is wrong"
        ),
        _look_at_storage,
    ),
    pattern(
        "storage-unreachable",
        r"connect E\w{4,20} [\w.:-]{1,80}:8333\b",
        "Langfuse does not reach the object store, and answers agents with errors",
        _look_at_storage,
    ),
)

_OWN: Final = (
    *of(
        ("cache",),
        pattern(
            "cache-data",
            r"(?:Bad file format|Unexpected end of file|Unrecoverable error) reading the append "
            r"only file (?P<file>[\w.-]{1,120})?",
            "The cache does not start on its append-only file, which is cut off or broken",
            kubectl("logs", f"{NAMES.valkey}-0", "--previous", "--tail=50"),
        ),
    ),
    *of(
        ("storage",),
        pattern(
            "storage-full",
            r"(?i:no free volumes left)|no space left on device",
            "The object store has no room for another file: Langfuse takes no traces",
            kubectl("get", "persistentvolumeclaims"),
        ),
    ),
)

PATTERNS: Final = (*_CACHE, *_STORAGE, *_OWN)
