"""A letter's words, from its code and the case. Each kind has its text (letters/texts.py): the first line is the
subject, the rest goes into the frame that all letters share. In another language it is a text of its own, a whole
letter for a whole letter; below such a letter stands the English one, which binds.

No template names the child: a letter may reach the wrong person, and subjects show on locked screens."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from domain import ladders, words
from domain.agreement_to_mediate import LATEST, TEXTS
from domain.commands import StaffRole
from domain.digest import MOST_LINES, Digest
from domain.journey import MESSAGE, ONCE_MORE, OPEN_AGAIN, Letter, Meeting
from domain.languages import Language, marked, speaking, speech, tr
from domain.parties import FAMILY, Channel, PartyRole
from domain.referral import PersonDetails
from domain.view import CaseView, PartyView, StaffView
from letters.invitation import Guest, Invitation, Method, Organiser, invitation
from letters.texts import FRAME, SHIPPED, Texts, name_of
from translations import speech_of

LINK = "[your personal link]"
"""Stands for the personal link wherever a letter is kept; the real one is put in when it is sent, and never stored."""

ENGLISH_TEXT = "English text"
"""Stands alone on its line between a letter in another language and the same letter in English."""

_BELOW = f"\n\n{ENGLISH_TEXT}\n\n"

ASKS_TO_RING = "If you have a question"
"""How the signature of every letter begins."""


_INVITES: dict[str, Method] = {
    "visit_booked": "REQUEST",
    "visit_cancelled": "CANCEL",
    "visit_moved": "REQUEST",
    "joint_meeting_booked": "REQUEST",
    "joint_meeting_moved": "REQUEST",
    "joint_meeting_cancelled": "CANCEL",
    "no_longer_part": "CANCEL",  # of a meeting that takes place without them
}
_ANSWERED_BY_LINK = ("visit_choice", "sign", "availability", "comments", "action", "feedback", "consent")
_TO_THE_CASE_PAGE = (
    "referral_received",
    "consent_receipt",
    "visit_booked",
    "visit_moved",
    "visit_remind",
    "visit_missed",
    "joint_meeting_booked",
    "joint_meeting_moved",
    "joint_meeting_remind",
    "joint_meeting_missed",
    "joint_meeting_not_held",
    "agreement_copy",
    "mediator_changed",
    "contact_changed",
    "party_joined",
    OPEN_AGAIN,
    "correction",
)


_TO_THE_PAPERS = ("papers_to_read", "paper_destroyed")


class Service(BaseModel):
    """The service, as it signs its letters."""

    name: str
    phone: str
    email: str
    address: str
    public_url: str  # without a slash at the end


class Rendered(BaseModel):
    """A letter in words, as it is kept: sealed in its row, with `LINK` where the personal link goes."""

    subject: str
    text: str
    invitation: Invitation | None = None
    attachments: list[str] = Field(default_factory=list)  # documents of the case: "agreement/1"
    line: str = ""  # the words of our own that stand in the text
    language: Language = Language.ENGLISH  # of subject and text; below another than English stands the English text


class _To(BaseModel):
    """Whom a letter greets."""

    name: str
    email: str = ""
    party: PartyView | None = None  # None: a member of staff
    reads: Language = Language.ENGLISH


def purpose_of(letter: Letter) -> str | None:
    """Which personal link a letter carries: an ask's key, "permission", "case", "papers", or none (staff sign in)."""
    if to_staff(letter.to):
        return None
    if letter.kind.startswith("permission_"):
        return "permission"
    if letter.kind in _TO_THE_CASE_PAGE:
        return "case"
    if letter.kind == "sign_receipt":  # the page on which a signature is taken back
        return letter.about
    if letter.kind in _TO_THE_PAPERS:
        return "papers"
    if letter.kind in [f"{ask}_{what}" for ask in _ANSWERED_BY_LINK for what in ("ask", "remind")]:
        return letter.about
    return None


def to_staff(to: str) -> bool:
    """Whether a letter goes to a member of staff: a role or "mediator/<id>"; else to a participant."""
    return to in set(StaffRole) or to.startswith("mediator/")


def personal_link(service: Service, token: str) -> str:
    """The address behind which the party's page stands."""
    return f"{service.public_url}/l/{token}"


def script_of(text: str) -> list[str]:
    """What a letter says, to be said on the telephone: its paragraphs without greeting, link and signature. In English,
    which an interpreter puts into the words of whoever is rung."""
    english = text.rpartition(_BELOW)[2]
    paragraphs = [" ".join(part.split()) for part in english.strip().split("\n\n")][1:]
    end = next((n for n, part in enumerate(paragraphs) if part.startswith(ASKS_TO_RING)), len(paragraphs))
    return [part for part in paragraphs[:end] if LINK not in part]


