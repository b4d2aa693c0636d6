"""`make bench` runs from end to end and writes a page. How fast anything is, no test says."""

import re
from pathlib import Path

import pytest

from bench import page
from bench.__main__ import run
from bench.counting import Floor
from bench.rows import SMALL, Part, Row, percentile

IN_PROCESS = ["journeys", "documents"]  # the other parts start the whole service, which tests/end_to_end does


async def test_its_smallest_size_writes_the_page(tmp_path: Path) -> None:
    figures = tmp_path / "figures.md"
    figures.write_text(f"# Figures\n\nof an earlier run\n\n{page.BY_HAND}\n\n| kept | 1 |\n")
    await run(SMALL, IN_PROCESS, figures)
    written = figures.read_text()
    assert written.startswith("# Figures\n")
    assert written.endswith(f"{page.BY_HAND}\n\n| kept | 1 |\n")
    assert "of an earlier run" not in written
    assert written.count("Load average:") == len(IN_PROCESS)
    tables = [line for line in written.partition(page.BY_HAND)[0].splitlines() if line.startswith("|")]
    assert {line.count("|") for line in tables} == {6}, "a cell holds a bar, or is missing"
    measured = [line.split("|") for line in tables if not re.match(r"\| what|\|---", line)]
    assert len(measured) >= len(IN_PROCESS)
    assert all(row[1].strip() and row[3].strip() and row[5].strip() for row in measured), "a line without its baseline"


def test_what_falls_short_says_why(tmp_path: Path) -> None:
    row = Row("answers", "<= 1 s", "2 s", "nothing: 0 s", reached=False, why="They are slow.")
    good = Row("letters", "<= 1 s", "0 s", "nothing: 0 s", reached=True, why="never said")
    figures = tmp_path / "figures.md"
    page.write(figures, [Part("Answers", [row, good], "By hand.", load=(0.25, 9.5))], SMALL)
    written = figures.read_text()
    assert "| answers | <= 1 s | 2 s | falls short | nothing: 0 s |" in written
    assert "- answers: They are slow." in written
    assert "never said" not in written
    assert "1 of the lines fall short" in written
    assert "load average up to 9.5" in written


@pytest.mark.parametrize(("percent", "expected"), [(1, 1), (50, 50), (95, 95), (99, 99), (100, 100)])
def test_a_percentile_is_a_sample(percent: int, expected: int) -> None:
    assert percentile([float(n) for n in range(100, 0, -1)], percent) == expected
    assert percentile([7.0], percent) == 7


def test_the_floor_is_the_sum_of_what_was_done() -> None:
    floor = Floor(letters=63, bookings=4, documents=1, acts=25, asks=20)
    assert (floor.actions, floor.effects) == (114, 93)
