"""Safe expressions in shell scripts: values travel as environment variables, so the shell never reads data as code."""

from __future__ import annotations

import re
from typing import Final

from oyama_tui.core.definition.expressions import OPEN, ExpressionError, split_template
from oyama_tui.core.definition.quoting import MARK, REASONS, USE_ENV, Spot, find_spots

MAX_VALUE: Final = 100 * 1024
"""Bytes of one value: less than what Linux takes in one environment variable."""
VARIABLE: Final = "OYAMA_V"
USE_STDIN: Final = "hand it over through stdin: or a file"
SHELLS: Final = frozenset({"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "busybox"})

_EVALUATING: Final = (
    (re.compile(r"(?:^|\s)eval\s"), "eval runs its arguments as code"),
    (re.compile(r"(?:^|[\s/])ssh\s"), "ssh hands its arguments to a shell on the other side"),
    (re.compile(r"(?:^|[\s/])(?:ba|da|a|k|mk|z)?sh\s+(?:-\S+\s+)*-\w*c\b"), "sh -c runs its argument as code"),
    (re.compile(r"(?:^|[\s/])su\s.*-c\b", re.DOTALL), "su -c runs its argument as code"),
    (re.compile(r"(?:^|[\s/])(?:psql|mysql|mariadb|sqlite3)\s"), "a database client reads its argument as SQL"),
    (re.compile(r"(?:^|\s)(?:let|declare|typeset|unset|trap|read|source|\.)\s"), "the shell evaluates the arguments of this command"),
    (re.compile(r"(?:^|\s)(?:printf|test|\[)\s+-v\s"), "bash evaluates the name after -v as code"),
    (re.compile(r"\[\[\s"), "[[ ]] evaluates numbers as code in some shells, and [ ] does not"),
)


_INTERPRETER: Final = re.compile(r"(?:^|[\s/])(?:(python[\d.]*|perl|ruby|node|php)|awk|gawk|sed|jq)\s")
_WORD: Final = re.compile(r"""(?:"[^"]*"?|'[^']*'?|[^\s"'])+""")
_CODE_OPTION: Final = re.compile(r"-[A-Za-z]*[ceEfprR]|--eval|--print|--run|--expression|--from-file")


def _is_code(command: str) -> bool:
    """Whether what follows a command is read as code by an interpreter, or chooses it: not so once the script or file is named.

    Args:
        command: A simple command up to the value.
    """
    program = _INTERPRETER.search(command)
    if program is None:
        return False
    words = _WORD.findall(command[program.end() :])
    before = words if command[-1:].isspace() else words[:-1]
    if before and _CODE_OPTION.fullmatch(before[-1]):
        return True
    if program.group(1) and any(_CODE_OPTION.fullmatch(word) for word in before):
        return False
    return all(word.startswith("-") for word in before)


def is_shell(program: str) -> bool:
    """Whether a program reads scripts in the quoting of POSIX shells.

    Args:
        program: The first element of a step's `shell`.
    """
    return program.rsplit("/", 1)[-1] in SHELLS


def check(script: str) -> list[tuple[int, str, str]]:
    """Find the expressions of a script that stand where no value is safe.

    Args:
        script: The template of a script.

    Returns:
        Offset of the `$`, message and hint for each; empty when all are well.
    """
    try:
        spots = find_spots(script)
    except ExpressionError as error:
        return [(error.column - 1, error.message, error.hint)]
    return [(spot.piece.start, _refusal(spot), USE_ENV) for spot in spots if spot.context == "refused"]


def _refusal(spot: Spot) -> str:
    return f"an expression cannot stand here: {REASONS[spot.reason]}"


def warnings(script: str) -> list[tuple[int, str, str]]:
    """Find the expressions that become arguments of programs which evaluate their arguments.

    Args:
        script: The template of a script.

    Returns:
        Offset of the `$`, message and hint for each.
    """
    found: list[tuple[int, str, str]] = []
    hint = "a hostile value would be run there; send it through stdin:, or quote it for that program"
    try:
        spots = find_spots(script)
    except ExpressionError:
        return []
    for spot in spots:
        if spot.context == "refused":
            continue
        message = next((text for pattern, text in _EVALUATING if pattern.search(spot.command)), "")
        message = message or ("this program may read its argument as code" if _is_code(spot.command) else "")
        if message:
            found.append((spot.piece.start, message, hint))
        elif not spot.command.strip(" \t\"'"):
            found.append((spot.piece.start, "this value chooses the program that runs", "write the program out"))
    return found


def with_variables(script: str) -> tuple[str, dict[str, str]]:
    """Replace the expressions of a script by environment variables.

    Args:
        script: The template of a script.

    Returns:
        The script, and the expression that each of its variables stands for.

    Raises:
        ExpressionError: An expression stands where no value is safe.
    """
    if OPEN not in script:
        return script, {}
    spots = {spot.piece.start: spot for spot in find_spots(script)}
    names: dict[str, str] = {}
    made: list[str] = []
    for part in split_template(script):
        if isinstance(part, str):
            made.append(part)
            continue
        spot = spots[part.start]
        if spot.context == "refused":
            raise ExpressionError(_refusal(spot), part.start + 1, USE_ENV)
        name = names.setdefault(part.source.strip(), f"{VARIABLE}{len(names) + 1}")
        made.append(f'"${{{name}}}"' if spot.context == "word" else f"${{{name}}}")
    return "".join(made), {name: source for source, name in names.items()}


def as_variable(value: str) -> str:
    """Check that a text can be the value of an environment variable or an element of an argument list.

    Args:
        value: The text.

    Raises:
        ExpressionError: It holds a NUL, half a character, or more than 100 KiB.
    """
    if MARK in value:
        raise ExpressionError("the value holds a NUL character, which no program takes as an argument", hint=USE_STDIN)
    try:
        size = len(value) if value.isascii() else len(value.encode())
    except UnicodeEncodeError:
        raise ExpressionError("the value holds half a character (a lone surrogate)", hint=USE_STDIN) from None
    if size > MAX_VALUE:
        raise ExpressionError(f"the value has {size:,} bytes, and at most {MAX_VALUE:,} fit here", hint=USE_STDIN)
    return value
