"""What comes into the mailbox, brought to its case. A message stays unread until its case has it, so that nothing is
lost; it is known by its Message-ID, so that nothing is taken twice. What belongs to no case is flagged for a person."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from casefile.cases import Cases, NoSuchCase, derived_id
from casefile.commands import Commands, Outcome
from casefile.examining import Refused, examine, plain_name
from casefile.letters import CaseLetter, Letters
from casefile.papers import Papers, PaperToKeep
from casefile.vault import Erased
from domain.commands import MAILBOX, Command, NoteAutomaticReply, ReceiveReply, ReplyTexts, ReportBounce
from domain.journey import MAY_COME_BACK
from domain.papers import MOST_OF_ONE_PARTY, WHY_NOT_TAKEN_FOR_STAFF, NotTaken, PaperText
from domain.parties import party_of
from domain.view import CaseView
from imap import Mailbox, MailboxAway, OpenMailbox
from letters.rendering import to_staff
from letters.replies import LONGEST, Arrival, Sort, read
from workflows.neighbours import Mailroom, Watch, Watched

log = structlog.get_logger(__name__)

EVERY = timedelta(minutes=1)
DECORATION = 50_000  # bytes: a smaller picture within the text is a logo, as a rule

Fate = Literal["done", "waits", "left"]
"""done: its case has it, or nobody need see it. waits: on its way to its case. left: a person must look at it."""


class _Whose(NamedTuple):
    """A case, and the participant of it who wrote."""

    case: CaseView
    person: str


class Arrivals(Mailroom):
    """Reads the mailbox. Without one there is nothing to read."""

    def __init__(
        self,
        mailbox: Mailbox | None,
        letters: Letters,
        cases: Cases,
        commands: Commands,
        papers: Papers,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        every: timedelta = EVERY,
    ) -> None:
        self.mailbox, self.letters, self.cases, self.commands = mailbox, letters, cases, commands
        self.papers, self.now, self.every = papers, now, every

    @activity.defn
    async def watch(self, order: Watch) -> Watched:
        if self.mailbox is None:
            return Watched(is_set=False)
        until = self.now() + timedelta(minutes=order.minutes)
        while self.now() < until:
            try:
                await self.read_once(self.mailbox, activity.heartbeat)
            except MailboxAway as away:
                raise ApplicationError(f"the mailbox cannot be read now: {away}", type="mailbox_away") from None
            activity.heartbeat()
            with suppress(TimeoutError):
                async with asyncio.timeout(self.every.total_seconds()):
                    await activity.wait_for_worker_shutdown()
            if activity.is_worker_shutdown():  # another worker takes over, or this one when it is back
                raise ApplicationError("the worker stops", type="worker_stops")
        return Watched()

    async def read_once(self, mailbox: Mailbox, alive: Callable[[], None] = lambda: None) -> dict[str, int]:
        """Look at every message that is new, and say how many had which fate. MailboxAway; ApplicationError: one of
        them met a fault of ours."""
        fates: Counter[str] = Counter()
        trouble = ""
        async with mailbox.open() as folder:
            for uid in await folder.unread():
                try:
                    fate = await self._deal_with(folder, uid)
                except MailboxAway:
                    raise
                except Exception as error:  # it stays unread, the others go on, and the attempt fails where all see it
                    fate, trouble = "waits", type(error).__name__
                if fate == "done":
                    await folder.mark_read(uid)
                elif fate == "left":
                    await folder.flag(uid)
                fates[fate] += 1
                alive()
        if fates["done"] or fates["left"]:
            log.info("the mailbox was read", to_their_cases=fates["done"], left_for_a_person=fates["left"])
        if trouble:
            raise ApplicationError(f"a message could not be brought to its case: {trouble}", type="not_brought")
        return dict(fates)

    async def _deal_with(self, folder: OpenMailbox, uid: str) -> Fate:
        raw = await folder.message(uid)
        if raw is None:
            return "left"
        try:
            arrival = read(raw)
        except Exception as error:  # one odd message must not keep all others from their cases
            log.warning("a message in the mailbox cannot be read", error=type(error).__name__)
            return "left"
        letter = await self.letters.of_messages(arrival.answers)
        if arrival.sort == Sort.FAILURE:
            return await self._came_back(letter) if letter else "left"
        if arrival.sort == Sort.DELAY:  # if the letter never arrives, another report says so
            return "done" if letter else "left"
        try:
            whose = await self._whose(arrival, letter)
            if whose is None:  # a note that staff are away needs nobody
                return "done" if letter and arrival.sort == Sort.AUTOMATIC else "left"
            return await self._bring(arrival, whose)
        except Erased:
            return "left"

    # A letter that came back

    async def _came_back(self, letter: CaseLetter) -> Fate:
        """However many reports there are, the letter comes back once. The row is marked after the command is stored: a
        crash between them finds the command, and marks it then."""
        command_id = derived_id("bounce", letter.id)
        outcome = await self.commands.known(command_id)
        if outcome is None:
            if letter.state not in MAY_COME_BACK:
                return "done"  # it was refused when it was sent, and that task is there; or nobody wants it any more
            command = ReportBounce(
                id=command_id,
                case_id=letter.case_id,
                actor=MAILBOX,
                at=self.now(),
                kind_of_letter=letter.kind,
                about=letter.about,
                to=letter.to,
                number=letter.number,
            )
            await self.commands.store(command)
        await self.letters.mark_bounced(letter.id, self.now())
        return _fate(outcome)

    # Somebody wrote

    async def _bring(self, arrival: Arrival, whose: _Whose) -> Fate:
        command_id = derived_id("mail", arrival.fingerprint)
        outcome = await self.commands.known(command_id)
        automatic = arrival.sort == Sort.AUTOMATIC
        if outcome is None:
            by = {
                "id": command_id,
                "case_id": whose.case.id,
                "actor": MAILBOX,
                "at": self.now(),
                "person": whose.person,
            }
            command: Command
            if automatic:
                command = NoteAutomaticReply.model_validate(by)
                said = "; ".join(one.label for one in arrival.attachments)
            else:
                kept, said = await self._take_in(arrival, whose, command_id)
                command = ReceiveReply.model_validate({**by, "papers": kept})
            texts = ReplyTexts(
                sender=arrival.sender, subject=arrival.subject, words=arrival.words, attachments=said[:LONGEST]
            )
            await self.commands.store(command, texts)
        elif outcome.status == "refused" and automatic:
            return "done"  # the case has ended: nobody need read a machine's note
        return _fate(outcome)

    async def _take_in(self, arrival: Arrival, whose: _Whose, command_id: str) -> tuple[list[str], str]:
        """What is attached is kept as papers of who wrote, each under a key that is the same when the message is read
        again. The keys, and what became of each in words; what was not kept is still in the mailbox."""
        journey = whose.case.journey
        room = MOST_OF_ONE_PARTY - (len(journey.papers_of(party_of(whose.person))) if journey else 0)
        kept: list[PaperToKeep] = []
        said = []
        for number, file in enumerate(arrival.attachments):
            if file.shown_in_text and len(file.content) < DECORATION:
                said.append(f"{file.label}: a small picture in the text, not kept")
                continue
            try:
                if len(kept) >= room:
                    raise Refused(NotTaken.TOO_MANY)
                examined = await examine(file.content)
            except Refused as refused:
                said.append(f"{file.label}: not kept, {WHY_NOT_TAKEN_FOR_STAFF[refused.why]}")
                continue
            kept.append(
                PaperToKeep(
                    key=derived_id("attachment", command_id, str(number)),
                    command=command_id,
                    text=PaperText(name=plain_name(file.name)),
                    media_type=examined.media_type,
                    content=examined.content,
                )
            )
            said.append(f"{file.label}: kept as a paper")
        if arrival.more:
            said.append(f"and {arrival.more} more, not kept")
        if kept:
            await self.papers.keep(whose.case.id, kept, self.now())
        return [paper.key for paper in kept], "; ".join(said)

    async def _whose(self, arrival: Arrival, letter: CaseLetter | None) -> _Whose | None:
        """By the letter that is answered; else by a case's reference, when the sender is one of its participants. An
        answer to somebody else's letter is theirs who wrote it, if they take part; else it stands for the addressee."""
        if letter:
            case = await self.cases.load(letter.case_id)
            person = _participant(case, arrival.sender)
            if person or not to_staff(letter.to):
                return _Whose(case, person or letter.to)
        for reference in arrival.references:
            try:
                case = await self.cases.load(await self.cases.case_id(reference))
            except NoSuchCase:
                continue
            if person := _participant(case, arrival.sender):
                return _Whose(case, person)
        return None


def _participant(case: CaseView, address: str) -> str:
    """The key of whoever has this e-mail address in the case; "" for nobody."""
    people = [person for party in case.parties for person in party.people]
    return next((one.key for one in people if address and one.details.email.casefold() == address), "")


def _fate(outcome: Outcome | None) -> Fate:
    """Of a message whose command is stored: unread until the case has answered, and left when it refused."""
    if outcome is None or outcome.status == "pending":
        return "waits"
    return "done" if outcome.status == "accepted" else "left"
