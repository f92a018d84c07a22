"""The roles of GitHub's workflows for one stack: its settings, one component, three ARNs."""

import sys
from pathlib import Path

import pulumi

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # the program is no package

from access import settings
from access.roles import WorkflowRoles
from stacks.collector import collect_less
from stacks.platforms.eks_providers import aws_provider

collect_less()

configuration = settings.load()

roles = WorkflowRoles(
    "workflows",
    configuration.roles,
    pulumi.ResourceOptions(providers=[aws_provider(configuration.aws, stack=pulumi.get_stack())]),
)

pulumi.export("previewRoleArn", roles.preview_role_arn)
pulumi.export("deployRoleArn", roles.deploy_role_arn)
pulumi.export("boundaryArn", roles.boundary_arn)
