"""What is known of a whole log: counted once, whatever way its pieces come."""

from __future__ import annotations

import asyncio
import random
from functools import partial

import pytest

from oyama_tui.core.errors import DatabaseProblem
from oyama_tui.core.output_problems import problem_in
from oyama_tui.core.views import LogChunk
from oyama_tui.tui.log_flow import PERIODS, LogFlow
from oyama_tui.tui.log_map import LogSight, any_between, line_at, log_map
from oyama_tui.tui.log_survey import PIECE, LogProblems, LogSurvey

LINES = ("all is well", "ERROR no room", "WARNING nearly no room", "0 errors", "caf\u00e9 \u6f22\u5b57", "10%\r20%\rerror: cut off", "")


class File:
    """A log, and how often it was read."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.begins: list[int] = []

    async def read(self, begin: int) -> LogChunk:
        """A piece."""
        self.begins.append(begin)
        await asyncio.sleep(0)
        begin = min(begin, len(self.content))
        piece = self.content[begin : begin + PIECE]
        return LogChunk(text=piece.decode(), offset=begin + len(piece), skipped=0, ended=False)


def numbers(lines: list[str], kind: str) -> list[int]:
    return [number for number, line in enumerate(lines) if problem_in(line) == kind]


@pytest.mark.parametrize("seed", range(20))
def test_pieces_cut_anywhere_give_what_the_whole_gives(seed: int) -> None:
    chance = random.Random(seed)
    lines = chance.choices(LINES, k=300)
    text, problems, begin = "\n".join(lines), LogProblems(), 0
    while begin < len(text):
        end = begin + chance.randint(1, 40)
        problems.take(problems.look_through(text[begin:end]))
        begin = end
    assert list(problems.errors) == numbers(lines, "error")
    assert list(problems.warnings) == numbers(lines, "warning")
    assert problems.lines == len(lines) - (not lines[-1])


async def test_what_is_handed_over_is_not_read_again() -> None:
    file = File(b"ERROR a\nb\nWARNING c\n")
    survey = LogSurvey()
    survey.give("ERROR a\nb\n", 0, 10)
    survey.give("WARNING c\n", 10, 20)
    await survey.catch_up(file.read, lambda: None)
    assert file.begins == []
    assert (survey.problems.lines, list(survey.problems.errors), list(survey.problems.warnings)) == (3, [0], [2])
    assert (survey.index.read, survey.index.count, survey.share) == (20, 3, 100)


async def test_what_is_handed_over_out_of_turn_is_read_when_its_turn_comes() -> None:
    file = File(b"ERROR a\n" * 100_000)
    survey = LogSurvey()
    survey.give("ERROR a\n" * 10, 799_920, 800_000)
    assert survey.lags
    assert survey.share == 0
    told: list[int] = []
    await asyncio.gather(survey.catch_up(file.read, lambda: told.append(survey.share)), *(survey.go_on(file.read) for _ in range(3)))
    assert file.begins == sorted(set(file.begins))
    assert len(survey.problems.errors) == survey.problems.lines == 100_000
    assert told == sorted(told)
    assert told[-1] == 100


async def test_who_gives_up_in_the_midst_leaves_nothing_half_counted() -> None:
    file = File(b"ERROR a\n" * 200_000)
    survey = LogSurvey()
    survey.known = len(file.content)
    for after in range(1, 12):
        job = asyncio.ensure_future(survey.catch_up(file.read, lambda: None))
        for _ in range(after):
            await asyncio.sleep(0)
        job.cancel()
        await asyncio.wait([job])
    await survey.catch_up(file.read, lambda: None)
    assert survey.problems.lines == len(survey.problems.errors) == 200_000


async def test_another_log_in_its_place_is_counted_from_its_beginning() -> None:
    survey, file = LogSurvey(), File(b"ERROR a\nERROR b\n")
    while await survey.go_on(file.read):
        pass
    file.content = b"fine\n"
    while await survey.go_on(file.read):
        pass
    assert (survey.problems.lines, list(survey.problems.errors), survey.share) == (1, [], 100)


async def test_a_log_that_cannot_be_read_says_why() -> None:
    async def fail(_begin: int) -> LogChunk:
        raise DatabaseProblem("The database is gone.", "Look for it.")

    survey = LogSurvey()
    survey.known = 10
    await survey.catch_up(fail, lambda: None)
    assert survey.trouble == "The database is gone."
    assert survey.lags


def problems_at(errors: list[int], warnings: list[int]) -> LogProblems:
    problems = LogProblems()
    problems.errors.extend(errors)
    problems.warnings.extend(warnings)
    return problems


def test_the_next_problem_is_one_of_either_kind_round_the_ends() -> None:
    problems = problems_at([10, 50], [3, 30])
    assert [problems.next_line(here, 1) for here in (-1, 3, 10, 29, 50)] == [3, 10, 30, 30, 3]
    assert [problems.next_line(here, -1) for here in (60, 50, 30, 10, 3)] == [50, 30, 10, 3, 50]
    assert [problems.number(line) for line in (3, 10, 30, 50, 4)] == [1, 2, 3, 4, 0]
    assert problems_at([], []).next_line(0, 1) == -1
    assert problems_at([7], []).next_line(7, 1) == 7


def test_every_line_of_a_log_is_on_its_map() -> None:
    for height, lines in ((10, 10), (10, 1_000), (10, 7), (7, 23), (1, 500)):
        for line in range(lines):
            cells = log_map(height, LogSight(0, 0, lines), problems_at([line], []), lambda _begin, _end: False)
            marked = [number for number, cell in enumerate(cells) if cell.sign == "error"]
            assert marked, (height, lines, line)
            assert all(line_at(number, height, lines) <= line for number in marked)
            if lines >= height:
                assert len(marked) <= 2


def test_what_is_looked_for_hides_an_error_and_that_a_warning() -> None:
    cells = log_map(10, LogSight(80, 99, 100), problems_at([5, 15], [6, 16, 25]), partial(any_between, [7, 85]))
    assert [cell.sign for cell in cells] == ["found", "error", "warning", *["rest"] * 5, "found", "seen"]
    assert [cell.seen for cell in cells] == [False] * 8 + [True] * 2


def test_the_flow_is_that_of_the_last_periods() -> None:
    flow = LogFlow()
    assert (flow.is_known, flow.rate, flow.periods) == (False, 0.0, (0,) * PERIODS)
    flow.look(10.0, 5_000)
    assert not flow.is_known
    flow.look(11.0, 7_000)
    flow.look(12.0, 7_000)
    assert (flow.rate, flow.periods) == (1_000.0, (0, 0, 0, 0, 0, 0, 2_000, 0))
    for second in range(13, 30):
        flow.look(float(second), 7_000 + second)
    assert len(flow.periods) == PERIODS
    assert flow.rate == 1.0


def test_who_has_not_looked_for_long_knows_no_flow() -> None:
    flow = LogFlow()
    flow.look(10.0, 0)
    flow.look(11.0, 1_000)
    flow.look(60.0, 900_000)
    assert not flow.is_known
    flow.look(61.0, 900_100)
    flow.look(62.0, 100)
    assert not flow.is_known
