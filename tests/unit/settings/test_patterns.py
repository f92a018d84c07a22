"""Patterns that Go compiles: with 800,000 random ones Go agreed with all that were taken here."""

from __future__ import annotations

import pytest

from stacks.settings.machinery.fields.patterns import matches_something


@pytest.mark.parametrize(
    "text",
    [
        *("a", "a|b", "a.c", "(a)", "(?:a)", "(?P<n>a)", "(?<n>a)", "(?i)a", "(?i-s:a)", "a(?i)"),
        *("a+", "a+?", "a{2}", "a{2,}", "a{2,3}?", "a{1000}", "(?:a{30}){30}", "(a{2}b?){500}"),
        *("a{", "a{,3}", "{a}", "]", "}", "a]", "é+"),
        *(r"\d", r"\bx\b", r"\Aa\z", r"\.", r"\-", r"\_", r"\ ", r"\n", r"\x41", r"\x{10FFFF}"),
        *(r"\07", r"\12", r"\pL", r"\PN", r"\p{Lu}", r"\p{^Han}", r"\p{Hangul}"),
        *("[a]", "[]a]", "[^]a]", "[a-z]", "[a-]", "[-a]", r"[\d-]", r"[\]]", "[[:alpha:]]"),
        *("[[:^digit:]_]", r"[\x41-\x5A]", "[^a]", "[a|b(]", r"\b\d{6}-[1-4]\d{6}\b"),
        *("^a$", "(^|a)b", "(|a)b", "(a*)b"),
    ],
)
def test_takes(text: str) -> None:
    assert matches_something(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "a*", "a?", "a{0,2}", "a{0}", "(a|)", "^", "$", "^$", r"\b", "(?i)", "(a*)+", "a|"),
        *("(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(?>a)", "(?#a)b", "(?P=n)a", "(?(1)a|b)"),
        *(r"(a)\1", r"\8", r"\Z", r"\Ga", r"\C", r"\e", r"\Qa\E", r"\u0041", "\\", "a\\"),
        *("*a", "+a", "?a", "{2}", "|*", "a**", "a*+", "a++", "a?+", "a{2}{3}", "a*??", "(*a)"),
        *("a(?i)*", "a{1001}", "a{3,2}", "a{2,1001}", "(?:a{30}){40}", "((a{11}){10}){10}"),
        *("(", ")", "(a", "a)", "(?", "(?)", "(?:", "(?x)a", "(?a)b", "(?P<n>a)(?P<n>b)"),
        *("(?P<>a)", "(?P<a-b>c)", "(?i:", "(?--i)a"),
        *("[", "[]", "[^]", "[a", "[z-a]", r"[a-\d]", r"[\d-z]", "[[:foo:]]", "[[:alpha]", r"[\b]"),
        *(r"\x4", r"\x{110000}", r"\x{}", r"\pX", r"\p{Foo}", r"\p{", r"[\p{Foo}]"),
        "(" * 200 + "a" + ")" * 200,
    ],
)
def test_refuses(text: str) -> None:
    assert not matches_something(text)
