"""When an engine dies, the processes of its steps end, and no others."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.steps.process_groups import SLOT, ProcessGroups, boot_id, end_left_groups, noted_groups, start_time
from oyama_tui.steps.reaper import ProcessGroup, proc_table, ps_table
from tests.steps.attempts import is_alive, python, session_lives, until

IGNORE = "trap '' TERM HUP INT; "
GROUPED = 'import os, time; os.setpgid(0, 0); open("grouped.pid", "w").write(str(os.getpid())); time.sleep(60)'
PARTS = [
    # Each writes its number to a file of its own, then stays.
    "echo $$ > plain.pid; exec sleep 60",
    IGNORE + "echo $$ > deaf.pid; while :; do sleep 1; done",
    "(" + IGNORE + "sh -c 'echo $$ > daemon.pid; exec sleep 60' >/dev/null 2>&1 & ) ; echo $$ > parent.pid; sleep 60",
    "setsid -w sh -c 'echo $$ > stray.pid; exec sleep 60'",
    "echo $$ > stopped.pid; kill -STOP $$",
    f"( {sys.executable} -I -S -c '{GROUPED}' & ); sleep 60",
]
NAMES = ["plain", "deaf", "daemon", "parent", "stray", "stopped", "grouped"]


@pytest.fixture
def started() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts programs and ends them after the test."""
    running: list[subprocess.Popen[str]] = []

    def start(*argv: str, **options: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(argv, text=True, stdout=subprocess.PIPE, **options)  # type: ignore[call-overload]
        running.append(process)
        return process  # type: ignore[no-any-return]

    yield start
    for process in running:
        process.kill()
        process.communicate()


def engine(start: Callable[..., subprocess.Popen[str]], folder: Path, *scripts: str) -> subprocess.Popen[str]:
    return start(sys.executable, "-m", "tests.steps.engine", str(folder), "5", *scripts, cwd=Path(__file__).parents[2])


def numbers(folder: Path, names: list[str]) -> list[int]:
    texts = [path.read_text().strip() if (path := folder / f"{name}.pid").exists() else "" for name in names]
    return [int(text) for text in texts if text]


async def test_kill_9_of_an_engine_leaves_no_process(tmp_path: Path, started: Callable[..., subprocess.Popen[str]]) -> None:
    dying = engine(started, tmp_path, *PARTS)
    await until(lambda: len(numbers(tmp_path, NAMES)) == len(NAMES))
    pids = numbers(tmp_path, NAMES)
    leaders = [group.leader for group in noted_groups(tmp_path / "engine.groups")]
    assert len(leaders) == len(PARTS)
    assert all(is_alive(pid) for pid in pids)
    dying.kill()
    since = time.monotonic()
    await until(lambda: not any(is_alive(pid) for pid in pids), 5)
    assert time.monotonic() - since < 2
    assert not any(session_lives(leader) for leader in leaders)
    await until(lambda: not (tmp_path / "engine.groups").exists())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGTERM])
async def test_the_reaper_minds_no_signal_but_the_end(tmp_path: Path, number: int, started: Callable[..., subprocess.Popen[str]]) -> None:
    dying = engine(started, tmp_path, "true", PARTS[0])
    assert dying.stdout is not None
    reaper = int(dying.stdout.readline().split()[2])
    assert os.getsid(reaper) == reaper
    await until(lambda: len(numbers(tmp_path, ["plain"])) == 1)
    await until(lambda: ignores(reaper, number))
    os.kill(reaper, number)
    dying.kill()
    [pid] = numbers(tmp_path, ["plain"])
    await until(lambda: not is_alive(pid), 2)
    await until(lambda: not is_alive(reaper), 2)


