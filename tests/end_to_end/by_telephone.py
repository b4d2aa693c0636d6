"""A case on the real processes that its office carries by telephone, step by step, so that a test can choose the moment
at which something dies."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import icalendar
from sqlmodel import select
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowHandle

from calendar_server import calendar_client
from casefile.database import Database
from casefile.tables import Case as CaseRow
from casefile.tables import CommandOutcome, CommandRow, LetterRow, TimelineEvent
from demo import Desk, Office
from domain.scheduling import event_uid
from tests.real_service import Service
from tests.waiting import until
from workflows.doors import workflow_id

PATIENCE = 90.0  # seconds for one act to be accepted, on a machine that does much else
POLL = 0.1


class Case:
    """Parent, school and authority say everything on the telephone. Each act is sent under a key of its own, and again
    under the same key while nobody answers or its answer is still to come, as a careful caller does."""

    def __init__(self, service: Service, office: Office, reference: str, case_id: str) -> None:
        self.service, self.office, self.reference, self.id = service, office, reference, case_id
        self.given = 0

    async def do(self, kind: str, *, by: Desk | None = None, **fields: Any) -> None:
        """Until the case has accepted it."""
        desk, key = by or self.office.coordinator, secrets.token_hex(8)
        self.given += 1
        deadline, answer = time.monotonic() + PATIENCE, "nobody answered"
        while time.monotonic() < deadline:
            try:
                got = await desk.http.post(
                    f"/cases/{self.reference}/commands/{kind}", json=fields, headers={"Idempotency-Key": key}
                )
            except httpx.TransportError:
                got = None
            if got is not None and got.status_code == 200:
                return
            answer = got.text if got is not None else answer
            assert got is None or got.status_code in (202, 500, 502, 503), f"{kind}: {answer}"
            await asyncio.sleep(POLL)
        raise AssertionError(f"{kind} was not answered within {PATIENCE:.0f} s: {answer}")

    async def seen(self) -> dict[str, Any]:
        """As the JSON door shows it."""
        shown: dict[str, Any] = await self.office.coordinator.get(f"/cases/{self.reference}")
        return shown

    async def is_stored(self, kind: str) -> None:
        """Until an act of this kind waits for its case."""
        await until(f"{kind} is stored", self.seen, lambda case: kind in case["pending"])

    async def is_told(self, client: Client) -> None:
        """Until something waits at Temporal for a worker to tell the case."""
        handle: WorkflowHandle[Any, Any] = client.get_workflow_handle(workflow_id(self.id))

        def waits(case: WorkflowExecutionDescription) -> bool:
            return case.raw_description.HasField("pending_workflow_task")

        await until("the case is told", handle.describe, waits)

    async def is_in_hand(self, client: Client, activity: str, *, attempt: int = 1) -> None:
        """Until a worker has begun this, or begun it so many times."""
        handle: WorkflowHandle[Any, Any] = client.get_workflow_handle(workflow_id(self.id))

        def begun(case: WorkflowExecutionDescription) -> bool:
            return any(
                one.activity_type.name == activity and one.HasField("last_started_time") and one.attempt >= attempt
                for one in case.raw_description.pending_activities
            )

        await until(f"{activity} is in a worker's hand", handle.describe, begun)

    async def is_leaving(self, kind: str) -> None:
        """Until a letter of this kind is on its way out."""
        leaving = {"kind": kind, "state": "sending"}
        await until(
            f"{kind} is being sent",
            self.seen,
            lambda case: any(leaving.items() <= letter.items() for letter in case["letters"]),
        )

    async def stands_at(self, stage: str) -> None:
        await until(f"the case stands at {stage}", self.seen, lambda case: case["stage"] == stage)

    async def is_home(self) -> None:
        """Until it has ended, and all its letters have left or were withheld."""
        await self.stands_at("closed")
        await self.letters_have_left()

    async def letters_have_left(self) -> None:
        await until(
            "all letters have left",
            self.seen,
            lambda case: {letter["state"] for letter in case["letters"]} <= {"sent", "withheld"},
        )

    # The steps

    async def explained_and_permitted(self) -> None:
        await self.do("record_explaining_call", outcome="go_on", permission="given")

    async def consents(self, party: str) -> None:
        await self.do("answer_consent", party=party, yes=True, how="phone")

    async def allocated(self) -> None:
        await self.do("offer_mediator", mediator=self.office.mediator_id)
        await self.do("answer_allocation", by=self.office.mediator, offer=1, accepts=True)

    async def everyone_consents_and_the_mediator_accepts(self) -> None:
        await self.consents("p2")
        await self.consents("p3")
        await self.allocated()

    async def offers_a_visit(self, party: str) -> dict[str, Any]:
        slot = self.office.free_slot()
        fields = {"party": party, "slots": [slot], "online": True, "place": "A link follows by e-mail"}
        await self.do("offer_visit_dates", by=self.office.mediator, **fields)
        return slot

    async def chooses(self, party: str, slot: dict[str, Any]) -> None:
        await self.do("choose_visit_date", party=party, start=slot["start"], how="phone")

    async def was_visited(self, party: str) -> None:
        voice = {"childs_voice": "own_words"} if party == "p1" else {}
        fields = {"party": party, "held": True, "confidentiality_explained": True, **voice}
        await self.do("record_visit", by=self.office.mediator, **fields)

    async def everyone_can_come(self) -> None:
        await self.stands_at("joint_meeting")
        async with case_file(self.service) as database, database.read() as session:
            journey = (await session.get_one(CaseRow, self.id)).journey
        assert journey
        for party in ("p1", "p2", "p3"):
            half_days = journey["meetings"][-1]["half_days"][:4]
            await self.do("give_availability", party=party, half_days=half_days, how="phone")

    async def fix(self, slot: dict[str, Any]) -> None:
        await self.do("fix_joint_meeting", slot=slot, venue=self.office.venue)

    async def met_and_agreed(self) -> None:
        """To the end: the agreement, its action and everyone's feedback."""
        everyone = [one["key"] for one in (await self.seen())["participants"]]
        await self.do(
            "record_joint_meeting",
            by=self.office.mediator,
            present=everyone,
            outcome="full",
            detail="extra_support",
            signed_in_room=["p1", "p2", "p3"],
        )
        await self.do(
            "write_agreement",
            by=self.office.mediator,
            terms=[{"owner": "p2", "by": self.office.day.isoformat()}],
            what=["A teaching assistant helps in maths each morning."],
            wishes="Sami wants to sit near his friends.",
            comments_wanted=False,
        )
        await self.stands_at("actions")
        await self.do("record_action", action=1, done=True, how="phone")
        for party in ("p1", "p2", "p3"):
            await self.do("give_feedback", party=party, score=5)

    async def carried_home(self, slot: dict[str, Any]) -> None:
        """From the last visit to the last letter; they meet at that time."""
        await self.everyone_can_come()
        await self.fix(slot)
        await self.met_and_agreed()
        await self.is_home()


