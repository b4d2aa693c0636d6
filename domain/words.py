"""Codes in plain words: the one place from which pages, the JSON door and letters take theirs.

Stages speak as the leaflet does. Times are those of London's clocks. What is said here is for staff and in English,
unless a function says that it is for everyone: then, as days and times do, it speaks the language of its reader."""

import re
from datetime import date, datetime, timedelta
from typing import NamedTuple

from pydantic import BaseModel

from domain import ladders, titles
from domain.childs_voice import ChildsVoice
from domain.commands import MAILBOX, Slot, StaffRole
from domain.journey import (
    BEGUN_ANEW,
    CALL_WANTED,
    LETTERS_BY_HAND,
    LETTERS_IN_TROUBLE,
    POSSIBLE_DUPLICATE,
    READ_REPLY,
    Armed,
    Ending,
    Event,
    Journey,
    OpenAsk,
    StepWay,
    Task,
)
from domain.languages import marked, speech, tr
from domain.parties import Channel
from domain.policy import Do
from domain.refusals import SENTENCES, Refusal
from domain.stages import Closing, ClosingReason, Stage
from domain.view import CaseView
from domain.working_days import LONDON

# Days and times, on London's clocks, as the reader's language writes them


def day(when: date | datetime) -> str:
    """ "Thu 3 Dec 2026"."""
    return speech().day(_local(when))


def clock(instant: datetime) -> str:
    """ "09:00"."""
    return f"{instant.astimezone(LONDON):%H:%M}"


def moment(instant: datetime) -> str:
    """ "Thu 3 Dec 2026, 09:00"."""
    return f"{day(instant)}, {clock(instant)}"


def soon(instant: datetime) -> str:
    """ "Thu 3 Dec 09:00": for what comes next, where the year goes without saying."""
    return f"{speech().day_of_the_year(_local(instant))} {clock(instant)}"


def slot(when: Slot) -> str:
    """ "Thu 3 Dec 2026, 10:00 to 11:30"."""
    return tr("{start} to {end}", start=moment(when.start), end=_end_of(when))


def slot_to_choose(when: Slot) -> str:
    """ "Thu 3 Dec, 10:00 to 11:30": one of several dates that lie ahead, on the line of a telephone."""
    start = f"{speech().day_of_the_year(_local(when.start))}, {clock(when.start)}"
    return tr("{start} to {end}", start=start, end=_end_of(when))


def half_day_to_choose(code: str) -> str:
    """ "Mon 7 Dec, morning" of "2026-12-07/am"."""
    on, _, half = code.partition("/")
    return f"{speech().day_of_the_year(date.fromisoformat(on))}, {_half(half)}"


def half_day(code: str) -> str:
    """ "Mon 7 Dec 2026, morning" of "2026-12-07/am"."""
    on, _, half = code.partition("/")
    return f"{day(date.fromisoformat(on))}, {_half(half)}"


def _half(code: str) -> str:
    return tr("morning") if code == "am" else tr("afternoon")


def _local(when: date | datetime) -> date:
    return when.astimezone(LONDON).date() if isinstance(when, datetime) else when


def _end_of(when: Slot) -> str:
    return clock(when.start + timedelta(minutes=when.minutes))


# Who


def who(case: CaseView, of: str) -> str:
    """A party's name, a participant's, or "the coordinator", "the mediator", "the manager". For everyone."""
    if of in set(StaffRole):
        return tr(_STAFF[StaffRole(of)])
    if of.startswith("mediator/"):
        return tr(_STAFF[StaffRole.MEDIATOR])
    try:
        return case.person(of).details.name if "." in of else case.party(of).name
    except KeyError:
        return of


_STAFF: dict[StaffRole, str] = {
    StaffRole.COORDINATOR: marked("the coordinator"),
    StaffRole.MEDIATOR: marked("the mediator"),
    StaffRole.SAFEGUARDING_LEAD: marked("the safeguarding lead"),
    StaffRole.MANAGER: marked("the manager"),
    StaffRole.OPERATIONS: marked("the operations"),
}


def recipient(case: CaseView, to: str) -> str:
    """To whom a letter goes, with the name where the case knows it."""
    if to == StaffRole.COORDINATOR and case.coordinator.name:
        return f"{case.coordinator.name} (coordinator)"
    if to.startswith("mediator") and case.mediator and to in ("mediator", f"mediator/{case.mediator.id}"):
        return f"{case.mediator.name} (mediator)"
    return who(case, to)


def actor(case: CaseView, by: str) -> str:
    """Whose act it was: the name, "a member of staff" where the case does not know it, "" for the service itself."""
    if not by:
        return ""
    if by == MAILBOX.id:
        return "the mailbox"
    for staff in (case.coordinator, case.mediator):
        if staff and staff.id == by:
            return staff.name
    name = who(case, by)
    return "a member of staff" if name == by else name


# Asks


