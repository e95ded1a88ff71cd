"""What is said of what whoever answered a question had before their eyes."""

from __future__ import annotations

import pytest

from oyama_tui.core.events import Origin, Seen
from oyama_tui.core.views import looked_words


@pytest.mark.parametrize(
    ("seen", "digest", "how", "words"),
    [
        (Seen(how="card", parts=4, read=3, milliseconds=104_000), "d", "screen", "read 3 of 4 parts in 1 m 44 s"),
        (Seen(how="card", parts=1, read=0, milliseconds=400), "d", "screen", "read 0 of 1 part in 0.4 s"),
        (Seen(how="printed", milliseconds=12_000), "d", "tty", "printed on the terminal, 12 s"),
        (Seen(how="printed", milliseconds=12_000, typed="eu"), "d", "tty", "printed on the terminal, 12 s, typed eu"),
        (None, "", "command", "unseen"),
        (None, "", "screen", "unseen"),
        (None, "d", "command", "digest named, not looked at here"),
        (None, "d", "token", "digest named, not looked at here"),
        (None, "d", "screen", "shown; how much of it was read was not kept"),
    ],
)
def test_what_was_seen_is_said_in_words(seen: Seen | None, digest: str, how: str, words: str) -> None:
    assert looked_words(seen, digest, Origin.model_validate({"how": how})) == words
