"""A service on a fresh database, with staff, a panel, a case in the middle of its journey, and a browser."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from sqlmodel import select

from api.app import create_app
from api.services import Services
from casefile.commands import Outcome
from casefile.letters import place_of
from casefile.papers import PaperToKeep
from casefile.tables import Case, Document, LetterRow
from domain.commands import Actor, Command, Slot, StaffRole, Term
from domain.journey import Action, Agreement, Armed, Event, Fact, Journey, Meeting, MeetingStatus, OpenAsk, Task
from domain.papers import Paper, PaperText
from domain.parties import Party, PartyRole, Person, PersonRole
from domain.policy import Do, Policy
from domain.referral import Child, PartyDetails, PersonDetails, ReferralForm
from domain.scheduling import half_days_to_ask
from domain.stages import Stage
from letters.rendering import LINK, Rendered
from settings import Settings
from tests.api.fakes import Clock, FakeTemporal, file_journey, services_on

NOW = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)  # a Tuesday


class World:
    """The running service, and what tests look into."""

    def __init__(self, services: Services, clock: Clock, temporal: FakeTemporal) -> None:
        self.services, self.clock, self.temporal = services, clock, temporal

    @property
    def now(self) -> datetime:
        return self.clock.now

    @property
    def taken(self) -> list[Command]:
        """The commands that reached their cases."""
        return self.temporal.updates

    async def staff(self, name: str, *roles: StaffRole) -> tuple[str, str, str]:
        """id, e-mail address, password."""
        email = f"{name.split()[0].lower()}@service.example"
        staff_id, password = await self.services.staff.create(name, email, roles, self.now)
        return staff_id, email, password

    async def mediator(self, name: str, until: date = date(2028, 6, 30)) -> tuple[str, str, str]:
        email = f"{name.split()[0].lower()}@service.example"
        staff_id = await self.services.reading.add_mediator(
            name=name,
            email=email,
            professional_body="College of Mediators",
            registered_until=until,
            at=self.now,
        )
        return staff_id, email, await self.services.staff.new_password_for(staff_id, self.services.clock())

    async def rows(self) -> dict[str, list[Any]]:
        """Everything in every table."""
        from sqlmodel import SQLModel

        async with self.services.database.read() as session:
            connection = await session.connection()
            return {
                table.name: sorted(map(repr, (await connection.execute(table.select())).all()))
                for table in SQLModel.metadata.sorted_tables
            }

    async def case(self, coordinator: str, key: str = "refer-0123456789abcdef", **child: Any) -> tuple[str, str]:
        """A case that has just been referred: id, reference."""
        form = ReferralForm(
            child=Child(name=child.get("name", "Maya Whitfield"), born=date(2017, 4, 12)),
            about="The school and the authority want to end the one-to-one support that Maya's plan names.\n"
            "Her parents say that she cannot follow lessons without it.",
            parties=[
                PartyDetails(
                    role=PartyRole.PARENT,
                    people=[
                        PersonDetails(name="Ruth Whitfield", email="ruth@family.example", phone="07700 900101"),
                        PersonDetails(name="Sam Okoro", email="sam@friends.example", role=PersonRole.SUPPORTER),
                    ],
                ),
                PartyDetails(
                    role=PartyRole.SCHOOL,
                    organisation="Oakfield Primary School",
                    people=[PersonDetails(name="Helen Marsh", email="head@oakfield.example", phone="01632 960231")],
                ),
                PartyDetails(
                    role=PartyRole.LOCAL_AUTHORITY,
                    organisation="Westborough Council",
                    people=[PersonDetails(name="Imran Shah", email="sen@westborough.example")],
                ),
            ],
        )
        actor = Actor(kind="staff", id=coordinator, roles=[StaffRole.COORDINATOR])
        referred = await self.services.intake.refer(form, key, actor, coordinator)
        return referred.case_id, referred.reference

    async def file(self, case_id: str, journey: Journey, events: list[Event] | None = None) -> None:
        await file_journey(self.services, case_id, journey, events)

    async def rich_case(self, coordinator: str, mediator: str) -> tuple[str, str]:
        """Visits held or booked, availability half answered, letters, tasks, an agreement: something of everything."""
        case_id, reference = await self.case(coordinator)
        at = self.now
        half_days = half_days_to_ask(at, Policy())
        venue = await self.services.reading.add_venue(
            name="Quaker Meeting House",
            address="12 Mill Lane, Exampleton EX2 3AB",
            access="Step-free, hearing loop, a quiet room, two parking places by the door",
            rooms="One for twelve, and two small ones",
            cost=4550,
        )
        await self.services.reading.add_venue(
            name="Oakfield School Hall", address="Oak Road, Exampleton", owner="Oakfield Primary School"
        )
        journey = rich_journey(mediator, half_days, venue, at)
        events = [
            Event(number=1, at=at - timedelta(days=20), what="refer", by=coordinator),
            Event(number=2, at=at - timedelta(days=19), what="stage", about="explaining"),
            Event(
                number=3,
                at=at - timedelta(days=19),
                what="record_explaining_call",
                by=coordinator,
                detail={"outcome": "go_on"},
            ),
            Event(number=4, at=at - timedelta(days=19), what="stage", about="permission"),
            Event(number=5, at=at - timedelta(days=18), what="stage", about="consent"),
            Event(number=6, at=at - timedelta(days=14), what="answer_consent", about="p2", by="p2.1",
                  detail={"answer": "yes"}),
            Event(number=7, at=at - timedelta(days=12), what="stage", about="allocation"),
            Event(number=8, at=at - timedelta(days=11), what="stage", about="initial_visits"),
            Event(number=9, at=at - timedelta(days=4), what="record_visit", about="p1", by=mediator,
                  command="visit-0123456789abcdef", detail={"answer": "held"}),
            Event(number=10, at=at - timedelta(days=2), what="stage", about="joint_meeting"),
        ]  # fmt: skip
        await self.file(case_id, journey, events)
        await self._store_words(case_id, mediator)
        paper = PaperToKeep(
            key="paper1", command="paper1", text=PaperText(name="scan.pdf", title="Report of the therapist"),
            media_type="application/pdf", content=b"%PDF-1.7 private",
        )  # fmt: skip
        await self.services.papers.keep(case_id, [paper], at)
        async with self.services.database.write() as session:
            case = (await session.exec(select(Case).where(Case.id == case_id))).one()
            key = self.services.vault.case_key(case_id, case.wrapped_key)
            for n, (kind, about, to, state) in enumerate(
                [
                    ("referral_received", "", "p1.1", "sent"),
                    ("consent_ask", "consent/p2", "p2.1", "sent"),
                    ("consent_remind", "consent/p3", "p3.1", "bounced"),
                    ("availability_ask", "availability/p3/1", "p3.1", "queued"),
                ]
            ):
                row_id = f"letter{n}"
                written = Rendered(
                    subject="We have your referral",
                    text=f"Dear Ruth Whitfield,\n\nyour page: {LINK}\n\nSEN Mediation Service",
                )
                session.add(
                    LetterRow(
                        id=row_id, case_id=case_id, kind=kind, about=about, to=to, number=1, state=state,
                        queued=at - timedelta(days=19 - n),
                        settled=at - timedelta(days=19 - n) if state != "queued" else None,
                        sealed=key.seal(written, place_of(row_id)) if state != "queued" else None,
                        problem="550" if state == "bounced" else "",
                    )
                )  # fmt: skip
            place = f"document/{case_id}/agreement/1"
            session.add(
                Document(case_id=case_id, kind="agreement", version=1, sha256="0" * 64, made=at,
                         sealed=key.seal_bytes(b"%PDF-1.7 the agreement", place))
            )  # fmt: skip
        return case_id, reference

    async def _store_words(self, case_id: str, mediator: str) -> None:
        from domain.commands import AgreementTexts, RecordVisit, VisitTexts, WriteAgreement

        actor = Actor(kind="staff", id=mediator, roles=[StaffRole.MEDIATOR])
        visit = RecordVisit(
            id="visit-0123456789abcdef", case_id=case_id, actor=actor, at=self.now, party="p1", held=True,
            confidentiality_explained=True,
        )  # fmt: skip
        said = VisitTexts(note="Private: thinks of moving house.", may_share="Maya likes the new teacher.")
        agreement = WriteAgreement(
            id="agree-0123456789abcdef", case_id=case_id, actor=actor, at=self.now, terms=TERMS,
        )  # fmt: skip
        what = AgreementTexts(
            what=[
                "The school gives Maya 20 hours of one-to-one support a week until Easter.",
                "The authority sends an educational psychologist to see Maya in class.",
            ],
            wishes="Maya wants to sit beside Zoe, and to go to the choir.",
        )
        for command, texts in ((visit, said), (agreement, what)):
            await self.services.commands.store(command, texts)
            await self.services.commands.settle(command.id, Outcome(status="accepted"), self.now)


TERMS = [Term(owner="p2", by=date(2027, 3, 26)), Term(owner="p3", by=date(2027, 1, 29))]


def parties() -> list[Party]:
    return [
        Party(
            key="p1",
            role=PartyRole.PARENT,
            people=[Person(key="p1.1"), Person(key="p1.2", role=PersonRole.SUPPORTER)],
        ),
        Party(key="p2", role=PartyRole.SCHOOL, people=[Person(key="p2.1")]),
        Party(key="p3", role=PartyRole.LOCAL_AUTHORITY, people=[Person(key="p3.1")]),
    ]


def rich_journey(mediator: str, half_days: list[str], venue: str, at: datetime) -> Journey:
    soon = at + timedelta(days=2)
    return Journey(
        parties=parties(),
        stage=Stage.JOINT_MEETING,
        contacted=["p1", "p2", "p3"],
        mediator=mediator,
        asks=[
            OpenAsk(key="availability/p3/1", of="p3", asked=at, armed=Armed(at=soon, do=Do.REMIND, number=2)),
            OpenAsk(
                key="visit/p3/1",
                of="mediator",
                asked=at,
                due=at + timedelta(days=3),
                armed=Armed(at=soon, do=Do.TASK, number=1),
            ),
            OpenAsk(
                key="action/1",
                of="p2",
                asked=at,
                due=at + timedelta(days=90),
                armed=Armed(at=at + timedelta(days=85), do=Do.REMIND, number=1),
            ),
            OpenAsk(key="joint_date/1", of="coordinator", asked=at, armed=None),
        ],
        facts={"permission": Fact(answer="yes", at=at), "consent/p2": Fact(answer="yes", at=at)},
        tasks=[
            Task(key="joint_date/1", kind="joint_date", about="joint_date/1", role=StaffRole.COORDINATOR, opened=at,
                 due=at + timedelta(days=2)),
            Task(key="phone/availability/p3/1/1", kind="phone", about="availability/p3/1", role=StaffRole.COORDINATOR,
                 opened=at - timedelta(days=1), due=at - timedelta(hours=3)),
            Task(key="decide/availability/p3/1", kind="decide", about="availability/p3/1", role=StaffRole.MANAGER,
                 opened=at),
        ],
        ticked=[Task(key="phone/visit_choice/p3/1/1", kind="phone", about="visit_choice/p3/1",
                     role=StaffRole.COORDINATOR, opened=at - timedelta(days=6))],
        meetings=[
            Meeting(key="visit/p1/1", party="p1", status=MeetingStatus.HELD, invited=["p1.1"], present=["p1.1"],
                    slot=Slot(start=at - timedelta(days=4), minutes=90), offer_command="visit-place"),
            Meeting(key="visit/p3/1", party="p3", status=MeetingStatus.BOOKED, invited=["p3.1"], online=True,
                    slot=Slot(start=at + timedelta(days=3), minutes=60)),
            Meeting(key="visit/p2/1", party="p2", status=MeetingStatus.OFFERED,
                    offered=[Slot(start=at + timedelta(days=n), minutes=90) for n in (6, 7)]),
            Meeting(key="joint_meeting/1", status=MeetingStatus.OFFERED, half_days=half_days,
                    availability={"p1": half_days[:9], "p2": half_days[3:14]}, present=["p1.1", "p2.1"]),
        ],
        papers=[Paper(key="paper1", of="p1.1", given=at, check="not_scanned")],
        agreement=Agreement(version=1, command="agree-0123456789abcdef", terms=TERMS, meeting="joint_meeting/1",
                            written=at - timedelta(hours=2), status="comments",
                            comments={"p1": "agrees", "p2": "wants_changes"}),
        actions=[Action(number=1, owner="p2", by=date(2027, 3, 26)),
                 Action(number=2, owner="p3", by=date(2027, 1, 29), state="done")],
    )  # fmt: skip


class Browser:
    """Follows links and posts forms as a browser does, with the CSRF token of the page it is on."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.page = ""

    async def get(self, path: str) -> httpx.Response:
        answer = await self.client.get(path, follow_redirects=True)
        self.page = answer.text
        return answer

    async def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        filled = {name: hidden(self.page, name) for name in ("csrf", "key", "version") if hidden(self.page, name)}
        answer = await self.client.post(path, data={**filled, **(data or {})}, **more)
        if answer.status_code != 303:
            self.page = answer.text
        return answer

    async def sign_in(self, email: str, password: str) -> httpx.Response:
        await self.get("/sign-in")
        return await self.post("/sign-in", {"email": email, "password": password})


