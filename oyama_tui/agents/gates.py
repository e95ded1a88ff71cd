"""`gates.yaml`: which calls of agents are gated.

It is read at every call, so nothing but the YAML library is loaded for it.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import yaml

from oyama_tui.agents.call import EDITING, Call, Moment
from oyama_tui.agents.matching import Pattern, Seen, means, pattern_of

PROJECT_FILE: Final = ".oyama/gates.yaml"
USER_FILE: Final = "gates.yaml"
MOST_BYTES: Final = 256 * 1024
MOST_RULES: Final = 1000
RISKS: Final = ("low", "normal", "high")
KEYS: Final = ("match", "risk", "preview", "timeout", "when", "edit")
_DURATION: Final = re.compile(r"([0-9]+(\.[0-9]+)?(ms|s|m|h|d|w))+")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Risk = Literal["low", "normal", "high"]
When = Literal["call", "permission", ""]


class Mistake(NamedTuple):
    """Something in a file that cannot be used, and its place."""

    file: str
    line: int
    column: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return f"{place}: {self.message}{f' ({self.hint})' if self.hint else ''}"


class BrokenGates(Exception):
    """A file of gates that cannot be used, so that nobody knows which calls it means.

    Args:
        mistakes: At least one, in the order of the file.
    """

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, mistakes)))

    @property
    def sentence(self) -> str:
        """The first mistake with its place, and how many more there are."""
        more = len(self.mistakes) - 1
        return f"{self.mistakes[0]}{f', and {more} more' if more else ''}"


class Rule(NamedTuple):
    """One entry of a file."""

    match: str
    pattern: Pattern
    risk: Risk = "normal"
    preview: str = ""
    timeout: str = ""
    when: When = ""
    """Only before a call, or only where the agent would ask for permission itself; at both when it is empty."""
    edit: bool = False
    """The person who approves may change the command."""
    file: str = ""
    line: int = 0


class Gates(NamedTuple):
    """All rules that count in a folder."""

    files: tuple[str, ...]
    rules: tuple[Rule, ...]

    def meaning(self, call: Call) -> tuple[Rule, ...]:
        """The rules that mean a call; none of them when it is not gated.

        Args:
            call: What the agent is about to do.
        """
        seen, moment = Seen(call), call.moment
        found = tuple(rule for rule in self.rules if _counts(rule, moment) and means(rule.pattern, seen))
        if call.tool in EDITING and not found and self.rules:
            own = {os.path.realpath(file) for file in self.files}
            # Who is gated may not take the gate away without being asked.
            if own & set(seen.paths):
                return (Rule("the rules themselves", Pattern(call.tool, None, ""), risk="high"),)
        return found


def _counts(rule: Rule, moment: Moment) -> bool:
    return not rule.when or moment not in ("call", "permission") or rule.when == moment


def gates_files(directories: list[str], home: Path) -> list[Path]:
    """The files that count: those of projects, from the folders upwards, then the person's own.

    Args:
        directories: Where the agent works, and where it was started.
        home: The data directory.
    """
    found: list[Path] = []
    for directory in directories:
        folder = Path(os.path.abspath(directory))
        found += [one / PROJECT_FILE for one in (folder, *folder.parents)]
    return [path for path in dict.fromkeys([*found, home / USER_FILE]) if _is_there(path)]


def _is_there(path: Path) -> bool:
    """Whether something is there; what may not be looked at counts, so that it is not passed over in silence."""
    try:
        os.lstat(path)
    except OSError as error:
        return error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)
    except ValueError:
        return False
    return True


def load_gates(directories: list[str], home: Path) -> Gates:
    """Read all rules that count.

    Args:
        directories: Where the agent works, and where it was started.
        home: The data directory.

    Raises:
        BrokenGates: A file cannot be used; with the mistakes of all of them.
    """
    mistakes: list[Mistake] = []
    rules: list[Rule] = []
    files = gates_files(directories, home)
    for path in files:
        # What belongs to nobody's project means paths anywhere: those of the folder where the agent works.
        folder = directories[0] if path == home / USER_FILE else str(path.parent.parent)
        try:
            rules += read_gates(path, folder)
        except BrokenGates as broken:
            mistakes += broken.mistakes
    if mistakes:
        raise BrokenGates(mistakes)
    return Gates(tuple(map(str, files)), tuple(rules))


def read_gates(path: Path, folder: str) -> list[Rule]:
    """Read one file.

    Args:
        path: The file.
        folder: From which relative paths in it start.

    Raises:
        BrokenGates: With all its mistakes.
    """
    mistakes: list[Mistake] = []
    root = _composed(path, _text(path))
    if root is None or (isinstance(root, yaml.ScalarNode) and root.tag.endswith(":null")):
        return []
    if not isinstance(root, yaml.SequenceNode):
        hint = 'each begins with a dash: - {match: "Bash(git push *)"}'
        raise BrokenGates([_mistake(path, root, "the file must be a list of rules", hint)])
    if len(root.value) > MOST_RULES:
        raise BrokenGates([_mistake(path, root, f"there are more than {MOST_RULES:,} rules")])
    rules = [_rule(path, folder, node, mistakes) for node in root.value]
    if mistakes:
        raise BrokenGates(mistakes)
    return [rule for rule in rules if rule is not None]


def _mistake(path: Path, node: yaml.Node, message: str, hint: str = "") -> Mistake:
    return Mistake(str(path), node.start_mark.line + 1, node.start_mark.column + 1, message, hint)


def _text(path: Path) -> str:
    """The content of a file; nothing but a plain file is waited for.

    Raises:
        BrokenGates: It cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise BrokenGates([Mistake(str(path), 0, 0, "it is no plain file")])
            raw = b""
            while len(raw) <= MOST_BYTES and (piece := os.read(descriptor, MOST_BYTES + 1)):
                raw += piece
        finally:
            os.close(descriptor)
    except OSError as error:
        raise BrokenGates([Mistake(str(path), 0, 0, f"it cannot be read: {error.strerror}")]) from None
    if len(raw) > MOST_BYTES:
        raise BrokenGates([Mistake(str(path), 0, 0, f"the file has more than {MOST_BYTES:,} bytes")])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BrokenGates([Mistake(str(path), line, 1, "this is not UTF-8", "save it as UTF-8")]) from None


