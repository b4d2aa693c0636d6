"""What a personal link asks of its person: the question as a page shows it, and the answer as a command.

A link's purpose is an ask's key ("consent/p2", "action/1"). Where the question is closed, the page says why. Nothing
here names the child or tells one party how to reach another."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from api.forms import Field, Option, Typed
from api.party.preparation import sign
from api.party.question import NOTE, Question, Term
from domain import words
from domain.commands import (
    AnswerConsent,
    ChooseVisitDate,
    CommentOnAgreement,
    GiveAvailability,
    GiveFeedback,
    How,
    RecordAction,
    RecordPermission,
)
from domain.journey import Fact, Journey, MeetingStatus
from domain.languages import tr
from domain.parties import PartyRole, party_of
from domain.scheduling import half_day_of
from domain.view import CaseView


def question_of(case: CaseView, person: str, purpose: str, now: datetime, unlocked: bool = False) -> Question | None:
    """The question of a link; None for a purpose that asks nothing ("case") or that this case does not know. Private
    words stand in it only when their reader has proved who they are (`unlocked`)."""
    kind, _, rest = purpose.partition("/")
    make = _QUESTIONS.get(kind)
    if make is None or case.journey is None:
        return None
    question = make(case, case.journey, person, purpose, rest.split("/"), now)
    return question if unlocked else question.locked()


def _permission(
    case: CaseView, journey: Journey, person: str, purpose: str, rest: list[str], now: datetime
) -> Question:
    fact = journey.facts.get("permission")
    return Question(
        title=tr("May we contact the others?"),
        template="party/permission.html",
        kind=RecordPermission,
        form=(
            Field(
                "answer",
                tr("Do you allow us to contact the others?"),
                "choice",
                options=(
                    Option("yes", tr("Yes, you may contact the others")),
                    Option("no", tr("No, please do not contact anybody")),
                ),
            ),
        ),
        button=tr("Send my answer"),
        read=lambda typed: {"given": typed.one("answer") == "yes"},
        said=_yes_no(fact, tr("You gave us permission to contact the others."), tr("You said no: we contact nobody.")),
        over=_ended(journey),
    )


def _consent(case: CaseView, journey: Journey, person: str, purpose: str, rest: list[str], now: datetime) -> Question:
    fact = journey.facts.get(purpose)
    return Question(
        title=tr("Invitation to mediation"),
        template="party/consent.html",
        kind=AnswerConsent,
        form=(
            Field(
                "answer",
                tr("Will you take part?"),
                "choice",
                options=(Option("yes", tr("Yes, we will take part")), Option("no", tr("No, we will not take part"))),
            ),
        ),
        button=tr("Send my answer"),
        read=lambda typed: {"party": party_of(person), "yes": typed.one("answer") == "yes"},
        said=_yes_no(fact, tr("You agreed to take part."), tr("You said that you will not take part.")),
        over=_ended(journey),
    )


def _visit_choice(
    case: CaseView, journey: Journey, person: str, purpose: str, rest: list[str], now: datetime
) -> Question:
    visit = journey.meeting("visit/" + "/".join(rest))
    asked, said = journey.open_ask(purpose) is not None, ""
    if visit and visit.slot and visit.status == MeetingStatus.BOOKED:
        said = tr("Your visit is booked: {when}.", when=words.slot(visit.slot))
    elif purpose in journey.facts and not asked:
        said = tr("You told us that none of the dates suited you. We offer you others.")
    slots = [slot for slot in visit.offered if slot.start > now] if visit else []
    return Question(
        title=tr("Choose a date for your visit"),
        template="party/visit_choice.html",
        kind=ChooseVisitDate,
        form=(
            Field(
                "start",
                tr("Which date suits you?"),
                "choice",
                options=(
                    *(Option(slot.start.isoformat(), words.slot_to_choose(slot)) for slot in slots),
                    Option("none", tr("None of these suits me"), tr("We offer you other dates.")),
                ),
            ),
            _about_dates(),
        ),
        button=tr("Send my choice"),
        read=lambda typed: {
            "party": party_of(person),
            "start": None if typed.one("start") == "none" else typed.one("start"),
        },
        said=said,
        over=_ended(journey) or ("" if asked else tr("These dates are no longer on offer.")),
    )


def _availability(
    case: CaseView, journey: Journey, person: str, purpose: str, rest: list[str], now: datetime
) -> Question:
    party, number = party_of(person), rest[-1]
    meeting = journey.meeting(f"joint_meeting/{number}")
    given = meeting.availability.get(party) if meeting else None
    newest = [m.key for m in journey.meetings if m.key.startswith("joint_meeting/")][-1:]
    coming = [code for code in meeting.half_days if code >= half_day_of(now)] if meeting else []
    asked = meeting is not None and [meeting.key] == newest and meeting.status == MeetingStatus.OFFERED
    said = ""
    if given is not None:
        said = (
            tr("You told us when you can come. Ring us if that has changed.")
            if given
            else tr("You told us that none suits.")
        )
    return Question(
        title=tr("When can you come to the joint meeting?"),
        template="party/availability.html",
        kind=GiveAvailability,
        form=(
            Field(
                "half_days",
                tr("When can you come?"),
                "ticks",
                hint=tr("Tick all that suit you. The more you tick, the sooner we find a date for everyone."),
                options=(
                    *(Option(code, words.half_day_to_choose(code)) for code in coming),
                    Option("none", tr("None of these suits me"), tr("We look for others.")),
                ),
            ),
            _about_dates(),
        ),
        button=tr("Send my dates"),
        read=_half_days(party),
        said=said,
        over=_ended(journey) or ("" if asked else tr("The date of the joint meeting is no longer open.")),
    )


def _half_days(party: str) -> Callable[[Typed], dict[str, Any]]:
    def read(typed: Typed) -> dict[str, Any]:
        ticked = typed.many("half_days")
        if not ticked:
            typed.wrong("half_days", tr("Tick when you can come, or that none of these suits you."))
        elif "none" in ticked and len(ticked) > 1:
            typed.wrong("half_days", tr("You ticked dates, and also that none suits. Tick one or the other."))
        return {"party": party, "half_days": [code for code in ticked if code != "none"]}

    return read


def _comments(case: CaseView, journey: Journey, person: str, purpose: str, rest: list[str], now: datetime) -> Question:
    party, agreement = party_of(person), journey.agreement
    fact = journey.facts.get(purpose)
    over = _ended(journey)
    if not over and (agreement is None or str(agreement.version) != rest[-1]):
        over = tr("There is a newer wording. Use the link in our newest message to you.")
    elif not over and agreement and agreement.status != "comments":
        over = tr("The time for comments is over.")
    texts = case.texts.get(agreement.command, {}) if agreement and not over else {}
    what, checked = texts.get("what", []), texts.get("checked", [])
    return Question(
        title=tr("Please read the wording of the agreement"),
        template="party/comments.html",
        kind=CommentOnAgreement,
        form=(
            Field(
                "answer",
                tr("Is this what was agreed?"),
                "choice",
                options=(
                    Option("yes", tr("Yes, I agree with this wording")),
                    Option("no", tr("No, I would like a change")),
                ),
            ),
            Field(NOTE, tr("What would you like to be changed?"), "words", optional=True),
        ),
        button=tr("Send my answer"),
        read=_comment(party, int(rest[-1]) if rest[-1].isdecimal() else 0),
        said=_yes_no(
            fact,
            tr("You agreed with the wording."),
            tr("You asked for a change. The mediator has your words."),
            tr("The time for comments is over."),
        ),
        over=over,
        terms=tuple(
            Term(
                number,
                words.who(case, term.owner),
                what[number - 1] if number <= len(what) else "",
                words.day(term.by),
                checked[number - 1] if number <= len(checked) else "",
            )
            for number, term in enumerate(agreement.terms if agreement and texts else [], 1)
        ),
        wishes=texts.get("wishes", ""),
        not_agreed=texts.get("not_agreed", ""),
    )


def _comment(party: str, version: int) -> Callable[[Typed], dict[str, Any]]:
    def read(typed: Typed) -> dict[str, Any]:
        agrees = typed.one("answer") == "yes"
        if typed.one("answer") == "no" and not typed.one(NOTE):
            typed.wrong(NOTE, tr("Say what you would like to be changed."))
        return {"party": party, "version": version, "agrees": agrees}

    return read


def _action(case: CaseView, journey: Journey, person: str, purpose: str, rest: list[str], now: datetime) -> Question:
    action = next((action for action in journey.actions if str(action.number) == rest[0]), None)
    what = case.texts.get(journey.agreement.command, {}).get("what", []) if journey.agreement else []
    said = {
        "done": tr("This is recorded as done."),
        "not_done": tr("This is recorded as not going to be done."),
        "dropped": tr("This is no longer agreed. Your newest copy of the agreement says so."),
    }
    return Question(
        title=tr("Your action from the agreement"),
        template="party/action.html",
        kind=RecordAction,
        form=(
            Field(
                "answer",
                tr("Is it done?"),
                "choice",
                options=(Option("yes", tr("Yes, it is done")), Option("no", tr("No, and it will not be done"))),
                hint=tr("Not done yet? Then there is nothing to send now."),
            ),
            Field(NOTE, tr("Anything we should know?"), "words", optional=True),
        ),
        button=tr("Send my answer"),
        read=lambda typed: {"action": action.number if action else 0, "done": typed.one("answer") == "yes"},
        said=said.get(action.state, "") if action else "",
        over=_ended(journey) or ("" if action and action.owner == party_of(person) else tr("There is no such action.")),
        terms=(
            Term(
                action.number,
                words.who(case, action.owner),
                what[action.number - 1] if action.number <= len(what) else "",
                words.day(action.by),
            ),
        )
        if action and action.owner == party_of(person)
        else (),
    )


def _feedback(case: CaseView, journey: Journey, person: str, purpose: str, rest: list[str], now: datetime) -> Question:
    fact, asked = journey.facts.get(purpose), journey.open_ask(purpose) is not None
    scores = (tr("Very poor"), tr("Poor"), tr("Neither good nor poor"), tr("Good"), tr("Very good"))
    return Question(
        title=tr("How was the mediation for you?"),
        template="party/feedback.html",
        kind=GiveFeedback,
        form=(
            Field(
                "score",
                tr("How was the mediation for you?"),
                "choice",
                options=tuple(Option(str(n), f"{n} – {label}") for n, label in enumerate(scores, 1)),
            ),
            Field(NOTE, tr("What went well, and what could we do better?"), "words", optional=True),
        ),
        button=tr("Send my feedback"),
        read=lambda typed: {"party": party_of(person), "score": typed.one("score")},
        said=tr("You gave us your feedback. Thank you.") if fact and fact.answer == "given" else "",
        over="" if asked else tr("We no longer collect feedback about this mediation."),
    )


_QUESTIONS: dict[str, Callable[[CaseView, Journey, str, str, list[str], datetime], Question]] = {
    "permission": _permission,
    "consent": _consent,
    "visit_choice": _visit_choice,
    "sign": sign,
    "availability": _availability,
    "comments": _comments,
    "action": _action,
    "feedback": _feedback,
}


def fields_of_command(question: Question, typed: Typed) -> dict[str, Any]:
    """The command's own fields, from what was typed; complaints stand in `typed.errors`."""
    fields = question.read(typed)
    return {**fields, "how": How.LINK} if "how" in question.kind.model_fields else fields


def referrer_in_words(case: CaseView) -> str:
    """Who asked for the mediation, without a family's name: "a parent or carer", "Oakfield School"."""
    referrer = case.parties[0]
    if referrer.organisation:
        return referrer.organisation
    return tr("a young person") if referrer.role == PartyRole.YOUNG_PERSON else tr("a parent or carer")


def _about_dates() -> Field:
    return Field(
        NOTE,
        tr("Anything we should know about dates?"),
        "words",
        hint=tr("For example: only while my other child is at school."),
        optional=True,
        rows=2,
    )


def _yes_no(fact: Fact | None, yes: str, no: str, otherwise: str = "") -> str:
    return {"yes": yes, "no": no}.get(fact.answer, otherwise) if fact else ""


def _ended(journey: Journey) -> str:
    return tr("The mediation has ended.") if journey.closing else ""
