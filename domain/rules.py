"""What may be done now: the one place where a command is judged by the state of its case. The workflow's validators
refuse by it, and the pages offer by it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from domain import commands as c
from domain.agreement_to_mediate import TEXTS
from domain.corrections import NOT_YET, RECORDED_BY, can_become, why_not
from domain.journey import (
    BEGUN_ANEW,
    CALL_WANTED,
    LETTERS_BY_HAND,
    LETTERS_IN_TROUBLE,
    POSSIBLE_DUPLICATE,
    READ_REPLY,
    Armed,
    Journey,
    Meeting,
    MeetingStatus,
    OpenAsk,
    Task,
)
from domain.messages import NOT_FOR_LINES, letter_again
from domain.papers import MOST_OF_ONE_PARTY, Paper
from domain.parties import ORGANISATIONS, party_of
from domain.referral import MOST_PARTIES
from domain.refusals import Refusal
from domain.stages import CARRIED_OUT, COORDINATORS_REOPEN, LinkKind, Stage
from domain.working_days import local_day


class Refused(Exception):
    """The command is refused, with a code and what it is about."""

    def __init__(self, code: Refusal, about: str = "") -> None:
        super().__init__(code)
        self.code, self.about = code, about


def judge(command: c.Command, journey: Journey, now: datetime) -> None:
    """Refused, when the state of the case speaks against the command."""
    if journey.closing and not isinstance(command, (c.Release, c.TickTask, c.ReportBounce, *c.WAKING)):
        raise Refused(Refusal.ENDED, journey.closing.reason)
    if command.by_mail != (command.actor.kind == "mailbox"):
        raise Refused(Refusal.NOT_YOURS)
    if command.actor.kind == "staff":
        if not command.actor.is_any_of(*command.may):
            raise Refused(Refusal.NOT_YOURS)
        if command.actor.only_mediates and command.actor.id not in (journey.mediator, journey.offered_to):
            raise Refused(Refusal.NOT_YOURS)
    elif command.actor.kind == "participant":
        own = journey.party(party_of(command.actor.id))
        if not command.by_link or own is None or own.lead != command.actor.id:  # one answer speaks for the party
            raise Refused(Refusal.NOT_YOURS)
    party = getattr(command, "party", None)
    if party is not None:
        if journey.party(party) is None:
            raise Refused(Refusal.NO_SUCH_PARTY, party)
        if command.actor.kind == "participant" and party_of(command.actor.id) != party:
            raise Refused(Refusal.NOT_YOURS)
    rule = _RULES.get(type(command))
    if rule is not None:
        rule(command, journey, now)


def _explaining_call(command: c.RecordExplainingCall, journey: Journey, now: datetime) -> None:
    asked = journey.stage in (Stage.REFERRAL, Stage.EXPLAINING) or journey.open_ask("explaining_call")
    if not asked or "explaining_call" in journey.facts:
        raise Refused(Refusal.NOT_ASKED)
    if command.permission != "not_yet":
        _not_contradicted(journey, "permission", command.permission == "given")
    _not_ending_twice(command, journey, ends=command.outcome != "go_on" or command.permission == "refused")


def _permission(command: c.RecordPermission, journey: Journey, now: datetime) -> None:
    if command.actor.kind == "participant" and party_of(command.actor.id) != journey.parties[0].key:
        raise Refused(Refusal.NOT_YOURS)
    _not_contradicted(journey, "permission", command.given)
    _not_ending_twice(command, journey, ends=not command.given)
    if journey.stage not in (Stage.REFERRAL, Stage.EXPLAINING, Stage.PERMISSION):
        raise Refused(Refusal.NOT_ASKED)


def _consent(command: c.AnswerConsent, journey: Journey, now: datetime) -> None:
    if command.party == journey.parties[0].key:
        raise Refused(Refusal.NOT_ASKED, command.party)  # the referrer's consent is the permission
    _not_contradicted(journey, f"consent/{command.party}", command.yes)
    _not_ending_twice(command, journey, ends=not command.yes)


def _silence(command: c.DecideOnSilence, journey: Journey, now: datetime) -> None:
    ask = journey.open_ask(command.ask)
    if ask is None or journey.task(f"decide/{ask.key}") is None:
        raise Refused(Refusal.NOT_ASKED, command.ask)
    _not_ending_twice(command, journey, ends=command.decision == "close")


def _offer(command: c.OfferMediator, journey: Journey, now: datetime) -> None:
    if journey.mediator or journey.offered_to:
        raise Refused(Refusal.MEDIATOR_ASKED)
    if command.mediator in journey.tried:
        raise Refused(Refusal.ALREADY_TRIED, command.mediator)
    if not journey.open_asks("mediator_choice"):
        raise Refused(Refusal.NOT_ASKED)


def _allocation(command: c.AnswerAllocation, journey: Journey, now: datetime) -> None:
    if command.offer < journey.offer or (command.offer == journey.offer and not journey.offered_to):
        raise Refused(Refusal.SUPERSEDED)
    if command.offer > journey.offer:
        raise Refused(Refusal.NOT_ASKED)
    if f"acceptance/{command.offer}" in journey.facts:
        raise Refused(Refusal.SUPERSEDED)
    if command.actor.id != journey.offered_to and not command.actor.is_any_of(c.StaffRole.MANAGER):
        raise Refused(Refusal.NOT_YOURS)


def _visit_dates(command: c.OfferVisitDates, journey: Journey, now: datetime) -> None:
    if not any(
        ask.key.startswith((f"visit_dates/{command.party}/", f"visit_choice/{command.party}/")) for ask in journey.asks
    ):
        raise Refused(Refusal.NOT_ASKED, command.party)
    if any(slot.start <= now for slot in command.slots):
        raise Refused(Refusal.IN_THE_PAST)


def _visit_choice(command: c.ChooseVisitDate, journey: Journey, now: datetime) -> None:
    asks = journey.open_asks("visit_choice", command.party)
    if not asks:
        raise Refused(Refusal.NOT_ASKED, command.party)
    if command.start is None:
        return
    meeting = journey.meeting(asks[0].key.replace("visit_choice", "visit"))
    if meeting is None or command.start not in [slot.start for slot in meeting.offered]:
        raise Refused(Refusal.NOT_OFFERED)
    if command.start <= now:
        raise Refused(Refusal.IN_THE_PAST)


def _visit(command: c.RecordVisit, journey: Journey, now: datetime) -> None:
    _held_after_start(journey, _asked(journey, "visit", command.party), now)
    if command.held and not command.confidentiality_explained:
        raise Refused(Refusal.EXPLAIN_FIRST)
    if command.held and journey.signs and command.party in journey.asked_of_the_child and not command.childs_voice:
        raise Refused(Refusal.VOICE_MISSING, command.party)


BEFORE_ALL_MEET = (Stage.INITIAL_VISITS, Stage.JOINT_MEETING)  # while parties sign, and the child's voice is asked for


def _sign(command: c.SignAgreementToMediate, journey: Journey, now: datetime) -> None:
    if journey.stage not in BEFORE_ALL_MEET or not journey.takes_part(command.party):
        raise Refused(Refusal.NOT_ASKED, command.party)
    if command.version not in TEXTS:
        raise Refused(Refusal.WRONG_VERSION)


def _take_back(command: c.TakeBackSignature, journey: Journey, now: datetime) -> None:
    if journey.stage not in BEFORE_ALL_MEET:
        raise Refused(Refusal.HAVE_MET)
    if journey.signature(command.party) is None:
        raise Refused(Refusal.NO_SIGNATURE, command.party)


def _childs_voice(command: c.RecordChildsVoice, journey: Journey, now: datetime) -> None:
    if command.party not in journey.asked_of_the_child:
        raise Refused(Refusal.NOT_OF_THE_FAMILY, command.party)
    if journey.stage not in BEFORE_THE_AGREEMENT:
        raise Refused(Refusal.HAVE_MET)
    if journey.stage not in BEFORE_ALL_MEET:
        raise Refused(Refusal.NOT_ASKED, command.party)


def _availability(command: c.GiveAvailability, journey: Journey, now: datetime) -> None:
    meetings = [m for m in journey.meetings if m.key.startswith("joint_meeting/") and m.status == MeetingStatus.OFFERED]
    if not meetings:
        raise Refused(Refusal.NOT_ASKED, command.party)
    if any(half_day not in meetings[-1].half_days for half_day in command.half_days):
        raise Refused(Refusal.NOT_OFFERED)


def _joint_date(command: c.FixJointMeeting, journey: Journey, now: datetime) -> None:
    _asked(journey, "joint_date")
    if journey.on_hold:  # everyone would be invited at once
        raise Refused(Refusal.ON_HOLD)
    if command.slot.start <= now:
        raise Refused(Refusal.IN_THE_PAST)


def _joint_meeting(command: c.RecordJointMeeting, journey: Journey, now: datetime) -> None:
    _held_after_start(journey, _asked(journey, "joint_meeting"), now)
    _known(command.present, journey)
    if command.outcome in ("full", "partial") and not command.present:
        raise Refused(Refusal.NOBODY_CAME)
    came = [party_of(key) for key in command.present]
    for party in command.signed_in_room:
        if journey.party(party) is None:
            raise Refused(Refusal.NO_SUCH_PARTY, party)
        if party not in came:
            raise Refused(Refusal.SIGNED_ABSENT, party)
    _all_signed(journey, command.outcome, command.present, command.signed_in_room)
    _not_ending_twice(command, journey, ends=command.outcome == "none")
    if command.outcome == "no_show" and not command.absent:
        raise Refused(Refusal.NOBODY_ABSENT)
    for party in command.absent:
        if journey.party(party) is None:
            raise Refused(Refusal.NO_SUCH_PARTY, party)
        if any(party_of(person) == party for person in command.present):
            raise Refused(Refusal.CAME_AND_ABSENT, party)
    if command.outcome in ("full", "partial", "none"):
        _everyone_has_agreed(journey)


def _everyone_has_agreed(journey: Journey) -> None:
    """One that joined late has to agree before it is said what the meeting came to."""
    for party in journey.parties:
        if not journey.takes_part(party.key):
            raise Refused(Refusal.NOT_AGREED_YET, party.key)


def _all_signed(journey: Journey, outcome: str, present: list[str], in_room: list[str]) -> None:
    """Nothing comes of a meeting with somebody whose party has not signed the agreement to mediate."""
    came = [party_of(key) for key in present]
    missing = [party for party in journey.unsigned if party in came and party not in in_room]
    if missing and outcome in ("full", "partial", "none"):
        raise Refused(Refusal.NOT_SIGNED, missing[0])


def _terms(command: c.WriteAgreement, journey: Journey, now: datetime) -> None:
    if not any(journey.open_asks(kind) for kind in ("terms", "comments", "issue")):
        raise Refused(Refusal.NOT_ASKED)
    for term in command.terms:
        if journey.party(term.owner) is None:
            raise Refused(Refusal.NO_SUCH_PARTY, term.owner)


def _comment(command: c.CommentOnAgreement, journey: Journey, now: datetime) -> None:
    if journey.agreement is None or journey.agreement.status != "comments":
        raise Refused(Refusal.NOT_ASKED, command.party)
    if command.version != journey.agreement.version:
        raise Refused(Refusal.WRONG_VERSION)
    _not_contradicted(journey, f"comments/{command.party}/{command.version}", command.agrees)


def _issue(command: c.IssueAgreement, journey: Journey, now: datetime) -> None:
    if journey.agreement is None or journey.agreement.status == "issued":
        raise Refused(Refusal.NOT_ASKED)
    if command.version != journey.agreement.version:
        raise Refused(Refusal.WRONG_VERSION)


def _action(command: c.RecordAction, journey: Journey, now: datetime) -> None:
    action = journey.action(command.action)
    if action is None or action.state == "dropped":
        raise Refused(Refusal.NO_SUCH_ACTION, str(command.action))
    if command.actor.kind == "participant" and party_of(command.actor.id) != action.owner:
        raise Refused(Refusal.NOT_YOURS)
    _not_contradicted(journey, f"action/{command.action}", command.done)


def _feedback(command: c.GiveFeedback, journey: Journey, now: datetime) -> None:
    asked = journey.open_ask(f"feedback/{command.party}") is not None
    given = f"feedback/{command.party}" in journey.facts
    if not asked and not (given and command.actor.kind == "staff"):  # staff who wrote it down wrongly give it again
        raise Refused(Refusal.NOT_ASKED, command.party)


def _move(command: c.MoveMeeting, journey: Journey, now: datetime) -> None:
    meeting = _booked(journey, command.meeting, now)
    if journey.on_hold:  # everyone invited would be written to at once
        raise Refused(Refusal.ON_HOLD)
    if command.slot.start <= now:
        raise Refused(Refusal.IN_THE_PAST)
    if command.where == "same" and command.slot == meeting.slot:
        raise Refused(Refusal.NOTHING_NEW, command.meeting)


def _cancel(command: c.CancelMeeting, journey: Journey, now: datetime) -> None:
    _booked(journey, command.meeting, now)


def _booked(journey: Journey, key: str, now: datetime) -> Meeting:
    """The meeting, while it is booked and lies ahead."""
    meeting = journey.meeting(key)
    if meeting is None:
        raise Refused(Refusal.NO_SUCH_MEETING, key)
    if meeting.status == MeetingStatus.CANCELLED:
        raise Refused(Refusal.CANCELLED_BEFORE, key)
    if not can_change(journey, meeting) or meeting.slot is None:
        raise Refused(Refusal.NOT_BOOKED, key)
    if meeting.slot.start <= now:
        raise Refused(Refusal.HAS_BEGUN, key)
    return meeting


def can_change(journey: Journey, meeting: Meeting) -> bool:
    return meeting.status == MeetingStatus.BOOKED and meeting.key not in journey.facts


def _replace_mediator(command: c.ReplaceMediator, journey: Journey, now: datetime) -> None:
    if not journey.mediator:
        raise Refused(Refusal.NO_MEDIATOR)
    if command.mediator != journey.mediator:
        raise Refused(Refusal.SUPERSEDED)
    if journey.stage not in MEDIATED:
        raise Refused(Refusal.NOT_ASKED)


MEDIATED = (Stage.INITIAL_VISITS, Stage.JOINT_MEETING, Stage.AGREEMENT)  # while the mediator has something to do


def _skip(command: c.SkipStep, journey: Journey, now: datetime) -> None:
    if "skip" not in _step(command, journey).can:
        raise Refused(Refusal.STEP_IS_NEEDED, command.ask)


def _bring_forward(command: c.BringStepForward, journey: Journey, now: datetime) -> None:
    if "bring_forward" not in _step(command, journey).can:
        raise Refused(Refusal.NOT_SOONER, command.ask)


def _postpone(command: c.PostponeStep, journey: Journey, now: datetime) -> None:
    if "postpone" not in _step(command, journey).can:
        raise Refused(Refusal.HANGS_ON_A_DATE, command.ask)
    if command.until <= local_day(max(command.planned, now)):
        raise Refused(Refusal.NOT_LATER)
    if command.until > local_day(now + POSTPONED_AT_MOST):
        raise Refused(Refusal.TOO_FAR_OFF)


POSTPONED_AT_MOST = timedelta(weeks=4)  # from today; a case that rests for longer is paused


def _step(command: c.StepChange, journey: Journey) -> Armed:
    """The step that the command names, while it is the next one of its ask and its time has not come."""
    ask = journey.open_ask(command.ask)
    if ask is None or ask.armed is None or ask.armed.at != command.planned:
        raise Refused(Refusal.STEP_HAS_CHANGED, command.ask)
    return ask.armed


def _supporter(command: c.AddSupporter, journey: Journey, now: datetime) -> None:
    if journey.stage not in BEFORE_THE_AGREEMENT:
        raise Refused(Refusal.HAS_MET)


BEFORE_THE_AGREEMENT = list(Stage)[: list(Stage).index(Stage.AGREEMENT)]


def _call(command: c.AskForCall, journey: Journey, now: datetime) -> None:
    if command.party not in journey.contacted:
        raise Refused(Refusal.NOT_PERMITTED)
    if journey.call_wanted(command.party) is not None:
        raise Refused(Refusal.CALL_IS_DUE, command.party)


def _join(command: c.AddParty, journey: Journey, now: datetime) -> None:
    if journey.stage not in BEFORE_THE_AGREEMENT:
        raise Refused(Refusal.TOO_LATE_TO_JOIN)
    booked = [m for m in journey.meetings if m.key.startswith("joint_meeting/") and m.status == MeetingStatus.BOOKED]
    if any(meeting.slot and meeting.slot.start <= now for meeting in booked):
        raise Refused(Refusal.RECORD_IT_FIRST)
    if len(journey.parties) >= MOST_PARTIES:
        raise Refused(Refusal.TOO_MANY_PARTIES)
    if permission_was_asked(journey) and not command.permitted:
        raise Refused(Refusal.ASK_THE_REFERRER)


def permission_was_asked(journey: Journey) -> bool:
    """The referrer has been told whom we would contact: whoever joins later was not among them."""
    return "permission" in journey.facts or journey.stage not in (Stage.REFERRAL, Stage.EXPLAINING)


def _take_out(command: c.RemoveParty, journey: Journey, now: datetime) -> None:
    if command.party == journey.parties[0].key or len(journey.parties) <= 2:
        raise Refused(Refusal.CANNOT_DO_WITHOUT)
    if not can_take_out(journey, command.party):
        raise Refused(Refusal.HAS_ANSWERED, command.party)


def can_take_out(journey: Journey, party: str) -> bool:
    """It was not written to, or has not answered; and the case can do without it."""
    answered = party in journey.contacted and f"consent/{party}" in journey.facts
    return party != journey.parties[0].key and len(journey.parties) > 2 and not answered


def _take_away(command: c.RemovePerson, journey: Journey, now: datetime) -> None:
    party = journey.party(party_of(command.person))
    if party is None or journey.person(command.person) is None:
        raise Refused(Refusal.NO_SUCH_PERSON, command.person)
    if command.person not in [person.key for person in party.others]:
        raise Refused(Refusal.SPEAKS_FOR_THEM, command.person)


def _correct_details(command: c.CorrectDetails, journey: Journey, now: datetime) -> None:
    party = journey.party(command.party) if command.party else None
    if party is not None and party.role not in ORGANISATIONS:
        raise Refused(Refusal.NO_ORGANISATION, party.key)


def _correct_record(command: c.CorrectRecord, journey: Journey, now: datetime) -> None:
    if journey.ending:
        raise Refused(Refusal.ENDING)
    if command.seen != journey.corrected.get(command.record, 0):
        raise Refused(Refusal.CORRECTED_MEANWHILE, command.record)
    answers = can_become(journey, command.record)
    if not answers:
        raise Refused(why_not(journey, command.record), command.record)
    if not command.actor.is_any_of(*RECORDED_BY[command.record.partition("/")[0]].may):
        raise Refused(Refusal.NOT_YOURS)
    if command.answer not in answers:
        code = Refusal.GONE_ON if command.answer == NOT_YET else Refusal.CANNOT_BECOME
        as_before = command.answer == journey.facts[command.record].answer
        raise Refused(Refusal.AS_BEFORE if as_before else code, command.record)
    meeting = journey.meeting(command.record)
    if meeting is not None and meeting.party:
        _no_other_visit_has_begun(meeting.party, journey, now)
    elif meeting is not None:
        _other_than(meeting, command, journey)


def _no_other_visit_has_begun(party: str, journey: Journey, now: datetime) -> None:
    for meeting in journey.meetings:
        booked = meeting.party == party and meeting.status == MeetingStatus.BOOKED
        if booked and meeting.slot and meeting.slot.start <= now:
            raise Refused(Refusal.HAS_BEGUN, meeting.key)


def _other_than(meeting: Meeting, command: c.CorrectRecord, journey: Journey) -> None:
    """The record of a joint meeting changes in something, and holds what such a record must."""
    present = meeting.present if command.present is None else command.present
    _known([person for person in present if person not in meeting.present], journey)  # some may have left since
    if command.answer in ("full", "partial") and not present:
        raise Refused(Refusal.NOBODY_CAME)
    _all_signed(journey, command.answer, present, [])
    if command.answer == meeting.outcome and set(present) == set(meeting.present) and command.detail is None:
        raise Refused(Refusal.AS_BEFORE, meeting.key)
    if journey.stage == Stage.JOINT_MEETING and command.answer in ("full", "partial", "none"):
        _everyone_has_agreed(journey)


def _amend(command: c.AmendAgreement, journey: Journey, now: datetime) -> None:
    if journey.ending:
        raise Refused(Refusal.ENDING)
    agreement = journey.agreement
    if agreement is None or journey.stage != Stage.ACTIONS:
        raise Refused(Refusal.NOT_ASKED)
    if command.version != agreement.version or agreement.status != "issued":
        raise Refused(Refusal.WRONG_VERSION)
    if len(command.terms) < len(agreement.terms) or any(t.dropped for t in command.terms[len(agreement.terms) :]):
        raise Refused(Refusal.TERMS_KEEP_THEIR_NUMBERS)
    for term in command.terms:
        if journey.party(term.owner) is None:
            raise Refused(Refusal.NO_SUCH_PARTY, term.owner)


def _withdraw(command: c.Withdraw, journey: Journey, now: datetime) -> None:
    if command.party not in journey.contacted:
        raise Refused(Refusal.NOT_ASKED, command.party)
    if journey.ending and command.actor.kind == "staff":  # a party's own word needs no second thoughts of ours
        raise Refused(Refusal.ENDING)


def _close(command: c.CloseCase, journey: Journey, now: datetime) -> None:
    if journey.ending:
        raise Refused(Refusal.ENDING)


def _undo(command: c.Undo, journey: Journey, now: datetime) -> None:
    if not journey.second_thoughts:
        raise Refused(Refusal.NOTHING_TO_UNDO)


def _reopen(command: c.ReopenCase, journey: Journey, now: datetime) -> None:
    if journey.closing is None:
        raise Refused(Refusal.NOT_CLOSED)
    if journey.closing.reason in CARRIED_OUT:
        raise Refused(Refusal.CARRIED_OUT)
    if journey.closing.reason not in COORDINATORS_REOPEN and not command.actor.is_any_of(c.StaffRole.MANAGER):
        raise Refused(Refusal.MANAGER_REOPENS)


def _link(command: c.LinkCases, journey: Journey, now: datetime) -> None:
    if command.link == LinkKind.DUPLICATE and journey.ending:
        raise Refused(Refusal.ENDING)


def _unlink(command: c.UnlinkCases, journey: Journey, now: datetime) -> None:
    if journey.ending and journey.ending.closing.into == command.other:
        raise Refused(Refusal.ENDING)


def _pause(command: c.Pause, journey: Journey, now: datetime) -> None:
    if journey.paused:
        raise Refused(Refusal.PAUSED)


def _resume(command: c.Resume, journey: Journey, now: datetime) -> None:
    if not journey.paused:
        raise Refused(Refusal.NOT_PAUSED)


def _hold(command: c.Hold, journey: Journey, now: datetime) -> None:
    if journey.on_hold:
        raise Refused(Refusal.ON_HOLD)


def _release(command: c.Release, journey: Journey, now: datetime) -> None:
    if not journey.on_hold:
        raise Refused(Refusal.NOT_ON_HOLD)


def _add_paper(command: c.AddPaper, journey: Journey, now: datetime) -> None:
    if command.party not in journey.contacted:
        raise Refused(Refusal.NOT_PERMITTED)
    if len(journey.papers_of(command.party)) >= MOST_OF_ONE_PARTY:
        raise Refused(Refusal.NO_ROOM, command.party)


def _release_paper(command: c.ReleasePaper, journey: Journey, now: datetime) -> None:
    if _paper_of(command, journey).released:
        raise Refused(Refusal.RELEASED_BEFORE)


def _take_back_paper(command: c.TakeBackPaper, journey: Journey, now: datetime) -> None:
    if _paper_of(command, journey).exchanged:
        raise Refused(Refusal.OTHERS_HAVE_IT)


def _paper_of(command: c.ReleasePaper | c.TakeBackPaper, journey: Journey) -> Paper:
    """Another party's paper does not exist for a participant."""
    paper = journey.paper(command.paper)
    if paper is None or (command.actor.kind == "participant" and party_of(command.actor.id) != party_of(paper.of)):
        raise Refused(Refusal.NO_SUCH_PAPER)
    return paper


