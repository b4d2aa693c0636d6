"""Letters by every channel. A letter goes out at most once, if it is still wanted; one whose fate is unclear goes once
more under the same Message-ID. By post and on the telephone it is written here, and leaves when a person says so."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from typing import NamedTuple

import structlog
from jinja2 import TemplateError
from pydantic import BaseModel, Field
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from casefile.cases import staff_view, view
from casefile.covers import stand_ins
from casefile.database import Database
from casefile.letter_texts import edited_texts, note_failure
from casefile.letters import is_to_a_stranger, letter_id, place_of
from casefile.links import Links
from casefile.tables import Case, Document, LetterRow, Staff
from casefile.vault import CaseKey, Erased, Vault
from domain.commands import StaffRole
from domain.journey import OPEN_AGAIN, TO_WHO_LEFT, Journey, Letter, MeetingStatus
from domain.parties import BY_HAND, NEEDS, Channel, PersonRole, party_of
from domain.view import CaseView, StaffView
from domain.working_days import local_day
from letters.html import put_words
from letters.rendering import (
    LINK,
    Rendered,
    Service,
    again,
    meeting_of,
    personal_link,
    purpose_of,
    render,
    speaks_of_another_date,
    text_message,
    to_staff,
)
from letters.texts import SHIPPED, Texts, kinds, name_of, texts_with
from mail import Away, MailServer, Refused, envelope, message_id
from texts import TextProvider
from workflows.neighbours import Correspondence, Deliveries, Delivery, LettersToDeliver, LetterToDeliver

log = structlog.get_logger(__name__)

SOMEBODY_IS_TOLD = timedelta(hours=1)  # after so long without a server that takes the letter
TOGETHER_WITHIN = timedelta(seconds=30)  # after which no further letter is begun in the same delivery
SENT_ONCE_MORE = 2  # a letter whose reply was lost goes a second time, and then a person looks


class _File(NamedTuple):
    """A document that goes with a letter."""

    name: str
    content: bytes


class _To(BaseModel):
    """Where a letter goes. The channel is the one they chose, or another since letters came back."""

    name: str
    email: str
    phone: str = ""
    address: str = ""
    channel: Channel = Channel.EMAIL
    come_back: list[Channel] = Field(default_factory=list)  # where letters to them do
    staff: StaffView | None = None

    def channel_for(self, rendered: Rendered) -> Channel:
        """What is enclosed fits neither into a text message nor into a call."""
        if rendered.attachments and self.channel in (Channel.TEXT, Channel.PHONE):
            on_paper = [one for one in (Channel.EMAIL, Channel.POST) if one not in self.come_back]
            return next((one for one in on_paper if self.reached_by(one)), Channel.PHONE)
        return self.channel

    def reached_by(self, channel: Channel) -> str:
        """Their address on a channel; "" when we have none."""
        return str(getattr(self, NEEDS[channel]))


class _Text(NamedTuple):
    """A text message, ready to go."""

    to: str
    body: str
    reference: str


class _Settled(Exception):
    """The letter's fate is decided before it is sent."""

    def __init__(self, state: str, problem: str) -> None:
        super().__init__(state, problem)
        self.state, self.problem = state, problem


