"""From what a terminal sends to keys, pastes and mouse reports: a paste is text whatever it holds, and broken sequences are no keys."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Final

from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.message import Message

ESCAPE: Final = "\x1b"
CONTROL: Final = "\x1b["
"""Begins a control sequence."""
MOUSE: Final = "\x1b[<"
"""Begins a mouse report."""
IN_MOUSE: Final = frozenset("0123456789;-Mm")
LONGER: Final = {"\x1b[M": 6, "\x1b[[": 4}
"""Characters of the sequences that go on after what ends all others: old mouse reports, function keys of the Linux console."""

BEGINS_SEQUENCE: Final = frozenset("[O")
"""What makes a sequence of an ESC before it; with anything else it is the key Escape."""
LONGEST: Final = 32
"""Characters after which Textual's parser gives up; what a longer sequence still has is not for it."""


class Keyboard(XTermParser):
    """Reads what a terminal sends, one rule for each of three kinds.

    Everything between the marks of a paste is its text: no key and no sequence is read in it. A control sequence that is not known, or
    that is cut off by a pause or by a character that cannot belong to it, is dropped whole, so that no part of it is taken for keys. Any
    other ESC is the key Escape, and what comes with it is a key of its own: on a slow line two keys come at once, and an Escape that is
    lost before an Enter would be a yes. All else is as Textual reads it.
    """

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._begun = ""
        """The sequence that is being read; empty between sequences."""
        self._pasting = False
        self._pasted: list[str] = []
        """The text of the paste that is being read."""
        self._tail = ""
        """The end of that text, in which the mark that ends it may have begun."""

    def feed(self, data: str) -> Iterator[Message]:
        """Read more.

        Args:
            data: At least one character.
        """
        place = 0
        while place < len(data):
            if self._pasting:
                data, place = (yield from self._paste(data[place:])), 0
            else:
                yield from self._read(data[place])
                place += 1

    def tick(self) -> Iterator[Message]:
        """Note that time has passed: what is cut off by a pause is over."""
        begun = self._begun
        tokens = list(super().tick())
        if not begun or self._awaiting.timeout is not None:
            yield from tokens
        else:
            self._begun = ""
            yield from self._left_of(begun)

    @property
    def _is_control(self) -> bool:
        return self._begun.startswith(CONTROL)

    def _read(self, character: str) -> Iterator[Message]:
        if self._begun and not self._can_go_on(character):
            yield from self._cut_off()
        if self._is_control and len(self._begun) >= LONGEST:
            self._begun += character
            if _is_whole(self._begun):
                yield from self._cut_off()
            return
        tokens = super().feed(character)
        if not self._begun and character != ESCAPE:
            yield from tokens
            return
        self._begun += character
        found = list(tokens)
        if self._awaiting.timeout is None:
            if self._begun == BRACKETED_PASTE_START:
                self._pasting, self._tail = True, ""
            self._begun = ""
        elif self._is_control and _is_whole(self._begun):
            yield from self._cut_off()
        yield from found

    def _can_go_on(self, character: str) -> bool:
        begun = self._begun
        if character == ESCAPE:
            return False
        if begun == ESCAPE:
            return character in BEGINS_SEQUENCE
        if begun.startswith(MOUSE):
            return character in IN_MOUSE
        if not self._is_control:
            return begun + character in ANSI_SEQUENCES_KEYS
        return begun[:3] in LONGER or " " <= character <= "~"

    def _cut_off(self) -> Iterator[Message]:
        """End the sequence that is being read."""
        begun, self._begun = self._begun, ""
        self._timeout_time = 0.0
        # Textual's parser makes one key of an ESC and what follows: that is not asked for.
        for _other in super().tick():
            pass
        yield from self._left_of(begun)

    def _left_of(self, begun: str) -> Iterator[Message]:
        """The keys of a sequence that was cut off: none of a control sequence; else Escape, and then what was typed after it."""
        if self._is_long_control(begun):
            return
        yield events.Key("escape", ESCAPE)
        for character in begun[1:]:
            yield from super().feed(character)

    @staticmethod
    def _is_long_control(sequence: str) -> bool:
        """Whether more than its beginning is there, which a person may have typed."""
        return sequence.startswith(CONTROL) and len(sequence) > len(CONTROL)

    def _paste(self, data: str) -> Generator[Message, None, str]:
        """Take in the text of a paste; returns what comes after it."""
        self._pasted.append(data)
        if BRACKETED_PASTE_END not in self._tail + data:
            self._tail = (self._tail + data)[1 - len(BRACKETED_PASTE_END) :]
            return ""
        text, _mark, rest = "".join(self._pasted).partition(BRACKETED_PASTE_END)
        self._pasting, self._pasted = False, []
        # Textual's parser believes to be in a paste, of which it has seen nothing: the mark takes it out.
        for _without_text in super().feed(BRACKETED_PASTE_END):
            yield events.Paste(text)
        return rest


def _is_whole(sequence: str) -> bool:
    """Whether a control sequence has the character that ends it."""
    longer = LONGER.get(sequence[:3])
    return len(sequence) >= longer if longer else len(sequence) > len(CONTROL) and "@" <= sequence[-1] <= "~"