class _AskWords(NamedTuple):
    """How one kind of ask is spoken of. {party} is the party that it is about, {number} the action's."""

    waited_for: str  # "consent"
    unless: str  # what makes the armed rung needless: "they answer"
    of_party: str = "{waited_for} ({party})"  # what is waited for, in full
    task: str = ""  # what staff do about it
    reminder: str = "Reminder {n} to {who}"
    lapse: str = ""  # what silence means
    ring: str = "Ring {party}: no answer yet ({waited_for})"  # the task of a call
    decide: str = "Decide what the silence of {party} means ({waited_for})"  # the manager's task
    decided_on: str = "The manager decides what the silence of {who} means"  # the rung that opens it


_ASKS: dict[str, _AskWords] = {
    "explaining_call": _AskWords(
        "the explaining call",
        "the call is recorded",
        task="explain mediation to {party} (the explaining call)",
    ),
    "permission": _AskWords("permission to contact the others", "they answer"),
    "consent": _AskWords("consent", "they answer", "consent of {party}"),
    "mediator_choice": _AskWords(
        "the choice of a mediator",
        "a mediator is chosen",
        "the choice of a mediator",
        task="choose a mediator",
    ),
    "acceptance": _AskWords(
        "the mediator's yes",
        "they answer",
        "the mediator's yes to the case",
        lapse="The case is offered to the next mediator",
    ),
    "visit_dates": _AskWords(
        "dates for the initial visit",
        "dates are offered",
        "dates for the initial visit of {party}",
        task="offer dates for the initial visit to {party}",
    ),
    "visit_choice": _AskWords(
        "a choice among the dates for the initial visit",
        "they answer",
        "a choice of {party} among the dates for the initial visit",
    ),
    "visit": _AskWords(
        "the initial visit",
        "the visit is recorded",
        "the initial visit of {party}",
        task="record the initial visit of {party}",
        reminder="Reminder of the initial visit to {party}",
    ),
    "sign": _AskWords(
        "the agreement to mediate, signed",
        "they sign",
        "the agreement to mediate, signed by {party}",
        task="have {party} sign the agreement to mediate in the room",
    ),
    "childs_voice": _AskWords(
        "how the child is to be heard",
        "it is recorded",
        "how the child is to be heard",
        task="find out how the child is to be heard at the joint meeting",
    ),
    "availability": _AskWords(
        "dates that suit for the joint meeting", "they answer", "dates that suit {party} for the joint meeting"
    ),
    "joint_date": _AskWords(
        "a date for the joint meeting",
        "it is fixed",
        "a date for the joint meeting",
        task="fix the date and place of the joint meeting",
    ),
    "joint_meeting": _AskWords(
        "the joint meeting",
        "the meeting is recorded",
        "the joint meeting",
        task="record the joint meeting",
        reminder="Reminder of the joint meeting to everyone invited",
    ),
    "terms": _AskWords(
        "the wording of the agreement",
        "the agreement is written up",
        "the wording of the agreement",
        task="write up the agreement",
    ),
    "comments": _AskWords(
        "comments on the agreement",
        "they answer",
        "comments of {party} on the agreement",
        lapse="The wording counts as agreed by {party}",
    ),
    "issue": _AskWords(
        "the final wording of the agreement",
        "the agreement is issued",
        "the final wording of the agreement",
        task="issue the agreement, or write a new version",
    ),
    "action": _AskWords(
        "action {number} of the agreement",
        "it is recorded as done",
        "action {number} of the agreement ({party})",
        reminder="Reminder {n} to {party} of action {number}",
    ),
    "feedback": _AskWords(
        "feedback", "they answer", "feedback of {party}", lapse="Feedback of {party} is no longer waited for"
    ),
    "no_show": _AskWords(
        "a way on after {meeting} that was missed",
        "they withdraw",
        "{meeting} that {party} missed",
        ring="Ring {party}: they did not come to {meeting}. Ask kindly what would make it possible",
        decide="Decide how it goes on with {party}, who did not come to {meeting}",
        decided_on="The manager decides how it goes on with {party}, who did not come to {meeting}",
    ),
}

ASKS: dict[str, str] = {
    kind: words.waited_for.replace(" {number}", "").replace("{meeting}", "a meeting") for kind, words in _ASKS.items()
}
"""What is waited for, by the ask's kind, without names."""


def ask_title(case: CaseView, key: str) -> str:
    """What an ask waits for, in full, by its key: "consent of Oakfield School", "the initial visit of Ann Example"."""
    words, names = _words(case, key)
    return words.of_party.format(waited_for=words.waited_for.format(**names), **names)


def waited_for(case: CaseView, key: str) -> str:
    """What an ask waits for, where it is clear from whom: "consent"."""
    words, names = _words(case, key)
    return words.waited_for.format(**names)


def meeting_title(case: CaseView, key: str) -> str:
    """ "Initial visit: Oakfield School" or "Joint meeting", by the meeting's key."""
    return f"Initial visit: {_words(case, key)[1]['party']}" if key.startswith("visit/") else "Joint meeting"


