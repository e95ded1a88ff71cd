"""Points of a run: which there are, what they may be called, and how the run was then."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.core.errors import CorruptJournal, InvalidInput, NotFound
from oyama_tui.core.views import Difference
from oyama_tui.studio import Studio
from tests.engine.workplace import Script, until_status, workplace, write
from tests.store.played import DEFINITION, opened_gate

FAN: dict[str, Any] = {
    "context": {"channel": "beta"},
    "steps": [
        {"id": "test", "name": "Unit tests", "run": "x", "retry": {"max_attempts": 2, "interval": "1ms", "jitter": False}},
        {"id": "fan", "for_each": ["a", "b"], "steps": [{"id": "copy", "run": "x"}]},
        {"id": "note", "set": {"channel": "stable", "extra": [1]}},
        {"id": "last", "run": "x"},
    ],
}


async def done(studio: Studio, folder: Path, **definition: Any) -> str:
    """A run that is over; returns its id."""
    run = await studio.runs.start(write(folder, **(definition or FAN)), {})
    await until_status(studio, run.id, "completed", "failed")
    return run.id


async def test_each_step_that_is_over_is_a_point_the_newest_first(tmp_path: Path) -> None:
    script = Script()
    script.failing["test"] = 1
    async with workplace(tmp_path, script) as studio:
        run = await done(studio, tmp_path)
        points = await studio.moments.snapshots(run)
        assert [(point.node, point.label, point.status) for point in points] == [
            ("last", "last", "completed"),
            ("note", "note", "completed"),
            ("fan", "fan", "completed"),
            *((f"fan[{index}].copy", "copy", "completed") for index in (1, 0)),
            ("test", "Unit tests", "completed"),
        ]
        events = {event.seq: event for event in await studio.runs.events(run)}
        assert all(events[point.seq].node == point.node and events[point.seq].at == point.at for point in points)
        assert [point.node for point in await studio.moments.snapshots(run, limit=2)] == ["last", "note"]


async def test_the_setting_bounds_the_list_and_leaves_no_name_out(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script(), snapshots_shown=2) as studio:
        run = await done(studio, tmp_path)
        first = await studio.moments.resolve(run, "test")
        named = await studio.moments.name(run, "before the loop", at=first)
        assert (named.seq, named.node, named.name, named.by) == (first, "test", "before the loop", studio.principal.name)
        bare = await studio.moments.name(run, "begun", at=1)
        assert (bare.node, bare.label, bare.status) == ("", "", "")
        points = await studio.moments.snapshots(run)
        assert [(point.node, point.name) for point in points] == [("last", ""), ("note", ""), ("test", "before the loop"), ("", "begun")]


async def test_gates_are_points_when_they_have_their_answer(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio:
        run = await studio.runs.start(write(tmp_path, **DEFINITION), {"v": "1"})
        approval = await opened_gate(studio, run.id)
        assert "publish.gate" not in [point.node for point in await studio.moments.snapshots(run.id)]
        with pytest.raises(NotFound, match="no step of it that is over"):
            await studio.moments.resolve(run.id, "publish.gate")
        await studio.approvals.decide(approval, "approve", form={"why": "x"})
        await until_status(studio, run.id, "completed")
        gate = next(point for point in await studio.moments.snapshots(run.id) if point.node == "publish.gate")
        assert (gate.label, gate.status) == ("publish: its gate", "completed")
        run = await studio.runs.start(write(tmp_path, **DEFINITION), {"v": "2"})
        await studio.approvals.decide(await opened_gate(studio, run.id), "reject", comment="no", form={"why": "x"})
        await until_status(studio, run.id, "rejected")
        assert (await studio.moments.snapshots(run.id))[0].status == "rejected"


async def test_points_as_people_say_them(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio:
        run = await done(studio, tmp_path)
        last = (await studio.runs.get(run)).seq
        points = {point.node: point.seq for point in await studio.moments.snapshots(run)}
        await studio.moments.name(run, "as it was", at=3)
        said = {"1": 1, str(last): last, "start": 1, "now": last, "as it was": 3, "fan": points["fan"]}
        said |= {"fan[0].copy": points["fan[0].copy"], "copy": max(points["fan[0].copy"], points["fan[1].copy"]), " test ": points["test"]}
        assert {words: await studio.moments.resolve(run, words) for words in said} == said
        for words in ("0", str(last + 1), "9" * 30):
            with pytest.raises(NotFound) as told:
                await studio.moments.resolve(run, words)
            assert told.value.hint == f"Its events are 1 to {last}."
        with pytest.raises(NotFound) as told:
            await studio.moments.resolve(run, "nowhere")
        assert "play #1 has no point 'nowhere'" in told.value.sentence
        assert told.value.hint.startswith(f"There are its events, 1 to {last}; start; now; its names: as it was; what is over: last, note")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "cannot be empty"),
        (" x", "begin or end with a blank"),
        ("x" * 61, "at most 60 characters, and this one has 61"),
        ("a\nb", "one line"),
        ("a\u202eb", "cannot be seen"),
        ("17", "is the number of an event"),
        ("start", "the beginning of every run"),
        ("now", "the newest event"),
        ("--forget", "looks like an option"),
        ("test", "is a step of this run"),
        ("fan[1].copy", "is a step of this run"),
    ],
)
async def test_what_cannot_be_a_name_is_told(tmp_path: Path, name: str, words: str) -> None:
    async with workplace(tmp_path, Script()) as studio:
        run = await done(studio, tmp_path)
        with pytest.raises(InvalidInput, match=words):
            await studio.moments.name(run, name)
        assert not [point for point in await studio.moments.snapshots(run) if point.name]


async def test_a_name_stands_for_one_point_until_it_is_forgotten(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio:
        run, other = await done(studio, tmp_path), await done(studio, tmp_path)
        await studio.moments.name(run, "good", at=2)
        await studio.moments.name(other, "good", at=3)
        with pytest.raises(InvalidInput, match="a point named 'good' already, after event 2"):
            await studio.moments.name(run, "good", at=4)
        with pytest.raises(InvalidInput, match="has no event 99999"):
            await studio.moments.name(run, "better", at=99_999)
        await studio.moments.forget(run, "good")
        with pytest.raises(NotFound) as told:
            await studio.moments.forget(run, "good")
        assert told.value.hint == "It has no names."
        assert await studio.moments.resolve(other, "good") == 3
        assert all(check.status == "ok" for check in await studio.system.verify())


async def test_a_moment_shows_the_event_and_what_it_changed(tmp_path: Path) -> None:
    script = Script()
    script.failing["test"] = 1
    async with workplace(tmp_path, script) as studio:
        run = await done(studio, tmp_path)
        last = (await studio.runs.get(run)).seq
        past = await studio.moments.open(run)
        note = await past.at(await studio.moments.resolve(run, "note"))
        assert (note.last, note.event.node, note.changed) == (last, "note", ("channel", "extra"))
        assert [(one.name, one.value) for one in note.was] == [("channel", "beta")]
        assert [(one.name, one.value) for one in note.context] == [("channel", "stable"), ("extra", [1])]
        assert [(node.key, node.status) for node in note.run.nodes if not node.depth] == [
            ("test", "completed"),
            ("fan", "completed"),
            ("note", "completed"),
            ("last", "pending"),
        ]
        failed = next(event for event in await studio.runs.events(run) if event.type == "step_failed")
        then = await past.at(failed.seq)
        assert then.run.nodes[0].status == "failed"
        attempt = await past.attempt("test", None, failed.seq)
        assert attempt is not None
        assert (attempt.attempt, attempt.status, attempt.error) == (1, "failed", "exit code 1")
        assert await past.attempt("last", None, failed.seq) is None
        assert (await past.at(last)).run.row.status == "completed"
        for seq in (0, last + 1):
            with pytest.raises(InvalidInput, match=f"has no event {seq}"):
                await past.at(seq)
        past.close()


async def test_marks_say_what_to_look_for(tmp_path: Path) -> None:
    script = Script()
    script.failing["test"] = 1
    async with workplace(tmp_path, script) as studio:
        run = await studio.runs.start(write(tmp_path, **DEFINITION), {"v": "1"})
        await studio.approvals.decide(await opened_gate(studio, run.id), "approve", form={"why": "x"})
        await until_status(studio, run.id, "completed")
        past = await studio.moments.open(run.id)
        marks = [(mark.kind, mark.label) for mark in await past.marks()]
        past.close()
        by = studio.principal.name
        assert marks == [
            ("failed", "test"),
            ("ended", "test"),
            ("ended", "note"),
            ("ended", "rest"),
            ("asked", "Publish 1"),
            ("approved", f"{by}: yes"),
            ("ended", "publish"),
        ]


async def test_two_moments_are_compared(tmp_path: Path) -> None:
    script = Script()
    script.failing["test"] = 1
    async with workplace(tmp_path, script) as studio:
        run = await done(studio, tmp_path)
        past = await studio.moments.open(run)
        one, other = await studio.moments.resolve(run, "test"), await studio.moments.resolve(run, "note")
        found = await past.difference(one, other)
        assert found == (
            Difference(kind="run", name="steps", before="1 of 4 over", after="4 of 5 over"),
            *(Difference(kind="step", name=name, before=None, after="completed") for name in ("fan", "fan[0].copy", "fan[1].copy", "note")),
            Difference(kind="variable", name="channel", before="beta", after="stable"),
            Difference(kind="variable", name="extra", before=None, after=[1]),
        )
        assert await past.difference(one, one) == ()
        back = await past.difference(other, one)
        turned = [each.model_copy(update={"before": each.after, "after": each.before}) for each in found]
        assert sorted(map(repr, back)) == sorted(map(repr, turned))
        past.close()


async def test_a_run_that_goes_on_is_followed(tmp_path: Path) -> None:
    script = Script()
    script.held.add("last")
    async with workplace(tmp_path, script) as studio:
        run = await studio.runs.start(write(tmp_path, **FAN), {})
        await script.until(lambda: ("last", 1) in script.begun)
        past = await studio.moments.open(run.id)
        before = await past.catch_up()
        running = await past.at(before)
        assert (running.run.row.word, running.run.nodes[-1].status) == ("running", "running")
        attempt = await past.attempt("last", 1, before)
        assert attempt is not None
        assert attempt.log == ""
        script.let_go("last")
        await until_status(studio, run.id, "completed")
        again = await past.at(before)
        assert again.last > before
        assert again.model_copy(update={"last": before}) == running
        assert (await past.at(again.last)).run.row.status == "completed"
        past.close()


async def test_a_run_that_a_step_started_is_shown_as_its_own_journal_lets_it_be_known(tmp_path: Path) -> None:
    script = Script()
    async with workplace(tmp_path, script) as studio:
        (tmp_path / "child.yaml").write_text('{"id": "child", "steps": [{"id": "only", "run": "x"}]}')
        script.held.add("only")
        run = await studio.runs.start(write(tmp_path, steps=[{"id": "call", "workflow": "./child.yaml"}]), {})
        await script.until(lambda: ("only", 1) in script.begun)
        past = await studio.moments.open(run.id)
        (node,) = (await past.at(await past.catch_up())).run.nodes
        assert (node.child_run, node.note) == ("child #1", "child #1 running")
        below = await studio.moments.open(node.child)
        assert [place.run for place in (await below.at(1)).run.row.path] == ["play #1"]
        below.close()
        script.let_go("only")
        await until_status(studio, run.id, "completed")
        (node,) = (await past.at(await past.catch_up())).run.nodes
        assert (node.child_run, node.note, node.status) == ("child #1", "child #1", "completed")
        past.close()


async def test_a_run_that_was_taken_up_anew_has_its_failure_in_its_past(tmp_path: Path) -> None:
    script = Script()
    script.failing["test"] = 2
    async with workplace(tmp_path, script) as studio:
        run = await done(studio, tmp_path)
        failed = await studio.runs.get(run)
        assert failed.row.status == "failed"
        await studio.recovery.recover(run)
        await until_status(studio, run, "completed")
        past = await studio.moments.open(run)
        then, taken_up, now = [await past.at(seq) for seq in (failed.seq, failed.seq + 1, await past.catch_up())]
        past.close()
        unlike = {"row", "left_ms"}
        assert then.run.model_dump(exclude=unlike) == failed.model_dump(exclude=unlike)
        assert (then.run.row.status, then.run.row.reason) == (failed.row.status, failed.row.reason)
        assert (taken_up.event.type, taken_up.run.row.status, taken_up.run.row.reason) == ("steps_restarted", "running", "")
        assert [(node.status, node.note) for node in now.run.nodes[:1]] == [("completed", "round 2")]


async def test_a_changed_journal_is_no_past(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio:
        run = await done(studio, tmp_path)
        with sqlite3.connect(studio.settings.database_path) as connection:
            connection.execute("UPDATE workflow_events SET at = at + 1 WHERE seq = 4")
        with pytest.raises(CorruptJournal, match="Event 4 of run"):
            await studio.moments.open(run)
