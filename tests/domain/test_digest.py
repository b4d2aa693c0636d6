"""What a coordinator reads in the morning."""

from datetime import UTC, date, datetime, timedelta

import pytest

from domain.digest import Digest, add_ask, add_panel, add_task, task_title
from domain.journey import LETTERS_IN_TROUBLE, Armed, OpenAsk
from domain.panel import RunsOut
from domain.parties import Party, PartyRole, Person
from domain.policy import Do
from domain.rules import tickable
from domain.working_days import years_before

NOW = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
DAY = timedelta(days=1)
PARTIES = [Party(key=f"p{n}", role=role, people=[Person(key=f"p{n}.1")]) for n, role in enumerate(PartyRole, 1)]


def of(ask: OpenAsk) -> Digest:
    digest = Digest()
    add_ask(digest, "SM-2026-00042", ask, PARTIES, NOW)
    return digest


def consent(**more: object) -> OpenAsk:
    return OpenAsk.model_validate({"key": "consent/p3", "of": "p3", "asked": NOW - 5 * DAY, **more})


def test_a_silent_school_that_somebody_has_to_ring_today() -> None:
    armed = Armed(at=NOW + timedelta(hours=1, minutes=30), do=Do.PHONE_TASK, number=1)
    assert of(consent(armed=armed)) == Digest(
        today=["SM-2026-00042: consent, from the school, asked on Thu 19 Nov 2026; today 09:00: call"]
    )
    assert not of(consent(armed=armed.model_copy(update={"at": NOW + DAY}))), "tomorrow is another day"
    assert not of(consent(armed=armed.model_copy(update={"do": Do.REMIND}))), "reminders leave by themselves"


def test_what_nothing_is_done_about_any_more_and_what_was_due_is_late() -> None:
    assert of(consent(climbed=6)).late == [
        "SM-2026-00042: consent, from the school, asked on Thu 19 Nov 2026; nothing more is sent by itself"
    ]
    action = OpenAsk(key="action/1", of="p4", asked=NOW - 30 * DAY, due=NOW - DAY)
    [line] = of(action).late
    assert line.startswith("SM-2026-00042: action of the agreement, from the local authority, asked on")
    assert line.endswith("was due Mon 23 Nov 07:30")


def test_a_task_that_was_put_off_is_not_due() -> None:
    digest = Digest()
    add_task(digest, "SM-1", "phone", NOW - DAY, NOW + DAY, NOW)
    assert not digest
    add_task(digest, "SM-1", "phone", NOW - DAY, NOW - timedelta(hours=1), NOW)
    add_task(digest, "SM-2", "visit_dates", NOW - DAY, None, NOW)
    assert digest.late == ["SM-1: Ring a party that is silent, by Tue 24 Nov 06:30"]
    assert digest.today == ["SM-2: Dates for the initial visit, since Mon 23 Nov 2026"]
    assert digest.subject() == "Your cases today: 1 late, 1 to do"


def test_what_runs_out_of_the_panel() -> None:
    digest = Digest()
    add_panel(digest, RunsOut(what="registration", on=date(2027, 1, 15), is_over=False))
    assert digest, "a manager with nothing else to do hears of it, too"
    add_panel(digest, RunsOut(what="supervision", on=date(2026, 11, 23), is_over=True))
    assert digest.soon == ["Panel, of a mediator: registration ends on Fri 15 Jan 2027"]
    assert digest.late == ["Panel, of a mediator: supervision was due on Mon 23 Nov 2026"]
    assert digest.subject() == "Your cases today: 1 late, 1 about to run out"


@pytest.mark.parametrize(
    "kind",
    ["phone", "safeguarding", "begun_anew", "read_reply", "paper_infected", "post_papers", *LETTERS_IN_TROUBLE],
)
def test_every_task_that_stands_for_itself_has_words(kind: str) -> None:
    assert tickable(kind)
    assert task_title(kind).lower() != kind.replace("_", " ")


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (datetime(2026, 7, 1, 1, tzinfo=UTC), datetime(2020, 7, 1, 1, tzinfo=UTC)),
        (datetime(2028, 2, 29, 2, 15, tzinfo=UTC), datetime(2022, 2, 28, 2, 15, tzinfo=UTC)),
    ],
)
def test_years_before(now: datetime, then: datetime) -> None:
    assert years_before(now, 6) == then
