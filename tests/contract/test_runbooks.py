"""The pages of `docs` agree with the program: names, links, commands, keys and examples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from components.monitoring import runbooks
from components.monitoring.alarms import definitions
from components.monitoring.alerts import rules
from stacks import stack_files
from stacks.settings import Section, Settings, read
from stacks.settings.machinery.shape import fields, models_of
from stacks.settings.sections.aws import Aws
from tests.support import bases, markdown, stacks
from tests.support.config_commands import run_command
from tests.support.recordings import recorded
from tooling.doctor.sections import SECTIONS
from tooling.engineless import offline
from tooling.engineless.recording import reveal

ROOT: Final = Path(__file__).resolve().parent.parent.parent
DOCS: Final = ROOT / "docs"
FILES: Final = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    ROOT / "examples/agents/README.md",
    *sorted(DOCS.rglob("*.md")),
]
PAGES: Final = {str(f.relative_to(ROOT)): markdown.parse(f.read_text("utf-8")) for f in FILES}
RUNBOOKS: Final = (
    "troubleshooting",
    "backup-and-restore",
    "upgrade",
    "rotation",
    "disaster-recovery",
    "cost",
    "security",
)
TROUBLESHOOTING: Final = PAGES["docs/troubleshooting.md"]
EVENTS: Final = "DatabaseEvents"
"""What RDS sends of itself: messages that name no runbook."""

FINDINGS: Final = [heading for heading in TROUBLESHOOTING.headings if heading.level == 3]

ADDED: Final = {"CONTRIBUTING.md": ["langfuse.sessionMinutes", "agents.maxPods"]}
"""Keys that a worked example adds."""

each_page = pytest.mark.parametrize("page", PAGES)


# Sections of the troubleshooting guide


def test_every_alert_alarm_and_finding_has_one_section_and_no_section_is_left_over() -> None:
    known = [*rules.NAMES, *definitions.NAMES, EVENTS, *SECTIONS]

    assert sorted(heading.text for heading in FINDINGS) == sorted(known)


@pytest.mark.parametrize("heading", FINDINGS, ids=lambda heading: heading.text)
def test_a_section_says_what_it_means_where_to_look_and_how_to_fix_it(
    heading: markdown.Heading,
) -> None:
    parts = re.findall(r"^\*\*(\w+)\*\*", heading.body, re.MULTILINE)

    assert parts[:3] == ["Means", "Look", "Fix"]
    assert set(parts[3:]) <= {"Prevent"}


def test_the_link_of_an_alert_leads_to_its_section() -> None:
    for name in (*rules.NAMES, *definitions.NAMES):
        page, _, anchor = runbooks.link("docs", name).partition("#")
        assert anchor in PAGES[page].anchors, name


def test_every_anchor_of_a_finding_is_the_finding_itself() -> None:
    assert {markdown.slug(name) for name in SECTIONS} == set(SECTIONS)


# Links


def broken_links(page: str) -> Iterator[str]:
    for link in PAGES[page].links:
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = ((ROOT / page).parent / path).resolve() if path else ROOT / page
        name = str(target.relative_to(ROOT))
        if not target.exists() or (anchor and anchor not in PAGES[name].anchors):
            yield link


@each_page
def test_every_link_within_the_repository_resolves(page: str) -> None:
    assert list(broken_links(page)) == []


@each_page
def test_every_link_to_elsewhere_is_encrypted(page: str) -> None:
    elsewhere = [link for link in PAGES[page].links if "://" in link]

    assert [link for link in elsewhere if not link.startswith("https://")] == []


@pytest.mark.parametrize("name", RUNBOOKS)
def test_no_heading_of_a_runbook_is_repeated(name: str) -> None:
    headings = [heading.text for heading in PAGES[f"docs/{name}.md"].headings]

    assert len(headings) == len(set(headings))


# Names


def test_every_panel_that_a_section_sends_to_is_one_of_the_dashboard_that_it_names() -> None:
    titles = {
        heading.text.lower(): set(re.findall(r"^\| ([^|]+) \|", heading.body, re.MULTILINE))
        for heading in PAGES["docs/dashboards.md"].headings
    }
    looks = [
        " ".join(look.split())
        for heading in FINDINGS
        for look in re.findall(r"^\*\*Look\*\* (?:.+\n)+", heading.body, re.MULTILINE)
    ]
    named = [
        (dashboard, panel)
        for look in looks
        for dashboard in re.findall(r"dashboard `([^`]+)`", look)
        for panel in re.findall(r'"([^"]+)"', look)
    ]

    assert [found for found in named if found[1] not in titles[found[0]]] == []
    assert len(named) > 5


def test_logs_of_pods_by_a_label_say_how_many_lines() -> None:
    """Of pods that a label finds kubectl shows ten lines, with ``--since`` too."""
    commands = [
        command
        for page in PAGES.values()
        for command in (
            *page.code,
            *(each for block in page.blocks for each in markdown.commands(block)),
        )
    ]
    found = [command for command in commands if " logs -l " in command]

    assert [command for command in found if " --tail=" not in command] == []
    assert len(found) > 10


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        target
        for page in PAGES.values()
        for text in (*page.code, *(block.text for block in page.blocks))
        for target in re.findall(r"(?:^|[\s(])make ([a-z][a-z-]*)", text)
    }

    assert named - targets == set()
    assert len(named) > 10


def is_key(path: str) -> bool:
    """Whether ``section.key`` is in the models, to the last step."""
    models: list[type[Section]] = [Settings]
    for step in path.split("."):
        below = [fields(model)[step].annotation for model in models if step in fields(model)]
        if not below:
            return False
        models = [model for annotation in below for model in models_of(annotation)]
    return True


SECTION_NAMES: Final = "|".join(sorted(set(fields(Settings)) - {"stack", "aws"}))
KEY: Final = re.compile(
    rf"(?:agent-observability:)?((?:{SECTION_NAMES})(?:\.[a-z][A-Za-z]*)+)(?:[\s:=\[{{].*)?"
)


VERSION_4: Final = ("version 4 in the cluster", "version 4 with ElastiCache")
"""Stacks with what the stack files do not have."""

OWN_NAME: Final = re.compile(r"langfuse-[a-z-]+[a-z]")
"""A name of this program's, whole."""