def _words(case: CaseView, key: str) -> tuple[_AskWords, dict[str, str]]:
    """How an ask is spoken of, and the names for it."""
    kind, *rest = key.split("/")
    words = _ASKS.get(kind) or _AskWords(kind.replace("_", " "), "it is done", kind.replace("_", " "))
    first = rest[0] if rest else ""
    party = ""
    if kind in ("explaining_call", "permission"):
        party = case.parties[0].key
    elif kind == "action":
        actions = case.journey.actions if case.journey else []
        party = next((action.owner for action in actions if str(action.number) == first), "")
    elif first.startswith("p"):
        party = first
    meeting = "the joint meeting" if "joint_meeting" in rest else "the initial visit"
    return words, {"party": who(case, party) if party else "a party", "number": first, "meeting": meeting}


# What comes next


class NextStep(BaseModel):
    """An armed rung in words: what happens at an instant, unless something comes first."""

    at: datetime
    what: str  # "Reminder 2 to Oakfield School"
    unless: str  # "they answer"
    why: str = ""  # "6 working days without an answer"
    ask: str = ""  # the key of the ask that it belongs to
    can: list[StepWay] = []  # what a person may do about it

    def sentence(self) -> str:
        """ "Reminder 2 to Oakfield School on Thu 3 Dec 09:00, unless they answer"."""
        return f"{self.what} on {soon(self.at)}, unless {self.unless}"


def next_steps(case: CaseView) -> list[NextStep]:
    """Every armed rung of the case, the nearest first; nothing while it is paused, on hold or closed."""
    journey = case.journey
    if journey is None or journey.silent or journey.closing:
        return []
    steps = [_next_step(case, ask, ask.armed) for ask in journey.asks if ask.armed]
    if journey.exchange_at:
        why = f"{count_of(case.policy.papers_days, 'working day')} before the joint meeting, or soon after the release"
        steps.append(NextStep(at=journey.exchange_at, what=_EXCHANGE, unless="the joint meeting moves", why=why))
    return sorted(steps, key=lambda step: (step.at, step.what))


_EXCHANGE = "Papers that were released go to the other parties"


def next_step_of(case: CaseView, ask: OpenAsk) -> NextStep | None:
    """What comes next of one ask; None: nothing by itself."""
    return _next_step(case, ask, ask.armed) if ask.armed else None


def _next_step(case: CaseView, ask: OpenAsk, armed: Armed) -> NextStep:
    words, names = _words(case, ask.key)
    asked, title = who(case, ask.of), ask_title(case, ask.key)
    unless = words.unless
    if armed.do == Do.ASK:
        what = f"Letter to {asked}, asking for {words.waited_for.format(**names)}"
    elif armed.do == Do.REMIND:
        what = words.reminder.format(n=armed.number, who=asked, **names)
        if ask.of in set(StaffRole) and "{n}" in words.reminder:
            what += f": {title}"
        elif "{n}" not in words.reminder:
            unless = "it is moved or cancelled"  # nobody records a meeting before it has been held
    elif armed.do == Do.TASK:
        what = f"Task for {asked}: {words.task.format(**names) or title}"
    elif armed.do == Do.PHONE_TASK:
        what = f"Phone task for the coordinator: ring {asked}"
    elif armed.do == Do.IN_THE_ROOM:
        what = f"Task for the mediator: {words.task.format(**names) or title}"
    elif armed.do == Do.MANAGER_DECIDES:
        what = words.decided_on.format(who=asked, **names)
    elif armed.do == Do.ESCALATE:
        what = f"The manager is told of the delay: {title}"
    else:
        what = words.lapse.format(**names) or f"{title[0].upper()}{title[1:]} is no longer waited for"
    return NextStep(at=armed.at, what=what, unless=unless, why=_why_then(case, ask), ask=ask.key, can=armed.can)


def _why_then(case: CaseView, ask: OpenAsk) -> str:
    """Why the next rung comes when it does, by the targets of the case: "6 working days without an answer"."""
    rung = ladders.next_rung(ask, case.policy)
    armed = ask.armed.do if ask.armed else None
    if rung is None or rung.do != armed or rung.unit == "seconds":  # targets for trying out are no reason
        return ""
    put_off = f", postponed by {count_of(ask.later, 'working day')}" if ask.later and rung.anchor == "asked" else ""
    if rung.anchor == "due":
        if rung.after == 0 or rung.unit == "moment":
            return "on the day itself"
        return f"{count_of(abs(rung.after), 'working day')} {'before' if rung.after < 0 else 'after'} the date"
    if rung.after == 0:
        return f"in office hours{put_off}"
    post = f", and {2 * case.policy.posting_days} for the post" if ask.by_post else ""
    return f"{count_of(rung.after, 'working day')} without an answer{post}{put_off}"


