"""What stands on the card of a question: everything that a yes is for, and how much of it is shown."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from oyama_tui.core import events as e
from oyama_tui.core.views import ApprovalCard, ApprovalRow
from oyama_tui.tui.commands.screen_commands import LookAgain
from oyama_tui.tui.render.approval import ages, card_lines
from oyama_tui.tui.render.evidence import LOOK_AGAIN
from oyama_tui.tui.status_icons import NEEDS_YOU, StatusIcons
from tests.core.test_bound_fields import EXAMPLES, Data, asked, one
from tests.tui.scene import Scene, shown, until

NOW = datetime(2026, 2, 3, 14, 0, tzinfo=UTC)
SHORT: Data = {"run": "./go.sh"}


def card_of(content: e.ApprovalContent, **values: object) -> ApprovalCard:
    """The card of an open question."""
    row = ApprovalRow(
        id="abc",
        run_id="flow-1",
        run_number=1,
        workflow_id="flow",
        workflow_name="",
        step_id="go",
        node="go.gate",
        status="pending",
        title=content.title,
        target=content.target,
        risk=content.risk,
        requested_at=NOW,
        deadline=None,
        on_timeout="reject",
        decided_at=None,
        decided_by="",
        comment="",
        digest="d",
    )
    given = {"can_decide": True, "can_approve": True, "obstacle": "", "checked": (), "last_yes": None, "reopened": (), "votes": ()}
    own = {"row": row, "content": content, "form": content.form, "directory": "", "asked_by": "ana"}
    return ApprovalCard.model_validate({**own, **given, **values})


def text_of(content: e.ApprovalContent, width: int = 100) -> str:
    """What the card says, line by line; no line is wider than there is room."""
    lines = card_lines(card_of(content), width, NOW, StatusIcons())
    assert all(line.cell_length <= width for line in lines)
    return "\n".join(line.plain for line in lines)


@pytest.mark.parametrize(("model", "field"), [key for key, (_, _, word) in EXAMPLES.items() if word])
@pytest.mark.parametrize("width", [40, 100])
def test_each_value_that_reaches_an_executor_is_shown(model: str, field: str, width: int) -> None:
    before, after, word = EXAMPLES[model, field]
    assert word not in text_of(asked(before), width)
    assert word in text_of(asked(after), width)


def test_secrets_are_shown_by_name_and_variables_of_a_script_within_it() -> None:
    env = {"AUTH": "Bearer ${{ secrets.TOKEN }}", "EMPTY": ""}
    content = asked(one({"run": "echo ${{ inputs.a }}", "env": env, "secrets": ["TOKEN"]}, inputs={"a": {"default": "v1"}}))
    text = text_of(content)
    assert "echo v1" in text
    assert "env AUTH   Bearer ${TOKEN}" in text
    assert "env EMPTY  empty" in text
    assert "OYAMA_V1" not in text
    assert "/bin/sh" not in text


def test_a_variable_that_somebody_has_written_out_is_shown() -> None:
    assert "env OYAMA_V1  mine" in text_of(asked(one({"run": 'echo "${OYAMA_V1}"', "env": {"OYAMA_V1": "mine"}})))


def test_long_values_are_shown_to_their_end() -> None:
    value = "".join(f"{number:06d}" for number in range(9_000))
    content = asked(one({**SHORT, "env": {"LONG": value}, "stdin": "one\ntwo\n"}))
    joined = "".join(line.strip() for line in text_of(content, 60).split("\n"))
    assert value in joined
    many = asked(one({**SHORT, "env": {f"V{number}": f"value {number}" for number in range(300)}}))
    assert all(f"value {number}" in text_of(many) for number in range(300))


def test_a_value_that_is_cut_says_so() -> None:
    assert "64 KiB of 98 KiB shown; --json has the whole" in text_of(
        asked(one({**SHORT, "stdin": "${{ context.a }}"}, context={"a": "x" * 100_000}))
    )


def test_what_the_answer_fills_in_is_said_where_it_stands() -> None:
    own = "${{ steps.go.decision.form.note }}"
    form: Data = {"form": {"note": {}}}
    text = text_of(asked(one({"run": f"echo {own}", "env": {"NOTE": own}, "gate": form})))
    assert f"env NOTE  {own}  filled in from your answer" in text
    assert f"echo {own}" in text
    assert "What stands in ${{ }} is filled in from your answer." in text


def test_the_command_of_the_preview_is_shown_with_its_values() -> None:
    look = {"gate": {"preview": "./look.sh ${{ inputs.a }}"}, "env": {"TO": "x"}}
    text = text_of(asked(one({**SHORT, **look}, inputs={"a": {"default": "v1"}})))
    assert 'Preview   ./look.sh "v1"' in text
    assert text.count("env TO") == 1


def looked(**values: object) -> str:
    evidence = e.Evidence.model_validate({"exit_code": 0, **values})
    return text_of(e.ApprovalContent(title="Go?", evidence=evidence))


def test_a_preview_that_is_cut_says_how_much_is_shown_and_where_the_whole_is() -> None:
    text = looked(preview="x" * 65_536, preview_size=307_200, preview_digest="d", truncated=True)
    assert "64 KiB of 300 KiB shown. The whole: oyama logs flow#1 --step go.gate" in text
    lost = looked(preview="x" * 65_536, preview_size=307_200, truncated=True, problem="It cannot be looked at as a whole.")
    assert "64 KiB of 300 KiB shown." in lost
    assert "oyama logs" not in lost
    assert "shown." not in looked(preview="short", preview_size=5, preview_digest="d")


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ({"digest": "d", "size": 90_000}, "not shown, because it is longer than 64 KiB; a yes is for the content with this digest"),
        ({"digest": "d", "size": 9}, "not shown, because it is no plain text; a yes is for the content with this digest"),
        ({"digest": "d"}, "empty"),
        ({"digest": ""}, "cannot be read"),
        ({"digest": "d", "size": 3, "text": "abc"}, "abc"),
    ],
)
def test_a_file_that_is_not_shown_says_why(file: dict[str, object], words: str) -> None:
    assert words in looked(files=[{"path": "plan.bin", **file}])


def test_the_words_of_ages_change_with_time_alone() -> None:
    card = card_of(e.ApprovalContent(title="Go?", evidence=e.Evidence(exit_code=0, at=round(NOW.timestamp() * 1000))))
    assert ages(card, NOW) == ages(card, NOW + timedelta(seconds=4)) != ages(card, NOW + timedelta(seconds=29))
    said = ["\n".join(line.plain for line in card_lines(card, 80, NOW + timedelta(seconds=s), StatusIcons())) for s in (0, 29)]
    assert ["just now" in said[0], "29 s ago" in said[1]] == [True, True]


async def test_the_age_of_the_evidence_goes_on_while_a_card_is_open(scene: Scene) -> None:
    await scene.asked()
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: "exit 0, " in shown(app))
        seen = age(shown(app))
        await until(pilot, lambda: age(shown(app)) != seen)


@pytest.mark.parametrize("evidence", [{"preview": "x", "exit_code": 0}, {"files": [{"path": "a", "digest": "d", "size": 1, "text": "x"}]}])
def test_evidence_that_is_ten_minutes_old_stands_out_while_it_matters(evidence: dict[str, object]) -> None:
    content = e.ApprovalContent(title="Go?", evidence=e.Evidence.model_validate({**evidence, "at": round(NOW.timestamp() * 1000)}))

    def loud(card: ApprovalCard, minutes: int) -> list[str]:
        lines = card_lines(card, 80, NOW + timedelta(minutes=minutes), StatusIcons())
        return [line.plain[span.start : span.end] for line in lines[1:] for span in line.spans if span.style == NEEDS_YOU]

    card = card_of(content)
    assert [loud(card, minutes) for minutes in (0, 9, 10, 75)] == [[], [], ["10 m ago", LOOK_AGAIN], ["1 h ago", LOOK_AGAIN]]
    answered = card_of(content, row={**card.row.model_dump(), "status": "approved", "decided_at": NOW})
    assert loud(answered, 75) == []


def test_the_key_for_looking_again_stands_beside_an_old_age() -> None:
    card = card_of(e.ApprovalContent(title="Go?", evidence=e.Evidence(exit_code=0, at=round(NOW.timestamp() * 1000))))
    said = ["\n".join(line.plain for line in card_lines(card, 80, NOW + timedelta(minutes=m), StatusIcons())) for m in (9, 12)]
    assert f"{LookAgain.key} looks again" == LOOK_AGAIN
    assert [LOOK_AGAIN in said[0], f"exit 0, 12 m ago   {LOOK_AGAIN}" in said[1]] == [False, True]


def test_the_newest_round_stands_on_top_with_what_is_different_since_and_earlier_ones_further_down() -> None:
    rounds = [{"approval_id": f"r{n}", "said": f"sent back by ana{n}", "comment": f"make it {n}\nand more", "at": NOW} for n in range(12)]
    card = card_of(e.ApprovalContent(title="Go?", prompt="Well?"), rounds=rounds, since_round=["prompt +1 -1", "title: a -> b"])
    lines = [line.plain.rstrip() for line in card_lines(card, 80, NOW, StatusIcons())]
    newest, checked = lines.index("  make it 11"), lines.index("Checked by Oyama")
    assert newest < checked
    assert lines[newest + 1 : newest + 4] == [
        "  and more",
        "  Since   prompt +1 -1   title: a -> b   d line by line",
        "  11 earlier rounds: further down",
    ]
    older = [lines.index(f"  make it {n}") for n in range(11)]
    assert older == sorted(older)
    assert older[0] > lines.index("Well?") > checked


def test_long_evidence_is_laid_out_once_while_its_age_goes_on() -> None:
    evidence = e.Evidence(preview="\n".join(map(str, range(10_000))), exit_code=0, at=round(NOW.timestamp() * 1000))
    card = card_of(e.ApprovalContent(title="Go?", evidence=evidence))
    first, second = (card_lines(card, 80, NOW + timedelta(seconds=seconds), StatusIcons()) for seconds in (1, 30))
    assert [line.plain for line in first] != [line.plain for line in second]
    shared = {id(line) for line in first} & {id(line) for line in second}
    assert len(shared) >= 10_000


def age(text: str) -> str:
    """What a card says about the age of its evidence."""
    found = re.search(r"exit 0, (just now|\d+ \w+ ago)", text)
    return found[1] if found else ""
