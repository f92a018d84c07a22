"""Langfuse with LangSmith configuration on Kubernetes: settings, one stack object, its outputs."""

import pulumi

from stacks import providers, settings
from stacks.observability import ObservabilityStack, ObservabilityStackArgs

configuration = settings.load()
kubernetes = providers.kubernetes(configuration)

stack = ObservabilityStack(
    "langfuse",
    ObservabilityStackArgs(settings=configuration),
    pulumi.ResourceOptions(providers=[kubernetes]),
)

for key, value in stack.outputs.items():
    pulumi.export(key, value)
