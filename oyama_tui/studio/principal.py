"""Who runs this process: a person, an agent's program, or a step of a run.

An answer counts only when a person gives it. What a process is, is told by its environment and by the processes that it descends from,
so that taking a variable out of the environment makes nobody a person. It is a seat belt and no wall: a process that has left both its
tree and its environment behind is taken for a person's.
"""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path, PurePath
from typing import Final, Literal

from oyama_tui.core.approvers import Person
from oyama_tui.core.events import Origin, Principal
from oyama_tui.core.text import one_line, safe_text
from oyama_tui.steps.process_groups import MARK, noted_groups, start_time

Way = Literal["screen", "tty", "command"]
"""How an answer is given: on the screens, to a question on a terminal, or as a complete command."""

AGENT_VARIABLES: Final[Mapping[str, str]] = {
    "AI_AGENT": "",
    "CLAUDECODE": "claude",
    "CODEX_THREAD_ID": "codex",
    "CODEX_CI": "codex",
    "GEMINI_CLI": "gemini",
    "OPENCODE": "opencode",
}
"""What coding agents set for the programs that they start, and which agent that is; empty where the value itself names it."""
AGENT_PROGRAMS: Final = frozenset(
    {"aider", "amp", "claude", "codex", "copilot", "crush", "cursor-agent", "droid", "gemini", "goose", "opencode", "qwen"}
)
"""Names of coding agents as programs."""
AGENT_PACKAGES: Final[Mapping[str, str]] = {
    "@anthropic-ai/claude-code": "claude",
    "@google/gemini-cli": "gemini",
    "@openai/codex": "codex",
    "@qwen-code/qwen-code": "qwen",
}
"""Packages of coding agents, which stand in the path of the script that an interpreter runs."""
INTERPRETERS: Final = ("node", "bun", "deno", "python")
MOST_NAMED: Final = 32
"""Processes that are kept with an answer."""


@dataclass(frozen=True)
class Ancestor:
    """This process, or one that it descends from, as far as it may be looked into."""

    pid: int
    name: str
    words: tuple[str, ...]
    """Its command line."""
    environment: Mapping[str, str]


class Caller:
    """Who runs this process; found out once, when it is first asked.

    Args:
        engines: The folder with the side files of engines, which name the process groups of steps.
        groups: By group of the settings: the accounts in it.
        agent: The program for which this process speaks in any case, whatever it descends from; empty when that is to be found out.
        token_of: The person who has shown a token, so that this process acts for nobody else; empty where its own account counts.
    """

    def __init__(self, engines: Path, groups: Mapping[str, tuple[str, ...]] | None = None, agent: str = "", *, token_of: str = "") -> None:
        self._engines, self._groups = engines, groups or {}
        self._agent, self._token_of = agent, token_of

    def with_token(self, person: str) -> Caller:
        """Who acts where somebody has shown a token.

        Args:
            person: Whose token it is.
        """
        return Caller(self._engines, self._groups, token_of=person)

    @cached_property
    def account(self) -> str:
        """The account, as the system knows it, or the person whose token was shown."""
        return self._token_of or _account()

    @cached_property
    def person(self) -> Person:
        """The account's owner, with their groups: for them questions are listed, whoever acts in their name."""
        return Person(self.account, groups_of(self.account, self._groups))

    @cached_property
    def principal(self) -> Principal:
        """The account, as the system knows it, and whether a person, an agent or a step acts in its name."""
        name = self.account
        if self._token_of:
            return Principal(name=name)
        run = self._run_of_step()
        if run is not None:
            return Principal(name=name, kind="step", program=run)
        agent = self._agent or next((sign for one in self._chain if (sign := agent_sign(one))), "")
        return Principal(name=name, kind="agent", program=agent) if agent else Principal(name=name)

    def origin(self, how: Way) -> Origin:
        """How an answer is given here: evidence for whoever looks at it later.

        Args:
            how: What the front end knows of it.
        """
        if self._token_of:
            return Origin(how="token")
        return Origin(how=how, tty=_terminal(os.getpid()), processes=tuple(one.name for one in self._chain[:MOST_NAMED]))

    @cached_property
    def _chain(self) -> tuple[Ancestor, ...]:
        """This process and those that it descends from, nearest first."""
        return tuple(_ancestors())

    def _run_of_step(self) -> str | None:
        """The run to whose step this process belongs, empty when that is unknown; none when it belongs to none.

        The process that an engine has started itself is asked first, because any other one may have been given another environment.
        """
        leaders = self._leaders()
        marked = next((run for one in self._chain if (run := one.environment.get(MARK))), None)
        for one in self._chain:
            if one.pid in leaders and start_time(one.pid) == leaders[one.pid]:
                return one.environment.get(MARK) or marked or ""
        return marked if marked is not None else "" if self._in_session_of(leaders) else None

    def _leaders(self) -> dict[int, str]:
        """The first processes of steps, and when they started, as engines have noted them."""
        leaders: dict[int, str] = {}
        with suppress(OSError):
            for path in self._engines.glob("*.groups"):
                with suppress(OSError):
                    leaders.update((group.leader, group.start) for group in noted_groups(path))
        return leaders

    def _in_session_of(self, leaders: Mapping[int, str]) -> bool:
        """Whether this process, or one that it descends from, is in the session of a step whose first process is out of the tree."""
        for one in self._chain:
            with suppress(OSError):
                session = os.getsid(one.pid)
                # A session keeps the number of its first process taken; where another process has it now, the note is an old one.
                if session in leaders and start_time(session) in ("", leaders[session]):
                    return True
        return False