def _from_somebody(command: c.ReceiveReply | c.NoteAutomaticReply, journey: Journey, now: datetime) -> None:
    if journey.person(command.person) is None:
        raise Refused(Refusal.NO_SUCH_PERSON, command.person)


def _returned(command: c.ReportReturnedLetter, journey: Journey, now: datetime) -> None:
    if journey.person(command.to) is None:
        raise Refused(Refusal.NO_SUCH_PERSON, command.to)


def _astray(command: c.ReportWrongAddress, journey: Journey, now: datetime) -> None:
    if journey.person(command.to) is None:
        raise Refused(Refusal.NO_SUCH_PERSON, command.to)
    named = (command.kind_of_letter, command.about, command.to, command.number)
    if any((one.kind_of_letter, one.about, one.to, one.number) == named for one in journey.breaches):
        raise Refused(Refusal.REPORTED_BEFORE)
    if command.noticed > now:
        raise Refused(Refusal.LIES_AHEAD)


def _decide_on_breach(command: c.DecideOnBreach, journey: Journey, now: datetime) -> None:
    if journey.breach(command.breach) is None:
        raise Refused(Refusal.NO_SUCH_BREACH)


def _hide(command: c.HideAddress, journey: Journey, now: datetime) -> None:
    person = journey.person(command.person)
    if person is None:
        raise Refused(Refusal.NO_SUCH_PERSON, command.person)
    if person.hidden == command.hidden:
        raise Refused(Refusal.AS_BEFORE)


