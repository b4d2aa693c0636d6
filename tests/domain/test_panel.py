"""What a mediator's place on the panel rests on, and when a manager hears that it runs out."""

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from domain.panel import NewStanding, Standing, is_of_concern, runs_out

TODAY = date(2026, 12, 1)
DAY = timedelta(days=1)


def standing(**other: object) -> Standing:
    return Standing.model_validate({"professional_body": "CMC", "registered_until": date(2027, 12, 31), **other})


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (61, []),
        (60, ["Registration ends on Sat 30 Jan 2027"]),
        (0, ["Registration ends on Tue 1 Dec 2026"]),
        (-1, ["Registration ended on Mon 30 Nov 2026"]),
    ],
)
def test_a_registration_is_marked_sixty_days_before_its_last_day(days: int, said: list[str]) -> None:
    assert [str(one) for one in runs_out(standing(registered_until=TODAY + days * DAY), TODAY)] == said


def test_supervision_is_marked_as_well() -> None:
    due = standing(supervision_due=TODAY + 60 * DAY)
    assert [str(one) for one in runs_out(due, TODAY)] == ["Supervision is due on Sat 30 Jan 2027"]
    over = standing(supervision_due=TODAY - DAY, registered_until=TODAY - DAY)
    assert [(one.what, one.is_over) for one in runs_out(over, TODAY)] == [("registration", True), ("supervision", True)]


def test_nobody_is_bothered_about_whoever_has_no_case_and_takes_none() -> None:
    assert is_of_concern(standing(), 0)
    assert is_of_concern(standing(capacity=0), 1)
    assert not is_of_concern(standing(capacity=0), 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"training": "SEN law"},
        {"trained_on": TODAY},
        {"supervised_on": TODAY, "supervision_due": TODAY},
        {"capacity": -1},
        {"capacity": 100},
        {"professional_body": " "},
    ],
)
def test_what_does_not_fit_together_is_not_taken(wrong: dict[str, object]) -> None:
    good = {"professional_body": "CMC", "registered_until": TODAY, "capacity": 0}
    NewStanding.model_validate({**good, "training": "SEN law", "trained_on": TODAY, "supervision_due": TODAY})
    with pytest.raises(ValidationError):
        NewStanding.model_validate({**good, **wrong})
