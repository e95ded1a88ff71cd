"""Notifiers as people set them: told by whichever process drives the run, and shown nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.cli.program import Oyama, until
from tests.engine.message_server import TOKEN, MessageServer, message_server

GATE = """
id: ship
notify: [team]
steps:
  - {id: look, run: 'echo notify=$OYAMA_NOTIFY'}
  - {id: ask, gate: {title: Publish, prompt: hidden}}
""".lstrip()


@pytest.fixture
def server() -> Iterator[MessageServer]:
    with message_server() as found:
        yield found


def set_up(oyama: Oyama, text: str) -> None:
    """Write the settings file."""
    oyama.home.mkdir(exist_ok=True)
    (oyama.home / "config.toml").write_text(text)


def test_a_command_that_leaves_at_once_has_told_them(oyama: Oyama, server: MessageServer) -> None:
    set_up(oyama, f'[notify]\nteam = "{server.url}"\n')
    oyama("run", oyama.file("ship.yaml", GATE), "--no-wait", code=5)
    [message] = server.until(1)
    assert message["title"] == "ship #1 asks: Publish"
    assert message["message"] == "normal risk, no deadline"
    until(lambda: "was told last at" in oyama("doctor", code=0).out, "it is known that it has arrived")
    oyama("resume", "ship#1", "--no-wait", code=5)
    oyama("run", "ship", "--no-wait", code=5)
    assert [each["title"] for each in server.until(2)] == ["ship #1 asks: Publish", "ship #2 asks: Publish"]


def test_an_address_is_shown_nowhere_and_no_step_has_it(oyama: Oyama, server: MessageServer) -> None:
    server.status = 403
    env = {"OYAMA_NOTIFY": json.dumps({"team": server.url})}
    path = oyama.file("ship.yaml", GATE)
    ran = oyama("run", path, "--no-wait", env=env, code=5)
    assert "notify=" in ran.out
    until(lambda: "was not told" in oyama("doctor", env=env).out, "it is known that it has not arrived")
    said = [
        oyama(*words, env=env)
        for words in (("config",), ("config", "--json"), ("doctor", "--json"), ("logs", "ship#1"), ("show", "ship#1"))
    ]
    assert TOKEN not in ran.told + "".join(each.told for each in said)
    assert "team" in said[0].out
    kept = [found for found in oyama.home.rglob("*") if found.is_file()]
    assert kept
    assert not [found for found in kept if TOKEN.encode() in found.read_bytes()]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[notify]\n"My Team" = "json://x"\n', "My Team"),
        (f'notify = "json://x/{TOKEN}"\n', "notify"),
        ("[notify]\nteam = 3\n", "notify.team"),
    ],
)
def test_settings_that_cannot_be_used_are_told_without_the_address(oyama: Oyama, text: str, told: str) -> None:
    set_up(oyama, text)
    ended = oyama("list", code=78)
    assert told in ended.err
    assert TOKEN not in ended.told


@pytest.mark.parametrize(("value", "told"), [("team", "list"), ("[Team]", "cannot be the name of a notifier"), ("[3]", "notify")])
def test_a_definition_that_names_none_properly_is_refused(oyama: Oyama, value: str, told: str) -> None:
    ended = oyama("validate", oyama.file("ship.yaml", GATE.replace("[team]", value)), code=3)
    assert told in ended.told
    assert "ship.yaml:2:" in ended.told
