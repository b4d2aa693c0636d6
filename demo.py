"""Three cases played by simulated people on the real parts, with seconds for days (the policy "demo"). Families and
schools read their e-mail in the sink, open their links and post the forms; staff use the JSON door."""

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, ClassVar

import httpx
import lxml.html

from casefile.database import Database
from casefile.staff import StaffAccounts
from domain.commands import StaffRole
from domain.working_days import add_working_days, at_local, local_day
from settings import Settings

AT_MOST = 85.0  # seconds for all three cases
POLL = 0.3
TRIES = 8
LINK = re.compile(r"https?://\S+/l/[\w-]+")
Form = Any  # an lxml element; lxml brings no types


@dataclass
class Person:
    """Somebody with an e-mail address, who opens the link of each letter and answers the way they are."""

    name: str
    email: str
    silent: bool = False
    leaves_when_invited: bool = False  # withdraws as soon as the joint meeting is booked

    async def live(self, mailbox: Path, public_url: str, say: Callable[[str], None]) -> None:
        seen: set[Path] = set()
        while True:
            for path in sorted(set(mailbox.glob("*.eml")) - seen):
                seen.add(path)
                message = message_from_bytes(path.read_bytes(), policy=default)
                if message["X-Envelope-To"] == self.email and not self.silent:
                    await self.read(message, public_url, say)
            await asyncio.sleep(POLL)

    async def read(self, message: EmailMessage, public_url: str, say: Callable[[str], None]) -> None:
        body = message.get_body(("plain",))
        for link in LINK.findall(body.get_content() if body else ""):
            async with httpx.AsyncClient(base_url=public_url, follow_redirects=True, timeout=20) as browser:
                page = await browser.get(link)
                if form_of(page) is not None:  # it still asks: a reminder is answered as the first letter is
                    say(f"{self.name}: {await self.answer(browser, link)}")
                elif self.leaves_when_invited and "joint meeting is booked" in message["Subject"].lower():
                    self.silent = True
                    page = await browser.get(f"{page.url}/withdraw")
                    form = form_of(page)
                    if form is not None:
                        await post(browser, page, form)
                        say(f"{self.name}: leaves the mediation")

    async def answer(self, browser: httpx.AsyncClient, link: str) -> str:
        """Says yes, ticks everything that suits, and takes the first date that is still free. What was refused, because
        other dates are on offer by now, say, is read anew and tried again."""
        result = page = await browser.get(link)
        for _ in range(TRIES):
            form = form_of(page)
            if form is None:  # it was answered after all
                return heading(page)
            for chosen in self.choices(form):
                result = await post(browser, page, form, chosen)
                if result.status_code < 400:
                    return heading(result)
            await asyncio.sleep(1)
            page = await browser.get(link)
        raise RuntimeError(f"{self.name} could not answer {page.url}: {heading(result)}")

    def choices(self, form: Form) -> list[dict[str, list[str]]]:
        """The ways in which this person would fill in a form, the best first."""
        offered: dict[str, list[str]] = {}
        for choice in form.xpath(".//input[@type='radio' or @type='checkbox']"):
            offered.setdefault(choice.get("name"), []).append(choice.get("value"))
        typed = {line.get("name"): [self.name] for line in form.xpath(".//input[@type='text']")}  # a signature
        half_days = [half_day for half_day in offered.get("half_days", []) if half_day != "none"]
        starts = [start for start in offered.get("start", ["the one answer"]) if start != "none"]
        answers = {"answer": ["yes"], "agree": ["yes"], "score": ["5"], "half_days": half_days}
        return [{**typed, **{name: answers.get(name, [start]) for name in offered}} for start in starts]


def form_of(page: httpx.Response) -> Form | None:
    """The form that a page asks for; None when it asks nothing."""
    forms: list[Form] = lxml.html.fromstring(page.text).xpath("//main//form[@method='post']")
    return forms[0] if forms else None


async def post(
    browser: httpx.AsyncClient, page: httpx.Response, form: Form, chosen: dict[str, list[str]] | None = None
) -> httpx.Response:
    hidden = {one.get("name"): one.get("value") or "" for one in form.xpath(".//input[@type='hidden']")}
    url = page.url.join(form.get("action") or str(page.url))
    return await browser.post(url, data={**hidden, **(chosen or {})})


def heading(page: httpx.Response) -> str:
    found = lxml.html.fromstring(page.text).xpath("//main//h1")
    return " ".join(found[0].text_content().split()) if found else f"status {page.status_code}"


