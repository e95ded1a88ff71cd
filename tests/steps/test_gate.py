"""The evidence of a gate: what its preview says, and what its files hold."""

from __future__ import annotations

import asyncio
import hashlib
import os

import pytest
from pydantic import JsonValue

from oyama_tui.core.events.gate import Evidence
from oyama_tui.steps.attempt import StepLimits
from oyama_tui.steps.gate import GateExecutor
from oyama_tui.steps.protocol import StepOrder
from tests.steps.attempts import Bench, session_lives, until


async def evidence(bench: Bench, timeout: int | None = None, secrets: tuple[str, ...] = (), **given: JsonValue) -> Evidence:
    outcome = await bench.order("gate", timeout, secrets, **given)
    assert (outcome.status, outcome.node, outcome.attempt) == ("succeeded", "build#1", 2)
    return Evidence.model_validate(outcome.result)


async def test_without_preview_and_files_there_is_nothing_to_find(bench: Bench) -> None:
    found = await evidence(bench)
    assert found == Evidence(at=1_700_000_000_000)
    assert bench.context.seen == []


async def test_the_preview_is_run_like_a_step(bench: Bench) -> None:
    (bench.directory / "below").mkdir()
    found = await evidence(bench, preview={"script": 'basename "$PWD"; echo "$V $OYAMA_STEP_ID"'}, env={"V": "v1"}, cwd="below")
    assert (found.preview, found.exit_code, found.problem) == ("below\nv1 build", 0, "")
    assert (await evidence(bench, preview={"argv": ["echo", "$HOME"]})).preview == "$HOME"
    assert not list(bench.files.glob("*.outputs"))


async def test_a_preview_shows_what_a_carriage_return_would_hide(bench: Bench) -> None:
    found = await evidence(bench, preview={"script": r"printf 'rm -rf everything\rnothing will happen'"})
    assert found.preview == "rm -rf everything\rnothing will happen"


async def test_a_preview_that_fails_is_a_problem(bench: Bench) -> None:
    found = await evidence(bench, preview={"script": "echo cannot; exit 3"})
    assert (found.preview, found.exit_code, found.problem) == ("cannot", 3, "The preview failed with exit code 3.")
    found = await evidence(bench, preview={"script": "kill -9 $$"})
    assert (found.exit_code, found.problem) == (137, "The preview failed. It was killed by SIGKILL.")
    found = await evidence(bench, 150, preview={"script": "sleep 60"})
    assert (found.exit_code, found.problem) == (None, "The preview failed. It took longer than 150ms and was ended.")
    found = await evidence(bench, preview={"argv": ["no-such-program-here"]})
    assert found.problem == "The preview failed. There is no program 'no-such-program-here'; look at its spelling and at PATH."


async def test_files_are_told_by_digest_size_and_text(bench: Bench) -> None:
    bench.write("publish.sh", "echo ü\n")
    (bench.directory / "picture").write_bytes(b"\x89PNG\xff")
    (bench.directory / "nul").write_bytes(b"a\0b")
    bench.write("just", "x" * 65536)
    bench.write("long", "x" * 65537)
    found = await evidence(bench, files=["publish.sh", "picture", "nul", "just", "long", "./publish.sh"])
    assert found.problem == ""
    by_path = {file.path: file for file in found.files}
    assert by_path["publish.sh"].digest == hashlib.sha256("echo ü\n".encode()).hexdigest()
    assert [(file.path, file.size, len(file.text)) for file in found.files] == [
        ("publish.sh", 8, 7),
        ("picture", 5, 0),
        ("nul", 3, 0),
        ("just", 65536, 65536),
        ("long", 65537, 0),
        ("./publish.sh", 8, 7),
    ]


async def test_files_elsewhere_are_refused(bench: Bench) -> None:
    outside = bench.files / "outside"
    outside.write_text("secret")
    (bench.directory / "link").symlink_to(outside)
    bench.write("inside", "fine")
    (bench.directory / "good").symlink_to(bench.directory / "inside")
    names: list[JsonValue] = ["link", "../files/outside", str(outside), "good"]
    found = await evidence(bench, files=names)
    assert [(file.digest != "", file.text) for file in found.files] == [(False, ""), (False, ""), (False, ""), (True, "fine")]
    assert found.problem == " ".join(f"The file {name} does not lie under the workflow's directory." for name in names[:3])


