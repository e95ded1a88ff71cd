"""What programs have sent over the API is shown as text: on every screen, and by the commands that list and show."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.core.storable import is_whole
from oyama_tui.settings import Settings
from tests.api.conftest import Api, served
from tests.reliability.hostile import check_harmless, harmless_texts, hostile_strings, sequences
from tests.reliability.program import ForkServer, Launcher
from tests.reliability.terminal import Terminal

NUMBER = 300
TOGETHER = 10
COLUMNS, ROWS = 200, 120
TITLE = re.compile(r"\x1b\]2;◆\d+ oyama\x07")
"""What the window is called while so many questions are open."""
NEXT = "\x1b[6~"
SCREENS: Sequence[tuple[str, str, Sequence[str]]] = (
    ("1", "stored here", [NEXT] * 4),
    ("4", "decided by", [NEXT]),
    ("]", "answer", [NEXT]),
    ("3", "Checked by Oyama", "jjjjjjjj"),
    ("2", "steps  why", ""),
    ("\r", "In/Out", "]]]"),
)
"""A key, what its screen shows, and the keys that are pressed there."""
FLOW: dict[str, Any] = {
    "type": "parallel",
    "inputs": {f"t{place}": {"type": "string"} for place in range(TOGETHER)},
    "stages": [
        {"id": "keep", "set": {f"k{place}": f"${{{{ inputs.t{place} }}}}" for place in range(TOGETHER)}},
        {"id": "say", "run": "cat", "stdin": "".join(f"${{{{ inputs.t{place} }}}}\n" for place in range(TOGETHER))},
        {"id": "fail", "run": "cat >&2; exit 3", "stdin": "${{ inputs.t0 }}", "on_failure": "continue"},
        *(
            {
                "id": f"g{place}",
                "gate": {
                    "title": f"Do ${{{{ inputs.t{place} }}}}",
                    "prompt": f"**This** is ${{{{ inputs.t{(place + 1) % TOGETHER} }}}}",
                    "target": f"${{{{ inputs.t{(place + 2) % TOGETHER} }}}}",
                    "form": {"why": {"type": "string"}},
                    "on_reject": "skip",
                },
            }
            for place in range(TOGETHER)
        ),
    ],
}


async def fill(home: Path, texts: Sequence[str]) -> list[str]:
    """Have all texts stored by the API wherever it keeps any; the runs that have them."""
    async with served(Settings(home=home, grace=0.2)) as api:
        for number, text in enumerate(texts):
            # Not every text can be every part of a definition: what is refused is not there to be shown.
            for given in ({"name": text, "description": text}, {"name": text}, {"description": text}, {"context": {"v": text}}):
                stages = [{"id": "a", "name": given.get("name", "a"), "run": "true"}]
                made = await api.client.post("/api/workflows", json={"id": f"w{number}", "stages": stages, **given})
                if made.status_code == 201:
                    break
        await api.json("POST", "/api/workflows", json={"id": "data", "name": "Data", **FLOW}, status=201)
        runs = [await begun(api, texts[start : start + TOGETHER]) for start in range(0, len(texts), TOGETHER)]
        for number, run_id in enumerate(runs):
            await say(api, run_id, number, texts[number * TOGETHER :][:TOGETHER])
        return runs


async def begun(api: Api, texts: Sequence[str]) -> str:
    """A run with several texts that asks, and has changed variables."""
    given = {f"t{place}": text for place, text in enumerate(texts)}
    run = await api.json("POST", "/api/workflows/execute", json={"workflowId": "data", "input": given}, status=202)
    run_id = str(run["stateId"])
    await api.until(f"/api/workflows/state?stateId={run_id}", lambda page: page["items"][0]["shown"] == "waiting")
    changed = {f"v{place}": {text: text} for place, text in enumerate(texts)}
    await api.json("PATCH", "/api/workflows/state", json={"stateId": run_id, "action": "updateContext", "context": changed})
    return run_id


async def say(api: Api, run_id: str, number: int, texts: Sequence[str]) -> None:
    """Answer half of a run's questions with texts, and pause it with one, or cancel it."""
    page = await api.json("GET", "/api/workflows/approvals", params={"workflowId": "data", "limit": 500})
    asked = [one["gateId"] for one in page["items"] if one["stateId"] == run_id]
    for place, (gate, text) in enumerate(zip(asked, texts[::2], strict=False)):
        decision: dict[str, Any] = {"approved": place % 2 == 0, "comment": text, "metadata": {text: text}}
        form = {"form": {"why": text}} if decision["approved"] else {}
        await api.client.post("/api/workflows/approvals", json={"gateId": gate, "userId": text[:300], "decision": {**decision, **form}})
    wish = {"action": "updateStatus", "status": "failed"} if number % 3 else {"action": "pause"}
    await api.client.patch("/api/workflows/state", json={"stateId": run_id, "reason": texts[-1], **wish})


def tell(launcher: Launcher, runs: Sequence[str]) -> bytes:
    """What the commands write to a terminal."""
    written = []
    for words in ("list", "runs", "approvals", "history", *(f"show {run}" for run in runs)):
        with closing(Terminal(launcher, *words.split(), columns=COLUMNS, rows=ROWS, draw=False)) as terminal:
            assert terminal.wait() == 0, bytes(terminal.raw[-2000:])
            written.append(bytes(terminal.raw))
    return b"".join(written)


def show(launcher: Launcher) -> bytes:
    """What the screens write to a terminal, from the first rows of each to later ones."""
    with closing(Terminal(launcher, columns=COLUMNS, rows=ROWS, env={"OYAMA_BELL": "0"})) as terminal:
        terminal.shows("Approvals")
        for key, words, then in SCREENS:
            terminal.type(key)
            terminal.shows(words)
            for one in then:
                terminal.type(one)
                while terminal.pump(0.2):
                    continue
        terminal.send(signal.SIGTERM)
        terminal.wait()
        return bytes(terminal.raw)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_what_the_api_has_stored_is_shown_as_text(
    tmp_path: Path, server: ForkServer, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = [text for text in hostile_strings(seed, NUMBER) if is_whole(text)]
    written: list[bytes] = []
    for name, texts in (("harmless", [text.decode() for text in harmless_texts(2 * TOGETHER)]), ("hostile", hostile)):
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.chdir(folder)
        with closing(Launcher(folder, server)) as launcher:
            runs = await fill(launcher.home, texts)
            written += [tell(launcher, runs), show(launcher)]
    known = sequences(b"".join(written[:2]))
    for shown in written[2:]:
        check_harmless(shown, known | {found for found in sequences(shown) if TITLE.fullmatch(found)})
        assert shown.decode().count("␛") > 100
    assert not list(tmp_path.rglob("pwned"))
