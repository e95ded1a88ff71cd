from __future__ import annotations

import json
import os
import signal
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from tests.reliability.hostile import check_harmless, harmless_texts, hostile_texts, quoted, sequences
from tests.reliability.program import ForkServer, Launcher
from tests.reliability.terminal import Terminal

NUMBER = 300
NAMED, FAILING, GATES, INPUTS = 100, 10, 10, 10
COLUMNS, ROWS = 200, 120


def write_workflow(folder: Path, texts: Sequence[bytes]) -> None:
    """A workflow that has these texts wherever a text can be."""
    (folder / "said").write_bytes(b"\n".join(texts) + b"\n")
    names = [quoted(text[:180]) for text in texts]
    lines = ["id: hostile", f"name: {names[0]}", f"description: {quoted(texts[1])}", "type: parallel", "inputs:"]
    lines += [
        f"  i{place}: {{type: string, default: {quoted(texts[20 + place])}, description: {quoted(texts[40 + place])}}}"
        for place in range(INPUTS)
    ]
    lines += ["context:", f"  note: {quoted(texts[2])}", "steps:", "  - {id: says, run: cat said}"]
    lines += [f"  - {{id: n{place}, name: {names[place]}, set: {{v{place}: {quoted(texts[place])}}}}}" for place in range(NAMED)]
    for place in range(FAILING):
        (folder / f"failure{place}").write_bytes(texts[NAMED + place])
        lines.append(f"  - {{id: f{place}, run: cat failure{place} >&2; exit 3, on_failure: continue}}")
    for place in range(GATES):
        text = quoted(texts[NUMBER - 1 - place])
        title = f"title: {quoted(texts[NUMBER - 1 - place][:150])}, prompt: {text}, target: {names[place]}"
        gate = f"{{{title}, preview: cat said, on_reject: skip}}"
        lines.append(f"  - {{id: g{place}, name: {names[NAMED + place]}, gate: {gate}}}")
    (folder / "hostile.yaml").write_text("\n".join(lines) + "\n", encoding="ascii")
    broken = "id: broken\nsteps:\n" + "".join(f"  - {{id: {name}, {name}: {name}}}\n" for name in names[:40])
    (folder / "broken.yaml").write_text(broken, encoding="ascii")


def on_terminal(launcher: Launcher, *words: str, typed: str = "", code: int | None = None) -> bytes:
    """All that a command writes to a terminal."""
    with closing(Terminal(launcher, *words, columns=COLUMNS, rows=ROWS, draw=False)) as terminal:
        if typed:
            terminal.until(lambda: terminal.raw.endswith(b"] "), "the question is asked")
            terminal.type(typed)
        ended = terminal.wait()
        assert code is None or ended == code, f"{words}: {ended}\n{terminal.raw.decode('utf-8', 'replace')[-2000:]!r}"
        return bytes(terminal.raw)


def argument(text: bytes) -> str:
    """A text as a word of a command line, which cannot hold NUL."""
    return text.replace(b"\0", b"").decode("utf-8", "surrogateescape")


def tell_everything(launcher: Launcher, texts: Sequence[bytes]) -> bytes:
    """What all commands write to a terminal about these texts."""
    write_workflow(launcher.folder, texts)
    written = [on_terminal(launcher, "validate", "broken.yaml", code=3), on_terminal(launcher, "run", "hostile.yaml", "--dry-run", code=0)]
    written.append(on_terminal(launcher, "run", "hostile.yaml", "--no-wait", code=5))
    written += [on_terminal(launcher, *words.split(), code=0) for words in ("show hostile@latest", "approvals", "list", "runs")]
    approvals = [row["id"] for row in launcher("approvals", "--json", code=0).json()]
    written.append(on_terminal(launcher, "approvals", "--show", approvals[0], code=0))
    written.append(on_terminal(launcher, "approve", approvals[0], "--full", "--comment", argument(texts[3]), typed="y\n"))
    for place, approval in enumerate(approvals):
        launcher("reject", approval, "--comment", argument(texts[place + 50]))
    written.append(on_terminal(launcher, "resume", "hostile@latest"))
    for words in ("watch", "logs", "show", "show --json", "watch --jsonl"):
        first, *others = words.split()
        written.append(on_terminal(launcher, first, "hostile@latest", *others))
    for words in ("history", "runs", "approvals --status all", "verify", "doctor"):
        written.append(on_terminal(launcher, *words.split()))
    for text in texts[::15]:
        written.append(on_terminal(launcher, "show", argument(text)))
        written.append(on_terminal(launcher, argument(text), argument(text)))
    return b"".join(written)


