"""How a secret may be written: as it is, and as encodings, escapes and shells write it."""

from __future__ import annotations

import base64
import html
import json
import re
import urllib.parse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import re2

SHORTEST_PART: Final = 8
"""The fewest characters of a line, of an encoding, or of a folded text that are masked by themselves."""
LONG: Final = 16
"""Characters from which a text counts as the secret whatever white space stands in it; a shorter one only when lines break it."""
MOST_PIECES: Final = 4000
"""Pieces of forms that one pattern looks for; secrets of several thousand characters have more, and cost more."""
BREAKS: Final = b"\r\n"
BETWEEN: Final = b" \t\r\n\v\f:"
"""What folding, indentation and grouping put between the characters of an encoding."""
SAME: Final = bytes.maketrans(b"ABCDEF-_", b"abcdef+/")
"""Both cases of hexadecimal digits, and both alphabets of base64, are looked for at once."""
ESCAPES: Final = (b"\\n", b"\\r", b"\\t", b"\\x")
"""How a text within a text writes what stands between characters, and hexadecimal bytes."""
_BREAK: Final = re.compile(rb"(?:\\[nrtx]|[\r\n])[ \t]*")
_SHELL: Final = re.compile(r"[^A-Za-z0-9_@%+=:./-]")
_ANSI: Final = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "'": "\\'", "\\": "\\\\", "\x1b": "\\E"}


@dataclass(frozen=True, slots=True)
class Form:
    """One way in which a secret may be written."""

    needle: bytes
    """What is looked for in a view of the output."""
    ending: bytes = b""
    """Belongs to it too where it follows: the part of an encoding that also depends on what comes after."""
    broken: bytes | None = None
    """The text without its line breaks, for a text that only lines may break; none when any white space may stand in it."""

    def fits(self, raw: bytes) -> bool:
        """Whether bytes in which the needle was found are this form.

        Args:
            raw: As they were written.
        """
        return self.broken is None or unbroken(raw) == self.broken


def levelled(raw: bytes) -> bytes:
    """Write escapes of white space as white space; the length stays.

    Args:
        raw: Any bytes.
    """
    if b"\\" in raw:
        for escape in ESCAPES:
            raw = raw.replace(escape, b"\n\n")
    return raw


def squeezed(raw: bytes) -> bytes:
    """Leave out what folding puts between characters, and make alike what is written in two ways.

    Args:
        raw: Any bytes.
    """
    return levelled(raw).translate(SAME, BETWEEN)


def unfolded(raw: bytes) -> bytes:
    """Leave out line breaks: several times as fast as squeezing.

    Args:
        raw: Any bytes.
    """
    raw = raw.replace(b"\n", b"")
    return raw.replace(b"\r", b"") if b"\r" in raw else raw


def unbroken(raw: bytes) -> bytes:
    """Leave out line breaks and the indentation after them.

    Args:
        raw: Any bytes.
    """
    return _BREAK.sub(b"", raw).translate(SAME)


class Forms:
    """All forms of some secrets.

    Args:
        values: The secrets.
    """

    def __init__(self, values: Iterable[str]) -> None:
        exact: set[bytes] = set()
        lines: dict[bytes, Form] = {}
        folded: dict[bytes, Form] = {}
        for value in values:
            raw = value.encode("utf-8", "surrogateescape")
            whole = base64.b64encode(raw).rstrip(b"=")
            texts = {text.encode("utf-8", "surrogateescape") for text in texts_of(value)}
            texts |= {urllib.parse.quote(whole, safe="").encode()} - {whole}
            texts |= {whole, in_urls(whole)} if len(whole) < SHORTEST_PART else set()
            for text in texts:
                needle, line = squeezed(text), unfolded(text)
                if len(needle) < SHORTEST_PART:
                    exact.add(text)
                    continue
                lines[line] = Form(line)
                known = folded.get(needle)
                # Of two texts that differ in white space alone, the one with fewer conditions serves both.
                loose = len(needle) >= LONG or (known is not None and known.broken != unbroken(text))
                folded[needle] = Form(needle, broken=None if loose else unbroken(text))
            for form in encodings_of(raw):
                lines[form.needle] = form
                needle = squeezed(form.needle)
                folded[needle] = Form(needle, squeezed(form.ending))
        self.exact = tuple(sorted(exact - {b""}))
        """The short ones, which are looked for as they are."""
        self.lines = tuple(form for form in lines.values() if b"\\" not in form.needle)
        """Those that are found in unfolded output without indentation and escapes."""
        self.beginnings = tuple(form.needle + form.ending for form in lines.values())
        """What may begin there, though it be found only with what follows."""
        self.folded = tuple(folded.values())
        """Those that are found in squeezed output."""
        self._stems = tuple(dict.fromkeys(needle[: 1 - shortest_line(needle)] for needle in lines if b"\\" not in needle))
        self._fold = fold_of([needle for needle in lines if b"\\" not in needle])

    def may_stand_in(self, raw: bytes) -> bool:
        """Whether one of them that is not short may stand in output: a quick look, which spares most output a thorough one.

        What is folded shows by a line that begins with a piece of it, by a line of a few of its characters, or by all but its last
        characters.

        Args:
            raw: Some output.
        """
        if b"\\" in raw or b"\r" in raw or self._fold is None or self._fold.search(raw):
            return True
        return any(stem in raw for stem in self._stems)


