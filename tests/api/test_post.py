"""People who are written to by post: the referral that says so, the print queue, and the code that they type."""

import io
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from pypdf import PdfReader

from casefile.cases import CaseFilter
from casefile.letters import letter_id, place_of
from casefile.tables import Case, LetterRow
from domain import titles
from domain.commands import StaffRole, TickTask
from domain.journey import Journey, Letter, Task
from domain.parties import Channel
from letters.rendering import LINK, Rendered
from settings import Settings
from tests.api.staff_world import Browser, World, running, text_of

FORM = {
    "action": "check",
    "blocks": "2",
    "p1_role": "parent",
    "p1_1_name": "Rosa Field",
    "p1_1_channel": "phone",
    "p1_1_phone": "01632 960555",
    "p1_1_language": "Polish, interpreter",
    "child": "Nina Field",
    "about": "Support in class.",
    "p2_role": "school",
    "p2_organisation": "Oakfield School",
    "p2_1_name": "Sam Head",
    "p2_1_channel": "post",
    "p2_1_address": "1 School Lane\nExampleton\nEX1 2AB",
}
CONSENT = Letter(kind="consent_ask", about="consent/p2", to="p2.1", while_asked="consent/p2")


@dataclass
class Office:
    world: World
    jo: Browser

    async def referred(self) -> str:
        """The id of a case whose school is written to by post, referred on the page."""
        await self.jo.get("/cases/new")
        await self.jo.post("/cases/new", FORM)
        await self.jo.post("/cases/new", {**FORM, "action": "create"})
        lines, _ = await self.world.services.cases.list(CaseFilter())
        return lines[0].id

    async def consent_is_asked(self) -> str:
        """A letter in the print queue: its row's id."""
        services, case_id = self.world.services, await self.referred()
        start = await services.cases.start_of(case_id)
        task = Task(key=f"post/{CONSENT.key}", kind="letter_by_post", about="", role=StaffRole.COORDINATOR,
                    opened=self.world.now)  # fmt: skip
        await self.world.file(case_id, Journey(parties=start.parties, contacted=["p1", "p2"], tasks=[task]))
        row_id = letter_id(case_id, CONSENT)
        async with services.database.write() as session:
            case = await session.get_one(Case, case_id)
            key = services.vault.case_key(case_id, case.wrapped_key)
            words = Rendered(subject="Would you take part?", text=f"Dear Sam Head,\n\nYour page:\n\n{LINK}\n\nJo")
            session.add(
                LetterRow(
                    id=row_id,
                    case_id=case_id,
                    state="by_hand",
                    channel=Channel.POST,
                    queued=self.world.now,
                    sealed=key.seal(words, place_of(row_id)),
                    **CONSENT.model_dump(),
                )
            )
        return row_id


@pytest.fixture
async def office(settings: Settings) -> AsyncIterator[Office]:
    async with running(settings) as (world, browser):
        _, *jo = await world.staff("Jo Coordinator", StaffRole.COORDINATOR)
        there = browser()
        await there.sign_in(*jo)
        yield Office(world, there)


async def test_a_referral_says_how_each_is_reached(office: Office) -> None:
    case = await office.world.services.cases.load(await office.referred())
    rosa, sam = (party.lead.details for party in case.parties)
    assert (rosa.channel, rosa.phone, rosa.needs) == (Channel.PHONE, "01632 960555", "Polish, interpreter")
    assert (sam.channel, sam.address.splitlines()[-1]) == (Channel.POST, "EX1 2AB")
    start = await office.world.services.cases.start_of(case.id)
    assert [party.people[0].channel for party in start.parties] == [Channel.PHONE, Channel.POST]


@pytest.mark.parametrize(
    ("channel", "sentence"),
    [
        ("email", "Give the e-mail address of the contact of other party 1."),
        ("text", "Give the telephone number of the contact of other party 1."),
        ("phone", "Give the telephone number of the contact of other party 1."),
        ("post", "Give the postal address of the contact of other party 1."),
        ("pigeon", "choose from what is offered"),
    ],
)
async def test_what_the_channel_needs_is_asked_for(office: Office, channel: str, sentence: str) -> None:
    await office.jo.get("/cases/new")
    answer = await office.jo.post("/cases/new", {**FORM, "p2_1_channel": channel, "p2_1_address": ""})
    assert answer.status_code == 422
    assert sentence in text_of(answer.text)
    assert 'value="Sam Head"' in answer.text


async def test_printed_as_one_pdf_with_the_code_to_type(office: Office) -> None:
    row_id = await office.consent_is_asked()
    shown = await office.jo.get("/print-queue")
    assert "Sam Head, Oakfield School, 1 School Lane, Exampleton, EX1 2AB" in text_of(shown.text)
    printed = await office.jo.post("/print-queue/batch", {"letter": row_id})
    assert printed.headers["content-type"] == "application/pdf"
    pages = PdfReader(io.BytesIO(printed.content)).pages
    text = " ".join(page.extract_text() for page in pages)
    assert "EX1 2AB" in text
    code = text.partition("type this code:")[2].split()[0]
    anybody = Browser(office.jo.client)
    opened = await anybody.client.post("/code", data={"code": code.lower().replace("-", " ")})
    assert opened.status_code == 303
    assert opened.headers["location"].startswith("/l/")
    for wrong in ("", "AAAA-BBBB-CCCC", "x" * 5000):
        refused = await anybody.client.post("/code", data={"code": wrong})
        assert refused.status_code == 422
        assert re.search("opens nothing|must be filled in", refused.text)


async def test_codes_cannot_be_tried_without_end(office: Office) -> None:
    anybody = office.jo.client
    answers = [(await anybody.post("/code", data={"code": f"AAAA-BBBB-{n:04d}"})).status_code for n in range(21)]
    assert answers == [422] * 20 + [429]
    office.world.clock.now += timedelta(hours=1)
    assert (await anybody.post("/code", data={"code": "AAAA-BBBB-CCCC"})).status_code == 422


async def test_posted_is_ticked_for_many_at_once(office: Office) -> None:
    row_id = await office.consent_is_asked()
    assert (await office.jo.post("/print-queue/posted", {"csrf": "forged"})).status_code == 403
    await office.jo.get("/print-queue")
    none = await office.jo.post("/print-queue/posted")
    assert none.status_code == 422
    assert "Tick the letters that were posted." in text_of(none.text)
    done = await office.jo.post("/print-queue/posted", {"letter": row_id})
    assert done.headers["location"] == "/print-queue?posted=1"
    command = office.world.taken[-1]
    assert isinstance(command, TickTask)
    assert (command.outcome, command.task) == ("posted", "post/consent_ask/p2.1/1:consent:p2")


async def test_the_task_leads_to_the_print_queue(office: Office) -> None:
    await office.consent_is_asked()
    tasks = await office.jo.get("/tasks")
    assert 'href="/print-queue"' in tasks.text
    assert f"Print and post “{titles.LETTERS['consent_ask']}” to Sam Head" in text_of(tasks.text)
