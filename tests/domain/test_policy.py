"""When the rungs of a ladder are climbed."""

from datetime import UTC, date, datetime, time

import pytest

from domain.bank_holidays import of_england
from domain.policy import STANDARD_LADDERS, Do, Policy, Rung, demo, standard

POLICY = standard(of_england(2026, 2027))


def utc(month: int, day: int, hour: int, minute: int = 0, *, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def test_the_chase_of_the_standard_policy() -> None:
    asked = utc(11, 2, 15, 20)  # a Monday
    moments = [POLICY.moment(rung, asked, None) for rung in POLICY.ladder("consent")]
    assert moments == [asked, utc(11, 5, 9), utc(11, 10, 9), utc(11, 13, 9), utc(11, 17, 9), utc(11, 19, 9)]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (utc(12, 22, 10), utc(12, 29, 9)),  # 23, 24, then over Christmas and the substitute for Boxing Day
        (utc(12, 25, 10), utc(12, 31, 9)),  # asked on a holiday
        (utc(12, 31, 22), utc(1, 6, 9, year=2027)),
        (utc(3, 26, 10), utc(3, 31, 8)),  # over the change to summer time: 9 o'clock is 8 UTC
        (utc(10, 22, 10), utc(10, 27, 9)),  # and back
        (utc(6, 30, 23, 30), utc(7, 6, 8)),  # Wednesday 1 July in London
    ],
)
def test_three_working_days_later_at_the_policys_morning(asked: datetime, found: datetime) -> None:
    assert POLICY.moment(Rung(do=Do.REMIND, after=3), asked, None) == found


def test_the_first_letter_leaves_at_once_in_office_hours_only() -> None:
    ask, task = Rung(do=Do.ASK), Rung(do=Do.TASK)
    assert POLICY.moment(ask, utc(11, 2, 15), None) == utc(11, 2, 15)
    assert POLICY.moment(ask, utc(11, 6, 19), None) == utc(11, 9, 8)
    assert POLICY.moment(ask, utc(12, 25, 9), None) == utc(12, 29, 8)
    assert POLICY.moment(task, utc(11, 6, 19), None) == utc(11, 6, 19)  # a task disturbs nobody


@pytest.mark.parametrize(
    ("due", "days", "found"),
    [
        (utc(12, 10, 14), -2, utc(12, 8, 9)),
        (utc(12, 7, 10), -1, utc(12, 4, 9)),  # Monday's meeting: on Friday
        (utc(12, 29, 10), -1, utc(12, 24, 9)),
        (utc(1, 5, 10, year=2027), -5, utc(12, 24, 9)),
        (utc(3, 30, 9), -1, utc(3, 27, 9)),  # before the clocks change, 9 o'clock is 9 UTC
        (utc(12, 26, 10), 0, utc(12, 29, 9)),  # due on a Saturday that is a holiday
        (utc(12, 24, 10), 2, utc(12, 30, 9)),
    ],
)
def test_rungs_that_hang_on_the_due_date(due: datetime, days: int, found: datetime) -> None:
    rung = Rung(do=Do.REMIND, after=days, anchor="due")
    assert POLICY.moment(rung, utc(11, 2, 10), due) == found


def test_moment_and_seconds_are_exact() -> None:
    asked, due = utc(12, 25, 3, 7), utc(12, 26, 10, 5)
    assert POLICY.moment(Rung(do=Do.TASK, anchor="due", unit="moment"), asked, due) == due
    assert POLICY.moment(Rung(do=Do.REMIND, after=90, unit="seconds"), asked, None) == utc(12, 25, 3, 8).replace(
        second=30
    )
    assert POLICY.moment(Rung(do=Do.REMIND, after=-60, anchor="due", unit="seconds"), asked, due) == utc(12, 26, 10, 4)


def test_a_rung_without_its_due_date_is_an_error() -> None:
    with pytest.raises(ValueError, match="due"):
        POLICY.moment(Rung(do=Do.REMIND, anchor="due"), utc(11, 2, 10), None)


def test_the_demo_counts_in_seconds_and_knows_no_night() -> None:
    quick, night = demo(2), utc(12, 25, 3)
    assert quick.moment(Rung(do=Do.ASK), night, None) == night
    assert [quick.moment(rung, night, None).second for rung in quick.ladder("consent")] == [0, 6, 12, 18, 22, 26]
    assert quick.office_moment(night) == night


def test_every_ladder_can_be_armed_and_climbs_upwards() -> None:
    due = datetime(2026, 12, 14, 10, tzinfo=UTC)
    for policy in (POLICY, demo()):
        assert policy.ladders.keys() == STANDARD_LADDERS.keys()
        for kind in policy.ladders:
            moments = [policy.moment(rung, utc(11, 2, 10), due) for rung in policy.ladder(kind)]
            assert moments == sorted(moments), kind


def test_a_policy_of_before_is_given_the_standard_ladders_for_what_is_asked_since() -> None:
    since = ("sign", "childs_voice")
    ladders = {kind: rungs for kind, rungs in demo(2).ladders.items() if kind not in since}
    before = Policy(name="before", ladders=ladders)
    assert [before.ladder(kind) for kind in since] == [STANDARD_LADDERS[kind] for kind in since]
    assert before.ladder("consent") == ladders["consent"]
    assert "sign" not in ladders, "what was given is left as it was"
    with pytest.raises(ValueError, match="consent"):
        Policy(ladders={"sign": STANDARD_LADDERS["sign"]})


def test_a_policy_survives_its_way_into_the_case() -> None:
    changed = POLICY.model_copy(update={"holidays": [*POLICY.holidays, date(2026, 12, 24)], "opens": time(7, 30)})
    assert Policy.model_validate_json(changed.model_dump_json()) == changed


def test_a_policy_that_is_older_than_a_ladder_climbs_the_standard_one() -> None:
    """Histories and stored cases carry policies of their day."""
    old = POLICY.model_dump(mode="json")
    del old["ladders"]["no_show"], old["no_shows_before_decision"]
    assert Policy.model_validate(old) == POLICY
    del old["ladders"]["consent"]
    with pytest.raises(ValueError, match="consent"):
        Policy.model_validate(old)
