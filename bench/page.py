"""docs/figures.md. What was measured by hand stands under a heading of its own and stays as it is."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.rows import Part, Row, Size

BY_HAND = "## Measured by hand"
BUSY = 0.5  # load average for each core, from which times say more about the machine than about the service


def write(path: Path, parts: Sequence[Part], size: Size) -> None:
    """The page anew; what stands under BY_HAND is kept."""
    before = path.read_text() if path.exists() else ""
    _, heading, by_hand = before.partition(BY_HAND)
    path.write_text("\n\n".join([*head(parts, size), *map(section, parts)]) + f"\n\n{heading}{by_hand}".rstrip() + "\n")


def head(parts: Sequence[Part], size: Size) -> list[str]:
    cores = os.cpu_count() or 1
    highest = max((load for part in parts for load in part.load), default=0.0)
    busy = (
        f" **The machine was busy** (load average up to {highest:.1f} on {cores} cores): its times are too long, as "
        "those of the baselines are; the counts hardly are: a filing more or less."
        if highest > BUSY * cores
        else ""
    )
    missed = [row for part in parts for row in part.rows if row.reached is False]
    return [
        "# Figures",
        f"Written by `make bench` (size {size.name}) on {datetime.now(UTC):%d %B %Y}, {platform.system()} "
        f"{platform.machine()}, {cores} cores, Python {platform.python_version()}.{busy}",
        "Each line stands beside a baseline of the same run. p95: 95 of 100 were no slower. What falls short of its "
        "goal is reported as it is; its reason and the next step stand under the table."
        + (f" {len(missed)} of the lines fall short." if missed else ""),
    ]


def section(part: Part) -> str:
    lines = [
        f"## {part.title}",
        f"{part.notes}\n\nLoad average: {part.load[0]:.1f} before, {part.load[1]:.1f} after.",
        "\n".join(
            ["| what | goal | measured | | baseline |", "|---|---|---|---|---|", *(line(row) for row in part.rows)]
        ),
    ]
    short: dict[str, list[str]] = {}
    for row in part.rows:
        if row.reached is False and row.why:
            short.setdefault(row.why, []).append(row.what)
    if short:
        lines.append("\n".join(f"- {', '.join(whats)}: {why}" for why, whats in short.items()))
    return "\n\n".join(lines)


def line(row: Row) -> str:
    reached = {True: "reached", False: "falls short", None: ""}[row.reached]
    return f"| {row.what} | {row.goal} | {row.measured} | {reached} | {row.baseline} |"
