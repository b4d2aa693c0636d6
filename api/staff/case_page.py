"""The page of a case: what happens next and when, what can be done now, and all that has happened."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from api.auth import Me
from api.intake import PENDING
from api.pages import page
from api.papers import handed_out
from api.permissions import may_open
from api.privacy import may_keep_notes, may_open_papers, may_read
from api.services import Services, ServicesDep
from api.staff.access import case_of
from api.staff.days import targets_of
from api.staff.forms import FORMS, Setting
from api.staff.lists import do_link, task_link, workflow_link
from api.staff.notes import notes_of
from api.staff.preparation import prepared
from api.staff.timeline import TITLES, Part, part_named, parts_of
from casefile.cases import derived_id
from casefile.letters import LetterView
from casefile.notices import notice_of
from casefile.staff import StaffMember
from domain import titles, words
from domain.breaches import Breach
from domain.commands import COMMANDS, COORDINATORS, EVERY_COMMAND, StaffRole, TakeCase
from domain.corrections import RECORDED_BY, given_again
from domain.journey import MAY_COME_BACK, Event, Journey, Letter, Meeting, MeetingStatus
from domain.languages import Language
from domain.likeness import household
from domain.papers import MEDIA_TYPES, size_in_words
from domain.parties import Channel
from domain.possible import Possible, possible
from domain.queue import Days
from domain.scheduling import suits
from domain.stages import COORDINATORS_REOPEN, Stage
from domain.view import CaseView
from letters.html import blocks
from letters.rendering import to_staff

router = APIRouter(include_in_schema=False)

_ANY_TIME = {
    "Meetings and agreement": ("move_meeting", "cancel_meeting", "amend_agreement"),
    "Before the joint meeting": ("sign_agreement_to_mediate", "take_back_signature", "record_childs_voice"),
    "Letters": ("write_message", "add_line"),
    "People": (
        "replace_contact",
        "ask_for_call",
        "say_when_to_ring",
        "say_how_they_read",
        "add_supporter",
        "remove_person",
        "hide_address",
        "add_party",
        "remove_party",
        "replace_mediator",
        "reassign",
    ),
    "Other cases": ("link_cases", "unlink_cases", "tell_apart"),
    "The whole case": ("withdraw", "pause", "resume", "hold", "release", "change_policy", "close_case"),
}
"""What can be done at any moment, under its headings and in the order of the page."""
_MOST_NOTICES = 20  # of one save on the call page
_AMONG_THE_TASKS = ("tick_task", "decide_on_silence", "decide_on_breach")
_AT_THE_RECORD = ("correct_record", "correct_details", "bring_back_task")  # their links stand beside what they correct
_AT_THE_STEP = {"skip_step": "Skip", "bring_step_forward": "Bring forward", "postpone_step": "Postpone"}
_AMONG_THE_PAPERS = ("add_paper", "release_paper", "take_back_paper")
_TEXTS = {
    "said_by": "Said by",
    "reason": "Reason",
    "message": "Our words",
    "note": "Note",
    "voice": "How the child is heard",
    "may_share": "May be shared",
    "who_else": "Who else should be involved",
    "supporter_name": "Supporter",
    "name": "Contact or supporter",
    "organisation": "Organisation",
    "place": "Place",
    "was": "Before",
    "child_name": "Name now",
    "born": "Date of birth now",
    "about": "Now",
    "sender": "From",
    "subject": "Subject",
    "words": "They wrote",
    "attachments": "Attachments",
    "held": "What it tells, and about whom",
    "went_to": "Who has it",
    "done": "What was done",
    "told": "Who has been told",
}


@dataclass(frozen=True)
class Doable:
    """A command that this reader may give now."""

    kind: str
    title: str
    href: str


@dataclass(frozen=True)
class Line:
    """A line of the timeline."""

    at: datetime
    sentence: str
    parts: tuple[Part, ...]
    by: str = ""  # who did it; "" for the service itself
    stage: bool = False
    said: list[tuple[str, str]] = field(default_factory=list)
    correct: list[tuple[str, str, str]] = field(
        default_factory=list
    )  # what can be corrected: a link's words, what only screen readers say, its address
    href: str = ""  # of a letter


@router.get("/cases/{reference}")
async def case_page(
    request: Request, services: ServicesDep, me: Me, reference: str, done: str = "", show: str = ""
) -> Response:
    """`done`: the commands that were just given, comma-separated; `show`: what part of the timeline."""
    case = await case_of(services, me, reference)
    journey = case.journey
    events = await services.reading.timeline(case.id)
    pending = await services.reading.pending_kinds(case.id)
    ready = possible(journey) if journey else []
    can_do = [one for one in ready if me.has(*COMMANDS[one.kind].may)]
    own = doable(case, journey, ready, me, services.clock()) if journey else []
    names = await services.staff.names()
    letters = [
        (letter, titles.LETTERS.get(letter.kind, letter.kind), words.recipient(case, letter.to))
        for letter in reversed(await services.reading.letters(case.id))
    ]
    lines = [*_lines(case, me, events, ready, names), *(_letter_line(case, *letter) for letter in letters)]
    return page(
        request,
        "staff/case.html",
        case=case,
        journey=journey,
        notices=[
            notice
            for command_id in done.split(",")[:_MOST_NOTICES]
            if (notice := await _notice(services, case, command_id))
        ],
        steps=progress(journey, events),
        days=await _days(services, case) if not (journey and journey.closing) else None,
        next_steps=[(step, _ways(case, can_do, step)) for step in words.next_steps(case)],
        waiting=words.waiting_for(case) if not (journey and journey.closing) else [],
        doable=[one for one in own if not any(one.kind in kinds for kinds in _ANY_TIME.values())],
        any_time=at_any_moment(case.reference, own, may_split=me.has(*COORDINATORS)) if own else [],
        tasks=[
            (words.task_title(case, task), titles.STAFF_ROLES[task.role], task, task_link(case, journey, task, me))
            for task in journey.tasks
        ]
        if journey
        else [],
        meetings=[_meeting(case, meeting) for meeting in reversed(journey.meetings)] if journey else [],
        letters=letters,
        prepared=prepared(case, me),
        agreement=await _agreement(services, case),
        papers=_papers(case, journey, can_do, me) if journey else None,
        timeline=_timeline(case, lines, part_named(show)),
        notes=[(note, names[note.author]) for note in await notes_of(services, me, case)],
        may_keep_notes=may_keep_notes(me, case),
        correct={one.about: do_link(case.reference, one) for one in can_do if one.kind == "correct_details"},
        hide={one.about: do_link(case.reference, one) for one in can_do if one.kind == "hide_address"},
        amend=next((do_link(case.reference, one) for one in can_do if one.kind == "amend_agreement"), ""),
        pending=[EVERY_COMMAND[kind].title if kind in EVERY_COMMAND else "The referral" for kind in pending],
        workflow=workflow_link(services, case.id),
        may_take_calls=may_open(me, "GET /cases/{reference}/call"),
        another=await _another_matter(services, case, me),
        ending=words.ending_sentence(journey.ending, case) if journey and journey.ending else "",
        closing=words.closing_sentence(journey.closing, case) if journey and journey.closing else "",
        may_take=me.has(*COORDINATORS),
        may_write=any(one.kind == "add_line" for one in can_do),
        reopening=words.reopening_sentence(journey.reopening, case) if journey and journey.reopening else "",
        related=await services.related.of_case(case.id) if not me.only_mediates else [],
        alike=await _likely_the_same(services, case, me),
    )


def _ways(case: CaseView, can_do: Sequence[Possible], step: words.NextStep) -> list[tuple[str, str]]:
    """What this reader may do about a step that is due next: a link's words and its address."""
    mine = [one for one in can_do if one.about == step.ask and one.kind in _AT_THE_STEP]
    return [(_AT_THE_STEP[one.kind], do_link(case.reference, one)) for one in mine]


