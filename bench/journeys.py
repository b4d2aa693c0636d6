"""Whole cases at true lengths on the time-skipping server, with neighbours that only remember: counts, not times."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from bench.counting import FORMULA, Counted, Floor, count, floor_of
from bench.rows import Part, Row, Size
from domain.bank_holidays import of_england
from domain.parties import PartyRole
from domain.policy import standard
from domain.referral import MOST_PARTIES
from temporal_client import data_converter
from tests.workflows.test_leaflet_journey import test_a_full_agreement_with_one_reminder as the_standard_case
from tests.workflows.world import DAY, Story, World, mediator, person, time_skipping
from workflows.case import MediationCase

GOAL_OF_ACTIONS = 1.15  # times the floor
SKETCH = 84 / 23  # actions a letter: the first design, tried before this one was built
EVENTS_AN_EFFECT = 5
MOST_EVENTS, MOST_OCTETS, LARGEST_PAYLOAD = 2_000, 1_000_000, 8_000
NAMES = {
    "file": "filings",
    "deliver": "deliveries of one letter",
    "deliver_together": "of several",
    "book": "calendar entries",
    "reserve": "claims of an hour",
}


@asynccontextmanager
async def told() -> AsyncIterator[tuple[Story, World]]:
    """A story about to be told, as the tests of the journey tell theirs."""
    async with time_skipping(data_converter({"bench": bytes(32)})) as env:
        world = World()
        year = (await env.get_current_time()).year
        story = Story(env, world, standard(of_england(year, year + 3)))
        async with Worker(
            env.client,
            task_queue="cases",
            workflows=[MediationCase],
            activities=world.activities,
            workflow_runner=UnsandboxedWorkflowRunner(),
        ):
            yield story, world


async def measure(size: Size) -> Part:
    """The same at every size: counts need no repetition."""
    async with told() as (story, world):
        await the_standard_case(story, world)
        ordinary = count(await story.case.fetch_history())
        floor = floor_of(story, world, ordinary)
    async with told() as (story, world):
        await the_worst_case(story, world)
        worst = count(await story.case.fetch_history())
        worst_floor = floor_of(story, world, worst)
    silent = await actions_while_waiting()
    rows = [
        actions_row("Temporal actions of the standard case", ordinary, floor),
        actions_row(f"the same of the worst case ({MOST_PARTIES} parties, silent twice each time, 3 moves)", worst,
                    worst_floor),
        history_row("history of the standard case", ordinary, floor),
        history_row("history of the worst case", worst, worst_floor),
        Row(
            "actions while a case waits a day, nothing being due",
            "0",
            f"{silent}",
            "a plain alternative would look 1,440 times, once a minute",
            silent == 0,
        ),
    ]  # fmt: skip
    notes = (
        "The standard case is the first story of `tests/workflows/test_leaflet_journey.py`: 3 parties, one reminder, "
        "3 visits, a joint meeting, an agreement with 2 actions, feedback. Counted in its history; `bench/counting.py`."
        f"\n\n{FORMULA}"
    )
    return Part("What a case costs", rows, notes)


def actions_row(what: str, counted: Counted, floor: Floor) -> Row:
    total = counted.actions.total()
    a_letter = total / floor.letters
    return Row(
        what,
        f"<= {GOAL_OF_ACTIONS} x the floor",
        f"{total}, {total / floor.actions:.2f} x the floor; {a_letter:.2f} a letter",
        f"floor {floor}; the first sketch of this design: {SKETCH:.2f} a letter",
        total <= GOAL_OF_ACTIONS * floor.actions,
        f"Where they go: {spelt(counted.actions)}. What leaves in the same moment leaves in one delivery, what is due "
        "at the same moment has one timer, and what follows at once is one filing.",
    )


def history_row(what: str, counted: Counted, floor: Floor) -> Row:
    an_effect = counted.events / floor.effects
    goals = (
        an_effect <= EVENTS_AN_EFFECT,
        counted.events <= MOST_EVENTS,
        counted.octets <= MOST_OCTETS,
        counted.largest_payload <= LARGEST_PAYLOAD,
    )
    return Row(
        what,
        f"<= {EVENTS_AN_EFFECT} events an effect, {MOST_EVENTS:,} events, {MOST_OCTETS // 1_000_000} MB; no payload "
        f"over {LARGEST_PAYLOAD // 1_000} KB",
        f"{counted.events:,} events, {an_effect:.1f} an effect; {counted.octets / 1000:,.0f} KB; "
        f"largest payload {counted.largest_payload / 1000:.1f} KB",
        f"{floor.effects} effects; an activity alone is 3 events, and 3 more for the workflow task that it wakes",
        all(goals),
        "An act that is answered by one letter is an Update, a filing and a delivery, and each of them wakes the "
        "workflow: 17 events for two effects. The person reads that it was accepted when it is filed, and the letter "
        "leaves when that is certain: the three cannot be one.",
    )


def spelt(actions: Counter[str]) -> str:
    return ", ".join(f"{number} {NAMES.get(name, name)}" for name, number in actions.most_common())


async def actions_while_waiting() -> int:
    """Everyone is asked for consent, the first reminder is due in three working days, and a day passes."""
    async with told() as (story, _):
        await story.refer()
        await story.explained_and_permitted()
        await story.breathe()
        before = count(await story.case.fetch_history()).actions
        await story.days(1)
        after = count(await story.case.fetch_history()).actions
    return (after - before).total()


async def the_worst_case(story: Story, world: World) -> None:
    """As many parties as a case may have; each leaves two reminders unanswered whatever it is asked before the joint
    meeting, which is moved three times."""
    everyone = [f"p{number}" for number in range(1, MOST_PARTIES + 1)]
    organisations = [PartyRole.SCHOOL, PartyRole.LOCAL_AUTHORITY, PartyRole.HEALTH_BODY] * 3
    await story.refer(*organisations[: MOST_PARTIES - 1])
    await story.act("record_explaining_call", outcome="go_on")
    await story.working_days(7)
    await story.act("record_permission", person("p1.1"), given=True, how="link")
    await story.working_days(7)
    for party in everyone[1:]:
        await story.act("answer_consent", person(f"{party}.1"), party=party, yes=True, how="link")
    await story.mediator_accepts()
    slots = {party: await story.slot(20, hour=9 + number) for number, party in enumerate(everyone)}
    for party, slot in slots.items():
        await story.act("offer_visit_dates", mediator("mia"), party=party, slots=[slot])
    await story.working_days(5)
    for party, slot in slots.items():
        await story.act("choose_visit_date", person(f"{party}.1"), party=party, start=slot.start, how="link")
    await story.until(slots[everyone[-1]].start + timedelta(hours=2))
    for party in everyone:
        await story.visit_held(party)
    await story.working_days(5)
    await story.everyone_signs()
    half_days = world.journey.meetings[-1].half_days
    for party in everyone:
        await story.act("give_availability", person(f"{party}.1"), party=party, half_days=half_days[-3:], how="link")
    await story.act("fix_joint_meeting", slot=await story.slot(10), venue="library")
    for days_ahead in (11, 12, 13):
        await story.working_days(1)
        slot = await story.slot(days_ahead)
        await story.act("move_meeting", meeting="joint_meeting/1", slot=slot)
    await story.until(slot.start + timedelta(hours=2))
    present = [f"{party}.1" for party in everyone]
    await story.act("record_joint_meeting", mediator("mia"), present=present, outcome="full")
    await story.agreement_written()
    await story.days(60)
    for action in (1, 2):
        await story.act("record_action", action=action, done=True, how="phone")
    await story.until(await story.now() + DAY)
    for party in everyone:
        if world.journey.open_ask(f"feedback/{party}"):
            await story.act("give_feedback", person(f"{party}.1"), party=party, score=5)
    await story.closing()
