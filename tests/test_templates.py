"""Each template does what it says: run through the studio, with real programs and a real git repository."""

from __future__ import annotations

import asyncio
import shlex
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
from pydantic import JsonValue

from oyama_tui.core.views import ApprovalCard, Phase
from oyama_tui.resources import templates_path
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from oyama_tui.studio.workflows import examined

AS_TYPED = ["Fast start", "Say $(touch hacked) `touch hacked`; touch hacked", "Quotes \" and ' and a backslash \\n"]
"""Subjects of commits, with what a shell would run if it ever read them."""


@pytest.fixture
async def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    monkeypatch.delenv("OYAMA_RUN_ID", raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Ana")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "ana@example.org")
    async with open_studio(Settings(home=tmp_path / "home"), drive="all") as opened:
        yield opened


class Repository:
    """A git repository in a folder whose name no careless script survives."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "my project; $(x)"
        self.path.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("Begin")
        self.git("tag", "v0.9.0")
        for subject in AS_TYPED:
            self.commit(subject)

    def git(self, *words: str) -> str:
        done = subprocess.run(["git", "-C", str(self.path), *words], capture_output=True, text=True, timeout=30, check=True)
        return done.stdout.rstrip("\n")

    def commit(self, subject: str) -> None:
        with (self.path / "log.txt").open("a") as file:
            file.write(f"{subject}\n")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", subject)

    @property
    def tags(self) -> list[str]:
        return self.git("tag", "--list").splitlines()


@pytest.fixture
def repository(studio: Studio, tmp_path: Path) -> Repository:
    return Repository(tmp_path)


async def until(studio: Studio, run: str, *phases: Phase) -> None:
    """Wait until a run is in one of these phases; a run that has ended otherwise is told with its output."""
    async with asyncio.timeout(60):
        while True:
            row = (await studio.runs.get(run)).row
            if row.status in phases:
                return
            assert not row.ended, (row.status, row.reason, await outputs(studio, run))
            await asyncio.sleep(0.02)


async def outputs(studio: Studio, run: str) -> dict[str, str]:
    """What each step has written."""
    nodes = (await studio.runs.get(run)).nodes
    found = {node.key: await studio.runs.attempt(run, node.key) for node in nodes}
    return {key: attempt.output for key, attempt in found.items() if attempt is not None}


async def statuses(studio: Studio, run: str) -> dict[str, str]:
    """Where each step is."""
    return {node.key: node.status for node in (await studio.runs.get(run)).nodes}


async def asked(studio: Studio) -> ApprovalCard:
    """The only open approval, once there is one."""
    async with asyncio.timeout(60):
        while not (rows := await studio.approvals.list()):
            await asyncio.sleep(0.02)
    [row] = rows
    return await studio.approvals.get(row.id)


async def approve(studio: Studio) -> ApprovalCard:
    """Wait for a gate and say yes to what it shows."""
    card = await asked(studio)
    assert card.can_approve, card.obstacle
    await studio.approvals.decide(card.row.id, "approve", digest=card.row.digest)
    return card


@pytest.fixture(autouse=True)
def _temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary files").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary files"))


async def start_demo(studio: Studio, folder: Path) -> str:
    """Start the template without its pauses."""
    await studio.workflows.create(folder / "copy" / "demo.yaml", "demo")
    return (await studio.runs.start("demo", {"pace": 0})).id


def test_every_template_is_valid_without_a_doubt() -> None:
    names = sorted(folder.name for folder in templates_path().iterdir() if folder.is_dir() and folder.name != "__pycache__")
    assert names == ["canary-rollout", "demo", "fan-out-check", "incident-runbook", "release", "site-release"]
    for path in (path for name in names for path in sorted((templates_path() / name).glob("*.yaml"))):
        workflow, warnings = examined(path.read_text(), str(path))
        assert workflow.id == path.stem
        assert warnings == ()


async def test_the_demo_asks_at_its_fourth_step_and_publishes_after_a_yes(studio: Studio, tmp_path: Path) -> None:
    run = await start_demo(studio, tmp_path)
    await until(studio, run, "waiting")
    assert list(await statuses(studio, run)) == ["prepare", "build", "check", "publish", "publish.gate", "announce"]
    assert [step.status for step in (await asked(studio)).checked] == ["completed"] * 3
    card = await approve(studio)
    assert (card.row.title, card.row.target, card.row.risk) == ("Publish demo v1", "./site", "normal")
    assert "-<h1>Coming soon</h1>" in card.content.evidence.preview
    assert "+<h1>Demo v1</h1>" in card.content.evidence.preview
    assert [file.path for file in card.content.evidence.files] == ["publish.sh"]
    await until(studio, run, "completed")
    assert (await outputs(studio, run))["publish"] == "Published: site/index.html"
    page = Path(str((await studio.runs.get(run)).outputs["page"]))
    assert "Demo v1" in page.read_text()
    assert [file.name for file in (tmp_path / "copy").iterdir() if file.suffix == ".html"] == []
    assert page.is_relative_to(tmp_path / "temporary files")


async def test_the_demo_publishes_nothing_after_a_no(studio: Studio, tmp_path: Path) -> None:
    run = await start_demo(studio, tmp_path)
    await until(studio, run, "waiting")
    await studio.approvals.decide((await asked(studio)).row.id, "reject", comment="not yet")
    await until(studio, run, "rejected")
    [page] = (tmp_path / "temporary files").glob("*/site/index.html")
    assert "Coming soon" in page.read_text()


async def start_release(studio: Studio, repository: Repository, **inputs: JsonValue) -> str:
    """Start the template on a repository."""
    if not [row for row in await studio.workflows.list() if row.id == "release"]:
        await studio.workflows.create(repository.path.parent / "ops" / "release.yaml", "release")
    given: Mapping[str, JsonValue] = {"version": "v1.0.0", "repository": str(repository.path), **inputs}
    return (await studio.runs.start("release", given)).id


async def test_a_release_is_tagged_with_its_changelog_after_a_yes(studio: Studio, repository: Repository) -> None:
    run = await start_release(studio, repository, tests=f"test -f {shlex.quote('log.txt')}")
    card = await approve(studio)
    await until(studio, run, "completed")
    assert card.row.title == "Tag v1.0.0 on main"
    assert "git tag --annotate --cleanup=verbatim --file=- v1.0.0" in card.content.action
    assert "log.txt" in card.content.evidence.preview
    message = repository.git("tag", "--list", "--format=%(contents)", "v1.0.0")
    for subject in AS_TYPED:
        assert f"- {subject} (" in message
        assert f"- {subject} (" in card.content.evidence.preview
    assert "Begin" not in message
    assert repository.git("rev-parse", "v1.0.0^0") == repository.git("rev-parse", "HEAD")
    assert repository.git("cat-file", "-t", "v1.0.0") == "tag"
    assert sorted(file.name for file in repository.path.iterdir()) == [".git", "log.txt"]
    assert (await statuses(studio, run))["tests"] == "completed"


async def test_no_tag_is_made_after_a_no(studio: Studio, repository: Repository) -> None:
    run = await start_release(studio, repository)
    await until(studio, run, "waiting")
    await studio.approvals.decide((await asked(studio)).row.id, "reject", comment="wrong version")
    await until(studio, run, "rejected")
    assert repository.tags == ["v0.9.0"]


async def test_a_commit_after_the_question_asks_again_and_is_no_part_of_the_release(studio: Studio, repository: Repository) -> None:
    run = await start_release(studio, repository)
    await until(studio, run, "waiting")
    first, checked = await asked(studio), repository.git("rev-parse", "HEAD")
    repository.commit("Too late")
    await studio.approvals.decide(first.row.id, "approve", digest=first.row.digest)
    await asked(studio)
    assert repository.tags == ["v0.9.0"]
    again = await approve(studio)
    assert again.row.id != first.row.id
    assert "More was committed" in again.content.evidence.preview
    await until(studio, run, "completed")
    assert repository.git("rev-parse", "v1.0.0^0") == checked


@pytest.mark.parametrize(
    ("spoil", "inputs", "step", "told"),
    [
        (lambda repository: (repository.path / "new file").write_text("x"), {}, "tree", "new file"),
        (lambda repository: repository.git("tag", "v1.0.0"), {}, "tree", "exists already"),
        (lambda repository: repository.git("switch", "--quiet", "--create", "side"), {}, "branch", "is on side"),
        (lambda repository: repository.git("switch", "--quiet", "--detach"), {}, "branch", "is on no branch"),
        (lambda repository: repository.git("tag", "v0.9.1"), {}, "changelog", "nothing new since v0.9.1"),
        (lambda repository: None, {"tests": "false ; touch hacked"}, "tests", ""),
        (lambda repository: None, {"branch": "$(touch hacked)"}, "branch", "releases are made from $(touch hacked)"),
    ],
)
async def test_a_release_stops_before_it_asks(
    studio: Studio, repository: Repository, spoil: Callable[[Repository], object], inputs: dict[str, JsonValue], step: str, told: str
) -> None:
    spoil(repository)
    tags = repository.tags
    run = await start_release(studio, repository, **inputs)
    await until(studio, run, "failed")
    assert (await statuses(studio, run))[step] == "failed"
    assert told in (await outputs(studio, run))[step]
    assert repository.tags == tags
    assert not (repository.path / "hacked").exists()


async def test_the_first_release_of_a_repository_lists_everything(studio: Studio, repository: Repository) -> None:
    repository.git("tag", "--delete", "v0.9.0")
    run = await start_release(studio, repository)
    await approve(studio)
    await until(studio, run, "completed")
    assert "- Begin (" in repository.git("tag", "--list", "--format=%(contents)", "v1.0.0")


async def test_a_tag_that_an_interrupted_attempt_has_made_is_as_good(studio: Studio, repository: Repository) -> None:
    run = await start_release(studio, repository)
    await until(studio, run, "waiting")
    repository.git("tag", "--annotate", "--message", "made before the attempt could be recorded", "v1.0.0")
    await approve(studio)
    await until(studio, run, "completed")
    assert "exists" in (await outputs(studio, run))["tag"]


async def test_a_fan_out_goes_through_every_file_and_tells_which_do_not_pass(studio: Studio, repository: Repository) -> None:
    bad = {"grüße $(touch hacked).txt": "<<<<<<< ours\n=======\n>>>>>>> theirs\n", "trailing.txt": "white space  \n"}
    for name, text in {**bad, ":(exclude)* with spaces.txt": "fine\n", "empty": ""}.items():
        (repository.path / name).write_text(text)
    repository.git("add", "--all")
    (repository.path / "not in git.txt").write_text("trailing \n")
    await studio.workflows.create(repository.path.parent / "ops" / "fan-out-check.yaml", "fan-out-check")
    run = (await studio.runs.start("fan-out-check", {"repository": str(repository.path)})).id
    await until(studio, run, "failed")
    view = await studio.runs.get(run)
    assert (view.outputs, view.error_node) == ({}, "summary")
    items = {node.name: node.status for node in view.nodes if node.kind == "item"}
    assert items == {
        ":(exclude)* with spaces.txt": "completed",
        "empty": "completed",
        "grüße $(touch hacked).txt": "failed",
        "log.txt": "completed",
        "trailing.txt": "failed",
    }
    said = await outputs(studio, run)
    assert said["summary"].splitlines() == ["Not fine, of 5 files:", *bad]
    assert "leftover conflict marker" in said["each[2].check"]
    assert "trailing whitespace" in said["each[4].check"]
    assert not list(repository.path.parent.rglob("hacked"))


@pytest.mark.parametrize(("only", "number"), [("*.txt", 1), ("*.py", 0)])
async def test_a_fan_out_over_files_that_pass_completes_even_without_any(
    studio: Studio, repository: Repository, only: str, number: int
) -> None:
    await studio.workflows.create(repository.path.parent / "ops" / "fan-out-check.yaml", "fan-out-check")
    run = (await studio.runs.start("fan-out-check", {"repository": str(repository.path), "only": only})).id
    await until(studio, run, "completed")
    assert (await studio.runs.get(run)).outputs == {"checked": number}
    assert f"All of {number} files are fine." in (await outputs(studio, run))["summary"]


@pytest.fixture
async def rollout(studio: Studio, tmp_path: Path) -> str:
    """A rollout that waits at the gate of its second wave; `share` and `errors` lie beside the definition."""
    await studio.workflows.create(tmp_path / "ops" / "canary-rollout.yaml", "canary-rollout")
    run = (await studio.runs.start("canary-rollout", {"version": "v2; $(touch hacked)"})).id
    await asked(studio)
    return run


async def test_a_rollout_asks_before_each_wave_but_the_first(studio: Studio, tmp_path: Path, rollout: str) -> None:
    share = tmp_path / "ops" / "share"
    assert share.read_text() == "v2; $(touch hacked) 5\n"
    looked = await studio.runs.attempt(rollout, "rollout#1.watch#2.look")
    assert looked is not None
    assert looked.output == "0 errors"
    for node, wave in (("rollout#2.wave.widen.gate", 25), ("rollout#3.wave.widen.gate", 100)):
        card = await approve(studio)
        assert (card.row.node, card.row.title) == (node, f"Give v2; $(touch hacked) to {wave} of 100 users")
        assert card.content.evidence.preview == share.read_text().rstrip("\n")
    await until(studio, rollout, "completed")
    assert share.read_text() == "v2; $(touch hacked) 100\n"
    assert (await studio.runs.get(rollout)).outputs == {"errors": "0"}
    assert not list(tmp_path.rglob("hacked"))


async def test_a_bad_wave_stops_the_rollout(studio: Studio, tmp_path: Path, rollout: str) -> None:
    (tmp_path / "ops" / "errors").write_text("4\n")
    await approve(studio)
    await until(studio, rollout, "failed")
    found = await statuses(studio, rollout)
    assert found["rollout#2.watch#1.look"] == "failed"
    assert not [key for key in found if key.startswith(("rollout#2.watch#2", "rollout#3"))]
    assert (tmp_path / "ops" / "share").read_text() == "v2; $(touch hacked) 25\n"


async def test_a_no_keeps_the_wave_that_is_out(studio: Studio, tmp_path: Path, rollout: str) -> None:
    await studio.approvals.decide((await asked(studio)).row.id, "reject", comment="too early")
    await until(studio, rollout, "rejected")
    assert (tmp_path / "ops" / "share").read_text() == "v2; $(touch hacked) 5\n"


async def start_site(studio: Studio, repository: Repository, **inputs: JsonValue) -> str:
    """Start the template that publishes a site into the folder `public site`."""
    await studio.workflows.create(repository.path.parent / "ops" / "site-release.yaml", "site-release")
    target = str(repository.path.parent / "public $(touch hacked) site")
    return (await studio.runs.start("site-release", {"repository": str(repository.path), "target": target, **inputs})).id


async def test_a_site_is_checked_and_published_by_two_runs_after_a_yes(studio: Studio, repository: Repository) -> None:
    run = await start_site(studio, repository)
    first = await asked(studio)
    checked = repository.git("rev-parse", "HEAD")
    assert first.row.run_way == "site-release #1 › publish › site-publish #1"
    assert first.content.evidence.preview.splitlines()[1:] == ["./log.txt"]
    repository.commit("Too late")
    await approve(studio)
    await until(studio, run, "completed")
    view = await studio.runs.get(run)
    assert view.outputs == {"commit": checked, "files": "1"}
    published = repository.path.parent / "public $(touch hacked) site"
    assert (published / "log.txt").read_text() == repository.git("show", f"{checked}:log.txt") + "\n"
    assert [node.child_run for node in view.nodes] == ["site-check #1", "site-publish #1", ""]
    assert not list(repository.path.parent.rglob("hacked"))


async def test_no_site_is_published_after_a_no_and_the_run_says_who_said_it(studio: Studio, repository: Repository) -> None:
    run = await start_site(studio, repository)
    card = await asked(studio)
    await studio.approvals.decide(card.row.id, "reject", comment="not yet")
    await until(studio, run, "failed")
    assert (await studio.runs.get(run)).row.reason == f"publish: site-publish #1 was rejected by {studio.principal.name}: not yet"
    assert not (repository.path.parent / "public $(touch hacked) site").exists()


@pytest.mark.parametrize(
    ("spoil", "inputs", "told"),
    [
        (lambda repository: None, {"commit": "--all $(touch hacked)"}, "The repository has no commit --all $(touch hacked)."),
        (lambda repository: repository.commit("<<<<<<< ours"), {}, "These lines are left of a merge."),
    ],
)
async def test_a_site_that_does_not_pass_its_check_is_not_staged(
    studio: Studio, repository: Repository, spoil: Callable[[Repository], object], inputs: dict[str, JsonValue], told: str
) -> None:
    spoil(repository)
    run = await start_site(studio, repository, **inputs)
    await until(studio, run, "failed")
    [check] = await studio.runs.list(parent=run)
    assert check.workflow_id == "site-check"
    assert told in "".join((await outputs(studio, check.id)).values())
    assert (await studio.runs.get(run)).row.reason.startswith("check: site-check #1 failed: ")
    assert not list(repository.path.parent.rglob("hacked"))
