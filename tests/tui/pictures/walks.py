"""Which pictures there are: each walk begins with fresh screens and takes some on its way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from tests.tui.pictures.frame import Photographer, photographer

Walk = Callable[[Photographer], Awaitable[None]]
Size = tuple[int, int]
WIDE: Final[Size] = (160, 50)
USUAL: Final[Size] = (120, 36)
SMALL: Final[Size] = (80, 24)
NARROW: Final[Size] = (60, 20)


async def lists(p: Photographer) -> None:
    """The screens as they are at first."""
    await p.sees("Ingest warehouse")
    await p.take("workflows")
    for key, name, beside in (
        ("2", "runs", ""),
        ("3", "approvals", ""),
        ("4", "history", "train_model-1"),
        ("]", "past approvals", "terraform #3"),
        ("0", "home", "LAST 24 HOURS"),
    ):
        await p.press(key)
        await p.sees(beside if p.columns >= USUAL[0] else "")
        await p.take(name)
    if p.columns >= SMALL[0]:
        await p.press("w")
        await p.sees("LAST 7 DAYS")
        await p.take("home week")


async def filters(p: Photographer) -> None:
    """Lists with a filter, one that fits nothing among them."""
    await p.press("s")
    await p.take("workflows sorted otherwise")
    await p.press("2")
    await p.filter("deploy")
    await p.take("runs filtered")
    await p.press("3")
    await p.filter("nothing is called so")
    await p.take("approvals nothing fits")
    await p.press("escape", "s")
    await p.take("approvals sorted otherwise")
    await p.press("4")
    await p.filter("status:failed")
    await p.take("history filtered")


async def help_and_palette(p: Photographer) -> None:
    """Every key, and everything that can be found."""
    await p.press("?")
    await p.take("help workflows")
    await p.press("escape", "3", "?")
    await p.take("help approvals")
    await p.press("escape", ":")
    await p.take("palette")
    await p.type("release")
    await p.take("palette release")


async def tabs(p: Photographer) -> None:
    """A run with many steps under way, with each of its tabs."""
    await p.open("ingest_warehouse #6")
    await p.take("run of 40 steps")
    await p.press("g", "j", "j")
    if p.columns < SMALL[0]:
        await p.press("enter")
    told = {"output": "orders@replica-2", "in and out": "/bin/sh", "context": "No variables", "events": "schema  starts"}
    for name, words in told.items():
        await p.sees(words)
        await p.take(f"run tab {name}")
        if name == "context":
            await p.press("C")
            await p.take("dialog variable")
            await p.close()
        await p.press("]")


async def live_runs(p: Photographer, *names: str) -> None:
    """Runs that go on, one after another."""
    for name in names:
        await p.open(name)
        await p.sees(WRITTEN.get(name, ""))
        await p.take(f"run {name.replace(' #', ' ')}")


async def shapes(p: Photographer) -> None:
    """Runs as a graph and along time, and workflows as cards."""
    await p.press("v")
    await p.take("workflows as cards")
    for name in ("deploy_web #7", "ingest_warehouse #6"):
        await p.open(name)
        await p.press("v")
        await p.take(f"graph {name.replace(' #', ' ')}")
        await p.press("v")
        await p.take(f"time {name.replace(' #', ' ')}")
    await p.find("release #3")
    await p.press("v", "v")
    await p.take("time release 3")


async def one_workflow(p: Photographer) -> None:
    """A workflow's own screen with all its panes, and two of its runs beside each other."""
    await p.look_into("deploy_web")
    for name, words in (
        ("runs", "in #7"),
        ("steps", "after checkout"),
        ("text", "id: deploy_web"),
        ("revisions", "kept now"),
        ("figures", "half within"),
    ):
        await p.sees(words)
        await p.take(f"workflow {name}")
        await p.press("]")
    await p.press("h", "h", "d")
    await p.sees("came to the same")
    await p.take("two runs compared")
    await p.press("v")
    await p.sees("all steps are shown")
    await p.take("two runs compared whole")