def hidden(page: str, name: str) -> str:
    """The value of a hidden field. The forms of a page share their CSRF token."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)">', page)
    return found.group(1) if found else ""


def form_of(page: str, action: str) -> dict[str, list[str]]:
    """What a browser would post of the form with this address."""
    form = page.partition(f'action="{action}"')[2].partition("</form>")[0]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        attributes = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
        if attributes["type"] in ("radio", "checkbox") and " checked" not in tag:
            continue
        found.setdefault(attributes["name"], []).append(unescape(attributes.get("value", "")))
    for name, text in re.findall(r'<textarea[^>]* name="([^"]*)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL):
        found[name] = [unescape(text)]
    for name, options in re.findall(r'<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        values = re.findall(r'<option value="([^"]*)"([^>]*)>', options)
        found[name] = [next((value for value, chosen in values if chosen.strip()), values[0][0])]
    return found


def text_of(page: str) -> str:
    """What a page says, without its markup."""
    plain = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]))).strip()
    return plain.replace(" ,", ",")


@dataclass
class Office:
    """Everybody at their browsers, and a rich case."""

    world: World
    jo: Browser  # coordinator
    max: Browser  # manager
    meg: Browser  # mediator of the case
    jo_id: str
    meg_id: str
    case_id: str
    reference: str
    browser: Callable[[], Browser]


def _app_of(settings: Settings) -> FastAPI:
    """Of all tests that set it up alike, one after the other: to find its way among its routes for the first time takes
    an app longer than most tests do. Its state begins anew with each of its lives."""
    key = settings.model_copy(update={"var_dir": Path(), "database_url": ""}).model_dump_json()
    if key not in _apps:
        _apps[key] = create_app(settings, lambda _: _apps[key].state.opens())
    return _apps[key]


_apps: dict[str, FastAPI] = {}


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[tuple[World, Callable[[], Browser]]]:
    """The app as it runs, before a Temporal that only pretends."""
    clock, temporal = Clock(NOW), FakeTemporal()
    app = _app_of(settings)
    app.state.opens = partial(services_on, settings, clock, temporal)
    async with app.router.lifespan_context(app):

        def browser() -> Browser:
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            return Browser(httpx.AsyncClient(transport=transport, base_url=settings.public_url))

        yield World(app.state.services, clock, temporal), browser


OF_THE_CASE = (
    "Maya", "Whitfield", "Ruth", "07700 900101", "Okoro", "Oakfield", "Helen", "head@oakfield", "Westborough", "Imran",
    "one-to-one", "therapist", "moving house", "choir",
)  # fmt: skip
"""Words of the office's case that are nobody else's."""

VALID: dict[str, tuple[str, dict[str, Any]]] = {
    "record_explaining_call": ("", {"outcome": "go_on", "permission": "given", "note": "kind"}),
    "record_permission": ("", {"given": "yes", "how": "phone"}),
    "answer_consent": ("p2", {"yes": "no", "how": "letter"}),
    "decide_on_silence": ("availability/p3/1", {"decision": "replace_contact", "name": "A", "email": "a@b.example"}),
    "offer_visit_dates": (
        "p2",
        {"date1": "2026-12-14", "time1": "10:00", "date3": "15/12/2026", "time3": "14.30", "minutes": "60",
         "online": "no", "place": "Oak Road"},
    ),
    "choose_visit_date": ("p2", {"start": "none", "how": "phone"}),
    "record_visit": ("p3", {"held": "yes", "confidentiality_explained": "yes", "note": "n", "supporter_name": "S",
                             "supporter_email": "s@b.example"}),
    "sign_agreement_to_mediate": ("p3", {"signed": "yes", "how": "letter", "said_by": "Imran Shah"}),
    "take_back_signature": ("p2", {"reason": "the wrong party"}),
    "record_childs_voice": ("p1", {"childs_voice": "somebody", "voice": "Her aunt", "how": "phone"}),
    "give_availability": ("p3", {"half_days": ["2026-12-09/am", "2026-12-10/pm"], "how": "phone"}),
    "fix_joint_meeting": (
        "",
        {"date": "2026-12-15", "time": "10:00", "minutes": "120", "venue": "online", "place": "https://meet.example"},
    ),
    "record_joint_meeting": ("", {"present": ["p1.1", "p1.2"], "outcome": "full", "detail": "amend_plan"}),
    "write_agreement": (
        "",
        {"what1": "Support", "owner1": "p2", "by1": "2027-02-01", "what4": "Visit", "owner4": "p3",
         "by4": "2027-03-01", "wishes": "Choir", "comments_wanted": "yes"},
    ),
    "comment_on_agreement": ("p3", {"agrees": "no", "how": "email", "note": "Change it"}),
    "issue_agreement": ("", {}),
    "record_action": ("1", {"done": "yes", "how": "phone"}),
    "give_feedback": ("p1", {"score": "4"}),
    "move_meeting": (
        "visit/p3/1",
        {"date": "2026-12-17", "time": "10:00", "minutes": "120", "where": "online", "place": "https://meet.example",
         "reason": "the hall is closed"},
    ),
    "cancel_meeting": ("visit/p3/1", {"reason": "illness"}),
    "replace_mediator": ("", {"why": "objection", "reason": "they have met before"}),
    "replace_contact": ("p2", {"name": "A", "email": "a@b.example", "reason": "has left"}),
    "add_supporter": ("p1", {"name": "S", "channel": "text", "phone": "07700 900123"}),
    "ask_for_call": ("p1", {"times": ["morning"], "note": "about the date"}),
    "say_when_to_ring": ("p1", {"times": ["morning", "afternoon"]}),
    "say_how_they_read": ("p1", {"reads": "pl", "interpreter": "yes"}),
    "add_party": (
        "",
        {"role": "parent", "name": "A", "channel": "post", "address": "9 Far Lane", "permitted": "yes", "reason": "R"},
    ),
    "remove_party": ("p3", {"reason": "another council"}),
    "remove_person": ("p1.2", {"reason": "has moved away"}),
    "correct_details": ("child", {"child_name": "Maja Whitfield", "born": "12/4/2017", "reason": "misspelt"}),
    "correct_record": ("consent/p2", {"answer": "no", "seen": "0", "reason": "misheard"}),
    "amend_agreement": (
        "",
        {"what1": "Support", "owner1": "p2", "by1": "2027-04-01", "what2": "Visit", "owner2": "p3", "by2": "2027-03-01",
         "dropped2": "yes", "outcome": "partial", "reason": "A date was wrong."},
    ),
    "undo": ("", {"note": "the wrong case"}),
    "add_paper": ("p1", {"title": "Report", "how": "letter"}),  # its file: tests/api/test_papers.py
    "release_paper": ("paper1", {"how": "phone", "said_by": "Ruth"}),
    "take_back_paper": ("paper1", {"how": "phone", "reason": "another child's"}),
    "withdraw": ("p1", {"how": "phone"}),
    "pause": ("", {"note": "bereavement"}),
    "resume": ("", {}),
    "hold": ("", {"note": "restricted"}),
    "release": ("", {}),
    "close_case": ("", {"reason": "conceded"}),
    "tick_task": ("phone/availability/p3/1/1", {"outcome": "voicemail"}),
    "bring_back_task": ("phone/visit_choice/p3/1/1", {"reason": "another school"}),
    "change_policy": ("", {"policy": "demo", "reason": "to show it"}),
    "report_returned_letter": ("consent_ask/p2.1/1:consent:p2", {"note": "gone away"}),
    "write_message": ("", {"to": ["p1.1", "p3.1"], "message": "The side door", "action": "send"}),
    "add_line": ("", {"kind_of_letter": "visit_booked", "to": "p1.1", "message": "Dear both", "action": "send"}),
    "resend_letter": ("consent_ask/p2.1/1:consent:p2", {"reason": "deleted", "action": "send"}),
    "take_case": ("", {}),
    "reopen_case": ("", {"reason": "they want to go on"}),
    "link_cases": ("SM-2026-00007", {"other": "SM-2026-00007", "link": "same_child", "reason": "the same girl"}),
    "unlink_cases": ("SM-2026-00007", {"other": "SM-2026-00007", "reason": "her cousin"}),
    "tell_apart": ("SM-2026-00007", {"other": "SM-2026-00007", "reason": "her brother"}),
}  # fmt: skip
"""Of each act that has a form: what it is about in the office's case, and how the form may be filled in."""

REFERRAL = {
    "p1_role": "parent", "p1_1_name": "Ruth Whitfield", "p1_1_email": "ruth@family.example",
    "p1_2_name": "Sam Okoro", "p1_2_email": "", "p1_2_role": "supporter",
    "child": "Noah Bright", "born": "2016-03-02", "about": "The school <does> not give support.",
    "p2_role": "school", "p2_organisation": "Oakfield School", "p2_1_name": "Helen Marsh",
    "p2_1_email": "head@oakfield.example", "blocks": "3", "policy": "standard",
}  # fmt: skip
"""A form for a new case, filled in."""
