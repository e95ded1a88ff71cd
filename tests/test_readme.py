"""What the documents say is so: commands exist, links lead somewhere, definitions are valid."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from oyama_tui.cli.app import MODULES
from oyama_tui.core.definition.loading import load_with_warnings
from oyama_tui.settings import Settings
from oyama_tui.studio import open_studio

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
FENCED = re.compile(r"^(?P<mark><!-- \w+ -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
COMMAND = re.compile(r"(?:^\$ |^|`)oyama(?: (?P<word>[a-z-]+))?(?=[\s`]|$)", re.MULTILINE)


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """The language and the text of each fenced block."""
    for found in FENCED.finditer(page.read_text(encoding="utf-8")):
        yield found["language"], found["text"]


def anchors(page: Path) -> set[str]:
    """The names of a page's headings, as links name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for found in LINK.finditer(page.read_text(encoding="utf-8")):
        target, _, anchor = found["target"].partition("#")
        if target.startswith("https://"):
            continue
        place = (page.parent / target).resolve() if target else page
        assert place.exists(), f"{page.name}: {found['target']}"
        assert place.is_relative_to(ROOT)
        if anchor:
            assert anchor in anchors(place), f"{page.name}: {found['target']}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_definitions_are_valid_without_a_doubt(page: Path) -> None:
    for language, text in blocks(page):
        if language == "yaml" and re.search(r"^steps:", text, re.MULTILINE):
            _, warnings = load_with_warnings(text, f"{page.stem}.yaml")
            assert warnings == (), (page.name, warnings)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_exist(page: Path) -> None:
    if "decisions" in page.parts:
        return
    for found in COMMAND.finditer(page.read_text(encoding="utf-8")):
        word = found["word"]
        assert word is None or word.startswith("-") or word in MODULES, f"{page.name}: oyama {word}"


async def test_the_first_workflow_does_what_the_readme_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OYAMA_RUN_ID", raising=False)
    [text] = [text for language, text in blocks(ROOT / "README.md") if language == "yaml"]
    (tmp_path / "publish.yaml").write_text(text, encoding="utf-8")
    async with open_studio(Settings(home=tmp_path / "home"), drive="all") as studio, asyncio.timeout(60):
        run = (await studio.runs.start(str(tmp_path / "publish.yaml"), {})).id
        while not (asked := await studio.approvals.list()):
            await asyncio.sleep(0.02)
        card = await studio.approvals.get(asked[0].id)
        assert (card.row.title, card.row.target) == ("Publish the page", "site")
        assert card.content.evidence.preview == "Only in build: index.html"
        await studio.approvals.decide(card.row.id, "approve", digest=card.row.digest)
        while not (row := (await studio.runs.get(run)).row).ended:
            await asyncio.sleep(0.02)
        assert row.status == "completed", row.reason
    assert (tmp_path / "site" / "index.html").is_file()


def test_pictures_are_small() -> None:
    pictures = [path for path in (ROOT / "docs" / "images").iterdir() if path.is_file()]
    assert pictures
    assert all(path.stat().st_size < 200_000 for path in pictures)


def marked(name: str) -> str:
    """The code block below `<!-- name -->` in the README."""
    texts = [
        found["text"]
        for found in FENCED.finditer((ROOT / "README.md").read_text(encoding="utf-8"))
        if found["mark"] == f"<!-- {name} -->\n"
    ]
    assert len(texts) == 1
    return texts[0]


def test_the_tests_and_the_demo_start_with_one_line_each() -> None:
    [tests] = marked("tests").splitlines()
    [demo] = marked("demo").splitlines()
    for line, end in ((tests, ".venv/bin/pytest -n 3"), (demo, ".venv/bin/oyama demo")):
        assert line.startswith("python3 -m venv .venv && .venv/bin/pip install ")
        assert line.endswith(f" && {end}")
        subprocess.run(["bash", "-n", "-c", line], check=True, timeout=10)


def test_the_check_of_everything_has_no_copy_of_the_test_command() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "pytest" not in script
    subprocess.run(["bash", "-n", "-c", script], check=True, timeout=10)
