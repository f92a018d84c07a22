"""Langfuse with LangSmith configuration on Kubernetes: settings, one stack object, its outputs."""

import gc

import pulumi

from stacks import platforms, settings
from stacks.names import NAMES
from stacks.observability import ObservabilityStack, ObservabilityStackArgs

# A third of the program's time is the collector walking through the AWS SDK while it is imported.
gc.set_threshold(50_000, 20, 50)

configuration = settings.load()
platform = platforms.connect(configuration)

stack = ObservabilityStack(
    NAMES.langfuse,
    ObservabilityStackArgs(settings=configuration, platform=platform),
    pulumi.ResourceOptions(providers=platform.providers),
)

for key, value in stack.outputs.items():
    pulumi.export(key, value)
