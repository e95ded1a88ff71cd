"""`oyama snapshots`, `snapshot`, `show --at` and `diff`: a run as it was, from a shell."""

from __future__ import annotations

import pytest

from tests.cli.program import GATED, Oyama
from tests.cli.test_completion import offered
from tests.cli.test_json_shapes import same

RELEASE = """
id: release
context: {channel: beta, old: 1}
steps:
  - {id: test, name: Unit tests, run: 'echo "12 passed"'}
  - {id: build, run: 'echo "file=app.tar.gz" >> "$OYAMA_OUTPUT"'}
  - {id: choose, set: {channel: stable}}
  - {id: upload, run: 'exit 2'}
"""


@pytest.fixture
def release(oyama: Oyama) -> Oyama:
    """A run that is over: event 3 ends `test`, 5 `build`, 7 `choose`, 9 `upload`."""
    oyama("run", oyama.file("release.yaml", RELEASE), code=1)
    return oyama


def test_points_are_listed_and_named(release: Oyama) -> None:
    rows = [line.split() for line in release("snapshots", "release#1", code=0).out.splitlines()]
    assert [(row[0], row[2], row[3]) for row in rows[1:]] == [
        ("9", "upload", "failed"),
        ("7", "choose", "completed"),
        ("5", "build", "completed"),
        ("3", "test", "completed"),
    ]
    told = release("snapshot", "release#1", "as built", "--at", "build", code=0)
    assert "'as built' is the point after event 5" in told.out
    part = release("snapshots", "release#1", "--limit", "1", code=0)
    assert [line.split()[0] for line in part.out.splitlines()[1:]] == ["9", "5"]
    assert "The newest 1, and all that have a name. More: --limit N" in part.err
    told = release("snapshot", "release#1", "as built", code=2)
    assert "release #1 has a point named 'as built' already, after event 5." in told.err
    assert "no point is named 'as built' any more" in release("snapshot", "release#1", "as built", "--forget", code=0).out
    assert "No point of release #1 is named 'as built'." in release("snapshot", "release#1", "as built", "--forget", code=4).err


def test_a_run_is_shown_as_it_was(release: Oyama) -> None:
    then = release("show", "release#1", "--at", "build", code=0).out
    assert then.startswith("THE PAST  release #1 as it was after event 5 of 10, ")
    assert "release #1  running" in then
    for line in ("build       completed", "upload      pending", "  channel: beta", "  build.file: app.tar.gz"):
        assert line in then
    assert "  channel: stable  set by this event" in release("show", "release#1", "--at", "choose", code=0).out
    for absent in ("Go on:", "Answer:", "driven by"):
        assert absent not in then
    document = release("show", "release#1", "--at", "5", "--json", code=0).json()
    same("Moment", document)
    assert (document["status"], document["seq"], document["last"]) == ("running", 5, 10)
    assert [attempt["node"] for attempt in document["attempts"]] == ["test", "build"]
    for attempt in document["attempts"]:
        same("Attempt", attempt)


def test_an_open_question_is_shown_as_one(oyama: Oyama) -> None:
    oyama("run", oyama.file("gated.yaml", GATED), "--no-wait", code=5)
    asked = oyama("show", "gated#1", "--json", code=0).json()
    oyama("cancel", "gated#1", code=0)
    document = oyama("show", "gated#1", "--at", str(asked["seq"]), "--json", code=0).json()
    assert (document["needs_you"], document["approvals"][0]["status"]) == (True, "pending")
    assert document["nodes"] == asked["nodes"]


def test_two_points_are_compared(release: Oyama) -> None:
    rows = [line.split() for line in release("diff", "release#1", "build", "choose", code=0).out.splitlines()]
    assert rows == [
        ["WHAT", "NAME", "BEFORE", "AFTER"],
        ["run", "steps", "2", "of", "4", "over", "3", "of", "4", "over"],
        ["step", "choose", "completed"],
        ["variable", "channel", "beta", "stable"],
    ]
    for document in release("diff", "release#1", "start", "now", "--json", code=0).json():
        same("Difference", document)
    alike = release("diff", "release#1", "5", "build", code=0)
    assert (alike.out, alike.err) == ("", "release #1 was the same after event 5 and after event 5.\n")
    assert release("diff", "release#1", "5", "build", "--json", code=0).json() == []


def test_points_have_the_fields_that_the_page_names(release: Oyama) -> None:
    same("Point", release("snapshot", "release#1", "x", "--at", "3", "--json", code=0).json())
    for document in release("snapshots", "release#1", "--json", code=0).json():
        same("Point", document)
    [left] = [release("snapshot", "release#1", "x", "--forget", "--json", code=0).json()]
    assert left == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            ("show", "release#1", "--at", "nowhere"),
            4,
            "There are its events, 1 to 10; start; now; what is over: upload, choose, build, test.",
        ),
        (("show", "release#1", "--at", "11"), 4, "release #1 has no event 11."),
        (("show", "release#9", "--at", "1"), 4, "No run fits"),
        (("show", "release#1", "--at", "1", "--block", "x"), 2, "it goes without --block"),
        (("show", "release#1", "--at", "1", "--exit-code"), 2, "it goes without --exit-code"),
        (("diff", "release#1", "test"), 2, "Missing argument"),
        (("diff", "release#1", "test", "0"), 4, "has no event 0"),
        (("snapshot", "release#1", "17"), 2, "is the number of an event"),
        (("snapshot", "release#1", "x" * 61), 2, "at most 60 characters"),
        (("snapshot", "release#1", "x", "--forget", "--at", "3"), 2, "--forget goes without --at"),
        (("snapshots", "release#1", "--limit", "0"), 2, "--limit"),
    ],
)
def test_what_cannot_be_is_told(release: Oyama, words: tuple[str, ...], code: int, said: str) -> None:
    told = release(*words, code=code)
    assert said in told.err
    assert told.out == ""


def test_points_are_offered(release: Oyama) -> None:
    release("snapshot", "release#1", "built", "--at", "build", code=0)
    assert offered(release, "show", "release#1", "--at", "") == ["built", "upload", "choose", "build", "test", "start", "now"]
    assert offered(release, "diff", "release#1", "b") == ["built", "build"]
    assert offered(release, "diff", "release#1", "build", "n") == ["now"]


def test_an_agent_may_look_and_name(release: Oyama) -> None:
    agent = {"AI_AGENT": "helper"}
    release("snapshot", "release#1", "tested", "--at", "test", env=agent, code=0)
    release("show", "release#1", "--at", "tested", env=agent, code=0)
    release("diff", "release#1", "tested", "now", env=agent, code=0)


def test_an_imported_run_has_the_past_that_it_had(release: Oyama) -> None:
    then = release("show", "release#1", "--at", "build", code=0).out
    release("export", "release#1", "-o", "run.file", code=0)
    elsewhere = {"OYAMA_HOME": str(release.folder / "elsewhere")}
    release("import", "run.file", env=elsewhere, code=0)
    assert release("show", "release@latest", "--at", "build", env=elsewhere, code=0).out == then
    release("snapshot", "release@latest", "as built", "--at", "build", env=elsewhere, code=0)
