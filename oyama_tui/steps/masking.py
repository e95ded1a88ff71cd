"""Keeps secrets out of what is written down: bytes go through here before anything cuts, splits or parses them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

import re2
from pydantic import JsonValue

from oyama_tui.steps.forms import BETWEEN, BREAKS, SAME, SHORTEST_PART, Form, Forms, levelled, unfolded

MASK: Final = b"***"
LARGE: Final = 4096
"""Bytes from which a quick look saves more than it costs."""
SPARE: Final = 1024
"""Bytes of white space that may stand in a folded secret, besides three for each of its characters."""
_INDENTED: Final = re2.compile(rb"\n[ \t]")


@lru_cache(maxsize=8)
def known_forms(values: tuple[str, ...]) -> Forms:
    """The forms of some secrets, which the attempts of a run have in common.

    Args:
        values: The secrets.
    """
    return Forms(values)


class Masker:
    """Replaces secrets by `***`, also as encodings, escapes and shells write them, and wherever lines are folded.

    Args:
        values: The secrets.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        self.forms = known_forms(tuple(values))
        lengths = [len(form.needle) for form in (*self.forms.lines, *self.forms.folded)]
        longest = max([*lengths, *map(len, self.forms.exact)], default=0)
        self.reach = 4 * longest + SPARE if longest else 0
        """The most bytes that a secret may take, folds included."""

    @property
    def knows(self) -> bool:
        """Whether there is anything to mask."""
        return bool(self.forms.exact or self.forms.folded)

    def stream(self, *, patient: bool = False) -> MaskedStream:
        """Begin to mask bytes that come in pieces.

        Args:
            patient: Hold every beginning of a secret, so that the same bytes are masked alike in whatever pieces they come.
        """
        return MaskedStream(self, patient=patient)

    def data(self, raw: bytes) -> bytes:
        """Mask bytes that are all there.

        Args:
            raw: The bytes.
        """
        if not self.knows:
            return raw
        stream = self.stream()
        return stream.feed(raw) + stream.finish()

    def text(self, text: str) -> str:
        """Mask a text.

        Args:
            text: Any text.
        """
        if not self.knows:
            return text
        return self.data(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def value(self, value: JsonValue) -> JsonValue:
        """Mask every text in a value, keys and numbers too.

        Args:
            value: Any JSON value.
        """
        if not self.knows:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key): self.value(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            written = repr(value)
            return value if self.text(written) == written else MASK.decode()
        return value


class MaskedStream:
    """Masks bytes that come in pieces; what may be the beginning of a secret is held until more comes.

    The beginning of a folded secret that is still short is said at once, so that a line is not held back for the sake of its last
    character; it is remembered, and the rest of the secret is masked when it comes.

    Args:
        masker: Knows what to hide.
        patient: Say no beginning at once.
    """

    def __init__(self, masker: Masker, *, patient: bool = False) -> None:
        self._masker = masker
        self._patient = patient
        self._held = b""
        self._done = 0
        """How many bytes at the beginning of what is held are said, or belong to a secret whose mask is written."""
        self._said = False
        """The last of them were said, so that a secret among them has no mask yet."""

    def feed(self, piece: bytes) -> bytes:
        """Take a piece and give back what can be said by now.

        Args:
            piece: The next bytes.
        """
        masker = self._masker
        if not masker.knows:
            return piece
        raw = self._held + piece if self._held else piece
        # What a backslash means is known with the character after it.
        known = len(raw) - raw.endswith(b"\\")
        # A large piece in which nothing can stand is looked at no further than for what may begin at its end.
        quiet = known > LARGE and not masker.forms.may_stand_in(raw)
        passed = max(0, known - masker.reach) if quiet else 0
        view = View(raw[passed:known], masker.forms)
        said = min(known, len(raw) - max((count for count, _ in open_ends(raw, masker.forms.exact)), default=0))
        held = said
        count = max((count for count, _ in view.open_ends()), default=0)
        if count:
            start = passed + view.place_from_end(count)
            if not self._patient and count < SHORTEST_PART and known - start > count:
                held = min(held, start)
            elif len(raw) - start <= masker.reach:
                held = said = min(held, start)
        spans = [span for needle in masker.forms.exact for span in occurrences(raw, needle)]
        return self._say(raw, [*spans, *([] if quiet else view.spans())], said, held)

    def finish(self) -> bytes:
        """Give back what was held; a secret that is cut off in its second half is masked too."""
        raw = self._held
        view = View(raw, self._masker.forms)
        spans = [*view.spans(), *(span for needle in self._masker.forms.exact for span in occurrences(raw, needle))]
        for count, whole in view.open_ends():
            if count >= max(SHORTEST_PART, whole // 2):
                spans.append((view.place_from_end(count), len(raw)))
        return self._say(raw, spans, len(raw), len(raw))

    def _say(self, raw: bytes, spans: Sequence[tuple[int, int]], said: int, held: int) -> bytes:
        """Give back what lies before one place, masked, and hold what lies behind another one.

        Args:
            raw: The bytes, from what was held on.
            spans: Where secrets stand in them.
            said: Up to where they are said.
            held: From where they are kept, at most as far.
        """
        hidden, open_mask = self._done, self._said
        pieces = []
        for start, stop in sorted(spans):
            if start >= said:
                break
            if stop <= hidden:
                continue
            if start >= hidden:
                pieces += [raw[hidden:start], MASK]
            elif open_mask:
                pieces.append(MASK)
            hidden, open_mask = stop, False
        if hidden < said:
            pieces.append(raw[hidden:said])
            hidden, open_mask = said, True
        self._held = raw[held:]
        self._done = max(0, hidden - held)
        self._said = open_mask
        return b"".join(pieces)


class View:
    """Output in a form in which folded secrets are found, with the way back to the places in the output itself.

    Unfolding suffices for most output; indented lines and escapes make squeezing necessary.

    Args:
        raw: The output.
        forms: What to look for.
    """

    def __init__(self, raw: bytes, forms: Forms) -> None:
        self._raw = raw
        self._level = raw
        self._left_out = BREAKS
        self._forms: tuple[Form, ...] = forms.lines
        self._beginnings: Iterable[bytes] = forms.beginnings
        if b"\\" in raw or _INDENTED.search(raw):
            self._level, self._left_out, self._forms = levelled(raw), BETWEEN, forms.folded
            self._beginnings = tuple(form.needle + form.ending for form in forms.folded)
            self._text = self._level.translate(SAME, BETWEEN)
        else:
            self._text = unfolded(raw)
        self._runs: list[tuple[int, int]] = []
        """Where runs of characters that are not left out begin: in the view, in the output."""

    def spans(self) -> list[tuple[int, int]]:
        """Where secrets that are not short stand in the output."""
        spans = []
        for form in self._forms:
            for first, last in occurrences(self._text, form.needle):
                if form.ending and self._text.startswith(form.ending, last):
                    last += len(form.ending)
                start, stop = self._place(first), self._place(last - 1) + 1
                if form.fits(self._raw[start:stop]):
                    spans.append((start, stop))
        return spans

    def open_ends(self) -> Iterator[tuple[int, int]]:
        """The secrets that may have begun at the end: how many characters of the view, and of how many."""
        return open_ends(self._text, self._beginnings)

    def place_from_end(self, count: int) -> int:
        """Where the last characters of the view begin in the output.

        Args:
            count: How many.
        """
        place = len(self._level)
        while count:
            place -= 1
            count -= self._level[place] not in self._left_out
        return place

    def _place(self, place: int) -> int:
        """Where a character of the view stands in the output."""
        if not self._runs:
            size = 0
            for run in re.finditer(b"[^" + self._left_out + b"]+", self._level):
                self._runs.append((size, run.start()))
                size += run.end() - run.start()
        before, start = self._runs[bisect_right(self._runs, (place, len(self._raw))) - 1]
        return start + place - before


def open_ends(raw: bytes, needles: Iterable[bytes]) -> Iterator[tuple[int, int]]:
    """How many bytes at the end may be the beginning of a needle, and how long that needle is, for each that may have begun.

    Args:
        raw: Where to look.
        needles: What may have begun.
    """
    size = len(raw)
    for needle in needles:
        first = needle[:1]
        place = raw.find(first, max(0, size - len(needle) + 1))
        while place >= 0:
            if needle.startswith(raw[place:]):
                yield size - place, len(needle)
                break
            place = raw.find(first, place + 1)


def occurrences(raw: bytes, form: bytes) -> Iterator[tuple[int, int]]:
    """Where a form stands, overlapping ones too.

    Args:
        raw: Where to look.
        form: What to look for.
    """
    place = raw.find(form)
    while place >= 0:
        yield place, place + len(form)
        place = raw.find(form, place + 1)
