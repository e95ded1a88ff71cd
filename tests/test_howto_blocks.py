"""What the page about blocks says is so: its definitions run, and come to what its tables say."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from pydantic import JsonValue

from oyama_tui.core.errors import AlreadyDecided, IllegalTransition
from oyama_tui.core.events import Verdict
from oyama_tui.core.views import RunView
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from tests.test_readme import ROOT, blocks

PAGE = ROOT / "docs" / "howto" / "fan-out-branch-repeat.md"
EXAMPLES = {text.splitlines()[0].removeprefix("id: "): text for language, text in blocks(PAGE) if language == "yaml"}


class Stage:
    """Runs the examples of the page in a folder of their own."""

    def __init__(self, studio: Studio, folder: Path, examples: Mapping[str, str]) -> None:
        self.studio = studio
        self.examples = examples
        self.folder = folder
        self.asked: list[str] = []

    async def play(
        self,
        name: str,
        *changes: tuple[str, str],
        refused: tuple[str, ...] = (),
        times: Mapping[str, int] | None = None,
        **inputs: JsonValue,
    ) -> RunView:
        """Run an example to its end and answer its gates.

        Args:
            name: Its id.
            changes: What is written otherwise.
            refused: Titles that are answered with no.
            times: Titles that are answered with no so often.
            inputs: Its inputs.
        """
        text = self.examples[name]
        refusals = dict(times or {})
        for old, new in changes:
            assert text.count(old) == 1
            text = text.replace(old, new)
        file = self.folder / f"{name}.yaml"
        file.write_text(text, encoding="utf-8")
        run = (await self.studio.runs.start(str(file), inputs)).id
        async with asyncio.timeout(60):
            while not (view := await self.studio.runs.get(run)).row.ended:
                for row in await self.studio.approvals.list():
                    self.asked.append(row.title)
                    again = refusals.get(row.title, 0)
                    verdict: Verdict = "reject" if row.title in refused or again else "approve"
                    refusals[row.title] = max(again - 1, 0)
                    # A no before it may have withdrawn this question meanwhile, or the run ends by it.
                    with contextlib.suppress(AlreadyDecided, IllegalTransition):
                        await self.studio.approvals.decide(row.id, verdict, digest=row.digest, comment="as told")
                await asyncio.sleep(0.02)
        return view

    async def output(self, view: RunView, node: str) -> str:
        """What a node has written."""
        attempt = await self.studio.runs.attempt(view.row.id, node)
        assert attempt is not None
        return attempt.output


@contextlib.asynccontextmanager
async def opened(folder: Path, patched: pytest.MonkeyPatch, examples: Mapping[str, str]) -> AsyncIterator[Stage]:
    """A stage for the examples of one page."""
    patched.delenv("OYAMA_RUN_ID", raising=False)
    async with open_studio(Settings(home=folder / "home"), drive="all") as studio:
        yield Stage(studio, folder, examples)


@pytest.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    async with opened(tmp_path, monkeypatch, EXAMPLES) as found:
        yield found


def words(view: RunView) -> Mapping[str, str]:
    """Where each node is."""
    return {node.key: node.status for node in view.nodes}


def test_every_example_is_run_here() -> None:
    assert sorted(EXAMPLES) == ["deploy", "fleet", "migrate", "services", "wait-for-it"]


CONTINUE = "    on_failure: continue\n  - id: report"
NOWHERE = (CONTINUE, "  - id: report")
AT_CHECK = ("!= db1'}", "!= db1', on_failure: continue}")


@pytest.mark.parametrize(
    ("changes", "fan", "tell", "report", "status"),
    [
        ((NOWHERE,), "failed", "", "", "failed"),
        ((), "failed", "", "Not well: db1", "completed"),
        ((NOWHERE, AT_CHECK), "completed", "completed", "Not well:", "completed"),
    ],
)
async def test_a_failed_item_means_what_the_table_says(
    stage: Stage, changes: tuple[tuple[str, str], ...], fan: str, tell: str, report: str, status: str
) -> None:
    view = await stage.play("fleet", *changes)
    found = words(view)
    assert (view.row.status, found["fan"], found["fan[1].check"]) == (status, fan, "failed")
    assert [found[f"fan[{place}].tell"] for place in (0, 2)] == ["completed", "completed"]
    assert (found["fan[1].tell"] == "completed") == bool(tell)
    assert (found["report"] == "completed") == bool(report)
    if report:
        assert (await stage.output(view, "report")).strip() == report
    assert await stage.output(view, "fan[0].tell") == "web1 is the number 0"
    assert (stage.folder / "web2.version").read_text() == "v2\n"


async def test_a_fast_loop_begins_nothing_after_a_failed_item(stage: Stage) -> None:
    one_at_a_time = ("concurrency: 10}", "fail_fast: true}")
    view = await stage.play("fleet", NOWHERE, one_at_a_time)
    assert (view.row.status, words(view)["fan"], words(view)["fan[0]"]) == ("failed", "failed", "completed")
    assert not (stage.folder / "web2.version").exists()


async def test_items_beside_the_one_that_failed_are_cancelled_in_a_fast_loop(stage: Stage) -> None:
    slow = ("echo v2 >", 'if [ "$HOST" = web1 ]; then sleep 300; fi; echo v2 >')
    view = await stage.play("fleet", NOWHERE, slow, ("concurrency: 10}", "concurrency: 2, fail_fast: true}"))
    assert (view.row.status, words(view)["fan[0].copy"], words(view)["fan[1].check"]) == ("failed", "cancelled", "failed")
    assert not (stage.folder / "web2.version").exists()


async def test_entries_of_a_map_are_gone_through(stage: Stage) -> None:
    assert (await stage.play("services")).outputs == {"said": ["web at 80", "db at 5432"]}


async def test_a_loop_asks_once_and_a_step_in_it_for_each_item(stage: Stage) -> None:
    view = await stage.play("migrate", refused=("Migrate p1?",))
    assert view.row.status == "completed"
    assert stage.asked[0] == "Migrate staging?"
    assert sorted(stage.asked[1:]) == ["Migrate p1?", "Migrate p2?"]
    assert (words(view)["production[0].apply"], words(view)["production[1].apply"]) == ("rejected", "completed")


@pytest.mark.parametrize("refused", ["Migrate staging?", "Migrate p1?"])
async def test_a_no_ends_the_run(stage: Stage, refused: str) -> None:
    view = await stage.play("migrate", ('{title: "Migrate ${{ shard }}?", on_reject: skip}', '"Migrate ${{ shard }}?"'), refused=(refused,))
    assert view.row.status == "rejected"


@pytest.mark.parametrize(
    ("env", "step", "how"), [("test", "quick", "all hosts"), ("stage", "steady", "with care"), ("prod", "careful", "with care")]
)
async def test_one_branch_is_taken(stage: Stage, env: str, step: str, how: str) -> None:
    view = await stage.play("deploy", env=env)
    assert (view.row.status, view.outputs) == ("completed", {"how": how})
    assert [key for key, status in words(view).items() if key.startswith("way.") and key != "way.careful.gate"] == [f"way.{step}"]
    assert stage.asked == (["Deploy to production?"] if env == "prod" else [])


async def test_a_switch_is_skipped_where_no_branch_applies(stage: Stage) -> None:
    otherwise = EXAMPLES["deploy"][EXAMPLES["deploy"].index("      - else:") : EXAMPLES["deploy"].index("    outputs:")]
    view = await stage.play("deploy", (otherwise, ""), ("steps.quick.output != null ? steps.quick.output : ", ""))
    assert (view.row.status, words(view)["way"]) == ("completed", "skipped")


async def test_a_block_repeats_until_it_is_healthy(stage: Stage) -> None:
    view = await stage.play("wait-for-it")
    assert (view.row.status, view.outputs) == ("completed", {"last": "look 3"})
    assert await stage.output(view, "poll#1.check") == "look 1"


@pytest.mark.parametrize(
    ("change", "rounds", "error"),
    [
        (("-ge 3", "-ge 9"), 5, "after 5 rounds it is not done yet"),
        (("        on_failure: continue\n", ""), 1, "Exit code 1: look 1"),
    ],
)
async def test_a_block_that_is_not_healthy_in_time_fails(stage: Stage, change: tuple[str, str], rounds: int, error: str) -> None:
    view = await stage.play("wait-for-it", change)
    assert view.row.status == "failed"
    assert error in view.error
    assert await stage.studio.runs.attempt(view.row.id, f"poll#{rounds}.check") is not None
    assert await stage.studio.runs.attempt(view.row.id, f"poll#{rounds + 1}.check") is None
