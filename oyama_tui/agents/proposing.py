"""What an agent will do after a yes, as a person reads it: a command, a real difference to the files as they are, or all that is given."""

from __future__ import annotations

import difflib
import hashlib
import json
import os
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from oyama_tui.agents.call import FREE, Call, Unreadable
from oyama_tui.agents.matching import changed_files
from oyama_tui.agents.shell import UNKNOWN, commands_of
from oyama_tui.files import NotPlain, open_regular

MOST_SHOWN: Final = 200_000
"""Characters of a proposal: nobody looks through more, and what cannot be looked at is not let through."""
MOST_FILE: Final = 2 * 1024 * 1024
MOST_SCRIPT: Final = 64 * 1024 * 1024
MOST_SCRIPTS: Final = 200
_ENDINGS: Final = (".sh", ".bash", ".zsh", ".fish", ".py", ".js", ".mjs", ".cjs", ".ts", ".rb", ".pl", ".php", ".lua", ".sql", ".mk", ".r")


class Proposal(NamedTuple):
    """What will be done after a yes."""

    text: str
    kind: Literal["command", "diff", "text"]
    title: str
    """What it is in a few words, as the rest of a sentence: `run git push`."""


def proposal_of(call: Call) -> Proposal:
    """What a call will do.

    Args:
        call: What the agent is about to do.

    Raises:
        Unreadable: It cannot be shown, so that nobody can say yes to it.
    """
    _refuse_unshowable(call.input)
    made = _proposal(call)
    if len(made.text) > MOST_SHOWN:
        raise Unreadable(
            f"what it is to do is too long for a person to look through ({len(made.text):,} characters); do it in smaller parts"
        )
    return made


def _proposal(call: Call) -> Proposal:
    if call.command:
        others = {name: value for name, value in call.bound.items() if name != "command"}
        notes = "".join(f"# {name}: {json.dumps(value)}\n" for name, value in sorted(others.items()))
        return Proposal(notes + call.command, "command", f"run {call.command}")
    files = changed_files(call)
    if call.tool == "apply_patch" and (patch := call.input.get("command", call.input.get("input"))):
        return Proposal(str(patch), "diff", f"change {', '.join(files) or 'files'}")
    if len(files) == 1 and (difference := _difference(call, files[0])) is not None:
        return Proposal(difference, "diff", f"{'write' if call.tool == 'Write' else 'edit'} {_short(call, files[0])}")
    return Proposal(json.dumps(call.input, indent=2, ensure_ascii=False, sort_keys=True), "text", f"use {call.tool}")


def _short(call: Call, path: str) -> str:
    """A path as one names it from where the agent works."""
    return path.removeprefix(call.directory.rstrip("/") + "/")


def _refuse_unshowable(value: Any) -> None:
    """Refuse texts that no program can get as they are.

    Raises:
        Unreadable: There is one.
    """
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            todo += [*one, *one.values()]
        elif isinstance(one, list):
            todo += one
        elif isinstance(one, str) and ("\0" in one or UNKNOWN in one or any("\ud800" <= letter <= "\udfff" for letter in one)):
            raise Unreadable("it holds a character that no command or file can hold (NUL, or half of a pair)")


def _difference(call: Call, path: str) -> str | None:
    """A unified diff of a file as it is and as it will be; none where the call does not say what it will be."""
    full = os.path.normpath(os.path.join(call.directory, os.path.expanduser(path)))
    before = _content(full, path)
    after = _changed(call, before or "", path)
    if after is None:
        return None
    name = _short(call, path)
    old = "/dev/null" if before is None else f"a/{name.lstrip('/')}"
    lines = difflib.unified_diff(_lines(before or ""), _lines(after), old, f"b/{name.lstrip('/')}")
    made = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return made or f"# {name} stays as it is\n"


def _lines(text: str) -> list[str]:
    # Only a newline ends a line: every other break stays inside of it, where it is seen.
    return [line + "\n" for line in text.split("\n")[:-1]] + ([last] if (last := text.rpartition("\n")[2]) else [])


