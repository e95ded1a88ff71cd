"""Sends one message to one notifier, in a process of its own: `python -m oyama_tui.engine.sender`.

What to send, and the URL that it goes to, comes as JSON by standard input, for arguments can be seen by everybody. It notes by itself what
has become of it, so that an engine need not live until a slow server has answered, and it ends after its limit whatever the library does.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from oyama_tui.engine.notice_log import NoticeLog, Telling

MISSING: Final = "apprise is not installed; run: pip install 'oyama-tui[notify]'"
HIDDEN: Final = "***"
LONGEST_WHY: Final = 300
_PARTS: Final = re.compile(r"[/:@?&=,;+#\s]+")
_PLAIN_HOST: Final = re.compile(r"localhost|[\w-]+(?:\.[\w-]+)+")
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


class _Said(logging.Handler):
    """Keeps the last warning of the library, which is its reason."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.last = record.getMessage()


def masked(text: str, url: str) -> str:
    """A text of the library in one line, without what stands in the URL besides its scheme and the name of a host.

    Args:
        text: Such as a reason.
        url: May hold a password or a token anywhere.
    """
    scheme, _, rest = url.partition("://")
    host = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2].partition(":")[0]
    kept = {scheme.lower(), host.lower()} if _PLAIN_HOST.fullmatch(host) else {scheme.lower()}
    text = text.replace(url, HIDDEN)
    parts = {part for each in (rest, unquote(rest)) for part in _PARTS.split(each) if len(part) > 2 and part.lower() not in kept}
    for part in sorted(parts, key=len, reverse=True):
        text = text.replace(part, HIDDEN)
    return " ".join(_UNSAFE.sub(" ", text).split())[:LONGEST_WHY].rstrip(". ")


def send(url: str, title: str, body: str) -> str:
    """Send a message; the reason when it did not arrive, empty when it did.

    Args:
        url: An Apprise URL.
        title: One line.
        body: The text.
    """
    try:
        import apprise
    except ImportError:
        return MISSING
    said = _Said()
    logger = logging.getLogger("apprise")
    logger.addHandler(said)
    logger.propagate = False
    try:
        notifier = apprise.Apprise()
        if not notifier.add(url):
            return "its URL is none that apprise understands"
        if notifier.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT):
            return ""
    except Exception as error:
        return f"apprise has failed with {type(error).__name__}"
    return masked(said.last, url) or "the service did not take it"


def _send_in_time(given: dict[str, Any]) -> str:
    """Send it, and give up after the limit."""
    found: list[str] = []
    work = threading.Thread(target=lambda: found.append(send(given["url"], given["title"], given["body"])), daemon=True)
    work.start()
    work.join(given["limit"])
    return found[0] if found else f"no answer within {given['limit']:g} s"


def _tellings(given: dict[str, Any]) -> Iterator[Telling]:
    for approval, occasion in given["tellings"]:
        yield Telling(approval, occasion, given["name"])


def main() -> int:
    """Send what standard input says; 0 when it has arrived, 1 when not, with the reason on standard output."""
    given = json.load(sys.stdin)
    why = _send_in_time(given)
    with suppress(OSError):
        NoticeLog(Path(given["folder"])).end(list(_tellings(given)), round(time.time() * 1000), "failed" if why else "sent", why)
    with suppress(OSError):
        os.write(1, why.encode("utf-8", "replace"))
    return 1 if why else 0


if __name__ == "__main__":
    code = main()
    # What hangs in the library must not keep the process.
    os._exit(code)
