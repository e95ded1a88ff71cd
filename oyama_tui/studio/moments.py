"""Use cases of the points of a run's journal: which there are, what they are called, and how it was then."""

from __future__ import annotations

from typing import Final

from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.errors import InvalidInput, NotAllowed, NotFound
from oyama_tui.core.node_keys import MARKS
from oyama_tui.core.text import one_line
from oyama_tui.core.views import SnapshotView
from oyama_tui.store import claims
from oyama_tui.store.past import beginning_of, newest_event
from oyama_tui.store.queries.moments import snapshots
from oyama_tui.store.snapshots import forget_name, keep_name
from oyama_tui.studio.context import StudioContext
from oyama_tui.studio.past import Past

LONGEST: Final = 60
"""Characters of a name."""
START: Final = "start"
NOW: Final = "now"
_OWN_WORDS: Final = {START: "the beginning of every run", NOW: "the newest event of every run"}
_TOLD: Final = 8
"""So many names and steps are told to somebody who named none of them."""


class Moments:
    """What can be asked of a run's past; `ref` is a run as people name it.

    Args:
        context: What the studio's parts share.
    """

    def __init__(self, context: StudioContext) -> None:
        self._context = context

    async def snapshots(self, ref: str, *, limit: int | None = None) -> tuple[SnapshotView, ...]:
        """The points at which steps were over, the newest first, and all that have a name.

        Args:
            ref: The run.
            limit: The most points without a name; as many as the settings say when none.
        """
        most = self._context.settings.snapshots_shown if limit is None else limit
        return await self._points(await self._context.claim(ref), most)

    async def _points(self, claim: claims.Claim, limit: int | None) -> tuple[SnapshotView, ...]:
        graph = await self._context.store.graph(claim.revision)
        return await self._context.store.database.read(lambda connection: snapshots(connection, claim.run.key, graph, limit))

    async def name(self, ref: str, name: str, *, at: int | None = None) -> SnapshotView:
        """Give a point a name, under which it is listed from then on.

        Args:
            ref: The run.
            name: Up to 60 characters in one line; no other point of the run has it.
            at: The number of the event after which the point is; the newest one when none.

        Raises:
            InvalidInput: It cannot be a name, the run has it already, or there is no such event.
            NotAllowed: This process is a step of another run.
        """
        claim, by = await self._context.claim(ref), self._context.principal
        if by.kind == "step" and by.program != claim.run.id:
            raise NotAllowed("A step of one run gives no names to points of another run.", "Nothing was changed.")
        label = f"{claim.run.workflow_id} #{claim.run.number}"
        self._require_name(name, await self._context.store.graph(claim.revision))
        last = await self._last(claim)
        seq = last if at is None else at
        if not 1 <= seq <= last:
            raise InvalidInput(f"{label} has no event {seq}.", f"Its events are 1 to {last}.")
        row = {"run": claim.run.key, "name": name, "seq": seq, "at": self._context.clock(), "by": by.name}
        taken = await self._context.store.writer.run(lambda connection: keep_name(connection, row), claim.run.id)
        if taken is not None:
            raise InvalidInput(
                f"{label} has a point named {name!r} already, after event {taken}.",
                f"Take another name, or forget that one: `oyama snapshot {claim.run.workflow_id}#{claim.run.number} NAME --forget`.",
            )
        return next(point for point in await self._points(claim, 0) if point.name == name)

    @staticmethod
    def _require_name(name: str, graph: Graph) -> None:
        """Refuse what could not be told from another way to say a point.

        Raises:
            InvalidInput: Says why.
        """
        hint = f"A name has one to {LONGEST} characters in one line, and is no number."
        if not name or name != name.strip():
            raise InvalidInput("The name of a point cannot be empty, nor begin or end with a blank.", hint)
        if len(name) > LONGEST:
            raise InvalidInput(f"The name of a point has at most {LONGEST} characters, and this one has {len(name):,}.", hint)
        if not name.isprintable():
            raise InvalidInput("The name of a point is one line, without characters that cannot be seen.", hint)
        if name.isdigit():
            raise InvalidInput(f"{name} is the number of an event and cannot be the name of a point.", hint)
        if name.startswith("-"):
            raise InvalidInput(f"{name!r} looks like an option and cannot be the name of a point.", hint)
        if name in _OWN_WORDS:
            raise InvalidInput(f"{name!r} stands for {_OWN_WORDS[name]} and cannot be the name of a point.", hint)
        if MARKS.sub("", name).rpartition(".")[2] in graph.specs or name in graph.specs:
            raise InvalidInput(f"{name!r} is a step of this run, and stands for the point at which that was over.", "Take another name.")

    async def forget(self, ref: str, name: str) -> None:
        """Take the name of a point away; the point itself stays in the journal.

        Args:
            ref: The run.
            name: The name.

        Raises:
            NotFound: No point of the run has it.
            NotAllowed: This process is a step of another run.
        """
        claim, by = await self._context.claim(ref), self._context.principal
        if by.kind == "step" and by.program != claim.run.id:
            raise NotAllowed("A step of one run forgets no names of points of another run.", "Nothing was changed.")
        if not await self._context.store.writer.run(lambda connection: forget_name(connection, claim.run.key, name), claim.run.id):
            raise self._unknown(claim, name, await self._points(claim, 0), await self._last(claim), names_alone=True)

    async def resolve(self, ref: str, point: str) -> int:
        """The number of the event after which a point is, as people say it.

        Args:
            ref: The run.
            point: `17`, a name, a step or node for when that was over, `start`, or `now`.

        Raises:
            NotFound: There is none; the hint says what there is.
        """
        claim, said = await self._context.claim(ref), point.strip()
        last = await self._last(claim)
        if said.isascii() and said.isdigit():
            if len(said) <= 18 and 1 <= int(said) <= last:
                return int(said)
            raise NotFound(f"{claim.run.workflow_id} #{claim.run.number} has no event {said[:20]}.", f"Its events are 1 to {last}.")
        if said in _OWN_WORDS:
            return 1 if said == START else last
        points = await self._points(claim, None)
        for sought in (
            lambda one: one.name == said,
            lambda one: one.node == said,
            lambda one: MARKS.sub("", one.node).rpartition(".")[2] == said,
        ):
            found = next(filter(sought, points), None)
            if found is not None:
                return found.seq
        raise self._unknown(claim, said, points, last)

    @staticmethod
    def _unknown(claim: claims.Claim, said: str, points: tuple[SnapshotView, ...], last: int, *, names_alone: bool = False) -> NotFound:
        """That a run has no such point, and what it has."""
        label, word = f"{claim.run.workflow_id} #{claim.run.number}", one_line(said, LONGEST)
        names = [point.name for point in points if point.name]
        if names_alone:
            return NotFound(f"No point of {label} is named {word!r}.", f"Its names: {_listed(names)}." if names else "It has no names.")
        nodes = list(dict.fromkeys(point.node for point in points if point.node))
        there = [f"its events, 1 to {last}", START, NOW]
        there += [f"its names: {_listed(names)}"] if names else []
        there += [f"what is over: {_listed(nodes)}"] if nodes else []
        return NotFound(f"{label} has no point {word!r}: it is no name, and no step of it that is over.", f"There are {'; '.join(there)}.")

    async def _last(self, claim: claims.Claim) -> int:
        return await self._context.store.database.read(lambda connection: newest_event(connection, claim.run.key))

    async def open(self, ref: str) -> Past:
        """Look at a run as it was; whoever does closes it.

        Args:
            ref: The run.

        Raises:
            CorruptJournal: Its journal cannot be folded, or was changed.
            NotFound: There is no such run.
        """
        run_id = await self._context.resolve(ref)
        begins = await self._context.store.database.read(lambda connection: beginning_of(connection, run_id))
        if begins is None:
            raise NotFound(f"There is no run {run_id!r}.", "See `oyama runs`.")
        past = Past(self._context.store, begins, await self._context.store.graph(begins.run.revision), self._context.settings.files_path)
        try:
            await past.catch_up()
        except BaseException:
            past.close()
            raise
        return past


def _listed(words: list[str]) -> str:
    more = len(words) - _TOLD
    return f"{', '.join(words[:_TOLD])}{f' and {more:,} more' if more > 0 else ''}"
