"""What of a figure may leave the service: in a small group a child can be recognised."""

from itertools import product

import pytest

from domain.disclosure import FEW, FEWEST, WITHHELD, Cell, Column, Figure, Line, count, fit_to_leave


def figure(*sizes: int, adds_up: bool = True) -> Figure:
    lines = tuple(Line(f"group {n}", (count(size),)) for n, size in enumerate(sizes))
    return Figure("f", "F", "", "Group", (Column("Cases"),), lines, adds_up=adds_up)


def shown(left: Figure) -> list[str]:
    return [line.cells[0].shown for line in left.lines]


def test_groups_of_one_to_four_are_hidden_and_nought_is_no_group() -> None:
    assert shown(fit_to_leave(figure(0, 1, 4, 5, 1200, adds_up=False))) == ["0", FEW, FEW, "5", "1,200"]


def test_managers_see_every_number() -> None:
    assert shown(figure(0, 1, 4)) == ["0", "1", "4"]


def test_a_single_hidden_group_takes_the_next_smallest_with_it() -> None:
    """Else it is what is missing from the sum."""
    assert shown(fit_to_leave(figure(30, 3, 12, 9))) == ["30", FEW, "12", WITHHELD]


@pytest.mark.parametrize("small", [(1, 1), (4, 4)])
def test_two_small_groups_that_can_only_be_equal_take_another_with_them(small: tuple[int, int]) -> None:
    assert shown(fit_to_leave(figure(*small, 20, 0))) == [FEW, FEW, WITHHELD, "0"]


def test_two_small_groups_that_can_be_several_things_are_enough() -> None:
    assert shown(fit_to_leave(figure(1, 4, 20))) == [FEW, FEW, "20"]


def test_what_is_worked_out_of_a_small_group_is_hidden_with_it() -> None:
    lines = (Line("a", (count(4), Cell(12.5, (4,), decimals=1))), Line("b", (count(5), Cell(2.0, (5,), decimals=1))))
    left = fit_to_leave(Figure("f", "F", "", "Group", (Column("Cases"), Column("Median")), lines))
    assert [[cell.shown for cell in line.cells] for line in left.lines] == [[FEW, FEW], ["5", "2.0"]]


def test_a_share_is_hidden_when_either_side_is_small() -> None:
    for part, rest, said in ((40, 10, "80"), (40, 3, FEW), (2, 40, FEW), (40, 0, "100")):
        overall = ("Rate", Cell(round(100 * part / (part + rest)), (part, rest)))
        left = fit_to_leave(Figure("f", "F", "", "Group", (), (), overall))
        assert left.overall
        assert left.overall[1].shown == said


def test_no_small_group_can_be_worked_out_of_the_sum() -> None:
    """Every column of four small or smallish groups, by trying out all that its reader could think of."""
    tried = 0
    for column in product(range(8), repeat=4):
        said = shown(fit_to_leave(figure(*column)))
        if FEW not in said or all(word in ("0", FEW, WITHHELD) for word in said):
            continue  # nothing is hidden, or there is nothing left that could be withheld
        could_be = {FEW: range(1, FEWEST), WITHHELD: range(FEWEST, sum(column) + 1)}
        ranges = [could_be.get(word) or [int(word)] for word in said]
        thoughts = [guess for guess in product(*ranges) if sum(guess) == sum(column)]
        for place, word in enumerate(said):
            if word == FEW:
                assert len({guess[place] for guess in thoughts}) > 1, (column, said)
        tried += 1
    assert tried > 500
