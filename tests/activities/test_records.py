"""The case file as the journey uses it: written once, in order, and what makes a double booking impossible."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import SQLModel, select
from temporalio.exceptions import ApplicationError

from activities.records import Records
from casefile.cases import CaseFilter, Cases
from casefile.commands import Commands
from casefile.database import Database
from casefile.finding import Finding
from casefile.links import Links
from casefile.rounds import Rounds
from casefile.tables import (
    Case,
    LetterRow,
    Mediator,
    MediatorConflict,
    Reservation,
    Staff,
    TaskRow,
    TimelineEvent,
    Venue,
)
from casefile.vault import Vault
from domain import words as words_of_case
from domain.commands import (
    Actor,
    AddParty,
    AddSupporter,
    Command,
    CorrectDetails,
    DecideOnSilence,
    DetailsTexts,
    NewContactTexts,
    PartyTexts,
    RecordVisit,
    Slot,
    StaffRole,
    Texts,
    VisitTexts,
)
from domain.journey import Event, Filing, Journey, Letter, OpenAsk, Task
from domain.likeness import sought
from domain.parties import Channel, PartyRole, PersonRole
from domain.policy import standard
from domain.refusals import Refusal
from domain.stages import Stage
from tests.sample_case import CHILD, opened, sample_referral
from workflows.neighbours import (
    Admission,
    Admitted,
    Booking,
    MediatorQuestion,
    NextMediator,
    PartyAdmission,
    Reassignment,
    WordsToCorrect,
)

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
CORA = Actor(kind="staff", id="cora", roles=[StaffRole.COORDINATOR])


pytestmark = pytest.mark.both_databases


class File:
    """A case in the case file, with its records."""

    def __init__(self, database: Database) -> None:
        self.database, self.vault = database, Vault(b"v" * 32)
        self.links = Links(database, b"l" * 32)
        self.records = Records(database, self.vault, self.links, now=lambda: NOW)
        self.cases, self.commands = Cases(database, self.vault), Commands(database, self.vault)

    async def open(self, key: str = "form-1") -> str:
        form = sample_referral()
        return (await opened(self.cases, form, key, CORA, "cora", standard([]), NOW)).case_id

    def filing(self, case_id: str, version: int, **journey: object) -> Filing:
        return Filing(
            case_id=case_id,
            version=version,
            journey=Journey(parties=[], **journey),  # type: ignore[arg-type]
            events=[Event(number=version, at=NOW, what="stage")],
            letters=[Letter(kind="consent_ask", about="consent/p2", to="p2.1", number=version)],
        )

    async def store(self, command: Command, texts: Texts) -> None:
        await self.commands.store(command, texts)


@pytest.fixture
async def file(database_url: str) -> AsyncIterator[File]:
    database = Database(database_url)
    async with database.write() as session:
        for name in ("cora", "mia", "noor", "olu"):
            session.add(
                Staff(id=name, name=name, email=f"{name}@service.example", password_hash="!", roles=[], created=NOW)
            )
        await session.flush()
        for name, until in (("mia", date(2027, 1, 1)), ("noor", date(2026, 11, 23)), ("olu", date(2027, 1, 1))):
            session.add(Mediator(staff_id=name, professional_body="CMC", registered_until=until))
        session.add(Venue(id="library", name="Town Library", address="1 High Street"))
        session.add(Venue(id="hall", name="School hall", address="Oak Lane", owner="OAKFIELD  school"))
    yield File(database)
    await database.close()


async def test_a_filing_is_written_once(file: File) -> None:
    case_id = await file.open()
    asks = [OpenAsk(key="consent/p2", of="p2", asked=NOW)]
    filing = file.filing(case_id, 1, stage=Stage.CONSENT, asks=asks)
    await file.records.file(filing)
    await file.records.file(filing)  # its completion was lost
    async with file.database.read() as session:
        assert len((await session.exec(select(TimelineEvent))).all()) == 1
        assert len((await session.exec(select(LetterRow))).all()) == 1
    lines, _ = await file.cases.list(wanted=CaseFilter())
    assert (lines[0].stage, lines[0].waiting_for) == ("consent", ["Oakfield School"])


async def test_a_run_that_was_reset_writes_nothing(file: File) -> None:
    case_id = await file.open()

    async def files(version: int, run: str, stage: Stage, begun_after: int = 0) -> None:
        filing = file.filing(case_id, version, stage=stage)
        await file.records.file(filing.model_copy(update={"run": run, "begun_after": begun_after}))

    await files(1, "first", Stage.CONSENT)
    await files(2, "first", Stage.ALLOCATION)
    for version in (2, 3):
        with pytest.raises(ApplicationError, match="knows less than the case file"):
            await files(version, "reset", Stage.CONSENT)
    await files(3, "begun anew", Stage.ALLOCATION, begun_after=2)
    await files(4, "begun anew", Stage.INITIAL_VISITS, begun_after=2)
    with pytest.raises(ApplicationError, match="knows less than the case file"):
        await files(5, "first", Stage.ALLOCATION)  # an errand of the run that was ended comes home late
    [standing] = await Rounds(file.database).standings()
    assert (standing.run, standing.version) == ("begun anew", 4)
    assert (await file.cases.list(wanted=CaseFilter()))[0][0].stage == "initial_visits"


async def test_an_older_filing_that_arrives_late_changes_nothing(file: File) -> None:
    case_id = await file.open()
    first = file.filing(case_id, 1, stage=Stage.CONSENT)
    await file.records.file(first)
    await file.records.file(file.filing(case_id, 2, stage=Stage.ALLOCATION))
    await file.records.file(first)  # from a worker that was slow, and was given up
    assert (await file.cases.list(wanted=CaseFilter()))[0][0].stage == "allocation"


@pytest.mark.parametrize(("version", "tells"), [(1, True), (2, True), (2, False)])
async def test_a_run_that_has_forgotten_what_it_filed_writes_nothing_more(
    file: File, version: int, tells: bool
) -> None:
    """Temporal was put back from a backup that is older than the case file; the run is the same."""
    case_id = await file.open()
    same_run = {"run": "first"}
    for number in (1, 2):
        filed = file.filing(case_id, number, stage=Stage.ALLOCATION)
        await file.records.file(filed.model_copy(update=same_run))
    later = [Event(number=version, at=NOW + timedelta(hours=1), what="answer_consent", command="c2")] * tells
    forgetful = file.filing(case_id, version, stage=Stage.CONSENT).model_copy(update={"events": later, **same_run})
    for _ in range(2):
        with pytest.raises(ApplicationError, match="knows less than the case file"):
            await file.records.file(forgetful)
    [standing] = await Rounds(file.database).standings()
    assert standing.run not in ("", "first"), "so that the reconciler looks at it"
    anew = file.filing(case_id, 3, stage=Stage.INITIAL_VISITS)
    await file.records.file(anew.model_copy(update={"run": "begun anew", "begun_after": 2}))
    assert (await file.cases.list(wanted=CaseFilter()))[0][0].stage == "initial_visits"


async def test_tasks_open_close_and_open_again(file: File) -> None:
    case_id = await file.open()
    task = Task(key="visit_dates/p1/1", kind="visit_dates", about="", role=StaffRole.MEDIATOR, opened=NOW)
    closed = []
    for version, tasks in enumerate(([task], [], [task]), 1):
        await file.records.file(file.filing(case_id, version, tasks=tasks))
        async with file.database.read() as session:
            closed.append((await session.exec(select(TaskRow))).one().closed)
    assert closed == [None, NOW, None]


def booking(case_id: str, meeting: str, start: datetime, *resources: str, minutes: int = 60) -> Booking:
    slot = Slot(start=start, minutes=minutes)
    return Booking(case_id=case_id, reference="SM-2026-00001", meeting=meeting, resources=[*resources], slot=slot)


TEN = datetime(2026, 12, 3, 10, 0, tzinfo=UTC)


async def test_overlapping_meetings_of_one_mediator_are_refused(file: File) -> None:
    one, other = await file.open("form-1"), await file.open("form-2")
    assert not (await file.records.reserve(booking(one, "visit/p1/1", TEN, "mediator/mia"))).refusal
    late = booking(other, "visit/p1/1", TEN + timedelta(minutes=55), "mediator/mia")
    verdict = await file.records.reserve(late)
    assert (verdict.refusal, verdict.about) == ("taken", "mediator/mia")
    for free in (
        booking(other, "visit/p1/1", TEN + timedelta(minutes=60), "mediator/mia"),
        booking(other, "visit/p2/1", TEN, "mediator/olu"),
        booking(one, "visit/p1/1", TEN, "mediator/mia"),  # the same again
    ):
        assert not (await file.records.reserve(free)).refusal


async def test_a_refused_claim_leaves_nothing_behind(file: File) -> None:
    one, other = await file.open("form-1"), await file.open("form-2")
    await file.records.reserve(booking(one, "joint_meeting/1", TEN, "mediator/mia", "venue/library"))
    claim = booking(other, "joint_meeting/1", TEN, "mediator/olu", "venue/library")
    assert (await file.records.reserve(claim)).about == "venue/library"
    assert not (await file.records.reserve(booking(other, "visit/p1/1", TEN, "mediator/olu"))).refusal


async def test_what_was_let_go_is_free_again(file: File) -> None:
    one, other = await file.open("form-1"), await file.open("form-2")
    claim = booking(one, "visit/p1/1", TEN, "mediator/mia")
    await file.records.reserve(claim)
    await file.records.let_go(claim)
    assert not (await file.records.reserve(booking(other, "visit/p1/1", TEN, "mediator/mia"))).refusal


async def test_a_move_claims_the_new_time_before_the_old_is_let_go(file: File) -> None:
    one, other = await file.open("form-1"), await file.open("form-2")
    later = TEN + timedelta(hours=3)
    await file.records.reserve(booking(one, "visit/p1/1", TEN, "mediator/mia"))
    await file.records.reserve(booking(other, "visit/p1/1", later, "mediator/mia"))
    assert (await file.records.reserve(booking(one, "visit/p1/1", later, "mediator/mia"))).refusal == "taken"
    intruder = booking(other, "visit/p2/1", TEN, "mediator/mia")
    assert (await file.records.reserve(intruder)).refusal == "taken", "the refused move lost its old time"
    half_an_hour_on = booking(one, "visit/p1/1", TEN + timedelta(minutes=30), "mediator/mia")
    assert not (await file.records.reserve(half_an_hour_on)).refusal
    assert not (await file.records.reserve(intruder.model_copy(update={"slot": Slot(start=TEN, minutes=30)}))).refusal


async def test_of_two_moves_to_one_time_one_holds(file: File) -> None:
    cases = [await file.open(f"form-{n}") for n in range(4)]
    for n, case in enumerate(cases):
        await file.records.reserve(booking(case, "visit/p1/1", TEN + timedelta(hours=n), "mediator/mia"))
    free = TEN + timedelta(days=1)
    moves = [file.records.reserve(booking(case, "visit/p1/1", free, "mediator/mia")) for case in cases]
    assert sorted(verdict.refusal for verdict in await asyncio.gather(*moves)) == [""] + ["taken"] * 3


async def test_many_claims_at_once_and_one_succeeds(file: File) -> None:
    cases = [await file.open(f"form-{n}") for n in range(8)]
    claims = [file.records.reserve(booking(case, "visit/p1/1", TEN, "mediator/mia")) for case in cases]
    verdicts = await asyncio.gather(*claims)
    assert sorted(verdict.refusal for verdict in verdicts) == [""] + ["taken"] * 7


async def test_two_coordinators_and_one_slot(file: File, database_url: str) -> None:
    """In two processes, for two mediators: the venue is what only one can have."""
    one, other = await file.open("form-1"), await file.open("form-2")
    elsewhere = Database(database_url)
    verdicts = await asyncio.gather(
        file.records.reserve(booking(one, "joint_meeting/1", TEN, "mediator/mia", "venue/library")),
        File(elsewhere).records.reserve(booking(other, "joint_meeting/1", TEN, "mediator/olu", "venue/library")),
    )
    assert sorted(verdict.refusal for verdict in verdicts) == ["", "taken"]
    async with elsewhere.read() as session:
        holders = {row.case_id for row in await session.exec(select(Reservation))}
    assert holders == {one if verdicts[0].refusal == "" else other}
    await elsewhere.close()


async def test_a_venue_is_neutral_and_known(file: File) -> None:
    case_id = await file.open()
    for venue, refusal in (("hall", "venue_not_neutral"), ("nowhere", "unknown_venue"), ("library", "")):
        claim = booking(case_id, "joint_meeting/1", TEN, "mediator/mia", f"venue/{venue}")
        assert (await file.records.reserve(claim)).refusal == refusal


async def test_who_may_be_offered_a_case(file: File) -> None:
    case_id = await file.open()
    question = MediatorQuestion(case_id=case_id, mediator="mia")
    assert (await file.records.may_be_offered(question)).refusal == ""
    for mediator, refusal in (("noor", "registration_out_of_date"), ("cora", "unknown_mediator")):
        question = MediatorQuestion(case_id=case_id, mediator=mediator)
        assert (await file.records.may_be_offered(question)).refusal == refusal
    async with file.database.write() as session:
        session.add(MediatorConflict(staff_id="olu", organisation="oakfield school"))
    question = MediatorQuestion(case_id=case_id, mediator="olu")
    assert (await file.records.may_be_offered(question)).refusal == "conflict_of_interest"
    assert (await file.records.next_mediator(NextMediator(case_id=case_id, tried=[]))).mediator == "mia"
    await file.records.declare_conflict(MediatorQuestion(case_id=case_id, mediator="mia"))
    await file.records.declare_conflict(MediatorQuestion(case_id=case_id, mediator="mia"))
    assert (await file.records.next_mediator(NextMediator(case_id=case_id, tried=[]))).mediator == ""


async def test_whoever_has_as_many_cases_as_they_take_is_offered_no_other(file: File) -> None:
    one, other, third = [await file.open(key) for key in ("form-1", "form-2", "form-3")]
    async with file.database.write() as session:
        for name in ("mia", "olu"):
            mediator = await session.get_one(Mediator, name)
            mediator.capacity = 1 if name == "mia" else 0
            session.add(mediator)
    await file.records.file(file.filing(one, 1, stage=Stage.ALLOCATION, offered_to="mia"))
    asked = MediatorQuestion(case_id=other, mediator="mia")
    assert (await file.records.may_be_offered(asked)).refusal == "at_capacity"
    assert (await file.records.next_mediator(NextMediator(case_id=other, tried=[]))).mediator == ""
    itself = MediatorQuestion(case_id=one, mediator="mia")
    assert not (await file.records.may_be_offered(itself)).refusal, "the case is not counted against itself"
    async with file.database.write() as session:
        case = await session.get_one(Case, one)
        case.closed_at = NOW
        session.add(case)
    assert (await file.records.next_mediator(NextMediator(case_id=third, tried=[]))).mediator == "mia"


async def test_a_case_is_handed_to_somebody_who_may_look_after_cases(file: File) -> None:
    case_id = await file.open()
    async with file.database.write() as session:
        for key, role, active in (
            ("ida", "coordinator", True),
            ("gone", "coordinator", False),
            ("med", "mediator", True),
        ):
            session.add(
                Staff(id=key, name=key, email=f"{key}@s.example", password_hash="!", roles=[role], active=active,
                      created=NOW)
            )  # fmt: skip
    for nobody in ("gone", "med", "unheard_of"):
        verdict = await file.records.reassign(Reassignment(case_id=case_id, coordinator=nobody))
        assert verdict.refusal == "unknown_coordinator"
    for _ in range(2):  # its completion was lost: it is done again
        assert not (await file.records.reassign(Reassignment(case_id=case_id, coordinator="ida"))).refusal
    async with file.database.read() as session:
        assert (await session.get_one(Case, case_id)).coordinator_id == "ida"


async def join(file: File, case_id: str, command: str, role: PartyRole, **words: str) -> Admitted:
    """A party joins, and the journey is filed with it."""
    actor = {"actor": CORA, "at": NOW, "case_id": case_id}
    given = AddParty.model_validate({"id": command, "role": role, "permitted": True, **actor})
    texts = PartyTexts.model_validate({"reason": "so that all are there", **words})
    assert given.has_its_words(texts)
    await file.commands.store(given, texts)
    admission = PartyAdmission(case_id=case_id, command=command, role=role, mediator="olu", venues=["hall", "library"])
    return await file.records.admit_party(admission)


BEECHWOOD = {"organisation": "Beechwood School", "name": "Lee", "email": "lee@beechwood.example"}


async def test_a_party_that_joins_is_admitted_once_and_found(file: File) -> None:
    case_id = await file.open()
    started = await file.cases.start_of(case_id)
    admitted = [await join(file, case_id, "join-1", PartyRole.SCHOOL, **BEECHWOOD) for _ in range(2)]
    assert admitted == [Admitted(person="p3.1")] * 2
    party = (await file.cases.load(case_id)).party("p3")
    assert (party.name, party.role, party.lead.details.name) == ("Beechwood School", PartyRole.SCHOOL, "Lee")
    assert await file.cases.start_of(case_id) == started, "the case began without them"
    finding = Finding(file.database, file.vault)
    for words in ("Beechwood", "lee@beechwood.example", CHILD, "Oakfield"):
        assert [one.line.id for one in await finding.search(sought(words))] == [case_id]
    async with file.database.write() as session:
        session.add(MediatorConflict(staff_id="olu", organisation="beechwood school"))
    question = MediatorQuestion(case_id=case_id, mediator="olu")
    assert (await file.records.may_be_offered(question)).refusal == "conflict_of_interest"


async def test_what_stands_against_a_party_that_would_join(file: File) -> None:
    case_id = await file.open()
    async with file.database.write() as session:
        session.add(MediatorConflict(staff_id="olu", organisation="elm school"))
        session.add(Venue(id="barn", name="Barn", address="Ash Lane", owner="Ash School"))
    refused = {
        Refusal.ALREADY_A_PARTY: {"organisation": "OAKFIELD SCHOOL", "name": "A", "email": "a@s.example"},
        Refusal.CONFLICT_WITH_THEM: {"organisation": "Elm School", "name": "B", "email": "b@s.example"},
        Refusal.ADDRESS_TAKEN: {"organisation": "Fir School", "name": "C", "email": "SAM@oakfield.example"},
    }
    for code, words in refused.items():
        assert await join(file, case_id, f"join-{code}", PartyRole.SCHOOL, **words) == Admitted(refusal=code)
    assert [party.key for party in (await file.cases.load(case_id)).parties] == ["p1", "p2"]
    theirs = {"organisation": "Ash School", "name": "D", "email": "d@s.example"}
    assert (await join(file, case_id, "join-d", PartyRole.SCHOOL, **theirs)).person == "p3.1", "nothing is booked there"
    other = await file.open("form-2")
    ash = AddParty(id="join-ash", case_id=other, actor=CORA, at=NOW, role=PartyRole.SCHOOL)
    await file.commands.store(ash, PartyTexts.model_validate({"reason": "r", **theirs}))
    admission = PartyAdmission(case_id=other, command="join-ash", role=PartyRole.SCHOOL, venues=["library", "barn"])
    assert await file.records.admit_party(admission) == Admitted(refusal=Refusal.THEIR_VENUE)


async def test_who_was_taken_out_is_known_by_name_only_and_stands_in_nobodys_way(file: File) -> None:
    case_id = await file.open()
    await join(file, case_id, "join-1", PartyRole.SCHOOL, **BEECHWOOD)
    async with file.database.write() as session:
        session.add(MediatorConflict(staff_id="olu", organisation="beechwood school"))
    await file.records.file(file.filing(case_id, 1, left=["p3", "p3.1"]))
    case = await file.cases.load(case_id)
    assert [party.key for party in case.parties] == ["p1", "p2"]
    assert (words_of_case.who(case, "p3"), words_of_case.who(case, "p3.1")) == ("Beechwood School", "Lee")
    question = MediatorQuestion(case_id=case_id, mediator="olu")
    assert not (await file.records.may_be_offered(question)).refusal
    parent = {"name": "Lee Example", "email": "lee@beechwood.example"}
    admitted = await join(file, case_id, "join-2", PartyRole.PARENT, **parent)
    assert admitted == Admitted(person="p4.1"), "it was the other parent; the key is not used again"


async def test_a_supporter_who_has_only_a_telephone_is_admitted_once(file: File) -> None:
    case_id = await file.open()
    visit = RecordVisit(id="visit-1", case_id=case_id, actor=CORA, at=NOW, party="p1", held=True)
    said = VisitTexts(supporter_name="Bea Friend", supporter_phone="07700 900123", supporter_channel=Channel.TEXT)
    assert visit.has_its_words(said)
    assert not visit.has_its_words(said.model_copy(update={"supporter_phone": ""}))
    await file.store(visit, said)
    add = AddSupporter(id="add-1", case_id=case_id, actor=CORA, at=NOW, party="p1")
    again = NewContactTexts(name="bea friend", phone="+44 7700 900123", channel=Channel.TEXT)
    assert add.has_its_words(again)
    assert not add.has_its_words(NewContactTexts(name="Bea Friend"))
    await file.store(add, again)
    for command in ("visit-1", "add-1"):
        admission = Admission(case_id=case_id, command=command, party="p1", role=PersonRole.SUPPORTER)
        assert await file.records.admit(admission) == Admitted(person="p1.2", channel=Channel.TEXT)


async def test_a_supporter_is_admitted_once(file: File) -> None:
    case_id = await file.open()
    command = RecordVisit(id="visit-1", case_id=case_id, actor=CORA, at=NOW, party="p1", held=True)
    await file.store(command, VisitTexts(supporter_name="Bea Friend", supporter_email="bea@family.example"))
    admission = Admission(case_id=case_id, command="visit-1", party="p1", role=PersonRole.SUPPORTER)
    assert [(await file.records.admit(admission)).person for _ in range(2)] == ["p1.2", "p1.2"]
    person = (await file.cases.load(case_id)).person("p1.2")
    assert (person.details.name, person.role) == ("Bea Friend", PersonRole.SUPPORTER)
    nobody = Admission(case_id=case_id, command="visit-2", party="p1", role=PersonRole.SUPPORTER)
    assert (await file.records.admit(nobody)).person == ""


async def test_the_address_of_another_party_is_not_taken_for_a_supporter(file: File) -> None:
    case_id = await file.open()
    command = RecordVisit(id="visit-1", case_id=case_id, actor=CORA, at=NOW, party="p1", held=True)
    await file.store(command, VisitTexts(supporter_name="Sam Again", supporter_email="Sam@Oakfield.example"))
    admission = Admission(case_id=case_id, command="visit-1", party="p1", role=PersonRole.SUPPORTER)
    assert await file.records.admit(admission) == Admitted(refusal=Refusal.ADDRESS_TAKEN)
    assert [person.key for person in (await file.cases.load(case_id)).party("p1").people] == ["p1.1"]


async def test_a_new_contact_may_be_reached_by_post(file: File) -> None:
    case_id = await file.open()
    command = DecideOnSilence(id="d", case_id=case_id, actor=CORA, at=NOW, ask="consent/p2", decision="replace_contact")
    texts = NewContactTexts(name="Kim", channel=Channel.POST, address="1 School Lane", postcode="EX1 2AB")
    assert command.has_its_words(texts)
    assert not command.has_its_words(texts.model_copy(update={"address": ""}))
    await file.store(command, texts)
    admission = Admission(case_id=case_id, command="d", party="p2", role=PersonRole.LEAD)
    assert await file.records.admit(admission) == Admitted(person="p2.2", channel=Channel.POST)
    assert (await file.cases.load(case_id)).party("p2").lead.details.postal == ["1 School Lane", "EX1 2AB"]


async def test_a_new_contact_takes_over_and_the_old_links_end(file: File) -> None:
    case_id = await file.open()
    async with file.database.write() as session:
        token = await file.links.token_for(session, case_id, "p2.1", "consent/p2", NOW)
    assert await file.links.find(token)
    command = DecideOnSilence(id="d", case_id=case_id, actor=CORA, at=NOW, ask="consent/p2", decision="replace_contact")
    await file.store(command, NewContactTexts(name="Kim", email="kim@oakfield.example", phone="01632 960000"))
    admission = Admission(case_id=case_id, command="d", party="p2", role=PersonRole.LEAD)
    assert (await file.records.admit(admission)).person == "p2.2"
    assert await file.links.find(token) is None
    assert (await file.cases.load(case_id)).party("p2").lead.details.name == "Kim"


async def test_a_misspelt_name_is_corrected_and_the_case_found_by_it(file: File) -> None:
    case_id = await file.open()
    finding, reason = Finding(file.database, file.cases.vault), "The parent spells it so."
    command = CorrectDetails(id="fix", case_id=case_id, actor=CORA, at=NOW, what="child")
    texts = DetailsTexts(child_name="Zacharias Vogel", born=date(2017, 4, 12), reason=reason)
    assert command.has_its_words(texts)
    await file.store(command, texts)
    order = WordsToCorrect(case_id=case_id, command="fix", what="child")
    for _ in range(2):  # its completion was lost: it is done again
        assert not (await file.records.correct_details(order)).refusal
    case = await file.cases.load(case_id)
    assert (case.child.name, case.child.born, case.about) == (
        "Zacharias Vogel", date(2017, 4, 12), "Speech and language therapy",
    )  # fmt: skip
    assert case.texts["fix"]["was"] == "Zebedee Quill", "what stood there stays readable"
    assert [found.line.reference for found in await finding.search(sought("Zacharias Vogel"))] == ["SM-2026-00001"]
    assert await finding.search(sought("Zebedee Quill")) == []
    assert [found.line.reference for found in await finding.search(sought("Oakfield School"))] == ["SM-2026-00001"]
    again = command.model_copy(update={"id": "again"})
    await file.store(again, texts)
    assert (await file.records.correct_details(order.model_copy(update={"command": "again"}))).refusal == "as_before"


async def test_an_organisation_and_the_referral_are_corrected_each_alone(file: File) -> None:
    case_id = await file.open()
    for what, party, texts in (
        ("organisation", "p2", DetailsTexts(organisation="Oakwood School", reason="wrong school")),
        ("referral", None, DetailsTexts(about="Occupational therapy", reason="misheard")),
    ):
        fields = {"id": what, "case_id": case_id, "actor": CORA, "at": NOW, "what": what, "party": party}
        await file.store(CorrectDetails.model_validate(fields), texts)
        order = WordsToCorrect.model_validate({**fields, "command": what, "party": party or ""})
        assert not (await file.records.correct_details(order)).refusal
    case = await file.cases.load(case_id)
    assert (case.party("p2").name, case.about, case.child.name) == (
        "Oakwood School", "Occupational therapy", "Zebedee Quill",
    )  # fmt: skip
    assert (case.texts["organisation"]["was"], case.texts["referral"]["was"]) == (
        "Oakfield School", "Speech and language therapy",
    )  # fmt: skip


async def test_personal_text_is_sealed_in_the_file(file: File) -> None:
    await file.open()
    async with file.database.read() as session:
        connection = await session.connection()
        content = b""
        for table in SQLModel.metadata.sorted_tables:
            for row in await connection.execute(table.select()):
                content += b"\n".join(bytes(v) if isinstance(v, bytes) else str(v).encode() for v in row)
    assert b"SM-2026-00001" in content
    for text in (b"Zebedee", b"ann@family.example", b"Speech and language"):
        assert text not in content
