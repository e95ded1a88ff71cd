"""Whether a rule means a call: by the tool's name, by the words of its command, by the paths of the files that it changes."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from oyama_tui.agents.call import EDITING, ELICITATION, Call
from oyama_tui.agents.shell import UNKNOWN, Commands, commands_of, program

_PATTERN: Final = re.compile(r"([^()\s]+)(?:\((.*)\))?", re.DOTALL)
_PATCHED: Final = re.compile(r"^\*\*\* (?:Add File|Update File|Delete File|Move to): (.+?)\s*$", re.MULTILINE)


class Pattern(NamedTuple):
    """What a rule means."""

    tool: str
    """A tool's name, with `*` for any letters."""
    inside: str | None
    """What stands in brackets; none when there are no brackets."""
    folder: str
    """From which relative paths start."""

    @property
    def words(self) -> list[str]:
        """The words of a command."""
        return shlex.split(self.inside or "")


def pattern_of(text: str, folder: str) -> Pattern:
    """Read what a rule means.

    Args:
        text: Such as `Bash(git push *)`.
        folder: From which relative paths start.

    Raises:
        ValueError: It cannot be read; the message says why.
    """
    found = _PATTERN.fullmatch(text.strip())
    if found is None:
        raise ValueError("must be a tool, or a tool with words in brackets, such as Bash(git push *)")
    pattern = Pattern(found.group(1), found.group(2), folder)
    if pattern.inside is not None and not pattern.inside.strip():
        raise ValueError("has nothing in its brackets; leave them out, or write *")
    if pattern.inside is not None and pattern.tool in EDITING and pattern.inside.strip().endswith("/"):
        raise ValueError("ends with a slash and so means no file; write ** behind it for all files in a folder")
    try:
        words = pattern.words
    except ValueError:
        if pattern.tool not in EDITING:
            raise ValueError("has a quote that is not closed") from None
        return pattern
    if words and words[0].startswith("-"):
        raise ValueError("begins with an option; the program comes first")
    return pattern


class Seen:
    """A call, looked at once for all rules.

    Args:
        call: What the agent is about to do.
    """

    def __init__(self, call: Call) -> None:
        self.call = call
        self._commands: Commands | None = None
        self._paths: list[str] | None = None

    @property
    def commands(self) -> Commands:
        """The commands that it starts."""
        if self._commands is None:
            self._commands = commands_of(self.call.command)
        return self._commands

    @property
    def paths(self) -> list[str]:
        """The files that it changes, absolute, each also by the name behind its links."""
        if self._paths is None:
            named = [os.path.normpath(os.path.join(self.call.directory, os.path.expanduser(path))) for path in changed_files(self.call)]
            self._paths = list(dict.fromkeys([*named, *(os.path.realpath(path) for path in named)]))
        return self._paths


def changed_files(call: Call) -> list[str]:
    """The files that a call changes, as it names them.

    Args:
        call: What the agent is about to do.
    """
    if call.tool not in EDITING:
        return []
    if call.tool == "apply_patch":
        texts = [value for value in call.input.values() if isinstance(value, str)]
        return [path for text in texts for path in _PATCHED.findall(text)]
    return [value for name in ("file_path", "notebook_path", "path") if isinstance(value := call.input.get(name), str)]


def means(pattern: Pattern, seen: Seen) -> bool:
    """Whether a rule means a call.

    Args:
        pattern: Of the rule.
        seen: The call.
    """
    call = seen.call
    if not _names(pattern.tool, call.tool):
        return False
    if pattern.inside is None or pattern.inside.strip() in ("*", "**"):
        return True
    if call.tool in EDITING:
        paths = seen.paths
        # A call that names no file cannot be told from one that names this one.
        return not paths or any(_fits_path(pattern, path) for path in paths)
    if call.tool == ELICITATION:
        return fnmatchcase(call.server, pattern.inside.strip())
    if call.command:
        return _fits_command(pattern, seen)
    return any(fnmatchcase(text, pattern.inside.strip()) for text in _texts(call.input.values()))


def _names(pattern: str, tool: str) -> bool:
    return fnmatchcase(tool, pattern) or (pattern == "Edit" and tool in EDITING) or (pattern == "Write" and tool == "apply_patch")


def _texts(values: Iterable[object]) -> Iterator[str]:
    """All texts in what a tool is given."""
    todo = list(values)
    while todo:
        value = todo.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            todo += value.values()
        elif isinstance(value, list):
            todo += value


