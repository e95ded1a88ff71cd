"""Random workflows of all four types, with or without blocks, for property tests."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from hypothesis import strategies as st

from oyama_tui.core.definition import Workflow

Mapping = dict[str, Any]
CHAINED = ("sequential", "conditional")
TYPES = ("sequential", "parallel", "conditional", "graph")
FAILURE_KINDS = ("exit", "timeout", "start", "python", "parse")
TESTS = (["inputs.n > 5"], ["inputs.n > 1"], ["inputs.n > 5", "inputs.n == 2"], ["inputs.n.absent"])
"""What the branches of a switch may ask."""
NEVER = "event.absent > 1"
"""What is true of no event, because it cannot be evaluated."""


class Choices(Protocol):
    """Chooses what is left open."""

    def one(self, choices: Sequence[Any]) -> Any:
        """One of these."""

    def some(self, choices: Sequence[Any], most: int) -> list[Any]:
        """Some of these, none twice."""

    def shuffled(self, items: list[str]) -> list[str]:
        """The same in any order."""

    def flag(self) -> bool:
        """Yes or no."""

    def rarely(self) -> bool:
        """Yes once in four times."""


class Drawn:
    """Chooses as hypothesis wants it, which makes what fails small."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def one(self, choices: Sequence[Any]) -> Any:
        return self._draw(st.sampled_from(choices))

    def some(self, choices: Sequence[Any], most: int) -> list[Any]:
        return self._draw(st.lists(st.sampled_from(choices), unique=True, max_size=most))

    def shuffled(self, items: list[str]) -> list[str]:
        return list(self._draw(st.permutations(items)))

    def flag(self) -> bool:
        return self._draw(st.booleans())

    def rarely(self) -> bool:
        return self._draw(st.integers(0, 3)) == 0


