"""How a verdict looks on the screen."""

from __future__ import annotations

from tooling.smoke.report import fail, line, presentable


def test_words_go_on_in_a_line_of_their_own_and_commands_stay_whole() -> None:
    words = " ".join(["word"] * 20)
    verdict = fail("health", words, cause=words, command=f"run {words}", section="LangfuseDown")

    first, rest = " ".join(["word"] * 16), " ".join(["word"] * 4)
    assert line(verdict).splitlines() == [
        f"FAIL  health         {first}",
        f"                     {rest}",
        f"      cause          {first}",
        f"                     {rest}",
        f"      next           run {words}",
        "      see            docs/troubleshooting.md#langfusedown",
    ]


def test_no_text_of_a_verdict_brings_escapes_lines_or_secrets() -> None:
    text = "a\x1b[2J\x07\nb\u202e https://user:word@c sk-lf-1\x1b[0m2 known-\x00secret"

    shown = presentable(
        fail(text, text, cause=text, command=text),
        lambda given: given.replace("known-secret", "[known]"),
    )

    clean = "a b https://user:[secret]@c sk-lf-[secret] [known]"
    assert shown == fail(clean, clean, cause=clean, command=clean)