def _fits_path(pattern: Pattern, path: str) -> bool:
    """Whether a path is one that a rule means: `*` stays in a folder, `**` does not; a pattern without a slash means names."""
    wanted = os.path.expanduser((pattern.inside or "").strip())
    if "/" not in wanted:
        return re.fullmatch(_path_expression(wanted), os.path.basename(path), re.DOTALL) is not None
    if not wanted.startswith(("/", "**/")):
        return any(_fits(wanted.removeprefix("./"), folder, path) for folder in {pattern.folder, os.path.realpath(pattern.folder)})
    return re.fullmatch(_path_expression(wanted), path, re.DOTALL) is not None


def _fits(wanted: str, folder: str, path: str) -> bool:
    """Whether a path inside a folder is a wanted one."""
    inside = path.removeprefix(f"{folder.rstrip('/')}/")
    return inside != path and re.fullmatch(_path_expression(wanted), inside, re.DOTALL) is not None


def _path_expression(wanted: str) -> str:
    """A pattern of paths as a regular expression."""
    made, at = "", 0
    while at < len(wanted):
        if wanted.startswith("**/", at):
            made, at = made + "(?:.*/)?", at + 3
        elif wanted.startswith("**", at):
            made, at = made + ".*", at + 2
        elif wanted[at] in "*?":
            made, at = made + ("[^/]*" if wanted[at] == "*" else "[^/]"), at + 1
        else:
            made, at = made + re.escape(wanted[at]), at + 1
    return made


def _fits_command(pattern: Pattern, seen: Seen) -> bool:
    """Whether one of the commands begins with the words of a rule."""
    words = pattern.words
    if any(_begins(words, list(command)) for command in seen.commands.words):
        return True
    if seen.commands.clear:
        return False
    # It cannot be read to its end: then the words themselves decide, wherever they stand.
    plain = [re.escape(word) for word in words if not set(word) & set("*?[")]
    return not plain or (len(seen.call.command) > len(plain) and re.search(r"[\s\"'\\]+".join(plain), seen.call.command) is not None)


def _begins(wanted: list[str], words: list[str]) -> bool:
    """Whether a command begins with some words; options may stand between them, and options that are wanted anywhere."""
    if not _same(wanted[0], words[0]) and not _same(wanted[0], program(words[0])):
        return False
    options = [word for word in wanted[1:] if word.startswith("-")]
    if not all(_has_option(option, words[1:]) for option in options):
        return False
    names = [word for word in wanted[1:] if not word.startswith("-")]
    return _follow(names, words, 1)


def _follow(wanted: list[str], words: list[str], start: int) -> bool:
    """Whether words follow each other, apart from options, each of which may have one value."""
    places = {start}
    for word in wanted:
        if word == "*":
            # Any words, and none: whatever comes next may stand anywhere.
            places = set(range(min(places), len(words) + 1)) if places else set()
            continue
        following: set[int] = set()
        for place in _passed(places, words):
            if place < len(words) and _same(word, words[place]):
                following.add(place + 1)
        places = following
    return bool(places)


def _passed(places: set[int], words: list[str]) -> set[int]:
    """All places that are reached from some by passing over options."""
    reached: set[int] = set()
    todo = list(places)
    while todo:
        place = todo.pop()
        if place in reached:
            continue
        reached.add(place)
        if place < len(words) and words[place].startswith("-"):
            todo += [place + 1, place + 2]
    return reached


def _has_option(option: str, words: list[str]) -> bool:
    """Whether an option is among some words: as it is, with a value, or as letters that stand together."""
    if any(word == option or word.startswith(f"{option}=") or _same(option, word) for word in words):
        return True
    letters = {letter for word in words if re.fullmatch(r"-[A-Za-z0-9]+", word) for letter in word[1:]}
    return re.fullmatch(r"-[A-Za-z0-9]+", option) is not None and set(option[1:]) <= letters


def _same(wanted: str, word: str) -> bool:
    """Whether a word is the wanted one; what only the running shell knows may be any."""
    if UNKNOWN not in word:
        return fnmatchcase(word, wanted)
    if set(wanted) & set("*?["):
        return True
    return re.fullmatch(".*".join(map(re.escape, word.split(UNKNOWN))), wanted, re.DOTALL) is not None