async def _days(services: Services, case: CaseView) -> tuple[Days, Days]:
    """On which day the case is, and its stage."""
    targets, stage = await targets_of(services), case.journey.stage if case.journey else Stage.REFERRAL
    return targets.case(stage, case.created), targets.stage(stage, case.stage_since or case.created)


async def _another_matter(services: Services, case: CaseView, me: StaffMember) -> dict[str, Any] | None:
    """The cases that were found when this one was taken in, and why it is none of them."""
    if not may_read(me, case, "refer", "why"):
        return None
    return case.texts.get(await services.reading.referral_command(case.id)) or None


@router.post("/cases/{reference}/take")
async def take(services: ServicesDep, me: Me, reference: str) -> Response:
    """A coordinator takes a case that came in through the public form. The first one has it; the page says who. Pressed
    twice, it is the same command."""
    case = await case_of(services, me, reference)
    once = derived_id("take", case.id, me.id)
    await services.intake.take(TakeCase(id=once, case_id=case.id, actor=me.actor(), at=services.clock()))
    return RedirectResponse(f"/cases/{case.reference}?done={once}", 303)


async def _likely_the_same(services: Services, case: CaseView, me: StaffMember) -> list[dict[str, Any]]:
    """Of a case that is open: others that are likely about the same child, with what can be done about it."""
    if not me.has(*COORDINATORS) or case.journey is None or case.journey.closing or case.journey.ending:
        return []
    found = []
    home = household(case.child, ((party.role, person.details) for party in case.parties for person in party.people))
    for one in await services.finding.like(home, case.id):
        newer, older = sorted((case.reference, one.line.reference), reverse=True, key=lambda ref: (len(ref), ref))
        found.append(
            {
                "case": one,
                "why": ", ".join(titles.SIGNS[sign] for sign in one.why),
                # the newer of the two is the duplicate; its own page closes it
                "duplicate": (newer, older) if not one.line.closed_reason else None,
            }
        )
    return found


