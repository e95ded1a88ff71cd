"""Words of the history's filter, as people write them."""

from __future__ import annotations

import pytest

from tests.tui.scene import BROKEN, Scene, eventually


@pytest.mark.parametrize(
    ("text", "statuses", "words"),
    [
        ("status:FAILED", ("failed",), ()),
        ("Status:Failed,rejected", ("failed", "rejected"), ()),
        ("http://example.org/x:1", (), ("http://example.org/x:1",)),
        ("error: timeout", (), ("error:", "timeout")),
        ("12:30", (), ("12:30",)),
    ],
)
async def test_words_with_a_colon_are_words_and_status_has_any_case(
    scene: Scene, text: str, statuses: tuple[str, ...], words: tuple[str, ...]
) -> None:
    wanted = scene.studio.history.parse(text)
    assert (wanted.statuses, wanted.words) == (statuses, words)


@pytest.mark.parametrize(("reason", "sought"), [("Ünï läuft", "ünï"), ("ünï", "ÜNÏ"), ("STRASSE 1", "strasse")])
async def test_words_are_found_in_any_case_of_any_script(scene: Scene, reason: str, sought: str) -> None:
    row = await scene.start(BROKEN)
    waiting = await scene.asked()
    await scene.studio.approvals.decide(waiting, "reject", comment=reason)

    async def ended() -> bool:
        return await scene.phase(row.id) == "failed"

    await eventually(ended)
    page = await scene.studio.history.page(scene.studio.history.parse(sought))
    assert [found.workflow_id for found in page.rows] == ["release"]