def text_message(rendered: Rendered, service: Service, link: str) -> str:
    """The letter in a text message, in one language: what it is about, and where its words stand."""
    values = {"service": service.name, "subject": rendered.subject, "link": link, "phone": service.phone}
    line = " ".join(rendered.line.split())
    with speaking(speech_of(rendered.language)):
        if line:
            return tr("{service}: {subject}. {line} Your own page: {link} or ring us on {phone}.", line=line, **values)
        return tr("{service}: {subject}. Please read and answer here: {link} or ring us on {phone}.", **values)


def meeting_of(case: CaseView, about: str) -> Meeting | None:
    """The meeting that a letter about this ask or meeting belongs to."""
    kind, _, rest = about.partition("/")
    key = {
        "visit": about,
        "visit_choice": f"visit/{rest}",
        "joint_meeting": about,
        "availability": f"joint_meeting/{rest.rpartition('/')[2]}",
    }.get(kind)
    return case.journey.meeting(key) if case.journey and key else None


def render(
    case: CaseView,
    letter: Letter,
    *,
    service: Service,
    now: datetime,
    staff: StaffView | None = None,
    to_a_stranger: bool = False,
    texts: Texts = SHIPPED,
) -> Rendered:
    """`texts`: by which it is written. `staff`: the member of staff it goes to, where the case does not say.
    `to_a_stranger`: it is the first letter to an address that nobody has confirmed, so it holds nothing by which a
    child is known, not even a school. LookupError or jinja2.TemplateError: the case does not hold what this letter
    speaks of."""
    line = "" if to_a_stranger else line_of(case, letter)
    if letter.kind == MESSAGE and not (line or to_a_stranger):
        raise LookupError("a message without words")
    to = _recipient(case, letter.to, staff)
    name = name_of(letter.kind, to_staff=to.party is None)

    def written() -> tuple[str, str]:
        return _framed(name, _said(case, letter, to, service, now, to_a_stranger=to_a_stranger), texts)

    language = texts.written_in(name, to.reads)
    subject, text = _in_language(language, written)
    with speaking(speech_of(language)):
        invites = _invites(case, letter, to, service, now, to_a_stranger)
    return Rendered(
        subject=subject,
        text=_with_line(text, line),
        line=line,
        invitation=invites,
        attachments=[letter.about] if letter.kind == "agreement_copy" and not to_a_stranger else [],
        language=language,
    )


def _invites(
    case: CaseView, letter: Letter, to: _To, service: Service, now: datetime, to_a_stranger: bool
) -> Invitation | None:
    """To the meeting of a letter that books, moves or cancels one. A mediator's calendar is written by CalDAV."""
    meeting, method = meeting_of(case, letter.about), _INVITES.get(letter.kind)
    if method is None or meeting is None or meeting.slot is None or to.party is None:
        return None
    guest = Guest(name=to.name, email=to.email)
    organiser = Organiser(name=service.name, email=service.email)
    place = tr(_ASK_US_WHERE) if to_a_stranger else case.place_of(meeting)
    return invitation(case, meeting, method, guest, organiser, now, place=place)


def variables(
    case: CaseView,
    letter: Letter,
    *,
    service: Service,
    now: datetime,
    staff: StaffView | None = None,
    to_a_stranger: bool = False,
) -> dict[str, Any]:
    """What the text of this letter may speak of."""
    to = _recipient(case, letter.to, staff)
    return _said(case, letter, to, service, now, to_a_stranger=to_a_stranger)


def again(case: CaseView, letter: Letter, earlier: Rendered) -> Rendered:
    """An earlier letter in the same words, with a line of our own if there is one."""
    line = line_of(case, letter)
    return earlier.model_copy(update={"text": _with_line(earlier.text, line), "line": line})


def speaks_of_another_date(case: CaseView, letter: Letter, earlier: Rendered) -> bool:
    """Whether an earlier letter about a meeting says a date that has been changed since."""
    meeting = meeting_of(case, letter.about)
    tells_when = letter.kind.endswith(("_booked", "_moved", "_remind")) and letter.about == (meeting and meeting.key)
    return bool(tells_when and meeting and meeting.slot and words.slot(meeting.slot) not in earlier.text)


