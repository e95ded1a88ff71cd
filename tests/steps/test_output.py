"""Output is captured in bounded memory, live, and without secrets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from oyama_tui.steps.masking import Masker
from oyama_tui.steps.output import HEAD, LIMIT, TAIL, Capture, Captured, Collected, LiveLog, last_line


def captured(path: Path, *pieces: bytes, secrets: tuple[str, ...] = (), quota: int = 1 << 20) -> Captured:
    capture = Capture(Masker(secrets), LiveLog(path, quota))
    for piece in pieces:
        capture.feed(piece)
    return capture.finish()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "node.1.log"


def test_short_output_is_kept_whole(log: Path) -> None:
    assert captured(log, b"one\n", b"two\n") == Captured("one\ntwo\n")
    assert log.read_bytes() == b"one\ntwo\n"


def test_without_output_there_is_no_log(log: Path) -> None:
    log.write_text("from an earlier try")
    assert captured(log) == Captured("")
    assert not log.exists()


def test_the_log_is_private_and_current(log: Path) -> None:
    capture = Capture(Masker(), LiveLog(log, 1000))
    capture.feed(b"first")
    assert log.read_bytes() == b"first"
    assert log.stat().st_mode & 0o777 == 0o600
    capture.feed(b" second")
    assert log.read_bytes() == b"first second"
    capture.finish()


def test_exactly_as_much_as_fits_is_not_cut(log: Path) -> None:
    kept = captured(log, b"x" * (HEAD + TAIL))
    assert (len(kept.text), kept.truncated) == (HEAD + TAIL, False)


@pytest.mark.parametrize("size", [7, 1000, 300_000])
def test_long_output_keeps_head_and_tail(log: Path, size: int) -> None:
    raw = b"".join(b"%06d\n" % number for number in range(50_000))
    kept = captured(log, *[raw[place : place + size] for place in range(0, len(raw), size)])
    assert kept.truncated
    assert len(kept.text.encode()) <= LIMIT
    assert kept.text.startswith("000000\n000001\n")
    assert kept.text.endswith("049999\n")
    assert f"[... {len(raw) - HEAD - TAIL:,} bytes left out; the log has more ...]" in kept.text
    assert log.read_bytes() == raw


def test_characters_are_not_cut_in_two(log: Path) -> None:
    for shift in range(4):
        kept = captured(log, b"x" * shift + "🙂".encode() * 40_000)
        assert kept.truncated
        assert "\ufffd" not in kept.text
        assert len(kept.text.encode()) <= LIMIT


def test_invalid_bytes_are_replaced_and_nul_is_visible(log: Path) -> None:
    assert captured(log, b"a\xffb\0c\x1b[31m[/red]").text == "a\ufffdb␀c\x1b[31m[/red]"
    for raw in (b"\0" * 60_000, b"\xff" * 200_000, b"\x80" * 200_000):
        kept = captured(log, raw)
        assert kept.truncated
        assert len(kept.text.encode()) <= LIMIT


def test_the_log_stops_at_its_quota(log: Path) -> None:
    kept = captured(log, b"x" * 900, b"y" * 900, b"z" * 900, quota=1000)
    assert log.read_bytes() == b"x" * 900 + b"y" * 100 + b"\n[oyama: this log is full after 1000 bytes; the rest is not kept]\n"
    assert kept == Captured("x" * 900 + "y" * 900 + "z" * 900)


def test_secrets_are_masked_in_text_and_log(log: Path) -> None:
    assert captured(log, b"the token is hun", b"ter2\n", secrets=("hunter2",)).text == "the token is ***\n"
    assert log.read_bytes() == b"the token is ***\n"


@pytest.mark.parametrize("rest", [50, TAIL + 3, TAIL + 14, 90_000, 400_001])
def test_secrets_are_masked_beyond_the_quota(log: Path, rest: int) -> None:
    raw = b"hunter2 and " * 40_000
    kept = captured(log, raw[:300_000], raw[:rest], b"hun", b"ter2\n", secrets=("hunter2",), quota=1000)
    assert "hunter" not in kept.text
    assert "unter2" not in kept.text
    assert "ter2" not in kept.text
    assert kept.text.endswith("***\n")
    assert b"hunter" not in log.read_bytes()


def test_a_log_that_cannot_be_written_is_told_and_the_output_kept(tmp_path: Path) -> None:
    kept = captured(tmp_path / "gone" / "node.1.log", b"one\n")
    assert kept.text.startswith("one\n")
    assert "[oyama: the log file cannot be written: No such file or directory]" in kept.text
    assert kept.truncated


def test_a_gigabyte_on_one_line_takes_little_memory(log: Path) -> None:
    script = f"""
import asyncio, os, resource
from pathlib import Path
from oyama_tui.steps.output import Capture, LiveLog
from oyama_tui.steps.process import Program, run_process
from oyama_tui.steps.masking import Masker

class Watch:
    def started(self, pid): ...
    def finished(self, pid): ...

capture = Capture(Masker(["hunter2"]), LiveLog(Path({str(log)!r}), 1 << 20))
program = Program(("/bin/sh", "-c", "yes a hunter2 | tr -d '\\\\n' | head -c 200000000"), dict(os.environ), Path("/"))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
ending = asyncio.run(run_process(program, Watch(), capture.feed))
kept = capture.finish()
print(ending.code, kept.truncated, len(kept.text) <= 65536, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert told[:3] == ["0", "True", "True"]
    growth = int(told[3]) * (1 if sys.platform == "darwin" else 1024)
    assert growth < 16 * 1024 * 1024
    assert log.stat().st_size < 1_100_000


def test_the_last_line_is_plain() -> None:
    assert last_line("one\n\x1b[31mError:\x1b[0m bad\tthing\x07\n \n") == "Error: bad thing␇"
    assert last_line("\n \n") == ""
    assert len(last_line("x" * 5000)) == 300


def test_collected_bytes_are_bounded() -> None:
    collected = Collected(5)
    for piece in (b"abc", b"de", b"f"):
        collected.feed(piece)
    assert collected.is_too_long
    assert collected.raw == b"abcde"
