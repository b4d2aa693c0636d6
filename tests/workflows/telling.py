"""What happens in more than one story: turns that a case takes, told in one line. (The leaflet's own way stands in
world.py.)"""

from datetime import datetime, time, timedelta
from typing import Any

from domain.commands import Actor, Slot
from domain.papers import Paper
from domain.parties import Channel, PartyRole
from domain.stages import Stage
from domain.working_days import add_working_days, at_local, local_day
from tests.workflows.world import COORDINATOR, Story, World, mediator, person

LETTER = {"kind_of_letter": "consent_ask", "about": "consent/p2", "to": "p2.1", "number": 1}
"""How the mailbox names the letter that asks the school for its consent."""

CAME_BACK = "letter/consent_ask/p2.1/1:consent:p2"
"""The task for a person, when that letter came back."""


def stage(world: World) -> Stage:
    """Where the case stands now. (Asked by a function: of an attribute, mypy would believe that it stays so.)"""
    return world.journey.stage


async def passed(story: Story, minutes: int) -> None:
    await story.env.sleep(timedelta(minutes=minutes))
    await story.breathe()


# How far a case has come


async def asked_for_consent(story: Story, **channels: Channel) -> None:
    await story.refer(channels=channels or None)
    await story.explained_and_permitted()
    await story.breathe()


async def ready_to_visit(story: Story) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.everyone_consents()
    await story.mediator_accepts()


# A fourth party


async def joins(story: Story, role: PartyRole = PartyRole.SCHOOL, by: Actor = COORDINATOR, **fields: Any) -> None:
    """Reached by e-mail unless the story has said otherwise."""
    story.world.admits = story.world.admits or "p4.1"
    await story.act("add_party", by, role=role, **{"permitted": True, **fields})
    await story.breathe()


async def agrees(story: Story, party: str = "p4", yes: bool = True) -> None:
    await story.act("answer_consent", person(f"{party}.1"), party=party, yes=yes, how="link")
    await story.breathe()


async def visited(story: Story, party: str = "p4") -> None:
    slot = await story.visit_booked(party, days_ahead=2, hour=15)
    await story.until(slot.start + timedelta(hours=2))
    await story.act("record_visit", mediator("mia"), party=party, held=True, confidentiality_explained=True)
    await story.breathe()


# Somebody does not come


async def replaced(story: Story, why: str = "unavailable", who: str = "mia") -> None:
    await story.act("replace_mediator", mediator=who, why=why)
    await story.breathe()


async def taken_over(story: Story, name: str = "noor", offer: int = 2) -> None:
    await story.act("offer_mediator", mediator=name)
    await story.breathe()
    await story.act("answer_allocation", mediator(name), offer=offer, accepts=True)
    await story.breathe()


async def missed_visit(story: Story, party: str) -> None:
    """A visit is booked, and nobody is there."""
    slot = await story.visit_booked(party)
    await story.until(slot.start + timedelta(hours=2))
    await story.act("record_visit", mediator("mia"), party=party, held=False)
    await story.breathe()


async def missed_joint_meeting(story: Story, *absent: str) -> None:
    slot = await story.joint_meeting_fixed()
    await story.until(slot.start + timedelta(hours=2))
    present = [f"{party}.1" for party in ("p1", "p2", "p3") if party not in absent]
    await story.act("record_joint_meeting", mediator("mia"), present=present, absent=list(absent), outcome="no_show")
    await story.breathe()


# Papers


async def given(story: Story, party: str = "p1") -> str:
    """The key of a paper that the party has just sent through its link."""
    await story.act("add_paper", person(f"{party}.1"), party=party, how="link")
    await story.breathe()
    return f"act-{story.acts}"


async def released(story: Story, party: str = "p1") -> str:
    """The key of a paper that the party has just sent, and lets the others have."""
    key = await given(story, party)
    await story.act("release_paper", person(f"{party}.1"), paper=key, how="link")
    await story.breathe()
    return key


def paper(world: World, key: str) -> Paper:
    return next(paper for paper in world.journey.papers if paper.key == key)


def morning_before(story: Story, slot: Slot, days: int = 5) -> datetime:
    """So many working days before a meeting, at nine."""
    return at_local(add_working_days(local_day(slot.start), -days, story.policy.holidays), time(9))


# The end, and beyond it


async def withdrawn(story: Story) -> None:
    """The parent withdraws through their link, which takes effect at once."""
    await story.act("withdraw", person("p1.1"), party="p1", how="link")


async def ended(story: Story) -> None:
    """The parent withdraws on the telephone, the minutes to regret pass, and everything is seen home."""
    await story.act("withdraw", party="p1", how="phone")
    await story.closing()


async def ended_by_hand(story: Story) -> None:
    """As `ended`, where somebody has no e-mail: the last letters are posted and said."""
    await story.act("withdraw", party="p1", how="phone")
    await passed(story, 11)
    await story.seen_to()
    await story.closing()


async def reopened(story: Story) -> None:
    """As the intake does it: the case is begun again, then hears the command; and the minutes to regret pass."""
    await story.woken()
    await story.act("reopen_case")
    await passed(story, 11)
