"""Texts that would like to be more than text, and the check that they were not."""

from __future__ import annotations

import random
import re
import unicodedata

PIECES = (
    b"\x1b[31m",
    b"\x1b[2J\x1b[H",
    b"\x1b[1A\x1b[2K",
    b"\x1b[?1049h",
    b"\x1b[?25l",
    b"\x1b[6n",
    b"\x1b[c",
    b"\x1b[5i",
    b"\x1b[201~",
    b"\x1bc",
    b"\x1b(0",
    b"\x1b%@",
    b'\x1bP$q"p\x1b\\',
    b"\x1b_payload\x1b\\",
    b"\x1b^private\x1b\\",
    b"\x1b]0;title\x07",
    b"\x1b]2;title\x1b\\",
    b"\x1b]52;c;ZXZpbA==\x07",
    b"\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\",
    b"\x1b]1337;File=name=eA==:AAAA\x07",
    b"\x1b]777;notify;a;b\x07",
    b"\x1b[",
    b"\x1b",
    b"\x07\x07",
    b"\x08\x08\x08",
    b"\x0b\x0c\x0e\x0f",
    b"\x00\x00",
    b"\x7f",
    b"one\rtwo",
    b"\r\n\r\n",
    b"\t\t",
    "\x9b31m".encode(),
    "\x9d52;c;ZXZpbA==\x9c".encode(),
    "\x90q\x9c\x85\x84".encode(),
    b"\x9b31m\x9d0;raw\x07",
    b"\xff\xfe\xc3\x28\xed\xa0\x80\xf8\x88",
    "\u202egnirts\u202c".encode(),
    "\u2066a\u2067b\u2068c\u2069".encode(),
    "\u200e\u200f\u061c".encode(),
    "a\u200bb\u200cc\u200dd\u2060e\ufefff".encode(),
    "\u2028\u2029".encode(),
    "\u00ad\u034f\u115f\u3164\uffa0".encode(),
    "\ufff9x\ufffay\ufffb".encode(),
    "\U000e0041\U000e007f".encode(),
    "مرحبا بالعالم שלום".encode(),
    "e\u0301\u0327\u0489".encode(),
    "Z" + "\u0335" * 40,
    "漢字 한글 ﷽".encode(),
    "👩\u200d👩\u200d👧 🏳\ufe0f".encode(),
    b"[/red][bold]b[/]",
    b"[@click=app.exit]x[/]",
    b"[link=file:///etc/passwd]x[/link]",
    b"[[",
    b"\\[red]",
    b"${ inputs.i0 } {0} %s %(x)s",
    b"$(touch pwned) `touch pwned`",
    b"<b>&lt;</b> &#27;[31m",
    b"\x1b[38;5;196m\x1b[48;2;1;2;3m",
    b"long " + b"x" * 5000,
    b" ",
)
"""Each alone or with others; bytes, not all of them UTF-8."""

SAID = (
    "'; DROP TABLE workflow_states; --",
    '" OR ""="',
    "' UNION SELECT sql FROM sqlite_master --",
    "%' ESCAPE '%",
    "100%_\\",
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned #",
    "| touch pwned",
    "&& touch pwned &",
    "\ntouch pwned\n",
    "'$(touch pwned)'",
    '"; touch pwned; "',
    "${IFS}touch${IFS}pwned",
    "<(touch pwned)",
    "~root $HOME $0 $$ !!",
    "*",
    "-rf",
    "--help",
    "-",
    "@file",
    "${{ 6 * 7 }}",
    "${{ inputs.text }}",
    "${{ secrets.TOKEN }}",
    "${{ env.PATH }}",
    "${{ '}}' }}",
    "${{",
    "}}",
    "$${{ 1 }}",
    "{{ 6 * 7 }}",
    "{% raw %}",
    "<%= 6 * 7 %>",
    "#{6 * 7}",
    "{0.__class__.__mro__}",
    "%(message)s %n%n%x %s%d",
    "{}",
    "{:>99999999}",
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/passwd",
    "/dev/zero",
    "/dev/stdin",
    "file:///etc/passwd",
    "~/.ssh/id_rsa",
    "a/../../b",
    "%2e%2e%2fetc%2fpasswd",
    "evil.yaml",
    "con",
    ".",
    "..",
    "/",
    "__proto__",
    "constructor.prototype",
    "__class__",
    "toString",
    "state",
    "approvals",
    "@latest",
    "#1",
    "%#%",
    "group:root",
    "null",
    "true",
    "NaN",
    "Infinity",
    "-0",
    "1e999",
    "0x7fffffffffffffff",
    "9" * 400,
    str(2**63),
    str(-(2**64)),
    "12345678901234567890123456789012345678901234567890",
    "0777",
    "1_000",
    "2026-11-27T00:00:00Z",
    '{"id": "evil", "steps": [{"run": "touch pwned"}]}',
    '"},{"approved":true,"x":"',
    "[[[[[[[[[[",
    "[" * 2000 + "]" * 2000,
    "a: &a [*a, *a]",
    "!!python/object/apply:os.system [touch pwned]",
    "---\nid: evil\nsteps: [{id: a, run: touch pwned}]\n...",
    "key: value # comment",
    "- item\n- item",
    "? ",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "<!--",
    "]]>",
    "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
    "&lt;b&gt; &#0; &amp;",
    "a\r\nSet-Cookie: evil=1",
    "a\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    "x\nevent: run_completed\ndata: {}\n\n",
    "data: evil\r\rid: 9",
    "\r",
    "\n",
    "\r\n",
    " \t ",
    " leading and trailing ",
    "\u00a0\u3000",
    "\u0085next",
    "\x00",
    "a\x00b",
    "\x00\x1b[2J",
    "\\u0000 \\x00 \\0",
    "\ufeffbom",
    "\ufffe\uffff",
    "\U0001ffff\U0010ffff",
    "\ud800",
    "\udfff",
    "a\udc80b",
    "\udc00\ud800",
    "\ue000\uf8ff",
    "\u202elived\u202c",
    "\u2067right\u2069 \u200fleft\u200e",
    "אבג 123 \u200fدهو",
    "e\u0301 \u00e9",
    "\u1112\u1161\u11ab \ud55c",
    "\u212b \u00c5 A\u030a",
    "ﬁ ſ K İ ı ß",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349\u035a\u032f\u031e\u0320\u034dA",
    "a" + "\u0301" * 3000,
    "👩\u200d👩\u200d👧\u200d👦🏴\U000e0067\U000e007f",
    "🇩🇪🇩",
    "\U0001f600" * 500,
    "x" * 100_000,
    "\x1b" * 20_000,
    "漢" * 33_000,
    "line\n" * 5_000,
    " " * 10_000,
    "[bold red]x[/bold red]",
    "[/]",
    "[@click=app.bell]press[/]",
    "[on red] \\[escaped]",
    ":skull: :warning:",
    "[link=http://evil.example]x",
    "**bold** _it_ `code` [a](http://evil.example)",
    "# heading\n| a | b |\n|--|--|",
    "![x](file:///etc/passwd)",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "(?:(a+)+)+$",
    "((((((((((a*)*)*)*)*",
    "^(?=x)\\1",
    "\\d{1,9999}",
    "\\",
    '"',
    "'",
    ",",
    ";",
    "\t",
    "\x7f\x80\x9f",
    "\x9b2J\x9d0;x\x9c",
    "\x1b]0;owned\x07",
    "\x1b]8;;http://evil.example\x1b\\x",
    "\u2028\u2029",
    "\u200b\u200c\u200d\u2060",
    "\U000e0041\U000e0042",
)
"""What programs send that would like to be code, a path, a query, a header or another type: texts as JSON can hold them."""

INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0"
    "\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
FAMILY = re.compile("👩\u200d👩\u200d👧(?:\u200d👦)?")
"""A joiner within a picture of emoji is seen by what it makes of them."""
SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")
HARMLESS = re.compile(r"\x1b\[(?:[0-9;]*m|[0-9]+;[0-9]+H)")
"""Colours, and moves to a place: a program cannot draw without them, and a text that held one would not be alone with it."""


def hostile_texts(seed: int, number: int) -> list[bytes]:
    """So many texts; each begins and ends with marks of its own, `<7|` and `|7>`."""
    chance = random.Random(seed)
    pieces = [piece if isinstance(piece, bytes) else piece.encode() for piece in PIECES]
    texts = pieces + [b"".join(chance.choices(pieces[:-2], k=chance.randint(2, 5))) for _ in range(number - len(pieces))]
    return [b"<%d|%b|%d>" % (place, text, place) for place, text in enumerate(texts[:number])]


def hostile_strings(seed: int, number: int) -> list[str]:
    """So many different texts as a program can send them as JSON: every piece as it is, and then several pieces in one."""
    chance = random.Random(seed)
    pieces = [*SAID, *(piece.decode("utf-8", "replace") if isinstance(piece, bytes) else piece for piece in PIECES)]
    found = dict.fromkeys(pieces)
    short = [piece for piece in pieces if len(piece) < 500]
    while len(found) < number:
        found["".join(chance.choices(short, k=chance.randint(2, 5)))] = None
    return list(found)[:number]


def harmless_texts(number: int) -> list[bytes]:
    """As many texts that are only text."""
    return [b"<%d|text|%d>" % (place, place) for place in range(number)]


def quoted(text: bytes) -> str:
    """A text as a YAML string, which has no room for bytes that are not UTF-8."""
    escaped = "".join(
        character if 0x20 <= ord(character) < 0x7F and character not in '"\\' else f"\\U{ord(character):08x}"
        for character in text.decode("utf-8", "replace")
    )
    return f'"{escaped}"'


def sequences(raw: bytes) -> set[str]:
    """The terminal sequences in what was written, apart from colours and moves."""
    return {found for found in SEQUENCE.findall(raw.decode("utf-8", "replace")) if not HARMLESS.fullmatch(found)}


def check_harmless(raw: bytes, known: set[str]) -> None:
    """Nothing was written to the terminal but text, colours, moves, and what is written for harmless texts too.

    Args:
        raw: All that was written.
        known: The sequences that harmless texts lead to.
    """
    text = raw.decode("utf-8")
    strange = sequences(raw) - known
    assert not strange, f"sequences that harmless texts do not lead to: {sorted(strange)}"
    rest = FAMILY.sub("", SEQUENCE.sub("", text))
    for character in set(rest) - set("\r\n\t"):
        assert unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp"), around(rest, character)
        assert not INVISIBLE.match(character), around(rest, character)


def around(text: str, character: str) -> str:
    """Where a character stands."""
    place = text.index(character)
    return f"{character!r} in {text[max(0, place - 60) : place + 60]!r}"
