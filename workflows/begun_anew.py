"""A case whose workflow was terminated, reset or lost is begun anew with what is filed (docs/architecture.md, "The
rounds"). The journey goes on in the midst of the section that was filed last (case.py). What ran beside it is taken up
here: letters and calendar entries on their way, who joined later, a change of mediator, an end that may be undone."""

from typing import TYPE_CHECKING

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.commands import StaffRole
    from domain.journey import BEGUN_ANEW, AsFiled, Meeting, MeetingStatus, OpenAsk
    from domain.stages import Stage
    from workflows.errands import near
    from workflows.neighbours import CaseFile

if TYPE_CHECKING:
    from workflows.case import MediationCase

OF_A_VISIT = ("visit_dates", "visit_choice", "visit")
ASKED_AGAIN = ("explaining_call", "consent", "action")  # beside the journey, when the answer was taken back


def say_so(case: "MediationCase") -> None:
    """A line of the timeline, and somebody looks at it."""
    case.errands.note(BEGUN_ANEW, fault=case.case.begun_anew)
    case.errands.open_task(BEGUN_ANEW, f"{BEGUN_ANEW}/{case.errands.begun_after}", role=StaffRole.MANAGER)


def take_up(case: "MediationCase", as_filed: AsFiled) -> None:
    """Sets going again what was under way. Of a case that had come to its end nothing was."""
    case.errands.send_on(as_filed.letters)
    if case.journey.closing is None:
        _the_journey(case)
    elif case.journey.closed_at is None:  # it had ended, and nobody was told yet
        case.farewell = case.errands.set_going(case.tell_everyone(case.journey.closing))


def _the_journey(case: "MediationCase") -> None:
    journey = case.journey
    recorded = [meeting for meeting in journey.meetings if meeting.outcome]
    case.outcome_detail = recorded[-1].detail if recorded else None
    for meeting in journey.meetings:
        _calendar_of(case, meeting)
    case.papers.go_on()
    if journey.ending:
        case.carry_out_later(journey.ending)
    if journey.reopening:
        case.tell_later_that_it_goes_on(journey.reopening)
    if Stage.CONSENT.lies_before(journey.stage):
        for party in [*journey.newcomers, *_visited_before_they_are_asked(case)]:
            case.coming[party] = case.errands.set_going(case.bring_up_to_the_others(party))
    if Stage.ALLOCATION.lies_before(journey.stage) and not journey.mediator:
        case.handover = case.errands.set_going(case.hand_over_to_another())
    case.walking = True  # what is known is passed over in one breath, to where something is missing
    case.errands.set_going(_beside_the_journey(case))


def _visited_before_they_are_asked(case: "MediationCase") -> list[str]:
    """Who joined late, and is visited before being asked when they can come to the joint meeting."""
    journey = case.journey
    if journey.stage != Stage.JOINT_MEETING:
        return []
    number = case.meetings.latest_joint().key.partition("/")[2]
    asked = [*journey.facts, *case.asks.as_they_stood]
    visits = [ask.key.split("/")[1] for ask in journey.asks if ask.kind in OF_A_VISIT]
    return [party for party in visits if f"availability/{party}/{number}" not in asked]


async def _beside_the_journey(case: "MediationCase") -> None:
    """What is asked, and not in the course of the section where the case goes on, was asked beside it."""
    await workflow.wait_condition(lambda: case.entered)
    case.walking, case.left_off = False, None
    for ask in list(case.asks.as_they_stood.values()):
        _ask_beside(case, ask)


def _ask_beside(case: "MediationCase", ask: OpenAsk) -> None:
    if ask.kind in ASKED_AGAIN:
        case.ask_again(ask.key)
    elif ask.kind in OF_A_VISIT:
        case.beside(case.visit(ask.key.split("/")[1]))
    else:
        case.prepare(case.ask(ask.key, ask.of, ask.due))


def _calendar_of(case: "MediationCase", meeting: Meeting) -> None:
    """Claims and entries as they were filed. All of it is safe to do twice: an entry has one UID, and its SEQUENCE says
    which is the newest."""
    if meeting.slot is None or meeting.slot.start <= workflow.now():
        return
    booking = case.meetings.booking(meeting, meeting.slot)
    if meeting.status == MeetingStatus.BOOKED:

        async def claim() -> None:
            if not await case.claim(meeting):  # it was free for nobody else, unless somebody has moved it by hand
                case.errands.open_task("calendar_failed", f"calendar/{meeting.key}/{meeting.sequence}", meeting.key)

        case.errands.set_going(claim())
        case.errands.book(booking)
    elif meeting.status == MeetingStatus.CANCELLED:

        async def let_go() -> None:
            await near(CaseFile.let_go, booking, f"let go of {meeting.key}")

        case.errands.set_going(let_go())
        case.errands.cancel(booking)
