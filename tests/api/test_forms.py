"""What is typed into a form, as the doors read it."""

from datetime import date

import pytest
from starlette.datastructures import FormData

from api.forms import Typed


def typed(**given: str) -> Typed:
    return Typed.of(FormData([(name.replace("_", "-"), value) for name, value in given.items()]))


def test_a_birthday_in_three_fields_is_one_date() -> None:
    form = typed(born_day=" 2", born_month="03", born_year="2016")
    assert form.day("born") == date(2016, 3, 2)
    assert form.birthday("born") == ["2", "03", "2016"]
    assert set(form.values) == {"born"}


def test_a_birthday_that_was_left_out_is_none() -> None:
    form = typed(born_day="", born_month="", born_year=" ")
    assert form.day("born") is None
    assert form.errors == {}


@pytest.mark.parametrize(
    "given", [("31", "2", "2017"), ("2", "", "2016"), ("", "", "2016"), ("1/2", "3", "2016"), ("x", "y", "z")]
)
def test_what_is_no_date_stays_as_it_was_typed(given: tuple[str, str, str]) -> None:
    form = typed(born_day=given[0], born_month=given[1], born_year=given[2])
    assert form.day("born") is None
    assert form.errors == {"born": "The date must be a real date, such as 3/12/2026."}
    shown = form.birthday("born")
    assert shown == list(given) if "/" not in given[0] else "1/2/3/2016" in shown


def test_a_date_that_stands_there_is_shown_in_three_fields() -> None:
    assert Typed().birthday("born", "2016-03-02") == ["2", "3", "2016"]
    assert Typed().birthday("born") == ["", "", ""]


def test_something_else_called_day_is_left_alone() -> None:
    assert typed(rainy_day="yes").values == {"rainy-day": ["yes"]}
