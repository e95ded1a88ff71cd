"""Which ended runs a cleanup removes: pure, from what is known of all runs and the rules in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from oyama_tui.core.definition.keep import Keep
from oyama_tui.core.views import KeepRules

UNHAPPY: Final = frozenset({"failed", "rejected", "cancelled", "undone"})
"""How runs end that are kept by the age of failed ones."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One run, as far as a cleanup looks at it."""

    key: int
    """Grows with time."""
    id: str
    workflow_id: str
    number: int
    phase: str
    ended_at: int | None
    """None while it is live."""
    bytes: int = 0
    pinned: bool = False
    parent: str = ""
    """The state id of the run of which a step started it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What goes, and what would go were it not pinned."""

    goes: tuple[Kept, ...]
    """Families one after the other, the oldest first; in each, parents before their children."""
    pinned: int
    """Runs of families that the rules name and that stay because one of them is pinned."""


@dataclass(slots=True)
class _Family:
    """A run that nobody here has started, with all that were started below it: they go together."""

    root: Kept
    members: list[Kept] = field(default_factory=list)

    @property
    def live(self) -> bool:
        return any(member.ended_at is None for member in self.members)

    @property
    def pinned(self) -> bool:
        return any(member.pinned for member in self.members)

    @property
    def ended_at(self) -> int:
        return max(member.ended_at or 0 for member in self.members)

    @property
    def bytes(self) -> int:
        return sum(member.bytes for member in self.members)


def rules_of(keep: Keep) -> KeepRules:
    """What a definition says, as rules of a cleanup."""
    return KeepRules(newest=keep.newest, older_than=keep.older_than, failed_older_than=keep.failed_older_than)


def choose(runs: Iterable[Kept], rules_for: Callable[[str], KeepRules], now: int, max_bytes: int | None = None) -> Choice:
    """Choose the runs that go.

    A run goes with all runs that its steps have started, by the rules of its own workflow. The newest of a workflow stay whatever their
    age; beyond them a run goes once it is older than its rule says, or at once where no rule names an age. `max_bytes` alone removes the
    oldest of all until the rest fits. A family with a live or a pinned run stays.

    Args:
        runs: All runs, in any order.
        rules_for: The rules of a workflow, by its id; their `max_bytes` does not count here.
        now: Milliseconds since 1970 UTC.
        max_bytes: The most bytes for all of them together.
    """
    families = _families(runs)
    ranks: defaultdict[str, int] = defaultdict(int)
    named: list[_Family] = []
    others: list[_Family] = []
    for family in sorted(families, key=lambda family: -family.root.key):
        workflow = family.root.workflow_id
        rank = ranks[workflow]
        ranks[workflow] += 1
        goes = not family.live and _is_named(family, rank, rules_for(workflow), now)
        (named if goes else others).append(family)
    if max_bytes is not None:
        named += _too_large(named, others, max_bytes)
    going = sorted((family for family in named if not family.pinned), key=lambda family: (family.ended_at, family.root.key))
    pinned = sum(len(family.members) for family in named if family.pinned)
    return Choice(tuple(member for family in going for member in family.members), pinned)


def _families(runs: Iterable[Kept]) -> Sequence[_Family]:
    ordered = sorted(runs, key=lambda run: run.key)
    by_id: dict[str, _Family] = {}
    families = []
    # A child is younger than its parent, so that the parent's family is known when its turn comes.
    for run in ordered:
        family = by_id.get(run.parent) if run.parent else None
        if family is None:
            family = _Family(run)
            families.append(family)
        family.members.append(run)
        by_id[run.id] = family
    return families


def _is_named(family: _Family, rank: int, rules: KeepRules, now: int) -> bool:
    """Whether the rules of its workflow name a family that has ended."""
    if rules.newest is not None and rank < rules.newest:
        return False
    unhappy = family.root.phase in UNHAPPY and rules.failed_older_than is not None
    age = rules.failed_older_than if unhappy else rules.older_than
    if age is None:
        return rules.newest is not None
    return now - family.ended_at > age


def _too_large(named: Sequence[_Family], others: Sequence[_Family], max_bytes: int) -> list[_Family]:
    """The oldest families that go besides those that go anyway, until the rest fits."""
    left = sum(family.bytes for family in others) + sum(family.bytes for family in named if family.pinned)
    more: list[_Family] = []
    for family in sorted(others, key=lambda family: (family.ended_at, family.root.key)):
        if left <= max_bytes:
            break
        if family.live:
            continue
        more.append(family)
        if not family.pinned:
            left -= family.bytes
    return more