class Letters(Correspondence):
    """Sends letters through a mail server, and keeps each as it was sent."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        links: Links,
        mail: MailServer,
        texts: TextProvider,
        sender: str,  # "SEN Mediation Service <mediation@service.example>"
        service: Service,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.database, self.vault, self.links, self.mail, self.texts = database, vault, links, mail, texts
        self.sender, self.service, self.now = sender, service, now

    @activity.defn
    async def deliver(self, order: LetterToDeliver) -> Delivery:
        """The row says what is true: once it is settled, nothing is sent again."""
        tried = await self._try(order)
        if isinstance(tried, Delivery):
            return tried
        if not order.told and self.now() - activity.info().scheduled_time >= SOMEBODY_IS_TOLD:
            return Delivery(state="delayed")
        raise ApplicationError(f"nobody took the letter yet: {tried.code}", type="mail_away")

    @activity.defn
    async def deliver_together(self, order: LettersToDeliver) -> Deliveries:
        """One after another. Once one is in trouble, or they take long, what is left goes on its own: whatever the
        trouble is, it shows there, and holds up nobody else's letter."""
        found: list[Delivery] = []
        deadline = time.monotonic() + TOGETHER_WITHIN.total_seconds()
        for letter in order.letters:
            tried: Delivery | Away = Delivery(state="later")
            if (not found or found[-1].state != "later") and time.monotonic() < deadline:
                try:
                    tried = await self._try(LetterToDeliver(case_id=order.case_id, letter=letter))
                except Exception as error:
                    log.warning("a letter goes on its own", kind=letter.kind, error=type(error).__name__)
            found.append(tried if isinstance(tried, Delivery) else Delivery(state="later"))
        return Deliveries(of=found)

    async def _try(self, order: LetterToDeliver) -> Delivery | Away:
        row_id = letter_id(order.case_id, order.letter)
        ready = await self._make_ready(row_id, order)
        if isinstance(ready, Delivery):
            return ready
        try:
            if isinstance(ready, _Text):
                await self.texts.send(*ready)
            else:
                await self.mail.send(ready)
        except Refused as refused:
            log.warning("a letter was refused", letter=row_id, kind=order.letter.kind, code=refused.code)
            return await self._settle(row_id, "bounced" if refused.recipient else "failed", refused.code)
        except Away as away:
            if not away.unclear:
                await self._back_into_the_queue(row_id, away.code)
            return away
        return await self._settle(row_id, "sent")

    async def _make_ready(self, row_id: str, order: LetterToDeliver) -> EmailMessage | _Text | Delivery:
        """In one transaction: is it still wanted, and if so, its words; from here on it counts as being sent."""
        async with self.database.write() as session:
            row, case_row = await session.get(LetterRow, row_id), await session.get(Case, order.case_id)
            if row is None or case_row is None or case_row.journey is None:
                raise ApplicationError("the letter has not been filed", type="not_filed")
            if row.state not in ("queued", "sending"):
                return Delivery.model_validate({"state": row.state, "channel": row.channel})
            session.add(row)
            try:
                key = self.vault.case_key(order.case_id, case_row.wrapped_key)
                case = await view(session, case_row, key)
                journey = case.journey or Journey(parties=[])
                if reason := no_longer_wanted(case, journey, order.letter, self.now()):
                    raise _Settled("withheld", reason if row.state == "queued" else f"{reason}, but it may have gone")
                # not even what confirms somebody's answer
                if journey.second_thoughts and not to_staff(order.letter.to):
                    return Delivery(state="held")
                if not order.letter.reply and self._may_not_leave_now(case, journey, order.letter):
                    return Delivery(state="held")
                if row.state == "sending" and row.attempts >= SENT_ONCE_MORE:
                    raise _Settled("ambiguous", "connection_lost")
                earlier, later = await _of_the_same_asking(session, row)
                if later:
                    raise _Settled("withheld", "overtaken")
                letter = order.letter if earlier else _as_the_first(order.letter)
                message = await self._message(session, case, key, row, letter)
            except Erased:
                return self._written(row, "withheld", "erased")
            except _Settled as settled:
                return self._written(row, settled.state, settled.problem)
            if message is None:
                row.state = "by_hand"
                return Delivery(state="by_hand", channel=Channel(row.channel))
            row.state, row.attempts, row.problem = "sending", row.attempts + 1, ""
            return message

    def _may_not_leave_now(self, case: CaseView, journey: Journey, letter: Letter) -> bool:
        """A retry may come hours after the case found that an unprompted letter could leave."""
        now = self.now()
        return journey.silent or journey.must_be_read_first(letter) or case.policy.office_moment(now) > now

    async def _message(
        self, session: AsyncSession, case: CaseView, key: CaseKey, row: LetterRow, letter: Letter
    ) -> EmailMessage | _Text | None:
        """The letter in its envelope; None when a person posts or says it. Kept as it is sent: the row holds the words
        without the personal link."""
        to = await _recipient(session, case, letter.to, local_day(self.now()))
        if row.state == "sending" and row.sealed:  # its fate is unclear: the same words once more
            rendered = key.open(Rendered, row.sealed, place_of(row.id))
        else:
            own = texts_with(await edited_texts(session))
            earlier = await _in_the_same_words(session, case, key, letter)
            rendered, trouble = (earlier, "") if earlier else self._rendered(own, case, letter, to)
            row.channel = to.channel_for(rendered)
            if not to_staff(letter.to) and await is_to_a_stranger(session, case.id, letter.to, Channel(row.channel)):
                rendered, trouble = self._rendered(own, case, letter, to, to_a_stranger=True)
            if trouble:
                log.error("a letter goes in the words that ship: our own failed", kind=letter.kind, error=trouble)
                name = name_of(letter.kind, to_staff=to_staff(letter.to))
                await note_failure(session, own.used_for(name), trouble, self.now())
            row.sealed = key.seal(rendered, place_of(row.id))
            row.message_id = message_id(row.id, self.sender)
        channel = Channel(row.channel)
        if not to.reached_by(channel):
            raise _Settled("failed", "no_address")
        if case.journey and channel in case.journey.wrong_channels(letter.to):
            raise _Settled("failed", "wrong_address")
        if channel in BY_HAND:
            return None
        if channel == Channel.TEXT:
            token = await self.links.token_for(session, case.id, letter.to, purpose_of(letter) or "case", self.now())
            body = text_message(rendered, self.service, personal_link(self.service, token))
            return _Text(to.phone, body, row.id)
        files = [await _document(session, case, key, name) for name in rendered.attachments]
        text, purpose = rendered.text, purpose_of(letter)
        if purpose:
            token = await self.links.token_for(session, case.id, letter.to, purpose, self.now())
            text = text.replace(LINK, personal_link(self.service, token))
        try:
            message = _envelope(self.sender, to, case.reference, row.message_id, self.now(), rendered)
            put_words(message, text, self.service, rendered.language)
            _enclose(message, rendered, files)
            return message
        except (ValueError, MessageError):  # an address or a name that no header can hold
            raise _Settled("failed", "header") from None

    def _rendered(
        self, own: Texts, case: CaseView, letter: Letter, to: _To, *, to_a_stranger: bool = False
    ) -> tuple[Rendered, str]:
        """In the service's own words. Where these fail, in those that ship, and what the trouble was: people write
        them, and no letter may be lost by it."""

        def by(texts: Texts) -> Rendered:
            now, staff = self.now(), to.staff
            return render(
                case, letter, service=self.service, now=now, staff=staff, to_a_stranger=to_a_stranger, texts=texts
            )

        trouble = ""
        if own is not SHIPPED:
            try:
                return by(own), ""
            except Exception as error:  # whatever is wrong with a text of our own
                trouble = type(error).__name__
        try:
            return by(SHIPPED), trouble
        except (LookupError, ValueError, TemplateError) as error:  # its text may quote the case
            log.error("a letter could not be written", kind=letter.kind, error=type(error).__name__)
            raise _Settled("failed", "not_rendered") from None

    async def _settle(self, row_id: str, state: str, problem: str = "") -> Delivery:
        async with self.database.write() as session:
            row = await session.get_one(LetterRow, row_id)
            session.add(row)
            return self._written(row, state, problem)

    def _written(self, row: LetterRow, state: str, problem: str = "") -> Delivery:
        row.state, row.problem, row.settled = state, problem, self.now()
        return Delivery.model_validate({"state": state, "channel": row.channel})

    async def _back_into_the_queue(self, row_id: str, problem: str) -> None:
        """It surely did not go: whether it is still wanted is asked anew next time."""
        async with self.database.write() as session:
            row = await session.get_one(LetterRow, row_id)
            row.state, row.problem, row.attempts = "queued", problem, 0  # counted are attempts whose fate is unclear
            session.add(row)


