"""The IAM roles that GitHub's workflows assume for one stack: one reads, one deploys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_aws import eks, iam

from access import policies
from access.place import Place
from access.policies import ISSUER
from components.aws.iam_documents import PolicyDocument, Statement, encode

TYPE = "agent-observability:index:WorkflowRoles"

PREVIEW_SECONDS: Final = 3_600
"""The shortest session that IAM lets a role have; a preview may take half of it."""
DEPLOY_SECONDS: Final = 7_200
"""As long as the workflow's job may take. The job has to ask for it: else a session is an hour."""

_CLUSTER_ADMIN: Final = "AmazonEKSClusterAdminPolicy"
"""A stack makes namespaces and custom resources, which no smaller policy of EKS covers
(https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html)."""
_CLUSTER_READER: Final = "AmazonEKSViewPolicy"
"""Reads namespaces and what is in them, but no Secret. A dry run needs the right to write, and is
refused; the provider then compares by itself."""
_NAMESPACE_READER: Final = "AmazonEKSAdminViewPolicy"
"""Reads everything, Secrets and custom resources too: in the namespaces of the stack alone."""


@dataclass(frozen=True, kw_only=True)
class WorkflowRolesArgs:
    repository: str
    """``owner/name`` on GitHub."""
    place: Place
    """The stack, and the parts that its settings switch on."""
    provider_arn: str | None = None
    """ARN of the account's OIDC provider for GitHub, where there is one: it can have only one."""
    state_bucket: str | None = None
    """Bucket of Pulumi's state; None for another backend."""
    state_prefix: str = ""
    """Folder of the state within the bucket."""
    state_key_arn: str | None = None
    """KMS key of the stack's secrets provider; None for a passphrase."""
    bounded: bool = True
    """Whether the deploying role may make only roles that carry the boundary."""
    cluster_access: bool = True
    """Whether the roles get access entries of the EKS cluster."""


class WorkflowRoles(pulumi.ComponentResource):
    """A role for previews and one for deployments, trusted by one environment of GitHub each."""

    preview_role_arn: pulumi.Output[str]
    """For the environment ``<stack>-preview``."""
    deploy_role_arn: pulumi.Output[str]
    """For the environment ``<stack>``."""
    boundary_arn: pulumi.Output[str]
    """For ``cluster.permissionsBoundaryArn`` of the stack."""

    def __init__(
        self, name: str, args: WorkflowRolesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        provider_arn = pulumi.Output.from_input(args.provider_arn or self._github())
        # Named: the stack's configuration names it, and the deploying role's policy does.
        boundary = iam.Policy(
            f"{name}-boundary",
            name=args.place.names.boundary,
            description="The most that a role of Langfuse's stack may do",
            policy=encode(policies.boundary(args.place)),
            opts=self._child,
        )
        self.boundary_arn = boundary.arn
        place, stack = args.place, args.place.stack
        self.preview_role_arn = self._role(
            "preview",
            self._trust(provider_arn, f"{stack}-preview"),
            [*policies.reading(place), *self._state(write=False)],
            PREVIEW_SECONDS,
            _CLUSTER_READER,
        )
        self.deploy_role_arn = self._role(
            "deploy",
            self._trust(provider_arn, stack),
            [*policies.writing(place, bounded=args.bounded), *self._state(write=True)],
            DEPLOY_SECONDS,
            _CLUSTER_ADMIN,
        )
        self.register_outputs(
            {
                "previewRoleArn": self.preview_role_arn,
                "deployRoleArn": self.deploy_role_arn,
                "boundaryArn": self.boundary_arn,
            }
        )

    def _github(self) -> pulumi.Output[str]:
        provider = iam.OpenIdConnectProvider(
            f"{self._name}-github",
            url=f"https://{ISSUER}",
            client_id_lists=["sts.amazonaws.com"],
            opts=self._child,
        )
        return provider.arn

    def _trust(self, provider_arn: pulumi.Output[str], environment: str) -> pulumi.Output[str]:
        return provider_arn.apply(
            lambda arn: encode(
                policies.github_trust(
                    provider_arn=arn, repository=self._args.repository, environment=environment
                )
            )
        )

    def _state(self, *, write: bool) -> list[Statement]:
        args = self._args
        if args.state_bucket is None:
            return []
        return policies.state(
            args.place,
            bucket=args.state_bucket,
            prefix=args.state_prefix,
            key_arn=args.state_key_arn,
            write=write,
        )

    def _role(
        self,
        purpose: str,
        trust: pulumi.Output[str],
        statements: Sequence[Statement],
        seconds: int,
        cluster_policy: str,
    ) -> pulumi.Output[str]:
        """A role with its permissions; the ARN resolves when it has all of them."""
        name = f"{self._name}-{purpose}"
        role = iam.Role(
            f"{name}-role",
            # Not that of the stack's own roles, which the deploying role may change.
            path=self._args.place.names.workflow_path,
            description=f"GitHub's workflows, {purpose} of stack {self._args.place.stack}",
            assume_role_policy=trust,
            max_session_duration=seconds,
            opts=self._child,
        )
        given: list[pulumi.Output[str]] = []
        for number, policy in enumerate(policies.policies(statements), 1):
            given.append(self._permission(f"{name}-permission-{number}", role, policy))
        if self._args.cluster_access:
            given += self._entry(name, role, cluster_policy, reads=purpose == "preview")
        return pulumi.Output.all(role.arn, *given).apply(lambda known: known[0])

    def _permission(
        self, name: str, role: iam.Role, document: PolicyDocument
    ) -> pulumi.Output[str]:
        policy = iam.Policy(name, policy=encode(document), opts=self._child)
        attached = iam.RolePolicyAttachment(
            f"{name}-attachment", role=role.name, policy_arn=policy.arn, opts=self._child
        )
        return attached.id

    def _entry(
        self, name: str, role: iam.Role, policy: str, *, reads: bool
    ) -> list[pulumi.Output[str]]:
        """The role's access to the cluster's API server."""
        place = self._args.place
        entry = eks.AccessEntry(
            f"{name}-access-entry",
            cluster_name=place.cluster,
            principal_arn=role.arn,
            opts=self._child,
        )
        granted: dict[str, tuple[str, Sequence[str]]] = {"access-policy": (policy, ())}
        if reads and place.namespaces:
            granted["access-policy-namespaces"] = (_NAMESPACE_READER, place.namespaces)
        return [
            eks.AccessPolicyAssociation(
                f"{name}-{suffix}",
                cluster_name=place.cluster,
                principal_arn=entry.principal_arn,
                policy_arn=f"arn:{place.partition}:eks::aws:cluster-access-policy/{policy_name}",
                access_scope={
                    "type": "namespace" if namespaces else "cluster",
                    "namespaces": list(namespaces) or None,
                },
                opts=self._child,
            ).id
            for suffix, (policy_name, namespaces) in granted.items()
        ]