async def other_workflows(p: Photographer) -> None:
    """One of 40 steps, one with failures, one that has not run."""
    for workflow, words in (("ingest_warehouse", "in #6"), ("dependency_bump", "in #3"), ("seed_demo", "It has not run yet")):
        await p.look_into(workflow)
        await p.sees(words)
        await p.take(f"workflow {workflow}")
        await p.press("escape")


async def runs_that_are_over(p: Photographer) -> None:
    """Runs of every kind that are over, one after another."""
    for name in ("restore_drill #2", "dependency_bump #3", "release #3", "monthly_invoices #2", "newsletter #1", "terraform #3"):
        await p.find(name)
        await p.sees(WRITTEN.get(name, ""))
        await p.take(f"run {name.replace(' #', ' ')}")


async def cards(p: Photographer, *questions: str) -> None:
    """The cards of questions, one after another."""
    await p.press("3")
    for words in questions:
        await p.question(words)
        await p.take(f"card {words}")
    await p.question("release")
    await p.press("enter", "ctrl+d")
    await p.take("card release read on")
    await p.press("d")
    await p.take("difference")


async def answers(p: Photographer, **keys: str) -> None:
    """What keys on a question open: some keys by what stands in the question."""
    await p.press("3")
    for words, pressed in keys.items():
        await p.question(words)
        for key in pressed:
            await p.looked_at()
            await p.press(key)
            await p.take(f"dialog {key} {words}".replace("@", "at").replace("+", "plus"))
            await p.close()
    await p.question("openssl")
    await p.press("*")
    await p.take("approvals marked")
    await p.press("a")
    await p.take("dialog many")


async def workflow_dialogs(p: Photographer) -> None:
    """What keys open on the workflows."""
    for words, key in (
        ("release", "r"),
        ("cleanup", "r"),
        ("release", "n"),
        ("release", "o"),
        ("ci_checks", "D"),
    ):
        await p.filter(words)
        await p.press(key)
        await p.take(f"dialog workflow {words} {key}")
        await p.close()
        await p.press("escape")


async def run_dialogs(p: Photographer, over: Mapping[str, str], live: Mapping[str, str]) -> None:
    """What keys open on runs: some keys by the name of a run."""
    for go, wanted in ((p.find, over), (p.open, live)):
        for name, keys in wanted.items():
            await go(name)
            await p.sees(WRITTEN.get(name, ""))
            for key in keys:
                await p.press(key)
                await p.take(f"dialog run {name.replace(' #', ' ')} {key}")
                await p.close()


async def marked_runs(p: Photographer) -> None:
    """Several runs at once."""
    await p.press("2")
    await p.sees("release #5")
    await p.press("space", "j", "j", "space")
    await p.sees("2 marked")
    await p.take("runs marked")
    await p.press("*")
    await p.sees("20 marked")
    await p.press("X")
    await p.take("dialog runs marked")


async def past(p: Photographer) -> None:
    """A run as it was."""
    await p.find("release #3")
    await p.press("t")
    await p.take("past")
    await p.press("H")
    await p.take("past last mark")
    await p.press("H", "H")
    await p.take("past third mark")
    await p.press("?")
    await p.take("help past")


async def records(p: Photographer) -> None:
    """The history with its details, and past approvals."""
    await p.press("4")
    for name in ("release 4", "deploy_web 3", "restore_drill 2"):
        await p.filter(name.replace(" ", " #"))
        await p.press("enter")
        await p.sees(f"{name.partition(' ')[0]}-1")
        await p.take(f"record {name}")
        await p.press("escape", "escape", "escape")
    await p.press("]")
    for words, told in (("v2.3.8", "deploy_web #3"), ("status:expired", "cleanup #1")):
        await p.filter(words)
        await p.press("enter")
        await p.sees(told)
        await p.take(f"past approval {words.replace(':', ' ')}")
        await p.press("escape", "escape", "escape")