def _tick(command: c.TickTask, journey: Journey, now: datetime) -> None:
    task = journey.task(command.task)
    if task is None:
        raise Refused(Refusal.NO_SUCH_TASK)
    if not tickable(task.kind):
        raise Refused(Refusal.ANSWER_INSTEAD)
    if not command.actor.is_any_of(task.role, c.StaffRole.MANAGER):
        raise Refused(Refusal.NOT_YOURS)
    fitting = {"letter_by_post": ("posted",), "letter_by_phone": CALLS, "phone": ("done", *CALLS), CALL_WANTED: CALLS}
    if command.outcome not in fitting.get(task.kind, ("done",)):
        raise Refused(Refusal.NOT_FITTING)
    if command.call_back and (command.outcome != "call_back" or command.call_back <= now):
        raise Refused(Refusal.IN_THE_PAST)


def _bring_back(command: c.BringBackTask, journey: Journey, now: datetime) -> None:
    task = next((task for task in can_come_back(journey) if task.key == command.task), None)
    if task is None:
        raise Refused(Refusal.NO_SUCH_TASK)
    if not command.actor.is_any_of(task.role, c.StaffRole.MANAGER):
        raise Refused(Refusal.NOT_YOURS)


def can_come_back(journey: Journey) -> list[Task]:
    """Tasks that were ticked off, while what they are about has no answer."""
    there = [task.key for task in journey.tasks]
    return [task for task in journey.ticked if task.key not in there and task.about not in journey.facts]


