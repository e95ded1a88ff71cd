"""Puts the hooks into an agent's settings file, and says whether they are there."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from oyama_tui.core.errors import Conflict, InvalidInput
from oyama_tui.files import read_named, written_beside

Where = Literal["project", "user"]
MOST_BYTES: Final = 16 * 1024 * 1024
PATIENCE: Final = 86_400
"""Seconds that a hook may wait for a person; an agent that loses its patience may run the call."""
SOON: Final = 60
"""Seconds for a hook that only takes questions back."""
STATUS: Final = "Oyama: waiting for a person where a rule says so"
DECIDING: Final[Mapping[str, tuple[str, ...]]] = {
    "claude": ("PreToolUse", "PermissionRequest", "Elicitation"),
    "codex": ("PreToolUse", "PermissionRequest"),
}
"""Events at which the agent waits for an answer."""
OBSERVED: Final[Mapping[str, tuple[str, ...]]] = {
    "claude": ("PostToolUse", "PermissionDenied", "SessionEnd"),
    "codex": ("PostToolUse",),
}
"""Events that tell that nobody waits any more."""
_OURS: Final = re.compile(r"(?:^|\s)hook\s+(claude|codex)(?:\s+--defer)?\s*$")
_INDENT: Final = re.compile(r"\n([ \t]+)\S")


class Plan(NamedTuple):
    """A settings file as it is and as it will be."""

    path: Path
    before: bytes | None
    """None where there is no file."""
    after: bytes

    @property
    def changes(self) -> bool:
        """Whether anything is different."""
        return self.before != self.after


class Installed(NamedTuple):
    """What a settings file says about our hooks."""

    path: Path
    commands: tuple[str, ...]
    """Ours in it, each once; none where they are not installed."""
    missing: tuple[str, ...]
    """Events that lack them."""
    troubles: tuple[str, ...]
    """What keeps them from doing what they are for, in sentences."""


def settings_file(agent: str, where: Where, folder: Path) -> Path:
    """The file in which an agent keeps its hooks.

    Args:
        agent: Which one.
        where: For one project, or for all that the account does.
        folder: A folder of the project.
    """
    name = {"claude": "settings.json", "codex": "hooks.json"}[agent]
    if where == "project":
        return _project(folder) / f".{agent}" / name
    given = os.environ.get({"claude": "CLAUDE_CONFIG_DIR", "codex": "CODEX_HOME"}[agent])
    return (Path(given).expanduser() if given else Path.home() / f".{agent}") / name


def _project(folder: Path) -> Path:
    """The folder of the project that a folder belongs to: the nearest one with a repository, else the folder itself."""
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)


def hook_command(agent: str, where: Where, *, defer: bool, database: Path | None) -> str:
    """The command that the agent is to start.

    A project's file is often shared, so the program stands in it by name where it can be found; elsewhere it stands with its place.

    Args:
        agent: Which one.
        where: In which file it will stand.
        defer: The agent ends instead of waiting.
        database: Named on the command line; none for the usual one.
    """
    started = sys.argv[0]
    found = shutil.which("oyama")
    by_name = where == "project" and found is not None
    if by_name:
        program = ["oyama"]
    elif os.path.basename(started) == "oyama" and os.path.exists(started):
        program = [os.path.abspath(started)]
    else:
        program = [found] if found is not None else [sys.executable, "-m", "oyama_tui"]
    words = [*program, *(("--database", str(database)) if database is not None else ()), "hook", agent, *(("--defer",) if defer else ())]
    return " ".join(map(shlex.quote, words))


def plan(agent: str, path: Path, command: str) -> Plan:
    """What installing does to a settings file: everything that is in it stays.

    Args:
        agent: Which one.
        path: The file.
        command: That the agent is to start.

    Raises:
        InvalidInput: The file is none that can be read and written back without losing something.
    """
    before = _read(path)
    text = "" if before is None else _text(path, before)
    settings = _settings(path, text) if text.strip() else {}
    hooks = settings.setdefault("hooks", {})
    if not isinstance(hooks, dict):
        raise InvalidInput(f"{path}: 'hooks' is no map, so nothing can be added to it.", "Mend the file, then try again.")
    for event in (*DECIDING[agent], *OBSERVED[agent]):
        groups = hooks.setdefault(event, [])
        if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
            raise InvalidInput(
                f"{path}: 'hooks.{event}' is no list of maps, so nothing can be added to it.", "Mend the file, then try again."
            )
        _put(agent, event, groups, command)
    indent = _INDENT.search(text)
    after = json.dumps(settings, indent=indent.group(1) if indent else 2, ensure_ascii=False) + "\n"
    if text.strip() and _settings(path, text) == settings:
        return Plan(path, before, before or b"")
    return Plan(path, before, after.encode())


def _entry(agent: str, event: str, command: str) -> dict[str, Any]:
    """Our hook for one event."""
    entry: dict[str, Any] = {"type": "command", "command": command}
    if event not in DECIDING[agent]:
        return {**entry, "timeout": SOON}
    # Codex knows no `onFailure`: it runs the command, which is why the hook answers before its time is over.
    blocks = {"onFailure": "block"} if agent == "claude" else {}
    return {**entry, "timeout": PATIENCE, **blocks, "statusMessage": STATUS}


def _put(agent: str, event: str, groups: list[dict[str, Any]], command: str) -> None:
    """Put our hook among those of an event: in its old place, or at the end."""
    entry, placed = _entry(agent, event, command), False
    for group in groups:
        found = group.get("hooks")
        hooks: list[Any] = found if isinstance(found, list) else []
        for place, hook in enumerate(hooks):
            if _is_ours(hook, agent):
                hooks[place] = {**hook, **entry}
                placed = True
                if agent == "claude" and event in DECIDING[agent] and len(hooks) == 1:
                    group["matcher"] = "*"
    if not placed:
        matcher = {"matcher": "*"} if agent == "claude" and event != "SessionEnd" else {}
        groups.append({**matcher, "hooks": [entry]})


def _is_ours(hook: object, agent: str) -> bool:
    command = hook.get("command") if isinstance(hook, dict) else None
    found = _OURS.search(command) if isinstance(command, str) and "oyama" in command else None
    return found is not None and found.group(1) == agent


def write(made: Plan) -> None:
    """Write a settings file, all of it at once; a link to it stays one.

    Args:
        made: What to write.

    Raises:
        Conflict: Somebody has changed it meanwhile.
        InvalidInput: It cannot be written.
    """
    target = Path(os.path.realpath(made.path))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with written_beside(target, replace=True) as file:
            file.write(made.after)
            if made.before is not None:
                os.fchmod(file.fileno(), target.stat().st_mode & 0o7777)
            if _read(made.path) != made.before:
                raise Conflict(f"{made.path} was changed meanwhile; nothing was written.", "Try again.")
    except OSError as error:
        raise InvalidInput(f"{made.path} cannot be written: {error.strerror}.", "Nothing was changed.") from None


def _read(path: Path) -> bytes | None:
    """The content of a file; none where there is none.

    Raises:
        InvalidInput: It cannot be read.
    """
    try:
        raw = read_named(path, MOST_BYTES + 1)
    except FileNotFoundError:
        if path.is_symlink():
            raise InvalidInput(f"{path} is a link to nothing.", "Remove it, or make what it leads to.") from None
        return None
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.", "Nothing was changed.") from None
    if len(raw) > MOST_BYTES:
        raise InvalidInput(f"{path} has more than {MOST_BYTES:,} bytes, and so is no settings file.", "Nothing was changed.")
    return raw


def _text(path: Path, raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InvalidInput(f"{path}:{line}: this is not UTF-8.", "Mend the file, then try again; nothing was changed.") from None


def _settings(path: Path, text: str) -> dict[str, Any]:
    """What a settings file says.

    Raises:
        InvalidInput: It is no JSON, or such that writing it back would lose something.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            twice = next(name for name, _ in pairs if sum(other == name for other, _ in pairs) > 1)
            raise InvalidInput(f"{path}: the key {twice!r} stands twice in one map, and one of them would be lost.", "Mend the file first.")
        return made

    try:
        found = json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        hint = "Comments and commas before a bracket are no JSON and would be lost: take them out, then try again; nothing was changed."
        raise InvalidInput(f"{path}:{error.lineno}:{error.colno}: this is no JSON: {error.msg}.", hint) from None
    except RecursionError:
        raise InvalidInput(f"{path} is nested too deep.", "Nothing was changed.") from None
    if not isinstance(found, dict):
        raise InvalidInput(f"{path}: the file is no JSON object.", "Mend the file, then try again; nothing was changed.")
    return found


