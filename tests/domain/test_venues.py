"""What half a day at a venue costs."""

import pytest

from domain.venues import for_half_a_day, pence_of, pounds


@pytest.mark.parametrize(
    ("written", "pence"), [("45", 4500), ("£45.50", 4550), ("£ 0.05", 5), ("Free", 0), ("0", 0), ("10000", 1_000_000)]
)
def test_pounds_as_people_write_them(written: str, pence: int) -> None:
    assert pence_of(written) == pence
    assert pence_of(pounds(pence)) == pence, "what a form shows can be sent back"


@pytest.mark.parametrize("written", ["", "45,50", "45.5", "-1", "10000.01", "dear", "free of charge", "٤٥", "4e2"])
def test_anything_else_is_asked_about(written: str) -> None:
    with pytest.raises(ValueError, match="write pounds"):
        pence_of(written)


def test_in_words() -> None:
    assert (for_half_a_day(4550), for_half_a_day(0), for_half_a_day(None)) == ("£45.50 for half a day", "free", "")
