"""Langfuse with LangSmith configuration on Kubernetes: settings, one stack object, its outputs."""

import pulumi

from stacks import providers, settings
from stacks.observability import ObservabilityStack, ObservabilityStackArgs

configuration = settings.load()
platform = providers.connect(configuration)

stack = ObservabilityStack(
    "langfuse",
    ObservabilityStackArgs(settings=configuration, eks=platform.eks),
    pulumi.ResourceOptions(providers=platform.providers),
)

for key, value in stack.outputs.items():
    pulumi.export(key, value)
