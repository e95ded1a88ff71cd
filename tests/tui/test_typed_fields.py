"""Fields for files, and for lists and maps whose parts have types."""

from __future__ import annotations

from textual.widgets import Button

from oyama_tui.tui.dialogs.decision import DecisionDialog
from oyama_tui.tui.dialogs.start import StartDialog
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.widgets.fields import Field
from oyama_tui.tui.widgets.writing import OneLine
from tests.tui.scene import Scene, armed, sees, shown, until

TYPED = """
id: typed
name: Typed
inputs:
  data: {type: file, required: true}
  hosts: {type: list, items: {type: map, fields: {name: {required: true}, port: {type: integer, default: 22}}}}
  port: {type: integer, default: 1}
steps:
  - {id: test, run: "say tested"}
"""
ASKING = """
id: asking
name: Asking
steps:
  - id: send
    gate: {title: Send it, form: {letter: {type: file}, to: {type: list, items: {type: integer}}}}
    run: "say sent"
"""


def controls(scene_app: object, kind: type) -> dict[str, OneLine]:
    """The lines to type in, by the name of their field."""
    return {field.field_name: field.query_one(OneLine) for field in scene_app.screen.query(kind)}  # type: ignore[attr-defined]


async def test_a_form_says_how_values_are_written_and_where_they_do_not_fit(scene: Scene) -> None:
    await scene.keep(TYPED)
    (scene.folder / "data.csv").write_text("1\n")
    async with scene.screens() as (app, pilot):
        await until(pilot, lambda: "Typed" in shown(app))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, StartDialog))
        await armed(pilot)
        lines = controls(app, Field)
        await sees(pilot, 'a list: [{"name": "text", "port": 22}]')
        await sees(pilot, "the path of a file")
        lines["data"].value = str(scene.folder / "gone.csv")
        lines["hosts"].value = '[{"name": "a"}, {"port": "many"}]'
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: app.screen.query(".-wrong"))
        wrong = {field.field_name for field in app.screen.query(Field) if field.has_class("-wrong")}
        assert wrong == {"data", "hosts"}, "the field `port` has nothing to do with `hosts[1].port`"
        await sees(pilot, "[1].port must be a whole number")
        await sees(pilot, "No such file or directory")
        lines["data"].value = str(scene.folder / "data.csv")
        lines["hosts"].value = '[{"name": "a"}]'
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view is not None)
        [row] = await scene.studio.runs.list()
        view = await scene.studio.runs.get(row.id)
        assert view.inputs == {"data": str(scene.folder / "data.csv"), "hosts": [{"name": "a", "port": 22}], "port": 1}


async def test_the_answer_to_a_gate_tells_what_does_not_fit_at_its_field(scene: Scene) -> None:
    approval = await scene.asked(ASKING)
    (scene.folder / "letter.txt").write_text("Dear all\n")
    card = await scene.studio.approvals.get(approval)
    async with scene.screens() as (app, pilot):
        app.push_screen(DecisionDialog(app.context, card, "approve", lambda: None))
        await until(pilot, lambda: isinstance(app.screen, DecisionDialog))
        await armed(pilot)
        lines = controls(app, Field)
        lines["letter"].value = str(scene.folder)
        lines["to"].value = '[1, "b"]'
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: app.screen.query(".-wrong"))
        await sees(pilot, "[1] must be a whole number")
        await sees(pilot, "it is a folder")
        lines["letter"].value = str(scene.folder / "letter.txt")
        lines["to"].value = "[1, 2]"
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: not isinstance(app.screen, DecisionDialog))
        [vote] = (await scene.studio.approvals.get(approval)).votes
        assert vote.form == {"letter": str(scene.folder / "letter.txt"), "to": [1, 2]}
