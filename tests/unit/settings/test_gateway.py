"""Mistakes in the section of the agents' gateway. Each exactly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from stacks.settings import Problem
from tests.support.configurations import (
    ABSENT,
    VERSION_4_ELSEWHERE,
    Encrypted,
    bad,
    problem,
    problems,
    settings,
)

KEY: Final = "lsv2_sk_0123456789abcdef"
LANGSMITH: Final = {"apiKey": Encrypted(KEY)}
IMAGE: Final = "docker.io/otel/opentelemetry-collector-contrib:0.161.0"
PATTERN: Final = (
    "must be a regular expression of RE2 that does not match the empty text: without lookaround, "
    "backreferences and possessive groups, with at most 1,000 repetitions"
)
NO_SECRET: Final = (
    "is a secret: everybody who may read ConfigMaps would see it. Secrets of this form are masked "
    "anyway; replace this one"
)
NO_AUTOSCALER: Final = (
    "is not offered: a pod that an autoscaler removed would keep its queue on its volume; give "
    "gateway.replicas"
)
CONTRIB: Final = "is a distribution without parts that the configuration names: take contrib"
FULL: Final = "its file is larger than what waits, and on a full volume nothing is kept"


def stack(gateway: Mapping[str, Any], **sections: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """As a change: version 4 with agents and a gateway."""
    return {
        **VERSION_4_ELSEWHERE,
        "cache": {"engine": "statefulSet"},
        "agents": {"namespaces": ["ai"]},
        "gateway": {"replicas": 2, **gateway},
        **sections,
    }


def pattern(text: str) -> dict[str, Any]:
    return stack({"maskedPatterns": [text]})


BAD = [
    bad(
        "version 2",
        {"agents": {"namespaces": ["ai"]}, "gateway": {"replicas": 2}},
        problem(
            "gateway",
            "(an object)",
            "needs Langfuse 3 or newer: 2.95.12 takes no traces by OpenTelemetry",
            "",
        ),
    ),
    bad(
        "no agents",
        stack({}, agents=ABSENT),
        problem(
            "gateway",
            "(an object)",
            "lets agent namespaces in, and agents.namespaces names none",
            "pulumi config set --path '@agents.namespaces[0]' NAMESPACE",
        ),
    ),
    bad(
        "a queue that is larger than its volume",
        stack({"queueGiB": 11}),
        problem(
            "gateway.queueGiB",
            "11",
            f"must be at most 75% of the volume, gateway.storageGiB, which is 10: {FULL}",
            "",
        ),
    ),
    bad(
        "a queue that fills its volume",
        stack({"queueGiB": 16, "storageGiB": 20}),
        problem(
            "gateway.queueGiB",
            "16",
            f"must be at most 75% of the volume, gateway.storageGiB, which is 20: {FULL}",
            "",
        ),
    ),
    bad(
        "a queue in other words",
        stack({"queueGiB": "8Gi"}),
        problem(
            "gateway.queueGiB",
            '"8Gi"',
            "must be a whole number, not in quotes",
            "pulumi config rm --path @gateway.queueGiB && "
            "pulumi config set --path @gateway.queueGiB 8",
        ),
    ),
    bad(
        "a copy without a key",
        stack({"langsmith": True}),
        problem(
            "gateway.langsmith",
            "true",
            "needs the section langsmith, with a key",
            "pulumi config set --secret --path @langsmith.apiKey",
        ),
    ),
    bad(
        "a copy, and tracing to LangSmith switched off",
        stack({"langsmith": True}, langsmith={**LANGSMITH, "tracing": False}),
        problem(
            "gateway.langsmith",
            "true",
            "sends every trace to LangSmith, and langsmith.tracing is false: say which is meant",
            "",
        ),
    ),
    bad(
        "a copy to a Service",
        stack(
            {"langsmith": True},
            langsmith={**LANGSMITH, "endpoint": "http://langsmith.langsmith.svc:1984/api/v1"},
        ),
        problem(
            "langsmith.endpoint",
            "[secret]",
            "must be a name outside of the cluster: the NetworkPolicy of the gateway has a port "
            "for it, and of a Service it would need that of its pods",
            "",
        ),
    ),
    bad(
        "sampling above 1",
        stack({"sampling": 1.5}),
        problem("gateway.sampling", "1.5", "must be less than or equal to 1", ""),
    ),
    bad(
        "sampling below 0",
        stack({"sampling": -0.1}),
        problem("gateway.sampling", "-0.1", "must be greater than or equal to 0", ""),
    ),
    bad(
        "sampling as the engine stores it without a type",
        stack({"sampling": "0.5"}),
        problem(
            "gateway.sampling",
            '"0.5"',
            "must be a number, not in quotes",
            "pulumi config rm --path @gateway.sampling && "
            "pulumi config set --path --type float @gateway.sampling 0.5",
        ),
    ),
    bad(
        "sampling in percent",
        stack({"sampling": "50%"}),
        problem("gateway.sampling", '"50%"', "must be a number, not in quotes", ""),
    ),
    bad(
        "own patterns, and nothing masked",
        stack({"masking": "none", "maskedPatterns": ["EMP-[0-9]{6}"]}),
        problem(
            "gateway.maskedPatterns",
            '["EMP-[0-9]{6}"]',
            "has no effect: gateway.masking is none",
            "",
        ),
    ),
    bad(
        "a pattern twice",
        stack({"maskedPatterns": ["a", "b", "a"]}),
        problem(
            "gateway.maskedPatterns[2]",
            '"a"',
            "is named by gateway.maskedPatterns[0] already",
            "pulumi config rm --path '@gateway.maskedPatterns[2]'",
        ),
    ),
    *(
        bad(
            f"the pattern {text}",
            pattern(text),
            problem("gateway.maskedPatterns[0]", shown, PATTERN, ""),
        )
        for text, shown in [
            ("(?=a)b", '"(?=a)b"'),
            (r"(a)\1", r'"(a)\\1"'),
            ("a++", '"a++"'),
            ("(?>a)", '"(?>a)"'),
            ("a{1001}", '"a{1001}"'),
            ("(", '"("'),
            ("a*", '"a*"'),
            ("", '""'),
        ]
    ),
    *(
        bad(
            f"{kind} as a pattern",
            pattern(text),
            problem("gateway.maskedPatterns[0]", "[secret]", NO_SECRET, ""),
        )
        for kind, text in {
            "a Langfuse key": "sk-lf-11111111-2222-3333-4444-555555555555",
            "a LangSmith key": f"^{KEY}$",
            "a GitHub token": "ghp_abcdefghijklmnopqrstuvwxyz0123456789|x",
        }.items()
    ),
    *(
        bad(
            f"a copy to LangSmith's path {path}",
            stack(
                {"langsmith": True},
                langsmith={**LANGSMITH, "endpoint": f"https://ls.example.com/api/v1{path}"},
            ),
            problem(
                "langsmith.endpoint",
                "[secret]",
                "must be LangSmith's API, without the path for traces, which the gateway adds",
                "pulumi config set --secret --path @langsmith.endpoint",
            ),
        )
        for path in ("/otel", "/otel/v1/traces")
    ),
    bad(
        "the collector's small distribution",
        stack({"image": "docker.io/otel/opentelemetry-collector:0.161.0"}),
        problem(
            "gateway.image",
            '"docker.io/otel/opentelemetry-collector:0.161.0"',
            CONTRIB,
            f"pulumi config set --path @gateway.image {IMAGE}",
        ),
    ),
    bad(
        "the collector's distribution for Kubernetes",
        stack({"image": "ghcr.io/open-telemetry/opentelemetry-collector-k8s:0.165.0"}),
        problem(
            "gateway.image",
            '"ghcr.io/open-telemetry/opentelemetry-collector-k8s:0.165.0"',
            CONTRIB,
            f"pulumi config set --path @gateway.image {IMAGE}",
        ),
    ),
    bad(
        "an old collector",
        stack({"image": "docker.io/otel/opentelemetry-collector-contrib:0.160.2"}),
        problem(
            "gateway.image",
            '"docker.io/otel/opentelemetry-collector-contrib:0.160.2"',
            "is older than 0.161, the release that the configuration is made for",
            f"pulumi config set --path @gateway.image {IMAGE}",
        ),
    ),
    bad(
        "little memory",
        stack({"resources": {"memory": "64Mi", "memoryLimit": "191Mi"}}),
        problem(
            "gateway.resources.memoryLimit",
            '"191Mi"',
            "must be at least 192Mi: with less, the gateway refuses what agents send",
            "pulumi config set --path @gateway.resources.memoryLimit 192Mi",
        ),
    ),
    bad(
        "a memory request above its limit",
        stack({"resources": {"memory": "1Gi"}}),
        problem(
            "gateway.resources.memory",
            '"1Gi"',
            "must not be above the limit, gateway.resources.memoryLimit, which is 512Mi",
            "pulumi config set --path @gateway.resources.memoryLimit 1Gi",
        ),
    ),
    bad(
        "a configuration of one's own",
        stack({"configuration": "receivers: {}"}),
        problem(
            "gateway.configuration",
            '"receivers: {}"',
            "is not offered: it follows from the other keys, and is tested as a whole",
            "",
        ),
    ),
    bad(
        "an autoscaler",
        stack({"minReplicas": 1, "maxReplicas": 4}),
        problem("gateway.minReplicas", "1", NO_AUTOSCALER, ""),
        problem("gateway.maxReplicas", "4", NO_AUTOSCALER, ""),
    ),
    bad(
        "no pod",
        stack({"replicas": 0}),
        problem("gateway.replicas", "0", "must be greater than or equal to 1", ""),
    ),
    bad(
        "no room for series",
        stack({"seriesLimit": 99}),
        problem("gateway.seriesLimit", "99", "must be greater than or equal to 100", ""),
    ),
    bad(
        "another way of masking",
        stack({"masking": "all"}),
        problem("gateway.masking", '"all"', "must be 'patterns', 'drop' or 'none'", ""),
    ),
]


@pytest.mark.parametrize(("change", "expected"), BAD)
def test_refuses(change: Mapping[str, Any], expected: list[Problem]) -> None:
    assert problems(change) == expected


@pytest.mark.parametrize(
    "change",
    [
        stack({}),
        stack({}, langfuse={"version": "3.225.4"}),
        stack({"queueGiB": 15, "storageGiB": 20}),
        stack({"sampling": 0}),
        stack({"sampling": 0.25}),
        stack({"sampling": 1}),
        stack({"resources": {"memory": "64Mi", "memoryLimit": "192Mi"}}),
        stack({"image": "otel/opentelemetry-collector-contrib:0.165.1"}),
        stack({"image": f"registry.example.com/collector@sha256:{64 * '0'}"}),
        stack({"langsmith": True}, langsmith=LANGSMITH),
        stack(
            {"langsmith": True}, langsmith={**LANGSMITH, "endpoint": "https://ls.example.com/api"}
        ),
        # The form of a secret is none.
        stack({"maskedPatterns": [r"sk-lf-[\w-]+", r"ghp_\w{16,}", r"://[^:]+:[^@]+@"]}),
        stack({}, langsmith={**LANGSMITH, "endpoint": "http://langsmith.langsmith.svc/api/v1"}),
        stack({}, langsmith={**LANGSMITH, "tracing": False}),
        stack({"masking": "none"}),
        stack({"masking": "drop", "maskedPatterns": [r"\bEMP-\d{6}\b", r"(?i)passport \pL{2}"]}),
        stack({}, agents={"existingNamespaces": ["ai"]}),
        # Prometheus has something to read, wherever ClickHouse is.
        stack(
            {},
            monitoring={
                "runbooks": "https://git.example.com/docs",
                "prometheusRules": {"prometheusNamespace": "monitoring"},
            },
        ),
    ],
)
def test_takes(change: Mapping[str, Any]) -> None:
    assert problems(change) == []


def test_an_empty_section_is_none() -> None:
    # The engine gives every section that a stack file leaves out as an empty object.
    assert settings({"gateway": {}}).gateway is None
    assert settings(stack({})).gateway is not None
