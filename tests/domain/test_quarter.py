"""What managers and commissioners ask of a quarter, and how it is counted."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from domain.disclosure import FEW, Figure
from domain.quarter import (
    WHOLE,
    Chased,
    Counted,
    Period,
    Step,
    Work,
    figures,
    gone,
    nearest_rank,
    quarter_of,
    quarters_back,
    report,
)
from domain.titles import CHASED, LETTERS

SPRING = Period(date(2026, 4, 1), date(2026, 6, 30))
MAY = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def steps(*walked: tuple[float, str], case: str = "a", reason: str = "") -> list[Step]:
    """Days after 1 May, and the stage that was entered; an end has its own line for the reason."""
    lines = [Step(case, MAY + days * DAY, stage) for days, stage in walked]
    return [*lines, Step(case, lines[-1].at, "closed", reason)] if reason else lines


def table(found: list[Figure], key: str) -> dict[str, list[str]]:
    figure = next(one for one in found if one.key == key)
    return {line.group: [cell.shown for cell in line.cells] for line in figure.lines}


# The period


@pytest.mark.parametrize(
    ("day", "title"),
    [
        (date(2026, 4, 1), "Quarter 1 of 2026/27, April to June 2026"),
        (date(2026, 9, 30), "Quarter 2 of 2026/27, July to September 2026"),
        (date(2026, 12, 31), "Quarter 3 of 2026/27, October to December 2026"),
        (date(2100, 2, 28), "Quarter 4 of 2099/00, January to March 2100"),
    ],
)
def test_quarters_are_those_of_the_financial_year(day: date, title: str) -> None:
    assert quarter_of(day).title == title


def test_quarters_follow_each_other_without_a_gap() -> None:
    back = quarters_back(date(2026, 5, 5), 5)
    assert back[0] == SPRING
    assert [one.first for one in back] == [
        date(2026, 4, 1), date(2026, 1, 1), date(2025, 10, 1), date(2025, 7, 1), date(2025, 4, 1)
    ]  # fmt: skip
    assert all(earlier.ends == later.begins for later, earlier in pairwise(back))


def test_a_period_begins_and_ends_at_midnight_in_london() -> None:
    assert SPRING.begins == datetime(2026, 3, 31, 23, 0, tzinfo=UTC)  # summer time
    assert SPRING.ends == datetime(2026, 6, 30, 23, 0, tzinfo=UTC)


def test_any_other_period_is_called_by_its_days() -> None:
    assert Period(date(2026, 4, 1), date(2026, 5, 31)).title == "1 April 2026 to 31 May 2026"
    assert Period(date(2026, 2, 1), date(2026, 4, 30)).title == "1 February 2026 to 30 April 2026"


# Median and percentile


def test_the_90th_percentile_is_the_nearest_rank() -> None:
    """The smallest number that nine in ten do not exceed: always one that occurred."""
    assert nearest_rank(range(1, 11), 90) == 9
    assert nearest_rank(range(1, 12), 90) == 10
    assert nearest_rank([7], 90) == 7
    assert nearest_rank([3, 1, 2], 50) == 2


def test_days_are_told_by_median_and_90th_percentile() -> None:
    walked = [
        step
        for n in range(1, 11)
        for step in steps((0, "consent"), (n, "allocation"), case=f"case {n}")
    ]  # fmt: skip
    assert table(figures(Counted(steps=walked), SPRING), "days")["Everyone's consent"] == ["10", "5.5", "9.0"]


# How long


def test_a_stage_counts_when_it_is_left() -> None:
    went = gone(steps((0, "explaining"), (2, "permission"), (5.5, "consent")), SPRING)
    assert went.days == {"explaining": [2], "permission": [3.5]}
    assert went.reasons == {}


def test_a_case_that_did_not_move_in_the_period_counts_for_nothing() -> None:
    summer = quarter_of(date(2026, 7, 1))
    for stood_still in (steps((0, "explaining")), steps((0, "explaining"), (4, "closed"), reason="withdrawn")):
        went = gone(stood_still, summer)
        assert (went.days, went.reasons) == ({}, {})


def test_what_was_left_before_the_period_or_after_it_counts_elsewhere() -> None:
    walked = steps((-40, "explaining"), (-35, "permission"), (10, "consent"), (90, "allocation"))
    assert gone(walked, SPRING).days == {"permission": [45]}
    assert gone(walked, quarter_of(date(2026, 7, 1))).days == {"consent": [80]}


def test_a_case_that_ended_counts_with_all_its_days_and_its_reason() -> None:
    went = gone(steps((0, "explaining"), (1, "permission"), (4, "closed"), reason="not_agreed"), SPRING)
    assert went.days == {"explaining": [1], "permission": [3], WHOLE: [4]}
    assert went.reasons == {"not_agreed": 1}


def test_time_in_which_a_case_was_closed_is_nobodys() -> None:
    walked = steps((0, "consent"), (3, "closed"), reason="withdrawn")
    walked += steps((13, "consent"), (15, "allocation"), (16, "closed"), reason="no_agreement")
    went = gone(walked, SPRING)
    assert went.days == {"consent": [5], "allocation": [1], WHOLE: [6]}
    assert went.reasons == {"no_agreement": 1}, "one end, the one that stands"


def test_a_case_that_was_opened_again_has_not_ended_nor_left_its_stage() -> None:
    walked = [*steps((0, "explaining"), (1, "consent"), (3, "closed"), reason="withdrawn"), *steps((13, "consent"))]
    went = gone(walked, SPRING)
    assert went.days == {"explaining": [1]}
    assert went.reasons == {}


def test_an_end_counts_in_the_period_in_which_the_case_was_closed() -> None:
    walked = steps((0, "explaining"), (4, "closed"), reason="withdrawn")
    assert gone(walked, quarter_of(date(2026, 7, 1))).reasons == {}


# Figures


def test_cases_referred_ended_and_open() -> None:
    ended = [step for n in range(3) for step in steps((0, "explaining"), (1, "closed"), case=str(n), reason="conceded")]
    found = figures(Counted(referred=7, stages={"consent": 4, "actions": 2}, steps=ended), SPRING)
    assert table(found, "cases") == {"Referred": ["7"], "Ended": ["3"], "Open at the end of the period": ["6"]}
    assert table(found, "stages")["Everyone's consent"] == ["4"]
    assert table(found, "stages")["Initial visits"] == ["0"]
    assert table(found, "endings")["Settled without mediation"] == ["3"]


def test_consent_is_told_by_role() -> None:
    answers = [("school", "yes")] * 3 + [("school", "no"), ("local_authority", "silent")]
    told = table(figures(Counted(consents=answers), SPRING), "consent")
    assert told["School"] == ["3", "1", "0"]
    assert told["Local authority"] == ["0", "0", "1"]


@pytest.mark.parametrize(
    ("outcomes", "rate"),
    [
        (["full"] * 5 + ["partial"] * 2 + ["none"] * 3, "70%"),
        (["full", "none", "none", "another", "another"], "33%"),  # another meeting: the next one counts
        (["another"], "–"),
        ([], "–"),
    ],
)
def test_the_agreement_rate_is_full_and_partial_agreements_of_joint_meetings_held(
    outcomes: list[str], rate: str
) -> None:
    figure = next(one for one in figures(Counted(outcomes=outcomes), SPRING) if one.key == "outcomes")
    assert figure.overall
    assert figure.overall[1].shown == rate
    assert {line.group for line in figure.lines} == {
        "Full agreement", "Partial agreement", "No agreement", "Another meeting"
    }  # fmt: skip


def test_a_report_tells_the_rate_and_not_how_few_agreements_were_partial() -> None:
    counted = Counted(outcomes=["full"] * 28 + ["partial"] * 3 + ["none"] * 12 + ["another"])
    figure = next(one for one in report(counted, SPRING) if one.key == "outcomes")
    assert table([figure], "outcomes") == {"Full or partial agreement": ["31"], "No agreement": ["12"]}
    assert figure.overall
    assert figure.overall[1].shown == "72%"


def test_reminders_are_told_for_what_is_chased_by_letter() -> None:
    told = table(figures(Counted(chased=[Chased("consent", 10, 4, 7)]), SPRING), "reminders")
    assert told["Consent to take part"] == ["10", "4", "7"]
    assert told["Dates for the joint meeting"] == ["0", "0", "0"]


def test_everything_that_is_asked_and_reminded_by_letter_is_counted() -> None:
    reminded = {kind.removesuffix("_remind") for kind in LETTERS if kind.endswith("_remind")}
    assert set(CHASED) == {kind for kind in reminded if f"{kind}_ask" in LETTERS}


WORK = [Work("Meg", 6, 9, 5), Work("Otto", 2, 3, 1), Work("New", 0, 0, 0)]


def test_managers_read_the_work_of_each_mediator_by_name_the_busiest_first() -> None:
    told = table(figures(Counted(work=WORK), SPRING), "workload")
    assert list(told) == ["Meg", "Otto", "New"]
    assert told["Meg"] == ["6", "9", "5"]


def test_commissioners_read_no_mediators_name() -> None:
    told = table(report(Counted(work=WORK), SPRING), "workload")
    assert told["Open cases"] == ["8", "4.0", "6"]
    assert "Meg" not in str(report(Counted(work=WORK), SPRING))


def test_a_report_hides_small_groups_and_says_all_figures() -> None:
    counted = Counted(
        referred=3, stages={"consent": 12, "actions": 2, "agreement": 6}, outcomes=["full"] * 9 + ["none"]
    )
    left = report(counted, SPRING)
    assert [one.key for one in left] == [one.key for one in figures(counted, SPRING)]
    assert table(left, "cases") == {"Referred": [FEW], "Ended": ["0"], "Open at the end of the period": ["20"]}
    assert table(left, "stages")["Carrying out the agreement"] == [FEW]
    assert table(left, "stages")["Recording the agreement"] == ["not shown"], "else what is missing of 20 tells it"
    outcomes = next(one for one in left if one.key == "outcomes")
    assert outcomes.overall
    assert outcomes.overall[1].shown == FEW, "nine of ten: one family had no agreement"
