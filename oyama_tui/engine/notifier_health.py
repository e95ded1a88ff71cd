"""How notifiers are: whether they can be told at all, and whether they were the last time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from pydantic import SecretStr

from oyama_tui.core.format import date_and_time, moment
from oyama_tui.core.text import one_line
from oyama_tui.core.views import Check
from oyama_tui.engine.notice_log import KEPT_FOR, Entry, NoticeLog

ID = "notify"
UNDER_WAY = 60_000
"""Milliseconds that telling takes at the most."""
HINT = "See docs/howto/be-told.md; the questions themselves wait in `oyama approvals`."


def notifier_findings(urls: Mapping[str, SecretStr], folder: Path, now: int) -> Iterator[Check]:
    """What is wrong with notifiers, and what is well.

    Args:
        urls: Where each of them is; not shown.
        folder: The folder beside the database.
        now: The present, in milliseconds since 1970 UTC.
    """
    if urls and find_spec("apprise") is None:
        message = f"Notifiers are set ({', '.join(sorted(urls))}), and apprise, which tells them, is not installed."
        yield Check(id=ID, status="warning", message=message, hint="pip install 'oyama-tui[notify]'")
    try:
        newest = {name: entry for name, entry in NoticeLog(folder).newest().items() if now - entry.at < KEPT_FOR}
    except OSError as error:
        message = f"It cannot be read who was told of what, so nobody is told of anything: {error.strerror} ({error.filename})."
        yield Check(id=ID, status="warning", message=message, hint="Put that file right, or remove it.")
        return
    for name in sorted(newest.keys() | urls.keys()):
        yield _finding(one_line(name, 64), newest.get(name), now)


def _finding(name: str, entry: Entry | None, now: int) -> Check:
    """How one notifier is."""
    if entry is None:
        return Check(id=ID, status="ok", message=f"The notifier {name} is set, and was not told of anything lately.")
    when = date_and_time(moment(entry.at))
    if entry.status == "sent":
        return Check(id=ID, status="ok", message=f"The notifier {name} was told last at {when}.")
    if entry.status == "failed":
        message = f"The notifier {name} was not told of a question at {when}: {one_line(entry.why, 400)}."
        return Check(id=ID, status="warning", message=message, hint=HINT)
    if now - entry.at < UNDER_WAY:
        return Check(id=ID, status="ok", message=f"The notifier {name} is being told since {when}.")
    message = f"Telling the notifier {name} was cut off after {when}: nobody knows whether that has arrived."
    return Check(id=ID, status="warning", message=message, hint=HINT)
