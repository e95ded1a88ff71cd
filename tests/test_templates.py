"""Each template does what it says: run through the studio, with real programs and a real git repository."""

from __future__ import annotations

import asyncio
import shlex
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
from pydantic import JsonValue

from oyama_tui.core.definition.loading import load_with_warnings
from oyama_tui.core.views import ApprovalCard, Phase
from oyama_tui.resources import templates_path
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio

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
    """The only open approval."""
    [row] = await studio.approvals.list()
    return await studio.approvals.get(row.id)


async def approve(studio: Studio, run: str) -> ApprovalCard:
    """Wait for the gate and say yes to what it shows."""
    await until(studio, run, "waiting")
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
    assert names == ["demo", "release"]
    for name in names:
        path = templates_path() / name / f"{name}.yaml"
        workflow, warnings = load_with_warnings(path.read_text(), str(path))
        assert workflow.id == name
        assert warnings == ()


async def test_the_demo_asks_at_its_fourth_step_and_publishes_after_a_yes(studio: Studio, tmp_path: Path) -> None:
    run = await start_demo(studio, tmp_path)
    await until(studio, run, "waiting")
    assert list(await statuses(studio, run)) == ["prepare", "build", "check", "publish", "publish.gate", "announce"]
    assert [step.status for step in (await asked(studio)).checked] == ["completed"] * 3
    card = await approve(studio, run)
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
    card = await approve(studio, run)
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
    async with asyncio.timeout(30):
        while not await studio.approvals.list():
            await asyncio.sleep(0.02)
    assert repository.tags == ["v0.9.0"]
    again = await approve(studio, run)
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
    await approve(studio, run := await start_release(studio, repository))
    await until(studio, run, "completed")
    assert "- Begin (" in repository.git("tag", "--list", "--format=%(contents)", "v1.0.0")


async def test_a_tag_that_an_interrupted_attempt_has_made_is_as_good(studio: Studio, repository: Repository) -> None:
    run = await start_release(studio, repository)
    await until(studio, run, "waiting")
    repository.git("tag", "--annotate", "--message", "made before the attempt could be recorded", "v1.0.0")
    await approve(studio, run)
    await until(studio, run, "completed")
    assert "exists" in (await outputs(studio, run))["tag"]
