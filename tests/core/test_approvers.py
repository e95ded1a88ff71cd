"""Who may answer, how many yeses it takes, and when they count."""

from __future__ import annotations

from typing import Any

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.errors import AlreadyDecided, IllegalTransition, InvalidForm, NotAllowed
from oyama_tui.core.statuses import ApprovalStatus, RunStatus
from tests.core.play import ANA, EVENT, Play, of_type, statuses
from tests.core.test_answers import BEN, FORM, answer, asking, refused

CYD = e.Principal(name="cyd")
TWO = {"approvers": {"quorum": 2}}


def asked(run: Play) -> Any:
    return list(run.state.approvals.values())[-1]


def test_only_those_who_are_named_may_answer() -> None:
    run = asking(approvers={"any_of": ["ben, cyd", "group:release"]})
    for verdict in ("approve", "reject"):
        assert "ana may not answer this; ben, cyd or the group release may." in refused(run, NotAllowed, verdict)
    answer(run, groups=("release", "wheel"))
    [vote] = of_type(run.journal, e.VoteCast)
    assert (vote.principal.name, vote.groups) == ("ana", ("release",))
    run.plan()
    assert statuses(run.state)["publish"] == "running"


def test_names_may_be_expressions() -> None:
    run = asking(approvers={"any_of": ["${{ 'be' + 'n' }}"]})
    refused(run, NotAllowed)
    answer(run, by=BEN)
    assert asked(run).status is ApprovalStatus.APPROVED


def test_whoever_started_the_run_may_be_left_out_even_when_asked_by_name() -> None:
    run = asking(approvers={"any_of": ["ana", "ben"], "allow_self": False})
    assert "ana started this run, so somebody else must answer." in refused(run, NotAllowed)
    answer(run, by=BEN)
    assert asked(run).status is ApprovalStatus.APPROVED


def test_an_agent_of_somebody_who_may_does_not_count() -> None:
    run = asking(approvers={"any_of": ["ana"]})
    refused(run, NotAllowed, by=e.Principal(name="ana", kind="agent", program="claude"), groups=("release",))


def test_it_takes_as_many_different_people_as_it_says() -> None:
    run = asking(**TWO)
    answer(run)
    run.plan()
    assert statuses(run.state) == {"publish.gate": "waiting", "publish": "pending"}
    assert answer(run) == [] == answer(run, comment=""), "the same yes again is no second one"
    answer(run, by=BEN, comment="fine")
    run.plan()
    assert statuses(run.state)["publish"] == "running"
    [decided] = of_type(run.journal, e.ApprovalDecided)
    assert (decided.by.name, decided.comment) == ("ben", "fine")
    assert answer(run) == [], "whoever was first is told once more that it counted"


def test_one_no_is_enough_where_one_may_veto() -> None:
    run = asking(**TWO)
    answer(run)
    answer(run, "reject", by=BEN)
    assert asked(run).status is ApprovalStatus.REJECTED
    with pytest.raises(AlreadyDecided, match="ben"):
        answer(run, by=CYD)


def test_without_a_veto_it_takes_as_many_noes_and_people_may_change_their_minds() -> None:
    run = asking(approvers={"quorum": 2, "veto": False})
    answer(run)
    answer(run, "reject", by=BEN)
    answer(run, "reject", comment="now I see")
    assert asked(run).status is ApprovalStatus.REJECTED
    run = asking(approvers={"quorum": 2, "veto": False})
    answer(run, "reject", by=BEN)
    answer(run, by=BEN, comment="on second thought")
    answer(run)
    assert asked(run).status is ApprovalStatus.APPROVED


def test_all_say_yes_to_the_same_values() -> None:
    run = asking(form=FORM, **TWO)
    answer(run, form={"reason": "hotfix"})
    assert "ana has said yes with another value" in refused(run, InvalidForm, by=BEN, form={"reason": "other"})
    answer(run, by=BEN)
    [decided] = of_type(run.journal, e.ApprovalDecided)
    assert decided.form == {"reason": "hotfix", "count": 3}


def test_a_yes_counts_only_after_a_while_and_a_no_at_once() -> None:
    rule = {"approvers": {"min_wait": "5m"}}
    run = asking(**rule)
    assert "This can be approved from" in refused(run, IllegalTransition)
    run.at += 5 * 60_000
    answer(run)
    assert asked(run).status is ApprovalStatus.APPROVED
    run = asking(**rule)
    answer(run, "reject")
    assert asked(run).status is ApprovalStatus.REJECTED


def test_a_yes_that_is_not_enough_yet_survives_a_restart() -> None:
    run = asking(**TWO)
    answer(run)
    again = Play(run.workflow)
    again.fold([EVENT.validate_json(EVENT.dump_json(event)) for event in run.journal])
    assert again.plan() == []
    again.at = run.at
    answer(again, by=BEN)
    again.plan()
    assert statuses(again.state)["publish"] == "running"


def test_when_it_is_asked_again_old_yeses_do_not_count() -> None:
    run = asking(send_back={"to": "publish"}, **TWO)
    answer(run)
    answer(run, "send_back", by=BEN)
    run.plan()
    assert len(run.state.approvals) == 2
    answer(run)
    assert asked(run).status is ApprovalStatus.PENDING
    assert run.state.status is RunStatus.RUNNING


def test_everything_that_says_who_may_answer_is_in_the_digest() -> None:
    digests = {
        asked(asking(**({"approvers": rule} if rule is not None else {}))).digest
        for rule in (None, {"quorum": 2}, {"any_of": ["ben"]}, {"allow_self": False}, {"min_wait": "1m"}, {"veto": False})
    }
    assert len(digests) == 6


def test_a_rule_is_no_part_of_what_does_not_have_one() -> None:
    content = of_type(asking().journal, e.ApprovalRequested)[0].content
    assert (content.approvers, content.back) == (None, "")


def test_commands_on_an_approval_of_another_run_are_refused() -> None:
    run = asking()
    with pytest.raises(IllegalTransition, match="has no approval"):
        run.send(c.CommentOn(at=run.at, by=ANA, id="nothing", comment="x"))