def keys(page: str) -> Iterator[str]:
    """Keys of the configuration that a page names, each where it begins a piece of code."""
    for code in PAGES[page].code:
        match = KEY.fullmatch(code)
        if match and not match[1].endswith(".com"):
            yield match[1]


@each_page
def test_every_key_that_a_page_names_is_one_of_the_configuration(page: str) -> None:
    assert [key for key in keys(page) if not is_key(key)] == ADDED.get(page, [])


@each_page
def test_every_aws_key_that_a_page_names_is_one_of_the_configuration(page: str) -> None:
    named = {m[1] for code in PAGES[page].code if (m := re.match(r"aws:([a-z][A-Za-z]+)$", code))}

    assert named - set(fields(Aws)) == set()


@pytest.mark.parametrize("name", RUNBOOKS)
def test_every_resource_that_a_runbook_names_is_one_of_a_stack(name: str) -> None:
    runs = [*(recorded(stack) for stack in bases.BASES), *map(stacks.recorded, VERSION_4)]
    known = {resource.name for run in runs for resource in run.resources.values()}
    known |= {
        offline.kubernetes_name(resource)
        for run in runs
        for resource in run.resources.values()
        if offline.is_kubernetes(resource)
    }
    named = {code for code in PAGES[f"docs/{name}.md"].code if OWN_NAME.fullmatch(code)}

    assert named - known == set()


def test_the_keys_of_the_runbooks_are_looked_at() -> None:
    found = {key for name in RUNBOOKS for key in keys(f"docs/{name}.md")}

    assert {"database.restoreFrom.snapshot", "endpoint.inboundCidrs", "secrets.protect"} <= found
    assert len(found) > 50


# Examples


def configuration(stack: str, overrides: dict[str, Any] | None = None) -> dict[str, str]:
    return dict(bases.read(stack, overrides).values)


def examples() -> Iterator[Any]:
    for page, parsed in PAGES.items():
        for number, block in enumerate(parsed.blocks, 1):
            document: Any = yaml.safe_load(block.text) if block.language == "yaml" else {}
            if "config" in document:
                yield pytest.param(document["config"], id=f"{page}, block {number}")


@pytest.mark.parametrize("config", list(examples()))
def test_a_configuration_in_a_page_is_accepted(config: dict[str, Any]) -> None:
    """A part of a configuration is a change of the file for production."""
    whole = "agent-observability:langfuse" in config and "context" in str(config)
    # An empty section takes the place of the file's, and is as good as none.
    change = {key: None if value == {} else value for key, value in config.items()}
    given = stack_files.assemble(config) if whole else bases.read("prod", change)

    read("example", given.values, set(given.secret_keys))


def test_there_are_configurations_and_commands_to_try() -> None:
    assert len(list(examples())) > 4
    assert len(list(procedures())) > 3


def procedures() -> Iterator[Any]:
    """The commands of a section that change a configuration, block by block."""
    for page, parsed in PAGES.items():
        for section in dict.fromkeys(block.section for block in parsed.blocks):
            blocks = [
                [command for command in markdown.commands(block) if command.startswith("pulumi ")]
                for block in parsed.blocks
                if block.section == section and block.language == "console"
            ]
            if any("pulumi config" in command for block in blocks for command in block):
                base = "version 2 prod" if "version 2" in section else "prod"
                yield pytest.param(base, blocks, id=f"{page}, {section}")


@pytest.mark.parametrize(("base", "blocks"), list(procedures()))
def test_after_each_block_of_commands_the_configuration_is_accepted(
    base: str,
    blocks: list[list[str]],
) -> None:
    stack, secret_keys = "prod", set[str]()
    values = configuration(base)
    for block in blocks:
        for command in block:
            if command in {"pulumi stack select dev", "pulumi stack init dev"}:
                stack, values = "dev", configuration("dev")
            if command.startswith("pulumi config "):
                run_command(command, values, secret_keys)
        read(stack, values, secret_keys)


def test_a_restore_in_place_touches_the_instance_and_the_name_of_its_last_snapshot() -> None:
    source = {"instance": "INSTANCE", "time": "2026-11-01T09:30:00Z"}
    before, after = (
        recorded(
            "version 2 prod", database={"protect": False, **restore}, acknowledge=["noProtection"]
        )
        for restore in ({}, {"restoreFrom": source})
    )

    assert before.resources.keys() == after.resources.keys()
    assert {
        resource.name
        for urn, resource in after.resources.items()
        if reveal(resource.inputs) != reveal(before.resources[urn].inputs)
    } == {"langfuse-postgres-instance", "langfuse-postgres-final-snapshot"}
