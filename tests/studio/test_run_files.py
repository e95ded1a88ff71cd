"""Runs in files of their own: what is written, what is found in them, and which of them are refused."""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import sqlite3
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.core.errors import CorruptJournal, FileProblem, FileTaken, InvalidInput, NewerFile, NotFound
from oyama_tui.settings import Settings
from oyama_tui.store.run_file import JOURNAL, MANIFEST, MARK, MAX_MEMBER, REVISION
from oyama_tui.studio import open_studio
from oyama_tui.studio.archive import Archive
from tests.studio.archived import chained, exported, packed, parts, play

FLIPS = 150
"""Of 1,000 that were tried once by hand."""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database in which a run has ended, and its file."""
    folder = tmp_path_factory.mktemp("played")
    asyncio.run(exported(folder / "home", folder / "r.oyamarun"))
    return folder


def problems(path: Path) -> list[str]:
    """What a check says of a file that is no good."""
    try:
        return [check.message for check in asyncio.run(Archive.check(path)) if check.status == "problem"]
    except (InvalidInput, NewerFile) as error:
        return [error.sentence]


def test_a_file_has_all_of_a_run_and_is_found_whole(played: Path) -> None:
    path = played / "r.oyamarun"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert problems(path) == []
    content = parts(path.read_bytes())
    manifest = json.loads(content[MANIFEST])
    events = [json.loads(line) for line in content[JOURNAL].splitlines()]
    assert (manifest["workflow_id"], manifest["number"], manifest["status"]) == ("release", 1, "completed")
    assert [event["seq"] for event in events] == list(range(1, manifest["events"] + 1))
    assert events[-1]["hash"] == manifest["head"]
    assert {name for name in content if name.startswith("logs/")} >= {"logs/build.1.log", "logs/fan[0].copy.1.log"}
    assert content["logs/build.1.log"] == b"built v1\n"


def test_every_flipped_bit_is_named(played: Path, tmp_path: Path) -> None:
    data, seed = (played / "r.oyamarun").read_bytes(), int(os.environ.get("OYAMA_TEST_SEED", "7"))
    chosen, path = random.Random(seed), tmp_path / "flipped.oyamarun"
    for _ in range(int(os.environ.get("OYAMA_TEST_FLIPS", FLIPS))):
        bit = chosen.randrange(len(data) * 8)
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        assert problems(path), f"bit {bit} of {len(data) * 8} counts for nothing"


@pytest.mark.parametrize("kept", [0, 1, 4, 30, 100, -65, -64, -1])
def test_a_cut_file_is_refused(played: Path, tmp_path: Path, kept: int) -> None:
    path = tmp_path / "cut.oyamarun"
    path.write_bytes((played / "r.oyamarun").read_bytes()[:kept])
    assert problems(path)


def test_a_longer_file_is_refused(played: Path, tmp_path: Path) -> None:
    path = tmp_path / "long.oyamarun"
    for more in (b"\0", b"x" * 200):
        path.write_bytes((played / "r.oyamarun").read_bytes() + more)
        assert problems(path)
        path.write_bytes(more + (played / "r.oyamarun").read_bytes())
        assert problems(path)


def _link(info: zipfile.ZipInfo) -> None:
    if info.filename == REVISION:
        info.external_attr = 0o120777 << 16


def _stored(info: zipfile.ZipInfo) -> None:
    info.compress_type = zipfile.ZIP_BZIP2


FORGED: dict[str, tuple[Callable[[dict[str, bytes]], bytes], str]] = {
    "path": (lambda c: packed({**c, "../evil.log": b"x"}), "part called '../evil.log'"),
    "absolute path": (lambda c: packed({**c, "logs//etc/passwd.log": b"x"}), "which no file of a run has"),
    "dots": (lambda c: packed({**c, "logs/../x.log": b"x"}), "which no file of a run has"),
    "control characters": (lambda c: packed({**c, "logs/\x1b[2J.log": b"x"}), "␛"),
    "other part": (lambda c: packed({**c, "setup.py": b"x"}), "part called 'setup.py'"),
    "link": (lambda c: packed(c, change=_link), "is a link"),
    "other packing": (lambda c: packed(c, change=_stored), "packed as Oyama does not"),
    "twice": (lambda c: packed(c, twice=REVISION), "stands twice"),
    "no journal": (lambda c: packed({n: d for n, d in c.items() if n != JOURNAL}), "not those that the manifest names"),
    "no manifest": (lambda c: packed(c, manifest=dict.clear), "manifest.json"),
    "manifest is a list": (lambda c: packed(c, manifest=lambda m: m.update(members=3)), "manifest.json"),
    "member is not named": (lambda c: packed(c, manifest=lambda m: m["members"].pop()), "not those that the manifest names"),
    "member has another size": (lambda c: packed(c, manifest=lambda m: m["members"][0].update(size=5)), "larger than the manifest says"),
    "member has another digest": (
        lambda c: packed(c, manifest=lambda m: m["members"][0].update(sha256="0" * 64)),
        "is not what the manifest",
    ),
    "huge member": (lambda c: packed(c, manifest=lambda m: m["members"][0].update(size=MAX_MEMBER + 1)), "manifest.json"),
    "another head": (lambda c: packed(c, manifest=lambda m: m.update(head="0" * 32)), "its last hash is another"),
    "another status": (lambda c: packed(c, manifest=lambda m: m.update(status="failed")), "come to completed"),
    "another key": (lambda c: packed(c, manifest=lambda m: m.update(key=9)), "event 1 or its hash was changed"),
    "another id": (lambda c: packed(c, manifest=lambda m: m.update(run_id="../x-1")), "run_id"),
    "another workflow": (lambda c: packed(c, manifest=lambda m: m.update(workflow_id="x")), "is of the workflow release"),
    "another revision": (lambda c: packed({**c, REVISION: c[REVISION].replace(b"echo", b"exit")}), "is not the revision"),
    "journal is no JSON": (lambda c: packed({**c, JOURNAL: b"{}\n" + c[JOURNAL]}), "event 1 is missing"),
    "journal is no text": (lambda c: packed({**c, JOURNAL: b"\xff\xfe\n"}), "event 1"),
    "journal without an end": (lambda c: packed({**c, JOURNAL: c[JOURNAL][:-1]}), "is cut"),
    "event left out": (lambda c: packed(chained(c, lambda events: events.pop(3))), "event 4"),
    "event of no time": (lambda c: packed(chained(c, lambda events: events[3].update(at=10**30))), "event 4"),
    "point behind the end": (
        lambda c: packed(c, manifest=lambda m: m.update(points=[{"name": "x", "seq": 999, "at": 1, "by": "ana"}])),
        "behind its last event",
    ),
    "point twice": (
        lambda c: packed(c, manifest=lambda m: m.update(points=[{"name": "x", "seq": 1, "at": 1, "by": "ana"}] * 2)),
        "",
    ),
    "event of no type": (lambda c: packed(chained(c, lambda events: events[3].update(type="magic"))), "event 4 is none"),
    "event twice": (lambda c: packed(chained(c, lambda events: events.append({**events[-1], "seq": len(events) + 1}))), "event"),
    "first event is another": (lambda c: packed(chained(c, lambda events: events[0].update(events[-1], seq=1))), "event 1"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_file_is_refused_in_a_sentence_and_nothing_is_imported(played: Path, tmp_path: Path, name: str) -> None:
    make, says = FORGED[name]
    path = tmp_path / "forged.oyamarun"
    path.write_bytes(make(parts((played / "r.oyamarun").read_bytes())))
    found = problems(path)
    # Whether names are free is known where they are to stand alone.
    assert len(found) == (1 if says else 0)
    assert all(says in text for text in found)

    async def bring_in() -> None:
        async with open_studio(Settings(home=tmp_path / "home")) as studio:
            with pytest.raises((FileProblem, InvalidInput)):
                await studio.archive.bring_in(path)
            assert await studio.runs.list() == ()
            assert [entry.name for entry in (tmp_path / "home" / "oyama.db.files").iterdir() if "importing" in entry.name] == []

    asyncio.run(bring_in())


def test_a_file_as_somebody_else_packs_it_is_read(played: Path, tmp_path: Path) -> None:
    """Otherwise the forged ones would be refused for how they are packed."""
    path = tmp_path / "packed.oyamarun"
    path.write_bytes(packed(parts((played / "r.oyamarun").read_bytes())))
    assert problems(path) == []


def test_a_bomb_is_not_unpacked_further_than_the_manifest_says(played: Path, tmp_path: Path) -> None:
    content = parts((played / "r.oyamarun").read_bytes())
    bomb = {**content, "logs/bomb.1.log": b"\0" * 300_000_000}
    path = tmp_path / "bomb.oyamarun"
    path.write_bytes(packed(bomb, manifest=lambda m: m["members"][-1].update(size=1000)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    del bomb
    assert ["larger than the manifest says" in text for text in problems(path)] == [True]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


@pytest.mark.parametrize("change", [{"format": 2}, {"schema_version": 999, "program": "9.9"}])
def test_a_newer_file_says_so(played: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "newer.oyamarun"
    content = parts((played / "r.oyamarun").read_bytes())
    path.write_bytes(packed(content, manifest=lambda m: m.update(change), mark=MARK % 2 if "format" in change else MARK % 1))
    [told] = problems(path)
    assert "newer" in told


@pytest.mark.parametrize("what", ["empty", "text", "zip", "folder", "pipe", "nothing", "device"])
def test_what_is_no_file_of_a_run_is_refused(tmp_path: Path, what: str) -> None:
    path = tmp_path / "it"
    if what in ("empty", "text"):
        path.write_text("" if what == "empty" else "id: release\n")
    elif what == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.txt", "b")
    elif what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "device":
        path = Path("/dev/zero")
    with pytest.raises(InvalidInput):
        asyncio.run(Archive.check(path))


async def test_a_run_that_goes_on_is_written_as_it_is(tmp_path: Path) -> None:
    path = await exported(tmp_path / "home", tmp_path / "r.oyamarun", answer=False)
    checks = await Archive.check(path)
    assert [check.status for check in checks] == ["ok", "ok", "warning"]
    assert "was not over" in checks[-1].message


async def test_nothing_is_overwritten_or_left_half(tmp_path: Path) -> None:
    run, there = await play(tmp_path / "home"), tmp_path / "there"
    there.write_text("mine")
    async with open_studio(Settings(home=tmp_path / "home")) as studio:
        with pytest.raises(FileTaken):
            await studio.archive.export(run, there)
        assert there.read_text() == "mine"
        for wrong, says in ((tmp_path, "is a folder"), (tmp_path / "no" / "x", "there is no folder")):
            with pytest.raises(FileProblem, match=says):
                await studio.archive.export(run, wrong)
        with pytest.raises(NotFound):
            await studio.archive.export("nothing", tmp_path / "x")
        await studio.archive.export(run, there, replace=True)
    assert [check.status for check in await Archive.check(there)] == ["ok", "ok"]
    assert {entry.name for entry in tmp_path.iterdir()} == {"home", "there"}


async def test_a_run_with_a_changed_journal_is_not_handed_on(tmp_path: Path) -> None:
    run = await play(tmp_path / "home")
    with sqlite3.connect(tmp_path / "home" / "oyama.db") as connection:
        connection.execute("UPDATE workflow_events SET payload = replace(payload, 'because', 'whatever') WHERE type = 'vote_cast'")
    async with open_studio(Settings(home=tmp_path / "home")) as studio:
        with pytest.raises(CorruptJournal, match="was changed"):
            await studio.archive.export(run, tmp_path / "x.oyamarun")
    assert not (tmp_path / "x.oyamarun").exists()
