"""Files of runs and copies of the database from a shell: pipes, refusals, and what becomes of them."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.program import GATED, LINEAR, Oyama
from tests.cli.test_terminal import end, on_terminal


def ended(oyama: Oyama) -> str:
    oyama("run", oyama.file("linear.yaml", LINEAR), code=0)
    return "linear#1"


def test_a_file_goes_through_a_pipe_and_is_checked_without_a_database(oyama: Oyama, tmp_path: Path) -> None:
    run = ended(oyama)
    done = subprocess.run(
        oyama.argv("export", run, "-o", "-"), env=oyama.env, cwd=oyama.folder, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert b"linear #1" in done.stderr
    (oyama.folder / "r.oyamarun").write_bytes(done.stdout)
    nowhere = {"OYAMA_HOME": str(tmp_path / "nowhere")}
    told = oyama("verify", "r.oyamarun", env=nowhere, code=0)
    assert "linear #1" in told.out
    assert not (tmp_path / "nowhere" / "oyama.db").exists()


def test_a_file_is_not_written_to_a_terminal(oyama: Oyama) -> None:
    child = on_terminal(oyama, "export", ended(oyama), "-o", "-")
    child.expect("is not for a terminal")
    assert end(child) == 2


def test_a_reader_that_goes_away_is_no_mistake(oyama: Oyama) -> None:
    run = ended(oyama)
    for words in (("export", run, "-o", "-"), ("report", run, "-o", "-")):
        read, write = os.pipe()
        os.close(read)
        running = oyama.start(*words, stdout=write)
        os.close(write)
        assert running.wait(timeout=60) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_full_standard_output_is_told(oyama: Oyama) -> None:
    run = ended(oyama)
    for words in (("export", run, "-o", "-"), ("report", run, "-o", "-")):
        with open("/dev/full", "w", encoding="utf-8") as full:
            running = oyama.start(*words, stdout=full)
        assert running.wait(timeout=60) == 74
        assert running.stderr is not None
        assert "Output: it cannot be written: No space left on device." in running.stderr.read()


def test_a_changed_file_is_no_good_and_changes_nothing(oyama: Oyama) -> None:
    run = ended(oyama)
    oyama("export", run, "-o", "r.oyamarun", code=0)
    file = oyama.folder / "r.oyamarun"
    file.write_bytes(file.read_bytes().replace(b"manifest.json", b"manifest.jsoN", 1))
    elsewhere = {"OYAMA_HOME": str(oyama.folder / "elsewhere")}
    assert "damaged" in oyama("verify", "r.oyamarun", env=elsewhere, code=1).out
    assert oyama("import", "r.oyamarun", env=elsewhere, code=74).err.startswith("File problem: The file is damaged")
    assert oyama("runs", "--json", env=elsewhere, code=0).json() == []


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("export", "nothing"), 4, "No run fits"),
        (("export", "linear#1", "-o", "."), 74, "is a folder"),
        (("export", "linear#1", "-o", "-", "--json"), 2, "cannot take both"),
        (("report", "nothing"), 4, "No run fits"),
        (("report", "linear#1", "-o", "x.pdf"), 2, "neither .html nor .md"),
        (("report", "linear#1", "--format", "pdf"), 2, "neither html nor md"),
        (("report", "linear#1", "-o", "linear.yaml", "--format", "md"), 7, "is there already"),
        (("backup", "linear.yaml"), 7, "is there already"),
        (("backup", "."), 74, "is a folder"),
        (("import", "nothing.oyamarun"), 2, "cannot be read"),
        (("import", "linear.yaml"), 2, "is no file of a run"),
        (("import", "."), 2, "is a folder"),
        (("verify", "./nothing"), 2, "cannot be read"),
        (("doctor", "--yes"), 2, "--yes goes with --repair"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(oyama: Oyama, words: tuple[str, ...], code: int, says: str) -> None:
    ended(oyama)
    before = sorted(path.name for path in oyama.folder.iterdir())
    assert says in oyama(*words, code=code).err
    assert sorted(path.name for path in oyama.folder.iterdir()) == before


def test_a_report_is_named_after_its_run_or_its_ending(oyama: Oyama) -> None:
    run = ended(oyama)
    oyama("report", run, code=0)
    oyama("report", run, "-o", "evidence.md", code=0)
    html, markdown = oyama.folder / "linear-1.html", oyama.folder / "evidence.md"
    assert html.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert markdown.read_text(encoding="utf-8").startswith("# linear \\#1: completed")
    assert {stat.S_IMODE(file.stat().st_mode) for file in (html, markdown)} == {0o600}
    assert oyama("report", run, "-o", "-", "--format", "md", code=0).out.startswith("# linear")


def test_show_and_lists_mark_an_imported_run_and_offer_nothing_for_it(oyama: Oyama) -> None:
    oyama("run", oyama.file("gated.yaml", GATED), "--no-wait", code=5)
    oyama("export", "gated#1", "-o", "r.oyamarun", code=0)
    elsewhere = {"OYAMA_HOME": str(oyama.folder / "elsewhere")}
    assert "nothing was done" not in oyama("import", "r.oyamarun", env=elsewhere, code=0).out
    assert "nothing was done" in oyama("import", "r.oyamarun", env=elsewhere, code=0).out
    for words in (("show", "gated#1"), ("runs",), ("history",)):
        told = oyama(*words, env=elsewhere, code=0).out
        assert "imported; was not over when its file was written" in told
        assert not {"resume", "approve"} & set(told.split()), told
    assert oyama("show", "gated#1", "--json", env=elsewhere, code=0).json()["imported"] is True
    assert oyama("approvals", "--json", env=elsewhere, code=0).json() == []
    for answer in (["approve", "gated#1", "--yes"], ["reject", "gated#1", "-m", "no"], ["recover", "gated#1", "--yes"]):
        assert oyama(*answer, env=elsewhere).code in (2, 4, 7)
    watched = oyama("watch", "gated#1", env=elsewhere, code=5)
    assert "resume" not in watched.out + watched.err


def spoiled(oyama: Oyama) -> None:
    ended(oyama)
    with closing(sqlite3.connect(oyama.home / "oyama.db")) as connection:
        connection.execute("UPDATE workflow_executions SET phase = 'failed'")
        connection.commit()


def test_a_repair_says_first_what_it_would_do(oyama: Oyama) -> None:
    spoiled(oyama)
    told = oyama("doctor", "--repair", code=1)
    assert "phase is 'failed', the journal says 'completed'" in told.out
    assert "Nothing was changed" in told.err
    assert oyama("verify", code=1).code == 1
    done = oyama("doctor", "--repair", "--yes", code=0)
    assert "As it was before, the database is in" in done.out
    oyama("verify", code=0)
    assert "Nothing is to be made anew" in oyama("doctor", "--repair", code=0).out


def test_a_person_is_asked_before_a_repair(oyama: Oyama) -> None:
    spoiled(oyama)
    for answer, code in (("n", 130), ("y", 0)):
        child = on_terminal(oyama, "doctor", "--repair")
        child.expect(r"put aside\? \[y/N\] ")
        child.send(f"{answer}\n")
        assert end(child) == code
    oyama("verify", code=0)


def test_an_agent_repairs_nothing(oyama: Oyama) -> None:
    spoiled(oyama)
    assert "Only a person" in oyama("doctor", "--repair", "--yes", env={"CLAUDECODE": "1"}, code=77).err
    oyama("verify", code=1)
