"""What programs write to terminals: colours as styles that are built anew, and of overwritten lines what is left in the end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from oyama_tui.core.text import safe_text

Colour = int | tuple[int, int, int]
"""A number of the palette of 256, or red, green and blue."""
_STYLE: Final = re.compile(r"\x1b\[([0-9:;]{0,64})m")
"""SGR, the one sequence that only changes how text looks."""
_UNFINISHED: Final = re.compile(r"\x1b(?:\[[0-9:;]{0,64})?\Z")
_LINE_BEGINS: Final = re.compile(r"\r?\n|\r(?!\n)")
_COLOUR_CODES: Final = (38, 48, 58)
"""A colour follows: of the text, of what it stands on, of its underline."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a piece of text looks. Blinking and hidden text do not exist here."""

    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    reverse: bool = False
    strike: bool = False
    foreground: Colour | None = None
    background: Colour | None = None

    @property
    def codes(self) -> str:
        """The parameters that make a plain terminal show it; empty for plain text."""
        flags = (self.bold, self.dim, self.italic, self.underline, self.reverse, self.strike)
        parts = [code for code, is_set in zip(("1", "2", "3", "4", "7", "9"), flags, strict=True) if is_set]
        parts += _colour_codes(self.foreground, 30) + _colour_codes(self.background, 40)
        return ";".join(parts)

    @property
    def readable(self) -> Look:
        """The same without colours where text would have the colour of what it stands on."""
        if self.foreground is None or self.foreground != self.background:
            return self
        return replace(self, foreground=None, background=None)


PLAIN: Final = Look()
_FLAGS: Final[dict[int, dict[str, bool]]] = {
    1: {"bold": True},
    2: {"dim": True},
    3: {"italic": True},
    4: {"underline": True},
    7: {"reverse": True},
    9: {"strike": True},
    21: {"underline": True},
    22: {"bold": False, "dim": False},
    23: {"italic": False},
    24: {"underline": False},
    27: {"reverse": False},
    29: {"strike": False},
}


def _colour_codes(colour: Colour | None, base: int) -> list[str]:
    if colour is None:
        return []
    if isinstance(colour, tuple):
        return [f"{base + 8};2;{colour[0]};{colour[1]};{colour[2]}"]
    if colour < 8:
        return [str(base + colour)]
    return [str(base + 52 + colour)] if colour < 16 else [f"{base + 8};5;{colour}"]


@lru_cache(maxsize=1024)
def _changed(look: Look, parameters: str) -> Look:
    """How text looks after a sequence; what is unknown in it changes nothing."""
    words = iter(parameters.split(";"))
    for word in words:
        first, *detail = word.split(":")
        code = int(first or 0)
        if code in _COLOUR_CODES:
            colour = _colour(detail or _following(words))
            if colour is not None and code != 58:
                look = replace(look, foreground=colour) if code == 38 else replace(look, background=colour)
        elif code == 0:
            look = PLAIN
        elif code == 4 and detail:
            look = replace(look, underline=detail[0] not in ("", "0"))
        elif code in _FLAGS:
            look = replace(look, **_FLAGS[code])
        else:
            look = _in_palette(look, code)
    return look


def _in_palette(look: Look, code: int) -> Look:
    tens, number = divmod(code, 10)
    if number == 9 and tens in (3, 4):
        return replace(look, foreground=None) if tens == 3 else replace(look, background=None)
    if number > 7:
        return look
    if tens in (3, 9):
        return replace(look, foreground=number + (8 if tens == 9 else 0))
    if tens in (4, 10):
        return replace(look, background=number + (8 if tens == 10 else 0))
    return look


def _following(words: Iterator[str]) -> list[str]:
    """The words of a colour that stand on their own."""
    kind = next(words, "")
    return [kind, *(next(words, "") for _ in range({"2": 3, "5": 1}.get(kind, 0)))]


def _colour(words: Sequence[str]) -> Colour | None:
    kind, *rest = words
    try:
        numbers = [int(word or 0) for word in (rest[-3:] if kind == "2" else rest[:1])]
    except ValueError:
        return None
    if not all(0 <= number <= 255 for number in numbers):
        return None
    if kind == "5" and len(numbers) == 1:
        return numbers[0]
    return (numbers[0], numbers[1], numbers[2]) if kind == "2" and len(numbers) == 3 else None