class Seeded:
    """Chooses as a seed says."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def one(self, choices: Sequence[Any]) -> Any:
        return self._random.choice(choices)

    def some(self, choices: Sequence[Any], most: int) -> list[Any]:
        return self._random.sample(choices, self._random.randint(0, min(most, len(choices))))

    def shuffled(self, items: list[str]) -> list[str]:
        return self._random.sample(items, len(items))

    def flag(self) -> bool:
        return self._random.random() < 0.5

    def rarely(self) -> bool:
        return self._random.random() < 0.25


@dataclass
class Place:
    """Where a list of steps stands, and what holds for everything in it."""

    stops: bool
    """Failures and rejections may end the run while other branches are under way."""
    in_turn: bool
    """One step runs after another wherever this list runs, so that steps may read variables."""
    deep: int
    """How many more blocks may be around what is in it."""
    left: list[int]
    """How many more steps the workflow should have, shared by all lists."""
    made: list[int] = field(default_factory=lambda: [0])
    """How many it has."""
    most: int = 6
    """The most steps of this list."""
    earlier: tuple[str, ...] = ()
    """Steps around it that are surely settled before it begins."""
    names: tuple[str, ...] = ()
    """What expressions in it may use besides the usual."""
    rounds: bool = False
    """Steps may send the run back, so that the order of moves matters."""


def gotos(draw: Choices, back: list[str]) -> list[Mapping]:
    """Ways back to one of these steps; none without any."""
    return [{"goto": draw.one(back), "max": draw.one([2, 3])}] if back else []


def gate(draw: Choices, earlier: list[str], *, stops: bool, back: list[str]) -> Mapping:
    """A gate, with whatever it may have; it goes back to one of some steps."""
    titles = ["Go on?", "Publish ${{ inputs.n }}?", *(f"After ${{{{ steps.{e}.status }}}}?" for e in earlier)]
    made: Mapping = {"title": draw.one(titles)}
    if draw.flag():
        made["preview"] = draw.one(["./show.sh", ["show", "${{ inputs.n }}"]])
    if draw.flag():
        made["files"] = ["plan.txt"]
    if draw.flag():
        made["timeout"] = "4h"
        made["on_timeout"] = draw.one(["reject", "fail", "approve"])
    if draw.rarely():
        by_silence = made.get("on_timeout") == "approve"
        made["form"] = {"reason": {"type": "string", "required": not by_silence}, "count": {"type": "integer", "default": 3}}
    if draw.rarely():
        made |= {"risk": "high", "confirm": True, "target": "production"}
    if draw.rarely():
        made["approvers"] = {"quorum": draw.one([1, 2, 3]), "veto": draw.flag()}
    if earlier and draw.rarely():
        made["edit"] = [f"{draw.one(earlier)}.output"]
    if back and draw.rarely():
        made["send_back"] = {"to": draw.one(back), "max": draw.one([1, 2]), "then": draw.one(["reject", "refuse"])}
    made["on_reject"] = draw.one([*(["stop"] if stops else []), "skip", *gotos(draw, back)])
    if "timeout" in made and back and draw.rarely():
        made["on_timeout"] = gotos(draw, back)[0]
    made["recheck"] = draw.flag()
    return made


def task_keys(draw: Choices) -> Mapping:
    """What work by hand may have besides."""
    made: Mapping = {"timeout": "4h"} if draw.flag() else {}
    if draw.rarely():
        made["form"] = {"reason": {"type": "string", "required": True}}
    return made


def action(draw: Choices, name: str, earlier: list[str], place: Place, *, context: bool) -> Mapping:
    """What a step of this name does; `earlier` are the steps whose values it may use."""
    sources = ["inputs.n", *(f"steps.{name}.output" for name in earlier), *place.names, *(["context.count"] if context else [])]
    source = draw.one(sources)
    kind = draw.one(["run", "run", "argv", "python", "set", "wait", "wait", "gate", "task", "workflow"])
    if kind == "workflow":
        given = {"workflow": draw.one(["deploy", "./apply.yaml"]), "with": {"value": f"${{{{ {source} }}}}"}}
        return {**given, "on_parent_cancel": "leave"} if draw.rarely() else given
    if kind == "run":
        return {"run": f'echo "${{{{ {source} }}}}"'}
    if kind == "argv":
        return {"run": ["echo", f"${{{{ {source} }}}}"]}
    if kind == "python":
        return {"python": "jobs:work", "with": {"value": f"${{{{ {source} }}}}"}}
    if kind == "task":
        return {"task": f"Look at ${{{{ {source} }}}}", **task_keys(draw)}
    if kind == "set":
        return {"set": {"count": f"${{{{ {source} }}}}"}}
    return {"wait": waiting(draw, name, place)} if kind == "wait" else {}


def waiting(draw: Choices, name: str, place: Place) -> Mapping:
    """What a step of this name waits for; where the order of moves must not count, no other step waits for the same event."""
    kind = draw.one(["for", "until", "event", "event"])
    if kind == "for":
        return {"for": draw.one(["0s", "5s", "10m"])}
    if kind == "until":
        return {"until": draw.one(["1970-01-01T00:10:00Z", "inputs.n", "inputs.n == 1"])}
    made: Mapping = {"event": draw.one([f"go_{name}", "go"]) if place.stops else f"go_{name}"}
    if draw.flag():
        made["match"] = draw.one([f"event.to == '{name}'", f"event.to == '{name}' && inputs.n > 1", NEVER])
    if made.get("match") == NEVER or draw.flag():
        made["timeout"] = draw.one(["5s", "10m"])
    return made


def condition(draw: Choices, kind: str, earlier: list[str], *, context: bool, ordered: bool, needs: bool) -> str | None:
    """What stands behind `if`; some cannot be evaluated when their time comes.

    Args:
        draw: Chooses.
        kind: How the steps of the list follow each other.
        earlier: The steps that are surely settled before.
        context: There are variables.
        ordered: Every step that is written before is settled before, and there is one.
        needs: The step needs another one of its list.
    """
    if draw.one([True, True, False]):
        return None
    possible = ["inputs.n > 1", "inputs.n > 5", *(f"steps.{name}.succeeded" for name in earlier)]
    if kind == "conditional":
        possible += ["success", "failure", "failure", "always", "previous.failed"] if ordered else ["always"]
    if kind in ("graph", "parallel"):
        possible += ["always", *(["failure", "failure", "success"] if needs else [])]
    if context:
        possible.append("context.count == 0")
    if earlier:
        possible.append(f"steps.{earlier[0]}.outputs.absent == 1")
    return str(draw.one(possible))


def policies(draw: Choices) -> Mapping:
    """What a step that runs a program may have besides."""
    made: Mapping = {}
    if draw.one([True, True, True, False]):
        made["retry"] = {
            "max_attempts": draw.one([2, 3, 1]),
            "interval": draw.one(["0s", "1s", "1m"]),
            "jitter": draw.flag(),
            "on": draw.one([list(FAILURE_KINDS), list(FAILURE_KINDS), ["exit"]]),
        }
    if draw.rarely():
        made["timeout"] = {"attempt": "10m", "idle": "2m"}
    if draw.rarely():
        made["outputs"] = {"text": draw.one(["${{ result.text }}", "v ${{ result.exit_code }}", "${{ result.absent }}"])}
    return made


def at_once(draw: Choices, kind: str) -> Mapping:
    """How many steps of a list may be under way at once."""
    return {"max_parallel": draw.one([1, 2])} if kind in ("parallel", "graph") and draw.rarely() else {}


def block(draw: Choices, name: str, place: Place, earlier: list[str]) -> Mapping:
    """What a step does that consists of steps."""
    kind = draw.one(["steps", "parallel", "for_each", "for_each", "switch", "repeat"])
    inner = replace(place, deep=place.deep - 1, most=3, earlier=tuple(earlier))
    if kind == "parallel":
        beside = listed(draw, "parallel", replace(inner, in_turn=False))
        return {"parallel": beside, **({"fail_fast": True} if place.stops and draw.flag() else {}), **at_once(draw, "parallel")}
    type_ = draw.one(TYPES)
    if kind == "for_each":
        together = draw.one([1, 1, 2, 3])
        loop: Mapping = {"items": draw.one(["${{ [1, 2, 3] }}", [], ["a"], {"x": 1, "y": [2]}, "${{ inputs.n }}"])}
        loop |= {"as": f"each_{name}", "concurrency": together, "fail_fast": place.stops and draw.flag()}
        inner = replace(inner, in_turn=inner.in_turn and together == 1, names=(*place.names, f"each_{name}", "index"))
        return {"for_each": loop, "type": type_, "steps": listed(draw, type_, inner)}
    if kind == "switch":
        branches: list[Mapping] = [{"if": test, "type": type_, "steps": listed(draw, type_, inner)} for test in draw.one(TESTS)]
        if draw.flag():
            branches.append({"type": type_, "steps": listed(draw, type_, inner)})
        return {"switch": branches}
    if kind == "repeat":
        steps = listed(draw, type_, replace(inner, names=(*place.names, "iteration")))
        enough = draw.one(["iteration >= 2", f"steps.{steps[-1]['id']}.succeeded", "true", "iteration.absent"])
        return {
            "type": type_,
            "steps": steps,
            "repeat": {"until": enough, "max": draw.one([1, 2, 3]), "every": draw.one(["0s", "5s"])},
        }
    steps = listed(draw, type_, inner)
    return {
        **at_once(draw, type_),
        "type": type_,
        "steps": steps,
        **({"outputs": {"text": f"${{{{ steps.{steps[-1]['id']}.status }}}}"}} if draw.flag() else {}),
    }


def needed(draw: Choices, kind: str, before: list[str], *, stops: bool) -> list[str] | None:
    """The explicit needs of a step, if it has any; `previous` stays defined, because chains without `stops` keep their order."""
    if kind == "graph":
        return draw.some(before, 3) if before else None
    if stops and before and draw.rarely():
        return draw.some(before, 2)
    return None


def listed(draw: Choices, kind: str, place: Place) -> list[Mapping]:
    """A list of steps whose references are sound.

    Args:
        draw: Chooses.
        kind: How its steps follow each other.
        place: Where it stands.
    """
    most = max(1, min(place.left[0], place.most))
    names = [f"s{place.made[0] + number}" for number in range(draw.one([1, *range(2, most + 1), most]))]
    place.made[0] += len(names)
    place.left[0] -= len(names)
    order = draw.shuffled(names) if kind == "graph" else names
    in_turn = place.in_turn and kind in CHAINED and (not place.stops or draw.flag())
    made: dict[str, Mapping] = {}
    settled: dict[str, list[str]] = {}
    for position, name in enumerate(order):
        needs = None if in_turn else needed(draw, kind, order[:position], stops=place.stops)
        chain = [order[position - 1]] if kind in CHAINED and position else []
        direct = chain if needs is None else needs
        settled[name] = sorted({other for need in direct for other in (need, *settled[need])})
        earlier = [*place.earlier, *settled[name]]
        back = [*settled[name], name] if place.rounds else []
        step: Mapping = {"id": name}
        if place.left[0] > 0 and place.deep > 0 and draw.one([True, False, False]):
            step |= block(draw, name, replace(place, in_turn=in_turn), earlier)
        else:
            step |= action(draw, name, earlier, place, context=in_turn)
        if len(step) == 1 or (draw.rarely() and "task" not in step):
            step["gate"] = gate(draw, earlier, stops=place.stops or in_turn, back=back)
        ordered = bool(position) and len(settled[name]) == position
        test = condition(draw, kind, earlier, context=in_turn, ordered=ordered, needs=bool(direct))
        if test is not None:
            step["if"] = test
        if draw.rarely():
            step["on_failure"] = draw.one(["continue", *gotos(draw, back)])
        if place.stops and kind == "graph" and len(direct) > 1 and draw.flag():
            step["join"] = draw.one(["any", 1, len(direct)])
        if "run" in step or "python" in step:
            step |= policies(draw)
            if draw.rarely():
                step |= draw.one([{"rerun": "ask"}, {"effect": "permanent"}])
        elif "workflow" in step and draw.flag():
            step["retry"] = {"max_attempts": draw.one([2, 3]), "interval": draw.one(["0s", "1m"]), "on": draw.one([["child"], ["exit"]])}
        made[name] = step if needs is None else {**step, "needs": needs}
    return [made[name] for name in names]


def handlers(draw: Choices, over: list[str]) -> Mapping:
    """What runs once everything else is over."""
    made: Mapping = {}
    for name in draw.some(["success", "failure", "cancel", "exit"], 3):
        steps: list[Mapping] = [{"id": f"{name}_one", "run": f'echo "${{{{ run.status }}}} ${{{{ steps.{draw.one(over)}.status }}}}"'}]
        if draw.flag():
            steps.append({"id": f"{name}_two", "gate": {"title": "Clean up?", "timeout": "1h"}, "set": {"count": 7}})
        if draw.rarely():
            steps.append({"id": f"{name}_three", "for_each": {"items": [1, 2]}, "steps": [{"id": f"{name}_four", "wait": {"for": "5s"}}]})
        made[name] = steps
    return made


def whole(draw: Choices, *, stops: bool = True, limited: bool = False, queued: bool = False, most: int = 6, deep: int = 0) -> Workflow:
    """A workflow whose references are sound.

    Args:
        draw: Chooses.
        stops: Failures and rejections may end the run while other branches are under way, so that the order of moves matters.
        limited: It may have a working time.
        queued: Only so many runs of it go on at once.
        most: The most steps, those in blocks included.
        deep: How deep blocks may be nested.
    """
    kind = draw.one(TYPES)
    # Steps that run beside each other read the variables that the others set at one time or another.
    steps = listed(draw, kind, Place(stops, in_turn=True, deep=deep, left=[most], rounds=stops))
    made: Mapping = {
        "id": "play",
        "type": kind,
        "inputs": {"n": {"type": "integer", "default": 2}},
        "context": {"count": 0},
        "steps": steps,
    }
    if stops and draw.rarely():
        made["fail_fast"] = True
    made |= at_once(draw, kind)
    if draw.rarely():
        made["handlers"] = handlers(draw, [step["id"] for step in steps])
    if limited and draw.flag():
        made["timeout"] = draw.one(["1s", "5m", "2h", {"total": "5m"}, {"working": "5m", "total": "3h"}])
    if queued:
        made["concurrency"] = {"limit": draw.one([1, 3]), "hold_while_waiting": draw.rarely()}
    if draw.flag():
        last = f"${{{{ steps.{steps[-1]['id']}.{draw.one(['output', 'status', 'outputs.text'])} }}}}"
        made["outputs"] = {"last": last, **{step["id"]: f"${{{{ steps.{step['id']}.items }}}}" for step in steps if "for_each" in step}}
    return Workflow.model_validate(made)


@st.composite
def workflows(draw: st.DrawFn, *, stops: bool = True, limited: bool = False, queued: bool = False, most: int = 6) -> Workflow:
    """A workflow without blocks; see `whole`."""
    return whole(Drawn(draw), stops=stops, limited=limited, queued=queued, most=most)


def nested(seed: int, *, stops: bool = True, limited: bool = False, queued: bool = False, most: int = 12) -> Workflow:
    """A workflow with blocks up to three deep, always the same for a seed; see `whole`."""
    return whole(Seeded(seed), stops=stops, limited=limited, queued=queued, most=most, deep=3)
