"""Runs that are exported, for tests of what becomes of their files."""

from __future__ import annotations

import asyncio
import hashlib
import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from oyama_tui.settings import Settings
from oyama_tui.store.encoding import chain
from oyama_tui.store.run_file import DIGEST_SIZE, JOURNAL, MANIFEST, MARK, REVISION
from oyama_tui.studio import open_studio
from tests.engine.workplace import until_status

GATED = """
id: release
inputs: {version: {default: v1}}
steps:
  - {id: build, run: 'echo "built ${{ inputs.version }}"', outputs: {name: "${{ inputs.version }}"}}
  - {id: fan, for_each: {items: [1, 2]}, steps: [{id: copy, run: 'echo copied'}]}
  - id: publish
    gate: {title: "Publish ${{ inputs.version }}", target: production, preview: 'echo will publish', form: {why: {required: true}}}
    run: echo published
"""


async def play(home: Path, *, answer: bool = True) -> str:
    """Play the workflow with its gate in a database; with no answer it is left at its gate. Gives the state id."""
    home.mkdir(parents=True, exist_ok=True)
    file = home / "release.yaml"
    file.write_text(GATED, encoding="utf-8")
    async with open_studio(Settings(home=home), drive="all") as studio:
        run = await studio.runs.start(str(file), {})
        async with asyncio.timeout(60):
            await until_status(studio, run.id, "waiting")
            if answer:
                [asked] = await studio.approvals.list()
                await studio.approvals.decide(asked.id, "approve", form={"why": "because"}, digest=asked.digest, comment="go on")
                await until_status(studio, run.id, "completed")
    return run.id


async def exported(home: Path, target: Path, *, answer: bool = True) -> Path:
    """Play it, and write its run into a file."""
    run = await play(home, answer=answer)
    async with open_studio(Settings(home=home)) as studio:
        await studio.archive.export(run, target)
    return target


def parts(data: bytes) -> dict[str, bytes]:
    """What is in a file of a run, by name."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(
    content: dict[str, bytes],
    *,
    manifest: Callable[[dict[str, Any]], object] = lambda found: None,
    mark: bytes = MARK % 1,
    change: Callable[[zipfile.ZipInfo], object] = lambda info: None,
    twice: str = "",
) -> bytes:
    """A file of a run as somebody would make it who knows the format: with right digests, whatever is in it.

    Args:
        content: Its parts; the manifest's list of them is made anew.
        manifest: Changes the manifest further.
        mark: What stands before the digest.
        change: Changes how a part is told.
        twice: A part that stands in it twice.
    """
    found = json.loads(content[MANIFEST])
    rest = {name: data for name, data in content.items() if name != MANIFEST}
    found["members"] = [{"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in rest.items()]
    manifest(found)
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**rest, MANIFEST: json.dumps(found).encode()}.items():
            for _ in range(2 if name == twice else 1):
                info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o100600 << 16
                change(info)
                archive.NameToInfo.pop(name, None)
                archive.writestr(info, data)
        archive.comment = mark + b"0" * DIGEST_SIZE
    whole = target.getvalue()[:-DIGEST_SIZE]
    return whole + hashlib.sha256(whole).hexdigest().encode()


def chained(content: dict[str, bytes], change: Callable[[list[dict[str, Any]]], object]) -> dict[str, bytes]:
    """The parts with other events, and a chain over them, as a forger would make it."""
    found = json.loads(content[MANIFEST])
    events = [json.loads(line) for line in content[JOURNAL].splitlines()]
    change(events)
    head = b""
    for event in events:
        head = chain(head, found["key"], event["seq"], event["at"], event["type"], event["payload"])
        event["hash"] = head.hex()
    found |= {"head": head.hex(), "events": len(events)}
    journal = b"".join(json.dumps(event, separators=(",", ":")).encode() + b"\n" for event in events)
    return {**content, JOURNAL: journal, MANIFEST: json.dumps(found).encode(), REVISION: content[REVISION]}
