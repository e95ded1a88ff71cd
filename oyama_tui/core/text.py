"""Text from outside, made safe to show: nothing in it can move a cursor, hide a part of itself or turn the writing direction."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

INVISIBLE: Final = (
    "\x80-\x9f"  # C1 controls, among them CSI and OSC in one character
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\ud800-\udfff"
)
"""For a character class: C1 controls, direction marks, lone surrogates, and all else that one cannot see."""
_UNSAFE: Final = re.compile(f"[\x00-\x08\x0b-\x1f\x7f{INVISIBLE}]+")
_UNSAFE_IN_LINE: Final = re.compile(f"[\x00-\x1f\x7f{INVISIBLE}]+")
_ACTING: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+")
"""What a terminal obeys, or what turns the writing direction; not what joins letters or the parts of a picture."""
_OVERWRITTEN: Final = re.compile(r"^[^\n]*\r(?=[^\r\n])", re.MULTILINE)
_TRAILING_RETURNS: Final = re.compile(r"\r+(?=\n|\Z)")
_SPACES: Final = re.compile(r"\s+")
_PICTURE: Final = "[\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff]"
_TONE: Final = "[\ufe0f\U0001f3fb-\U0001f3ff]"
_JOINED: Final = f"{_PICTURE}{_TONE}?(?:\u200d{_PICTURE}{_TONE}?){{1,3}}"
"""A family, a profession, a flag: up to four emoji that joiners make one picture of. A joiner anywhere else is shown as what it is."""
_JOINED_PICTURE: Final = re.compile(f"({_JOINED})")
TWO_CELLS: Final = re.compile(f"{_JOINED}|[^a-zA-Z\\s]\ufe0f\u20e3?|{_PICTURE}{_TONE}|[\U0001f1e6-\U0001f1ff]{{2}}")
"""Several characters that are one picture: two cells wide, though not every terminal counts them so."""
ELLIPSIS: Final = "…"


def safe_text(value: str, *, keep_newlines: bool = True) -> str:
    """Make a text harmless to show, with everything that it holds still visible.

    Control characters become their pictures (NUL `␀`, BEL `␇`, ESC `␛`, a lone carriage return `␍`, DEL `␡`), so that a terminal
    sequence reads `␛[31m`. Invisible characters, C1 controls, direction marks, line separators and lone surrogates become
    `<U+202E>`; of joiners only those stay that make one picture of emoji. Tabs stay, CRLF becomes a newline.

    Args:
        value: Any text.
        keep_newlines: Whether newlines stay; otherwise they become `␊` and tabs `␉`.
    """
    if "\r\n" in value:
        value = value.replace("\r\n", "\n")
    pattern = _UNSAFE if keep_newlines else _UNSAFE_IN_LINE
    if not pattern.search(value):
        return value
    if "\u200d" not in value:
        return pattern.sub(_picture, value)
    parts = _JOINED_PICTURE.split(value)
    return "".join(part if place % 2 else pattern.sub(_picture, part) for place, part in enumerate(parts))


def _picture(match: re.Match[str]) -> str:
    return "".join(_shown(ord(character)) for character in match.group())


def _shown(code: int) -> str:
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"<U+{code:04X}>"


def written(text: str, *, lines: bool = True) -> str:
    """What a person has typed or pasted, as it is shown and kept: text, whatever stands in it.

    Line breaks of every system become newlines. Control characters and direction marks become what they look like in `safe_text`, so
    that what is kept is what was seen; characters that only join letters or pictures stay.

    Args:
        text: As it has come.
        lines: Whether it may have several lines; otherwise they are joined by blanks.
    """
    kept = _ACTING.sub(_picture, text.replace("\r\n", "\n").replace("\r", "\n"))
    return kept if lines else " ".join(line for line in kept.split("\n") if line)


def decode(data: bytes, *, overwrite: bool = True) -> str:
    """Turn the output of a program into text.

    Args:
        data: Bytes that should be UTF-8; what is not becomes `�`, and NUL becomes `␀`.
        overwrite: Drop what a carriage return overwrites, as in progress bars: `10%\\r20%` is `20%`. False keeps every character.
    """
    text = data.decode("utf-8", errors="replace")
    if "\0" in text:
        text = text.replace("\0", "␀")
    if "\r" not in text:
        return text
    text = text.replace("\r\n", "\n")
    return _TRAILING_RETURNS.sub("", _OVERWRITTEN.sub("", text)) if overwrite else text


def width_of(value: str) -> int:
    """How many terminal cells a safe text of one line takes."""
    if value.isascii():
        return len(value)
    return sum(_cells(part) for part in _parts(value))


def _parts(value: str) -> Iterator[str]:
    """Pictures of several characters as one part each, every other character as another one."""
    end = 0
    for picture in TWO_CELLS.finditer(value):
        yield from value[end : picture.start()]
        yield picture.group()
        end = picture.end()
    yield from value[end:]


def _cells(character: str) -> int:
    if len(character) > 1:
        return 2
    if character < "\u0300":
        return 1
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me") or character in "\ufe0e\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def one_line(value: str, width: int) -> str:
    """Make a text fit into one line: safe, without line breaks, cut with an ellipsis.

    Args:
        value: Any text.
        width: The most terminal cells it may take; at least 1.
    """
    cut = value[: width * 8 + 64]
    text = _SPACES.sub(" ", safe_text(cut)).strip()
    if len(cut) == len(value) and width_of(text) <= width:
        return text
    used, end = 0, 0
    for part in _parts(text):
        used += _cells(part)
        if used > width - 1:
            return text[:end].rstrip() + ELLIPSIS
        end += len(part)
    return text + ELLIPSIS


def first_line(text: str, longest: int = 0) -> str:
    """The first line of a text that has something in it, with an ellipsis where that is not all of it; it is not made safe.

    Args:
        text: Any text.
        longest: The most characters that come back; any number when 0.
    """
    first, *more = text.strip().splitlines() or [""]
    first = first.strip()
    if longest and (len(first) > longest or (more and len(first) == longest)):
        return first[: longest - 1].rstrip() + ELLIPSIS
    return first + (ELLIPSIS if more else "")


def folded(text: str) -> str:
    """A text as it is compared when words are sought, everywhere: in any case of letters and however accents are written.

    `Straße` and `STRASSE` become `strasse`; an `ü` of one character and one of two become the same.
    """
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def has_words(words: Sequence[str], *texts: str) -> bool:
    """Whether each of some folded words occurs in one of these texts."""
    whole = folded("\n".join(texts)) if words else ""
    return all(word in whole for word in words)


def _letters(value: str) -> Iterator[tuple[int, str]]:
    """Each letter with the accents that follow it, and where it begins."""
    start = 0
    for index, character in enumerate(value):
        if index > start and not unicodedata.combining(character):
            yield start, value[start:index]
            start = index
    if value:
        yield start, value[start:]


def places_of(words: str, value: str) -> list[tuple[int, int]]:
    """Where words stand in a text, in any case of letters: begin and end of each place, in characters of the text.

    Args:
        words: What is looked for; nothing is nowhere.
        value: Any text. Letters that become several, as `ß` does, do not move what follows.
    """
    sought, whole = folded(words), folded(value)
    if not sought or sought not in whole:
        return []
    origin: Sequence[tuple[int, int]] = [(index, index + 1) for index in range(len(whole))]
    if not value.isascii():
        letters = [(start, letter, folded(letter)) for start, letter in _letters(value)]
        whole = "".join(shown for _, _, shown in letters)
        origin = [(start, start + len(letter)) for start, letter, shown in letters for _ in shown]
    places, start = [], 0
    while (start := whole.find(sought, start)) >= 0:
        end = start + len(sought)
        places.append((origin[start][0], origin[end - 1][1]))
        start = end
    return places


def shorten(value: str, limit: int) -> str:
    """Cut the middle out of a long text.

    Args:
        value: Any text; it is not made safe.
        limit: The most characters that come back; at least 3.
    """
    if len(value) <= limit:
        return value
    head = (limit - 1 + 1) // 2
    tail = limit - 1 - head
    return value[:head] + ELLIPSIS + (value[-tail:] if tail else "")
