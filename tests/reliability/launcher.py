"""Starts `oyama` processes quickly: one process loads the program once, and each start is a fork of it.

`python -m tests.reliability.launcher SOCKET [BREAK]...`: what follows the socket's number names the deliberate breaks of this build.
Each request is one message on the socket: JSON, with the descriptors of the new process's input, output and errors.
"""

from __future__ import annotations

import fcntl
import gc
import importlib
import json
import logging
import os
import pkgutil
import resource
import signal
import socket
import sys
import termios
import threading
from typing import Any

MAX_REQUEST = 65536


def serve(channel: socket.socket) -> list[str] | None:
    """Answer requests until the other end goes away; in a forked child return the words of its command line."""
    codes: dict[int, int] = {}
    while True:
        raw, given, _, _ = socket.recv_fds(channel, MAX_REQUEST, 3)
        if not raw:
            return None
        request = json.loads(raw)
        if "code" in request:
            answer: object = _code(codes, request["code"])
        else:
            pid = os.fork()
            if pid == 0:
                channel.close()
                return _become(request, given)
            for descriptor in given:
                os.close(descriptor)
            # Process numbers come round again: the code of an earlier holder of this one would be taken for its own.
            codes.pop(pid, None)
            answer = pid
        channel.sendall(json.dumps(answer).encode() + b"\n")


def _code(codes: dict[int, int], pid: int) -> int | None:
    """The exit code of a child, a signal as a negative number; none while it lives."""
    if pid not in codes:
        found, status = os.waitpid(pid, os.WNOHANG)
        if not found:
            return None
        codes[pid] = os.waitstatus_to_exitcode(status)
    return codes[pid]


def _become(request: dict[str, Any], given: list[int]) -> list[str]:
    """Make a forked child look like a process that was started by a shell."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    for target, descriptor in enumerate(given):
        os.dup2(descriptor, target)
        os.close(descriptor)
    sys.stdin = sys.__stdin__ = os.fdopen(0, encoding="utf-8", errors="surrogateescape", closefd=False)  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = os.fdopen(1, "w", encoding="utf-8", closefd=False)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = os.fdopen(2, "w", encoding="utf-8", closefd=False)  # type: ignore[misc]
    if request.get("terminal"):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    if request.get("fsize") is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (request["fsize"], resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    for name, most in request.get("limits", {}).items():
        kind = getattr(resource, f"RLIMIT_{name}")
        resource.setrlimit(kind, (most, most))
    if request.get("uid") is not None:
        os.setgroups([])
        os.setresgid(request["uid"], request["uid"], request["uid"])
        os.setresuid(request["uid"], request["uid"], request["uid"])
    words: list[str] = request["words"]
    return words


def load() -> None:
    """Import all that the program may import, so that a fork has it."""
    for package in ("cli", "core", "engine", "settings", "steps", "store", "studio", "tui"):
        module = importlib.import_module(f"oyama_tui.{package}")
        for found in pkgutil.walk_packages(getattr(module, "__path__", []), f"{module.__name__}."):
            if "migrations" not in found.name and not found.name.endswith((".reaper", ".runner")):
                importlib.import_module(found.name)
    assert threading.active_count() == 1, "a fork of several threads is not safe"
    # What is loaded is shared with all forks for as long as nobody looks for garbage in it.
    gc.freeze()


def main() -> int:
    """Serve; a forked child runs the program instead."""
    load()
    for name in sys.argv[2:]:
        importlib.import_module("tests.reliability.broken").BREAKS[name]()
    words = serve(socket.socket(fileno=int(sys.argv[1])))
    if words is None:
        return 0
    from oyama_tui.__main__ import main as program

    sys.argv = ["oyama", *words]
    try:
        code = program()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    logging.shutdown()
    sys.stdout.flush()
    # Taking down an interpreter that was forked with everything loaded costs more than most commands.
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