async def test_files_that_cannot_be_read_are_problems(bench: Bench) -> None:
    os.mkfifo(bench.directory / "pipe")
    (bench.directory / "circle").symlink_to(bench.directory / "circle")
    found = await evidence(bench, files=["gone", "pipe", ".", "circle", "a\0b"])
    assert [file.digest for file in found.files] == [""] * 5
    assert "The file gone does not exist." in found.problem
    assert "The file pipe is no plain file." in found.problem
    assert "The file . is no plain file." in found.problem
    assert "The file circle cannot be read: " in found.problem


async def test_the_same_content_gives_the_same_evidence(bench: Bench) -> None:
    bench.write("a", "one")
    first = await evidence(bench, preview={"script": "echo same"}, files=["a"])
    assert await evidence(bench, preview={"script": "echo same"}, files=["a"]) == first
    bench.write("a", "two")
    assert await evidence(bench, preview={"script": "echo same"}, files=["a"]) != first


async def test_secrets_are_masked_and_missing_ones_are_problems(bench: Bench) -> None:
    named: JsonValue = {"T": {"$secret": [{"name": "TOKEN"}]}}
    found = await evidence(bench, None, ("TOKEN",), preview={"script": "echo $T"}, env=named)
    assert found.problem.startswith("The preview failed. The secret TOKEN is not set. ")
    bench.set_secret("TOKEN", "hunter2")
    bench.write("a", "key: hunter2")
    found = await evidence(bench, None, ("TOKEN",), preview={"script": "echo $T"}, env=named, files=["a"])
    assert (found.preview, found.files[0].text, found.problem) == ("***", "key: ***", "")
    assert found.files[0].digest == hashlib.sha256(b"key: hunter2").hexdigest()


async def test_cancelled_it_ends_the_preview(bench: Bench) -> None:
    task = asyncio.create_task(bench.order("gate", preview={"script": "echo begun; sleep 60"}))
    await until(bench.context.log_path().exists)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not session_lives(bench.context.seen[0])


async def test_a_change_in_the_part_of_a_preview_that_is_not_shown_changes_the_evidence(bench: Bench) -> None:
    found = [
        await evidence(bench, preview={"script": f"yes a | head -n 50000; echo {word}; yes b | head -n 50000"}) for word in ("x", "y", "y")
    ]
    assert [(one.truncated, one.preview_size, one.problem) for one in found] == [(True, 200_002, "")] * 3
    assert found[0].preview == found[1].preview
    assert found[0].preview_digest != found[1].preview_digest == found[2].preview_digest
    assert bench.context.log_path().stat().st_size == found[0].preview_size
    assert hashlib.sha256(bench.context.log_path().read_bytes()).hexdigest() == found[2].preview_digest


async def test_the_digest_of_a_preview_is_that_of_its_masked_output(bench: Bench) -> None:
    bench.set_secret("TOKEN", "hunter2")
    found = await evidence(bench, None, ("TOKEN",), preview={"script": "echo ab hunter2 cd"})
    assert (found.preview, found.preview_size, found.truncated) == ("ab *** cd", 10, False)
    assert found.preview_digest == hashlib.sha256(b"ab *** cd\n").hexdigest()


async def test_a_preview_that_is_not_kept_as_a_whole_is_a_problem(bench: Bench) -> None:
    small = GateExecutor(StepLimits(log_quota=70_000))
    bench.set_secret("TOKEN", "hunter2")
    for names in ((), ("TOKEN",)):
        order = StepOrder(
            "run", "flow", "go.gate", "go", "gate", 1, {"preview": {"script": "yes | head -c 200000"}}, bench.directory, None, names
        )
        outcome = await small.execute(order, bench.context)
        found = Evidence.model_validate(outcome.result)
        assert found.problem == "The preview wrote 200,000 bytes and cannot be looked at as a whole: only its first 70,000 bytes are kept."
        assert (found.truncated, found.preview_digest) == (True, "")