CALLS = ("spoke", *c.NOBODY_REACHED)


def _write(command: c.WriteMessage, journey: Journey, now: datetime) -> None:
    if not command.to:
        raise Refused(Refusal.NOBODY_CHOSEN)
    for person in command.to:
        _may_be_written_to(journey, person)


def _add_line(command: c.AddLine, journey: Journey, now: datetime) -> None:
    if journey.person(command.to) is None:
        raise Refused(Refusal.NO_SUCH_PERSON, command.to)
    if command.kind_of_letter.startswith(NOT_FOR_LINES):
        raise Refused(Refusal.NO_SUCH_LETTER)
    there = any((line.kind, line.to) == (command.kind_of_letter, command.to) for line in journey.lines)
    if command.off and not there:
        raise Refused(Refusal.LINE_HAS_GONE)


def _resend(command: c.ResendLetter, journey: Journey, now: datetime) -> None:
    _may_be_written_to(journey, command.to)
    again = letter_again(command, journey)
    if again.of_an_end or (again.while_asked and journey.open_ask(again.while_asked) is None):
        raise Refused(Refusal.NO_LONGER_TRUE)


def _may_be_written_to(journey: Journey, person: str) -> None:
    if journey.person(person) is None:
        raise Refused(Refusal.NO_SUCH_PERSON, person)
    if party_of(person) not in journey.contacted:
        raise Refused(Refusal.NOT_PERMITTED, party_of(person))
    known = journey.person(person)
    if known and known.channel in journey.wrong_channels(person):
        raise Refused(Refusal.REACHES_ANOTHER, person)


