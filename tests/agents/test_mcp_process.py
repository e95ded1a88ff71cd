from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import psutil

from tests.agents.scenes import Desk
from tests.cli.program import Ended, finish, until

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "robot", "version": "1"}},
}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def started(desk: Desk, **how: Any) -> subprocess.Popen[str]:
    return desk.oyama.start("mcp", **{"stdin": subprocess.PIPE, **how})


def say(process: subprocess.Popen[str], *messages: Any) -> None:
    assert process.stdin is not None
    for message in messages:
        process.stdin.write((message if isinstance(message, str) else json.dumps(message)) + "\n")
    process.stdin.flush()


def call(number: int, tool: str, **given: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": tool, "arguments": given}}


def left(process: subprocess.Popen[str]) -> Ended:
    """What a server has left that hears no more."""
    assert process.stdin is not None
    process.stdin.close()
    return finish(process)


def heard(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def test_a_signal_ends_the_server_at_once_and_leaves_the_question(desk: Desk) -> None:
    process = started(desk)
    say(process, HELLO, READY, call(2, "propose", title="Do it?", command=["true"]))
    assert heard(process)["id"] == 1
    question = heard(process)["result"]["structuredContent"]
    say(process, call(3, "wait", id=question["id"]))
    desk.opened()
    process.terminate()
    ended = left(process)
    assert (ended.code, ended.err) == (0, ""), ended.told
    assert [json.loads(line)["id"] for line in ended.out.splitlines()] in ([], [3])
    assert len(desk.open()) == 1


def test_the_end_of_a_file_ends_it_after_what_was_asked_is_answered(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "said"
    path.write_text("this is no message\n" + json.dumps(HELLO) + "\n")
    with path.open() as said:
        ended = finish(started(desk, stdin=said))
    assert (ended.code, ended.err) == (0, ""), ended.told
    [answer] = map(json.loads, ended.out.splitlines())
    assert answer["result"]["serverInfo"]["name"] == "oyama"


def test_nobody_who_reads_ends_it(desk: Desk) -> None:
    process = started(desk)
    assert process.stdout is not None
    process.stdout.close()
    say(process, HELLO)
    until(lambda: process.poll() is not None, "the server ends")
    assert process.returncode == 0
    process.stdout = None
    assert process.stdin is not None
    process.stdin.close()


def test_a_message_without_an_end_is_refused_in_a_sentence(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "long"
    with path.open("wb") as file:
        file.truncate(65 * 1024 * 1024)
    with path.open() as said:
        ended = finish(started(desk, stdin=said))
    assert (ended.code, ended.out) == (2, ""), ended.told
    assert "more than 67,108,864 bytes" in ended.err


def test_closed_streams_are_refused_in_a_sentence(desk: Desk) -> None:
    words = [*desk.oyama.argv("mcp")]
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *words], env=desk.oyama.env, cwd=desk.shop, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert "Standard input and output must be open" in done.stderr


def test_what_else_prints_in_the_server_misses_the_wire(desk: Desk, tmp_path: Path) -> None:
    """A module that prints when it is loaded, and again at the end, from Python and below it."""
    (tmp_path / "sitecustomize.py").write_text(
        "import atexit, os, sys\n"
        "if 'mcp' in sys.argv:\n"
        "    import oyama_tui.agents.mcp.stdio as stdio\n"
        "    real = stdio.claim\n"
        "    def claim():\n"
        "        wires = real()\n"
        "        print('printed'); sys.stdout.flush(); os.write(1, b'written\\n'); os.system('echo started')\n"
        "        return wires\n"
        "    stdio.claim = claim\n"
    )
    desk.oyama.env["PYTHONPATH"] += f":{tmp_path}"
    process = started(desk)
    say(process, HELLO)
    assert heard(process)["id"] == 1
    ended = left(process)
    assert ended.out == ""
    assert sorted(ended.err.split()) == ["printed", "started", "written"]


def test_no_run_is_driven_by_the_server(desk: Desk) -> None:
    process = started(desk)
    say(process, HELLO, READY, call(2, "propose", title="Do it?", command=["sleep", "600"]))
    heard(process), heard(process)
    desk.yes()
    sleeping = until(lambda: [one for one in psutil.process_iter() if _is(one, "sleep", "600")], "the command runs")
    process.kill()
    left(process)
    assert all(one.is_running() for one in sleeping)
    desk.oyama("cancel", "agents#1", code=0)


def _is(process: psutil.Process, *words: str) -> bool:
    try:
        return process.cmdline() == [*words]
    except psutil.Error:
        return False


def test_without_the_library_it_is_said_how_to_get_it(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.abc, sys\n"
        "class Missing(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'mcp': raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Missing())\n"
    )
    desk.oyama.env["PYTHONPATH"] += f":{tmp_path}"
    ended = desk.oyama.fresh("mcp", code=78)
    assert "pip install 'oyama-tui[mcp]'" in ended.err
