"""Laying out text in a number of cells."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from textual.content import Content

from oyama_tui.tui.render.run import run_name
from oyama_tui.tui.widgets.layout import annotated, cell, columns, flowed, labelled, markdown_lines, spread, wrapped
from oyama_tui.tui.wording import line_of

NOW = datetime(2026, 2, 3, 14, 5, tzinfo=UTC)


def test_both_ends_of_a_line_fit_its_width() -> None:
    for width in range(1, 40):
        assert spread(Content("a long left side"), Content("right"), width).cell_length <= width
    assert spread(Content("left"), Content("right"), 20).plain == "left           right"


def test_wide_characters_count_as_two_cells() -> None:
    assert cell(Content("発表する"), 5).cell_length == 5
    assert columns([(Content("発表"), 6), (Content("1"), -3)]).plain == "発表      1"


def test_wrapping_keeps_the_indent_and_the_blank_lines() -> None:
    lines = wrapped(Content("one two three\n\nfour"), 10, indent=2, first=0)
    assert [line.plain for line in lines] == ["one two", "  three", "", "  four"]
    assert [line.plain for line in labelled("Label", Content("a b c d"), 12, 8)] == ["Label   a b c d"]


def test_a_note_gives_way_to_the_name_and_the_time() -> None:
    head, note, end = Content("a_long_name"), Content("Exit code 1: it broke"), Content("5.0 s")
    assert annotated(head, note, end, 50).plain == "a_long_name           Exit code 1: it broke  5.0 s"
    assert annotated(head, note, end, 30).plain == "a_long_name Exit code …  5.0 s"
    assert annotated(head, note, end, 20).plain == "a_long_name    5.0 s"


def test_parts_are_kept_whole_from_line_to_line() -> None:
    parts = [Content("check 2.0 s"), Content("build 31 s"), Content("a very long name of a step")]
    assert flowed(parts, 30).plain.split("\n") == ["check 2.0 s   build 31 s", "a very long name of a step"]
    assert flowed(parts, 12).plain.split("\n")[:2] == ["check 2.0 s", "build 31 s"]
    assert flowed([], 12).plain == ""


def test_markdown_shows_its_marks_and_leaves_the_rest_as_written() -> None:
    lines = markdown_lines("# Title\n- **bold** word\nplain [link](x) `code`\n```\n- raw\n```", 40)
    assert [line.plain for line in lines] == ["Title", "• bold word", "plain [link](x) code", "  - raw"]
    assert lines[1].spans[0].style == "bold"


def test_a_line_from_outside_has_no_line_breaks() -> None:
    assert line_of("a\nb\tc") == "a b c"
    assert "\x1b" not in line_of("\x1b[31m")


@pytest.mark.parametrize("width", [18, 24, 36])
def test_the_number_of_a_run_is_never_cut(width: int) -> None:
    name = run_name("nightly_data_migration_with_a_long_name", 1234, width)
    assert name.plain.endswith(" #1234")
    assert name.cell_length <= width
    assert run_name("release", 3, width).plain == "release #3"
