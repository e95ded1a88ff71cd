"""Which lines of a program's output tell of an error or a warning, as compilers, test runners and loggers write them."""

from __future__ import annotations

import re
from typing import Final, Literal

from oyama_tui.core.terminal_output import last_state, without_colours

Problem = Literal["error", "warning"]
"""What a line tells of."""
LOOKED_AT: Final = 2_000
"""Characters of a line that are looked at."""
_WORDS: Final = (
    *("error", "err!", "eror", "warn", "fail", "fatal", "crit", "panic", "exception", "severe", "emerg", "alert"),
    *('"level":', ".go:", "undefined reference", "not ok ", ": ***", "sh: "),
)
"""One of these stands in every line that tells of a problem, in small letters: most lines have none and are not looked at further."""
_SERIOUS: Final = r"ERROR|ERR|FATAL|CRITICAL|CRIT|SEVERE|PANIC|EMERG|EMERGENCY|ALERT"
_LEVEL: Final = rf"({_SERIOUS}|WARNING|WARN|NOTICE|INFO|DEBUG|TRACE|VERBOSE)"
_SAID_FIRST: Final = re.compile(rf"\W*{_LEVEL}(?![\w=/.(-])(?!\s+(?:=|\d+\s*$))")
"""`ERROR something`, `[WARNING] something`, `ERROR:root:something`."""
_TIME: Final = re.compile(r"\d\d:\d\d")
_AFTER_TIME: Final = re.compile(rf"(?<![\w/.=-]){_LEVEL}(?![\w=/.(-])")
"""`14:05:10,123 [main] ERROR something`."""
_BETWEEN: Final = re.compile(rf"[\[<(]\s?{_LEVEL}\s?[\])>]|\s[-|:]\s{_LEVEL}\s*[-|:]\s", re.IGNORECASE)
"""`[error] something`, `name - ERROR - something`."""
_HEAD: Final = 80
"""Characters at the beginning of a line in which its time and its level stand."""
_FIELD: Final = re.compile(r"""(?:level|levelname|severity|lvl)(?:["']\s*:\s*|=)["']?(\w+)""")
"""`"level":"error"`, `level=warn`; and by number: 40 is a warning, 50 an error, 60 the last one of a program."""
_NAMED: Final = re.compile(
    r"""(?<!\w)(?:(?P<error>(?:fatal\s|compiler\s|syntax\s|runtime\s)?error|fatal|panic|critical)|(?P<warning>warning))
    (?:\[[\w:.-]+\]|\s\[\w+\]|\s[a-z]+\d+)?(?:\s?:(?!:)|!)\s*(?P<rest>\S.*)""",
    re.VERBOSE,
)
"""`error: something`, `main.c:5:12: warning: something`, `a.ts(3,5): error TS2304: something`."""
_BEFORE_NAMED: Final = re.compile(r"[│|>*#\s]*\Z|e\s+\Z|.*\S[:>]\s+\Z|\s*\d+:\d+\s+\Z")
"""What may stand before that: nothing, a frame, or something that ends with a colon."""
_NOTHING: Final = re.compile(r"(?:none|null|nil|no|false|ok|[-+]?[\d.,]+(?:e[-+]?\d+)?\s?%?)\W*\Z")
"""What `error:` may be followed by without there being one: it is a number then, or says that there is none."""
_RAISED: Final = re.compile(r"(Error|Exception|Warning)(?::\s|\s\[|:?\s*\Z)")
"""`ValueError: something`, `x.py:3: DeprecationWarning: something`."""
_KIND: Final = re.compile(r"(?:[a-z_]\w*\.)*[A-Z]\w*\Z")
_BEFORE_KIND: Final = re.compile(r"(?:E|.*:|Uncaught|Unhandled|\(node:\d+\)|)\Z")
_ERRORS: Final = re.compile(
    r"""npm\s(?:ERR!|error)(?:\s|\Z)
    | \s*(?:---\s)?FAIL(?::\s|\s|\Z)
    | \s*not\sok\s\d
    | (?:vet:\s)?[^\s:]+\.go:\d+:\d+:\s\S
    | [EF]\d{4}\s\d\d:\d\d:\d\d\.\d+\s+\d+\s[^\s:]+\.go:\d+\]
    | (?:/[^\s:]*/)?[a-z]{0,2}sh:\s(?:line\s)?\d+:\s
    | g?make(?:\[\d+\])?:\s\*\*\*\s
    | error\s(?:[A-Z"'`@]|\S+\.\w+:\s)
    | \s+\d+:\d+\s+error\s+\S
    | Exception\sin\sthread\s
    | (?:docker:\s)?Error\sresponse\sfrom\sdaemon:
    | thread\s'.{0,200}'\s(?:\(\d+\)\s)?panicked\sat\s""",
    re.VERBOSE,
)
_WARNINGS: Final = re.compile(
    r"""npm\s(?:WARN|warn)(?:\s|\Z)
    | W\d{4}\s\d\d:\d\d:\d\d\.\d+\s+\d+\s[^\s:]+\.go:\d+\]
    | warning\s(?:[A-Z"'`@]|\S+\.\w+:\s)
    | \s+\d+:\d+\s+warning\s+\S""",
    re.VERBOSE,
)
_FAILED: Final = re.compile(r"(?<![\w-])FAILED(?![\w=:-])")
_NONE_FAILED: Final = re.compile(r"\b0\s+FAILED\b")
_NUMBERS: Final = {"40": "warning", "50": "error", "60": "error"}
_SERIOUS_WORDS: Final = frozenset(f"{_SERIOUS}|EROR".split("|"))