def count_of(number: int, thing: str) -> str:
    """ "1 working day", "2 working days"."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def waiting_for(case: CaseView) -> list[str]:
    """Whom the case waits for and for what: "Oakfield School: consent"."""
    if case.journey is None:
        return ["the coordinator: the referral is being taken in"]
    return [f"{who(case, ask.of)}: {waited_of(case, ask)}" for ask in case.journey.asks]


def waited_of(case: CaseView, ask: OpenAsk) -> str:
    """A party's own answer needs no name; what staff owe says for whom."""
    return ask_title(case, ask.key) if ask.of in set(StaffRole) else waited_for(case, ask.key)


# Before the joint meeting


def childs_voice(journey: Journey) -> str:
    """How the child is to be heard, without a name; "" where the case does not ask it."""
    if journey.has_young_person:
        return "The young person is a party and speaks for themself"
    if not (journey.voice or (journey.signs and journey.asked_of_the_child)):
        return ""
    return titles.CHILDS_VOICES[journey.voice.how if journey.voice else ChildsVoice.UNDECIDED]


# Tasks and the timeline


def task_title(case: CaseView, task: Task) -> str:
    """What is to be done, as a list of tasks says it."""
    if task.kind == "phone":
        words, names = _words(case, task.about)
        return words.ring.format(waited_for=words.waited_for.format(**names), **names)
    if task.kind == "decide":
        words, names = _words(case, task.about)
        return words.decide.format(waited_for=words.waited_for.format(**names), **names)
    if task.kind == "escalated":
        if task.key == "escalated/allocation":
            return "No mediator has taken the case yet: look at the panel"
        return f"Late: {ask_title(case, task.about)}" if task.about else "Late: look at the case"
    if task.kind in (*LETTERS_IN_TROUBLE, *LETTERS_BY_HAND):
        return _letter_task(case, task)
    if task.kind == "bad_address":
        return _address_task(case, task)
    if task.kind == READ_REPLY:
        return f"Read the reply of {who(case, task.about)}"
    if task.kind == CALL_WANTED:
        return f"Ring {who(case, task.about)}, who would like to talk"
    if task.kind in _PAPER_TASKS:
        return _PAPER_TASKS[task.kind].format(who=who(case, task.about))
    if task.kind == POSSIBLE_DUPLICATE:
        return f"May be about the same child as {task.about}: compare the two"
    if task.kind == "calendar_failed":
        return f"Check the calendars by hand: {meeting_title(case, task.about)}"
    if task.kind == "document_failed":
        return "The agreement could not be made as a PDF: see to it, then tick this off and it is tried again"
    if task.kind == "cancel_requested":
        return "Somebody pressed Cancel in the Temporal UI: close the case here if that was meant"
    if task.kind == BEGUN_ANEW:
        return "The case was set going again after a fault: look whether all is as it should be"
    if task.kind == "breach":
        return _breach_task(case, task)
    if task.kind == "safeguarding":
        return "Safeguarding: look at the case today"
    words, names = _words(case, task.about or task.key)
    title = words.task.format(**names) or ask_title(case, task.about or task.key)
    return title[0].upper() + title[1:]


_PAPER_TASKS = {
    "paper_infected": "A file of {who} held harmful software and was destroyed: ring them, they may not know",
    "paper_unchecked": "A paper of {who} waits to be checked: the virus scanner does not answer. See to it",
    "post_papers": "Print the papers of the others and post them to {who}",
}
"""Tasks about papers, by their kind; they are about a person or a party."""


def _letter_task(case: CaseView, task: Task) -> str:
    kind, _, to = task.key.partition("/")[2].rpartition("/")[0].partition("/")
    title = f"“{titles.LETTERS[kind]}”" if kind in titles.LETTERS else "A letter"
    whom = recipient(case, to) if to else "somebody"
    if task.kind == "letter_by_post":
        return f"Print and post {title} to {whom}"
    if task.kind == "letter_by_phone":
        return f"Ring {whom}: {title}"
    if task.kind == "letter_waits":
        return f"{title} to {whom} has not left for an hour. It goes by itself when it can: ring them if it cannot wait"
    if task.kind == "letter_unclear":
        return f"{title} may or may not have reached {whom}: ask them"
    return f"{title} could not be delivered to {whom}: find out why"


def _breach_task(case: CaseView, task: Task) -> str:
    breach = case.journey.breach(task.about) if case.journey else None
    letter = f"“{titles.LETTERS.get(breach.kind_of_letter, 'A letter')}”" if breach else "A letter"
    return f"Data breach: {letter} reached somebody else. Decide within 72 hours whether the ICO is told"


def _address_task(case: CaseView, task: Task) -> str:
    _, person, channel = task.key.split("/")
    sought = f"Get the right {titles.ADDRESSES[Channel(channel)]} of {who(case, person)}"
    if case.journey and channel in case.journey.wrong_channels(person):
        by = case.channel_of(person)
        instead = "nothing is sent until then" if by == channel else f"letters go {titles.BY_CHANNEL[by]} until then"
        return f"{sought}: a letter reached somebody else, and {instead}"
    return f"{sought}: letters come back, and go {titles.BY_CHANNEL[case.channel_of(person)]} instead"


