"""Section ``objectStorage``: S3, or a store that speaks its protocol."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stacks.settings.machinery.fields.aws import BucketName, KeyArn, StoreRegion
from stacks.settings.machinery.fields.images import ImageReference
from stacks.settings.machinery.fields.kubernetes import CpuQuantity, DnsSubdomain, MemoryQuantity
from stacks.settings.machinery.fields.network import StoreUrl
from stacks.settings.machinery.fields.text import SecretText
from stacks.settings.machinery.section import Section
from stacks.settings.sections.resources import Resources


class S3ObjectStorage(Section):
    """Amazon S3 for exports and media, and from Langfuse 3 on for accepted events. Agents and
    browsers use links that Langfuse signs, and reach S3 by themselves."""

    engine: Literal["s3"]
    """Selects this kind of object storage."""
    bucket: BucketName | None = None
    """Existing bucket; none creates one, and from Langfuse 3 on two: media have their own. In an
    existing one `events/` and `exports/` should expire (not before 30 days and 1 day), and `media/`
    never; for uploads from Langfuse's pages it needs a CORS rule."""
    media_bucket: BucketName | None = None
    """Existing bucket for media, from Langfuse 3 on; none takes `bucket`, or creates one. It needs
    a CORS rule that lets the public URL GET, PUT and HEAD."""
    exports: bool = True
    """Store exports from the user interface."""
    media: bool = False
    """Store media of traces, from 2.90.0. From Langfuse 3 on pages upload them too, so that the
    public URL has to be one that is not the reader's own machine."""
    kms_key_arn: KeyArn | None = None
    """Key of the objects: a created bucket's, or the one that an existing bucket encrypts with;
    none takes S3-managed keys."""
    event_days: Annotated[int, Field(ge=30, le=3650)] = 30
    """Days until an event expires, in a bucket that this program creates, from Langfuse 3 on:
    Langfuse reads events again for retries and late changes."""
    export_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """Days until an export expires, in a bucket that this program creates."""
    protect: bool = True
    """Refuse deletion and replacement of the buckets that this program creates. Without it they are
    deleted with all that they hold, which has to be acknowledged: `noProtection`."""
    access_key_id: SecretText | None = None
    """Access key for exports before 2.81.1, required there. Newer releases take a role."""
    secret_access_key: SecretText | None = None
    """The access key's secret half."""


class ObjectStorageResources(Resources):
    """Requests and limits of the store's pod."""

    cpu: CpuQuantity = "100m"
    """CPU request."""
    memory: MemoryQuantity = "256Mi"
    """Memory request."""
    memory_limit: MemoryQuantity = "1Gi"
    """Memory limit."""


class StatefulSetObjectStorage(Section):
    """SeaweedFS in the cluster, from Langfuse 3 on, for clusters without S3: one pod, for
    development and small installations. While it is away, Langfuse accepts nothing. Langfuse signs
    links with the address of its Service, which only pods can open: see `publicEndpoint` and
    `media`."""

    engine: Literal["statefulSet"]
    """Selects this kind of object storage."""
    image: ImageReference = "docker.io/chrislusf/seaweedfs:4.47"
    """SeaweedFS image, version 4.44 or newer."""
    storage_gib: Annotated[int, Field(ge=10, le=16384)] = 20
    """Volume size in GiB, decided when the volume is made."""
    storage_class: DnsSubdomain | None = None
    """StorageClass of the volume; none takes the cluster's default."""
    public_endpoint: Annotated[StoreUrl, Field(examples=["http://localhost:8333"])] | None = None
    """URL at which browsers reach the store, such as that of a port-forward,
    `http://localhost:8333`. Exports from the user interface are on with it alone: their links lead
    there."""
    media: bool = False
    """Store media of traces. Agents in the cluster upload them. Langfuse's pages neither show nor
    upload them, and agents elsewhere cannot."""
    event_days: Annotated[int, Field(ge=30, le=255)] = 30
    """Days until an event expires; for those that are written after a change."""
    export_days: Annotated[int, Field(ge=1, le=255)] = 30
    """Days until an export expires; for those that are written after a change."""
    resources: ObjectStorageResources = ObjectStorageResources()
    """Requests and limits of the pod."""


class ExternalObjectStorage(Section):
    """A store that speaks the protocol of S3, exists, and is not managed by this program, from
    Langfuse 3 on. Agents and browsers reach it at the same URL as Langfuse."""

    engine: Literal["external"]
    """Selects this kind of object storage."""
    endpoint: StoreUrl
    """URL of the store."""
    bucket: BucketName
    """Bucket of events, exports and media."""
    region: StoreRegion = "us-east-1"
    """Region that requests are signed for; most stores ignore it."""
    force_path_style: bool = True
    """Name the bucket in the path of a URL, not in its host."""
    exports: bool = True
    """Store exports from the user interface."""
    media: bool = False
    """Store media of traces. Uploads from a browser work only if the store is below
    `amazonaws.com` or on localhost: Langfuse's pages allow no other (version 4.16)."""
    access_key_id: SecretText
    """Access key."""
    secret_access_key: SecretText
    """The access key's secret half."""


ObjectStorage = Annotated[
    S3ObjectStorage | StatefulSetObjectStorage | ExternalObjectStorage,
    Field(discriminator="engine"),
]
