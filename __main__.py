"""Langfuse with LangSmith configuration on Kubernetes: settings, one stack object, its outputs."""

import pulumi

from stacks import settings
from stacks.observability import ObservabilityStack, ObservabilityStackArgs
from stacks.platforms import kubeconfig

configuration = settings.load()
platform = kubeconfig.connect(configuration)

stack = ObservabilityStack(
    "langfuse",
    ObservabilityStackArgs(settings=configuration, eks=platform.eks),
    pulumi.ResourceOptions(providers=platform.providers),
)

for key, value in stack.outputs.items():
    pulumi.export(key, value)
