"""Events that are sent to runs, and pauses that are ended, from the command line."""

from __future__ import annotations

import json

import pytest

from tests.cli.program import Oyama, finish, until

DEPLOY = """
id: deploy
steps:
  - {id: up, wait: {event: deployed, match: event.ok}}
  - {id: told, run: ["echo", "version ${{ steps.up.result.version }}"]}
"""
PATIENT = """
id: patient
steps:
  - {id: flaky, run: "test -e there", retry: {max_attempts: 2, interval: 1h, max_interval: 1h, jitter: false}}
"""
POLL = """
id: poll
steps:
  - id: until_there
    steps: [{id: look, run: "test -e there && echo yes || echo no"}]
    repeat: {until: steps.look.output == "yes", every: 1h, max: 3}
"""


def test_a_run_waits_for_an_event_and_says_which_and_how_it_is_sent(oyama: Oyama) -> None:
    told = oyama("run", oyama.file("deploy.yaml", DEPLOY), "--no-wait", code=5)
    assert "waits for event deployed" in told.out
    assert "send deploy-" in told.out
    shown = oyama("show", "deploy@latest", code=0).out
    assert "waits for event deployed" in shown
    assert "event deployed, for up" in shown
    assert "deployed -d '{}'" in shown
    (up, _) = oyama("show", "deploy@latest", "--json", code=0).json()["nodes"]
    assert (up["status"], up["waits_for"]) == ("waiting", "deployed")
    sent = oyama("send", "deploy@latest", "deployed", "-d", '{"ok": true, "version": "v2"}', "--key", "build 7", code=0)
    assert "deploy #1: the event deployed is delivered" in sent.out
    assert "resume" in sent.err
    again = oyama("send", "deploy@latest", "deployed", "-d", '{"version": "v2", "ok": true}', "--key", "build 7", "--json", code=0).json()
    assert (again["event"], again["already"], again["label"]) == ("deployed", True, "deploy #1")
    other = oyama("send", "deploy@latest", "deployed", "-d", "1", "--key", "build 7", code=7)
    assert "with another payload" in other.err
    ended = oyama("resume", "deploy@latest", code=0)
    assert "version v2" in ended.out
    assert oyama("verify", code=0)
    over = oyama("send", "deploy@latest", "deployed", code=7)
    assert "is completed, so no event can be sent to it" in over.err


def test_an_event_that_does_not_match_is_kept_and_a_name_that_nobody_knows_is_told(oyama: Oyama) -> None:
    oyama("run", oyama.file("deploy.yaml", DEPLOY), "--no-wait", code=5)
    oyama("send", "deploy@latest", "deployed", "-d", '{"ok": false}', code=0)
    early = oyama("send", "deploy@latest", "deploid", code=0)
    assert "kept until a step waits for it" in early.out
    assert "No step of deploy waits for an event deploid. Did you mean deployed?" in early.err
    assert oyama("show", "deploy@latest", "--json", code=0).json()["nodes"][0]["status"] == "waiting"
    assert oyama("verify", code=0)


def test_the_payload_comes_from_a_file_or_from_standard_input(oyama: Oyama) -> None:
    oyama("run", oyama.file("deploy.yaml", DEPLOY), "--no-wait", code=5)
    oyama("send", "deploy@latest", "deployed", "-d", "-", stdin='{"ok": false}', code=0)
    file = oyama.file("payload.json", json.dumps({"ok": True, "version": "v3"}))
    oyama("send", "deploy@latest", "deployed", "-d", f"@{file}", code=0)
    assert "version v3" in oyama("resume", "deploy@latest", code=0).out


@pytest.mark.parametrize(
    ("words", "stdin", "code", "said"),
    [
        (("deployed", "-d", "{ok: true}"), "", 2, "The payload is no JSON: "),
        (("deployed", "-d", "v2"), "", 2, 'a text stands in quotes: "v2"'),
        (("deployed", "-d", '{"a": 1, "a": 2}'), "", 2, "has the key 'a' twice"),
        (("deployed", "-d", "@nowhere.json"), "", 4, "The payload in nowhere.json cannot be read"),
        (("deployed", "-d", "@"), "", 4, "cannot be read"),
        (("deployed", "-d", "-"), "[1,", 2, "The payload in standard input is no JSON"),
        (("deployed", "-d", "-"), json.dumps("x" * 70_000), 2, "70,002 bytes of JSON, and at most 65,536 are allowed"),
        (("deploy done",), "", 2, "'deploy done' cannot be the name of an event"),
        (("deployed", "--key", "x" * 201), "", 2, "one line of at most 200 characters"),
    ],
)
def test_what_cannot_be_sent_says_why(oyama: Oyama, words: tuple[str, ...], stdin: str, code: int, said: str) -> None:
    oyama("run", oyama.file("deploy.yaml", DEPLOY), "--no-wait", code=5)
    refused = oyama("send", "deploy@latest", *words, stdin=stdin, code=code)
    assert said in refused.err
    assert "Traceback" not in refused.err


def test_a_pause_before_another_attempt_is_ended(oyama: Oyama) -> None:
    file = oyama.file("patient.yaml", PATIENT)
    driving = oyama.start("run", file)
    until(lambda: "retry in" in oyama("show", "patient@latest").out, "the pause")
    assert " retry patient-" in oyama("show", "patient@latest", code=0).out
    oyama.file("there", "")
    made = oyama("retry", "patient@latest", "flaky", "--json", code=0).json()
    assert (made["nodes"], made["label"]) == (["flaky"], "patient #1")
    finish(driving)
    assert oyama("show", "patient@latest", "--json", code=0).json()["status"] == "completed"
    assert oyama("verify", code=0)
    nothing = oyama("retry", "patient@latest", code=7)
    assert "is completed, so nothing of it can be tried again now" in nothing.err


def test_a_pause_between_two_rounds_is_ended_also_while_nobody_drives(oyama: Oyama) -> None:
    driving = oyama.start("run", oyama.file("poll.yaml", POLL))
    until(lambda: "waits until" in oyama("show", "poll@latest").out, "the pause")
    driving.kill()
    driving.communicate()
    oyama.file("there", "")
    made = oyama("retry", "poll@latest", code=0)
    assert "poll #1: until_there goes on without a further pause" in made.out
    assert "resume" in made.err
    assert oyama("verify", code=0)
    assert oyama("resume", "poll@latest", code=0)
    assert oyama("verify", code=0)


def test_what_does_not_pause_cannot_be_tried_again(oyama: Oyama) -> None:
    oyama("run", oyama.file("deploy.yaml", DEPLOY), "--no-wait", code=5)
    assert "Nothing pauses between two attempts or rounds" in oyama("retry", "deploy@latest", code=7).err
    assert "up does not pause between two attempts" in oyama("retry", "deploy@latest", "up", code=7).err
    assert "has no step 'upp'" in oyama("retry", "deploy@latest", "upp", code=4).err
