"""What every report shares."""

from __future__ import annotations

from tooling.kit.report import guide, to_json, wrapped


def test_a_text_goes_on_below_its_first_word_and_no_word_is_cut() -> None:
    long, hyphened = "x" * 120, "a-b" * 30

    assert wrapped("cause  ", f"one {long} two {hyphened}").splitlines() == [
        "cause  one",
        f"       {long}",
        "       two",
        f"       {hyphened}",
    ]
    assert wrapped("", " ".join(["word"] * 21)).splitlines() == [" ".join(["word"] * 20), "word"]


def test_a_section_of_the_guide_is_named_as_its_anchor() -> None:
    assert guide("LangfuseDown") == "docs/troubleshooting.md#langfusedown"


def test_a_report_for_programs_keeps_its_letters() -> None:
    assert to_json({"cause": "ä"}) == '{\n  "cause": "ä"\n}\n'