def tickable(task_kind: str) -> bool:
    """A task that stands for itself; the others are done by recording the answer they wait for."""
    return task_kind in (
        *LETTERS_BY_HAND,
        "phone",
        READ_REPLY,
        CALL_WANTED,
        *LETTERS_IN_TROUBLE,
        "bad_address",
        "calendar_failed",
        "safeguarding",
        "escalated",
        "cancel_requested",
        BEGUN_ANEW,
        "document_failed",
        "paper_infected",
        "paper_unchecked",
        "post_papers",
        POSSIBLE_DUPLICATE,
    )


_RULES: dict[type[c.Command], Callable[[Any, Journey, datetime], None]] = {
    c.RecordExplainingCall: _explaining_call,
    c.RecordPermission: _permission,
    c.AnswerConsent: _consent,
    c.DecideOnSilence: _silence,
    c.OfferMediator: _offer,
    c.AnswerAllocation: _allocation,
    c.OfferVisitDates: _visit_dates,
    c.ChooseVisitDate: _visit_choice,
    c.RecordVisit: _visit,
    c.SignAgreementToMediate: _sign,
    c.TakeBackSignature: _take_back,
    c.RecordChildsVoice: _childs_voice,
    c.GiveAvailability: _availability,
    c.FixJointMeeting: _joint_date,
    c.RecordJointMeeting: _joint_meeting,
    c.WriteAgreement: _terms,
    c.CommentOnAgreement: _comment,
    c.IssueAgreement: _issue,
    c.RecordAction: _action,
    c.GiveFeedback: _feedback,
    c.MoveMeeting: _move,
    c.CancelMeeting: _cancel,
    c.ReplaceMediator: _replace_mediator,
    c.AddSupporter: _supporter,
    c.SkipStep: _skip,
    c.BringStepForward: _bring_forward,
    c.PostponeStep: _postpone,
    c.AskForCall: _call,
    c.CorrectDetails: _correct_details,
    c.CorrectRecord: _correct_record,
    c.AmendAgreement: _amend,
    c.AddPaper: _add_paper,
    c.ReleasePaper: _release_paper,
    c.TakeBackPaper: _take_back_paper,
    c.AddParty: _join,
    c.RemoveParty: _take_out,
    c.RemovePerson: _take_away,
    c.Withdraw: _withdraw,
    c.Pause: _pause,
    c.Resume: _resume,
    c.Hold: _hold,
    c.Release: _release,
    c.CloseCase: _close,
    c.Undo: _undo,
    c.TickTask: _tick,
    c.BringBackTask: _bring_back,
    c.ReportReturnedLetter: _returned,
    c.HideAddress: _hide,
    c.ReportWrongAddress: _astray,
    c.DecideOnBreach: _decide_on_breach,
    c.WriteMessage: _write,
    c.AddLine: _add_line,
    c.ResendLetter: _resend,
    c.ReopenCase: _reopen,
    c.LinkCases: _link,
    c.UnlinkCases: _unlink,
    c.ReceiveReply: _from_somebody,
    c.NoteAutomaticReply: _from_somebody,
}


