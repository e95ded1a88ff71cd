"""Lists on the command line: what is left out is said, and every row can be had; comments of several lines."""

from __future__ import annotations

import pytest

from oyama_tui.settings import Settings
from tests.cli.program import Oyama
from tests.store.scene import START, opened

GATE = "id: gate\nsteps:\n  - {id: ask, gate: {title: Go on}}\n"
QUICK = "id: quick\nsteps:\n  - {id: a, run: 'true'}\n"
SEVERAL = "first\r\n  second\n\n\x1b[31mfourth\u202e"
KEPT = "first\n  second\n\n␛[31mfourth<U+202E>"


def filled(oyama: Oyama) -> None:
    """Three runs that are over, and three that wait."""
    for name, text, code in (("quick.yaml", QUICK, 0), ("gate.yaml", GATE, 5)):
        path = oyama.file(name, text)
        for _ in range(3):
            oyama("run", path, "--no-wait", code=code)


@pytest.mark.parametrize(
    ("words", "total"),
    [
        (("runs",), 6),
        (("runs", "--live"), 3),
        (("runs", "--workflow", "quick"), 3),
        (("approvals",), 3),
        (("approvals", "--status", "all"), 3),
        (("history",), 6),
        (("history", "workflow:gate"), 3),
    ],
)
def test_a_list_that_is_not_whole_says_so_and_where_it_goes_on(oyama: Oyama, words: tuple[str, ...], total: int) -> None:
    filled(oyama)
    whole = oyama(*words, "--json", code=0)
    assert whole.err == ""
    rows = whole.json()
    assert len(rows) == total
    first = oyama(*words, "--limit", "2", code=0)
    assert first.err == f"1 to 2 of {total}. The next ones: --offset 2; more at once: --limit N\n"
    assert oyama(*words, "--limit", "2", "--json", code=0).err == first.err
    assert oyama(*words, "--limit", "2", "--json", code=0).json() == rows[:2]
    rest = oyama(*words, "--offset", "2", "--json", code=0)
    assert rest.json() == rows[2:]
    assert rest.err == f"3 to {total} of {total}.\n"
    beyond = oyama(*words, "--offset", "100", code=0)
    assert (beyond.out, beyond.err) == ("", f"There are {total}, all of them before --offset 100.\n")
    assert "0" in oyama(*words, "--offset", "-1", code=2).err


def test_a_comment_of_several_lines_is_kept_and_shown_whole_or_by_its_first_line(oyama: Oyama) -> None:
    oyama("run", oyama.file("gate.yaml", GATE), "--no-wait", code=5)
    oyama("reject", "gate@latest", "--comment", SEVERAL, code=0)
    oyama("resume", "gate@latest")
    card = oyama("approvals", "--status", "rejected", "--json", code=0).json()[0]
    assert card["comment"] == KEPT
    (row,) = [line for line in oyama("approvals", "--status", "rejected", code=0).out.splitlines() if card["id"] in line]
    assert "(first…)" in row
    for words in (("runs",), ("history",)):
        assert "by " in oyama(*words, code=0).out
        assert "first…" in oyama(*words, code=0).out
        assert "second" not in oyama(*words, code=0).out
    whole = "    first\n      second\n    \n    ␛[31mfourth<U+202E>\n"
    assert whole in oyama("show", "gate@latest", code=0).out
    assert whole in oyama("approvals", "--show", card["id"], code=0).out
    assert [row["id"] for row in oyama("history", "fourth", "--json", code=0).json()] == [card["run_id"]]


def test_a_refusal_names_the_first_open_approvals_and_where_the_others_are(oyama: Oyama) -> None:
    path = Settings(home=oyama.home).database_path
    path.parent.mkdir(parents=True)
    with opened(path) as rows:
        graph = rows.workflow("release")
        run = rows.run(graph, 1, "waiting", open_approvals=25)
        for number in range(25):
            rows.approval(graph, run, f"a{number:02}", requested_seq=number + 3, requested_at=START + number)
    told = oyama("reject", "--comment", "no", code=2).err
    assert [f"a{number:02}" in told for number in range(25)] == [number < 20 for number in range(25)]
    assert "and 5 more: oyama" in told


def test_a_reason_is_kept_as_a_comment_is(oyama: Oyama) -> None:
    oyama("run", oyama.file("gate.yaml", GATE), "--no-wait", code=5)
    oyama("cancel", "gate@latest", "--reason", SEVERAL, code=0)
    assert oyama("show", "gate@latest", "--json", code=0).json()["reason"].endswith(f": {KEPT}")