async def _of_the_same_asking(session: AsyncSession, row: LetterRow) -> tuple[bool, bool]:
    """Whether an earlier letter of the same asking has gone, and whether a later one is queued behind this one: after
    an outage of the mail, people get the latest and not all at once."""
    sort, _, step = row.kind.rpartition("_")
    if step not in ("ask", "remind"):
        return True, False
    same = await session.exec(
        select(LetterRow).where(
            LetterRow.case_id == row.case_id,
            LetterRow.about == row.about,
            LetterRow.to == row.to,
            col(LetterRow.kind).in_([f"{sort}_ask", f"{sort}_remind"]),
            LetterRow.id != row.id,
        )
    )
    others = list(same)
    return (
        any(other.state == "sent" for other in others),
        any(other.queued > row.queued and other.state in ("queued", "sending") for other in others),
    )


def _as_the_first(letter: Letter) -> Letter:
    """A reminder of something that nobody was ever asked is the question itself."""
    asking = letter.kind.removesuffix("_remind") + "_ask"
    return letter.model_copy(update={"kind": asking}) if asking in kinds() else letter


def no_longer_wanted(case: CaseView, journey: Journey, letter: Letter, now: datetime) -> str:
    """Why a letter is withheld, as a code; "" while it is wanted."""
    if letter.while_asked and journey.open_ask(letter.while_asked) is None:
        return "answered"
    if letter.of_an_end and letter.number <= journey.reopened:
        return "reopened"
    if letter.kind == OPEN_AGAIN and journey.closing:
        return "ended"
    theirs = [f"mediator/{one}" for one in (journey.mediator, journey.offered_to)]
    if letter.to.startswith("mediator/") and letter.to not in theirs and letter.kind not in _ALSO_TO_FORMER_MEDIATORS:
        return "replaced"
    if letter.to in journey.left:
        return "" if letter.kind in TO_WHO_LEFT else "left"
    if not to_staff(letter.to):
        if party_of(letter.to) not in journey.contacted:
            return "not_contacted"
        if letter.kind != "agreement_copy" and _was_replaced(case, letter.to):  # copies go to whoever was there
            return "replaced"
    if letter.kind == "sign_receipt" and journey.signature(party_of(letter.to)) is None:
        return "taken_back"
    meeting = meeting_of(case, letter.about)
    if meeting and letter.kind.endswith(("_missed", "_not_held")) and meeting.status != MeetingStatus.NO_SHOW:
        return "corrected"
    if meeting and letter.kind in [f"{sort}_{what}" for sort in ("visit", "joint_meeting") for what in _AHEAD]:
        if meeting.status == MeetingStatus.CANCELLED:
            return "cancelled"
        if meeting.slot and meeting.slot.start <= now:
            return "past"
        if letter.sequence is not None and letter.sequence < meeting.sequence:  # the letter of the change follows
            return "moved"
    if letter.kind == "papers_to_read" and meeting and meeting.slot and meeting.slot.start <= now:
        return "past"
    return ""


