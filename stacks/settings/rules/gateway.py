"""Rules of the agents' gateway."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from components.agents.gateway import masking, pod
from components.agents.langsmith import ENDPOINTS
from components.kubernetes import quantities
from components.langfuse import destinations, versions
from components.langfuse.versions import Version
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import (
    Problem,
    full_key,
    set_command,
    show,
    to_change,
    to_decide,
)
from stacks.settings.rules.lists import distinct
from stacks.settings.rules.resources import within_limit
from stacks.settings.sections.agents import Agents
from stacks.settings.sections.gateway import Gateway
from stacks.settings.sections.langfuse import Langfuse
from stacks.settings.sections.langsmith import LangSmith

_LEAST_MEMORY: Final = "192Mi"
"""What an idle collector takes twice over."""

_MOST_OF_VOLUME: Final = 0.75
"""The file of a queue is at least a third larger than what waits in it (docs/gateway.md)."""

_TAG: Final = re.compile(r"v?(\d+)\.(\d+)(?:[.-]|$)", re.ASCII)


def gateway_of_release(gateway: Gateway, langfuse: Langfuse) -> Iterator[Problem]:
    if Version.parse(langfuse.version) < versions.OPENTELEMETRY:
        rule = (
            f"needs Langfuse {versions.OPENTELEMETRY.major} or newer: {langfuse.version} takes no "
            "traces by OpenTelemetry"
        )
        yield Problem(full_key("gateway"), "(an object)", rule, "")


def gateway_for_agents(gateway: Gateway, agents: Agents) -> Iterator[Problem]:
    if not agents.every_namespace:
        rule = "lets agent namespaces in, and agents.namespaces names none"
        key = full_key("agents.namespaces[0]")
        yield Problem(full_key("gateway"), "(an object)", rule, set_command(key, "NAMESPACE"))


def gateway_image(gateway: Gateway) -> Iterator[Problem]:
    name, _, tag = gateway.image.partition("@")[0].rpartition("/")[2].partition(":")
    if re.fullmatch(r"opentelemetry-collector(-k8s|-otlp)?", name):
        rule = "is a distribution without parts that the configuration names: take contrib"
        yield to_change("gateway.image", gateway.image, rule, pod.IMAGE)
    elif (found := _TAG.match(tag)) and (int(found[1]), int(found[2])) < pod.OLDEST:
        oldest = ".".join(map(str, pod.OLDEST))
        rule = f"is older than {oldest}, the release that the configuration is made for"
        yield to_change("gateway.image", gateway.image, rule, pod.IMAGE)


def gateway_memory(gateway: Gateway) -> Iterator[Problem]:
    limit = gateway.resources.memory_limit
    if quantities.parse(limit) < quantities.parse(_LEAST_MEMORY):
        rule = f"must be at least {_LEAST_MEMORY}: with less, the gateway refuses what agents send"
        yield to_change("gateway.resources.memoryLimit", limit, rule, _LEAST_MEMORY)
    else:
        yield from within_limit("gateway.resources", gateway.resources)


def queue_on_volume(gateway: Gateway) -> Iterator[Problem]:
    queue, volume = gateway.queue_gib, gateway.storage_gib
    if queue is not None and queue > volume * _MOST_OF_VOLUME:
        rule = (
            f"must be at most {_MOST_OF_VOLUME:.0%} of the volume, gateway.storageGiB, which is "
            f"{volume}: its file is larger than what waits, and on a full volume nothing is kept"
        )
        yield to_decide("gateway.queueGiB", queue, rule)


def something_is_masked(gateway: Gateway) -> Iterator[Problem]:
    if gateway.masking == "none" and gateway.masked_patterns:
        rule = "has no effect: gateway.masking is none"
        key = full_key("gateway.maskedPatterns")
        yield Problem(key, show(list(gateway.masked_patterns)), rule, "")


def patterns_distinct(gateway: Gateway) -> Iterator[Problem]:
    yield from distinct("gateway.maskedPatterns", gateway.masked_patterns)


def no_secret_as_pattern(gateway: Gateway) -> Iterator[Problem]:
    for index, pattern in enumerate(gateway.masked_patterns):
        if masking.masked_anyway(pattern):
            rule = (
                "is a secret: everybody who may read ConfigMaps would see it. Secrets of this form "
                "are masked anyway; replace this one"
            )
            key = full_key(f"gateway.maskedPatterns[{index}]")
            yield Problem(key, "[secret]", rule, "")


def copy_needs_langsmith(gateway: Gateway, langsmith: None) -> Iterator[Problem]:
    if gateway.langsmith:
        rule = "needs the section langsmith, with a key"
        fix = set_command(full_key("langsmith.apiKey"), "", secret=True)
        yield Problem(full_key("gateway.langsmith"), show(gateway.langsmith), rule, fix)


def copy_is_wanted(gateway: Gateway, langsmith: LangSmith) -> Iterator[Problem]:
    if gateway.langsmith and not langsmith.tracing:
        rule = "sends every trace to LangSmith, and langsmith.tracing is false: say which is meant"
        yield to_decide("gateway.langsmith", gateway.langsmith, rule)


def copy_has_one_path(gateway: Gateway, langsmith: LangSmith) -> Iterator[Problem]:
    base = (langsmith.endpoint or "").removesuffix("/v1/traces").removesuffix("/otel")
    if gateway.langsmith and langsmith.endpoint not in {None, base}:
        rule = "must be LangSmith's API, without the path for traces, which the gateway adds"
        yield to_change("langsmith.endpoint", langsmith.endpoint, rule, base)


def copy_can_leave(gateway: Gateway, langsmith: LangSmith) -> Iterator[Problem]:
    endpoint = langsmith.endpoint or ENDPOINTS[langsmith.region]
    if gateway.langsmith and destinations.port(endpoint) is None:
        rule = (
            "must be a name outside of the cluster: the NetworkPolicy of the gateway has a port "
            "for it, and of a Service it would need that of its pods"
        )
        yield to_decide("langsmith.endpoint", endpoint, rule)


CHECKS: Final[tuple[Check, ...]] = (
    gateway_of_release,
    gateway_for_agents,
    gateway_image,
    gateway_memory,
    queue_on_volume,
    something_is_masked,
    patterns_distinct,
    no_secret_as_pattern,
    copy_needs_langsmith,
    copy_is_wanted,
    copy_has_one_path,
    copy_can_leave,
)
