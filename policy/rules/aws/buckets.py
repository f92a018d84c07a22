"""Rules about public access to buckets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ..model import UNKNOWN, Seen, StackRule, is_on, items, mapping, mappings

_BUCKETS: Final = frozenset({"aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"})
_BLOCK: Final = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_BLOCKS: Final = frozenset({_BLOCK, "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"})
_SWITCHES: Final = (
    "blockPublicAcls",
    "blockPublicPolicy",
    "ignorePublicAcls",
    "restrictPublicBuckets",
)
_OWNERSHIP: Final = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
_ACCESS_POINT: Final = "aws:s3/accessPoint:AccessPoint"
_CLOSED: Final = frozenset(
    {"private", "bucket-owner-read", "bucket-owner-full-control", "log-delivery-write"}
)
_LOGS: Final = "http://acs.amazonaws.com/groups/s3/LogDelivery"


def public_bucket(stack: Sequence[Seen]) -> Iterator[tuple[Seen, str]]:
    blocks = [seen for seen in stack if seen.type == _BLOCK]
    for seen in stack:
        if not seen.type.startswith("aws:s3"):
            continue
        if seen.type in _BUCKETS and not any(_is_of(block, seen) for block in blocks):
            yield seen, "no BucketPublicAccessBlock is for it: make one with all four switches"
        for message in _of_resource(seen):
            yield seen, message


def _of_resource(seen: Seen) -> Iterator[str]:
    switches = seen.inputs if seen.type in _BLOCKS else None
    if seen.type == _ACCESS_POINT:
        switches = mapping(seen.get("publicAccessBlockConfiguration")) or None
    for switch in _SWITCHES if switches is not None else ():
        if not is_on(mapping(switches).get(switch)):
            yield f"{switch} is not true: set it"
    acl = seen.get("acl")
    if acl is not None and acl is not UNKNOWN and str(acl) not in _CLOSED:
        yield f"acl is {acl}: leave it out, and say in a policy who may read"
    for _, grant in mappings(seen.inputs):
        uri = grant.get("uri")
        if isinstance(uri, str) and uri != _LOGS:
            yield f"a grant is for {uri.rpartition('/')[2]}: leave it out"
    if seen.type == _OWNERSHIP:
        owner = seen.get("rule.objectOwnership")
        if owner not in ("BucketOwnerEnforced", UNKNOWN):
            yield f"rule.objectOwnership is {owner}: with BucketOwnerEnforced no ACL counts"


def _is_of(block: Seen, bucket: Seen) -> bool:
    """Whether a block is for a bucket: by its name, or by what the provider makes a name of."""
    names = items(block.get("bucket")) or [UNKNOWN]
    given, prefix = bucket.get("bucket"), bucket.get("bucketPrefix") or bucket.name
    return any(
        name is UNKNOWN
        or UNKNOWN in (given, prefix)
        or name == given
        or str(name).startswith(str(prefix))
        for name in names
    )


STACK_RULES: Final = (
    StackRule(
        name="no-public-bucket",
        protects="No ACL opens a bucket or an object, and every bucket blocks public access, "
        "whatever its policy says.",
        check=public_bucket,
    ),
)
