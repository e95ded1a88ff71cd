"""Hostile texts in workflows and in the inputs of runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from oyama_tui.core.storable import is_whole
from tests.api.hostile_sender import EXECUTE, EXECUTIONS, FEW, MANY, STATE, WORKFLOWS, HostileSender, at, name_in, share

TOGETHER: Final = 10
"""Texts of one run."""
SHELL: Final = 'printf %s "${{{{ inputs.t{0} }}}}" > said{0}; printf %s "$NOTE{0}" > noted{0}; echo ${{{{ inputs.t{0} }}}} > /dev/null'
"""What a step does with a text: it is a value in quotes, a variable, and a word."""
Step = dict[str, Any]
CALM: Final[list[Step]] = [{"id": "a", "set": {"v": "x"}}]


PARTS: Final = [
    at("name"),
    at("description"),
    at("inputs", "text", "default"),
    at("inputs", "text", "description"),
    at("outputs", "made"),
    at("context", "note"),
    at("settings", "env", "NOTE"),
    at("stages", 0, "name"),
    at("stages", 0, "set", "v"),
    at("stages", 1, "gate", "title"),
    at("stages", 1, "gate", "prompt"),
    at("stages", 1, "gate", "target"),
    at("stages", 1, "gate", "form", "why", "description"),
]
NAMES: Final = [at("id"), at("type"), *map(name_in, ("inputs", "outputs", "context", "settings")), name_in("stages", 0)]
STAGES: Final[list[Step]] = [*CALM, {"id": "g", "gate": {"title": "Go?"}}]


async def definitions(sender: HostileSender) -> None:
    """Workflows are created and changed: what is kept is what was sent, and what is a name or a kind is one, or refused."""
    create, one = f"POST {WORKFLOWS}", f"{WORKFLOWS}/{{workflow_id}}"
    change = partial(sender.send, f"PUT {one}", ways={"workflow_id": "changed"})
    await sender.api.json("POST", WORKFLOWS, json={"id": "changed", "stages": CALM}, status=201)
    for text in sender.texts:
        async for body, answer in sender.each(change, {"stages": STAGES}, PARTS, text):
            await _is_kept(sender, answer, body, text)
    for text in share(sender.texts, 0, FEW):
        async for body, answer in sender.each(partial(sender.send, create), {"stages": STAGES, "id": "made"}, PARTS, text):
            await _is_kept(sender, answer, body, text)
            await sender.api.json("DELETE", f"{WORKFLOWS}/made")
    for turn, spot in enumerate(NAMES):
        for text in share(sender.texts, turn, 2 * MANY):
            async for body, answer in sender.each(partial(sender.send, create), {"stages": STAGES, "name": "made"}, [spot], text):
                await _is_kept(sender, answer, body, text)
                await sender.send(f"DELETE {one}", ways={"workflow_id": answer["id"]})
            async for body, answer in sender.each(change, {"stages": STAGES}, [spot], text):
                await _is_kept(sender, answer, body, text)
    for turn, (operation, path) in enumerate(((create, WORKFLOWS), (f"PUT {one}", f"{WORKFLOWS}/changed"))):
        for text in share(sender.texts, turn):
            await _whole(sender, operation, path, text)


async def _is_kept(sender: HostileSender, answer: Any, body: Any, text: str) -> None:
    """A workflow is read as it was sent, and is listed so."""
    read = await sender.api.json("GET", f"{WORKFLOWS}/{answer['id']}")
    for name in ("name", "description"):
        assert read[name] == body.get(name, read[name]), (name, text[:80])
    settings, stages = body.pop("settings", {}), body.pop("stages")
    given = {**body, **settings, "steps": stages}
    assert _fits(given, read["content"]), (text[:80], given, read["content"])


def _fits(given: Any, found: Any) -> bool:
    """Whether all that was given is in what was found."""
    if isinstance(given, Mapping) and isinstance(found, Mapping):
        return all(name in found and _fits(inner, found[name]) for name, inner in given.items())
    if isinstance(given, list) and isinstance(found, list):
        return len(given) == len(found) and all(map(_fits, given, found))
    return bool(given == found) or (isinstance(found, Mapping) and found.get("type") == "string")


async def _whole(sender: HostileSender, operation: str, path: str, text: str) -> None:
    """A text is a whole definition: it is none, or it is kept as what it says, and nothing of it is carried out."""
    method = operation.partition(" ")[0]
    ways = {"workflow_id": "changed"} if method == "PUT" else None
    replies = [await sender.send(operation, {"definition": text}, ways=ways)]
    sender.places.note(operation, "application/yaml", text)
    replies.append(await sender.ask(method, path, text.encode("utf-8", "surrogatepass"), "application/yaml"))
    for reply in replies:
        assert reply.refused or "steps: [{id: a, run: touch pwned}]" in text, text[:80]
    if not replies[-1].refused or not replies[0].refused:
        await sender.api.json("DELETE", f"{WORKFLOWS}/evil")


async def inputs(sender: HostileSender) -> None:
    """Runs are started with the texts: steps get them as they are, as data."""
    flow = {"id": "data", "inputs": {f"t{place}": {"type": "string"} for place in range(TOGETHER)}, "type": "parallel"}
    keeps = {"id": "keep", "set": {f"k{place}": f"${{{{ inputs.t{place} }}}}" for place in range(TOGETHER)}}
    notes = {f"NOTE{place}": f"${{{{ inputs.t{place} }}}}" for place in range(TOGETHER)}
    says = {"id": "say", "run": "\n".join(SHELL.format(place) for place in range(TOGETHER)), "env": notes, "on_failure": "continue"}
    outputs = {f"o{place}": f"${{{{ inputs.t{place} }}}}" for place in range(TOGETHER)}
    await sender.api.json("POST", WORKFLOWS, json={**flow, "stages": [keeps, says], "outputs": outputs}, status=201)
    whole = [text for text in sender.texts if is_whole(text)]
    # A shell cannot be given a NUL: those texts are together, and that step fails with a word.
    for kind in ([text for text in whole if "\0" not in text], [text for text in whole if "\0" in text]):
        for start in range(0, len(kind), TOGETHER):
            await _run(sender, kind[start : start + TOGETHER])
    for text in set(sender.texts).difference(whole):
        await sender.refused(f"POST {EXECUTE}", {"workflowId": "data", "input": {"t0": text}})
        await sender.send(f"POST {EXECUTE}", {"workflowId": "none", "options": {text: text}})
    for text in share(sender.texts, 1):
        await sender.refused(f"POST {EXECUTE}", {"workflowId": "data", "input": {text: "x"}})


async def _run(sender: HostileSender, texts: Sequence[str]) -> None:
    """One run with several texts: wherever they are told they are the same, and files that its step has written hold them."""
    given = {f"t{place}": text for place, text in enumerate(texts)}
    wish = {"workflowId": "data", "input": given, "options": {text: text for text in texts}, "wait": 30}
    reply = await sender.send(f"POST {EXECUTE}", wish)
    assert reply.status == 200, (reply, given)
    assert reply.body["ignoredOptions"] == sorted(texts)
    run_id = reply.body["stateId"]
    [state] = (await sender.api.json("GET", STATE, params={"stateId": run_id}))["items"]
    execution = await sender.api.json("GET", f"{EXECUTIONS}/{run_id}")
    view = await sender.api.studio.runs.get(run_id)
    assert state["inputs"] == execution["inputs"] == view.inputs
    assert {name: text for name, text in state["inputs"].items() if text is not None} == given
    [begun] = [one for one in await sender.events(run_id) if one["type"] == "run_started"]
    assert begun["payload"]["inputs"] == state["inputs"]
    assert state["context"] == {f"k{name[1:]}": text for name, text in state["inputs"].items()}
    [says] = [one for one in state["executionHistory"] if one["stepId"] == "say"]
    if any("\0" in text for text in texts):
        assert "NUL" in says["error"], says
        return
    assert says["status"] == "completed", says
    for place, text in enumerate(texts):
        assert (state["outputs"][f"o{place}"], reply.body["outputs"][f"o{place}"]) == (text, text)
        assert Path(f"said{place}").read_bytes() == Path(f"noted{place}").read_bytes() == text.encode(), text[:80]


async def given_workflows(sender: HostileSender) -> None:
    """Workflows are given with the request: what is kept of them is what was sent."""
    send = partial(sender.send, f"POST {EXECUTE}")
    spots = [at("workflow", *way) for way in (("name",), ("context", "note"), ("inputs", "text", "description"), ("steps", 0, "name"))]
    names = [at("workflow", "id"), at("workflow", "type"), *(name_in("workflow", part) for part in ("inputs", "context"))]
    for turn, group in enumerate((spots, *([spot] for spot in (*names, name_in("workflow", "steps", 0), at("workflowId"))))):
        for text in share(sender.texts, turn, FEW if group is spots else MANY):
            base: Any = {} if group == [at("workflowId")] else {"workflow": {"steps": CALM}}
            async for body, answer in sender.each(send, {**base, "wait": 20}, group, text):
                read = await sender.api.json("GET", f"{WORKFLOWS}/{answer['workflowId']}")
                assert _fits(body["workflow"], read["content"]), (text[:80], body)
                assert answer["shown"] == "completed", answer
                await sender.api.json("DELETE", f"{WORKFLOWS}/{answer['workflowId']}")
    single = {"id": "single", "inputs": {"text": {"type": "string"}}, "stages": [{"id": "a", "set": {"v": "${{ inputs.text }}"}}]}
    await sender.api.json("POST", WORKFLOWS, json=single, status=201)
    for text in share(sender.texts, 3, FEW):
        reply = await send({"workflowId": "single", "input": text, "wait": 20})
        assert reply.refused != is_whole(text), reply
        if not reply.refused:
            [state] = (await sender.api.json("GET", STATE, params={"stateId": reply.body["stateId"]}))["items"]
            assert (state["inputs"], state["context"]) == ({"text": text}, {"v": text})
