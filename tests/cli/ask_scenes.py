"""How `oyama ask` comes to each of its exit codes."""

from __future__ import annotations

from tests.cli.program import Oyama, finish


def left_question(oyama: Oyama) -> int:
    return oyama("ask", "Go?", "--no-wait", "--", "true").code


def silent(oyama: Oyama) -> int:
    return finish(oyama.start("ask", "Go?", "--timeout", "100ms", "--", "true")).code


def another_question(oyama: Oyama) -> int:
    oyama("ask", "Go?", "--key", "k", "--no-wait", code=5)
    return oyama("ask", "Go on?", "--key", "k", "--no-wait").code


def no_program(oyama: Oyama) -> int:
    return oyama("ask", "Go?", "--", "no-such-program").code
