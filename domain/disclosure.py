"""Figures as tables of cells, and what of them may leave the service: in a small group a child can be recognised.

A commissioner's report shows no group of fewer than five, nothing that was worked out of so few, and nothing from which
such a group could be worked out by whoever knows the sum of its column. Each figure is looked at by itself: two reports
whose periods differ by a day can still be compared, so they are made for quarters."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

FEWEST = 5
"""The smallest group that a report may show. Nought is no group: nobody is in it."""

FEW = f"fewer than {FEWEST}"
WITHHELD = "not shown"
"""What stands in place of a number that would give a small group away."""


@dataclass(frozen=True)
class Cell:
    """One number. `value` None: there is nothing to work it out of. `rests_on`: the sizes of the groups of which it
    tells; of a count, the count itself."""

    value: float | None
    rests_on: tuple[int, ...]
    counts: bool = False  # it is itself the size of a group
    unit: str = ""  # "%"
    decimals: int = 0
    instead: str = ""  # FEW or WITHHELD: what is shown in its place

    @property
    def is_small(self) -> bool:
        """It tells of a group in which somebody could be recognised."""
        return any(0 < size < FEWEST for size in self.rests_on)

    @property
    def shown(self) -> str:
        """ "12", "12.5", "70%", "fewer than 5", or "–" when there was nothing to count."""
        if self.instead:
            return self.instead
        if self.value is None:
            return "–"
        return f"{self.value:,.{self.decimals}f}{self.unit}"


def count(number: int) -> Cell:
    """How many there are."""
    return Cell(number, (number,), counts=True)


@dataclass(frozen=True)
class Column:
    """What the numbers below it are. `short`: as a word behind a bar; "" for what is not drawn."""

    title: str
    short: str = ""


@dataclass(frozen=True)
class Line:
    """The numbers of one group, in the order of the columns."""

    group: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Figure:
    """A table: what is counted, for which groups. `meaning`: how it is counted, in sentences for whoever reads it.
    `overall`: one number that says it in short, and what it is called."""

    key: str
    title: str
    meaning: str
    groups: str  # what the first column holds
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    overall: tuple[str, Cell] | None = None
    adds_up: bool = False  # the groups are the parts of a whole, whose size may be known


def fit_to_leave(figure: Figure) -> Figure:
    """The figure as it may leave the service: small groups are hidden, with what would give them away."""
    lines = [Line(line.group, tuple(_hide_if_small(cell) for cell in line.cells)) for line in figure.lines]
    if figure.adds_up:
        columns = [_not_to_be_worked_out([line.cells[n] for line in lines]) for n in range(len(figure.columns))]
        lines = [Line(line.group, tuple(column[row] for column in columns)) for row, line in enumerate(lines)]
    overall = figure.overall and (figure.overall[0], _hide_if_small(figure.overall[1]))
    return replace(figure, lines=tuple(lines), overall=overall)


def _hide_if_small(cell: Cell) -> Cell:
    return replace(cell, instead=FEW) if cell.is_small else cell


def _not_to_be_worked_out(column: Sequence[Cell]) -> list[Cell]:
    """The smallest of the counts that are still shown are withheld, too, until the small ones cannot be worked out of
    the column's sum."""
    cells = list(column)
    few = [int(cell.value or 0) for cell in cells if cell.counts and cell.instead]
    withheld: list[int] = []
    for size, place in sorted(
        (cell.rests_on[0], n) for n, cell in enumerate(cells) if cell.counts and not cell.instead
    ):
        if size and _give_themselves_away(few, withheld):
            cells[place] = replace(cells[place], instead=WITHHELD)
            withheld.append(size)
    return cells


def _give_themselves_away(few: Sequence[int], withheld: Sequence[int]) -> bool:
    """Whether there is only one way in which the hidden counts can have the sum that they have."""
    if not few:
        return False
    total = sum(few) + sum(withheld)
    return (
        len(few) + len(withheld) == 1
        or total == len(few) + FEWEST * len(withheld)  # each is as small as can be
        or (not withheld and total == (FEWEST - 1) * len(few))  # each is as large as can be
    )