def letters_come_back(case: CaseView, person: str) -> list[str]:
    """At which of a person's addresses, in sentences."""
    bad = [one for one in case.journey.bad_addresses if one.person == person] if case.journey else []
    return [
        f"A letter to this {titles.ADDRESSES[one.channel]} reached somebody else: nothing is sent there any more."
        if one.wrong
        else f"Letters to this {titles.ADDRESSES[one.channel]} come back (since {day(one.since)})."
        for one in bad
    ]


def number_to_ring(case: CaseView, task: Task) -> str:
    """Of a call: on which number, and when they like to be rung; "" for any other task."""
    if task.kind not in ("phone", "letter_by_phone", CALL_WANTED):
        return ""
    keys = re.split("[/:]", f"{task.key}/{task.about}")
    person = next((p for party in case.parties for p in party.people if p.key in keys), None)
    party = next((party for party in case.parties if party.key in keys), None)
    rung = person or (party.lead if party else None)
    phone = rung.details.phone if rung else ""
    if rung is not None and not phone and case.is_hidden(rung.key):
        return "Where they are reached may be hidden: ask the coordinator of the case to ring them."
    if rung is None or not phone:
        return "We have no telephone number of theirs."
    return " ".join(filter(None, (f"The number: {phone}.", when_to_ring(case, rung.key))))


def when_to_ring(case: CaseView, person: str) -> str:
    """ "They like to be rung in the morning, 9 to 12."; "" for at any time."""
    known = case.journey.person(person) if case.journey else None
    times = [titles.TIMES_OF_DAY[time].lower() for time in (known.times if known else [])]
    return f"They like to be rung {' or '.join(times)}." if times else ""


def needs_of(case: CaseView, *keys: str) -> str:
    """Language, interpreter and adjustments of whoever a task (its key, or its ask's) is about: they stand on every
    task. "" for none."""
    parts = [part for key in keys for part in re.split("[/:]", key)]
    concerned = [party for party in case.parties if party.key in parts or any(p.key in parts for p in party.people)]
    return " · ".join(dict.fromkeys(party.lead.details.needs for party in concerned if party.lead.details.needs))


_EVENTS: dict[str, str] = {
    "refer": "The referral came in",
    "record_explaining_call": "The explaining call was recorded",
    "record_permission": "The referrer answered whether the others may be contacted",
    "answer_consent": "{about} answered whether they take part",
    "decide_on_silence": "The manager decided on the silence ({about})",
    "decide_on_silence no_show": "The manager decided how it goes on after {about}",
    "offer_mediator": "The case was offered to a mediator",
    "answer_allocation": "The mediator answered the offer",
    "offer_visit_dates": "Dates for the initial visit were offered to {about}",
    "choose_visit_date": "{about} answered about the date of the initial visit",
    "record_visit": "The initial visit of {about} was recorded",
    "sign_agreement_to_mediate": "{about} signed the agreement to mediate",
    "take_back_signature": "The signature of {about} under the agreement to mediate was taken back",
    "record_childs_voice": "{about} said how the child is to be heard",
    "give_availability": "{about} said when they can come to the joint meeting",
    "fix_joint_meeting": "The joint meeting was fixed",
    "record_joint_meeting": "The joint meeting was recorded",
    "write_agreement": "The agreement was written up",
    "comment_on_agreement": "{about} commented on the agreement",
    "issue_agreement": "The wording of the agreement stands",
    "agreement_issued": "The agreement was issued; everyone present receives a copy",
    "record_action": "An answer was recorded about {about}",
    "give_feedback": "{about} gave feedback",
    "move_meeting": "{about} was moved",
    "cancel_meeting": "{about} was cancelled",
    "replace_mediator": "The mediator no longer has the case, and another is looked for",
    "replace_contact": "{about} has another contact, or a corrected one",
    "report_wrong_address": "“{letter}” to {people} went to the wrong address; the links in it were ended",
    "decide_on_breach": "It was decided on the data breach (“{letter}” to {people})",
    "hide_address": "The address of {about} is hidden from the others",
    "hide_address off": "The address of {about} is not hidden from the others any more",
    "skip_step": "A step was skipped: {step}, {about}",
    "bring_step_forward": "A step was brought forward: {step}, {about}",
    "postpone_step": "A step was postponed: {step}, {about}",
    "ask_for_call": "{about} would like to be rung",
    "say_when_to_ring": "{about} said when they like to be rung",
    "say_how_they_read": "{about} said how they read, and whether they need an interpreter",
    "add_supporter": "A supporter of {about} was added",
    "add_party": "{about} joins the case",
    "party_came_in": "{about} agreed to take part; the others are told",
    "remove_party": "{about} was taken out of the case",
    "remove_person": "{about} no longer comes along",
    "correct_details": "Corrected: {what}",
    "correct_record": "Corrected: {about}",
    "amend_agreement": "The agreement was amended: version {version} replaces the one before",
    "mediator_took_over": "Another mediator took the case over",
    "add_paper": "{about} gave a paper: {paper}",
    "release_paper": "{about} released a paper: {paper}",
    "take_back_paper": "{about} took a paper back, and it was erased",
    "paper_infected": "A file of {about} held harmful software and was destroyed",
    "papers_exchanged": "The other parties can read what was released ({number})",
    "write_message": "A message was written to {people}",
    "add_line": "A personal line goes with the next letter “{letter}” to {people}",
    "add_line off": "The personal line for the next letter “{letter}” to {people} was taken back",
    "resend_letter": "“{letter}” was sent to {people} again",
    "withdraw": "{about} withdrew",
    "close_case": "The manager closed the case",
    "take_case": "A coordinator took the case",
    "reopen_case": "The case was opened again",
    "link_cases": "The case was linked with {other}",
    "unlink_cases": "The link with {other} was undone",
    "tell_apart": "{other} was found to be another matter",
    "reassign": "The case was handed to another coordinator",
    "undo": "The last step was undone: the case stands as it did before",
    "pause": "The case was paused",
    "resume": "The case was resumed",
    "hold": "The case was put on a safeguarding hold",
    "release": "The safeguarding hold was released",
    "tick_task": "Ticked off: {about}",
    "bring_back_task": "To be done again: {about}",
    "change_policy": "Targets changed",
    "cancel_requested": "Somebody pressed Cancel in the Temporal UI; the case went on",
    BEGUN_ANEW: "The case had come to a stop and was set going again as it was written down",
    "calendar_failed": "A calendar entry could not be written ({about})",
    "receive_reply": "{about} replied by e-mail",
    "note_automatic_reply": "An automatic reply came from {about}",
    "rung_ask": "Asked for {about}",
    "rung_remind": "Reminder {number}: {about}",
    "rung_phone_task": "Phone task for the coordinator: {about}",
    "rung_in_the_room": "Left to the mediator at the meeting: {about}",
    "rung_manager_decides": "The manager is asked what the silence means: {about}",
    "rung_manager_decides no_show": "The manager is asked how it goes on after {about}",
    "rung_escalate": "The manager was told of the delay: {about}",
    "rung_lapse": "No answer in time: {about}",
}
"""What happened, by the event's code. {about} is a party, an ask or a task in words."""

