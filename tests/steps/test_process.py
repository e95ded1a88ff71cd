"""Programs end, and so does everything that they started."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from oyama_tui.steps.process import CannotStart, run_process
from tests.steps.attempts import FOREVER, IGNORES_TERM, Attempt, is_alive, python, session_lives, shell, until


async def test_output_of_both_streams_comes_in_order() -> None:
    attempt = shell("echo one; echo two >&2; echo three")
    ending = await attempt.run()
    assert (ending.code, ending.stopped, ending.left) == (0, "", 0)
    assert attempt.output == b"one\ntwo\nthree\n"
    assert attempt.watch.groups == set()
    assert len(attempt.watch.seen) == 1


async def test_stdout_can_be_had_apart() -> None:
    attempt = shell("echo one; echo two >&2; echo three")
    only: list[bytes] = []
    await run_process(attempt.program, attempt.watch, attempt.take, only.append)
    assert b"".join(only) == b"one\nthree\n"
    assert sorted(attempt.output.split()) == [b"one", b"three", b"two"]


async def test_leads_a_session_of_its_own_and_reads_nothing() -> None:
    attempt = python("import os, sys; print(os.getsid(0) == os.getpid(), sys.stdin.read() == '')")
    await attempt.run()
    assert attempt.output == b"True True\n"


async def test_long_input_reaches_a_program_that_writes_meanwhile() -> None:
    content = os.urandom(1 << 20).hex().encode()
    attempt = Attempt("cat", stdin=content)
    assert (await attempt.run()).code == 0
    assert attempt.output == content


async def test_a_program_need_not_read_its_input() -> None:
    attempt = shell("exec 0<&-; echo done", stdin=b"x" * (1 << 20))
    assert (await attempt.run()).code == 0
    assert attempt.output == b"done\n"


async def test_exit_codes_and_signals_are_told_apart() -> None:
    assert (await shell("exit 3").run()).code == 3
    assert (await shell("kill -KILL $$").run()).code == -9


async def test_attempt_timeout_ends_what_never_ends() -> None:
    attempt = python(FOREVER, timeout=150, grace=5.0)
    since = time.monotonic()
    ending = await attempt.run()
    assert ending.stopped == "timeout"
    assert time.monotonic() - since < 2
    assert not session_lives(attempt.watch.seen[0])


async def test_idle_timeout_counts_from_the_last_byte() -> None:
    attempt = shell("for i in 1 2 3 4; do echo $i; sleep 0.15; done; sleep 60", idle=600)
    since = time.monotonic()
    assert (await attempt.run()).stopped == "idle"
    assert attempt.output == b"1\n2\n3\n4\n"
    assert 0.9 < time.monotonic() - since < 5


async def test_a_program_that_ignores_term_is_killed_after_the_grace() -> None:
    attempt = python(IGNORES_TERM, timeout=300, grace=0.2)
    ending = await attempt.run()
    assert (ending.stopped, ending.code) == ("timeout", -9)
    assert attempt.output == b"ready\n"
    assert not session_lives(attempt.watch.seen[0])


async def test_what_a_program_says_when_asked_to_end_is_kept() -> None:
    attempt = shell("trap 'echo cleaned up; exit 7' TERM; echo ready; while :; do sleep 0.02; done", timeout=200)
    assert (await attempt.run()).code == 7
    assert attempt.output.endswith(b"cleaned up\n")


async def test_a_stopped_program_is_ended_within_the_grace() -> None:
    attempt = shell("kill -STOP $$", timeout=200, grace=30.0)
    since = time.monotonic()
    assert (await attempt.run()).code == -15
    assert time.monotonic() - since < 5


async def test_a_daemon_left_in_the_group_is_ended_and_its_pipe_not_waited_for() -> None:
    attempt = shell("sleep 60 & echo $!")
    since = time.monotonic()
    assert (await attempt.run()).code == 0
    assert time.monotonic() - since < 3
    assert not is_alive(int(attempt.output))
    assert attempt.watch.groups == set()


async def test_a_daemon_that_ignores_term_and_left_no_pipe_open_is_ended() -> None:
    script = "trap '' TERM; sleep 60 >/dev/null 2>&1 & echo $!"
    attempt = shell(script, grace=0.1)
    assert (await attempt.run()).code == 0
    assert not is_alive(int(attempt.output))


async def test_a_pipe_held_by_another_session_does_not_hold_up_the_end() -> None:
    attempt = shell("setsid sh -c 'echo $$; exec sleep 60' & sleep 0.2")
    since = time.monotonic()
    await attempt.run()
    assert time.monotonic() - since < 3
    os.kill(int(attempt.output), 9)


async def test_cancellation_ends_children_in_other_sessions_too(tmp_path: Path) -> None:
    told = tmp_path / "pids"
    attempt = shell(f"setsid sh -c 'echo $$ >{told}; exec sleep 60' & wait", cwd=tmp_path)
    task = asyncio.create_task(attempt.run())
    await until(lambda: told.exists() and told.read_text().strip() != "")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not is_alive(int(told.read_text()))


async def test_cancelled_again_and_again_it_still_ends_everything() -> None:
    attempt = python(IGNORES_TERM, grace=0.3)
    task = asyncio.create_task(attempt.run())
    await until(lambda: attempt.output != b"")
    while not task.done():
        task.cancel()
        await asyncio.sleep(0.01)
    assert task.cancelled()
    assert attempt.watch.groups == set()
    assert not session_lives(attempt.watch.seen[0])


async def test_cancelled_before_it_begins_nothing_starts() -> None:
    attempt = python(FOREVER)
    task = asyncio.create_task(attempt.run())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert attempt.watch.seen == []


async def test_cancelled_right_after_the_start_it_is_ended() -> None:
    attempt = python(FOREVER)
    task = asyncio.create_task(attempt.run())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(attempt.watch.seen) == 1
    assert not session_lives(attempt.watch.seen[0])


async def test_a_sink_that_fails_ends_the_program() -> None:
    attempt = python("print('x', flush=True)\n" + FOREVER)

    def full(_chunk: bytes) -> None:
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        await run_process(attempt.program, attempt.watch, full)
    assert not session_lives(attempt.watch.seen[0])


async def test_much_output_does_not_hold_up_the_loop() -> None:
    attempt = shell("head -c 200000000 /dev/zero")
    total = 0
    longest = 0.0

    def count(chunk: bytes) -> None:
        nonlocal total
        total += len(chunk)

    async def tick() -> None:
        nonlocal longest
        while True:
            since = time.monotonic()
            await asyncio.sleep(0.001)
            longest = max(longest, time.monotonic() - since)

    ticker = asyncio.create_task(tick())
    await run_process(attempt.program, attempt.watch, count)
    ticker.cancel()
    assert total == 200_000_000
    assert longest < 0.5


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (("no-such-program-here",), "There is no program 'no-such-program-here'"),
        (("/etc/passwd",), "may not be executed"),
        (("./lost",), "the interpreter that its first line names does not exist"),
        (("./text",), "is no program"),
        (("echo", "a\0b"), "NUL"),
        ((), "The command is empty"),
        (("echo", "x" * 300_000), "too long"),
    ],
)
async def test_what_cannot_start_is_explained(tmp_path: Path, argv: tuple[str, ...], sentence: str) -> None:
    for name, content in (("lost", "#!/no/such/interpreter\n"), ("text", "nothing to run\n")):
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(0o755)
    with pytest.raises(CannotStart, match=sentence):
        await Attempt(*argv, cwd=tmp_path).run()


async def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"working directory .*gone"):
        await Attempt("true", cwd=tmp_path / "gone").run()


async def test_descriptors_are_all_given_back() -> None:
    folder = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"
    await shell("echo x").run()
    before = len(os.listdir(folder))
    for _ in range(5):
        await shell("echo x; sleep 60 &").run()
        await shell("cat; exit 1", stdin=b"text").run()
        with pytest.raises(CannotStart):
            await Attempt("no-such-program-here").run()
    assert len(os.listdir(folder)) == before


async def test_without_pidfds_a_thread_sees_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    attempt = shell("echo one; exit 4")
    assert (await attempt.run()).code == 4
    assert attempt.output == b"one\n"
    assert (await python(FOREVER, timeout=100).run()).stopped == "timeout"
