"""Telling those outside that a gate has opened: beside the runs, each notifier by itself; nothing that goes wrong holds up a run."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from pydantic import SecretStr

from oyama_tui.core.events import ApprovalEscalated, ApprovalRequested
from oyama_tui.core.limits import at_limit
from oyama_tui.core.notice import Notice, is_news, message, notice_of_open, recipients
from oyama_tui.core.state import ApprovalState
from oyama_tui.engine.notice_log import NoticeLog, Telling
from oyama_tui.steps.process_groups import without_attempt
from oyama_tui.store.run_key import RunKey

log = logging.getLogger("oyama.engine")
LIMIT: Final = 20.0
"""Seconds that a service has for taking a message."""
SPARE_TIME: Final = 10.0
"""And seconds for the sender's own beginning and end."""
LOOK: Final = 0.1
"""Seconds between two looks at whether a sender is done."""
MOST_WAITING: Final = 10_000
"""Questions of which one notifier may still have to be told."""
MOST_KNOWN: Final = 50_000
"""Tellings that are remembered here; the file remembers all."""
_SECRET_VARIABLE: Final = "OYAMA_NOTIFY"


class Notifiers:
    """Tells the notifiers of questions, of several in one message where they have queued up.

    Args:
        urls: Where each of them is.
        kept: What was told before, by any engine.
        wall: Milliseconds since 1970 UTC.
    """

    def __init__(self, urls: Mapping[str, SecretStr], kept: NoticeLog, wall: Callable[[], int]) -> None:
        self._urls = urls
        self._kept = kept
        self._wall = wall
        self._waiting: dict[str, list[Notice]] = defaultdict(list)
        self._known: set[Telling] = set()
        """What was handed on here already: a run that is read anew names all its open gates once more."""
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._closing = asyncio.Event()

    def asked(
        self, run: RunKey, wanted: Sequence[str] | None, approval: ApprovalState, event: ApprovalRequested | ApprovalEscalated
    ) -> None:
        """See to it that those are told of a question that want to be; at once, and whatever happens without failing.

        Args:
            run: The run that asks.
            wanted: The notifiers that its workflow names.
            approval: The question, which is open.
            event: That it opened or was escalated; when that was long ago, or was told before, nobody is told.
        """
        names = recipients(wanted, self._urls)
        if names and is_news(event.at, self._wall()):
            self.tell(names, notice_of_open(approval, event, run.id, f"{run.workflow_id} #{run.number}", run.workflow_id))

    def tell(self, names: Sequence[str], notice: Notice) -> None:
        """Tell some notifiers something, unless they have been told of it for the same reason.

        Args:
            names: Whom.
            notice: What.
        """
        for name in names:
            telling = Telling(notice.approval_id, notice.occasion, name)
            if telling in self._known:
                continue
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known.add(telling)
            waiting = self._waiting[name]
            if len(waiting) >= MOST_WAITING:
                log.warning("notifier %s: so many questions wait to be told that approval %s is not", name, notice.approval_id)
                continue
            waiting.append(notice)
            if name not in self._tasks or self._tasks[name].done():
                self._tasks[name] = asyncio.create_task(self._tell_waiting(name), name=f"oyama-notify-{name}")

    async def close(self) -> None:
        """Hand on what waits and go: what is under way ends by itself, and notes how."""
        self._closing.set()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _tell_waiting(self, name: str) -> None:
        """Tell one notifier what there is, message after message."""
        while waiting := self._waiting.pop(name, []):
            try:
                await self._tell(name, waiting)
            except Exception as error:
                if not isinstance(error, OSError) and not at_limit(error):
                    log.exception("notifier %s cannot be told", name)
                else:
                    log.warning("notifier %s cannot be told of %d questions: %s", name, len(waiting), at_limit(error) or error)

    async def _tell(self, name: str, notices: Sequence[Notice]) -> None:
        """Send one message about everything that was not told yet."""
        by_telling = {Telling(notice.approval_id, notice.occasion, name): notice for notice in notices}
        fresh = await asyncio.to_thread(self._kept.begin, list(by_telling), self._wall())
        if not fresh:
            return
        url = self._urls.get(name)
        why = f"the settings of this engine name no notifier {name}"
        if url is not None:
            try:
                sender = await asyncio.to_thread(self._start, name, url, fresh, [by_telling[telling] for telling in fresh])
            except (OSError, RuntimeError, MemoryError) as error:
                why = f"no process could be started: {at_limit(error) or error}"
            else:
                await self._see_off(name, sender, fresh)
                return
        await self._fail(name, fresh, why)

    def _start(self, name: str, url: SecretStr, tellings: Sequence[Telling], notices: Sequence[Notice]) -> subprocess.Popen[bytes]:
        """Start the program that sends a message."""
        title, body = message(notices, datetime.fromtimestamp(self._wall() / 1000, UTC))
        given = {
            "url": url.get_secret_value(),
            "title": title,
            "body": body,
            "name": name,
            "tellings": [(telling.approval, telling.occasion) for telling in tellings],
            "folder": str(self._kept.path.parent.absolute()),
            "limit": LIMIT,
        }
        env = {name: value for name, value in without_attempt(os.environ).items() if name != _SECRET_VARIABLE}
        sender = subprocess.Popen(
            (sys.executable, "-m", "oyama_tui.engine.sender"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
            env=env,
        )
        assert sender.stdin is not None
        try:
            sender.stdin.write(json.dumps(given).encode())
            sender.stdin.close()
            sender.stdin = None
        except BrokenPipeError:
            # It has ended already; how, is seen when it is waited for.
            pass
        return sender

    async def _see_off(self, name: str, sender: subprocess.Popen[bytes], tellings: Sequence[Telling]) -> None:
        """Wait for the end of a sender, and tell the log when it has failed; while this engine closes, let it go on alone."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + LIMIT + SPARE_TIME
        while (code := sender.poll()) is None and not self._closing.is_set():
            if loop.time() > deadline:
                sender.kill()
                await asyncio.sleep(LOOK)
                continue
            try:
                async with asyncio.timeout(LOOK):
                    await self._closing.wait()
            except TimeoutError:
                continue
        if code is None:
            # Somebody has to wait for it as long as this process lives.
            threading.Thread(target=sender.communicate, name="oyama-sender", daemon=True).start()
            return
        assert sender.stdout is not None
        with sender.stdout as said:
            why = said.read().decode("utf-8", "replace")
        if code not in (0, 1):
            await self._fail(name, tellings, f"the program that sends has ended with {code}")
        elif code:
            _log(name, tellings, why)

    async def _fail(self, name: str, tellings: Sequence[Telling], why: str) -> None:
        """Note that nobody was told, and why."""
        _log(name, tellings, why)
        await asyncio.to_thread(self._kept.end, tellings, self._wall(), "failed", why)


def _log(name: str, tellings: Sequence[Telling], why: str) -> None:
    log.warning("notifier %s was not told of %s: %s", name, ", ".join(telling.approval for telling in tellings[:5]), why)