_DETAILS: dict[tuple[str, str], str] = {
    ("outcome", "go_on"): "go on",
    ("outcome", "signpost"): "signposted elsewhere",
    ("outcome", "not_now"): "not now",
    ("permission", "given"): "permission given",
    ("permission", "refused"): "permission refused",
    ("decision", "wait"): "wait longer",
    ("decision", "another_date"): "look for another date",
    ("decision", "replace_contact"): "replace the contact",
    ("decision", "close"): "close the case",
    ("held", "yes"): "held",
    ("held", "no"): "nobody came",
    ("ico", "yes"): "the ICO is told",
    ("ico", "no"): "the ICO is not told",
    ("people", "yes"): "those whose data it was are told",
    ("people", "no"): "those whose data it was are not told",
    ("why", "unavailable"): "cannot go on",
    ("why", "objection"): "a party objected",
    ("why", "conflict"): "a conflict of interest",
    ("where", "elsewhere"): "elsewhere than before",
    ("done", "yes"): "done",
    ("done", "no"): "will not be done",
    ("fault", "terminated"): "Terminate was pressed in the Temporal UI",
    ("fault", "reset"): "Reset was pressed in the Temporal UI",
    ("fault", "failed"): "its workflow had failed",
    ("fault", "lost"): "its workflow was lost",
    ("fault", "behind"): "its workflow knew less than the case file",
    ("outcome", "spoke"): "spoke to them",
    ("outcome", "no_answer"): "no answer",
    ("outcome", "voicemail"): "left a message",
    **{(name, answer): answer for name in ("given", "answer") for answer in ("yes", "no")},
    **{("outcome", code): title.lower() for code, title in titles.MEETING_OUTCOMES.items()},
    **{("voice", str(voice)): title[0].lower() + title[1:] for voice, title in titles.CHILDS_VOICES.items()},
    **{("how", str(how)): said for how, said in titles.HOWS.items()},
    **{("link", str(kind)): title.lower() for kind, (title, _) in titles.LINKS.items()},
    **{("stage", str(stage)): title.lower() for stage, title in titles.STAGES.items()},
    **{("reason", str(reason)): title.lower() for reason, title in titles.CLOSING_REASONS.items()},
}
"""The details of an event that are worth a word: name and code."""