def installed(agent: str, path: Path) -> Installed:
    """What a settings file says about our hooks.

    Args:
        agent: Which one.
        path: The file.
    """
    try:
        raw = _read(path)
        settings = _settings(path, _text(path, raw)) if raw is not None and raw.strip() else {}
    except InvalidInput as wrong:
        return Installed(path, (), (), (wrong.sentence,))
    hooks = settings.get("hooks")
    found = {event: list(_ours(hooks, event, agent)) for event in (*DECIDING[agent], *OBSERVED[agent])}
    commands = tuple(dict.fromkeys(str(hook["command"]) for hooks_of in found.values() for hook in hooks_of))
    if not commands:
        return Installed(path, (), (), ())
    missing = tuple(event for event, hooks_of in found.items() if not hooks_of)
    troubles = [f"{event} has no hook, so that {_loss(agent, event)}" for event in missing]
    for event in DECIDING[agent]:
        troubles += [trouble for hook in found[event] for trouble in _weakness(agent, event, hook)]
    troubles += [f"{command}: {why}" for command in commands if (why := _gone(command))]
    if settings.get("disableAllHooks") is True:
        troubles.append("disableAllHooks is set, so that no hook runs")
    return Installed(path, commands, missing, tuple(troubles))


def _ours(hooks: object, event: str, agent: str) -> list[dict[str, Any]]:
    groups = hooks.get(event) if isinstance(hooks, dict) else None
    found = [group.get("hooks") for group in groups if isinstance(group, dict)] if isinstance(groups, list) else []
    return [hook for inner in found if isinstance(inner, list) for hook in inner if _is_ours(hook, agent)]


def _loss(agent: str, event: str) -> str:
    return "calls are not gated there" if event in DECIDING[agent] else "questions may stay open that nobody waits for"


def _weakness(agent: str, event: str, hook: Mapping[str, Any]) -> list[str]:
    """What lets a call through that nobody has answered."""
    found = []
    timeout = hook.get("timeout")
    if not isinstance(timeout, int | float) or timeout < PATIENCE:
        found.append(f"{event} has a timeout of {timeout!r} seconds instead of {PATIENCE}: the agent goes on when it is over")
    if agent == "claude" and hook.get("onFailure") != "block":
        found.append(f"{event} lacks onFailure: block, so that a call runs when the hook fails")
    return found


def _gone(command: str) -> str:
    """Why a hook's program cannot be started; empty when it can."""
    try:
        words = shlex.split(command)
    except ValueError:
        return "a quote is not closed"
    return "" if words and shutil.which(words[0]) else f"there is no program {words[0] if words else ''!r}"
