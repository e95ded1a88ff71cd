"""Those outside are told that a gate has opened: once, with nothing secret, and never at the cost of a run."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from oyama_tui.core.notice import NEWS_FOR
from oyama_tui.core.views import Check
from oyama_tui.engine import notifying
from oyama_tui.engine.clock import Clock, system_wall
from oyama_tui.engine.notice_log import KEPT_FOR, NoticeLog, Telling
from oyama_tui.engine.sender import HIDDEN, masked
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from tests.engine.message_server import TOKEN, MessageServer, message_server
from tests.engine.workplace import Script, until_status, workplace, write

SECRETIVE: dict[str, Any] = {
    "title": "Publish v1; now",
    "prompt": "only-in-the-prompt",
    "target": "only-in-the-target",
    "preview": "echo only-in-the-preview",
    "form": {"why": {"default": "only-in-the-form"}},
    "risk": "high",
    "timeout": "4h",
}
GATED: list[dict[str, Any]] = [{"id": "ask", "gate": SECRETIVE, "run": "echo only-in-the-command"}, {"id": "after", "set": {"k": 1}}]


@pytest.fixture
def server() -> Iterator[MessageServer]:
    with message_server() as found:
        yield found


def kept(folder: Path) -> NoticeLog:
    return NoticeLog(Settings(home=folder).files_path)


async def until_noted(folder: Path, name: str, *statuses: str) -> str:
    """Wait until it is known what has become of telling somebody; why it failed."""
    async with asyncio.timeout(60):
        while (entry := kept(folder).newest().get(name)) is None or entry.status not in statuses:
            await asyncio.sleep(0.02)
    return entry.why


async def asked(studio: Studio, path: str) -> str:
    """Start a run and wait until it asks; returns its id."""
    run = await studio.runs.start(path, {})
    await until_status(studio, run.id, "waiting")
    return run.id


async def findings(studio: Studio) -> list[Check]:
    return [check for check in await studio.system.doctor() if check.id == "notify"]


async def yes(studio: Studio, run: str) -> None:
    """Let a run go on, and see that it does."""
    card = await studio.approvals.get(run)
    await studio.approvals.decide(card.row.id, "approve", digest=card.row.digest)
    await until_status(studio, run, "completed")


async def test_the_message_says_title_run_risk_and_deadline_and_nothing_of_what_is_asked(tmp_path: Path, server: MessageServer) -> None:
    path = write(tmp_path, steps=GATED, notify=["team"])
    async with workplace(tmp_path, Script(), notify={"team": SecretStr(server.url)}) as studio:
        run = await asked(studio, path)
        [message] = await asyncio.to_thread(server.until, 1)
        assert await until_noted(tmp_path, "team", "sent", "failed") == ""
        row = (await studio.approvals.list())[0]
        assert row.deadline is not None
        assert message["title"] == "play #1 asks: Publish v1; now"
        assert message["message"].startswith("high risk, until ")
        assert row.deadline.astimezone().strftime("%H:%M %Z") in message["message"]
        assert "only-in-the" not in server.words
        assert [check.status for check in await findings(studio)] == ["ok"]
        await yes(studio, run)


async def test_whoever_is_told_of_a_question_is_told_when_nobody_answers_and_who_is_asked_besides(
    tmp_path: Path, server: MessageServer
) -> None:
    escalate = [{"after": "200ms"}, {"after": "4s", "to": ["ben", "group:ops"]}]
    path = write(tmp_path, steps=[{"id": "ask", "gate": {"title": "Publish v1", "escalate": escalate}}], notify=["team"])
    async with workplace(tmp_path, Script(), notify={"team": SecretStr(server.url)}) as studio:
        run = await asked(studio, path)
        async with asyncio.timeout(60):
            while "play #1 still asks ben, group:ops: Publish v1" not in server.words:
                await asyncio.sleep(0.02)
        titles = [message["title"] for message in server.messages]
        assert titles[0] in ("play #1 asks: Publish v1", "play #1 still asks: Publish v1"), "one line for a question, the newest"
        assert len(titles) == len(set(titles)) <= 3
        await yes(studio, run)


async def test_another_engine_tells_nobody_again(tmp_path: Path, server: MessageServer) -> None:
    path = write(tmp_path, steps=GATED, notify=["team"])
    async with workplace(tmp_path, Script(), notify={"team": SecretStr(server.url)}) as studio:
        run = await asked(studio, path)
        await until_noted(tmp_path, "team", "sent")
    async with workplace(tmp_path, Script(), notify={"team": SecretStr(server.url)}) as studio:
        await asked(studio, path)
        await asyncio.to_thread(server.until, 2)
        await yes(studio, run)
    assert [message["title"].split(" asks")[0] for message in server.messages] == ["play #1", "play #2"]


async def test_what_was_cut_off_is_not_told_again_and_doctor_says_so(tmp_path: Path, server: MessageServer) -> None:
    path = write(tmp_path, steps=GATED, notify=["team"])
    async with workplace(tmp_path, Script()) as studio:
        run = await asked(studio, path)
        approval = (await studio.approvals.get(run)).row.id
        await until_noted(tmp_path, "team", "failed")
        log = kept(tmp_path)
        log.path.unlink()
        assert log.begin([Telling(approval, "asked", "team")], system_wall() - 120_000)
    async with workplace(tmp_path, Script(), notify={"team": SecretStr(server.url)}) as studio:
        [finding] = await findings(studio)
        assert finding.status == "warning"
        assert "nobody knows whether that has arrived" in finding.message
        await asked(studio, path)
        await asyncio.to_thread(server.until, 1)
        await yes(studio, run)
    assert [message["title"].split(" asks")[0] for message in server.messages] == ["play #2"]


@pytest.mark.parametrize(("wanted", "told"), [(None, ["default"]), ([], []), (["a", "b", "a"], ["a", "b"])])
async def test_whom_the_workflow_names_is_told_and_default_where_it_names_none(
    tmp_path: Path, wanted: list[str] | None, told: list[str]
) -> None:
    path = write(tmp_path, steps=GATED, **({} if wanted is None else {"notify": wanted}))
    with message_server() as a, message_server() as b, message_server() as default, message_server() as last:
        servers = {"a": a, "b": b, "default": default, "last": last}
        async with workplace(tmp_path, Script(), notify={name: SecretStr(server.url) for name, server in servers.items()}) as studio:
            await asked(studio, path)
            other = write(tmp_path, id="other", steps=GATED, notify=["last"])
            await asked(studio, other)
            for name in [*told, "last"]:
                await until_noted(tmp_path, name, "sent")
        assert [name for name, server in servers.items() if server.messages] == sorted([*told, "last"])
        assert all(len(server.messages) <= 1 for server in servers.values())


async def test_a_service_that_refuses_holds_up_nothing_and_is_named_in_the_log_and_by_doctor(
    tmp_path: Path, server: MessageServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.status = 500
    path = write(tmp_path, steps=GATED, notify=["team"])
    with caplog.at_level(logging.WARNING):
        async with workplace(tmp_path, Script(), notify={"team": SecretStr(server.url)}) as studio:
            await yes(studio, await asked(studio, path))
            why = await until_noted(tmp_path, "team", "failed")
            async with asyncio.timeout(30):
                while "notifier team was not told" not in caplog.text:
                    await asyncio.sleep(0.02)
            [finding] = await findings(studio)
    assert "500" in why
    assert finding.status == "warning"
    assert why in finding.message
    assert TOKEN not in caplog.text + finding.message + kept(tmp_path).path.read_text()
    assert len(server.messages) == 1


async def test_a_service_that_nobody_runs_holds_up_nothing(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"json://127.0.0.1:{unused.getsockname()[1]}/{TOKEN}"
        path = write(tmp_path, steps=GATED, notify=["team"])
        async with workplace(tmp_path, Script(), notify={"team": SecretStr(url)}) as studio:
            await yes(studio, await asked(studio, path))
            why = await until_noted(tmp_path, "team", "failed")
    assert why
    assert TOKEN not in why


async def test_a_service_that_never_answers_holds_up_neither_run_nor_another_notifier_nor_the_end(
    tmp_path: Path, server: MessageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifying, "LIMIT", 3.0)
    server.release.clear()
    path = write(tmp_path, steps=GATED, notify=["slow", "quick"])
    with message_server() as quick:
        urls = {"slow": SecretStr(f"{server.url}?rto=60"), "quick": SecretStr(quick.url)}
        async with workplace(tmp_path, Script(), notify=urls) as studio:
            run = await asked(studio, path)
            await asyncio.to_thread(server.until, 1)
            await until_noted(tmp_path, "quick", "sent")
            assert kept(tmp_path).newest()["slow"].status == "begun"
            await yes(studio, run)
        # The engine is gone; who sends ends by itself, and notes how.
        assert await until_noted(tmp_path, "slow", "failed") == "no answer within 3 s"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("no-such-service://x/made-up-token-77", "its URL is none that apprise understands"),
        ("", "its URL is none that apprise understands"),
    ],
)
async def test_an_address_that_is_none_is_told(tmp_path: Path, url: str, why: str) -> None:
    path = write(tmp_path, steps=GATED, notify=["team"])
    async with workplace(tmp_path, Script(), notify={"team": SecretStr(url)}) as studio:
        await yes(studio, await asked(studio, path))
        assert await until_noted(tmp_path, "team", "failed") == why


async def test_a_notifier_that_the_settings_do_not_name_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, steps=GATED, notify=["nobody"])
    async with workplace(tmp_path, Script()) as studio:
        await yes(studio, await asked(studio, path))
        assert await until_noted(tmp_path, "nobody", "failed") == "the settings of this engine name no notifier nobody"
        [finding] = await findings(studio)
        assert "name no notifier nobody" in finding.message


async def test_without_the_library_it_is_said_what_to_install(
    tmp_path: Path, server: MessageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hides").mkdir()
    (tmp_path / "hides" / "apprise.py").write_text("raise ImportError('hidden by this test')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "hides"))
    path = write(tmp_path, steps=GATED, notify=["team"])
    async with workplace(tmp_path, Script(), notify={"team": SecretStr(server.url)}) as studio:
        await yes(studio, await asked(studio, path))
        assert "pip install 'oyama-tui[notify]'" in await until_noted(tmp_path, "team", "failed")
    assert server.messages == []


async def test_questions_that_queue_up_are_told_in_one_message(tmp_path: Path, server: MessageServer) -> None:
    server.release.clear()
    steps = [
        {"id": "all", "for_each": {"items": list(range(30)), "as": "n", "concurrency": 30}, "steps": [{"id": "ask", "gate": "Go ${{ n }}"}]}
    ]
    path = write(tmp_path, steps=steps, notify=["team"])
    async with workplace(tmp_path, Script(), notify={"team": SecretStr(f"{server.url}?rto=60")}) as studio:
        await studio.runs.start(path, {})
        await asyncio.to_thread(server.until, 1)
        async with asyncio.timeout(60):
            while (await studio.approvals.list()).total < 30:
                await asyncio.sleep(0.02)
        server.release.set()
        async with asyncio.timeout(60):
            while kept(tmp_path).path.read_text().count('"sent"') < 30:
                await asyncio.sleep(0.02)
    assert len(server.messages) <= 5
    assert any("questions wait for an answer" in message["title"] for message in server.messages)
    assert any("Go " in message["message"] and "and " in message["message"] for message in server.messages)


async def test_a_question_of_long_ago_is_no_news_for_an_engine_that_takes_its_run(tmp_path: Path, server: MessageServer) -> None:
    path = write(tmp_path, steps=[{"id": "ask", "gate": "Go"}], notify=["team"])
    async with workplace(tmp_path, Script()) as studio:
        await asked(studio, path)
    kept(tmp_path).path.unlink(missing_ok=True)
    later = Clock(wall=lambda: system_wall() + NEWS_FOR)
    settings = Settings(home=tmp_path, notify={"team": SecretStr(server.url)})
    async with open_studio(settings, drive="all", clock=later, executors=Script().kinds()) as studio:
        await asked(studio, path)
        await asyncio.to_thread(server.until, 1)
        await until_noted(tmp_path, "team", "sent")
    assert [message["title"] for message in server.messages] == ["play #2 asks: Go"]


def test_two_engines_that_want_to_tell_the_same_agree_on_one(tmp_path: Path) -> None:
    tellings = [Telling(f"approval{number}", "asked", "team") for number in range(50)]
    claimed: list[list[Telling]] = []
    threads = [threading.Thread(target=lambda: claimed.append(NoticeLog(tmp_path).begin(tellings, 1))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(each) for each in claimed) == [0, 0, 0, 50]


async def test_a_process_that_keeps_the_file_locked_holds_up_no_run(
    tmp_path: Path, server: MessageServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("oyama_tui.engine.notice_log.PATIENCE", 0.2)
    path = write(tmp_path, steps=GATED, notify=["team"])
    with caplog.at_level(logging.WARNING):
        async with workplace(tmp_path, Script(), notify={"team": SecretStr(server.url)}) as studio:
            with kept(tmp_path)._alone():
                await yes(studio, await asked(studio, path))
                async with asyncio.timeout(30):
                    while "another process keeps it locked" not in caplog.text:
                        await asyncio.sleep(0.02)
    assert server.messages == []


def test_a_line_that_was_cut_off_spoils_no_other_and_old_ones_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = NoticeLog(tmp_path)
    first, second = Telling("a", "asked", "team"), Telling("b", "asked", "team")
    assert log.begin([first], 1) == [first]
    with log.path.open("ab") as file:
        file.write(b'{"approval": "x", "occas')
    log.end([first], 2, "failed", "why not")
    assert log.newest()["team"].why == "why not"
    assert log.begin([first, second], 3) == [second]
    monkeypatch.setattr("oyama_tui.engine.notice_log.MOST_BYTES", 0)
    log.end([second], KEPT_FOR + 2, "sent")
    assert log.begin([first, second], KEPT_FOR + 3) == [first]


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("slack://TokenAAAA/TokenBBBB/TokenCCCC", "no TokenBBBB at slack with TokenAAAA/TokenCCCC"),
        ("json://user:pa%20ss1@example.org/key-1234?x=abcd", "refused pa ss1 and pa%20ss1 by example.org/key-1234 abcd"),
        ("tgram://123456:ABC-DEF/42000", "url: /bot123456:ABC-DEF/sendMessage"),
    ],
)
def test_no_part_of_an_address_is_in_a_reason(url: str, text: str) -> None:
    told = masked(text + "\n\x1b[31m.", url)
    assert HIDDEN in told
    for part in ("Token", "ss1", "1234", "abcd", "ABC-DEF", "\x1b", "\n"):
        assert part not in told
    assert ("example.org" in told) is ("example.org" in text)
