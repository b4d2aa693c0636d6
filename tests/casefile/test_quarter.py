"""What is told of a quarter, read from the case file."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from casefile.quarter import counted
from casefile.tables import LetterRow, PartyRow, Staff, TimelineEvent
from domain.commands import Slot
from domain.journey import Fact, Journey, Meeting, MeetingStatus
from domain.quarter import Chased, Period, Step, Work
from domain.stages import Stage
from tests.casefile.conftest import NOW, File

pytestmark = pytest.mark.both_databases

AUTUMN = Period(date(2026, 10, 1), date(2026, 12, 31))
SUMMER = Period(date(2026, 7, 1), date(2026, 9, 30))
OCT, SEP, JAN = (datetime(*day, 9, 0, tzinfo=UTC) for day in ((2026, 10, 5), (2026, 9, 7), (2027, 1, 4)))
DAY = timedelta(days=1)


async def walked(file: File, case: str, *entered: tuple[datetime, str], reason: str = "", again: str = "") -> None:
    """Its timeline: when it entered which stage; `again`: it was opened again and stands in this stage."""
    lines: list[dict[str, Any]] = [{"at": at, "what": "stage", "about": stage} for at, stage in entered]
    if reason:
        lines.append({"at": entered[-1][0], "what": "closed", "about": "p1", "detail": {"reason": reason}})
    if again:
        lines.append({"at": entered[-1][0] + DAY, "what": "reopen_case", "detail": {"stage": again}})
    lines.append({"at": entered[-1][0] + DAY, "what": "tick_task", "about": "consent/p1"})  # says nothing of stages
    await file.add(
        *(TimelineEvent(case_id=case, number=n, **{"detail": {}, **line}) for n, line in enumerate(lines, 1))
    )


async def case_with(file: File, name: str, stage: Stage, created: datetime, **journey: Any) -> None:
    filed = Journey(parties=[], stage=stage, **journey)
    mediator = filed.mediator or filed.offered_to
    await file.case(name, stage, created=created, mediator_id=mediator, journey=filed.model_dump(mode="json"))


async def test_an_empty_case_file_has_nothing_to_tell(file: File) -> None:
    found = await counted(file.database, AUTUMN)
    assert (found.referred, found.stages, found.steps, found.consents) == (0, {}, [], [])
    assert (found.outcomes, found.chased, found.work) == ([], [], [])


async def test_open_cases_are_counted_where_they_were_at_the_end_of_the_period(file: File) -> None:
    await file.case("moved on", Stage.ALLOCATION, created=SEP)
    await walked(file, "moved on", (SEP, "explaining"), (SEP + DAY, "consent"), (OCT, "allocation"))
    await file.case("ended", Stage.CLOSED, created=SEP, closed_at=OCT)
    await walked(file, "ended", (SEP, "explaining"), (OCT, "closed"), reason="conceded")
    await file.case("goes on", Stage.CONSENT, created=SEP)
    await walked(file, "goes on", (SEP, "consent"), (OCT, "closed"), reason="withdrawn", again="consent")
    await file.case("just came", Stage.REFERRAL, created=OCT)
    await file.case("later", Stage.EXPLAINING, created=JAN)
    await walked(file, "later", (JAN, "explaining"))
    summer, autumn = await counted(file.database, SUMMER), await counted(file.database, AUTUMN)
    assert summer.stages == {"consent": 2, "explaining": 1}
    assert autumn.stages == {"allocation": 1, "consent": 1, "referral": 1}
    assert (summer.referred, autumn.referred) == (3, 1)


async def test_the_steps_of_a_case_are_read_from_its_beginning(file: File) -> None:
    await file.case("a", Stage.CONSENT, created=SEP)
    await walked(file, "a", (SEP, "explaining"), (OCT, "closed"), reason="withdrawn", again="explaining")
    await file.case("b", Stage.EXPLAINING, created=SEP)
    await walked(file, "b", (SEP, "explaining"))
    assert (await counted(file.database, AUTUMN)).steps == [
        Step("a", SEP, "explaining"),
        Step("a", OCT, "closed"),
        Step("a", OCT, "closed", "withdrawn"),
        Step("a", OCT + DAY, "explaining"),
        Step("b", SEP, "explaining"),  # it ran, and did not move: the rules make nothing of it
    ]


async def test_consent_is_what_the_journey_holds_with_the_partys_role(file: File) -> None:
    facts = {
        "consent/p2": Fact(answer="yes", at=OCT),
        "consent/p3": Fact(answer="no", at=OCT + DAY),
        "consent/p4": Fact(answer="yes", at=SEP),  # in another quarter
        "permission": Fact(answer="yes", at=OCT),
    }
    await case_with(file, "a", Stage.CONSENT, SEP, facts=facts)
    for key, role in (("p2", "school"), ("p3", "local_authority"), ("p4", "health_body")):
        await file.add(PartyRow(case_id="a", key=key, role=role))
    assert (await counted(file.database, AUTUMN)).consents == [("school", "yes"), ("local_authority", "no")]


def held(key: str, start: datetime, outcome: str, status: MeetingStatus = MeetingStatus.HELD) -> Meeting:
    return Meeting(key=key, status=status, slot=Slot(start=start, minutes=90), outcome=outcome)


async def test_meetings_count_when_they_were_held_and_for_the_mediator_of_the_case(file: File) -> None:
    for id_, name in (("meg", "Meg Mediator"), ("otto", "Otto Other")):
        await file.add(Staff(id=id_, name=name, email=f"{id_}@s.example", password_hash="!", roles=[], created=NOW))
    meetings = [
        held("visit/p1/1", SEP, ""),
        held("visit/p2/1", OCT, ""),
        held("joint_meeting/1", OCT, "another"),
        held("joint_meeting/2", OCT + DAY, "full"),
        held("joint_meeting/3", OCT + 2 * DAY, "no_show", MeetingStatus.NO_SHOW),
        Meeting(key="joint_meeting/4"),
    ]
    await case_with(file, "a", Stage.AGREEMENT, SEP, mediator="meg", meetings=meetings)
    await walked(file, "a", (SEP, "initial_visits"), (OCT, "joint_meeting"), (OCT + DAY, "agreement"))
    await case_with(file, "b", Stage.ALLOCATION, OCT, offered_to="otto")  # asked, and has not accepted
    await walked(file, "b", (OCT, "allocation"))
    found = await counted(file.database, AUTUMN)
    assert found.outcomes == ["another", "full"]
    assert found.work == [Work("Meg Mediator", cases=1, visits=1, joint_meetings=2)]


async def test_reminders_count_for_what_was_asked_in_the_period(file: File) -> None:
    await file.case("a", Stage.CONSENT, created=SEP)
    letters = [
        ("consent_ask", "consent/p2", 1, OCT, "sent"),
        ("consent_remind", "consent/p2", 1, OCT + DAY, "bounced"),
        ("consent_remind", "consent/p2", 101, OCT + DAY, "sent"),  # once more, by another channel
        ("consent_remind", "consent/p2", 2, JAN, "sent"),
        ("consent_ask", "consent/p3", 1, OCT, "ambiguous"),
        ("consent_remind", "consent/p3", 1, OCT + DAY, "withheld"),
        ("consent_ask", "consent/p4", 1, SEP, "sent"),  # in another quarter, with all its reminders
        ("consent_remind", "consent/p4", 1, OCT, "sent"),
        ("availability_ask", "availability/p2/1", 1, OCT, "sent"),
        ("visit_remind", "visit/p2/1", 1, OCT, "sent"),  # of a date: everyone gets it
    ]
    for kind, about, number, at, state in letters:
        row: dict[str, Any] = {"to": "p2.1", "number": number, "state": state, "queued": at, "settled": at}
        await file.add(LetterRow(id=f"{kind}/{about}/{number}", case_id="a", kind=kind, about=about, **row))
    assert sorted((await counted(file.database, AUTUMN)).chased) == [
        Chased("availability", 1, 0, 0),
        Chased("consent", 2, 1, 2),
    ]
    assert (await counted(file.database, SUMMER)).chased == [Chased("consent", 1, 1, 1)]
