"""A program gets its standard streams and nothing else of the engine, whatever the engine was started with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

STARTS = """
import asyncio, os, sqlite3, sys
from pathlib import Path
from oyama_tui.descriptors import keep_descriptors, passes_on_descriptors
from oyama_tui.steps.process import Program, run_process
class Watch:
    def started(self, pid): pass
    def finished(self, pid): pass
said = []
if sys.argv[2] == "keeps": keep_descriptors()
opened = [open(os.devnull) for _ in range(20)]
database = sqlite3.connect(sys.argv[1])
database.execute("PRAGMA journal_mode = WAL")
database.execute("CREATE TABLE t (n)")
LIST = "import os; print(*sorted(int(name) for name in os.listdir('/dev/fd')))"
async def main():
    program = Program((sys.executable, "-I", "-S", "-c", LIST), dict(os.environ), Path("/"))
    await asyncio.gather(*(run_process(program, Watch(), said.append) for _ in range(8)))
asyncio.run(main())
print(passes_on_descriptors())
print(*sorted({line for line in b"".join(said).decode().splitlines()}), sep=chr(10))
"""


@pytest.mark.parametrize(("inherits", "keeps"), [(False, False), (True, False), (True, True)])
def test_a_program_gets_its_standard_streams_alone(tmp_path: Path, inherits: bool, keeps: bool) -> None:
    reading, writing = os.pipe()
    try:
        given = (reading, writing) if inherits else ()
        command = [sys.executable, "-c", STARTS, str(tmp_path / "some.db"), "keeps" if keeps else ""]
        told = subprocess.run(command, pass_fds=given, capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()
    finally:
        os.close(reading)
        os.close(writing)
    # The fourth is that of the list itself.
    assert told == [str(inherits and not keeps), "0 1 2 3"]