_ALSO_TO_FORMER_MEDIATORS = ("mediator_released", "closed_mediator", "visit_cancelled", "joint_meeting_cancelled")
_AHEAD = ("booked", "moved", "remind")  # letters about a meeting that lies ahead


def _was_replaced(case: CaseView, key: str) -> bool:
    """The person was a party's lead contact, and another has taken over."""
    try:
        person = case.person(key)
    except KeyError:
        return False
    return person.role == PersonRole.LEAD and case.party(person.party).lead.key != key


async def _in_the_same_words(session: AsyncSession, case: CaseView, key: CaseKey, letter: Letter) -> Rendered | None:
    """Of a letter that is sent again: what it said the first time. _Settled: the date in it has been changed since."""
    earlier = letter.of_an_earlier
    row = await session.get(LetterRow, letter_id(case.id, earlier)) if earlier else None
    if row is None or not row.sealed:
        return None
    rendered = key.open(Rendered, row.sealed, place_of(row.id))
    if speaks_of_another_date(case, letter, rendered):
        raise _Settled("withheld", "moved")
    return again(case, letter, rendered)


async def _recipient(session: AsyncSession, case: CaseView, to: str, today: date) -> _To:
    """_Settled: there is nobody, or no address."""
    if to_staff(to):
        staff = await _staff(session, case, to, today)
        found = _To(name=staff.name, email=staff.email, staff=staff) if staff else None
    else:
        everyone = [one for party in (*case.parties, *case.former) for one in party.people]
        person = next((one for one in everyone if one.key == to), None)
        found = _To.model_validate(person.details, from_attributes=True) if person else None
        if found and case.journey:
            found.channel, found.come_back = case.channel_of(to), case.journey.bad_channels(to)
    if found is None:
        raise _Settled("failed", "nobody")
    return found


async def _staff(session: AsyncSession, case: CaseView, to: str, today: date) -> StaffView | None:
    if to.startswith("mediator/"):
        return await staff_view(session, to.partition("/")[2])
    if to == StaffRole.MEDIATOR:
        return case.mediator
    if to == StaffRole.COORDINATOR and case.coordinator.id:  # else of a case that nobody has taken yet
        instead = (await stand_ins(session, today)).get(case.coordinator.id)
        return instead.by if instead else case.coordinator
    staff = (
        await session.exec(select(Staff).where(col(Staff.active)).order_by(col(Staff.created), col(Staff.id)))
    ).all()
    for role in (to, StaffRole.MANAGER):  # without a safeguarding lead the manager hears of it
        for one in staff:
            if role in one.roles:
                return StaffView(id=one.id, name=one.name, email=one.email)
    return None


async def _document(session: AsyncSession, case: CaseView, key: CaseKey, name: str) -> _File:
    """ "agreement/1", opened. It is made before the letter is queued."""
    kind, _, version = name.partition("/")
    row = await session.get(Document, (case.id, kind, int(version)))
    if row is None:
        raise ApplicationError("the document has not been made", type="no_document")
    content = key.open_bytes(row.sealed, f"document/{case.id}/{kind}/{version}")
    return _File(f"{kind}-{case.reference}-{version}.pdf", content)


def _envelope(sender: str, to: _To, reference: str, known_by: str, at: datetime, rendered: Rendered) -> EmailMessage:
    """Without its words. ValueError or MessageError: a name or an address does not fit into a header."""
    # an encoded-word in a name would be decoded into the header, line ends and all
    address = Address(display_name=to.name.replace("=?", "= ?"), addr_spec=to.email)
    message = envelope(sender, address, rendered.subject, known_by, at)
    message["X-Case-Reference"] = reference
    return message


def _enclose(message: EmailMessage, rendered: Rendered, files: list[_File]) -> None:
    """The invitation, as a part that calendars understand and as a file, and the documents."""
    if rendered.invitation:
        method, ics = rendered.invitation.method, rendered.invitation.ics
        message.add_alternative(ics, subtype="calendar", params={"method": method})
        message.add_attachment(ics.encode(), maintype="application", subtype="ics", filename="invitation.ics")
    for file in files:
        message.add_attachment(file.content, maintype="application", subtype="pdf", filename=file.name)