async def _notice(services: Services, case: CaseView, command_id: str) -> tuple[str, str, str] | None:
    """What became of the command that somebody has just given: its look, a heading, a sentence."""
    found = await notice_of(services.database, case.id, command_id) if command_id else None
    if found is None:
        return None
    title = EVERY_COMMAND[found.kind].title if found.kind in EVERY_COMMAND else "The referral"
    whose = f" ({words.who(case, found.party)})" if found.party else ""
    if found.status == "accepted":
        return ("", f"{title}: recorded{whose}", "") if found.kind != "refer" else ("", "The case has begun", "")
    if found.status == "pending":
        return "wait", f"{title}: we have it{whose}", PENDING
    return "bad", f"{title}: not accepted{whose}", words.refusal_sentence(found.code, found.about, case)


def progress(journey: Journey | None, events: Sequence[Event]) -> list[tuple[str, str]]:
    """The leaflet's steps with where they stand: past, here, later."""
    steps = [stage for stage in Stage if stage != Stage.CLOSED]
    stage = journey.stage if journey else Stage.REFERRAL
    if stage == Stage.CLOSED:
        reached = {event.about for event in events if event.what == "stage"} | {Stage.REFERRAL.value}
        return [(titles.STAGES[step], "past" if step in reached else "later") for step in steps]
    here = steps.index(stage)
    return [
        (titles.STAGES[step], "past" if n < here else "here" if n == here else "later") for n, step in enumerate(steps)
    ]


def doable(case: CaseView, journey: Journey, ready: Sequence[Possible], me: StaffMember, now: datetime) -> list[Doable]:
    """What the case is ready for and this member of staff may do, first what is a task of theirs. What only ticks a
    task off or decides about it stands among the tasks."""
    found = []
    mine = {task_link(case, journey, task, me) for task in journey.tasks if task.role in me.roles}
    always = [] if journey.closing else [Possible(kind="change_policy")]  # so the rules do not name it
    for one in (*ready, *always):
        command = COMMANDS[one.kind]
        elsewhere = (*_AMONG_THE_TASKS, *_AMONG_THE_PAPERS, *_AT_THE_RECORD, *_AT_THE_STEP)
        if one.kind in elsewhere or not me.has(*command.may):
            continue
        if one.kind == "answer_allocation" and not _may_answer(journey, me):
            continue
        if one.kind == "reopen_case" and not _may_reopen(journey, me):
            continue
        setting = Setting(case, journey, one.about, me.roles, [], [], now)
        form = FORMS[one.kind]
        title = form.title(setting, one.kind) if form.about_is_known(setting) else command.title
        found.append(Doable(one.kind, title, do_link(case.reference, one)))
    return sorted(found, key=lambda one: one.href not in mine)


