"""The first look at what an agent says: nearly all calls are not gated, and pass at once.

This runs at every call of an agent, so it loads neither the studio nor the settings, and opens no database.
"""

from __future__ import annotations

import json
import os
import sys
from types import ModuleType
from typing import Any, Final, NamedTuple

from oyama_tui.agents import claude, codex
from oyama_tui.agents.answers import Answer
from oyama_tui.agents.call import DECIDING, Call, Unreadable, call_of
from oyama_tui.agents.gates import BrokenGates, Gates, Rule, load_gates
from oyama_tui.home import default_home

AGENTS: Final[dict[str, ModuleType]] = {claude.NAME: claude, codex.NAME: codex}
MOST_BYTES: Final = 64 * 1024 * 1024
UNREADABLE: Final = 2
"""The exit code for what cannot be read: with words on standard error, both agents take it for a no."""
_STARTED_IN: Final = "CLAUDE_PROJECT_DIR"
"""Where Claude Code was started, wherever the agent has gone since."""

_heard: list[bytes] = []
_answered: list[bool] = []


class Reply(NamedTuple):
    """What there is to say at once."""

    out: str = ""
    err: str = ""
    code: int = 0


class Gated(NamedTuple):
    """A call for which somebody has to be asked, or a call that is over for which somebody may have been."""

    call: Call
    rules: tuple[Rule, ...]
    gates: Gates


def agent_of(words: list[str]) -> str:
    """The agent for which a command line speaks: `hook claude`; empty when it is another command.

    Args:
        words: After the program's name.
    """
    left: list[str] = []
    deferring = False
    given = iter(words)
    for word in given:
        if word == "--database":
            next(given, None)
        elif word == "--defer":
            deferring = True
        elif word != "--verbose" and not word.startswith("--database="):
            left.append(word)
    speaks = len(left) == 2 and left[0] == "hook" and left[1] in AGENTS
    return left[1] if speaks and not (deferring and left[1] != claude.NAME) else ""


def hear() -> bytes:
    """What the agent says on standard input; read once."""
    if not _heard:
        try:
            _heard.append(sys.stdin.buffer.read(MOST_BYTES + 1) if sys.stdin is not None else b"")
        except (OSError, ValueError):
            _heard.append(b"")
    return _heard[0]


def say(reply: Reply) -> int:
    """Answer the agent, once.

    Args:
        reply: The answer.

    Returns:
        The exit code.
    """
    if not _answered:
        _answered.append(True)
        if reply.out:
            sys.stdout.write(reply.out + "\n")
            sys.stdout.flush()
        if reply.err and sys.stderr is not None:
            sys.stderr.write(reply.err + "\n")
            sys.stderr.flush()
    return reply.code


def told(agent: str, event: str, answer: Answer) -> str:
    """An answer as the agent reads it; empty when there is nothing to tell.

    Args:
        agent: Which one.
        event: To which it listens.
        answer: The answer.
    """
    document = AGENTS[agent].document(event, answer)
    # Letters of ASCII alone: no terminal, encoding or half of a pair can spoil it.
    return json.dumps(document) if document is not None else ""


def refusal(agent: str, event: str, sentence: str) -> Reply:
    """A no of our own, for whatever reason nobody can be asked.

    Args:
        agent: Which one.
        event: To which it listens.
        sentence: Why.
    """
    words = f"Oyama has not let this run: {sentence}"
    if AGENTS[agent].MOMENTS.get(event) in DECIDING:
        return Reply(told(agent, event, Answer("nobody", words)))
    return Reply(err=words, code=1)


def unreadable(agent: str, sentence: str) -> Reply:
    """A no to something that cannot be read.

    Args:
        agent: Which one.
        sentence: Why.
    """
    words = f"Oyama has not let this run: {sentence}."
    return Reply(told(agent, "PreToolUse", Answer("nobody", words)), words, UNREADABLE)


def look(agent: str, raw: bytes) -> Reply | Gated:
    """Look at what an agent says.

    Args:
        agent: Which one.
        raw: What it says.

    Returns:
        What to say at once, or what somebody has to be asked about.
    """
    try:
        said = _document(raw)
    except Unreadable as wrong:
        return unreadable(agent, wrong.sentence)
    event = said.get("hook_event_name")
    moment = AGENTS[agent].MOMENTS.get(event) if isinstance(event, str) else None
    if event is None or not isinstance(event, str):
        return unreadable(agent, "hook_event_name is missing in what the agent says")
    if moment is None:
        return Reply()
    try:
        gates = load_gates(_directories(said), default_home())
        if not gates.rules:
            return Reply()
        call = call_of(agent, AGENTS[agent].MOMENTS, said)
        if moment == "end":
            return Gated(call, (), gates)
        rules = gates.meaning(call)
    except BrokenGates as broken:
        return refusal(agent, event, f"the rules cannot be read. {broken.sentence}. Mend the file; `oyama hook status` checks it.")
    except Unreadable as wrong:
        return refusal(agent, event, f"{wrong.sentence}.")
    return Gated(call, rules, gates) if rules else Reply()


def _document(raw: bytes) -> dict[str, Any]:
    """What an agent says, as a map.

    Raises:
        Unreadable: It is none.
    """
    if not raw.strip():
        raise Unreadable("nothing came on standard input, where an agent says what it is about to do")
    if len(raw) > MOST_BYTES:
        raise Unreadable(f"more than {MOST_BYTES:,} bytes came on standard input")
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"what came on standard input is no JSON: {str(error)[:200]}") from None
    if not isinstance(said, dict):
        raise Unreadable("what came on standard input is no JSON object")
    return said


def _directories(said: dict[str, Any]) -> list[str]:
    """Where the agent works, and where it was started."""
    given = said.get("cwd")
    here = given if isinstance(given, str) and given.startswith("/") else os.getcwd()
    started = os.environ.get(_STARTED_IN, "")
    return [here, started] if started.startswith("/") else [here]


def settled(agent: str) -> int | None:
    """Answer at once where nobody has to be asked.

    Args:
        agent: Which one.

    Returns:
        The exit code; none when somebody has to be asked.
    """
    try:
        found = look(agent, hear())
    except Exception as error:
        return say(mistaken(agent, error))
    return say(found) if isinstance(found, Reply) else None


def mistaken(agent: str, error: BaseException, event: str = "") -> Reply:
    """A no because of a mistake of our own.

    Args:
        agent: Which one.
        error: What was raised.
        event: To which the agent listens; empty to look at what it said on standard input.
    """
    return refusal(agent, event or _event(), f"it made a mistake ({type(error).__name__}: {str(error)[:200]}).")


def _event() -> str:
    """To what the agent listens, as far as it can be told."""
    try:
        event = json.loads(hear()).get("hook_event_name")
    except Exception:
        event = None
    return event if isinstance(event, str) else "PreToolUse"


def ensure_answer(agent: str, code: int) -> int:
    """Say no where nothing was said: an agent may take silence for a yes.

    Args:
        agent: Which one.
        code: With what the program ends.

    Returns:
        The exit code.
    """
    if _answered:
        return code
    event = _event()
    reply = refusal(agent, event, f"nobody could be asked (exit code {code}); `oyama doctor` tells more.")
    return say(reply) if reply.out else code
