"""Registers the rules with Pulumi: `pulumi preview --policy-pack policy`.

The rules themselves are plain functions in `rules/`, which import nothing of Pulumi's; this file is
the only one that runs in the pack's own environment.
"""

# The pack's environment is not the program's, so that the type checker cannot see it.
# pyright: basic, reportMissingImports=false
# ruff: noqa: ANN401

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

# The detector of secrets is the repository's: rules have it in common with the program's tools.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from rules import RULES, STACK_RULES
from rules.model import UNKNOWN, Rule, Seen, StackRule

from components.secrets.masking import masked


def main() -> None:
    """Register every rule once, each of them mandatory."""
    PolicyPack(
        name="agent-observability",
        enforcement_level=EnforcementLevel.MANDATORY,
        policies=[*map(of_resource, RULES), *map(of_stack, STACK_RULES)],
    )


def of_resource(rule: Rule) -> ResourceValidationPolicy:
    """A rule that looks at one resource."""

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        for message in rule.check(seen(args)):
            report(masked(message))

    return ResourceValidationPolicy(name=rule.name, description=rule.protects, validate=validate)


def of_stack(rule: StackRule) -> StackValidationPolicy:
    """A rule that looks at all resources together."""

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for resource, message in rule.check([seen(item) for item in args.resources]):
            report(masked(message), resource.urn)

    return StackValidationPolicy(name=rule.name, description=rule.protects, validate=validate)


def seen(resource: Any) -> Seen:
    """A resource as the engine shows it, in plain values: what is not known yet stays unknown."""
    provider = resource.provider
    return Seen(
        type=resource.resource_type,
        name=resource.name,
        urn=resource.urn,
        inputs=plain(resource.props),
        protect=bool(resource.opts.protect),
        provider=plain(provider.props) if provider else {},
    )


def plain(value: Any) -> Any:
    """A copy without the proxies that raise an error where a value is unknown."""
    if isinstance(value, Mapping):
        return dict(zip(value, items(value, list(value)), strict=True))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return list(items(value, range(len(value))))
    return value


def items(container: Any, keys: Any) -> Iterator[Any]:
    """The values of a proxy by key."""
    for key in keys:
        try:
            item = container[key]
        except UnknownValueError:
            item = UNKNOWN
        yield plain(item)


if __name__ == "__main__":
    main()
