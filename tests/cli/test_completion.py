"""What a shell offers on Tab, asked in the way in which shells ask."""

from __future__ import annotations

import pytest

from oyama_tui.settings import Settings
from tests.cli.program import GATED, LINEAR, Oyama
from tests.store.scene import opened

CHOICES = """
id: choices
inputs:
  channel: {options: [beta, stable], description: Where to}
  version: {required: true}
steps: [{id: a, run: "true"}]
"""


def offered(oyama: Oyama, *words: str, fresh: bool = False) -> list[str]:
    """What bash is offered for the last word, by a new interpreter if wanted."""
    line = {"COMP_WORDS": "\n".join(("oyama", *words)).replace("\n", " "), "COMP_CWORD": str(len(words))}
    told = (oyama.fresh if fresh else oyama)(env={"_OYAMA_COMPLETE": "complete_bash", **line})
    assert told.err == "", told.told
    return told.out.split()


@pytest.fixture
def filled(oyama: Oyama) -> Oyama:
    oyama("run", oyama.file("linear.yaml", LINEAR), code=0)
    oyama("run", oyama.file("gated.yaml", GATED), "--no-wait", code=5)
    oyama.file("choices.yaml", CHOICES)
    (oyama.folder / "more").mkdir()
    return oyama


def test_commands_name_what_is_there(filled: Oyama) -> None:
    assert offered(filled, "sh", fresh=True) == ["show"]
    assert offered(filled, "sh") == ["show"]
    assert set(offered(filled, "show", "")) == {"linear#1", "gated#1"}
    assert offered(filled, "show", "lin") == ["linear#1"]
    assert offered(filled, "cancel", "") == ["gated#1"]
    assert set(offered(filled, "logs", "linear#1", "--step", "")) == {"first", "second"}
    assert set(offered(filled, "runs", "--workflow", "")) == {"gated", "linear"}
    [asked] = filled("approvals", "--json", code=0).json()
    for words in (("approve", ""), ("reject", asked["id"][:3]), ("approvals", "--show", "")):
        assert offered(filled, *words) == [asked["id"]]
    assert {"gated", "linear", "choices.yaml", "gated.yaml", "more/"} <= set(offered(filled, "run", ""))
    assert set(offered(filled, "validate", "l")) == {"linear.yaml"}
    templates = {"canary-rollout", "demo", "fan-out-check", "incident-runbook", "release", "site-release"}
    assert set(offered(filled, "init", "--template", "")) == templates


def test_inputs_are_offered_with_their_values(filled: Oyama) -> None:
    assert offered(filled, "run", "choices.yaml", "-i", "") == ["channel=beta", "channel=stable", "version="]
    assert offered(filled, "run", "choices.yaml", "-i", "channel=s") == ["channel=stable"]


def test_nothing_is_offered_or_made_where_nothing_is(oyama: Oyama) -> None:
    assert offered(oyama, "show", "", fresh=True) == []
    assert offered(oyama, "logs", "nothing#1", "--step", "") == []
    assert not oyama.home.exists()


def test_a_run_is_offered_that_is_not_among_the_newest(oyama: Oyama) -> None:
    path = Settings(home=oyama.home).database_path
    path.parent.mkdir(parents=True)
    with opened(path) as rows:
        graph = rows.workflow("release")
        for number in range(1, 161):
            rows.run(graph, number, "completed")
    assert offered(oyama, "show", "release#7") == [f"release#{number}" for number in (7, *range(79, 69, -1))]


def test_events_are_offered_that_the_run_waits_for(oyama: Oyama) -> None:
    oyama("run", oyama.file("deploy.yaml", "id: deploy\nsteps: [{id: up, wait: {event: deployed}}]\n"), "--no-wait", code=5)
    assert offered(oyama, "send", "") == ["deploy#1"]
    assert offered(oyama, "send", "deploy#1", "") == ["deployed"]
    assert offered(oyama, "send", "deploy#1", "x") == []
    assert offered(oyama, "retry", "deploy#1", "") == []
