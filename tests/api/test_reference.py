"""What docs/WORKFLOW_API.md shows is so: its commands run against a real server, one after another, and are answered as it says."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from tests.api.program import Serving
from tests.test_readme import ROOT, blocks

PAGE: Final = ROOT / "docs" / "WORKFLOW_API.md"
ANYTHING: Final = "…"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Serving]:
    with closing(Serving(tmp_path)) as made:
        made.start()
        yield made


def differences(shown: Any, found: Any, way: str = "") -> Iterator[str]:
    """Where an answer is not as it is shown; an ellipsis stands for anything, and what is shown of a part need not be all of it."""
    if shown == ANYTHING:
        return
    if isinstance(shown, dict) and isinstance(found, dict):
        for name in shown:
            if name not in found:
                yield f"{way}.{name} is not there"
            else:
                yield from differences(shown[name], found[name], f"{way}.{name}")
        if not way:
            yield from (f"{name} is not shown" for name in found.keys() - shown.keys())
    elif isinstance(shown, list) and isinstance(found, list) and len(shown) == len(found):
        for place, (one, other) in enumerate(zip(shown, found, strict=True)):
            yield from differences(one, other, f"{way}[{place}]")
    elif shown != found:
        yield f"{way}: {shown!r} is shown, {found!r} is there"


def test_the_commands_of_the_page_are_answered_as_it_says(server: Serving) -> None:
    listed = [(language, text) for language, text in blocks(PAGE) if language in ("sh", "json")]
    env = {**server.env, "API": f"{server.url}/api", "TOKEN": server.token}
    checked = 0
    for (language, text), (follows, answer) in zip(listed, [*listed[1:], ("", "")], strict=True):
        if language != "sh":
            continue
        ran = subprocess.run(["/bin/sh", "-eu", "-c", text], env=env, cwd=server.folder, capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, text + ran.stderr
        if follows == "json":
            checked += 1
            assert list(differences(json.loads(answer), json.loads(ran.stdout))) == [], text
    assert checked >= 5


def test_every_endpoint_is_on_the_page(server: Serving) -> None:
    with server.client() as client:
        paths = client.get("/openapi.json").json()["paths"]
    text = PAGE.read_text()
    for path, operations in paths.items():
        shown = re.sub(r"\{\w+\}", "{", path.removeprefix("/api"))
        assert shown in re.sub(r"\{\w+\}", "{", text), path
        for method in operations:
            assert re.search(rf"{method.upper()}\b", text), f"{method} {path}"
