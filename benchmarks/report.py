"""What was measured: figures, the Markdown table for the README, the JSON for everything else."""

import json
import math
import os
import platform
import statistics
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.effort import Effort
from benchmarks.stores import PROJECT

HEADER = "| | store | median | p99 | limit, same run | of it | goal |"


@dataclass(frozen=True)
class Limit:
    """Something measured beside a figure, in turn with it, and how much of it the figure may or must be."""

    name: str
    values: Sequence[float]
    ratio: float
    at_most: float | None = None
    at_least: float | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def goal(self) -> str:
        if self.at_most is not None:
            return f"≤ {self.at_most:g} × {'✓' if self.ratio <= self.at_most else '✗'}"
        if self.at_least is not None:
            return f"≥ {self.at_least:g} × {'✓' if self.ratio >= self.at_least else '✗'}"
        return ""


@dataclass(frozen=True)
class Figure:
    """One thing measured at one store. `facts` are further numbers of it, such as the orders handed out."""

    claim: str
    name: str
    store: str
    unit: str
    values: Sequence[float]
    limits: Sequence[Limit] = ()
    facts: dict[str, float] = field(default_factory=dict)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def without_goals(self) -> "Figure":
        return replace(self, limits=[replace(limit, at_most=None, at_least=None) for limit in self.limits])

    @property
    def p99(self) -> float | None:
        """None where there are too few values to speak of one."""
        return sorted(self.values)[math.ceil(0.99 * len(self.values)) - 1] if len(self.values) >= 100 else None

    def rows(self) -> Iterable[str]:
        p99 = "" if self.p99 is None else shown(self.p99, self.unit)
        cells = [self.name + shown_facts(self.facts), self.store, shown(self.median, self.unit), p99]
        limits: Sequence[Limit | None] = self.limits or [None]
        for limit in limits:
            beside = ["", "", ""]
            if limit:
                beside = [f"{limit.name}: {shown(limit.median, self.unit)}", f"{limit.ratio:.2f} ×", limit.goal]
            yield f"| {' | '.join([*cells, *beside])} |"
            cells = ["", "", "", ""]


def compared(
    name: str,
    values: Sequence[float],
    limit: Sequence[float],
    *,
    at_most: float | None = None,
    at_least: float | None = None,
) -> Limit:
    """A limit and how much of it the values are, median by median."""
    ratio = statistics.median(values) / statistics.median(limit)
    return Limit(name, limit, ratio, at_most, at_least)


def beside(figures: Sequence[Figure], other: str) -> list[Figure]:
    """The figures, those of other stores beside the same ones of the store `other`."""
    others = {figure.name: figure.values for figure in figures if figure.store == other}
    return [
        replace(figure, limits=[*figure.limits, compared(other, figure.values, others[figure.name])])
        if figure.store != other and figure.name in others
        else figure
        for figure in figures
    ]


def milliseconds(seconds: Iterable[float]) -> list[float]:
    return [1000 * each for each in seconds]


def shown(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}" if abs(value) >= 100 else f"{value:.3g} {unit}"


def shown_facts(facts: dict[str, float]) -> str:
    return f" ({', '.join(shown(value, unit) for unit, value in facts.items())})" if facts else ""


def table(figures: Sequence[Figure]) -> str:
    lines = [HEADER, "| --- | --- | ---: | ---: | --- | ---: | --- |"]
    claim = ""
    for figure in figures:
        if figure.claim != claim:
            claim = figure.claim
            lines.append(f"| **{claim}** | | | | | | |")
        lines += figure.rows()
    return "\n".join(lines)


def processor_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def current_commit() -> str:
    """The commit that is measured, or nothing where the project is no clone."""
    try:
        asked = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=PROJECT, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return asked.stdout.strip()


@dataclass(frozen=True)
class Run:
    """When and where the figures were measured."""

    databases: Sequence[str]
    effort: Effort
    date: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    commit: str = field(default_factory=current_commit)
    cores: int = field(default_factory=lambda: len(os.sched_getaffinity(0)))
    processor: str = field(default_factory=processor_name)
    system: str = field(default_factory=platform.platform)
    python: str = field(default_factory=platform.python_version)

    def heading(self) -> str:
        measured_with = ", ".join([f"Python {self.python}", *self.databases])
        return f"{self.date[:10]}, {self.cores} cores of {self.processor}, {measured_with}, commit {self.commit}:"


def as_json(run: Run, figures: Sequence[Figure]) -> str:
    """All that was measured, each value of it."""
    shown_figures = [
        asdict(figure)
        | {"median": figure.median, "p99": figure.p99}
        | {"limits": [asdict(limit) | {"median": limit.median, "goal": limit.goal} for limit in figure.limits]}
        for figure in figures
    ]
    return json.dumps(asdict(run) | {"figures": shown_figures}, indent=1, ensure_ascii=False)
