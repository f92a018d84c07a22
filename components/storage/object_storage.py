"""Object storage in Amazon S3, and the role with which Langfuse accesses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_aws import iam

from components.aws import iam_trust
from components.aws.cluster import EksCluster, OidcProvider
from components.aws.iam_documents import encode
from components.langfuse import storage_environment, versions
from components.langfuse.storage_environment import (
    BACKUPS,
    EVENT_PREFIX,
    EXPORT_PREFIX,
    EXPORTS,
    MEDIA_PREFIX,
)
from components.langfuse.versions import Version
from components.storage import object_storage_iam
from components.storage.bucket import Bucket, BucketArgs, created_bucket, expire, found_bucket

TYPE = "agent-observability:index:ObjectStorage"

ROLE_ANNOTATION: Final = "eks.amazonaws.com/role-arn"


@dataclass(frozen=True, kw_only=True)
class Backups:
    """Whose backups are kept, and for how long."""

    service_account: str
    """That of ClickHouse's pods, which writes them."""
    days: int
    """Days until one expires. Each is a full one, so that none needs another one."""


@dataclass(frozen=True, kw_only=True)
class ObjectStorageArgs:
    cluster: EksCluster
    """The cluster that Langfuse runs in; the buckets are in its account and region."""
    name_prefix: str
    """What the name of a created bucket begins with, that of no other stack."""
    events_name_prefix: str
    """The same for the bucket of events and exports, from version 3 on."""
    oidc: OidcProvider | None
    """The cluster's identity provider; none if the release uses no role."""
    namespace: pulumi.Input[str]
    """Langfuse's namespace."""
    service_accounts: Sequence[str]
    """Langfuse's service accounts, the only ones that can assume the role."""
    version: Version
    """Langfuse's release, which determines what it can store and how."""
    exports: bool
    """Store exports from the user interface."""
    media: bool
    """Store media of traces."""
    export_days: int
    """Days until an export expires, in a bucket that is created."""
    event_days: int
    """Days until an event expires, in a bucket that is created; from version 3 on."""
    protect: bool
    """Refuse deletion and replacement of the buckets. Without it, a deletion includes all
    objects."""
    origin: str
    """Web origin of Langfuse's pages, which upload media from version 3 on."""
    bucket: str | None = None
    """An existing bucket, whose settings are not changed; none creates one."""
    media_bucket: str | None = None
    """An existing bucket for media alone, from version 3 on; none takes ``bucket``, or creates
    one."""
    kms_key_arn: str | None = None
    """Key of the objects; none uses keys that S3 manages."""
    backups: Backups | None = None
    """Keep ClickHouse's backups too, in the bucket of media, which is created then."""
    metrics: str | None = None
    """Namespace in CloudWatch that the role may publish metrics to."""


