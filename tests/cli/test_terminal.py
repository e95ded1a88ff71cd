from __future__ import annotations

import pexpect
import pytest

from tests.cli.program import GATED, Oyama

FORM = """
id: form
steps:
  - id: publish
    gate:
      title: Publish it
      target: production
      risk: high
      confirm: true
      preview: echo would publish
      form: {reason: {type: string, required: true}, count: {type: integer, default: 3}}
    run: echo published
"""


def on_terminal(oyama: Oyama, *words: str) -> pexpect.spawn[str]:
    argv = oyama.argv(*words)
    return pexpect.spawn(argv[0], argv[1:], env=oyama.env, cwd=str(oyama.folder), encoding="utf-8", timeout=20, dimensions=(40, 120))


def end(child: pexpect.spawn[str]) -> int:
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus is not None
    return child.exitstatus


def test_approve_shows_the_card_and_asks(oyama: Oyama) -> None:
    oyama("run", oyama.file("gated.yaml", GATED), "--no-wait", code=5)
    child = on_terminal(oyama, "approve")
    child.expect("Publish it")
    child.expect("echo published")
    child.expect(r"Approve this\? \[y/N\] ")
    child.sendline("")
    child.expect("Nothing was decided")
    assert end(child) == 130
    child = on_terminal(oyama, "approve")
    child.expect(r"\[y/N\] ")
    child.sendeof()
    child.expect("Nothing was decided")
    assert end(child) == 130
    child = on_terminal(oyama, "approve")
    child.expect(r"\[y/N\] ")
    child.sendintr()
    assert end(child) == 130
    assert len(oyama("approvals", "--json", code=0).json()) == 1
    child = on_terminal(oyama, "approve")
    child.expect(r"\[y/N\] ")
    child.sendline("y")
    child.expect("approved by")
    assert end(child) == 0


def test_approve_asks_for_the_form_and_the_target(oyama: Oyama) -> None:
    oyama("run", oyama.file("form.yaml", FORM), "--no-wait", code=5)
    assert "digest" in oyama("approve", "form@latest", code=2).err
    child = on_terminal(oyama, "approve")
    child.expect("would publish")
    child.expect(r"reason \(required\): ")
    child.sendline("hotfix")
    child.expect(r"count \(integer; default 3\): ")
    child.sendline("")
    child.expect(r"Type the target \(production\) to approve: ")
    child.sendline("staging")
    child.expect("'staging' is not 'production'")
    child.expect(r"Type the target \(production\) to approve: ")
    child.sendline("")
    child.expect("Nothing was decided")
    assert end(child) == 130
    child = on_terminal(oyama, "approve", "--form", "reason=hotfix", "--form", "count=4")
    child.expect(r"Type the target \(production\) to approve: ")
    child.sendline("production")
    child.expect(r"Approve this\? \[y/N\] ")
    child.sendline("y")
    child.expect("approved by")
    assert end(child) == 0
    oyama("resume", "form@latest", code=0)


def test_reject_asks_why(oyama: Oyama) -> None:
    oyama("run", oyama.file("gated.yaml", GATED), "--no-wait", code=5)
    child = on_terminal(oyama, "reject")
    child.expect("Why not")
    child.sendline("too late")
    child.expect(r"Reject this\? \[y/N\] ")
    child.sendline("y")
    child.expect("rejected by")
    assert end(child) == 0
    assert oyama("approvals", "--status", "rejected", "--json", code=0).json()[0]["comment"] == "too late"


@pytest.mark.parametrize(("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_is_for_terminals_and_can_be_turned_off(oyama: Oyama, env: dict[str, str], coloured: bool) -> None:
    oyama.env.update(env)
    child = on_terminal(oyama, "config")
    child.expect(pexpect.EOF)
    child.close()
    assert ("\x1b[" in (child.before or "")) is coloured