def starting_process() -> str:
    """Names the process that has started this one, so that no other one is ever called the same on this machine since it was started."""
    parent = os.getppid()
    return f"process {parent}-{start_time(parent)}"


def groups_of(name: str, given: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """In which groups an account is: those of the settings, and those of the system.

    Args:
        name: The account.
        given: By group of the settings: the accounts in it. A group that is named there is not asked of the system.
    """
    mine = {group for group, names in given.items() if name in names}
    with suppress(KeyError, OSError):
        for number in os.getgrouplist(name, pwd.getpwnam(name).pw_gid):
            with suppress(KeyError):
                mine |= {grp.getgrgid(number).gr_name} - given.keys()
    return tuple(sorted(mine))


def agent_sign(one: Ancestor) -> str:
    """The agent for which a process acts, and by what it is known: `claude (CLAUDECODE is set)`; empty when there is no sign.

    Args:
        one: The process.
    """
    for variable, agent in AGENT_VARIABLES.items():
        value = one.environment.get(variable, "")
        if value:
            return f"{agent or one_line(safe_text(value, keep_newlines=False), 40)} ({variable} is set)"
    program = _agent_program(one)
    return f"{program} (process {one.pid})" if program else ""


def _agent_program(one: Ancestor) -> str:
    """The agent that a process is, by its name, its program or the script that it interprets."""
    named = [one.name, *(PurePath(word).name for word in one.words[:1])]
    if any(named_one.startswith(INTERPRETERS) for named_one in named):
        scripts = [word for word in one.words[1:] if not word.startswith("-")][:1]
        package = next((agent for word in scripts for path, agent in AGENT_PACKAGES.items() if f"/{path}/" in word), "")
        if package:
            return package
        named += [PurePath(word).stem if word.endswith((".js", ".mjs", ".cjs")) else PurePath(word).name for word in scripts]
    return next((name for name in named if name in AGENT_PROGRAMS), "")


def _ancestors() -> Iterator[Ancestor]:
    """This process and those that it descends from, nearest first; what may not be looked into is empty."""
    import psutil

    this = psutil.Process()
    above: list[psutil.Process] = []
    with suppress(psutil.Error, OSError):
        above = this.parents()
    for process in (this, *above):
        name, words, environment = "", tuple[str, ...](), dict[str, str]()
        with suppress(psutil.Error, OSError):
            name = _text(process.name())
        with suppress(psutil.Error, OSError):
            words = tuple(map(_text, process.cmdline()))
        with suppress(psutil.Error, OSError):
            environment = dict(os.environ) if process is this else process.environ()
        yield Ancestor(process.pid, name, words, environment)


def _text(raw: str) -> str:
    """A text from the system without the bytes that are no characters."""
    return raw.encode("utf-8", "replace").decode()


@cache
def _terminal(pid: int) -> str:
    """The device of the terminal that this process has; empty when it has none.

    Args:
        pid: This process, which keeps its terminal as long as it lives.
    """
    import psutil

    with suppress(psutil.Error, OSError):
        found = psutil.Process(pid).terminal()
        if found:
            return _text(found)
    for descriptor in (0, 1, 2):
        with suppress(OSError):
            return _text(os.ttyname(descriptor))
    return ""


def _account() -> str:
    """The account that runs this process, as the system knows it."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid-{os.getuid()}"
