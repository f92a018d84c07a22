"""Section ``objectStorage``: S3, or a store that speaks its protocol."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stacks.settings.machinery.fields.aws import BucketName, KeyArn
from stacks.settings.machinery.fields.network import OriginUrl
from stacks.settings.machinery.fields.text import SecretText
from stacks.settings.machinery.section import Section


class S3ObjectStorage(Section):
    """Amazon S3 for exports and media."""

    engine: Literal["s3"]
    """Selects this kind of object storage."""
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


class ExternalObjectStorage(Section):
    """A store that speaks the protocol of S3, exists, and is not managed by this program, from
    Langfuse 3 on. Agents and browsers reach it at the same URL as Langfuse."""

    engine: Literal["external"]
    """Selects this kind of object storage."""
    endpoint: Annotated[OriginUrl, Field(examples=["https://objects.example.com"])]
    """URL of the store."""
    bucket: BucketName
    """Bucket of events, exports and media."""
    region: Annotated[str, Field(min_length=1)] = "us-east-1"
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


ObjectStorage = Annotated[S3ObjectStorage | ExternalObjectStorage, Field(discriminator="engine")]
