"""A network and an EKS cluster for workloads: settings, one component, its outputs."""

import gc
import sys
from pathlib import Path

import pulumi

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # the program is no package

from stacks.cluster_platform import looking, settings
from stacks.cluster_platform.composition import Platform, PlatformArgs
from stacks.names import PLATFORM, PLATFORM_TAG
from stacks.platforms.eks_providers import aws_provider

# A third of the program's time is the collector walking through the AWS SDK while it is imported.
gc.set_threshold(50_000, 20, 50)

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
