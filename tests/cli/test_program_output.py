"""What steps wrote, as the command line shows it: in their colours or without, and progress bars as they ended."""

from __future__ import annotations

import re

import pexpect
import pytest

from tests.cli.program import Oyama

COLOURED = r"""
id: coloured
steps:
  - id: paint
    run: printf '\033[1;31mred\033[0m and \033[38;5;208morange\033[2J\033]0;t\007\nplain \033[32mgreen\nafter\n'
"""
BAR = r"""
id: bar
steps:
  - id: pull
    run: |
      i=0
      printf 'before\n'
      while [ $i -le 400 ]; do printf '\r\033[32m%0100d layer %d of 400\033[0m' 0 $i; i=$((i+1)); done
      printf '\r\033[0m\nafter\n'
"""
HIDING = r"""
id: hiding
steps:
  - id: publish
    gate: {title: Publish it, preview: "printf '\\033[30;40mdeletes everything\\033[0m \\033[8mreally\\033[0m\\n'"}
    run: echo published
"""
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def seen(oyama: Oyama, *words: str, **env: str) -> str:
    """What a terminal of 100 columns gets."""
    argv = oyama.argv(*words)
    child = pexpect.spawn(
        argv[0], argv[1:], env={**oyama.env, **env}, cwd=str(oyama.folder), encoding="utf-8", timeout=30, dimensions=(40, 100)
    )
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, child.before
    return str(child.before).replace("\r\n", "\n")


def test_a_terminal_gets_the_colours_of_output_and_no_other_sequence(oyama: Oyama) -> None:
    for told in (seen(oyama, "run", oyama.file("coloured.yaml", COLOURED)), seen(oyama, "logs", "coloured@latest")):
        assert "\x1b[1;31mred\x1b[0m and \x1b[38;5;208morange␛[2J␛]0;t␇\x1b[0m\n" in told
        assert "plain \x1b[32mgreen\x1b[0m\n" in told
        assert "after\n" in told.rpartition("green\x1b[0m\n")[2]
        assert "\x1b" not in COLOUR.sub("", told)


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_where_colours_are_off_output_has_none(oyama: Oyama, env: dict[str, str]) -> None:
    run = oyama.file("coloured.yaml", COLOURED)
    for told in (seen(oyama, "run", run, **env), seen(oyama, "logs", "coloured@latest", **env)):
        assert "red and orange␛[2J␛]0;t␇\n" in told
        assert "plain green\n" in told
        assert "\x1b" not in told


def test_a_pipe_gets_output_without_colours(oyama: Oyama) -> None:
    told = oyama("run", oyama.file("coloured.yaml", COLOURED), code=0).out + oyama("logs", "coloured@latest", code=0).out
    assert told.count("red and orange␛[2J␛]0;t␇\n") == 2
    assert "␛[3" not in told


def test_a_long_progress_bar_is_one_line_with_its_end(oyama: Oyama) -> None:
    told = oyama("run", oyama.file("bar.yaml", BAR), code=0).out + oyama("logs", "bar@latest", code=0).out
    assert len(re.findall(r"^(  │ )?0{100} layer 400 of 400$", told, re.MULTILINE)) == 2
    assert told.count("layer") == 2
    assert "␍" not in told
    assert told.count("before\n") == told.count("after\n") == 2


def test_a_preview_cannot_hide_its_words_in_colours(oyama: Oyama) -> None:
    oyama("run", oyama.file("hiding.yaml", HIDING), "--no-wait", code=5)
    card = seen(oyama, "approvals", "--show", oyama("approvals", "--json", code=0).json()[0]["id"])
    assert "\n    deletes everything really\n" in card


def test_of_output_over_the_quota_the_end_is_shown(oyama: Oyama) -> None:
    many = "id: many\nsteps:\n  - id: count\n    run: seq 100000\n"
    told = oyama("run", oyama.file("many.yaml", many), env={"OYAMA_LOG_QUOTA": "65536"}, code=0).out
    for shown in (told, oyama("logs", "many@latest", code=0).out, oyama("logs", "many@latest", "--follow", code=0).out):
        first, full, end = shown.partition("[oyama: this log is full after 65536 bytes; the rest is not kept]")
        assert full, shown[-300:]
        assert "\n" + ("  │ " if shown is told else "") + "100\n" in first
        assert re.search(r"\[oyama: these are the last \d+ bytes of the output\]\n", end)
        assert end.count("100000") == end.count("99999") == 1