@asynccontextmanager
async def case_file(service: Service) -> AsyncIterator[Database]:
    database = Database(service.settings.database_url)
    try:
        yield database
    finally:
        await database.close()


async def refer(service: Service, office: Office, run: str, policy: str = "minutes") -> Case:
    """A case of three parties; with the policy "minutes" nobody's silence runs out while a test lasts."""

    def person(name: str) -> dict[str, str]:
        return {"name": name, "email": f"{name.split()[0].lower()}.{run}@people.example"}

    begun = await office.coordinator.post(
        "/cases",
        {
            "child": {"name": f"Sami {run}"},
            "about": "The support in class that the plan names.",
            "policy": policy,
            "parties": [
                {"role": "parent", "people": [person("Amira Khan")]},
                {"role": "school", "organisation": f"Oakfield {run}", "people": [person("Tom Hale")]},
                {"role": "local_authority", "organisation": f"Westshire {run}", "people": [person("Grace Obi")]},
            ],
        },
    )
    async with case_file(service) as database, database.read() as session:
        case_id = (await session.exec(select(CaseRow.id).where(CaseRow.reference == begun["reference"]))).one()
    return Case(service, office, begun["reference"], case_id)


# What must be true whatever died


async def nothing_was_lost_and_nothing_came_twice(case: Case, earlier_mail: list[Any] | None = None) -> None:
    """Each act accepted once, each line of the timeline there once, each letter in the sink once."""
    async with case_file(case.service) as database, database.read() as session:
        acts = list(await session.exec(select(CommandRow).where(CommandRow.case_id == case.id)))
        outcomes = {one.command_id: one.status for one in await session.exec(select(CommandOutcome))}
        lines = list(await session.exec(select(TimelineEvent).where(TimelineEvent.case_id == case.id)))
        letters = list(await session.exec(select(LetterRow).where(LetterRow.case_id == case.id)))
    assert len(acts) == case.given + 1, "each act is stored once, and the referral"
    assert {outcomes.get(one.id) for one in acts} == {"accepted"}

    told = [(one.what, one.about, one.command, tuple(sorted(one.detail.items()))) for one in lines]
    assert [one for one in told if told.count(one) > 1] == [], "told twice in the timeline"
    assert {one.command for one in lines if one.command} >= {one.id for one in acts if one.kind != "refer"}
    assert sorted(one.number for one in lines) == list(range(1, len(lines) + 1))

    sent = [one for one in letters if one.state == "sent"]
    received = [
        mail["Message-ID"]
        for mail in [*(earlier_mail or []), *case.service.mail()]
        if mail["X-Case-Reference"] == case.reference
    ]
    assert sorted(received) == sorted(one.message_id for one in sent), "in the sink: each letter that left, once"
    first = [(one.kind, one.about, one.to) for one in sent if not one.kind.endswith(("_remind", "staff_task"))]
    assert [one for one in first if first.count(one) > 1] == [], "the same letter twice to one person"


async def calendars_show_each_meeting_once(case: Case) -> None:
    """Of the mediator and the venue: exactly what is booked, at its time."""
    meetings = [one for one in (await case.seen())["meetings"] if one["slot"]]
    wanted = {
        case.office.mediator_id: sorted(event_uid(case.id, one["key"]) for one in meetings),
        case.office.venue: [event_uid(case.id, one["key"]) for one in meetings if one["key"].startswith("joint")],
    }
    starts = {
        event_uid(case.id, one["key"]): datetime.fromisoformat(one["slot"]["start"]).astimezone(UTC) for one in meetings
    }

    async def shown() -> dict[str, list[str]]:
        found: dict[str, list[str]] = {owner: [] for owner in wanted}
        async with calendar_client(case.service.settings.caldav_url) as client:
            calendars: Any = (await client.get_principal()).calendars()
            for calendar in await calendars:
                for owner in [owner for owner in wanted if owner in str(calendar.url)]:
                    for entry in await calendar.events():
                        (event,) = icalendar.Calendar.from_ical(str(entry.data)).walk("VEVENT")
                        assert event.decoded("DTSTART").astimezone(UTC) == starts[str(event["UID"])]
                        found[owner].append(str(event["UID"]))
        return {owner: sorted(uids) for owner, uids in found.items()}

    await until(f"the calendars show {wanted}", shown, lambda found: found == wanted)