def _composed(path: Path, text: str) -> yaml.Node | None:
    """The nodes of a YAML text.

    Raises:
        BrokenGates: It is none.
    """
    try:
        return yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
        raise BrokenGates([Mistake(str(path), line, column, f"this is not YAML: {error.problem}")]) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise BrokenGates([Mistake(str(path), 0, 0, f"this is not YAML: {str(error)[:200]}")]) from None


def _rule(path: Path, folder: str, node: yaml.Node, mistakes: list[Mistake]) -> Rule | None:
    """Read one rule, and note what is wrong with it."""
    if not isinstance(node, yaml.MappingNode):
        mistakes.append(_mistake(path, node, "a rule must be a map", 'such as {match: "Bash(git push *)", risk: high}'))
        return None
    before, values = len(mistakes), dict[str, Any]()
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else ""
        if name in values:
            mistakes.append(_mistake(path, key, f"the key {name!r} stands twice in this rule"))
        elif name not in KEYS:
            mistakes.append(_mistake(path, key, f"unknown key {str(name)[:60]!r}", f"a rule has {', '.join(KEYS)}"))
        else:
            wrong, values[name] = "", None
            try:
                values[name] = _value(name, value, folder)
            except ValueError as error:
                wrong = str(error)
            if wrong:
                mistakes.append(_mistake(path, value, f"{name} {wrong}"))
    if "match" not in values and len(mistakes) == before:
        mistakes.append(_mistake(path, node, "'match' is missing", "it says which calls are meant, such as Bash(git push *)"))
    if len(mistakes) > before:
        return None
    text, pattern = values.pop("match")
    return Rule(text, pattern, **values, file=str(path), line=node.start_mark.line + 1)


def _value(name: str, node: yaml.Node, folder: str) -> Any:
    """Read a value.

    Raises:
        ValueError: It does not fit; the message is the rest of a sentence about it.
    """
    if not isinstance(node, yaml.ScalarNode) or node.tag.endswith(":null"):
        raise ValueError("must be text")
    text: str = node.value
    if name == "match":
        return text, pattern_of(text, folder)
    if name == "edit":
        if text not in ("true", "false") or node.style in ("'", '"'):
            raise ValueError("must be true or false")
        return text == "true"
    if name == "timeout" and not (_DURATION.fullmatch(text) and re.search("[1-9]", text)):
        raise ValueError(f"must be a duration such as 30m, 4h or 2d, not {text[:40]!r}")
    allowed = {"risk": RISKS, "when": ("call", "permission")}.get(name)
    if allowed is not None and text not in allowed:
        raise ValueError(f"must be one of {', '.join(allowed)}, not {text[:40]!r}")
    if name == "preview" and not text.strip():
        raise ValueError("is empty; leave it out where there is none")
    return text


def strictest(rules: tuple[Rule, ...]) -> Iterator[Rule]:
    """Rules, the one with the highest risk first.

    Args:
        rules: Those that mean a call.
    """
    yield from sorted(rules, key=lambda rule: -RISKS.index(rule.risk))
