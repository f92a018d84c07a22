"""A network and an EKS cluster for workloads: settings, one component, its outputs."""

import sys
from pathlib import Path

import pulumi

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # the program is no package

from stacks.cluster_platform import looking, settings
from stacks.cluster_platform.composition import Platform, PlatformArgs
from stacks.collector import collect_less
from stacks.names import PLATFORM, PLATFORM_TAG
from stacks.platforms.eks_providers import aws_provider

collect_less()

configuration = settings.load()
aws = aws_provider(configuration.aws, stack=configuration.stack, tag=PLATFORM_TAG)
looking.check(configuration, pulumi.InvokeOptions(provider=aws))

platform = Platform(
    PLATFORM,
    PlatformArgs(settings=configuration),
    pulumi.ResourceOptions(providers=[aws]),
)

for name, value in platform.outputs.items():
    pulumi.export(name, value)
