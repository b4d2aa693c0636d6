"""Figures as bars, for a page and for the report for the commissioner to draw. Widths are shares of the room there is,
so that a chart fits a telephone with its words in their full size; what bars look like is said where they are drawn
(api/look/_charts.scss, letters/typst/quarterly.typ)."""

from dataclasses import dataclass

from domain.disclosure import Cell, Figure

_LONGEST = 50  # percent of the room: what stands behind a bar needs some, too
_TITLE, _BAR, _GAP = 22, 18, 10  # heights, in pixels
_BESIDE = "What is nought or held back is not drawn. All numbers stand in the table."


@dataclass(frozen=True)
class Bar:
    """One number. `series`: the place of its column among those that are drawn, from 1."""

    top: int
    width: float  # percent of the room
    said: str  # behind it: "12.5 median"
    series: int


@dataclass(frozen=True)
class Group:
    """What is written above its bars."""

    top: int
    title: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Chart:
    """`says`: in words what the eye sees first, for those who do not see it."""

    height: int
    bar_height: int
    groups: tuple[Group, ...]
    says: str


def chart(figure: Figure) -> Chart | None:
    """The columns that can be drawn. None: there is nothing but noughts, and what is hidden."""
    drawn = [(n, column.short) for n, column in enumerate(figure.columns) if column.short]
    numbers = {(line.group, short): _length(line.cells[n]) for line in figure.lines for n, short in drawn}
    most = max(numbers.values(), default=0)
    if not most:
        return None
    top, groups = 0, []
    for line in figure.lines:
        if not any(numbers[line.group, short] for _, short in drawn):
            continue
        first, bars = top + _TITLE, []
        for series, (n, short) in enumerate(drawn, 1):
            width = round(_LONGEST * numbers[line.group, short] / most, 2)
            bars.append(Bar(first + (series - 1) * _BAR, width, f"{line.cells[n].shown} {short}", series))
        groups.append(Group(top, line.group, tuple(bars)))
        top = first + len(drawn) * _BAR + _GAP
    longest, short = max(numbers, key=lambda key: numbers[key])
    value = next(
        line.cells[n].shown for line in figure.lines for n, name in drawn if (line.group, name) == (longest, short)
    )
    says = f"Bar chart. The longest bar: {longest}, {value} {short}. {_BESIDE}"
    return Chart(top, _BAR - 4, tuple(groups), says)


def _length(cell: Cell) -> float:
    """A number that is hidden has none: a bar must not tell what the table holds back."""
    return 0.0 if cell.instead else float(cell.value or 0)