class Desk:
    """A member of staff at the JSON door."""

    def __init__(self, public_url: str, token: str) -> None:
        self.http = httpx.AsyncClient(
            base_url=f"{public_url}/api", headers={"Authorization": f"Bearer {token}"}, timeout=20
        )

    async def get(self, path: str) -> Any:
        return (await self.http.get(path)).raise_for_status().json()

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = await self.http.post(path, json=body)
        if answer.status_code not in (200, 201, 202, 409):  # refused: it was done meanwhile, the next look will tell
            raise RuntimeError(f"{path}: {answer.text}")
        return answer.json()


@dataclass
class Story:
    """A case that is played, and how it is to end."""

    title: str
    expected: str
    child: str
    people: list[Person]  # the parent, the school's contact, the local authority's contact
    about: str

    def referral(self) -> dict[str, Any]:
        parent, school, officer = ({"name": person.name, "email": person.email} for person in self.people)
        return {
            "child": {"name": self.child},
            "about": self.about,
            "policy": "demo",
            "parties": [
                {"role": "parent", "people": [parent]},
                {"role": "school", "organisation": "Oakfield School", "people": [school]},
                {"role": "local_authority", "organisation": "Westshire Council", "people": [officer]},
            ],
        }


def stories(run: str) -> list[Story]:
    """Addresses are new in each run, so that nobody reads the mail of an earlier one."""

    def people(case: str, *names: str) -> list[Person]:
        return [Person(name, f"{name.split()[0].lower()}.{case}.{run}@people.example") for name in names]

    agreeing = people("agreeing", "Amira Khan", "Tom Hale", "Grace Obi")
    silent = people("silent", "Ben Carter", "Una Price", "Iris Bell")
    leaving = people("leaving", "Lena Novak", "Raj Patel", "Joe Lunt")
    silent[1].silent = True
    leaving[0].leaves_when_invited = True
    return [
        Story("A full agreement", "agreement_full", "Sami", agreeing, "The support in class that the plan names."),
        Story(
            "A school stays silent", "not_contactable", "Ella", silent, "Help with reading after the move of school."
        ),
        Story(
            "A parent leaves after the joint meeting was booked", "withdrawn", "Filip", leaving, "Transport to school."
        ),
    ]


class Office:
    """The staff of the demonstration: they do what their queue says, for the cases of this run."""

    def __init__(self, coordinator: Desk, mediator: Desk, mediator_id: str, venue: str) -> None:
        self.coordinator, self.mediator, self.mediator_id, self.venue = coordinator, mediator, mediator_id, venue
        self.day = add_working_days(local_day(datetime.now(UTC)), random.randint(10, 200), [])  # noqa: S311
        self.hour = 9

    def free_slot(self) -> dict[str, Any]:
        """The next free hour in the mediator's diary, far enough away to be free in each run."""
        slot = {"start": at_local(self.day, clock_time(self.hour)).isoformat(), "minutes": 60}
        self.hour += 1
        if self.hour > 16:
            self.day, self.hour = add_working_days(self.day, 1, []), 9
        return slot

    async def work(self, reference: str) -> dict[str, Any]:
        """Look at a case and do what waits for staff; give back the case as it was seen."""
        case: dict[str, Any] = await self.coordinator.get(f"/cases/{reference}")
        for task in case["tasks"]:
            act = self.acts.get(task["kind"])
            if act is not None and not task.get("closed"):
                await act(self, reference, case, task["key"])
        if any(waiting["ask"].startswith("acceptance/") for waiting in case["waiting_for"]):
            await self.do(self.mediator, reference, "answer_allocation", offer=1, accepts=True)
        return case

    async def do(self, desk: Desk, reference: str, kind: str, **fields: Any) -> None:
        await desk.post(f"/cases/{reference}/commands/{kind}", fields)

    async def explain(self, reference: str, case: dict[str, Any], key: str) -> None:
        await self.do(self.coordinator, reference, "record_explaining_call", outcome="go_on")

    async def choose_mediator(self, reference: str, case: dict[str, Any], key: str) -> None:
        await self.do(self.coordinator, reference, "offer_mediator", mediator=self.mediator_id)

    async def decide(self, reference: str, case: dict[str, Any], key: str) -> None:
        ask = key.partition("/")[2]
        await self.do(self.coordinator, reference, "decide_on_silence", ask=ask, decision="close")

    async def offer_dates(self, reference: str, case: dict[str, Any], key: str) -> None:
        slots = [self.free_slot(), self.free_slot()]
        fields = {"party": key.split("/")[1], "slots": slots, "online": True, "place": "A link follows by e-mail"}
        await self.do(self.mediator, reference, "offer_visit_dates", **fields)

    async def fix_meeting(self, reference: str, case: dict[str, Any], key: str) -> None:
        await self.do(self.coordinator, reference, "fix_joint_meeting", slot=self.free_slot(), venue=self.venue)

    async def write_agreement(self, reference: str, case: dict[str, Any], key: str) -> None:
        by = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
        await self.do(
            self.mediator,
            reference,
            "write_agreement",
            terms=[{"owner": "p2", "by": by}, {"owner": "p3", "by": by}],
            what=["A teaching assistant helps in maths each morning.", "The plan is amended to say so."],
            wishes="Sami wants to sit near his friends and to know what comes next.",
        )

    async def record_what_was_held(self, reference: str, case: dict[str, Any]) -> None:
        """In the demonstration nobody waits for the real day of a meeting."""
        for meeting in case["meetings"]:
            if meeting["status"] != "booked":
                continue
            if meeting["key"].startswith("visit/"):
                party = meeting["key"].split("/")[1]
                fields = {"party": party, "held": True, "confidentiality_explained": True}
                if party == "p1":
                    fields["childs_voice"] = "own_words"
                await self.do(self.mediator, reference, "record_visit", **fields)
            else:
                present = [person["key"] for person in case["participants"]]
                fields = {"present": present, "outcome": "full", "detail": "extra_support"}
                await self.do(self.mediator, reference, "record_joint_meeting", **fields)

    acts: ClassVar[dict[str, Callable[["Office", str, dict[str, Any], str], Awaitable[None]]]] = {
        "explaining_call": explain,
        "mediator_choice": choose_mediator,
        "decide": decide,
        "visit_dates": offer_dates,
        "joint_date": fix_meeting,
        "terms": write_agreement,
    }


