"""Text from outside: nothing that it holds can act on a terminal or hide itself."""

from __future__ import annotations

import re
import unicodedata
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from oyama_tui.core.text import ELLIPSIS, decode, first_line, one_line, safe_text, shorten, width_of

HOSTILE = [
    ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
    ("\x1b]0;title\x07", "␛]0;title␇"),
    ("\x1b]8;;http://x\x1b\\y", "␛]8;;http://x␛\\y"),
    ("\x1bP1$r\x1b\\", "␛P1$r␛\\"),
    ("\x9b31m", "<U+009B>31m"),
    ("\x9d0;t\x9c", "<U+009D>0;t<U+009C>"),
    ("a\x00b", "a␀b"),
    ("a\x08\x08b", "a␈␈b"),
    ("rm -rf /\rls", "rm -rf /␍ls"),
    ("a\r\nb", "a\nb"),
    ("del\x7f", "del␡"),
    ("\u202egnp.exe", "<U+202E>gnp.exe"),
    ("\u2066a\u2069\u200e\u200f\u061c", "<U+2066>a<U+2069><U+200E><U+200F><U+061C>"),
    ("pass\u200bword\ufeff", "pass<U+200B>word<U+FEFF>"),
    ("a\u2028b\u2029c\x85d", "a<U+2028>b<U+2029>c<U+0085>d"),
    ("\ud800", "<U+D800>"),
    ("a\u200db", "a<U+200D>b"),
    ("👨\u200d", "👨<U+200D>"),
    ("👨\u200d👩\u200d👧\u200d👦", "👨\u200d👩\u200d👧\u200d👦"),
    ("🏳\ufe0f\u200d🌈 👩🏽\u200d💻 \u202e", "🏳\ufe0f\u200d🌈 👩🏽\u200d💻 <U+202E>"),
    ("👨\u200d👨\u200d👨\u200d👨\u200d👨", "👨\u200d👨\u200d👨\u200d👨<U+200D>👨"),
    ("tag\U000e0041", "tag<U+E0041>"),
    ("tab\tand\nline é 漢 😀", "tab\tand\nline é 漢 😀"),
    ("[/red] [bold]markup[/]", "[/red] [bold]markup[/]"),
]


@pytest.mark.parametrize(("value", "expected"), HOSTILE)
def test_hostile_text_is_shown_and_does_nothing(value: str, expected: str) -> None:
    assert safe_text(value) == expected


@given(st.text(alphabet=st.characters(categories=None)))
def test_no_control_or_format_character_is_left(value: str) -> None:
    made = safe_text(value)
    assert not [
        c for c in made if c not in "\n\t" and (unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in "\u202e\u2066\u200b\ufeff")
    ]
    assert safe_text(made) == made
    assert "\n" not in safe_text(value, keep_newlines=False)
    made.encode()


PICTURES = ("👨\u200d👩\u200d👧\u200d👦", "🏳\ufe0f\u200d🌈", "🧑🏽\u200d🚀", "⚠\ufe0f", "👍🏽", "🇩🇪", "1\ufe0f\u20e3", "漢", "😀")


@pytest.mark.parametrize("picture", PICTURES)
def test_a_picture_of_several_characters_has_two_cells_and_is_cut_whole(picture: str) -> None:
    assert width_of(safe_text(picture)) == cell_len(picture) == 2
    assert width_of(f"a{picture}b{picture}") == 6
    assert one_line(f"{picture} of {picture * 3} many", 9) == f"{picture} of {picture}{ELLIPSIS}"
    assert one_line(f"{picture * 3}", 6) == picture * 3
    assert one_line(f"{picture * 3}", 5) == f"{picture * 2}{ELLIPSIS}"


@given(st.text(alphabet=[*"ab 漢\u200d\ufe0f", *"👨👩🏽🇩🇪⚠❤"], max_size=30), st.integers(1, 30))
def test_a_line_with_pictures_is_never_wider_than_its_room(value: str, width: int) -> None:
    assert width_of(one_line(value, width)) <= width
    assert safe_text(safe_text(value)) == safe_text(value)


def test_bidirectional_characters_are_all_covered() -> None:
    marks = [
        chr(code)
        for code in range(0x110000)
        if unicodedata.bidirectional(chr(code)) in ("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI")
    ]
    assert len(marks) == 9
    assert all(re.fullmatch(r"<U\+[0-9A-F]{4}>", safe_text(mark)) for mark in marks)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"plain \xc3\xa9\n", "plain é\n"),
        (b"bad \xff\xfe bytes", "bad �� bytes"),
        (b"a\x00b", "a␀b"),
        (b"10%\r20%\r100%\ndone\r\n", "100%\ndone\n"),
        (b"10%\r\r20%\r", "20%"),
        (b"one\r\ntwo\r\n", "one\ntwo\n"),
        (b"\r\r", ""),
        (b"cut \xe2\x82", "cut �"),
    ],
)
def test_output_is_decoded(data: bytes, expected: str) -> None:
    assert decode(data) == expected


def test_every_character_of_output_can_be_kept() -> None:
    assert safe_text(decode(b"rm -rf /\rls\r\n", overwrite=False)) == "rm -rf /␍ls\n"


@pytest.mark.parametrize(
    ("value", "width", "expected"),
    [
        ("short", 10, "short"),
        ("exactly ten", 11, "exactly ten"),
        ("a longer text", 8, "a longe…"),
        ("two\n  lines\tand tabs ", 40, "two lines and tabs"),
        ("漢字漢字", 5, "漢字…"),
        ("漢字漢字", 8, "漢字漢字"),
        ("e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"),
        ("\x1b[2J", 10, "␛[2J"),
        ("abc", 1, "…"),
        ("", 5, ""),
        ("x" * 10_000, 4, "xxx…"),
    ],
)
def test_one_line_fits(value: str, width: int, expected: str) -> None:
    made = one_line(value, width)
    assert made == expected
    assert width_of(made) <= width


@given(st.text(), st.integers(1, 30))
def test_one_line_always_fits(value: str, width: int) -> None:
    made = one_line(value, width)
    assert width_of(made) <= width
    assert "\n" not in made


def test_the_middle_of_long_text_is_cut() -> None:
    assert shorten("abcdefghij", 7) == "abc…hij"
    assert shorten("abcdefghij", 10) == "abcdefghij"
    assert len(shorten("x" * 100, 20)) == 20


def test_a_megabyte_is_fast() -> None:
    plain = "a line of plain text, with é and 漢\n" * 28_000
    lines = ("x" * 100 + "\r") * 10_000
    started = process_time()
    assert safe_text(plain) == plain
    assert decode(plain.encode()) == plain
    assert decode(lines.encode()) == "x" * 100
    assert safe_text("\x1b[0m" * 250_000) == "␛[0m" * 250_000
    assert process_time() - started < 2.0


@pytest.mark.parametrize(
    ("text", "line"), [("", ""), (" a ", "a"), ("a\nb", "a…"), ("abcdef", "abcdef"), ("abcdefg\nh", "abcde…"), ("\n\nx", "x")]
)
def test_a_long_text_is_cut_to_its_first_line(text: str, line: str) -> None:
    assert first_line(text, 6) == line