def at_any_moment(
    reference: str, ready: Sequence[Doable], *, may_split: bool
) -> list[tuple[str, list[tuple[str, list[tuple[str, str]]]]]]:
    """What can be done at any moment, under headings. What can be done for several parties, meetings or people is one
    line: what it is ("Add a supporter"), and for whom, with its address. A line for one has no "for whom"."""
    found = []
    for heading, kinds in _ANY_TIME.items():
        rows: list[tuple[str, list[tuple[str, str]]]] = []
        for kind in kinds:
            same = [one for one in ready if one.kind == kind]
            if len(same) == 1:
                rows.append((same[0].title, [("", same[0].href)]))
            elif same:
                rows.append((COMMANDS[kind].title, [(one.title.partition(": ")[2], one.href) for one in same]))
        if heading == "Other cases" and may_split:
            rows.append(("Open another case from this one", [("", f"/cases/{reference}/split")]))
        if rows:
            found.append((heading, rows))
    return found


def _may_answer(journey: Journey, me: StaffMember) -> bool:
    return journey.offered_to == me.id or me.has(StaffRole.MANAGER)


def _may_reopen(journey: Journey, me: StaffMember) -> bool:
    return me.has(StaffRole.MANAGER) or (journey.closing is not None and journey.closing.reason in COORDINATORS_REOPEN)


def _meeting(case: CaseView, meeting: Meeting) -> dict[str, Any]:
    joint = meeting.key.startswith("joint_meeting/")
    half_days = suits(meeting.availability, meeting.half_days) if meeting.availability else []
    return {
        "meeting": meeting,
        "title": words.meeting_title(case, meeting.key),
        "state": "Gathering dates"
        if joint and meeting.status == MeetingStatus.OFFERED
        else "Not held"
        if joint and meeting.status == MeetingStatus.NO_SHOW
        else titles.MEETING_STATUSES[meeting.status],
        "when": words.slot(meeting.slot) if meeting.slot else "",
        "place": case.place_of(meeting),
        "offered": [words.slot(slot) for slot in meeting.offered] if meeting.status == MeetingStatus.OFFERED else [],
        "invited": [words.who(case, key) for key in meeting.invited],
        "present": [words.who(case, key) for key in meeting.present],
        "absent": [words.who(case, key) for key in meeting.absent],
        "outcome": titles.MEETING_OUTCOMES.get(meeting.outcome, "") if meeting.outcome else "",
        "half_days": [(words.half_day(half.key), half) for half in half_days],
        "parties": [(party, words.who(case, party)) for party in meeting.availability] if joint else [],
        "silent": [p.name for p in case.parties if p.key not in meeting.availability] if joint else [],
        "asked": joint and meeting.status == MeetingStatus.OFFERED,
    }


def _papers(case: CaseView, journey: Journey, can_do: Sequence[Possible], me: StaffMember) -> dict[str, Any] | None:
    """The papers with what can be done with each; None for a mediator who has only been asked."""
    if not may_open_papers(me, case):
        return None
    ways = {(one.kind, one.about): do_link(case.reference, one) for one in can_do if one.kind in _AMONG_THE_PAPERS}
    return {
        "rows": [
            {
                "paper": paper,
                "title": known.title if known.text else "Erased",
                "name": known.text.name if known.text else "",
                "of": words.who(case, paper.of),
                "state": titles.PAPER_STATES[paper.state],
                "kind": MEDIA_TYPES[known.media_type][0],
                "size": size_in_words(known.size),
                "open": f"/cases/{case.reference}/papers/{paper.key}" if paper.can_be_opened else "",
                "release": ways.get(("release_paper", paper.key), ""),
                "take_back": ways.get(("take_back_paper", paper.key), ""),
            }
            for paper in reversed(journey.papers)
            if (known := case.papers.get(paper.key))
        ],
        "add": [(words.who(case, about), href) for (kind, about), href in ways.items() if kind == "add_paper"],
        "not_scanned": any(paper.check == "not_scanned" and paper.is_there for paper in journey.papers),
    }


@router.get("/cases/{reference}/papers/{key}")
async def open_paper(services: ServicesDep, me: Me, reference: str, key: str) -> Response:
    """A paper as a download, for those who run the case and its mediator."""
    case = await case_of(services, me, reference)
    if not may_open_papers(me, case):
        raise HTTPException(403, "The papers of this case are open to its mediator once the case has been accepted.")
    paper = case.journey.paper(key) if case.journey else None
    if paper is None or not paper.can_be_opened:
        raise HTTPException(404, "This paper cannot be opened. The case page says why.")
    answer = await handed_out(services, case, key, by=me.id)
    if answer is None:
        raise HTTPException(404, "This paper is not here any more. The case page shows those that are.")
    return answer


