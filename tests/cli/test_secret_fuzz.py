"""Whatever a step does with its secrets, no piece of them is in the database, in logs, or in what any command or screen shows.

`OYAMA_SECRET_ROUNDS` and `OYAMA_SECRET_SEED` choose how much is tried, and what.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import re
import shutil
import string
import sys
from pathlib import Path
from typing import Any

import pytest
import re2

from oyama_tui.settings import Settings
from oyama_tui.studio import open_studio
from oyama_tui.tui.app import OyamaApp
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.widgets.pager import Pager
from oyama_tui.tui.widgets.reading import ReadText
from tests.cli.program import Oyama
from tests.tui.scene import shown, until

ROUNDS = int(os.environ.get("OYAMA_SECRET_ROUNDS", "25"))
SEED = int(os.environ.get("OYAMA_SECRET_SEED", "3"))
STEPS = 25
"""Rounds in one run; each has a step and a secret of its own."""
PIECE = 8
SIMPLE = ("plain", "pieces", "long", "error", "name", "long name", "output", "json output", "failed output", "result", "bad result")
CHANNELS = (*SIMPLE, "left", "found", *["encoded"] * 6)
CALLS = ("group", "key", "exit", "set", "returned")
READERS = (("show",), ("show", "--json"), ("logs",), ("logs", "--json"), ("watch", "--jsonl"))


def secret(rng: random.Random) -> str:
    """A value that shells, JSON, YAML or base64 might choke on."""

    def some(count: int, letters: str = string.ascii_letters + string.digits) -> str:
        return "".join(rng.choice(letters) for _ in range(count))

    kind = rng.randrange(9)
    if kind == 0:
        return some(rng.randrange(PIECE, 90))
    if kind == 1:
        return some(rng.randrange(12, 60), string.ascii_letters + string.digits + string.punctuation + " ")
    if kind == 2:
        return json.dumps({some(6): some(12, string.ascii_letters + "\"'\\/<&é"), some(6): [some(9)]})
    if kind == 3:
        return f"{some(5)}: |\n  {some(20)}\n  - {some(14)}: '{some(9)}'\n"
    if kind == 4:
        return base64.b64encode(rng.randbytes(rng.randrange(12, 120))).decode()
    if kind == 5:
        return base64.urlsafe_b64encode(rng.randbytes(rng.randrange(12, 40))).decode()
    if kind == 6:
        return "-----BEGIN KEY-----\n" + "\n".join(some(rng.randrange(9, 64)) for _ in range(5)) + "\n-----END KEY-----"
    if kind == 7:
        return f"$({some(6)}) `{some(6)}` \"{some(6)}\" '{some(6)}' \\{some(6)}; ${{{some(5)}}} && {some(7)} | {some(7)} # %{some(6)}"
    return some(rng.randrange(9, 30), "äöüßñ日本語€😀" + string.ascii_letters)


def pieces_of(value: str) -> set[bytes]:
    """Every piece of a value, as it is and as base64 and hexadecimal digits show it; what other lines may say too is left out."""
    raw = value.encode()
    found = {raw[at : at + PIECE] for at in range(len(raw) - PIECE + 1)}
    for shift in range(3):
        text = base64.b64encode(bytes(shift) + raw)[4 : (shift + len(raw)) * 8 // 6]
        for form in (text, text.replace(b"+", b"-").replace(b"/", b"_")):
            found |= {form[at : at + 12] for at in range(len(form) - 11)}
    for digits in (raw.hex().encode(), raw.hex().upper().encode()):
        found |= {digits[at : at + 16] for at in range(len(digits) - 15)}
    return {piece for piece in found if b"BEGIN KEY" not in piece and b"END KEY" not in piece and len(set(piece)) > 3}


def any_of(pieces: set[bytes]) -> Any:
    """A pattern that finds any of many pieces in one pass."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = 1 << 28
    return re2.compile(b"|".join(re.escape(piece) for piece in sorted(pieces)), options)


