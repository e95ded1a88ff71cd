"""Pages of evidence: all that is told of a run is on them, and nothing that comes from outside acts there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest

from oyama_tui.core.definition.base import InputField
from oyama_tui.core.events import ApprovalContent, Evidence, FileEvidence, Origin, Seen
from oyama_tui.core.report import RunEvidence, html_page, markdown_page
from oyama_tui.core.report.parts import MOST_CHARACTERS, MOST_LINES
from oyama_tui.core.views import ApprovalCard, ApprovalRow, AttemptView, Check, ContextView, EventView, NodeView, RunRow, RunView, VoteView

AT = datetime(2026, 2, 3, 14, 5, 12, tzinfo=UTC)
HOSTILE = (
    "<script>alert(1)</script>\" onload='x' &amp; </pre></style>\x1b[2J\x00\u202egpj.exe [a](javascript:x) `code` |cell| http://evil.test"
)
SAFE_TAGS = frozenset(
    {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th"}
    | {"td", "figure", "figcaption", "pre", "p"}
)


def run_row(text: str) -> RunRow:
    return RunRow(
        id="release-1",
        workflow_id="release",
        workflow_name=text,
        number=12,
        status="completed",
        state="completed",
        reason=text,
        needs_you=False,
        current_step="",
        completed=2,
        total=2,
        running=0,
        started_at=AT,
        ended_at=AT,
        duration_ms=61_000,
        human_wait_ms=5_000,
        started_by=text,
        owner="nobody",
    )


def run_view(text: str) -> RunView:
    node = NodeView(
        key="publish",
        step_id="publish",
        name=text,
        kind="run",
        status="completed",
        depth=0,
        note=text,
        attempt=1,
        approval="",
        started_at=AT,
        duration_ms=20,
    )
    return RunView(
        row=run_row(text),
        nodes=(node,),
        inputs={"version": text},
        outputs={"url": [text]},
        error=text,
        error_node="publish",
        revision="0123456789abcdef",
        directory=text,
        source="",
        left_ms=None,
        pausing=False,
        seq=9,
    )


def content(text: str) -> ApprovalContent:
    return ApprovalContent(
        title=text,
        prompt=text,
        target=text,
        risk="high",
        action=text,
        directory=text,
        order={"script": text},
        yes=text,
        no=text,
        form={"why": InputField(required=True)},
        evidence=Evidence(
            preview=text,
            preview_size=7,
            preview_digest="a" * 64,
            exit_code=0,
            files=(FileEvidence(path=text, digest="f" * 64, size=3, text=text), FileEvidence(path="missing", digest="")),
            problem=text,
        ),
    )


def asked(text: str) -> ApprovalRow:
    return ApprovalRow(
        id="a1",
        run_id="release-1",
        run_number=12,
        workflow_id="release",
        workflow_name=text,
        step_id="publish",
        node="publish.gate",
        status="approved",
        title=text,
        target=text,
        risk="high",
        requested_at=AT,
        deadline=AT,
        on_timeout="reject",
        decided_at=AT,
        decided_by=text,
        comment=text,
        digest="d" * 32,
    )


def card(text: str) -> ApprovalCard:
    shown = content(text)
    vote = VoteView(
        by=text,
        verdict="approve",
        comment=text,
        form={"why": text},
        at=AT,
        origin=Origin(how="tty", tty=text, processes=("oyama", text)),
        digest="d" * 32,
        seen=Seen(how="card", parts=4, read=4, milliseconds=104_000, typed=text),
    )
    return ApprovalCard(
        row=asked(text),
        content=shown,
        form=shown.form,
        can_decide=False,
        can_approve=False,
        obstacle="",
        checked=(),
        last_yes=None,
        reopened=(),
        votes=(vote,),
        directory=text,
        asked_by=text,
    )


def attempt(text: str) -> AttemptView:
    return AttemptView(
        run_id="release-1",
        node="publish",
        step_id="publish",
        attempt=1,
        status="failed",
        input={"script": text},
        output=text,
        truncated=True,
        outputs={"name": text},
        result=None,
        exit_code=3,
        error=text,
        error_kind="exit",
        log="",
        started_at=AT,
        ended_at=AT,
        duration_ms=20,
    )


def evidence(text: str = "Publish v1", **changes: Any) -> RunEvidence:
    """A run in which every text is this one."""
    made = RunEvidence(
        run=run_view(text),
        cards=(card(text),),
        asked=1,
        attempts=(attempt(text),),
        begun=1,
        context=(ContextView(name=text, value={"k": text}, seq=1, at=AT),),
        events=(EventView(seq=1, at=AT, type="run_started", node="", text=text, payload={}),),
        head="e" * 32,
        checks=(Check(id="x", status="problem", message=text),),
        origin=text,
        program="0.1.0",
        at=AT,
    )
    return made.model_copy(update=changes)


class Tags(HTMLParser):
    """Notes every tag with its attributes, and the text outside of styles."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data