def line_of(case: CaseView, letter: Letter) -> str:
    """What staff have written for this letter; "" for nothing."""
    said = str(case.texts.get(letter.line, {}).get("message", "")) if letter.line else ""
    return re.sub(r"\n{3,}", "\n\n", said.replace("\r\n", "\n")).strip()


def _with_line(text: str, line: str) -> str:
    """It stands first, below the greeting, as it was typed: in each language."""
    if not line:
        return text
    letters = [one.partition("\n\n") for one in text.split(_BELOW)]
    return _BELOW.join(f"{greeting}\n\n{line}\n\n{rest}" for greeting, _, rest in letters)


def code_letter(code: str, until: datetime, *, service: Service, language: Language = Language.ENGLISH) -> Rendered:
    """The code that shows whose e-mail address a referral from the public form gave. It says nothing of what was typed
    there: anybody can type anybody's address, and must not be able to send them words of their own."""
    return _code_letter("before_a_case/code", code, until, service, language)


def proof_letter(
    code: str,
    until: datetime,
    *,
    service: Service,
    reference: str,
    officer: bool,
    language: Language = Language.ENGLISH,
) -> Rendered:
    """The code by which a participant opens what is private on their page, or an officer the page of their cases. It
    names nobody: it may be asked for by whoever has the link, or types an address."""
    said = {"reference": reference, "officer": officer}
    return _code_letter("before_a_case/proof", code, until, service, language, **said)


def proof_text(code: str, until: datetime, service: Service, language: Language = Language.ENGLISH) -> str:
    """The same code in a text message."""
    with speaking(speech_of(language)):
        return tr(
            "{service}: your code is {code}. It is good until {until}. Type it on the page that you have open, and "
            "tell it to nobody. You did not ask for it? Ring us on {phone}.",
            service=service.name,
            code=code,
            until=words.clock(until),
            phone=service.phone,
        )


def _code_letter(
    template: str, code: str, until: datetime, service: Service, reads: Language = Language.ENGLISH, **more: Any
) -> Rendered:
    """To nobody by name, and without a promise about a mediation that may never be."""
    said = {"code": code, "until": words.clock(until), **more}
    return _beside_the_cases(template, "", until, service, reads, **said)


def password_letter(name: str, token: str, until: datetime, *, service: Service) -> Rendered:
    """The link by which a member of staff chooses a new password. It is kept nowhere."""
    link = f"{service.public_url}/sign-in/new-password/{token}"
    return _beside_the_cases("to_staff/new_password", name, until, service, link=link, until=words.clock(until))


def digest_letter(digest: Digest, name: str, *, service: Service, now: datetime) -> Rendered:
    """What is late and what is due today, for a member of staff: references and roles, no names."""
    lines = {"late": digest.late, "today": digest.today, "soon": digest.soon}
    said: dict[str, Any] = {"subject": digest.subject(), **lines, "most": MOST_LINES}
    return _beside_the_cases("to_staff/digest", name, now, service, **said)


def _beside_the_cases(
    template: str, name: str, written: datetime, service: Service, reads: Language = Language.ENGLISH, **said: Any
) -> Rendered:
    """A letter that belongs to no case, in the words of the service itself."""

    def framed() -> tuple[str, str]:
        known = {
            "to": _To(name=name),
            "is_family": False,
            "is_staff": True,
            "reference": "",
            "service": service,
            "coordinator": service.name,
            "needs": "",
            "written": words.day(written),
        }
        return _framed(template, {**known, **said}, SHIPPED)

    language = SHIPPED.written_in(template, reads)
    subject, text = _in_language(language, framed)
    return Rendered(subject=subject, text=text, language=language)


def _in_language(language: Language, written: Callable[[], tuple[str, str]]) -> tuple[str, str]:
    """Subject and text in a language; below any other than English the English text, which binds, and which whoever
    helps them can read."""
    with speaking(speech_of(language)):
        subject, text = written()
    if language != Language.ENGLISH:
        with speaking(speech_of(Language.ENGLISH)):
            text = text.rstrip() + _BELOW + written()[1]
    return subject, text


