"""Section ``access``: who may enter the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from stacks.settings.machinery.fields.aws import PrincipalArn
from stacks.settings.machinery.section import Section


class Access(Section):
    """Users and roles of the account that may enter the cluster, by their ARNs. Nobody else may,
    whoever made it. The roles of the [access](access.md) project have entries of their own: do not
    name them here."""

    refused: ClassVar[Mapping[str, str]] = {
        "bootstrapClusterCreatorAdminPermissions": "who makes the cluster is named in `admins`",
    }

    admins: tuple[PrincipalArn, ...] = ()
    """Administrators. **Required**: whoever runs `make platform` is one of them. A role of IAM
    Identity Center has its path: `role/aws-reserved/sso.amazonaws.com/…`."""
    deployers: tuple[PrincipalArn, ...] = ()
    """Who deploys workloads. They make namespaces and custom resources, for which EKS has no
    smaller right than an administrator's."""
    viewers: tuple[PrincipalArn, ...] = ()
    """Who may read everything but Secrets and custom resources."""
