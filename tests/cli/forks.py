"""A process that has loaded the program once and forks for every command, which is then real but starts at once.

It reads a JSON line `{argv, env, cwd, files: [in, out, err]}` for each command and answers with its exit code.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NoReturn


def serve() -> None:
    """Fork for every line."""
    import oyama_tui.cli.app as app
    from tests.reliability.launcher import load

    load()
    app.build([])
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            carry_out(order)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def carry_out(order: dict[str, Any]) -> NoReturn:
    """Be the program, as the shell would have started it."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(order["env"])
    time.tzset()
    os.chdir(order["cwd"])
    for target, path in enumerate(order["files"]):
        file = os.open(path, os.O_RDONLY if target == 0 else os.O_WRONLY)
        os.dup2(file, target)
        os.close(file)
    sys.argv = ["oyama", *order["argv"]]
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
    from oyama_tui.__main__ import main

    code = 1
    try:
        code = main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


class Forks:
    """The forking process, seen from the tests.

    Args:
        root: Where the package is.
    """

    def __init__(self, root: Path) -> None:
        env = {**os.environ, "PYTHONPATH": str(root), "PYTHONUTF8": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.forks"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env, cwd=root
        )

    def run(self, argv: list[str], env: dict[str, str], cwd: Path, stdin: bytes) -> tuple[int, bytes, bytes]:
        """Run one command to its end: its exit code and what it wrote."""
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / name for name in ("in", "out", "err")]
            for path, content in zip(paths, (stdin, b"", b""), strict=True):
                path.write_bytes(content)
            order = {"argv": argv, "env": env, "cwd": str(cwd), "files": [str(path) for path in paths]}
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            code = int(self._process.stdout.readline())
            return code, paths[1].read_bytes(), paths[2].read_bytes()

    def close(self) -> None:
        """End it."""
        self._process.communicate()


if __name__ == "__main__":
    serve()
