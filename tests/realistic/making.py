"""Makes the database, and lives on in it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

from oyama_tui.engine.clock import Clock, system_wall
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from tests.realistic.output import PREVIEWS, PUBLISH_BEFORE
from tests.realistic.people import People, Start, span
from tests.realistic.steps import Hands, files_of
from tests.realistic.story import GROUPS, STORY, THUMBNAILS, TOOLS
from tests.realistic.table import TABLE
from tests.realistic.virtual_loop import VirtualLoop
from tests.realistic.world import World, time_waits_for_writers

BEFORE: Final = span("1h")
"""How long before the first run the world begins."""
SCRIPT: Final = '#!/bin/sh\necho "${0##*/} $*"\nexec /bin/sleep 1\n'
"""What every program of this world is, where somebody really starts it."""
LATEST: Final = 120.0
"""Seconds of the machine that the making may take."""


def settings_for(folder: Path) -> Settings:
    """The settings with which the database is made and looked at.

    Args:
        folder: The data directory.
    """
    return Settings(home=folder, groups=GROUPS, bell=False, desktop="off")


def definitions(folder: Path, *, large: bool) -> list[Path]:
    """Write the definitions and what they name, none of which does any harm.

    Args:
        folder: The data directory.
        large: With that of the loop over ten thousand items.
    """
    place = folder / "workflows"
    files_of(place / "tools", dict.fromkeys(TOOLS, SCRIPT))
    files_of(place, {"publish.sh": PUBLISH_BEFORE})
    found = []
    for source in sorted((Path(__file__).parent / "workflows").glob("*.yaml")):
        if large or source.stem != THUMBNAILS.workflow:
            found.append(Path(shutil.copy(source, place / source.name)))
    (folder / "config.toml").write_text(
        "[groups]\n" + "".join(f"{name} = {list(members)}\n" for name, members in GROUPS.items()).replace("'", '"')
    )
    return found


class Making:
    """The world, made up to the present, and what goes on in it.

    Args:
        folder: The data directory; it is to be empty.
        present: Milliseconds since 1970 UTC.
        large: With a loop over ten thousand items.
        earnest: Go on in the time of the machine; else everything stands still.
    """

    def __init__(self, folder: Path, present: int, *, large: bool = False, earnest: bool = False) -> None:
        self.folder = folder
        self.present = present
        self._earnest = earnest
        self._large = large
        self._plans: Sequence[Start] = sorted((*STORY, *((THUMBNAILS,) if large else ())), key=lambda plan: -span(plan.ago))
        self.ready = threading.Event()
        self._loop: VirtualLoop
        self._life: asyncio.Task[None] | None = None

    def run(self) -> None:
        """Make it, say that it is ready, and go on until told that it is enough."""
        begin = self.present - max(span(plan.ago) for plan in self._plans) - BEFORE

        def new_loop() -> VirtualLoop:
            self._loop = VirtualLoop(begin)
            return self._loop

        with time_waits_for_writers(), asyncio.Runner(loop_factory=new_loop) as runner, contextlib.suppress(asyncio.CancelledError):
            runner.run(self._live())

    def end(self) -> None:
        """Tell it that it is enough; from any thread."""
        if self._life is not None:
            self._loop.call_soon_threadsafe(self._life.cancel)

    async def _live(self) -> None:
        self._life = asyncio.current_task()
        world = World(self._loop, self.present)
        special = {f"{plan.workflow}-{self.present - span(plan.ago)}": plan.does for plan in self._plans}
        hands = Hands(world, TABLE, special, PREVIEWS)
        paths = definitions(self.folder, large=self._large)
        async with open_studio(
            settings_for(self.folder), drive="all", trigger="screen", clock=world.clock, executors=hands.by_kind
        ) as studio:
            for path in paths:
                await studio.workflows.add(path)
            people = People(world, studio)
            world.spawn(people.watch())
            for plan in self._plans:
                world.spawn(self._start(world, people, plan))
            try:
                await world.until(self.present)
                world.check()
                if self._earnest:
                    # The making has taken its time too.
                    await world.until(system_wall())
                else:
                    world.stand_still()
                self._loop.live()
                self.ready.set()
                await asyncio.Event().wait()
            finally:
                await world.end()

    async def _start(self, world: World, people: People, plan: Start) -> None:
        if plan.files:
            await world.until(self.present - span(plan.ago) - 1000)
            files_of(self.folder / "workflows", plan.files)
        await people.start(plan, str(self.folder / "workflows" / f"{plan.workflow}.yaml"))


@contextmanager
def living(making: Making) -> Iterator[None]:
    """Make the world in a thread of its own, and keep it alive for as long as the block lasts.

    Args:
        making: The world.
    """
    failed: list[BaseException] = []

    def run() -> None:
        try:
            making.run()
        except BaseException as error:
            failed.append(error)
        finally:
            making.ready.set()

    thread = threading.Thread(target=run, name="realistic")
    thread.start()
    try:
        made = making.ready.wait(LATEST)
        if failed:
            raise failed[0]
        if not made:
            raise TimeoutError(f"the world was not made within {LATEST:g} s")
        yield
    finally:
        if thread.is_alive():
            making.end()
        thread.join()
    if failed:
        raise failed[0]


@asynccontextmanager
async def realistic(folder: Path, now: int, *, by: str = "ana", large: bool = False) -> AsyncIterator[Studio]:
    """A studio on a realistic database, for somebody who looks at it; the runs that go on are driven beside it, as by another engine.

    Args:
        folder: The data directory; it is to be empty.
        now: The present, at which the clock of the studio stands: milliseconds since 1970 UTC.
        by: Who looks.
        large: With a loop over ten thousand items.
    """
    made = living(Making(folder, now, large=large))
    await asyncio.to_thread(made.__enter__)
    try:
        async with looking(folder, now, by=by) as studio:
            yield studio
    finally:
        await asyncio.to_thread(made.__exit__, None, None, None)


@asynccontextmanager
async def looking(folder: Path, now: int, *, by: str = "ana") -> AsyncIterator[Studio]:
    """A studio of somebody who looks at a database that was made, and drives nothing.

    Args:
        folder: The data directory.
        now: At which its clock stands.
        by: Who looks.
    """
    async with open_studio(settings_for(folder), trigger="screen", clock=Clock(wall=lambda: now)) as studio:
        yield studio.of(by)


def present() -> int:
    """The time of the machine, in milliseconds since 1970 UTC."""
    return system_wall()
