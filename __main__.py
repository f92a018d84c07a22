"""Langfuse with LangSmith configuration on Kubernetes: settings, one stack object, its outputs."""

import pulumi

from stacks import platforms, settings
from stacks.collector import collect_less
from stacks.names import NAMES
from stacks.observability import ObservabilityStack, ObservabilityStackArgs

collect_less()

configuration = settings.load()
platform = platforms.connect(configuration)

stack = ObservabilityStack(
    NAMES.langfuse,
    ObservabilityStackArgs(settings=configuration, platform=platform),
    pulumi.ResourceOptions(providers=platform.providers),
)

for key, value in stack.outputs.items():
    pulumi.export(key, value)
