"""`oyama logs -f` prints all that the steps of a run write, and ends with the run."""

from __future__ import annotations

from collections import defaultdict

from tests.cli.program import Oyama, finish, read_until, until

BESIDE = """
id: beside
steps:
  - {id: first, run: 'echo ready; until test -e go; do sleep 0.02; done; printf "no end"'}
  - id: fan
    for_each: {items: [a, b, c, d, e, f], as: host, concurrency: 3}
    steps:
      - {id: copy, run: 'for n in 1 2 3 4 5; do echo "$n to ${{ host }}"; sleep 0.0$n; done; printf "half of ${{ host }}"'}
  - {id: flaky, run: 'echo "try $OYAMA_ATTEMPT"; test $OYAMA_ATTEMPT = 2', retry: {max_attempts: 2, interval: 10ms}}
  - {id: ask, gate: {title: Fine?, send_back: {to: flaky}}, run: echo published}
"""
HALF = "id: half\nsteps:\n  - {id: one, run: 'echo whole; printf half; until test -e go; do sleep 0.02; done'}\n"


def by_attempt(printed: str) -> dict[str, list[str]]:
    """The lines under each header, whatever was printed between them."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    under = ""
    for line in printed.splitlines():
        if line.startswith("== "):
            under = line
        else:
            found[under].append(line)
    return found


def test_all_that_steps_write_is_printed_and_it_ends_with_the_run(oyama: Oyama) -> None:
    running = oyama.start("run", oyama.file("beside.yaml", BESIDE))
    read_until(running, "ready")
    following = oyama.start("logs", "beside@latest", "-f")
    printed = read_until(following, "== first").string
    (oyama.folder / "go").touch()
    for verdict in (("send-back", "--comment", "again"), ("approve", "--yes")):
        [asked] = until(lambda: oyama("approvals", "--json", code=0).json(), "somebody is asked")
        oyama(verdict[0], asked["id"], *verdict[1:], code=0)
    told = finish(following)
    assert told.code == 0, told.told
    assert finish(running).code == 0
    assert by_attempt(printed + told.out) == by_attempt(oyama("logs", "beside@latest", code=0).out)
    found = by_attempt(told.out)
    assert found["== fan[5].copy"] == [*(f"{n} to f" for n in range(1, 6)), "half of f"]
    assert found["== flaky (attempt 2)"] == ["try 2"]
    assert found["== flaky#2 (attempt 2)"] == ["try 2"]
    assert [lines for header, lines in found.items() if header.startswith("== ask")] == [["published"]]


def test_a_line_that_has_no_end_yet_is_printed_where_nothing_is_followed(oyama: Oyama) -> None:
    running = oyama.start("run", oyama.file("half.yaml", HALF))
    read_until(running, "whole")
    until(lambda: oyama("logs", "half@latest", code=0).out == "== one\nwhole\nhalf\n", "both are printed")
    (oyama.folder / "go").touch()
    assert finish(running).code == 0