def show_everything(launcher: Launcher) -> bytes:
    """What the screens write to a terminal about a hostile run that waits at gates."""
    with closing(Terminal(launcher, columns=COLUMNS, rows=ROWS, env={"OYAMA_BELL": "0"})) as terminal:
        terminal.shows("3 Approvals ◆10")
        terminal.shows("NEED YOU")
        terminal.type("1")
        terminal.shows("<0|")
        terminal.type("3")
        terminal.shows("<299|")
        terminal.type("r")
        terminal.shows("enter")
        terminal.type("\x1b")
        terminal.type("2")
        terminal.shows("needs you")
        terminal.type("\r")
        terminal.shows("<99|")
        for _tab in range(4):
            before = terminal.text
            terminal.type("]")
            terminal.until(partial(differs, terminal, before), "another tab is shown")
        terminal.type("\x1b4")
        terminal.shows("hostile #1")
        terminal.send(signal.SIGTERM)
        terminal.wait()
        return bytes(terminal.raw)


def differs(terminal: Terminal, before: str) -> bool:
    """Whether the window shows something else."""
    return terminal.text != before


@pytest.fixture
def twins(tmp_path: Path, server: ForkServer) -> tuple[Launcher, Launcher]:
    """A data directory for hostile texts, and one for harmless ones."""
    (tmp_path / "hostile").mkdir()
    (tmp_path / "harmless").mkdir()
    return Launcher(tmp_path / "hostile", server), Launcher(tmp_path / "harmless", server)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_no_command_lets_a_text_touch_the_terminal(twins: tuple[Launcher, Launcher], seed: int) -> None:
    hostile, harmless = twins
    with closing(hostile), closing(harmless):
        known = sequences(tell_everything(harmless, harmless_texts(NUMBER)))
        written = tell_everything(hostile, hostile_texts(seed, NUMBER))
    check_harmless(written, known)
    assert all(b"<%d|" % place in written for place in range(NUMBER)), "a text was not shown at all"
    assert not (hostile.folder / "pwned").exists()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_no_screen_lets_a_text_touch_the_terminal(twins: tuple[Launcher, Launcher], seed: int) -> None:
    written = []
    for launcher, texts in zip(twins, (hostile_texts(seed, NUMBER), harmless_texts(NUMBER)), strict=True):
        with closing(launcher):
            write_workflow(launcher.folder, texts)
            launcher("run", "hostile.yaml", "--no-wait", code=5)
            written.append(show_everything(launcher))
    check_harmless(written[0], sequences(written[1]))


def test_the_check_fails_where_text_is_shown_raw(tmp_path: Path, seed: int) -> None:
    with closing(ForkServer("raw_text")) as server, closing(Launcher(tmp_path, server)) as launcher:
        write_workflow(tmp_path, hostile_texts(seed, NUMBER))
        written = on_terminal(launcher, "run", "hostile.yaml", "--no-wait", code=5)
        with pytest.raises((AssertionError, UnicodeDecodeError)):
            check_harmless(written, set())


def test_lines_of_a_megabyte_are_told(launcher: Launcher) -> None:
    script = "head -c 1000000 /dev/zero | tr '\\0' x; echo; until test -e go; do sleep 0.05; done; echo over"
    launcher.file("long.yaml", f"id: long\nsteps:\n  - {{id: a, run: {json.dumps(script)}}}\n")
    with closing(Terminal(launcher, "run", "long.yaml", columns=COLUMNS, rows=ROWS, draw=False)) as terminal:
        # A terminal that is slower than the step would only be told what it misses: nothing more comes until it has taken the line.
        terminal.until(lambda: b"xxx" in terminal.raw, "the line is told")
        terminal.until(lambda: not terminal.pump(0.5), "it has been taken")
        (launcher.folder / "go").touch()
        assert terminal.wait() == 0
        written = bytes(terminal.raw)
    check_harmless(written, set())
    assert b"over" in written
    assert b"too slow" not in written
    assert launcher("logs", "long@latest", code=0).out.endswith("\nover\n")
    assert os.path.getsize(launcher.database) < 1_000_000
