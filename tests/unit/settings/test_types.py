"""Values of the wrong type, each with the exact problem: key, value found, rule, fix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from stacks.settings import Problem
from tests.support.configurations import (
    KEY,
    ON_EKS,
    bad,
    problem,
    problems,
)

TEXT = "must be text; numbers, true and false go in quotes"
OBJECT = "must be an object of keys and values"
NUMBER = "must be a whole number, not in quotes"
BOOLEAN = "must be true or false, not in quotes"
LIST = "must be a list"
ACKNOWLEDGEMENT = (
    "must be 'openSignUp', 'openToTheWorld', 'noProtection', 'shortBackups', 'singleZone' or "
    "'vulnerableRelease'"
)
AT_MOST_50 = "must be less than or equal to 50"
LATEST = "pulumi config set --path @langfuse.version 2.95.12"


BAD = [
    bad(
        "text where a number belongs",
        {"langfuse": {"minReplicas": "3"}},
        problem(
            "langfuse.minReplicas",
            '"3"',
            NUMBER,
            "pulumi config rm --path @langfuse.minReplicas && pulumi config set --path "
            "@langfuse.minReplicas 3",
        ),
    ),
    bad(
        "text that is no number",
        {"langfuse": {"minReplicas": "three"}},
        problem(
            "langfuse.minReplicas",
            '"three"',
            NUMBER,
            "",
        ),
    ),
    bad(
        "a number with a fraction",
        {"langfuse": {"minReplicas": 1.5}},
        problem(
            "langfuse.minReplicas",
            "1.5",
            NUMBER,
            "",
        ),
    ),
    bad(
        "a number out of bounds",
        {"langfuse": {"maxReplicas": 51}},
        problem(
            "langfuse.maxReplicas",
            "51",
            AT_MOST_50,
            "",
        ),
    ),
    bad(
        "a huge number",
        {"langfuse": {"maxReplicas": 10**400}},
        problem(
            "langfuse.maxReplicas",
            "10000000000000000000000000000000000000000000000000000000000000000000000000000...",
            AT_MOST_50,
            "",
        ),
    ),
    bad(
        "a number where text belongs",
        {"langfuse": {"resources": {"cpu": 1}}},
        problem(
            "langfuse.resources.cpu",
            "1",
            TEXT,
            "pulumi config set --path --type string @langfuse.resources.cpu 1",
        ),
    ),
    bad(
        "a number that YAML made of a version",
        {"langfuse": {"version": 2.95}},
        problem("langfuse.version", "2.95", TEXT, ""),
    ),
    bad(
        "a boolean in a dictionary of texts",
        {"langfuse": {"environment": {"AUTH_CUSTOM_ID_TOKEN": True}}},
        problem(
            "langfuse.environment.AUTH_CUSTOM_ID_TOKEN",
            "true",
            TEXT,
            "pulumi config set --path --type string "
            "@langfuse.environment.AUTH_CUSTOM_ID_TOKEN true",
        ),
    ),
    bad(
        "text where a boolean belongs",
        {"langfuse": {"telemetry": "true"}},
        problem(
            "langfuse.telemetry",
            '"true"',
            BOOLEAN,
            "pulumi config rm --path @langfuse.telemetry && pulumi config set --path "
            "@langfuse.telemetry true",
        ),
    ),
    bad(
        "text that is no boolean",
        {"database": {"engine": "rds", "multiAz": "maybe"}, **ON_EKS},
        problem(
            "database.multiAz",
            '"maybe"',
            BOOLEAN,
            "",
        ),
    ),
    bad(
        "null where text belongs",
        {"cluster": {"namespace": None}},
        problem(
            "cluster.namespace",
            "(nothing)",
            TEXT,
            "pulumi config rm --path @cluster.namespace",
        ),
    ),
    bad(
        "a list where an object belongs",
        {"langfuse": {"admin": ["admin@example.com"]}},
        problem(
            "langfuse.admin",
            '["admin@example.com"]',
            OBJECT,
            "",
        ),
    ),
    bad(
        "an object where a list belongs",
        {"agents": {"namespaces": {"a": 1}}},
        problem("agents.namespaces", '{"a": 1}', LIST, ""),
    ),
    bad(
        "text where a list belongs",
        {"agents": {"namespaces": "ai-agents"}},
        problem(
            "agents.namespaces",
            '"ai-agents"',
            LIST,
            "pulumi config rm --path @agents.namespaces && pulumi config set --path "
            "'@agents.namespaces[0]' ai-agents",
        ),
    ),
    bad(
        "several items of a list",
        {"agents": {"namespaces": [["a"], "ai", 5]}},
        problem(
            "agents.namespaces[2]",
            "5",
            TEXT,
            "pulumi config set --path --type string '@agents.namespaces[2]' 5",
        ),
        problem(
            "agents.namespaces[0]",
            '["a"]',
            TEXT,
            "",
        ),
    ),
    bad(
        "text that holds JSON with a deep list",
        {"cluster": "[" * 100_000},
        problem(
            "cluster",
            '"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[...',
            OBJECT,
            "",
        ),
    ),
    bad(
        "a number of 5000 digits",
        {"cluster": "9" * 5_000},
        problem(
            "cluster",
            '"9999999999999999999999999999999999999999999999999999999999999999999999999999...',
            OBJECT,
            "",
        ),
    ),
    bad(
        "a list in a list",
        {"agents": {"namespaces": [["ai-agents"]]}},
        problem(
            "agents.namespaces[0]",
            '["ai-agents"]',
            TEXT,
            "",
        ),
    ),
    bad(
        "a whole section that is text",
        {"cluster": "kind-langfuse"},
        problem("cluster", '"kind-langfuse"', OBJECT, ""),
    ),
    bad(
        "a whole section that is a boolean",
        {"endpoint": True},
        problem("endpoint", "true", OBJECT, ""),
    ),
    bad(
        "a whole section that is text and may be a secret",
        {"langsmith": KEY},
        problem("langsmith", "[secret]", OBJECT, ""),
    ),
    bad(
        "a list of acknowledgements that is text",
        {"acknowledge": "openSignUp"},
        problem(
            "acknowledge",
            '"openSignUp"',
            LIST,
            "pulumi config rm @acknowledge && pulumi config set --path '@acknowledge[0]' "
            "openSignUp",
        ),
    ),
    bad(
        "an acknowledgement in other letters",
        {"acknowledge": ["OpenSignUp"]},
        problem(
            "acknowledge[0]",
            '"OpenSignUp"',
            ACKNOWLEDGEMENT,
            "pulumi config set --path '@acknowledge[0]' openSignUp",
        ),
    ),
    bad(
        "an acknowledgement of nothing known",
        {"acknowledge": ["everything"]},
        problem(
            "acknowledge[0]",
            '"everything"',
            ACKNOWLEDGEMENT,
            "",
        ),
    ),
]


@pytest.mark.parametrize(("change", "expected"), BAD)
def test_refuses(change: Mapping[str, Any], expected: list[Problem]) -> None:
    assert problems(change) == expected
