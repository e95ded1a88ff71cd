from __future__ import annotations

import os
import signal
import termios
import time

import pexpect
import pytest

from tests.cli.program import Oyama, finish, until

SLOW = "id: slow\nsteps:\n  - id: waits\n    run: sleep 60\n"


def spawn(oyama: Oyama, *words: str) -> pexpect.spawn[str]:
    argv = oyama.argv(*words)
    return pexpect.spawn(argv[0], argv[1:], env=oyama.env, cwd=str(oyama.folder), encoding="utf-8", timeout=30, dimensions=(24, 80))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_screens_and_restores_the_terminal(oyama: Oyama, number: signal.Signals) -> None:
    run_id = oyama("run", oyama.file("slow.yaml", SLOW), "--detach", code=0).out.strip()
    child = spawn(oyama)
    before = termios.tcgetattr(child.child_fd)
    child.expect("Workflows")
    until(lambda: termios.tcgetattr(child.child_fd) != before, "the screens have taken the terminal")
    asked = time.monotonic()
    child.kill(number)
    child.expect(pexpect.EOF)
    after = termios.tcgetattr(child.child_fd)
    child.close()
    assert time.monotonic() - asked < 5.5
    assert child.signalstatus is None
    assert before == after
    assert child.before is not None
    assert "\x1b[?1049l" in child.before
    assert "\x1b[?25h" in child.before
    assert oyama("show", run_id, "--json", code=0).json()["status"] == "running"


def test_a_lost_terminal_ends_the_screens(oyama: Oyama) -> None:
    child = spawn(oyama)
    child.expect("Workflows")
    os.close(child.child_fd)
    asked = time.monotonic()
    pid = child.pid
    assert pid is not None
    until(lambda: os.waitpid(pid, os.WNOHANG)[0], "the screens are gone", 8)
    assert time.monotonic() - asked < 6


def test_the_demo_without_a_terminal_runs_to_its_first_question(oyama: Oyama) -> None:
    running = oyama.start("demo")
    approval = until(lambda: oyama("approvals", "--json", code=0).json(), "the demo asks")[0]
    assert approval["workflow_id"] == "demo"
    running.send_signal(signal.SIGTERM)
    assert finish(running).code == 130


def test_a_lost_terminal_of_which_nobody_tells_ends_the_screens(oyama: Oyama) -> None:
    argv = oyama.argv()
    child = pexpect.spawn(argv[0], argv[1:], env=oyama.env, cwd=str(oyama.folder), timeout=30, dimensions=(24, 80), ignore_sighup=True)
    child.expect("Workflows")
    os.close(child.child_fd)
    pid = child.pid
    assert pid is not None
    status = until(lambda: (found := os.waitpid(pid, os.WNOHANG)) and found[0] and found, "the screens are gone", 9)[1]
    assert os.waitstatus_to_exitcode(status) == 0


def test_the_stop_key_goes_back_to_the_shell_and_fg_brings_the_screens_back(oyama: Oyama) -> None:
    (oyama.folder / "rc").write_text("PS1='shell> '\nset -m\n")
    shell = pexpect.spawn(
        "bash",
        ["--noprofile", "--rcfile", "rc", "-i"],
        env=oyama.env,
        cwd=str(oyama.folder),
        encoding="utf-8",
        timeout=30,
        dimensions=(24, 80),
    )
    shell.expect("shell> ")
    shell.sendline(" ".join(oyama.argv()))
    shell.expect("try the demo")
    shell.send("\x1a")
    shell.expect("shell> ")
    assert shell.before is not None
    assert all(mode in shell.before for mode in ("\x1b[?1049l", "\x1b[?25h", "\x1b[?1003l", "\x1b[?2004l"))
    shell.sendline("stty -a | grep -c -- ' icanon'; fg")
    shell.expect("1\r\n")
    shell.expect_exact("\x1b[?1049h")
    shell.expect("try the demo")
    shell.send("q")
    shell.expect("shell> ")
    shell.sendline("echo code $?")
    shell.expect("code 0")
    shell.close(force=True)


def test_the_stop_key_does_nothing_where_no_shell_could_go_on_with_the_screens(oyama: Oyama) -> None:
    child = spawn(oyama)
    child.expect("try the demo")
    child.send("\x1a")
    child.expect("this window has none")
    child.send("q")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
