"""Every tool with a secret of every form in every kind of place: none shows one.

Many are planted at once, so that a tool runs once or twice. What a tool shows besides is other
tests' matter.
"""

from __future__ import annotations

import dataclasses
import io
import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast, get_origin

import pulumi
import pytest
from pulumi_aws.sns import Topic
from pulumi_kubernetes.core.v1 import ConfigMap, Pod

from components.project import PROJECT
from components.secrets.forms import FORMS
from components.secrets.masking import MASK, masked_lines
from stacks import settings, stack_files
from stacks.settings import ConfigurationError, Settings
from stacks.settings.machinery import shape
from stacks.settings.machinery.section import Section
from stacks.stack_files import StackConfiguration, StackFileError
from tests.support.diffs import KEY, through_json
from tests.support.doctor import PLACE
from tests.support.secret_texts import BY_NAME, planted
from tooling import __main__ as tooling
from tooling import policy, render
from tooling.ci import sections
from tooling.demo import engine
from tooling.diff import compare, snapshot, trees
from tooling.diff.markdown import to_markdown
from tooling.diff.model import DiffError, Snapshot
from tooling.doctor import report
from tooling.doctor.findings import Finding
from tooling.doctor.patterns.known import read
from tooling.doctor.report import Report
from tooling.engineless import offline, running
from tooling.engineless.live import LiveError, deployment
from tooling.engineless.recording import Recording
from tooling.kit.exit_codes import FINE, UNASKED
from tooling.kit.masking import Masker, clean, last_line, quote
from tooling.smoke.report import fail, line, presentable

PLANTED: Final = planted()
TEXTS: Final = [text for text, _ in PLANTED.values()]
LOG: Final = "\n\n".join(f"2026-01-01 says {text}" for text in TEXTS)
"""A key that was cut ends where a line is no part of it."""


def leaks(shown: str) -> list[str]:
    """The forms of which a secret can be read; JSON writes some of them otherwise."""
    written = {form: {secret, json.dumps(secret)[1:-1]} for form, (_, secret) in PLANTED.items()}
    found = [form for form, forms in written.items() if any(text in shown for text in forms)]
    return found + [name for name, value in BY_NAME.items() if value in shown]


def test_each_form_of_the_detector_is_planted() -> None:
    assert {form.name for form in FORMS} <= PLANTED.keys()
    assert leaks(LOG) == list(PLANTED)
    assert leaks(json.dumps([TEXTS, BY_NAME])) == [*PLANTED, *BY_NAME]


# -- Settings --------------------------------------------------------------------------------------

TAGS: Final = ("statefulSet", "rds", "external")


def filled(annotation: shape.Annotation, tag: str, next_text: Callable[[], str]) -> Any:  # noqa: ANN401
    """A value with a text at each place: of every field, key, item and unknown key."""
    union = shape.variants(annotation)
    if union is not None:
        variant = union.by_tag.get(tag) or next(iter(union.by_tag.values()))
        name = next((t for t, model in union.by_tag.items() if model is variant), tag)
        return {**section(variant, tag, next_text), union.key: name}
    if models := shape.models_of(annotation):
        return section(models[0], tag, next_text)
    origin = get_origin(shape.bare(annotation))
    if origin is dict:
        return {"SOME_NAME": next_text(), next_text(): "value"}
    return [next_text(), next_text()] if origin is tuple else next_text()


def section(model: type[Section], tag: str, next_text: Callable[[], str]) -> dict[str, Any]:
    known = shape.fields(model)
    values = {key: filled(shape.type_of(f), tag, next_text) for key, f in known.items()}
    return {**values, "unknownKey": next_text(), next_text(): 1, "unknownList": [next_text()]}


