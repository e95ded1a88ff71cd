"""Use cases of the history of approvals."""

from __future__ import annotations

from datetime import datetime
from typing import Final, get_args

from oyama_tui.core.answer_words import ApprovalKind
from oyama_tui.core.definition.gate import Risk
from oyama_tui.core.format import moment
from oyama_tui.core.views import ApprovalFilter, ApprovalPage, ApprovalWord
from oyama_tui.store.counted import Counted
from oyama_tui.store.queries import approval_history as queries
from oyama_tui.studio.context import StudioContext
from oyama_tui.studio.filters import may_become, one_of, read_filter, time_span

STATUSES: Final[tuple[ApprovalWord, ...]] = get_args(ApprovalWord)
KINDS: Final[tuple[ApprovalKind, ...]] = get_args(ApprovalKind)
RISKS: Final[tuple[Risk, ...]] = get_args(Risk)
_CHOICES: Final = {"status": STATUSES, "kind": KINDS, "risk": RISKS}
_KEYS: Final = (*_CHOICES, "workflow", "by", "since", "until")


class ApprovalHistory:
    """What can be asked of approvals that are over, and of open ones beside them."""

    def __init__(self, context: StudioContext) -> None:
        self._context = context
        self._counted: Counted[ApprovalFilter] = Counted(context.store.database)

    def parse(self, text: str) -> ApprovalFilter:
        """Read `status:approved workflow:release by:ana kind:task risk:high since:7d until:yesterday words`.

        What has another key is a word, colon and all.

        Raises:
            InvalidInput: A value that is not known; the hint names the known ones.
        """
        values, words = read_filter(text, _KEYS)

        def listed(key: str) -> tuple[str, ...]:
            return tuple(one_of(key, each, _CHOICES[key]) for _, value in values[key] for each in value.split(","))

        def newest(key: str) -> str:
            return values[key][-1][1] if values[key] else ""

        span = {key: self._time(*values[key][-1]) for key in ("since", "until") if values[key]}
        return ApprovalFilter(
            statuses=listed("status"),
            workflow=newest("workflow"),
            by=newest("by"),
            kinds=listed("kind"),
            risks=listed("risk"),
            since=span["since"][0] if "since" in span else None,
            until=span["until"][1] if "until" in span else None,
            words=words,
        )

    @staticmethod
    def may_become_filter(text: str) -> bool:
        """Whether the last word of a filter that is being typed has a value that is none yet, but may become one.

        Args:
            text: As far as it has been typed; what ends in a blank has been typed whole.
        """
        return may_become(text, _CHOICES)

    def since(self, value: str, said: str = "") -> datetime:
        """The beginning of a time as people name it: `7d`, `2026-01-31`, `yesterday`.

        Args:
            value: The time.
            said: Where it was said, for the message.

        Raises:
            InvalidInput: It is no time.
        """
        return self._time(said or value, value)[0]

    def until(self, value: str, said: str = "") -> datetime:
        """The end of a time as people name it; `since` says what the arguments mean.

        Args:
            value: The time.
            said: Where it was said, for the message.

        Raises:
            InvalidInput: It is no time.
        """
        return self._time(said or value, value)[1]

    def _time(self, said: str, value: str) -> tuple[datetime, datetime]:
        return time_span(said, value, moment(self._context.clock()).astimezone())

    async def page(
        self, wanted: ApprovalFilter, *, before: int | None = None, after: int | None = None, offset: int | None = None, limit: int = 100
    ) -> ApprovalPage:
        """A page, newest first.

        Args:
            wanted: Which approvals.
            before: Only rows older than this key, the nearest ones.
            after: Only rows newer than this key, the nearest ones.
            offset: Rows from this place on instead; counted from the newest, from the oldest when negative (-100 is the last page of 100).
            limit: The most rows.
        """
        return await self._counted.read(
            wanted,
            lambda connection, total: queries.page(connection, wanted, before=before, after=after, offset=offset, limit=limit, total=total),
        )