async def _agreement(services: Services, case: CaseView) -> dict[str, Any] | None:
    journey = case.journey
    if journey is None or journey.agreement is None:
        return None
    agreement = journey.agreement
    texts = case.texts.get(agreement.command, {})
    what, checked = list(texts.get("what", [])), list(texts.get("checked", []))
    states = {action.number: action.state for action in journey.actions}
    says = {"agrees": "agrees", "wants_changes": "wants changes", "silent": "said nothing in time"}
    return {
        "agreement": agreement,
        "status": {"draft": "Draft", "comments": "Out for comments", "issued": "Issued"}[agreement.status],
        "terms": [
            {
                "number": number,
                "what": what[number - 1] if number <= len(what) else "",
                "checked": checked[number - 1] if number <= len(checked) else "",
                "who": words.who(case, term.owner),
                "by": words.day(term.by),
                "state": states.get(number, ""),
            }
            for number, term in enumerate(agreement.terms, 1)
        ],
        "wishes": texts.get("wishes", ""),
        "not_agreed": texts.get("not_agreed", ""),
        "comments": [(words.who(case, party), says.get(said, said)) for party, said in agreement.comments.items()],
        "versions": await services.reading.versions(case.id, "agreement"),
    }


def _lines(
    case: CaseView, me: StaffMember, events: Sequence[Event], ready: Sequence[Possible], names: dict[str, str]
) -> list[Line]:
    """The timeline, the newest first. A record is corrected at its newest line."""
    records = {
        one.about: do_link(case.reference, one)
        for one in ready
        if one.kind == "correct_record" and me.has(*RECORDED_BY[one.about.partition("/")[0]].may)
    }
    ticked = {one.about: do_link(case.reference, one) for one in ready if one.kind == "bring_back_task"}
    again = {
        (kind, party): do_link(case.reference, Possible(kind=kind, about=party))
        for kind, party in (given_again(case.journey) if case.journey else [])
        if me.has(*COMMANDS[kind].may)
    }
    found = []
    for event in reversed(events):
        links = []
        for key in [key for key in records if _recorded_by(event, key)]:
            label = "Correct the permission" if (event.what, key) == ("record_explaining_call", "permission") else ""
            links.append((label or "Correct this", words.ask_title(case, key), records.pop(key)))
        if event.what == "tick_task" and (href := ticked.pop(event.about, "")):
            links.append(("Bring it back", "the task", href))
        if href := again.pop((event.what, event.about), ""):
            links.append(("Give it again", words.who(case, event.about), href))
        found.append(_line(case, me, event, names, links))
    return found


def _recorded_by(event: Event, record: str) -> bool:
    """Is this the line of the timeline by which the record of this key came to be, or was corrected?"""
    kind, _, about = record.partition("/")
    if event.what == "record_explaining_call":
        given = event.detail.get("permission", "not_yet") != "not_yet"
        return kind == "explaining_call" or (kind == "permission" and given)
    if event.what == "correct_record":
        return event.about == record
    if kind not in RECORDED_BY or event.what != RECORDED_BY[kind].kind():
        return False
    # a visit's and a comment's line names the party only: the newest line is that of the newest round
    return event.about in ("", record, about, about.partition("/")[0])


def _line(
    case: CaseView, me: StaffMember, event: Event, names: dict[str, str], correct: list[tuple[str, str, str]]
) -> Line:
    texts = case.texts.get(event.command, {}) if event.command else {}
    labels = _TEXTS | {"organisation": "Now"} if event.what == "correct_details" else _TEXTS
    said = [
        (label, words.day(date.fromisoformat(texts[name])) if name == "born" else str(texts[name]))
        for name, label in labels.items()
        if texts.get(name) and may_read(me, case, event.what, name, event.by)
    ]
    by = names.get(event.by) or words.actor(case, event.by)
    sentence = words.event_sentence(case, event)
    return Line(event.at, sentence, parts_of(event), by, event.what == "stage", said, correct)


def _letter_line(case: CaseView, letter: LetterView, title: str, to: str) -> Line:
    """A letter stands where its fate was decided, or where it began to wait."""
    sentence = f"“{title}” to {to}: {titles.LETTER_STATES[letter.state]}"
    at = letter.settled or letter.queued
    return Line(at, sentence, (Part.ALL, Part.LETTERS), href=f"/cases/{case.reference}/letters/{letter.id}")