def shortest_line(needle: bytes) -> int:
    """How many characters of a form a line must begin with to count as a part of it.

    Args:
        needle: The form.
    """
    return max(2, min(6, len(needle) // 4))


def fold_of(needles: Sequence[bytes]) -> re2._Regexp[bytes] | None:
    """A pattern for lines that may belong to a folded form; none when there are too many forms for one.

    Args:
        needles: The forms.
    """
    pieces: set[bytes] = set()
    for needle in needles:
        size = shortest_line(needle)
        pieces.update(needle[at : at + size] for at in range(1, len(needle) - size + 1))
        if len(pieces) > MOST_PIECES:
            return None
    if not pieces:
        return None
    letters = b"".join(re.escape(bytes([letter])) for letter in sorted(set(b"".join(needles))))
    begun = b"|".join(re.escape(piece) for piece in sorted(pieces))
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    return re2.compile(b"\n[ \t]*(?:" + begun + b"|[" + letters + b"]{1,6}[ \t]*\n)", options)


def encodings_of(raw: bytes) -> Iterator[Form]:
    """The forms of a secret in base64, and in hexadecimal digits.

    Args:
        raw: The secret.
    """
    for shift in range(3):
        # Within other data base64 shows a text in one of three ways; only the characters that depend on nothing else are looked for.
        encoded = base64.b64encode(bytes(shift) + raw).rstrip(b"=")
        core = encoded[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]
        if len(core) >= SHORTEST_PART:
            ending = encoded[(shift + len(raw)) * 8 // 6 :]
            yield Form(core, ending)
            yield Form(in_urls(core), in_urls(ending))
    for digits in (raw.hex(), raw.hex(":")):
        yield Form(digits.encode())
        yield Form(digits.upper().encode())
    yield Form(raw.hex(" ").encode())


def in_urls(encoded: bytes) -> bytes:
    """Base64 in the alphabet for URLs.

    Args:
        encoded: Base64.
    """
    return encoded.replace(b"+", b"-").replace(b"/", b"_")


def texts_of(value: str) -> set[str]:
    """A secret and each of its longer lines as they are, and as languages, shells and formats escape them.

    Args:
        value: The secret.
    """
    parts = {value, value.rstrip("=")} if len(value.rstrip("=")) >= SHORTEST_PART else {value}
    parts |= {line.strip() for line in value.splitlines() if len(line.strip()) >= SHORTEST_PART}
    found = set(parts)
    for text in parts:
        found |= json_escapes(text) | shell_escapes(text) | url_escapes(text)
        found |= {html.escape(text), html.escape(text, quote=False), html.escape(text, quote=False).replace('"', "&quot;")}
        found |= {text.replace("'", "''"), text.replace('"', '""'), text.replace("\n", "\r\n")}
        quoted = repr(text)[1:-1]
        found |= {quoted, quoted.replace("\\'", "'"), quoted.replace("\\'", "'").replace("'", "\\'"), ascii(text)[1:-1]}
        found.add(repr(text.encode("utf-8", "surrogateescape"))[2:-1])
    return found


def json_escapes(text: str) -> set[str]:
    """How JSON and YAML write a text, each library in its way.

    Args:
        text: Any text.
    """
    plain = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    found = plain | {form.replace("/", "\\/") for form in plain}
    units = text.encode("utf-16-be", "surrogatepass").hex()
    found.add("".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4)))
    for form in plain:
        for mark in "<>&'":
            form = form.replace(mark, f"\\u{ord(mark):04x}")
        found.add(form)
    return found


def shell_escapes(text: str) -> set[str]:
    """How shells write a text as one word.

    Args:
        text: Any text.
    """
    doubled = re.sub(r'([\\"$`])', r"\\\1", text)
    words = {text.replace("'", "'\"'\"'"), text.replace("'", "'\\''"), doubled, _SHELL.sub(lambda match: "\\" + match.group(), text)}
    ansi = "".join(_ANSI.get(character, character) for character in text)
    octal = "".join(
        character if character.isascii() else "".join(f"\\{byte:o}" for byte in character.encode("utf-8", "surrogateescape"))
        for character in ansi
    )
    return words | {ansi, octal}


def url_escapes(text: str) -> set[str]:
    """How URLs and forms write a text; each language leaves other characters as they are.

    Args:
        text: Any text.
    """
    raw = text.encode("utf-8", "surrogateescape")
    kept = ("", "/", "!~*'()", "!~*'();/?:@&=+$,#")
    return {urllib.parse.quote(raw, safe=safe) for safe in kept} | {urllib.parse.quote_plus(raw)}