def definition(rng: random.Random, run: int, names: list[str]) -> str:
    """A workflow whose steps write their secrets everywhere."""
    steps: list[dict[str, object]] = []
    for number, name in enumerate(names):
        pad = rng.choice((0, rng.randrange(320), rng.randrange(180, 210), rng.randrange(1900, 2010)))
        width = rng.choice((rng.randrange(1, 100), 64, 76))
        step: dict[str, object] = {"id": f"s{number}", "if": "always", "env": {"S": f"${{{{ secrets.{name} }}}}"}}
        if rng.random() < 0.3:
            step |= {"python": "leaking:raises", "with": {"channel": rng.choice(CALLS), "pad": pad, "width": width}}
        elif rng.random() < 0.05:
            step |= {"run": [f"no'such\"${{{{ secrets.{name} }}}}"]}
        else:
            channel = rng.choice(CHANNELS)
            step |= {"run": [sys.executable, "-I", "-S", "leaking.py", channel, str(pad), str(width)]}
            if "result" in channel:
                step["parse"] = "json"
        steps.append(step)
    preview = f'cat left.txt; printf %s "$A" | base64; printf "%0{rng.randrange(1, 200)}d%s" 0 "$A"'
    gate = {"title": "Go on?", "preview": preview, "files": ["left.txt"]}
    steps.append({"id": "ask", "if": "always", "env": {"A": f"${{{{ secrets.{names[0]} }}}}"}, "gate": gate, "run": "true"})
    return json.dumps({"id": f"leak{run}", "type": "conditional", "secrets": names, "steps": steps})


def in_sight(app: OyamaApp) -> str:
    """What a screen shows, and the texts behind it, without the places where their lines are broken."""
    texts = ["".join(line.plain for line in pager.lines) for pager in app.screen.query(Pager)]
    return "\n".join([shown(app), *texts])


async def on_screens(home: Path) -> str:
    """What the screens show of the newest run: every step in every pane, its card, the lists."""
    seen = []
    async with open_studio(Settings(home=home), drive="none") as studio:
        app = OyamaApp(studio)
        async with app.run_test(size=(200, 60)) as pilot:
            await until(pilot, lambda: app.context.system is not None)

            async def press(*keys: str) -> None:
                for key in keys:
                    await pilot.press(key)
                    await until(pilot, lambda: app.input.is_idle)
                    seen.append(in_sight(app))

            await press("1", "4", "enter", "3")
            await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.query_one(ReadText).lines)
            await press("2", "enter")
            await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view is not None)
            await press("g")
            for _ in range(STEPS + 1):
                await press(*"]]]]", "j")
    return "\n".join(seen)


@pytest.mark.timeout(120 + 6 * ROUNDS)
def test_no_piece_of_a_secret_is_written_down_or_shown(oyama: Oyama) -> None:
    rng = random.Random(SEED)
    shutil.copy(Path(__file__).parent / "leaking.py", oyama.folder / "leaking.py")
    oyama.env["SHELL"] = "/bin/sh"
    for run in range((ROUNDS + STEPS - 1) // STEPS):
        names = [f"SECRET_{run}_{number}" for number in range(STEPS)]
        values = {name: secret(rng) for name in names}
        (oyama.folder / "left.txt").write_text("nothing yet\n")
        oyama.file("leak.yaml", definition(rng, run, names))
        said = {"run": oyama("run", "leak.yaml", "--no-wait", "--replace", env=values).told}
        reference = f"leak{run}@latest"
        for command, *words in READERS[:4]:
            said[f"{command} {words}"] = oyama(command, reference, *words).told
        asked = oyama("approvals", "--json").json()
        assert asked, said["run"]
        for line in ("approvals", f"approvals --show {asked[0]['id']}", "history", "history --json", "runs --json"):
            said[line] = oyama(*line.split()).told
        said["screens"] = asyncio.run(on_screens(oyama.home))
        assert all(f"s{number}" in said["screens"] for number in range(STEPS))
        assert "***" in said["screens"]
        oyama("cancel", reference)
        said["events"] = oyama("watch", reference, "--jsonl").told
        written = {str(path): path.read_bytes() for path in oyama.home.rglob("*") if path.is_file()}
        written |= {words: text.encode() for words, text in said.items()}
        pieces = any_of(set().union(*map(pieces_of, values.values())))
        for place, content in written.items():
            found = pieces.search(content)
            assert not found, f"seed {SEED}, run {run}: {found.group()!r} of a secret shows in {place}: {values}"
        assert b"***" in written[str(oyama.home / "oyama.db")] or b"***" in written.get(str(oyama.home / "oyama.db-wal"), b"")
