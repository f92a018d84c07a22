"""Section ``objectStorage``: S3 for exports and media."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stacks.settings.machinery.fields.aws import BucketName, KeyArn
from stacks.settings.machinery.fields.text import SecretText
from stacks.settings.machinery.section import Section


class ObjectStorage(Section):
    """S3 for exports and media."""

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