def _timeline(case: CaseView, lines: Sequence[Line], part: Part) -> dict[str, Any]:
    """The lines of a part, the newest first, and the way to the other parts, each with the number of its lines."""
    newest_first = sorted(lines, key=lambda line: line.at, reverse=True)  # of one moment, in the order they came in
    return {
        "part": part,
        "title": TITLES[part],
        "lines": [line for line in newest_first if part in line.parts],
        "parts": [
            (
                one,
                TITLES[one],
                sum(one in line.parts for line in lines),
                f"/cases/{case.reference}?show={one}#timeline",
            )
            for one in Part
        ],
    }


@router.get("/cases/{reference}/letters/{letter_id}")
async def letter_page(request: Request, services: ServicesDep, me: Me, reference: str, letter_id: str) -> Response:
    """A letter exactly as it was sent, but for the personal link, which is nobody else's."""
    case = await case_of(services, me, reference)
    line = next((line for line in await services.reading.letters(case.id) if line.id == letter_id), None)
    if line is None:
        raise HTTPException(404, "This case has no such letter. Choose one on the case page.")
    text = without_token(line.words.text) if line.words else ""
    return page(
        request,
        "staff/letter.html",
        case=case,
        letter=line,
        title=titles.LETTERS.get(line.kind, line.kind),
        to=words.recipient(case, line.to),
        subject=line.words.subject if line.words else "",
        text=text,
        parts=blocks(text, line.words.language if line.words else Language.ENGLISH),
        returned=_returned_link(case, me, line),
        again=_again_link(case, me, line),
        astray=_astray_link(case, line),
        breach=_breach_of(case, line),
        attachments=[name.replace("/", ", version ") for name in line.words.attachments] if line.words else [],
    )


def _returned_link(case: CaseView, me: StaffMember, line: LetterView) -> str:
    """Where it is said that a posted letter came back; "" where it cannot have, or for those who do not say so."""
    posted = line.channel == Channel.POST and line.state == "sent" and not to_staff(line.to)
    ended = case.journey is None or case.journey.closing is not None
    if not posted or ended or not me.has(*COORDINATORS):
        return ""
    about = Letter.model_validate(line.model_dump()).key
    return do_link(case.reference, Possible(kind="report_returned_letter", about=about))


def _astray_link(case: CaseView, line: LetterView) -> str:
    """Where it is said that a letter reached somebody else; "" where it cannot have, or was said before."""
    gone = line.state in MAY_COME_BACK and line.words is not None and not to_staff(line.to)
    if not gone or case.journey is None or case.journey.person(line.to) is None or _breach_of(case, line):
        return ""
    about = Letter.model_validate(line.model_dump()).key
    return do_link(case.reference, Possible(kind="report_wrong_address", about=about))


def _breach_of(case: CaseView, line: LetterView) -> Breach | None:
    """What was reported about this letter."""
    named = (line.kind, line.about, line.to, line.number)
    found = case.journey.breaches if case.journey else []
    return next((one for one in found if (one.kind_of_letter, one.about, one.to, one.number) == named), None)


def _again_link(case: CaseView, me: StaffMember, line: LetterView) -> str:
    """Where a letter is sent again; "" for those on their way, for letters to staff, and where all has ended."""
    settled = line.state in ("sent", "bounced", "ambiguous", "failed") and line.words is not None
    runs = case.journey if case.journey and not case.journey.closing else None
    if not settled or to_staff(line.to) or runs is None or runs.person(line.to) is None or not me.has(*COORDINATORS):
        return ""
    about = Letter.model_validate(line.model_dump()).key
    return do_link(case.reference, Possible(kind="resend_letter", about=about))


def without_token(text: str) -> str:
    """A second wall: letters are kept with a placeholder for the link, and if ever not, the token is not shown."""
    return re.sub(r"(https?://\S+/(?:p|l)/)[A-Za-z0-9_-]{20,}", r"\1[personal]", text)


@router.get("/cases/{reference}/agreement/{version}.pdf")
async def agreement_pdf(services: ServicesDep, me: Me, reference: str, version: int) -> Response:
    case = await case_of(services, me, reference)
    document = await services.reading.document(case.id, "agreement", version) if 0 < version < 1000 else None
    if document is None:
        raise HTTPException(404, "There is no such version of the agreement. Its versions stand on the case page.")
    name = quote(f"{case.reference}-agreement-{version}.pdf")
    return Response(
        document, media_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