def _content(full: str, path: str) -> str | None:
    """A file as it is; none when there is none.

    Raises:
        Unreadable: It cannot be shown.
    """
    try:
        with open_regular(Path(full)) as file:
            raw = file.read(MOST_FILE + 1)
    except FileNotFoundError:
        return None
    except NotPlain as wrong:
        raise Unreadable(f"{path} is {wrong.kind}, so that what changes cannot be shown") from None
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path} cannot be read to show what changes: {getattr(error, 'strerror', None) or error}") from None
    if len(raw) > MOST_FILE:
        raise Unreadable(f"{path} has more than {MOST_FILE:,} bytes, so that what changes cannot be shown")
    return raw.decode("utf-8", "backslashreplace")


def _changed(call: Call, before: str, path: str) -> str | None:
    """What a file will be; none where the call does not say so in a way that is known.

    Raises:
        Unreadable: The agent's own tool will refuse it.
    """
    given = call.input
    if call.tool == "Write":
        return given["content"] if isinstance(given.get("content"), str) else None
    if call.tool not in ("Edit", "MultiEdit"):
        return None
    edits = given.get("edits") if call.tool == "MultiEdit" else [given]
    if not isinstance(edits, list):
        return None
    for edit in edits:
        old, new = (edit.get("old_string"), edit.get("new_string")) if isinstance(edit, dict) else (None, None)
        if not isinstance(old, str) or not isinstance(new, str):
            return None
        if old and old not in before:
            raise Unreadable(f"{path} does not hold the text that is to be replaced; read the file again")
        before = before.replace(old, new, -1 if edit.get("replace_all") else 1) if old else new + before
    return before


def covered(call: Call) -> dict[str, str]:
    """What else a yes is bound to: all that is given to the tool, and the scripts that its command names.

    Args:
        call: What the agent is about to do.

    Raises:
        Unreadable: A script cannot be read.
    """
    raw = json.dumps({name: value for name, value in call.bound.items() if name not in FREE or not call.command}, sort_keys=True)
    found = {"call": hashlib.sha256(raw.encode()).hexdigest()}
    if call.command:
        found |= {f"file {path}": _digest(path) for path in _scripts(call)}
    return found


def _scripts(call: Call) -> list[str]:
    """The script files that a command names, each once."""
    commands = commands_of(call.command).words
    folders = [call.directory]
    for words in commands:
        if words[0] in ("cd", "pushd") and len(words) > 1 and UNKNOWN not in words[1]:
            folders.append(os.path.join(folders[-1], os.path.expanduser(words[1])))
    named = dict.fromkeys(word for words in commands for word in words if word and UNKNOWN not in word and "\n" not in word)
    found: dict[str, None] = {}
    for word in named:
        for folder in folders:
            path = os.path.normpath(os.path.join(folder, os.path.expanduser(word)))
            if len(path) < 4096 and _is_script(path, word):
                found[path] = None
    if len(found) > MOST_SCRIPTS:
        raise Unreadable(f"its command names {len(found)} scripts, more than a person can look through")
    return list(found)


def _is_script(path: str, word: str) -> bool:
    """Whether a word of a command names a file that is run: by its ending, its first line, or how it is called."""
    lowered = word.lower()
    try:
        with open_regular(Path(path)) as file:
            return lowered.endswith(_ENDINGS) or os.path.basename(lowered) in ("makefile", "justfile") or file.read(2) == b"#!"
    except (OSError, ValueError):
        return False


def _digest(path: str) -> str:
    """SHA-256 of a file.

    Raises:
        Unreadable: It cannot be read, or is too large.
    """
    try:
        with open_regular(Path(path)) as file:
            if os.fstat(file.fileno()).st_size > MOST_SCRIPT:
                raise Unreadable(f"{path}, which its command names, has more than {MOST_SCRIPT:,} bytes")
            made = hashlib.sha256()
            while piece := file.read(1024 * 1024):
                made.update(piece)
            return made.hexdigest()
    except OSError as error:
        raise Unreadable(f"{path}, which its command names, cannot be read: {error.strerror}") from None