def event_sentence(case: CaseView, event: Event) -> str:
    """A line of the timeline, without its time and without who did it (see `actor`):
    "Oakfield School answered whether they take part: yes, by phone"."""
    if event.what == "stage":
        return f"Next stage: {next((titles.STAGES[stage] for stage in Stage if stage == event.about), event.about)}"
    if event.what == "closed" and event.detail.get("reason") in set(ClosingReason):
        reason, into = ClosingReason(event.detail["reason"]), event.detail.get("into", "")
        return closing_sentence(Closing(reason=reason, who=event.about, into=into), case)
    if event.what == "address_failed" and event.detail.get("channel") in set(Channel):
        bad, now = Channel(event.detail["channel"]), Channel(event.detail.get("now", Channel.EMAIL))
        if "wrong" in event.detail:
            return (
                f"Nothing goes to the {titles.ADDRESSES[bad]} of {who(case, event.about)} any more; letters go "
                f"{titles.BY_CHANNEL[now]} from now on"
            )
        return (
            f"Letters to the {titles.ADDRESSES[bad]} of {who(case, event.about)} come back; they go "
            f"{titles.BY_CHANNEL[now]} from now on"
        )
    if event.what in ("letter_failed", "report_bounce", "report_returned_letter"):
        title, to = titles.LETTERS.get(event.detail.get("kind", ""), "A letter"), event.detail.get("to", "")
        unclear = event.detail.get("state") == "ambiguous"
        whom = recipient(case, to) if to else "somebody"
        return (
            f"“{title}” may or may not have reached {whom}"
            if unclear
            else f"“{title}” could not be delivered to {whom}"
        )
    default = event.what.replace("_", " ").capitalize() + (" ({about})" if event.about else "")
    about = _about(case, event)
    turn = "off" if "off" in event.detail else event.about.partition("/")[0]
    said = _EVENTS.get(f"{event.what} {turn}") or _EVENTS.get(event.what, default)
    paper = case.papers.get(event.detail.get("paper", ""))
    said = said.format(
        about=about,
        number=event.detail.get("number", "1"),
        paper=f"“{paper.title}”" if paper else "a file",
        other=event.detail.get("other", "another case"),
        version=event.detail.get("version", "1"),
        people=", ".join(recipient(case, to) for to in event.detail.get("to", "").split()) or "somebody",
        letter=titles.LETTERS.get(event.detail.get("kind", ""), "a letter"),
        what=_corrected_words(case, event),
        step=_step_title(event),
    )
    if event.what in ("correct_record", "amend_agreement"):
        return said + _from_what_to_what(case, event)
    details = [_DETAILS[item] for item in event.detail.items() if item in _DETAILS]
    if event.what == "change_policy" and "changed" in event.detail:
        details.append(_changed_targets(event.detail))
    if absent := event.detail.get("absent", ""):
        details.append(", ".join(who(case, party) for party in absent.split(",")))
    before, after = event.detail.get("before", ""), event.detail.get("after", "")
    if before != after:
        details.append(f"from {soon(datetime.fromisoformat(before))} to {soon(datetime.fromisoformat(after))}")
    said += f": {', '.join(details)}" if details else ""
    if was_due := event.detail.get("was_due", ""):
        said += f" (late: it was due {soon(datetime.fromisoformat(was_due))})"
    return said[0].upper() + said[1:]


def _step_title(event: Event) -> str:
    """ "reminder 2", "a manager decides"."""
    do = event.detail.get("step", "")
    title = titles.RUNGS[Do(do)] if do in set(Do) else "a step"
    return f"{title} {event.detail.get('number', '1')}" if do == Do.REMIND else title


def _corrected_words(case: CaseView, event: Event) -> str:
    """ "the child's name and date of birth", "the organisation's name (Oakfield School)"."""
    what = titles.DETAILS.get(event.detail.get("which", ""), "words of the referral")
    return f"{what} ({who(case, event.about)})" if event.about else what


def answer_title(record: str, answer: str) -> str:
    """An answer in words, by the key of its record: "nobody came"."""
    return titles.ANSWERS.get(record.partition("/")[0], {}).get(answer, answer.replace("_", " "))


def _from_what_to_what(case: CaseView, event: Event) -> str:
    """ ", from “held” to “nobody came”", and who was present after all."""
    was, answer = event.detail.get("was", ""), event.detail.get("answer", "")
    record = event.about or "joint_meeting"
    said = f", from “{answer_title(record, was)}” to “{answer_title(record, answer)}”" if was != answer else ""
    for name, verb in (("added", "present after all"), ("removed", "not present after all")):
        people = [who(case, key) for key in event.detail.get(name, "").split()]
        said += f"; {verb}: {', '.join(people)}" if people else ""
    return said


def _changed_targets(detail: dict[str, str]) -> str:
    """ "consent; holidays and closures (2 dates moved)"."""
    changed = "; ".join(target_title(code) for code in detail["changed"].split(",") if code)
    moved = int(detail.get("moved", "0"))
    dates = f" ({moved} {'date' if moved == 1 else 'dates'} moved)" if moved else " (no date moved)"
    return (changed or "nothing is different") + dates


def target_title(code: str) -> str:
    """What a policy says, by its code: the kind of an ask, or a field of Policy."""
    return ASKS.get(code) or titles.POLICY_FIELDS[code]


def _about(case: CaseView, event: Event) -> str:
    """A party, an ask, a meeting or a task by name."""
    kind, _, rest = event.about.partition("/")
    if event.what in ("tick_task", "bring_back_task"):
        done = Task(
            key=event.about,
            kind=_kind_of_task(event.about),
            about=rest if kind in ("escalated", POSSIBLE_DUPLICATE) else rest.rpartition("/")[0],
            role=StaffRole.COORDINATOR,
            opened=event.at,
        )
        return task_title(case, done)
    if kind in _ASKS:
        return ask_title(case, event.about)
    return who(case, event.about) if event.about else "the case"


