"""Which principal may steer a run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.errors import NotAllowed
from tests.core.commanded import picture
from tests.core.play import ANA, Play, workflow

WISHES: dict[str, Callable[[e.Principal], c.Command]] = {
    "pause": lambda by: c.Pause(at=2_000, by=by),
    "resume": lambda by: c.Resume(at=2_000, by=by),
    "cancel": lambda by: c.Cancel(at=2_000, by=by),
    "context": lambda by: c.ChangeContext(at=2_000, by=by, set={"n": 1}),
}


def started(wish: str) -> Play:
    """A run that waits, and is paused where the wish is to go on."""
    run = Play(workflow(steps=[{"id": "a", "gate": {"title": "Sure?"}}]))
    run.start()
    if wish == "resume":
        run.send(c.Pause(at=1_500, by=ANA))
    return run


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("program", ["", "other-1"])
def test_a_step_steers_no_other_run(wish: str, program: str) -> None:
    run = started(wish)
    before = picture(run.state)
    with pytest.raises(NotAllowed, match="its own run alone"):
        run.send(WISHES[wish](e.Principal(name="ana", kind="step", program=program)))
    assert picture(run.state) == before


@pytest.mark.parametrize("wish", WISHES)
def test_a_step_steers_its_own_run_and_others_steer_every_run(wish: str) -> None:
    own = started(wish).run_id
    for by in (ANA, e.Principal(name="ana", kind="step", program=own), e.Principal(name="ana", kind="agent")):
        assert started(wish).send(WISHES[wish](by))