def configuration(tag: str, start: int) -> tuple[dict[str, str], int]:
    """Values by full key, with the texts from ``start`` on around, and the next one."""
    numbers = itertools.count(start)

    def next_text() -> str:
        return TEXTS[next(numbers) % len(TEXTS)]

    values: dict[str, str] = {f"{PROJECT}:unknown": next_text(), "aws:unknown": next_text()}
    for key, field in shape.fields(Settings).items():
        if key == "aws":
            found = filled(shape.type_of(field), tag, next_text)
            values |= {f"aws:{name}": _text(value) for name, value in found.items()}
        elif key != "stack":
            values[f"{PROJECT}:{key}"] = _text(filled(shape.type_of(field), tag, next_text))
    values |= {f"{PROJECT}:{name}": value for name, value in BY_NAME.items()}
    return values, next(numbers)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def refused(values: Mapping[str, str], secret_keys: frozenset[str]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        settings.read("test", values, secret_keys)
    return f"{caught.value}\n{caught.value.problems!r}"


@pytest.mark.parametrize("encrypted", [False, True], ids=["clear", "encrypted"])
def test_settings_show_none_of_any_field(encrypted: bool) -> None:
    start, count = 0, 0
    for tag in TAGS:
        values, start = configuration(tag, start)
        text = refused(values, frozenset(values) if encrypted else frozenset())
        assert leaks(text) == [], tag
        count += text.count(MASK)

    assert start > 3 * len(TEXTS)
    assert count > 3 * 100


@pytest.mark.parametrize("encrypted", [False, True], ids=["clear", "encrypted"])
def test_settings_show_none_in_place_of_a_section(encrypted: bool) -> None:
    keys = [f"{PROJECT}:{key}" for key in shape.fields(Settings) if key not in {"aws", "stack"}]
    for start in range(0, len(TEXTS), len(keys)):
        values = dict(zip(keys, TEXTS[start : start + len(keys)], strict=False))
        assert leaks(refused(values, frozenset(values) if encrypted else frozenset())) == []


BROKEN: Final = (
    "config:\n  a: [{}\n  b: c",
    "config:\n  a: {{{}\n",
    "config:\n  a: '{}\n",
    "config:\n  a: b: {}\n",
    "config:\n  a: *{}\n",
    "config:\n  a: !{} b\n",
    "config:\n\t{}\n",
    "? [{}\n: a",
    "{}\n\0",
)


@pytest.mark.parametrize("broken", BROKEN)
def test_an_error_of_yaml_quotes_no_line(broken: str, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: some\n", encoding="utf-8")
    file = tmp_path / "Pulumi.dev.yaml"
    for text in TEXTS:
        file.write_text(broken.replace("{}", text).replace("{{", "{"), encoding="utf-8")
        try:
            stack_files.read("dev", project=tmp_path)
        except StackFileError as error:
            shown = f"{error}{error.__cause__}"
            assert leaks(shown) == []
            assert text not in shown


# -- What a program registers ----------------------------------------------------------------------


def program() -> None:
    """A secret of every form in clear where nothing should be secret."""
    data = {f"key-{number}": text for number, text in enumerate(TEXTS)} | BY_NAME
    ConfigMap("config", metadata={"name": "config", "annotations": data, "labels": data}, data=data)
    variables = [{"name": name, "value": value} for name, value in data.items()]
    options = [word for text in TEXTS for word in ("--token", text)]
    container: Any = {"name": "a", "image": TEXTS[0], "env": variables, "args": [*TEXTS, *options]}
    Pod("pod", metadata={"name": "pod"}, spec={"containers": [container]})
    Topic("topic", name="topic", tags=data, policy=json.dumps(data))
    pulumi.export("list", TEXTS)
    pulumi.export("object", {**BY_NAME, "log": LOG, "json": json.dumps(data)})


@pytest.fixture(scope="module")
def recorded() -> Recording:
    empty = StackConfiguration({}, frozenset())
    return running.run("fixture", empty, offline.OfflineBackend(), program)


def test_render_writes_none(recorded: Recording) -> None:
    files = render.to_files(render.collect(recorded))

    assert {path: leaks(text) for path, text in files.items() if leaks(text)} == {}
    assert sum(text.count(MASK) for text in files.values()) > 5 * len(TEXTS)


def test_diff_shows_none_whether_it_comes_goes_or_changes(recorded: Recording) -> None:
    full = through_json(snapshot.written(recorded, {}, KEY))
    bare = with_inputs(full, lambda _: {})
    other = with_inputs(full, turned)
    pairs = [(None, full), (full, None), (bare, full), (full, bare), (other, full), (full, other)]
    texts = [to_markdown(compare.compare("dev", *pair), "abc1234") for pair in pairs]

    assert [leaks(text) for text in texts[:4]] == [[]] * 4
    # What was called a secret is called otherwise on one side, where nothing tells.
    assert [{*leaks(text)} - {*BY_NAME} for text in texts[4:]] == [set[str]()] * 2
    assert [text.count(MASK) for text in texts] == [6, 6, 15, 15, 18, 18]


def test_diff_shows_none_of_any_form(recorded: Recording) -> None:
    """A resource for each form, because of one resource only some changes are shown."""
    full = through_json(snapshot.written(recorded, {}, KEY))
    topic = next(r for r in full.resources.values() if r.name == "topic")

    def side(text: Callable[[str], str | None]) -> Snapshot:
        notes = {f"{topic.urn}{n}": text(planted) for n, planted in enumerate(TEXTS)}
        return Snapshot(
            resources={
                urn: dataclasses.replace(topic, urn=urn, inputs={"note": note} if note else {})
                for urn, note in notes.items()
            }
        )

    bare, whole, other = side(lambda _: None), side(str), side(lambda text: f"{text} and more")
    for pair in ((bare, whole), (whole, bare), (whole, other), (other, whole)):
        shown = to_markdown(compare.compare("dev", *pair), "abc1234")
        notes = [line for line in shown.splitlines() if line.startswith("  - `note`: ")]

        assert leaks(shown) == []
        assert len(notes) == len(TEXTS)
        assert [note for note in notes if MASK not in note] == []


def with_inputs(side: Snapshot, change: Callable[[Any], Any]) -> Snapshot:
    resources = side.resources.items()
    return Snapshot(
        resources={urn: dataclasses.replace(r, inputs=change(r.inputs)) for urn, r in resources}
    )


def turned(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The same with its values in another order."""
    if isinstance(value, dict):
        mapping = cast("dict[str, Any]", value)
        names = sorted(mapping)  # a recording's own order changes from run to run
        return {
            name: turned(mapping[other]) for name, other in zip(names, names[::-1], strict=True)
        }
    if isinstance(value, list):
        return [turned(item) for item in reversed(cast("list[Any]", value))]
    return value


def test_diff_shows_none_of_what_another_commit_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pulumi.yaml").touch()
    answer = SimpleNamespace(returncode=0, stdout=json.dumps({"dev": {"error": LOG}}))

    def answers(*_: object, **__: object) -> SimpleNamespace:
        return answer

    monkeypatch.setattr(trees.subprocess, "run", answers)

    with pytest.raises(DiffError) as caught:
        trees.record(tmp_path, tmp_path, ".", ["dev"], name="main")

    assert leaks(str(caught.value)) == []


def test_policy_shows_none(recorded: Recording) -> None:
    stack = policy.seen(recorded)
    found = list(policy.violations(stack))
    quoting = [policy.Violation(rule="a", resource=stack[0], message=text) for text in TEXTS]

    assert leaks(policy.report("dev", stack, found)) == []
    assert leaks(policy.report("dev", stack, quoting)) == []
    assert len(found) > len(TEXTS)


# -- What other programs say -----------------------------------------------------------------------


def test_a_quoted_text_shows_none() -> None:
    shown = [clean(LOG), *(f(text) for text in TEXTS for f in (clean, quote, last_line))]
    shown += [quote(f"{'a ' * 60}{text}", 130) for text in TEXTS]

    assert leaks("\n".join(shown)) == []


def test_lines_that_come_one_by_one_show_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(LOG.encode())))

    assert tooling.main(["ci", "mask"]) == FINE

    assert leaks(capsys.readouterr().out) == []
    assert leaks("".join(masked_lines(LOG.splitlines(keepends=True)))) == []


def test_the_sections_of_a_comment_show_none() -> None:
    shown = [
        sections.preview("dev", 0, LOG),
        sections.preview("dev", 1, f"Resources:\n    {LOG}"),
        sections.drift("dev", 1, LOG),
        sections.offline("dev", LOG, LOG),
    ]

    assert [leaks(text) for text in shown] == [[]] * 4


def test_the_doctor_shows_none_of_an_object_an_event_or_a_log() -> None:
    findings = [
        Finding(section="pod", severity="error", subject=text, cause=text, command=text)
        for text in TEXTS
    ]
    result = Report(stack="dev", findings=findings)
    explained = repr(read(LOG, PLACE))

    assert [leaks(t) for t in (report.text(result), report.as_json(result), explained)] == [[]] * 3


def test_a_smoke_test_shows_none() -> None:
    masker = Masker()
    masker.learn(["known-by-value"])
    verdicts = [
        presentable(fail(text, text, cause=text, command=f"{text} known-by-value"), masker.mask)
        for text in TEXTS
    ]

    assert leaks("\n".join(map(line, verdicts))) == []
    assert "known-by-value" not in repr(verdicts)


def test_the_demo_shows_none() -> None:
    lines: list[str] = []
    for text in TEXTS:
        engine.without_progress(lines.append)(f"diagnostics: {text}")
        lines.append(Masker().mask(f"waiting: {text}"))

    assert leaks("\n".join(lines)) == []
    assert leaks(repr(deployment.shown({"text": TEXTS, **BY_NAME}))) == []


@pytest.mark.parametrize(
    ("arguments", "called", "error"),
    [
        ("demo up", "tooling.demo.command.read_settings", LiveError),
        ("diff --base main --stack dev", "tooling.diff.command.difference", DiffError),
        ("policy --stack dev", "tooling.policy.offline.record", pulumi.RunError),
        ("render --stack dev", "tooling.render.command.offline.record", pulumi.RunError),
        ("doctor --stack dev", "tooling.doctor.command.read_settings", StackFileError),
        ("smoke --stack dev", "tooling.smoke.command.read_settings", StackFileError),
    ],
    ids=lambda value: value.partition(" ")[0] if isinstance(value, str) else "",
)
def test_the_error_with_which_a_tool_ends_shows_none(
    arguments: str,
    called: str,
    error: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error(LOG)

    monkeypatch.setattr(called, fails)

    assert tooling.main(arguments.split()) == UNASKED

    captured = capsys.readouterr()
    assert captured.err.startswith("error: 2026-01-01 says ")
    assert leaks(captured.out + captured.err) == []
