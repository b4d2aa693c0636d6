"""What a case has set going and writes down: the filing, letters and calendar entries on their way. All of it runs
beside the journey; the last thing a case does is to see it home. Timeouts and retries stand here and nowhere else."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from domain.commands import StaffRole
    from domain.journey import (
        TO_WHO_LEFT,
        AsFiled,
        CaseStart,
        Event,
        Filing,
        Journey,
        Letter,
        MeetingStatus,
        Settled,
        Task,
    )
    from domain.parties import Channel, party_of
    from domain.policy import Policy
    from workflows.details import in_short
    from workflows.neighbours import (
        Booking,
        Calendars,
        CaseFile,
        Correspondence,
        Delivery,
        LettersToDeliver,
        LetterToDeliver,
    )

Neighbour = TypeVar("Neighbour")
Order = TypeVar("Order")
Answer = TypeVar("Answer")
Part = Callable[[Neighbour, Order], Coroutine[Any, Any, Answer]]


AT_REST = 2  # rounds of the event loop in which nothing changes
MOST_TOGETHER = 20  # letters, so that one delivery ends within its time
LOOK_AGAIN = timedelta(minutes=1)  # the worker's clock and the case's may differ by seconds


class Broken(Exception):
    """Something of ours failed for good. Not a FailureError, on purpose: the workflow task fails and is tried again,
    and the case goes on when the code is mended, where a FailureError would end it for ever."""


async def near(part: Part[Neighbour, Order, Answer], order: Order, summary: str) -> Answer:
    """Ask the case file, which is ours: tried until it answers. Waiting may be cancelled, the activity is not: one
    whose completion is on its way would otherwise be in doubt."""
    activity = workflow.execute_activity_method(
        part,
        order,
        start_to_close_timeout=timedelta(seconds=20),
        retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1)),
        summary=summary,
    )
    try:
        return await asyncio.shield(asyncio.create_task(activity))
    except ActivityError as error:
        raise Broken(summary) from error


async def far(
    part: Part[Neighbour, Order, Answer],
    order: Order,
    summary: str,
    *,
    within: timedelta = timedelta(days=30),
    at_least_every: timedelta = timedelta(hours=1),
) -> Answer:
    """Ask mail, calendars or a scanner, which are others' and may be away for days. ActivityError: given up after
    `within`, or at once where trying again cannot help."""
    return await workflow.execute_activity_method(
        part,
        order,
        start_to_close_timeout=timedelta(minutes=2),
        schedule_to_close_timeout=within,
        retry_policy=RetryPolicy(maximum_interval=at_least_every),
        summary=summary,
    )


async def soon(part: Part[Neighbour, Order, Answer], order: Order, within: timedelta, summary: str) -> Answer | None:
    """Ask mail, for somebody who sits and waits. None: given up, for later would be too late."""
    try:
        return await workflow.execute_activity_method(
            part,
            order,
            start_to_close_timeout=timedelta(seconds=75),
            schedule_to_close_timeout=within,
            retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=15)),
            summary=summary,
        )
    except ActivityError:
        return None


@dataclass
class Post:
    """Letters that leave in the same moment."""

    letters: list[Letter]
    leaves: asyncio.Task[list[Delivery]]


class Errands:
    """Files the state of one case after each change, sends its letters and keeps its calendar entries."""

    def __init__(
        self,
        case: CaseStart,
        journey: Journey,
        policy: Callable[[], Policy],
        show: Callable[[], None],
        came_back: Callable[[Letter, Channel], Coroutine[Any, Any, bool]],
    ) -> None:
        self.case, self.journey, self.policy, self.show, self.came_back = case, journey, policy, show, came_back
        self.under_way: list[asyncio.Task[None]] = []
        self.calendars: dict[str, asyncio.Task[None]] = {}  # the last errand of each meeting; the next waits for it
        self.changes = 0
        self.filed_changes = 0
        self.version = 0
        self.begun_after = 0
        self.events_so_far = 0
        self.new_policy: Policy | None = None
        self.new_events: list[Event] = []
        self.new_letters: list[Letter] = []
        self.latest: list[Letter] = []  # of each asking of each person
        self.new_settled: list[Settled] = []
        self.next_post: Post | None = None
        self.office_opens: tuple[datetime, asyncio.Task[None]] | None = None
        self.seen_to: list[str] = []  # keys of tasks whose letter was posted or said
        self.lasting: list[asyncio.Task[None]] = []  # what runs for as long as the case does
        self.broken: BaseException | None = None  # a bug in something that runs beside the journey

    # Filing: whatever changed since the last write goes into the next one

    def changed(self) -> None:
        """Something is different now: show it to operations, and file it."""
        self.changes += 1
        self.show()

    def note(self, what: str, about: str = "", by: str = "", command: str = "", **detail: str) -> None:
        """A new line of the timeline."""
        self.events_so_far += 1
        self.new_events.append(
            Event(
                number=self.events_so_far,
                at=workflow.now(),
                what=what,
                about=about,
                by=by,
                command=command,
                detail=detail,
            )
        )
        self.changed()

    def go_on_after(self, as_filed: AsFiled) -> None:
        """Filings and lines of the timeline go on being numbered, and what was posted may still come back."""
        self.version, self.events_so_far = as_filed.version, as_filed.events
        self.begun_after = as_filed.version
        self.seen_to = list(as_filed.posted)

    def begin(self) -> None:
        """From now on whatever changes is filed."""
        self.keep_going(self._keep_filed())

    def keep_going(self, errand: Coroutine[Any, Any, None]) -> None:
        """For as long as the case does: its end does not wait for it."""
        self.lasting.append(self.set_going(errand))

    async def _keep_filed(self) -> None:
        """Runs for as long as the case does; one write at a time."""
        while True:
            await workflow.wait_condition(lambda: self.changes > self.filed_changes)
            if workflow.patched("filed_at_rest"):
                await self._come_to_rest()
            changes, letters = self.changes, self.new_letters
            self.version += 1
            filing = Filing(
                case_id=self.case.case_id,
                version=self.version,
                run=workflow.info().run_id,
                begun_after=self.begun_after,
                journey=self.journey,
                policy=self.new_policy,
                events=self.new_events,
                letters=letters,
                settled=self.new_settled,
            )
            self.new_policy, self.new_events, self.new_letters, self.new_settled = None, [], [], []
            await near(CaseFile.file, filing, self._what_is_filed(filing))
            self.filed_changes = changes
            for letter in letters:
                self.set_going(self._deliver(letter))

    async def _come_to_rest(self) -> None:
        """What follows from a change at once (the next stage, the next ask) goes into the same filing."""
        quiet = 0
        while quiet < AT_REST:
            before = self.changes
            await workflow.wait_condition(lambda: True)
            quiet = quiet + 1 if self.changes == before else 0

    async def filed(self) -> None:
        """Until everything that has changed so far is in the case file."""
        mark = self.changes
        await workflow.wait_condition(lambda: self.filed_changes >= mark)

    def _what_is_filed(self, filing: Filing) -> str:
        news = [event.what for event in filing.events] + [f"letter {letter.kind}" for letter in filing.letters]
        return "file " + (in_short(news) or "what happens next")

    # Letters

    def send(self, letter: Letter) -> None:
        """Queued with the next filing, then delivered beside the case. Nothing waits for it."""
        letter = self._with_its_line(letter)
        self.new_letters.append(letter)
        self._remember(letter)
        self.changed()

    def _with_its_line(self, letter: Letter) -> Letter:
        """With the words of our own that waited for it."""
        line = next((one for one in self.journey.lines if (one.kind, one.to) == (letter.kind, letter.to)), None)
        if line is None or letter.line:
            return letter
        self.journey.lines.remove(line)
        return letter.model_copy(update={"line": line.command})

    def send_on(self, letters: list[Letter]) -> None:
        """Their rows are there already: what has left is not sent again, whatever has not is on its way again."""
        for letter in letters:
            self._remember(letter)
            self.set_going(self._deliver(letter))

    def _remember(self, letter: Letter) -> None:
        self.latest = [one for one in self.latest if not letter.replaces(one)] + [letter]

    async def _deliver(self, letter: Letter) -> None:
        about = f"{letter.kind} to {letter.to}"
        order = LetterToDeliver(case_id=self.case.case_id, letter=letter)
        alone = not workflow.patched("together")
        try:
            while True:
                if not letter.reply:
                    await self._until_it_may_leave(letter, about)
                if alone:
                    delivery = await far(Correspondence.deliver, order, about)
                else:
                    delivery = await self._with_the_next_post(letter)
                if delivery.state == "held":
                    await workflow.sleep(LOOK_AGAIN, summary=f"held back, look again: {about}")
                elif delivery.state == "later":
                    alone = True
                elif delivery.state == "delayed":
                    alone = True
                    order = order.model_copy(update={"told": True})
                    self.open_task("letter_waits", f"waits/{letter.key}", letter.about)
                else:
                    break
        except ActivityError:
            delivery = Delivery(state="failed")
        self.close_tasks(lambda task: task.key == f"waits/{letter.key}")
        gone = delivery.state == "sent" or (
            delivery.state == "by_hand" and await self._seen_to_by_hand(letter, delivery.channel)
        )
        if gone and party_of(letter.to) not in self.journey.reached:
            self.journey.reached.append(party_of(letter.to))
            self.changed()
        if delivery.state in ("bounced", "failed", "ambiguous"):
            self.note("letter_failed", letter.about, kind=letter.kind, to=letter.to, state=delivery.state)
            another_way = delivery.state == "bounced" and workflow.patched("another_channel")
            if not (another_way and await self.came_back(letter, delivery.channel)):
                if delivery.state == "ambiguous":
                    self.open_task("letter_unclear", f"unclear/{letter.key}", letter.about)
                else:
                    self.open_task("letter_failed", f"letter/{letter.key}", letter.about)

    async def _with_the_next_post(self, letter: Letter) -> Delivery:
        """One activity for whatever leaves in this moment: the same question goes to everyone at once."""
        if self.next_post is None or len(self.next_post.letters) == MOST_TOGETHER:
            letters: list[Letter] = []
            self.next_post = Post(letters, asyncio.create_task(self._leave_together(letters)))
        post, place = self.next_post, len(self.next_post.letters)
        post.letters.append(letter)
        return (await post.leaves)[place]

    async def _leave_together(self, letters: list[Letter]) -> list[Delivery]:
        await workflow.wait_condition(lambda: True)  # all that is under way in this moment is in the post
        if self.next_post is not None and self.next_post.letters is letters:
            self.next_post = None
        about = [f"{letter.kind} to {letter.to}" for letter in letters]
        if len(letters) == 1:
            only = LetterToDeliver(case_id=self.case.case_id, letter=letters[0])
            return [await far(Correspondence.deliver, only, about[0])]
        order = LettersToDeliver(case_id=self.case.case_id, letters=letters)
        return (await far(Correspondence.deliver_together, order, in_short(about))).of

    async def _seen_to_by_hand(self, letter: Letter, channel: Channel) -> bool:
        """A person posts it or says it on the telephone; False: it was no longer wanted before they did."""
        key = f"{channel}/{letter.key}"
        self.open_task(f"letter_by_{channel}", key, letter.about)
        await workflow.wait_condition(lambda: self.journey.task(key) is None or not self._is_wanted(letter))
        gone = key in self.seen_to
        self.close_tasks(lambda task: task.key == key)
        self.new_settled.append(Settled(letter=letter, state="sent" if gone else "withheld"))
        self.changed()
        return gone

    def still_wanted(self, key: str) -> Letter | None:
        """The letter of this key as it was sent; None: there is none, it was overtaken, answered, or moved."""
        return next((letter for letter in self.latest if letter.key == key and self._is_wanted(letter)), None)

    def was_posted(self, letter: Letter) -> bool:
        """Somebody has said so."""
        return f"{Channel.POST}/{letter.key}" in self.seen_to

    def _is_wanted(self, letter: Letter) -> bool:
        meeting = self.journey.meeting(letter.about)
        moved = meeting is not None and letter.sequence is not None and letter.sequence < meeting.sequence
        return (
            not moved
            and not (letter.of_an_end and letter.number <= self.journey.reopened)
            and (not letter.while_asked or self.journey.open_ask(letter.while_asked) is not None)
            and letter in self.latest
            and (letter.to not in self.journey.left or letter.kind in TO_WHO_LEFT)
            and not (meeting and meeting.status == MeetingStatus.CANCELLED and letter.kind.endswith("_booked"))
        )

    async def _until_it_may_leave(self, letter: Letter, about: str) -> None:
        """Office hours, and neither pause nor hold, nor an end that may be undone; nobody is asked or reminded who has
        written to us."""
        while True:
            await workflow.wait_condition(
                lambda: not self.journey.silent and not self.journey.must_be_read_first(letter)
            )
            left = self.policy().office_moment(workflow.now()) - workflow.now()
            if left <= timedelta(0):
                return
            if workflow.patched("together"):
                await self._until_the_office_opens(workflow.now() + left)
            else:
                await workflow.sleep(left, summary=f"office hours, for {about}")

    async def _until_the_office_opens(self, moment: datetime) -> None:
        """One timer for all letters that wait for the same morning."""
        if self.office_opens is None or self.office_opens[0] != moment:
            left = moment - workflow.now()
            timer = workflow.sleep(left, summary="the office opens: letters leave")
            self.office_opens = moment, asyncio.create_task(timer)
        waiting = self.office_opens[1]
        await workflow.wait_condition(waiting.done)

    # Calendars

    def book(self, booking: Booking) -> None:
        self._calendar(booking, lambda: self._in_calendars(Calendars.book, booking, "book"))

    def cancel(self, booking: Booking) -> None:
        self._calendar(booking, lambda: self._in_calendars(Calendars.cancel, booking, "cancel"))

    def _calendar(self, booking: Booking, errand: Callable[[], Coroutine[Any, Any, None]]) -> None:
        before = self.calendars.get(booking.meeting)

        async def in_turn() -> None:
            if before is not None:
                await workflow.wait_condition(before.done)
            await errand()

        self.calendars[booking.meeting] = self.set_going(in_turn())

    async def _in_calendars(self, what: Callable[..., Any], booking: Booking, verb: str) -> None:
        try:
            await far(what, booking, f"{verb} {booking.meeting}")
        except ActivityError:
            self.open_task("calendar_failed", f"calendar/{booking.meeting}/{booking.sequence}", booking.meeting)
            self.note("calendar_failed", booking.meeting)

    # Tasks

    def open_task(
        self,
        kind: str,
        key: str,
        about: str = "",
        role: StaffRole = StaffRole.COORDINATOR,
        due: datetime | None = None,
    ) -> None:
        """Once for each key, until it is closed."""
        if self.journey.task(key) is None:
            task = Task(key=key, kind=kind, about=about, role=role, opened=workflow.now(), due=due)
            self.journey.tasks.append(task)
            self.changed()

    def close_tasks(self, done: Callable[[Task], bool]) -> None:
        left = [task for task in self.journey.tasks if not done(task)]
        if len(left) != len(self.journey.tasks):
            self.journey.tasks = left
            self.changed()

    # What is on its way

    def set_going(self, errand: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs beside the journey. A bug in it is raised where the case waits (`until`), not lost."""

        async def watched() -> None:
            try:
                await errand
            except Exception as error:
                self.broken = error

        self.under_way = [task for task in self.under_way if not task.done()]
        task = asyncio.create_task(watched())
        self.under_way.append(task)
        return task

    async def until(self, condition: Callable[[], bool]) -> None:
        """The main wait of a case. "Request Cancellation" in the Temporal UI, which would end a case without a word,
        becomes a task, and the case goes on."""
        while True:
            try:
                await workflow.wait_condition(lambda: self.broken is not None or condition())
                break
            except asyncio.CancelledError:
                self.open_task("cancel_requested", "cancel_requested", role=StaffRole.MANAGER)
                self.note("cancel_requested")
        if self.broken is not None:
            raise self.broken

    def all_home(self) -> bool:
        """Everything is filed, every letter is settled, and nobody has to see to one that failed any more."""
        return (
            self.filed_changes == self.changes
            and all(task.done() for task in self.under_way if task not in self.lasting)
            and not self.journey.tasks
        )

    def end(self) -> None:
        for task in self.lasting:
            task.cancel()


async def together(*parts: Coroutine[Any, Any, None]) -> None:
    """All at once; the first to end the case ends the others."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        await workflow.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
