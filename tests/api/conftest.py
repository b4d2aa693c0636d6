"""What the doors' tests share: a case file, accounts with tokens, and a case in full swing."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from api.services import Services
from casefile.tables import ApiToken, Case, CommandOutcome, Document, Mediator, Staff, Venue
from domain.commands import (
    Actor,
    AgreementTexts,
    Command,
    OfferVisitDates,
    PlaceTexts,
    RecordVisit,
    Slot,
    StaffRole,
    Term,
    Texts,
    VisitTexts,
    WriteAgreement,
)
from domain.journey import (
    Action,
    Agreement,
    Armed,
    CaseStart,
    Event,
    Fact,
    Journey,
    Meeting,
    MeetingStatus,
    OpenAsk,
    Task,
)
from domain.policy import Do, standard
from domain.referral import ReferralForm
from domain.stages import Stage
from settings import Settings
from tests.api.fakes import QUICK_HASHER, Clock, FakeTemporal, file_journey, services_on, settings_for
from tests.api.party_world import Browser, browser_of, party_app
from tests.api.staff_world import Office, running
from tests.conftest import CaseFiles
from tests.sample_case import opened

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)  # a Tuesday
PASSWORD = "correct-horse-battery"
CHILD = "Sam Unmistakable"


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return settings_for(tmp_path, database_url=database_url)


@pytest.fixture(scope="session")
def password_hash() -> str:
    return QUICK_HASHER.hash(PASSWORD)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def temporal() -> FakeTemporal:
    return FakeTemporal()


@pytest.fixture
async def services(settings: Settings, clock: Clock, temporal: FakeTemporal) -> AsyncIterator[Services]:
    """The real case file behind a Temporal that only pretends."""
    async with services_on(settings, clock, temporal) as services:
        yield services


@dataclass
class Account:
    """A member of staff who can sign in (PASSWORD) and has a token for the JSON door."""

    id: str
    email: str
    token: str
    actor: Actor

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture
async def staff(services: Services, password_hash: str) -> dict[str, Account]:
    """One account for each role, another mediator, and "jack", who is coordinator and operations. Both mediators are of
    the panel; there is a venue, "library"."""
    roles = {role.value: [role] for role in StaffRole} | {
        "other_mediator": [StaffRole.MEDIATOR],
        "jack": [StaffRole.COORDINATOR, StaffRole.OPERATIONS],
    }
    async with services.database.write() as session:
        for name, its in roles.items():
            session.add(
                Staff(
                    id=name.replace("_", ""),
                    name=f"{name.replace('_', ' ').title()} Person",
                    email=f"{name}@service.example",
                    password_hash=password_hash,
                    roles=[role.value for role in its],
                    created=NOW,
                )
            )
        await session.flush()
        for name in roles:
            hashed = hashlib.sha256(f"token-{name}".encode()).hexdigest()
            session.add(ApiToken(token_hash=hashed, staff_id=name.replace("_", ""), name="tests", created=NOW))
        for name in ("mediator", "othermediator"):
            session.add(Mediator(staff_id=name, professional_body="CMC", registered_until=date(2028, 1, 31)))
        session.add(Venue(id="library", name="Exampleton Library", address="2 Market Street, Exampleton"))
    return {
        name: Account(
            id=name.replace("_", ""),
            email=f"{name}@service.example",
            token=f"token-{name}",
            actor=Actor(kind="staff", id=name.replace("_", ""), roles=its),
        )
        for name, its in roles.items()
    }


def referral() -> ReferralForm:
    return ReferralForm.model_validate(
        {
            "child": {"name": CHILD, "born": "2016-05-04"},
            "about": "The support in the plan.",
            "parties": [
                {"role": "parent", "people": [{"name": "Alex Parent", "email": "alex@family.example"}]},
                {
                    "role": "school",
                    "organisation": "Oakfield School",
                    "people": [
                        {"name": "Chris Head", "email": "head@oakfield.example", "phone": "01632 960002"},
                        {"name": "Fay Friend", "email": "fay@friends.example", "role": "supporter"},
                    ],
                },
                {
                    "role": "local_authority",
                    "organisation": "Exampleshire County Council",
                    "people": [{"name": "Robin Officer", "email": "sen@exampleshire.example"}],
                },
            ],
        }
    )


@dataclass
class FilledCase:
    """A case in the case file, and the links of its people."""

    id: str
    reference: str
    services: Services

    async def journey(self) -> Journey:
        found = (await self.services.cases.load(self.id)).journey
        assert found
        return found

    async def file(self, journey: Journey, events: list[Event] | None = None) -> None:
        await file_journey(self.services, self.id, journey, events)

    async def token(self, person: str, purpose: str) -> str:
        """The token of a personal link, as a letter would carry it."""
        async with self.services.database.write() as session:
            return await self.services.links.token_for(session, self.id, person, purpose, NOW)


@pytest.fixture
async def filled(services: Services, staff: dict[str, Account], temporal: FakeTemporal) -> FilledCase:
    return await everything_asked(services, staff["coordinator"].actor, staff["mediator"].actor, "library", temporal)


async def everything_asked(
    services: Services, coordinator: Actor, mediator: Actor, venue: str, temporal: FakeTemporal
) -> FilledCase:
    """A case in which everything is asked at once, as no real one would: a question of each kind is open."""
    start = await opened(
        services.cases, referral(), "refer-filled", coordinator, coordinator.id, standard([]), NOW - timedelta(days=9)
    )
    temporal.started.append(start)
    case = FilledCase(start.case_id, start.reference, services)
    by: dict[str, Any] = {"case_id": case.id, "actor": mediator, "at": NOW}
    slots = [Slot(start=NOW + timedelta(days=days), minutes=90) for days in (7, 8)]
    written: dict[str, tuple[Command, Texts]] = {
        "offer": (OfferVisitDates(id="offer", party="p1", slots=slots, **by), PlaceTexts(place="At your home")),
        "visit": (
            RecordVisit(id="visit", party="p2", held=True, confidentiality_explained=True, **by),
            VisitTexts(may_share="They want peace.", note="PRIVATE-TO-THE-MEDIATOR"),
        ),
        "terms": (
            WriteAgreement(id="terms", terms=[Term(owner="p2", by=date(2027, 1, 29))], comments_wanted=True, **by),
            AgreementTexts(what=["A quiet room at lunch time."], wishes="To eat with a friend."),
        ),
    }
    for command, texts in written.values():
        await services.commands.store(command, texts)
    async with services.database.write() as session:
        for command_id in ("refer-filled", *written):
            session.add(CommandOutcome(command_id=command_id, status="accepted", at=NOW))
        row = await session.get_one(Case, case.id)
        pdf = services.vault.case_key(case.id, row.wrapped_key).seal_bytes(
            b"%PDF-1.7 agreement", f"document/{case.id}/agreement/1"
        )
        session.add(Document(case_id=case.id, kind="agreement", version=1, sha256="0" * 64, made=NOW, sealed=pdf))
    tomorrow = NOW + timedelta(days=1)

    def ask(key: str, of: str, do: Do = Do.REMIND, number: int = 1) -> OpenAsk:
        return OpenAsk(key=key, of=of, asked=NOW, armed=Armed(at=tomorrow, do=do, number=number))

    journey = Journey(
        parties=start.parties,
        stage=Stage.JOINT_MEETING,
        contacted=["p1", "p2", "p3"],
        mediator=mediator.id,
        offer=1,
        asks=[
            ask("permission", "p1"),
            ask("consent/p2", "p2", number=2),
            ask("consent/p3", "p3", Do.MANAGER_DECIDES),
            ask("visit_choice/p1/1", "p1"),
            ask("sign/p2", "p2"),
            ask("availability/p1/1", "p1"),
            ask("joint_date/1", "coordinator"),
            ask("comments/p1/1", "p1"),
            ask("action/1", "p2"),
            ask("feedback/p1", "p1"),
        ],
        signs=True,
        to_sign=["p2"],
        facts={"explaining_call": Fact(answer="go_on", at=NOW)},
        tasks=[
            Task(key="joint_date/1", kind="joint_date", about="joint_date/1", role=StaffRole.COORDINATOR, opened=NOW),
            Task(key="decide/consent/p3", kind="decide", about="consent/p3", role=StaffRole.MANAGER, opened=NOW),
            Task(key="phone/consent/p2/1", kind="phone", about="consent/p2", role=StaffRole.COORDINATOR, opened=NOW),
            Task(key="terms/1", kind="terms", about="terms/1", role=StaffRole.MEDIATOR, opened=NOW, due=tomorrow),
        ],
        meetings=[
            Meeting(key="visit/p1/1", party="p1", offered=slots, offer_command="offer"),
            Meeting(
                key="visit/p2/1",
                party="p2",
                status=MeetingStatus.BOOKED,
                slot=slots[1],
                venue=venue,
                invited=["p2.1", "p2.2"],
            ),
            Meeting(key="joint_meeting/1", half_days=["2026-12-14/am", "2026-12-14/pm", "2026-12-15/am"]),
        ],
        agreement=Agreement(
            version=1,
            command="terms",
            terms=[Term(owner="p2", by=date(2027, 1, 29))],
            meeting="joint_meeting/1",
            written=NOW,
            status="comments",
        ),
        actions=[Action(number=1, owner="p2", by=date(2027, 1, 29))],
    )
    await case.file(
        journey,
        [
            Event(number=1, at=NOW - timedelta(days=9), what="refer", by=coordinator.id, command="refer-filled"),
            Event(number=2, at=NOW - timedelta(days=8), what="stage", about="consent"),
            Event(number=3, at=NOW, what="record_visit", about="p2", by=mediator.id, command="visit"),
            Event(number=4, at=NOW, what="write_agreement", by=mediator.id, command="terms"),
        ],
    )
    return case


@pytest.fixture
async def browser(services: Services, filled: FilledCase) -> AsyncIterator[Browser]:
    """Somebody at the pages of the parties."""
    async with browser_of(party_app(services), filled) as browser:
        yield browser


@pytest.fixture
async def stranger(services: Services, filled: FilledCase) -> AsyncIterator[Browser]:
    """Somebody else there."""
    async with browser_of(party_app(services), filled) as browser:
        yield browser


@dataclass
class OfficeAsItWas:
    """An office when everybody had signed in: copied for each test, which is quicker than to set it up anew."""

    database_url: str
    started: list[CaseStart]
    cookies: list[dict[str, str]]
    ids: tuple[str, str, str, str]


@pytest.fixture(scope="session")
def offices(case_files: CaseFiles, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], OfficeAsItWas]:
    """By the kind of database."""

    async def set_up(folder: Path, url: str) -> OfficeAsItWas:
        async with running(settings_for(folder, database_url=url)) as (world, browser):
            jo_id, *jo = await world.staff("Jo Coordinator", StaffRole.COORDINATOR)
            _, *boss = await world.staff("Max Manager", StaffRole.MANAGER)
            meg_id, *meg = await world.mediator("Meg Mediator")
            ids = jo_id, meg_id, *await world.rich_case(jo_id, meg_id)
            cookies = []
            for email, password in (jo, boss, meg):
                at = browser()
                await at.sign_in(email, password)
                cookies.append(dict(at.client.cookies))
        return OfficeAsItWas(url, world.temporal.started, cookies, ids)

    @cache
    def of(kind: str) -> OfficeAsItWas:
        folder = tmp_path_factory.mktemp("office")
        return asyncio.run(set_up(folder, case_files.until_the_end.enter_context(case_files.copy(kind, folder))))

    return of


@pytest.fixture
def office_as_it_was(offices: Callable[[str], OfficeAsItWas], database_kind: str) -> OfficeAsItWas:
    return offices(database_kind)


@pytest.fixture
def office_settings(
    case_files: CaseFiles, office_as_it_was: OfficeAsItWas, database_kind: str, tmp_path: Path
) -> Iterator[Settings]:
    with case_files.copy(database_kind, tmp_path, office_as_it_was.database_url) as url:
        yield settings_for(tmp_path, database_url=url)


@pytest.fixture
async def office(office_settings: Settings, office_as_it_was: OfficeAsItWas) -> AsyncIterator[Office]:
    async with running(office_settings) as (world, browser):
        world.temporal.started += [start.model_copy(deep=True) for start in office_as_it_was.started]
        jo, boss, meg = browser(), browser(), browser()
        for one, cookies in zip((jo, boss, meg), office_as_it_was.cookies, strict=True):
            one.client.cookies.update(cookies)
        yield Office(world, jo, boss, meg, *office_as_it_was.ids, browser)