def spans(line: str) -> list[tuple[str, Look]]:
    """A line of output as pieces of safe text, each with its look; every line begins plain.

    Args:
        line: As a program wrote it, without line breaks. Sequences that do more than colour become pictures.
    """
    if "\x1b" not in line:
        return [(safe_text(line), PLAIN)] if line else []
    found: list[tuple[str, Look]] = []
    look, end = PLAIN, 0
    for sequence in _STYLE.finditer(line):
        if sequence.start() > end:
            found.append((safe_text(line[end : sequence.start()]), look.readable))
        look, end = _changed(look, sequence[1]), sequence.end()
    if end < len(line):
        found.append((safe_text(line[end:]), look.readable))
    return found


def without_colours(text: str) -> str:
    """Leave out what only colours text; the rest is not made safe.

    Args:
        text: Output, of any number of lines.
    """
    return _STYLE.sub("", text) if "\x1b" in text else text


def _after(text: str, look: Look = PLAIN) -> Look:
    for sequence in _STYLE.finditer(text):
        look = _changed(look, sequence[1])
    return look


def _as_sequence(look: Look) -> str:
    return f"\x1b[{look.codes}m" if look != PLAIN else ""


def _last_state(line: str) -> str:
    """Forget what was overwritten, but not the colours that are still on; a return that nothing followed yet stays."""
    parts = line.split("\r")
    kept = len(parts) - 1
    while kept > 0 and not without_colours(parts[kept]):
        kept -= 1
    before = _after("".join(parts[:kept]))
    state = _as_sequence(before) + parts[kept]
    if kept == len(parts) - 1:
        return state
    after = _after("".join(parts[kept:]), before)
    return f"{state}\r{_as_sequence(after)}"


def last_state(line: str) -> str:
    """What stands on a line after all carriage returns, as in progress bars: of `10%\\r20%` it is `20%`.

    Args:
        line: A whole line without its line break.
    """
    return _last_state(line).partition("\r")[0] if "\r" in line else line


def from_line_begin(text: str) -> str:
    """Leave out the rest of a line at the beginning, if a line begins anywhere in the text.

    Args:
        text: Output from any place on.
    """
    begin = _LINE_BEGINS.search(text)
    return text[begin.end() :] if begin else text


class OutputLines:
    """Makes lines of output that comes in pieces cut anywhere; of a line under way only its state is kept.

    Args:
        longest: The most characters of a line; a longer one is handed out at once, and what follows of it is passed over. No end when none.
        goes_on: Said at the end of a line that was cut.
    """

    def __init__(self, longest: int | None = None, goes_on: str = "") -> None:
        self._longest = longest
        self._goes_on = goes_on
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self._line = ""
        self._held = ""
        """The beginning of a sequence, until the rest of it comes."""
        self._cut = False

    @property
    def under_way(self) -> str:
        """The line that has not ended, as it stands now."""
        return self._line.partition("\r")[0]

    def feed(self, text: str) -> list[str]:
        """Take a piece; returns the lines that it ended.

        Args:
            text: The next piece.
        """
        text = self._held + text
        unfinished = _UNFINISHED.search(text, max(len(text) - 80, 0))
        self._held = unfinished.group() if unfinished else ""
        first, *others = text[: len(text) - len(self._held)].split("\n")
        lines: list[str] = []
        self._extend(first, lines)
        for piece in others:
            if not self._cut:
                lines.append(self.under_way)
            self._line, self._cut = "", False
            self._extend(piece, lines)
        return lines

    def finish(self) -> list[str]:
        """The last line, if it has no end; nothing comes after."""
        lines: list[str] = []
        self._extend(self._held, lines)
        if self.under_way:
            lines.append(self.under_way)
        self.clear()
        return lines

    def _extend(self, piece: str, lines: list[str]) -> None:
        if self._cut:
            _, turned, piece = piece.partition("\r")
            if not turned or not piece:
                return
            self._cut = False
        self._line += piece
        if "\r" in self._line:
            self._line = _last_state(self._line)
        if self._longest is not None and len(self._line) > self._longest:
            lines.append(_UNFINISHED.sub("", self.under_way[: self._longest]) + self._goes_on)
            self._line, self._cut = "", True