def problem_in(line: str) -> Problem | None:
    """What a line tells of; none when it only names errors or warnings, as `0 errors` and `error-free` do.

    Args:
        line: As a program wrote it, without its line break.
    """
    text = without_colours(last_state(line[:LOOKED_AT]) if "\r" in line else line[:LOOKED_AT]).rstrip()
    small = text.lower()
    if (level := _level_of(text, small)) is not None:
        return level or None
    if (found := _named_in(small) or _raised_in(text)) is not None:
        return found
    if "FAILED" in text and _FAILED.search(text):
        return None if _NONE_FAILED.search(text) else "error"
    if _ERRORS.match(text) or ": undefined reference to " in text:
        return "error"
    return "warning" if _WARNINGS.match(text) else None


def _level_of(text: str, small: str) -> Problem | Literal[""] | None:
    """What a logger says of its line: empty when that is no problem, none when it says nothing."""
    if ("level" in small or "severity" in small or "lvl" in small) and (field := _FIELD.search(small)):
        return _meant_by(field[1])
    found = _SAID_FIRST.match(text)
    if found is None and (time := _TIME.search(text, 0, _HEAD)):
        found = _AFTER_TIME.search(text, time.end(), time.end() + _HEAD)
    found = found or _BETWEEN.search(text, 0, _HEAD)
    return _meant_by(next(word for word in found.groups() if word)) if found else None


def _named_in(small: str) -> Problem | None:
    """Whether something is called an error or a warning, before what it is."""
    for named in _NAMED.finditer(small):
        if _BEFORE_NAMED.match(small[: named.start()]):
            return None if _NOTHING.match(named["rest"]) else "error" if named["error"] else "warning"
    return None


def _raised_in(text: str) -> Problem | None:
    """Whether an exception is told of."""
    raised = _RAISED.search(text)
    if raised is None or _NOTHING.match(text, raised.end()):
        return None
    begin = max(text.rfind(" ", 0, raised.start()), text.rfind("\t", 0, raised.start())) + 1
    if not _KIND.match(text[begin : raised.end(1)]) or not _BEFORE_KIND.match(text[:begin].strip()):
        return None
    return "warning" if raised[1] == "Warning" else "error"


def _meant_by(level: str) -> Problem | Literal[""]:
    """What a level is."""
    word = level.upper()
    if word in _SERIOUS_WORDS or _NUMBERS.get(word) == "error":
        return "error"
    return "warning" if word.startswith("WARN") or _NUMBERS.get(word) == "warning" else ""


def problems_of(text: str) -> list[tuple[int, Problem]]:
    """The lines of a text that tell of a problem, by their numbers from 0 on.

    Args:
        text: Any number of lines, as programs wrote them.
    """
    small = text.lower()
    if len(small) != len(text):  # a few letters become two
        return [(number, found) for number, line in enumerate(text.split("\n")) if (found := problem_in(line))]
    problems: list[tuple[int, Problem]] = []
    number = counted = 0
    for begin in sorted(_begins_with_words(small)):
        number, counted = number + text.count("\n", counted, begin), begin
        end = text.find("\n", begin)
        if found := problem_in(text[begin : end if end >= 0 else len(text)]):
            problems.append((number, found))
    return problems


def _begins_with_words(small: str) -> set[int]:
    """Where the lines begin in which one of the words stands."""
    begins: set[int] = set()
    for word in _WORDS:
        at = small.find(word)
        while at >= 0:
            begins.add(small.rfind("\n", 0, at) + 1)
            end = small.find("\n", at)
            at = small.find(word, end) if end >= 0 else -1
    return begins
