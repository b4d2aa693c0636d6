"""What is measured, as the page shows it."""

import os
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """How much is measured. The small one only shows that all of it runs; the quick one takes minutes, the full one
    longer, most of it to fill the case file."""

    name: str
    journeys: int  # runs of the standard case on the real activities
    documents: int
    forms: int  # cases begun and consented to, on the real processes
    cases: int  # in the case file, for its lists
    looks: int  # at each page
    reminders: int  # due at the same instant
    carried: int  # whole cases on the real processes
    asleep: int  # cases that wait


SMALL = Size("small", 1, 3, 1, 12, 3, 5, 1, 5)
QUICK = Size("quick", 1, 50, 12, 400, 20, 100, 8, 200)
FULL = Size("full", 3, 100, 30, 10_000, 60, 100, 20, 5_000)


@dataclass(frozen=True)
class Row:
    """One line of the page. `reached` None: there is no goal that a number could reach. `why` is for what falls
    short: where it goes, and what would be next."""

    what: str
    goal: str
    measured: str
    baseline: str
    reached: bool | None = None
    why: str = ""


@dataclass(frozen=True)
class Part:
    """What one module measured, and the load average over the last minute before and after."""

    title: str
    rows: list[Row]
    notes: str  # Markdown: how it was measured
    load: tuple[float, float] = (0.0, 0.0)


def percentile(samples: Sequence[float], percent: int) -> float:
    """The smallest sample that so many percent of all do not exceed."""
    ordered = sorted(samples)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def in_ms(seconds: Sequence[float], percent: int = 95) -> str:
    """ "median 12.1 ms, p95 20.4 ms, of 40"."""
    middle, high = statistics.median(seconds) * 1000, percentile(seconds, percent) * 1000
    return f"median {middle:.1f} ms, p{percent} {high:.1f} ms, of {len(seconds)}"


@contextmanager
def timed(into: list[float]) -> Iterator[None]:
    """Adds the seconds that the block took."""
    begun = time.perf_counter()
    try:
        yield
    finally:
        into.append(time.perf_counter() - begun)


def load() -> float:
    """The load average of the last minute."""
    return os.getloadavg()[0]