def _framed(name: str, said: dict[str, Any], texts: Texts) -> tuple[str, str]:
    """Subject and text in the language that is spoken: the first line is the subject, the rest stands between greeting
    and signature."""
    language = speech().language
    subject, _, body = texts.template(name, language).render(said).strip().partition("\n")
    text = texts.template(FRAME, language).render(said, body=body.strip())
    return " ".join(subject.split()), re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _recipient(case: CaseView, to: str, staff: StaffView | None) -> _To:
    if staff is None and to == StaffRole.COORDINATOR:
        staff = case.coordinator
    if staff is None and case.mediator and to in (StaffRole.MEDIATOR, f"mediator/{case.mediator.id}"):
        staff = case.mediator
    if staff is not None:
        return _To(name=staff.name, email=staff.email)
    if to_staff(to):
        return _To(name="colleague")
    person = case.person(to)
    details, party = person.details, case.party(person.party)
    return _To(name=details.name, email=details.email, party=party, reads=case.language_of(to))


def _said(
    case: CaseView, letter: Letter, to: _To, service: Service, now: datetime, *, to_a_stranger: bool
) -> dict[str, Any]:
    said = _context(case, letter, to, service, now)
    return said | _withheld(case, to.party, said) if to_a_stranger and to.party else said


def _context(case: CaseView, letter: Letter, to: _To, service: Service, now: datetime) -> dict[str, Any]:
    """What templates may speak of. What the case does not hold is left out: a template that needs it fails."""
    referrer = case.parties[0]
    context: dict[str, Any] = {
        "to": to,
        "is_family": to.party is not None and to.party.role in FAMILY,
        "is_staff": to.party is None,
        "reference": case.reference,
        "service": service,
        "coordinator": case.coordinator.name or service.name,
        # A parent's name would tell a stranger whose child it is about; an organisation's does not
        "referrer": referrer.organisation or tr(_A_SIDE[referrer.role]),
        "to_a_stranger": False,
        "others": [party.name for party in case.parties if to.party is None or party.key != to.party.key],
        "written": words.day(now),
        "last_day": _last_day(case, letter),
        "answer_by": _answer_by(case, letter, now),
        "number": letter.number % ONCE_MORE,
        "needs": "" if to.party is None else _needs(case.person(letter.to).details),
    }
    if case.journey and case.journey.closing:
        context["goes_on_as"] = case.journey.closing.into
    if to.party is not None:
        context["channel"] = case.channel_of(letter.to)
    if purpose_of(letter):
        context["link"] = LINK
    elif to.party is None:
        context["link"] = f"{service.public_url}/cases/{case.reference}"
    if case.mediator and not (case.journey and case.journey.offered_to):  # parties hear of nobody who was only asked
        context["mediator"] = case.mediator.name
    meeting = meeting_of(case, letter.about)
    if meeting:
        context["place"], context["online"] = case.place_of(meeting), meeting.online
        context["access"] = case.venues[meeting.venue].access if meeting.venue in case.venues else ""
        context["dates"] = [words.slot(slot) for slot in meeting.offered if slot.start > now]
        context["visited"] = words.who(case, meeting.party) if meeting.party else ""
        if meeting.slot:
            context["date"] = words.slot(meeting.slot)
            # every earlier date: whoever missed a letter between knows only the first one
            former = {words.slot(slot): None for slot in meeting.former if slot != meeting.slot}
            context["former"] = list(former)
        context["new_dates"] = _new_dates_follow(case, meeting)
    if letter.kind == "party_joined":
        context["joined"] = _unnamed(case.party(letter.about.partition("/")[2]))
    if letter.kind == "correction":
        context["record"] = letter.about.partition("/")[0]
    if letter.kind == "agreement_copy":
        context["version"], context["because"] = _amended(case, letter.about.partition("/")[2])
    if letter.kind == "action_remind":
        context["action"] = _action(case, letter.about.partition("/")[2])
    if letter.kind.startswith("sign_") and to.party is not None:
        context |= _signing(case, to.party, letter)
    if letter.kind == "joint_meeting_remind" and case.journey:
        context["childs_voice"] = words.childs_voice(case.journey)
        context["unsigned"] = [words.who(case, party) for party in case.journey.unsigned]
    if letter.kind == "paper_destroyed":
        given = {f"paper/{one.key}": one.given for one in (case.journey.papers if case.journey else [])}
        context["given"] = words.day(given[letter.about])
    if letter.kind.startswith("staff_"):
        context["task"] = _task(case, letter.about)
        context["needs"] = words.needs_of(case, letter.about)
    return context


def _needs(details: PersonDetails) -> str:
    """What they told us that they need, as far as the language of their letters does not show it."""
    told = (
        details.language,
        tr("interpreter") if details.interpreter else "",
        tr("Easy Read") if details.easy_read else "",
        details.adjustments,
    )
    return " · ".join(filter(None, told))