class ObjectStorage(pulumi.ComponentResource):
    """Private, encrypted buckets that only Langfuse writes to.

    Version 2 has one, for exports and media. It is versioned, because traces refer to media
    permanently and a faulty or compromised client could overwrite it. It has no CORS rule:
    Langfuse's pages show media as images and audio and open other files in a tab, and uploads come
    from servers (web/src/components/ui/LangfuseMediaView.tsx at v2.95.12; its
    Content-Security-Policy would refuse a request to S3).

    From version 3 on that bucket is for media, so that an upgrade finds them where they are, and
    pages upload to it. A second one has events and exports, which expire; it is not versioned,
    because all that it holds is temporary. Agents and browsers use links that Langfuse signed, from
    wherever they are, so that no policy limits the network that a request comes from.
    """

    bucket_name: pulumi.Output[str]
    """Name of the bucket of exports, and of version 2's media or newer releases' events, when it is
    ready for use."""
    media_bucket_name: pulumi.Output[str] | None
    """Name of the bucket of media, from version 3 on."""
    environment: Mapping[str, pulumi.Input[str]]
    """Langfuse's settings for it; not secret."""
    service_account_annotations: Mapping[str, pulumi.Output[str]]
    """Annotations that give the role to Langfuse's service accounts."""
    backup_folder: pulumi.Output[str] | None
    """URL below which ClickHouse's backups are; without a slash at its end."""
    backup_account_annotations: Mapping[str, pulumi.Output[str]]
    """Annotations that give a role of its own to ClickHouse's service account."""

    def __init__(
        self, name: str, args: ObjectStorageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        if versions.needs(args.version):
            bucket, media = self._from_version_3(name, args)
        else:
            bucket, media = self._version_2(name, args), None
        self.bucket_name = bucket.name
        self.media_bucket_name = media.name if media else None
        self.environment = _environment(args, bucket, media)
        self.service_account_annotations = self._role(
            f"{name}-role",
            args,
            _access(args, bucket, media),
            description="Langfuse's access to its bucket",
            service_accounts=args.service_accounts,
        )
        self.backup_folder, self.backup_account_annotations = None, {}
        if args.backups is not None:
            kept = self._kept_backups(name, args, args.backups, media)
            self.backup_folder, self.backup_account_annotations = kept
        self.register_outputs(
            {"bucket": bucket.name, **({"mediaBucket": media.name} if media else {})}
        )

    def _version_2(self, name: str, args: ObjectStorageArgs) -> Bucket:
        """The bucket of exports and media."""
        if args.bucket is not None:
            return found_bucket(args.bucket, self)
        return self._permanent(name, args, origin=None)

    def _from_version_3(self, name: str, args: ObjectStorageArgs) -> tuple[Bucket, Bucket]:
        """The bucket of events and exports, and that of media. Both exist without media too: to
        switch them off deletes none."""
        if args.bucket is not None:
            bucket = found_bucket(args.bucket, self)
        else:
            bucket = self._temporary(f"{name}-events", args)
        if args.media_bucket is not None:
            return bucket, found_bucket(args.media_bucket, self)
        if args.bucket is not None:
            return bucket, bucket
        return bucket, self._permanent(name, args, origin=args.origin if args.media else None)

    def _permanent(self, name: str, args: ObjectStorageArgs, *, origin: str | None) -> Bucket:
        """A bucket of media, and of version 2's exports, which an upgrade leaves in it."""
        expiry = [expire("exports", EXPORT_PREFIX, args.export_days)] if args.exports else []
        if args.backups is not None:
            expiry.append(expire("clickhouse-backups", BACKUPS, args.backups.days))
        return created_bucket(
            name,
            BucketArgs(
                cluster=args.cluster,
                name_prefix=args.name_prefix,
                versioned=True,
                expiry=expiry,
                kms_key_arn=args.kms_key_arn,
                protect=args.protect,
                origin=origin,
            ),
            self,
        )

    def _temporary(self, name: str, args: ObjectStorageArgs) -> Bucket:
        """A bucket of events and exports."""
        return created_bucket(
            name,
            BucketArgs(
                cluster=args.cluster,
                name_prefix=args.events_name_prefix,
                versioned=False,
                expiry=[
                    expire("events", EVENT_PREFIX, args.event_days),
                    expire("exports", EXPORTS, args.export_days),
                ],
                kms_key_arn=args.kms_key_arn,
                protect=args.protect,
            ),
            self,
        )

    def _kept_backups(
        self, name: str, args: ObjectStorageArgs, backups: Backups, media: Bucket | None
    ) -> tuple[pulumi.Output[str], Mapping[str, pulumi.Output[str]]]:
        """Where ClickHouse's backups are, and the annotations of its service account."""
        if media is None or args.bucket is not None or args.media_bucket is not None:
            raise ValueError("backups need the bucket of media that the component creates")
        region = args.cluster.region
        access = media.arn.apply(
            lambda arn: encode(
                object_storage_iam.langfuse_access(
                    # It lists what is there, and removes what it did not complete.
                    [(arn, [BACKUPS])],
                    manages=True,
                    region=region,
                    kms_key_arn=args.kms_key_arn,
                )
            )
        )
        annotations = self._role(
            f"{name}-backup-role",
            args,
            access,
            description="ClickHouse's access to its backups",
            service_accounts=[backups.service_account],
        )
        host = storage_environment.endpoint(region).removeprefix("https://")
        folder = BACKUPS.rstrip("/")
        return pulumi.Output.format("https://{0}.{1}/{2}", media.name, host, folder), annotations

    def _role(
        self,
        name: str,
        args: ObjectStorageArgs,
        access: pulumi.Output[str] | None,
        *,
        description: str,
        service_accounts: Sequence[str],
    ) -> Mapping[str, pulumi.Output[str]]:
        if access is None:
            return {}
        if args.oidc is None:
            raise ValueError(
                f"{args.version} reaches its bucket by role: an OIDC provider is needed"
            )
        child = pulumi.ResourceOptions(parent=self)
        role = iam.Role(
            name,
            path=args.cluster.role_path,
            description=description,
            permissions_boundary=args.cluster.permissions_boundary_arn,
            assume_role_policy=pulumi.Output.all(
                oidc_provider_arn=args.oidc.arn,
                issuer_host=args.oidc.issuer_host,
                namespace=args.namespace,
            ).apply(
                lambda known: encode(
                    iam_trust.irsa_trust(**known, service_accounts=service_accounts)
                )
            ),
            opts=child,
        )
        policy = iam.RolePolicy(f"{name}-policy", role=role.name, policy=access, opts=child)
        # The role is handed out only with its permissions.
        ready = pulumi.Output.all(role.arn, policy.id)
        return {ROLE_ANNOTATION: ready.apply(lambda known: known[0])}


def _environment(
    args: ObjectStorageArgs, bucket: Bucket, media: Bucket | None
) -> Mapping[str, pulumi.Input[str]]:
    if media is None:
        return storage_environment.storage_environment(
            bucket.name,
            version=args.version,
            region=args.cluster.region,
            exports=args.exports,
            media=args.media,
        )
    return storage_environment.from_version_3(
        bucket.name,
        media_bucket=media.name,
        region=args.cluster.region,
        exports=args.exports,
        media=args.media,
    )


def _access(
    args: ObjectStorageArgs, bucket: Bucket, media: Bucket | None
) -> pulumi.Output[str] | None:
    """What the role may do; None for a release that needs no role."""
    prefixes = storage_environment.role_prefixes(
        version=args.version, exports=args.exports, media=args.media
    )
    if not prefixes:
        return None
    own = [prefix for prefix in prefixes if media is None or prefix != MEDIA_PREFIX]
    stores = [(bucket.arn, own)]
    if media is not None and args.media:
        stores.append((media.arn, [MEDIA_PREFIX]))
    return pulumi.Output.all(*(arn for arn, _ in stores)).apply(
        lambda arns: encode(
            object_storage_iam.langfuse_access(
                [(arn, prefixes) for arn, (_, prefixes) in zip(arns, stores, strict=True)],
                manages=media is not None,
                region=args.cluster.region,
                kms_key_arn=args.kms_key_arn,
                metrics=args.metrics,
            )
        )
    )