def ignores(pid: int, number: int) -> bool:
    listed = subprocess.run(["ps", "-o", "ignored=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout
    return bool(int(listed, 16) >> (number - 1) & 1)


async def test_an_engine_that_ends_well_leaves_no_reaper_and_no_file(tmp_path: Path, started: Callable[..., subprocess.Popen[str]]) -> None:
    ended = engine(started, tmp_path, "true", "exit 1")
    out, _ = ended.communicate(timeout=20)
    assert ended.returncode == 0
    lines = sorted(line.split() for line in out.splitlines())
    assert [line[1] for line in lines] == ["succeeded", "failed"]
    assert not is_alive(int(lines[0][2]))
    assert not list(tmp_path.glob("*.groups"))


async def test_a_killed_reaper_is_replaced_and_knows_all_groups(tmp_path: Path) -> None:
    groups = ProcessGroups(tmp_path / "engine.groups", 0.2)
    first = sleeper()
    groups.started(first.pid)
    reaper = groups.reaper_pid
    assert reaper is not None
    os.kill(reaper, signal.SIGKILL)
    await until(lambda: not is_alive(reaper))
    second = sleeper()
    groups.started(second.pid)
    assert groups.reaper_pid not in (None, reaper)
    assert is_alive(first.pid)
    await groups.close()
    assert (first.wait(), second.wait()) == (-15, -15)


async def test_a_reaper_that_is_killed_as_soon_as_it_starts_fails_no_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = ProcessGroups(tmp_path / "engine.groups", 0.2)
    first, second = sleeper(), sleeper()
    groups.started(first.pid)
    reaper = groups.reaper_pid
    assert reaper is not None
    os.kill(reaper, signal.SIGKILL)
    await until(lambda: not is_alive(reaper))
    with monkeypatch.context() as patched:
        patched.setattr(subprocess, "Popen", KilledAtOnce)
        groups.started(second.pid)
    groups.finished(second.pid)
    groups.started(second.pid)
    await groups.close()
    assert (first.wait(), second.wait()) == (-15, -15)


class KilledAtOnce(subprocess.Popen[bytes]):
    """A program that somebody kills before a word is said to it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kill()
        self.wait()


async def test_a_reaper_that_is_stopped_holds_nothing_up(tmp_path: Path) -> None:
    groups = ProcessGroups(tmp_path / "engine.groups", 0.2)
    process = sleeper()
    groups.started(process.pid)
    reaper = groups.reaper_pid
    assert reaper is not None
    os.kill(reaper, signal.SIGSTOP)
    since = time.monotonic()
    for _ in range(4000):
        groups.finished(process.pid)
        groups.started(process.pid)
    assert time.monotonic() - since < 10
    assert groups.reaper_pid != reaper
    assert not is_alive(reaper)
    assert is_alive(process.pid)
    await groups.close()
    assert process.wait() == -15


async def test_the_side_file_holds_the_living_groups(tmp_path: Path) -> None:
    path = tmp_path / "engine.groups"
    groups = ProcessGroups(path, 0.2)
    running = [sleeper() for _ in range(3)]
    for process in running:
        groups.started(process.pid)
    assert path.stat().st_mode & 0o777 == 0o600
    assert {group.leader for group in noted_groups(path)} == {process.pid for process in running}
    groups.finished(running[1].pid)
    assert {group.leader for group in noted_groups(path)} == {running[0].pid, running[2].pid}
    groups.started(running[1].pid)
    assert {group.leader for group in noted_groups(path)} == {process.pid for process in running}
    assert path.stat().st_size == 4 * SLOT
    await groups.close()
    assert [process.wait() for process in running] == [-15, -15, -15]
    assert not path.exists()


def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "60"], start_new_session=True)


def note(path: Path, *entries: tuple[int, str]) -> None:
    lines = [f"boot {boot_id()}", *(f"{pid} {start}" for pid, start in entries)]
    path.write_text("".join(line.ljust(SLOT - 1) + "\n" for line in lines))


async def test_taking_over_ends_what_a_dead_engine_left(tmp_path: Path, started: Callable[..., subprocess.Popen[str]]) -> None:
    dying = engine(started, tmp_path, "true", *PARTS)
    assert dying.stdout is not None
    reaper = int(dying.stdout.readline().split()[2])
    await until(lambda: len(numbers(tmp_path, NAMES)) == len(NAMES))
    os.kill(reaper, signal.SIGKILL)
    dying.kill()
    dying.wait()
    pids = numbers(tmp_path, NAMES)
    assert all(is_alive(pid) for pid in pids)
    assert end_left_groups(tmp_path / "engine.groups", 0.3) == len(PARTS)
    assert not any(is_alive(pid) for pid in pids)
    assert not (tmp_path / "engine.groups").exists()
    assert end_left_groups(tmp_path / "engine.groups", 0.3) == 0


def orphan(folder: Path, env: dict[str, str]) -> tuple[int, str, int]:
    """Make a session whose leader has ended: its number, when it started, and the process that is left."""
    leader = subprocess.Popen(["/bin/sh", "-c", "echo $$; read x; sleep 60 >/dev/null 2>&1 & echo $!"], **PIPES, env=env)  # type: ignore[call-overload]
    assert leader.stdout is not None
    leader.stdout.readline()
    start = start_time(leader.pid)
    out, _ = leader.communicate("go\n")
    return leader.pid, start, int(out)


PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "start_new_session": True}


def test_members_are_ended_when_their_leader_is_gone(tmp_path: Path) -> None:
    leader, start, member = orphan(tmp_path, {**os.environ, "OYAMA_RUN_ID": "run-1"})
    assert is_alive(member)
    note(tmp_path / "engine.groups", (leader, start))
    assert end_left_groups(tmp_path / "engine.groups", 0.3) == 1
    assert not is_alive(member)


def test_a_foreign_session_of_a_used_number_is_left_alone(tmp_path: Path) -> None:
    leader, start, member = orphan(tmp_path, dict(os.environ))
    note(tmp_path / "engine.groups", (leader, start))
    assert end_left_groups(tmp_path / "engine.groups", 0.3) == 0
    assert is_alive(member)
    os.kill(member, signal.SIGKILL)


def test_another_process_of_the_same_number_is_left_alone(tmp_path: Path) -> None:
    other = subprocess.Popen(["sleep", "60"], start_new_session=True, env={**os.environ, "OYAMA_RUN_ID": "run-1"})
    note(tmp_path / "engine.groups", (other.pid, str(int(start_time(other.pid)) - 1)), (1, "0"), (os.getpid(), "5"))
    assert end_left_groups(tmp_path / "engine.groups", 0.3) == 0
    assert other.poll() is None
    other.kill()
    other.wait()


@pytest.mark.parametrize("first", ["", "boot another-one", "garbage \x00\x01", "boot"])
def test_a_side_file_from_before_a_restart_ends_nothing(tmp_path: Path, first: str) -> None:
    other = sleeper()
    note(tmp_path / "engine.groups", (other.pid, start_time(other.pid)))
    raw = (tmp_path / "engine.groups").read_text()
    (tmp_path / "engine.groups").write_text(first.ljust(SLOT - 1) + raw[SLOT - 1 :])
    assert end_left_groups(tmp_path / "engine.groups", 0.3) == 0
    assert other.poll() is None
    other.kill()
    other.wait()


def test_torn_lines_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "engine.groups"
    note(path, (7, "8"))
    path.write_text(path.read_text() + "12\n13 x\n-4 5\n14 15 16\n")
    assert [(group.leader, group.start) for group in noted_groups(path)] == [(7, "8")]


def test_a_number_that_is_used_again_is_not_the_group() -> None:
    other = sleeper()
    start = start_time(other.pid)
    rows = proc_table() if sys.platform == "linux" else ps_table()
    assert [row.pid for row in ProcessGroup(other.pid, start).living(rows)] == [other.pid]
    assert ProcessGroup(other.pid, str(int(start) - 1)).living(rows) == []
    other.kill()
    other.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="compares /proc with ps")
async def test_both_process_tables_tell_the_same() -> None:
    attempt = python("import time; time.sleep(0.8)")
    task = asyncio.create_task(attempt.run())
    await until(lambda: bool(attempt.watch.seen))
    pid = attempt.watch.seen[0]
    tables = [{row.pid: row for row in table()} for table in (proc_table, ps_table)]
    told = [(table[pid].parent, table[pid].group, table[pid].session, table[pid].dead) for table in tables]
    assert told[0] == told[1] == (os.getpid(), pid, pid, False)
    assert abs(int(tables[1][pid].start) - time.time()) < 5
    assert [row.pid for row in ProcessGroup(pid, "").living(list(tables[1].values()))] == [pid]
    await task
