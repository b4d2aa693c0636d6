"""What a case did to Temporal, counted in its history; and the floor for the same story."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHistory

from tests.workflows.world import Story, World

ACTIONS = {
    "workflow_execution_started_event_attributes": "start",
    "workflow_execution_signaled_event_attributes": "signal",
    "workflow_execution_update_accepted_event_attributes": "Update",
    "timer_started_event_attributes": "timer",
    "upsert_workflow_search_attributes_event_attributes": "search attribute change",
}  # and each activity, by its own name

FORMULA = """\
The floor of a story is what it would cost if nothing were done twice and nothing for the service's own sake:

    floor = 1 start + letters that left + bookings + documents + acts of people + asks

Letters, bookings and documents are counted by what they are, not by how often they were tried; an act is an Update that
was accepted; an ask is anything a case waited for by its key, with one wait each. The floor has nothing for writing the
case file, for reminders' waits, for claiming a mediator's hour, nor for what operations see: those are the price of the
design, and the table says how large it is. An effect is a letter, a booking, a document or an act."""


@dataclass
class Counted:
    """One case's history."""

    actions: Counter[str] = field(default_factory=Counter)
    once: Counter[str] = field(default_factory=Counter)  # activities, those with the same input counted once
    events: int = 0
    octets: int = 0
    largest_payload: int = 0


def count(history: WorkflowHistory) -> Counted:
    """All that Temporal would bill, and the size of the history. A retried activity counts once, as it is there."""
    counted, inputs = Counted(), set()
    for event in history.events:
        counted.events += 1
        counted.octets += event.ByteSize()
        counted.largest_payload = max([counted.largest_payload, *(len(one.data) for one in payloads(event))])
        kind = event.WhichOneof("attributes") or ""
        if kind == "activity_task_scheduled_event_attributes":
            scheduled = event.activity_task_scheduled_event_attributes
            name = scheduled.activity_type.name
            counted.actions[name] += 1
            inputs.add((name, scheduled.input.SerializeToString(deterministic=True)))
        elif kind in ACTIONS:
            counted.actions[ACTIONS[kind]] += 1
    counted.once.update(name for name, _ in inputs)
    return counted


def payloads(message: Message) -> Iterator[Payload]:
    """Every payload somewhere in a message."""
    if isinstance(message, Payload):
        yield message
        return
    for described, value in message.ListFields():
        if described.message_type is None:
            continue
        if described.message_type.GetOptions().map_entry:
            parts = [part for part in value.values() if isinstance(part, Message)]
        else:
            parts = [value] if isinstance(value, Message) else list(value)
        for part in parts:
            yield from payloads(part)


@dataclass(frozen=True)
class Floor:
    """See FORMULA."""

    letters: int
    bookings: int
    documents: int
    acts: int
    asks: int

    @property
    def actions(self) -> int:
        return 1 + self.letters + self.bookings + self.documents + self.acts + self.asks

    @property
    def effects(self) -> int:
        return self.letters + self.bookings + self.documents + self.acts

    def __str__(self) -> str:
        return (
            f"{self.actions} = 1 start + {self.letters} letters + {self.bookings} bookings + {self.documents} documents"
            f" + {self.acts} acts + {self.asks} asks"
        )


def floor_of(story: Story, world: World, counted: Counted) -> Floor:
    """From what the story did."""
    return Floor(
        letters=len({sent.letter.key for sent in world.sent}),
        bookings=counted.once["book"] + counted.once["cancel"],
        documents=counted.once["make_agreement"],
        acts=story.acts,
        asks=len({ask.key for filing in world.filings for ask in filing.journey.asks}),
    )
