"""Random workflows of all four types, for property tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from oyama_tui.core.definition import Workflow

Mapping = dict[str, Any]
CHAINED = ("sequential", "conditional")
FAILURE_KINDS = ("exit", "timeout", "start", "python", "parse")


@st.composite
def gates(draw: st.DrawFn, earlier: list[str], *, stops: bool) -> Mapping:
    """A gate, with whatever it may have."""
    gate: Mapping = {
        "title": draw(st.sampled_from(["Go on?", "Publish ${{ inputs.n }}?", *(f"After ${{{{ steps.{e}.status }}}}?" for e in earlier)]))
    }
    if draw(st.booleans()):
        gate["preview"] = draw(st.sampled_from(["./show.sh", ["show", "${{ inputs.n }}"]]))
    if draw(st.booleans()):
        gate["files"] = ["plan.txt"]
    if draw(st.booleans()):
        gate["timeout"] = "4h"
        gate["on_timeout"] = draw(st.sampled_from(["reject", "fail", "approve"]))
    if draw(st.integers(0, 3)) == 0:
        by_silence = gate.get("on_timeout") == "approve"
        gate["form"] = {"reason": {"type": "string", "required": not by_silence}, "count": {"type": "integer", "default": 3}}
    if draw(st.integers(0, 3)) == 0:
        gate |= {"risk": "high", "confirm": True, "target": "production"}
    gate["on_reject"] = draw(st.sampled_from(["stop", "skip"] if stops else ["skip"]))
    gate["recheck"] = draw(st.booleans())
    return gate


@st.composite
def actions(draw: st.DrawFn, earlier: list[str], *, context: bool) -> Mapping:
    """What a step does; `earlier` are the steps whose values it may use."""
    sources = ["inputs.n", *(f"steps.{name}.output" for name in earlier), *(["context.count"] if context else [])]
    source = draw(st.sampled_from(sources))
    kind = draw(st.sampled_from(["run", "run", "argv", "python", "set", "wait", "gate"]))
    if kind == "run":
        return {"run": f'echo "${{{{ {source} }}}}"'}
    if kind == "argv":
        return {"run": ["echo", f"${{{{ {source} }}}}"]}
    if kind == "python":
        return {"python": "jobs:work", "with": {"value": f"${{{{ {source} }}}}"}}
    if kind == "set":
        return {"set": {"count": f"${{{{ {source} }}}}"}}
    return {"wait": {"for": draw(st.sampled_from(["0s", "5s", "10m"]))}} if kind == "wait" else {}


@st.composite
def conditions(draw: st.DrawFn, kind: str, earlier: list[str], *, context: bool, ordered: bool) -> str | None:
    """What stands behind `if`; some cannot be evaluated when their time comes.

    Args:
        draw: Hypothesis' own.
        kind: The workflow's type.
        earlier: The steps that are surely settled before.
        context: There are variables.
        ordered: Every step that is written before is settled before.
    """
    if draw(st.integers(0, 2)):
        return None
    possible = ["inputs.n > 1", "inputs.n > 5", *(f"steps.{name}.succeeded" for name in earlier)]
    if kind == "conditional":
        possible += ["success", "failure", "failure", "always", "previous.failed"] if ordered else ["always"]
    if kind in ("graph", "parallel"):
        possible += ["always", *(["failure", "failure", "success"] if earlier else [])]
    if context:
        possible.append("context.count == 0")
    if earlier:
        possible.append(f"steps.{earlier[0]}.outputs.absent == 1")
    return draw(st.sampled_from(possible))


@st.composite
def steps(draw: st.DrawFn, name: str, kind: str, earlier: list[str], *, stops: bool, ordered: bool, context: bool) -> Mapping:
    """One step.

    Args:
        draw: Hypothesis' own.
        name: Its id.
        kind: The workflow's type.
        earlier: The steps that are surely settled before it.
        stops: A rejection may end the run.
        ordered: Every step that is written before it is settled before it.
        context: It may read variables.
    """
    step: Mapping = {"id": name, **draw(actions(earlier, context=context))}
    alone = len(step) == 1
    if alone or draw(st.integers(0, 3)) == 0:
        step["gate"] = draw(gates(earlier, stops=stops))
    condition = draw(conditions(kind, earlier, context=context, ordered=ordered))
    if condition is not None:
        step["if"] = condition
    if draw(st.integers(0, 3)) == 0:
        step["on_failure"] = "continue"
    if "run" in step or "python" in step:
        if draw(st.sampled_from([True, True, True, False])):
            step["retry"] = {
                "max_attempts": draw(st.sampled_from([2, 3, 1])),
                "interval": draw(st.sampled_from(["0s", "1s", "1m"])),
                "jitter": draw(st.booleans()),
                "on": draw(st.sampled_from([list(FAILURE_KINDS), list(FAILURE_KINDS), ["exit"]])),
            }
        if draw(st.integers(0, 3)) == 0:
            step["timeout"] = {"attempt": "10m", "idle": "2m"}
        if draw(st.integers(0, 3)) == 0:
            step["outputs"] = {"text": draw(st.sampled_from(["${{ result.text }}", "v ${{ result.exit_code }}", "${{ result.absent }}"]))}
    return step


@st.composite
def workflows(draw: st.DrawFn, *, stops: bool = True, limited: bool = False, most: int = 6) -> Workflow:
    """A workflow whose references are sound.

    Args:
        draw: Hypothesis' own.
        stops: Failures and rejections may end the run while other branches are under way, so that the order of moves matters.
        limited: It may have a working time.
        most: The most steps.
    """
    kind = draw(st.sampled_from(["sequential", "parallel", "conditional", "graph"]))
    names = [f"s{number}" for number in range(draw(st.sampled_from([1, *range(2, most + 1), most])))]
    order = draw(st.permutations(names)) if kind == "graph" else names
    # Steps that run beside each other read the variables that the others set at one time or another.
    in_turn = kind in CHAINED and (not stops or draw(st.booleans()))
    made: dict[str, Mapping] = {}
    settled: dict[str, list[str]] = {}
    for position, name in enumerate(order):
        needs = None if in_turn else draw(needed(kind, list(order[:position]), stops=stops))
        chain = [order[position - 1]] if kind in CHAINED and position else []
        direct = chain if needs is None else needs
        settled[name] = sorted({other for need in direct for other in (need, *settled[need])})
        own_stops = stops or (kind in CHAINED)
        ordered = len(settled[name]) == position
        made[name] = draw(steps(name, kind, settled[name], stops=own_stops, ordered=ordered, context=in_turn))
        if needs is not None:
            made[name]["needs"] = needs
    whole: Mapping = {
        "id": "play",
        "type": kind,
        "inputs": {"n": {"type": "integer", "default": 2}},
        "context": {"count": 0},
        "steps": [made[name] for name in names],
    }
    if stops and draw(st.integers(0, 3)) == 0:
        whole["fail_fast"] = True
    if limited and draw(st.booleans()):
        whole["timeout"] = draw(st.sampled_from(["1s", "5m", "2h"]))
    if draw(st.booleans()):
        whole["outputs"] = {"last": f"${{{{ steps.{names[-1]}.{draw(st.sampled_from(['output', 'status', 'outputs.text']))} }}}}"}
    return Workflow.model_validate(whole)


@st.composite
def needed(draw: st.DrawFn, kind: str, before: list[str], *, stops: bool) -> list[str] | None:
    """The explicit needs of a step, if it has any; `previous` stays defined, because chains without `stops` keep their order."""
    if kind == "graph":
        return draw(st.lists(st.sampled_from(before), unique=True, max_size=3)) if before else None
    if stops and before and draw(st.integers(0, 3)) == 0:
        return draw(st.lists(st.sampled_from(before), unique=True, max_size=2))
    return None