def _kind_of_task(key: str) -> str:
    kind, _, rest = key.partition("/")
    if kind == Channel.PHONE and ":" in rest:  # the key of a letter; else it is a call about an ask
        return "letter_by_phone"
    return _TASK_KINDS.get(kind, kind)


_TASK_KINDS = {
    "letter": "letter_failed",
    "unclear": "letter_unclear",
    "waits": "letter_waits",
    "post": "letter_by_post",
    "document": "document_failed",
    "calendar": "calendar_failed",
    "address": "bad_address",
    "reply": READ_REPLY,
}  # by the first part of a task's key

_CLOSINGS: dict[ClosingReason, str] = {
    ClosingReason.AGREEMENT_FULL: "The case closed with a full agreement",
    ClosingReason.AGREEMENT_PARTIAL: "The case closed with an agreement on some of the points",
    ClosingReason.NO_AGREEMENT: "The case closed after the joint meeting, without an agreement",
    ClosingReason.NOT_AGREED: "The case closed because {who} did not agree to take part",
    ClosingReason.WITHDRAWN: "The case closed because {who} withdrew",
    ClosingReason.NOT_CONTACTABLE: "The case closed because {who} could not be reached",
    ClosingReason.CONCEDED: "The case closed because the matter was settled without mediation",
    ClosingReason.OVERTAKEN_BY_TRIBUNAL: "The case closed because the Tribunal decided first",
    ClosingReason.UNSUITABLE: "The case closed because mediation does not suit it",
    ClosingReason.OUT_OF_SCOPE: "The case closed because it is not a matter for this service",
    ClosingReason.DUPLICATE: "The case closed because there is another case about the same matter",
    ClosingReason.SAFEGUARDING: "The case closed for safeguarding",
}

_NEUTRAL_CLOSINGS: dict[ClosingReason, str] = {
    ClosingReason.AGREEMENT_FULL: marked("The mediation is complete, with a full agreement."),
    ClosingReason.AGREEMENT_PARTIAL: marked("The mediation is complete, with an agreement on some of the points."),
    ClosingReason.NO_AGREEMENT: marked("The mediation is complete. No agreement was reached."),
    ClosingReason.OUT_OF_SCOPE: marked("This is not a matter that our service can take on."),
}
_ENDED = marked("The mediation has ended.")


def closing_sentence(closing: Closing, case: CaseView, *, for_everyone: bool = False) -> str:
    """How the case ended. For everyone: without who or why, where somebody's act ended it."""
    if for_everyone:
        return tr(_NEUTRAL_CLOSINGS.get(closing.reason, _ENDED))
    sentence = _CLOSINGS[closing.reason].format(who=who(case, closing.who) if closing.who else "a party") + "."
    if closing.into:
        sentence = f"The case closed as a duplicate of {closing.into}, where the matter goes on."
    return f"{sentence} {titles.OUTCOMES[closing.outcome]}." if closing.outcome else sentence


def ending_sentence(ending: Ending, case: CaseView) -> str:
    """What is about to happen, while it can be undone."""
    why = titles.CLOSING_REASONS[ending.closing.reason].lower() + (
        f", {who(case, ending.closing.who)}" if ending.closing.who else ""
    )
    when = f"{clock(ending.at)} on {day(ending.at)}"
    return f"The case closes at {when} ({why}), unless it is undone. No letter leaves before."


def reopening_sentence(reopening: Ending, case: CaseView) -> str:
    """That the case goes on again, while it can be undone."""
    when = f"{clock(reopening.at)} on {day(reopening.at)}"
    return f"The case is open again. You can go on with it at once; no letter leaves before {when}."


# Refusals


def refusal_sentence(code: str, about: str = "", case: CaseView | None = None) -> str:
    """Why something was refused and what to do now, with names where the case knows them. For everyone."""
    if code not in set(Refusal):
        return "This cannot be done now. Open the case page to see what comes next."
    unnamed = "a mediator or a venue" if code == Refusal.TAKEN else "of this name"
    return SENTENCES[Refusal(code)].format(about=_resource(case, about) or unnamed)


def _resource(case: CaseView | None, about: str) -> str:
    """ "mediator/<id>" and "venue/<id>" by name; a record or an ask by its title; else whatever the case calls it."""
    kind, _, key = about.partition("/")
    if case and kind in _ASKS:
        return ask_title(case, about)
    if kind == "mediator":
        return case.mediator.name if case and case.mediator and case.mediator.id == key else "the mediator"
    if kind == "staff":
        return case.coordinator.name if case and case.coordinator.id == key else "A colleague"
    if kind == "venue":
        return case.venues[key].name if case and key in case.venues else "the venue"
    return who(case, about) if case and about else about
