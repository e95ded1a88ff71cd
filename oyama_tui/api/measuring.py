"""Numbers as a monitoring system reads them: the text format of OpenMetrics 1.0."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from oyama_tui.core.views import ENDED_PHASES, Measures, Phase

MEDIA_TYPE: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"
MOST_WORKFLOWS: Final = 200
"""Workflows that are told one by one."""
OTHER: Final = "(other)"
"""What all further ones are called together; no workflow can have this name."""
RISKS: Final = ("low", "normal", "high")
Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Family:
    """One number, or several that differ in their labels."""

    name: str
    kind: Literal["gauge", "counter"]
    help: str
    samples: tuple[tuple[Labels, float], ...]
    unit: str = ""
    """With which the name ends."""

    def lines(self) -> Iterable[str]:
        """As they are sent."""
        yield f"# TYPE {self.name} {self.kind}"
        if self.unit:
            yield f"# UNIT {self.name} {self.unit}"
        yield f"# HELP {self.name} {escaped(self.help)}"
        name = f"{self.name}_total" if self.kind == "counter" else self.name
        for labels, value in self.samples:
            named = ",".join(f'{label}="{escaped(text)}"' for label, text in labels)
            yield f"{name}{{{named}}} {value}" if labels else f"{name} {value}"


@dataclass(slots=True)
class Measuring:
    """Makes the text; it remembers what it has told, because what is counted must never become less."""

    named: set[str] = field(default_factory=set)
    """The workflows that are told one by one."""
    most: Counter[tuple[str, str]] = field(default_factory=Counter)
    """For each workflow and outcome the most runs that were told: a run that is taken up anew has no outcome any more."""

    def text(self, measures: Measures, readers: int) -> str:
        """All numbers.

        Args:
            measures: Of the database and of this process.
            readers: Who follow events here.
        """
        families = (*self._runs(measures), *_approvals(measures), *_process(measures, readers))
        return "\n".join([line for family in families for line in family.lines()] + ["# EOF\n"])

    def _runs(self, measures: Measures) -> Iterable[Family]:
        phases: Counter[str] = Counter(dict.fromkeys(get_args(Phase), 0))
        ended: Counter[tuple[str, str]] = Counter()
        for workflow, phase, count in measures.runs:
            if phase in phases:
                phases[phase] += count
            if phase in ENDED_PHASES:
                ended[self._name(workflow), phase] += count
        self.most |= ended
        yield _family("oyama_runs", "gauge", "Runs by their status.", [((("status", phase),), count) for phase, count in phases.items()])
        outcomes = [((("workflow", workflow), ("outcome", phase)), count) for (workflow, phase), count in sorted(self.most.items())]
        yield _family("oyama_runs_ended", "counter", "Runs that are over, by workflow and outcome.", outcomes)

    def _name(self, workflow: str) -> str:
        if workflow not in self.named and len(self.named) < MOST_WORKFLOWS:
            self.named.add(workflow)
        return workflow if workflow in self.named else OTHER


def escaped(text: str) -> str:
    """A text as it stands between quotation marks.

    Args:
        text: Any.
    """
    plain = text.encode(errors="replace").decode()
    return plain.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _approvals(measures: Measures) -> Iterable[Family]:
    pending = dict.fromkeys(RISKS, 0) | dict(measures.pending)
    risks = [((("risk", risk),), count) for risk, count in pending.items() if risk in RISKS]
    yield _family("oyama_approvals_pending", "gauge", "Open approvals by their risk.", risks)
    seconds = [((), measures.oldest_ms / 1000)]
    yield _family("oyama_approval_oldest_seconds", "gauge", "Since when the oldest open approval is open.", seconds, "seconds")


def _process(measures: Measures, readers: int) -> Iterable[Family]:
    process = measures.process
    yield _family("oyama_events", "counter", "Events that were written, by any process.", [((), measures.events)])
    yield _family("oyama_engine_driving", "gauge", "Runs that this process drives.", [((), measures.driving)])
    yield _family("oyama_commits", "counter", "Transactions that this process has committed.", [((), measures.commits)])
    yield _family("oyama_sse_readers", "gauge", "Readers that follow events.", [((), readers)])
    yield _family("process_resident_memory_bytes", "gauge", "Memory of this process.", [((), process.resident_bytes)], "bytes")
    yield _family(
        "process_cpu_seconds", "counter", "Time of processors that this process has used.", [((), process.cpu_seconds)], "seconds"
    )
    yield _family("process_start_time_seconds", "gauge", "When this process began, since 1970 UTC.", [((), process.began)], "seconds")
    yield _family("process_open_fds", "gauge", "Open file descriptors of this process.", [((), process.open_files)])


def _family(name: str, kind: Literal["gauge", "counter"], text: str, samples: Iterable[tuple[Labels, float]], unit: str = "") -> Family:
    return Family(name, kind, text, tuple(samples), unit)