def _signing(case: CaseView, party: PartyView, letter: Letter) -> dict[str, Any]:
    """The agreement to mediate. Where the letter itself is all they have to read, it holds the text: on paper with room
    for a signature, on the telephone to be read out."""
    own = [one for one in case.journey.signatures if one.party == party.key] if case.journey else []
    signature = case.journey.signature(party.key) if case.journey else None
    channel = case.channel_of(letter.to)
    return {
        "points": [tr(point) for point in TEXTS[signature.version if signature else LATEST]],
        "on_paper": channel == Channel.POST,
        "read_out": channel == Channel.PHONE,
        "taken_back": bool(own) and signature is None,
        "signed_by": str(case.texts.get(signature.command, {}).get("said_by", "")) if signature else "",
        "signed_on": words.day(signature.at) if signature else "",
    }


def _unnamed(party: PartyView) -> str:
    """An organisation by name; of a family nobody's, who may not want the others to know it from us."""
    if party.organisation:
        return party.organisation
    return tr("the young person") if party.role == PartyRole.YOUNG_PERSON else tr("a parent or carer")


_A_SIDE: dict[PartyRole, str] = {
    PartyRole.PARENT: marked("a family"),
    PartyRole.YOUNG_PERSON: marked("a young person"),
    PartyRole.SCHOOL: marked("a school"),
    PartyRole.LOCAL_AUTHORITY: marked("a local authority"),
    PartyRole.HEALTH_BODY: marked("a health body"),
}
"""What a side is called where nobody may learn which one it is."""


_ASK_US_WHERE = marked("Please ring us, and we will tell you")


def _withheld(case: CaseView, to: PartyView, said: dict[str, Any]) -> dict[str, Any]:
    """What a stranger reads instead of what would tell them of whom the letter speaks."""
    hidden: dict[str, Any] = {
        "to_a_stranger": True,
        "referrer": tr(_A_SIDE[case.parties[0].role]),
        "others": list(dict.fromkeys(tr(_A_SIDE[party.role]) for party in case.parties if party.key != to.key)),
        "needs": "",
    }
    if "place" in said:
        hidden["place"], hidden["access"] = tr(_ASK_US_WHERE), ""
    if "joined" in said:
        hidden["joined"] = tr("another side")
    if "action" in said:
        hidden["action"] = {**said["action"], "what": ""}
    return hidden


def _last_day(case: CaseView, letter: Letter) -> str:
    """When silence becomes an answer, for the asks where it does; "" for the others."""
    last = case.lapses(letter.about)
    return words.moment(last) if last else ""


def _answer_by(case: CaseView, letter: Letter, now: datetime) -> str:
    """The day on which we would write again or ring; "" where silence becomes an answer, or nothing comes any more."""
    ask = case.journey.open_ask(letter.about) if case.journey else None
    rung = ladders.next_rung(ask, case.policy) if ask else None
    if ask is None or rung is None or ask.due or _last_day(case, letter):
        return ""
    at = ladders.moment(ask, rung, case.policy)
    return words.day(at) if at > now else ""


def _new_dates_follow(case: CaseView, meeting: Meeting) -> bool:
    """After a no-show: by itself; False while a manager has to decide how it goes on."""
    sort, most = meeting.key.partition("/")[0], case.policy.no_shows_before_decision
    absent = [meeting.party] if meeting.party else meeting.absent
    return case.journey is not None and all(case.journey.no_shows(party, sort) < most for party in absent)


def _action(case: CaseView, number: str) -> dict[str, Any]:
    """An action of the agreement, with its words."""
    journey = case.journey
    for action in journey.actions if journey else []:
        if str(action.number) == number:
            said = case.texts.get(journey.agreement.command, {}) if journey and journey.agreement else {}
            what = said.get("what", [])[action.number - 1 : action.number]
            return {"number": number, "by": words.day(action.by), "what": what[0] if what else ""}
    raise LookupError(f"no action {number}")


def _amended(case: CaseView, version: str) -> tuple[str, str]:
    """The version of an agreement, and why it replaces one that was issued before; "" for any other."""
    agreement = case.journey.agreement if case.journey else None
    if agreement is None or str(agreement.version) != version:
        return version, ""
    return version, str(case.texts.get(agreement.command, {}).get("reason", ""))


def _task(case: CaseView, about: str) -> str:
    """What a member of staff has to do, or what is waited for, in words."""
    for task in case.journey.tasks if case.journey else []:
        if about in (task.key, task.about):
            return words.task_title(case, task)
    title = words.ask_title(case, about) if about else "look at the case"
    return title[0].upper() + title[1:]