async def open_office(settings: Settings, run: str) -> Office:
    """Accounts of this run's staff, a mediator of the panel and a venue that is nobody's."""
    database = Database(settings.database_url)
    accounts = StaffAccounts(database)
    now = datetime.now(UTC)
    roles = (StaffRole.COORDINATOR, StaffRole.MANAGER)
    coordinator_id, _ = await accounts.create("Cora Demo", f"cora.{run}@demo.example", roles, now)
    coordinator = Desk(settings.public_url, await accounts.new_token(coordinator_id, "demo", now))
    added = await coordinator.post(
        "/mediators",
        {
            "name": "Mia Demo",
            "email": f"mia.{run}@demo.example",
            "professional_body": "Civil Mediation Council",
            "registered_until": (now + timedelta(days=400)).date().isoformat(),
        },
    )
    mediator = Desk(settings.public_url, await accounts.new_token(added["id"], "demo", now))
    venue = await coordinator.post("/venues", {"name": "Town Library, room 2", "address": "1 High Street, Westbury"})
    await database.close()
    return Office(coordinator, mediator, added["id"], venue["id"])


async def play(settings: Settings) -> bool:
    """All three cases to their ends, with progress on the terminal. False: one did not end as it should."""
    begun = time.monotonic()
    run = f"{datetime.now(UTC):%H%M%S}"
    office = await open_office(settings, run)
    mailbox = settings.var_dir / "mail"
    played = stories(run)

    def say(line: str) -> None:
        print(f"  {time.monotonic() - begun:5.1f} s  {line}", flush=True)

    async def carry(story: Story) -> str:
        reference = (await office.coordinator.post("/cases", story.referral()))["reference"]
        say(f"{reference}  {story.title}: begun")
        stage, leaving = "", any(person.leaves_when_invited for person in story.people)
        while True:
            case = await office.work(reference)
            if case["stage"] != stage:
                stage = case["stage"]
                say(f"{reference}  {stage.replace('_', ' ')}")
            if case["closed"]:
                say(f"{reference}  closed: {case['closed']['reason']}")
                return str(case["closed"]["reason"])
            if not (leaving and stage == "joint_meeting"):
                await office.record_what_was_held(reference, case)
            await asyncio.sleep(POLL)

    async with asyncio.timeout(AT_MOST), asyncio.TaskGroup() as group:
        lives = [
            group.create_task(person.live(mailbox, settings.public_url, say))
            for story in played
            for person in story.people
        ]
        reasons = await asyncio.gather(*(carry(story) for story in played))
        for life in lives:
            life.cancel()
    print()
    for story, reason in zip(played, reasons, strict=True):
        print(f"  {'as told' if reason == story.expected else 'WRONG':8} {story.title}: {reason}")
    return reasons == [story.expected for story in played]