def read(page: str) -> Tags:
    found = Tags()
    found.feed(page)
    found.close()
    assert found.open == []
    return found


def test_a_page_tells_everything_that_was_shown_and_answered() -> None:
    for text in (read(html_page(evidence())).text, markdown_page(evidence()).replace("\\", "")):
        for wanted in (
            *("release #12", "completed", "2026-02-03 14:05:12 UTC", "Publish v1", "high", "d" * 32, "a" * 64, "f" * 64, "no such file"),
            *(
                "Form field why: string, required",
                "what is shown above",
                "read 4 of 4 parts in 1 m 44 s, typed Publish v1",
                "tty, Publish v1, oyama < Publish v1",
                "0123456789abcdef",
                "e" * 32,
            ),
            *("publish, attempt 1: failed", "oyama verify 'release#12'", "proves nothing by itself"),
        ):
            assert wanted in text, wanted


def test_nothing_hostile_acts_on_a_page() -> None:
    page = html_page(evidence(HOSTILE))
    found = read(page)
    assert {tag for tag, _ in found.tags} <= SAFE_TAGS
    allowed = {"lang", "charset", "http-equiv", "content", "name", "class"}
    assert {name for _, attributes in found.tags for name in attributes} <= allowed
    assert [attributes["content"] for _, attributes in found.tags if "http-equiv" in attributes] == [
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    ]
    assert "<script>alert(1)</script>" in found.text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)
    assert "␛[2J␀<U+202E>gpj.exe" in found.text


def test_a_page_needs_nothing_from_outside() -> None:
    page = html_page(evidence())
    assert not re.search(r"https?:|//[a-z]|url\(|@import|src=|href=|<script|<link|<img|<iframe", page)


def test_nothing_hostile_means_anything_in_markdown() -> None:
    page = markdown_page(evidence(HOSTILE))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", page)
    outside = re.sub(r"^(`{3,})text\n.*?^\1$", "", page, flags=re.MULTILINE | re.DOTALL)
    assert "\\<script\\>" in outside
    assert not re.search(r"(?<!\\)[<\[`]|(?<!\\)://", outside.replace("&nbsp;", ""))
    fenced = markdown_page(evidence("before\n```\n# no heading\n````\n<b>"))
    assert fenced.count("`````text") == fenced.count("\n`````\n") > 0


@pytest.mark.parametrize("page", [html_page, markdown_page])
def test_very_long_lines_and_texts_are_cut_with_a_remark(page: Any) -> None:
    long = page(evidence("x" * 1_000_000))
    assert len(long) < 40 * (MOST_CHARACTERS + 500)
    assert f"{1_000_000 - MOST_CHARACTERS:,} more characters are left out" in long.replace("\\", "")
    many = page(evidence("\n".join(map(str, range(10_000)))))
    assert f"{10_000 - MOST_LINES:,} lines are left out" in many.replace("\\", "")
    assert "9999" in many


@pytest.mark.parametrize("page", [html_page, markdown_page])
def test_a_run_of_which_there_is_nothing_to_tell_has_a_page(page: Any) -> None:
    bare = evidence(cards=(), asked=0, attempts=(), begun=0, context=(), events=(), checks=(), origin="")
    text = page(bare)
    assert "Nobody was asked anything" in text
    assert "There are no events to show" in text


@pytest.mark.parametrize("page", [html_page, markdown_page])
def test_what_is_left_out_is_counted(page: Any) -> None:
    text = page(evidence(asked=300, begun=9_000)).replace("\\", "")
    assert "Of 300 questions the last 1" in text
    assert "Of 9,000 attempts the last 1" in text