KINDS: Final = (
    "v2.4.0-hotfix",
    "images",
    "terraform",
    "release",
    "docs",
    "traffic",
    "openssl",
    "newsletter",
    "partitions",
    "signing",
    "archive",
)
"""A word of each question, the last ones of a kind that no other one has."""
FEW: Final = ("release", "newsletter", "partitions")
LIVE: Final = (
    "train_model #1",
    "load_test #2",
    "sync_crm #3",
    "nightly_backup #9",
    "canary #2",
    "incident #2",
    "release #5",
    "patch_hosts #2",
    "compliance_evidence #1",
    "migrate_db #1",
)
WRITTEN: Final = {
    "ingest_warehouse #6": "merged",
    "train_model #1": "epoch 11/40",
    "load_test #2": "950/2000",
    "sync_crm #3": "429",
    "nightly_backup #9": "Checks:",
    "migrate_db #1": "4,811,000",
    "restore_drill #2": "not available",
    "dependency_bump #3": "1 failed",
    "deploy_web #5": "48,120",
}
"""What has been written by the step under the cursor, where that is shown at first: it is read after everything else."""
ANSWERS: Final = {"images": "arc@z+X", "partitions": "a", "terraform": "a", "newsletter": "abe", "traffic": "ar", "docs": "a"}
OVER_KEYS: Final = {"release #4": "rUFE", "deploy_web #5": "U", "restore_drill #2": "RF"}
LIVE_KEYS: Final = {"train_model #1": "X", "incident #2": "S", "release #5": "a"}
WALKS: Final[Mapping[str, tuple[tuple[Size, ...], Walk]]] = {
    "lists": ((USUAL, SMALL, WIDE, NARROW), lists),
    "filters": ((USUAL,), filters),
    "help": ((USUAL, SMALL), help_and_palette),
    "tabs": ((USUAL, SMALL, WIDE, NARROW), tabs),
    "one workflow": ((USUAL, SMALL, WIDE, NARROW), one_workflow),
    "other workflows": ((USUAL,), other_workflows),
    "live runs": ((USUAL,), lambda p: live_runs(p, *LIVE)),
    "shapes": ((USUAL, SMALL, WIDE, NARROW), shapes),
    "some live runs": ((SMALL,), lambda p: live_runs(p, *LIVE[::3])),
    "runs that are over": ((USUAL,), runs_that_are_over),
    "cards": ((USUAL,), lambda p: cards(p, *KINDS)),
    "many cards": ((SMALL,), lambda p: cards(p, *KINDS[1::2])),
    "some cards": ((WIDE, NARROW), lambda p: cards(p, *FEW)),
    "answers": ((USUAL,), lambda p: answers(p, **ANSWERS)),
    "some answers": ((SMALL,), lambda p: answers(p, images="a", partitions="a", newsletter="e")),
    "workflow dialogs": ((USUAL,), workflow_dialogs),
    "run dialogs": ((USUAL,), lambda p: run_dialogs(p, OVER_KEYS, LIVE_KEYS)),
    "some run dialogs": ((SMALL,), lambda p: run_dialogs(p, {"release #4": "rUF"}, {})),
    "marked runs": ((USUAL, SMALL, NARROW), marked_runs),
    "past": ((USUAL, SMALL), past),
    "records": ((USUAL, SMALL), records),
}
"""By name: at which sizes, columns and rows, and how it goes."""


async def pictures_of(folder: Path, name: str, size: Size) -> dict[str, str]:
    """Take the pictures of a walk.

    Args:
        folder: Of the database.
        name: The walk.
        size: Columns and rows.

    Returns:
        The texts by the names of their files.
    """
    async with photographer(folder, size) as taking:
        await WALKS[name][1](taking)
    columns, rows = size
    return {f"{what.replace(' ', '_')}-{columns}x{rows}.txt": text for what, text in taking.pictures.items()}
