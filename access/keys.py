"""The configuration keys of this project."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import Field

from stacks.settings.machinery.fields.aws import BucketName
from stacks.settings.machinery.rule import Meant, matching
from stacks.settings.machinery.section import Section

NAMESPACE: Final = "access"

_ARN: Final = r"arn:aws(-cn|-us-gov)?:"
_OWNER: Final = r"[A-Za-z0-9][A-Za-z0-9-]{0,38}"
_NAME: Final = r"(?!\.{1,2}(@|$))[\w.-]{1,100}"


def _repository(text: str) -> Iterator[str]:
    """The URL of a repository on GitHub, as its page or a clone has it."""
    match = re.fullmatch(r"(?:(?:https?|ssh)://)?(?:git@)?github\.com[:/](.+?)(?:\.git)?/?", text)
    yield from [match[1]] if match else []


# With ids where GitHub gives subjects that outlive a name: owner@1/name@2.
Repository = Annotated[
    str,
    matching(
        "must be owner/name, or owner@id/name@id for a repository with immutable subjects",
        rf"({_OWNER}/{_NAME}|{_OWNER}@\d+/{_NAME}@\d+)",
    ),
    Meant(_repository),
    Field(examples=["acme/tracing"]),
]

_PROVIDER: Final = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
ProviderArn = Annotated[
    str,
    matching(
        "must be the ARN of the account's OIDC provider for GitHub",
        rf"{_ARN}iam::\d{{12}}:oidc-provider/token\.actions\.githubusercontent\.com",
    ),
    Field(examples=[_PROVIDER]),
]

StatePrefix = Annotated[
    str,
    matching("must be a folder of the bucket", r"[\w./=+-]*"),
    Field(examples=["tracing"]),
]

_KEY: Final = "arn:aws:kms:ap-northeast-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
StateKeyArn = Annotated[
    str,
    matching(
        "must be the ARN of a KMS key, not of an alias: IAM judges by the key",
        rf"{_ARN}kms:[a-z0-9-]+:\d{{12}}:key/[\w-]+",
    ),
    Field(examples=[_KEY]),
]


class Access(Section):
    """Roles of GitHub's workflows for one stack: the keys of `access/Pulumi.<stack>.yaml`, the file
    of a project of its own ([access.md](access.md))."""

    repository: Repository
    """Repository on GitHub whose workflows may use the roles."""
    provider_arn: ProviderArn | None = None
    """OIDC provider for GitHub that the account has already; none makes one."""
    state_bucket: BucketName | None = None
    """Bucket of Pulumi's state; none for another backend."""
    state_prefix: StatePrefix = ""
    """Folder of the state in `stateBucket`."""
    state_key_arn: StateKeyArn | None = None
    """KMS key of the stack's secrets provider; none for a passphrase."""
    bounded: bool = True
    """Let the deploy role make only roles that carry the permissions boundary."""
    cluster_access: bool = True
    """Give the roles access entries of the EKS cluster. A cluster with `CONFIG_MAP` authentication
    has none."""