def _asked(journey: Journey, kind: str, party: str = "") -> OpenAsk:
    prefix = f"{kind}/{party}" if party else kind
    asks = [
        ask
        for ask in journey.asks
        if (ask.key == prefix or ask.key.startswith(f"{prefix}/")) and ask.key not in journey.facts
    ]
    if not asks:
        raise Refused(Refusal.NOT_ASKED, party)
    return asks[0]


def _known(people: list[str], journey: Journey) -> None:
    for key in people:
        if journey.person(key) is None:
            raise Refused(Refusal.NO_SUCH_PERSON, key)


def _not_ending_twice(command: c.Command, journey: Journey, *, ends: bool) -> None:
    """An answer that ends the case, entered by staff while it is about to end already. A party's own counts."""
    if ends and journey.ending and command.actor.kind == "staff":
        raise Refused(Refusal.ENDING)


def _not_contradicted(journey: Journey, key: str, yes: bool) -> None:
    fact = journey.facts.get(key)
    if fact is not None and fact.answer == ("no" if yes else "yes"):
        raise Refused(Refusal.CONTRADICTS, key)


def _held_after_start(journey: Journey, ask: OpenAsk, now: datetime) -> None:
    meeting = journey.meeting(ask.key)
    if journey.record_only_after_start and meeting and meeting.slot and now < meeting.slot.start:
        raise Refused(Refusal.TOO_EARLY)
