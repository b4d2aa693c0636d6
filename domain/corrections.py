"""Which records of a case can be corrected now, and what each can become: what the rules refuse by, the pages offer by
and the workflow goes by.

A record is a fact of the journey, by its key. Some answers have had their effect when the mistake is seen: the journey
cannot be rewound. What each can still become, and why, stands in docs/decisions/0003-corrections.md."""

from domain import commands as c
from domain.journey import Journey, Meeting, MeetingStatus
from domain.refusals import Refusal
from domain.stages import Stage

NOT_YET = "not_yet"
"""The answer of a correction that takes an answer back: nobody has given it."""

RECORDED_BY: dict[str, type[c.Command]] = {
    "explaining_call": c.RecordExplainingCall,
    "permission": c.RecordPermission,
    "consent": c.AnswerConsent,
    "visit": c.RecordVisit,
    "joint_meeting": c.RecordJointMeeting,
    "comments": c.CommentOnAgreement,
    "action": c.RecordAction,
}
"""The kinds of records that can be corrected, and the command that records each: whoever may give it, may correct."""

_INSTEAD: dict[str, Refusal] = {
    "visit_dates": Refusal.MOVE_INSTEAD,
    "visit_choice": Refusal.MOVE_INSTEAD,
    "joint_date": Refusal.MOVE_INSTEAD,
    "mediator_choice": Refusal.REPLACE_INSTEAD,
    "acceptance": Refusal.REPLACE_INSTEAD,
    "availability": Refusal.GIVE_AGAIN,
    "feedback": Refusal.GIVE_AGAIN,
    "terms": Refusal.AMEND_INSTEAD,
    "issue": Refusal.AMEND_INSTEAD,
}
_EARLY = (Stage.REFERRAL, Stage.EXPLAINING)
_VISITING = (Stage.INITIAL_VISITS, Stage.JOINT_MEETING)  # while a visit still serves its purpose


def correctable(journey: Journey) -> list[str]:
    """The keys of all records that can be corrected now, in the order in which they were first recorded."""
    return [key for key in journey.facts if can_become(journey, key)]


def can_become(journey: Journey, record: str) -> list[str]:
    """What a record can become now. A joint meeting can stay what it is, with others present. Nothing: it cannot be
    corrected, or there is no such record."""
    fact = journey.facts.get(record)
    if fact is None or journey.closing:
        return []
    kind, _, about = record.partition("/")
    answers: list[str] = []
    match kind:
        case "explaining_call" if journey.stage == Stage.PERMISSION:
            answers = ["signpost", "not_now", NOT_YET]
        case "explaining_call" if journey.stage == Stage.CONSENT:
            answers = ["signpost", "not_now"]
        case "permission":  # once it was used, the others have been written to
            answers = ["yes", "no", NOT_YET] if journey.stage in _EARLY else ["no"]
        case "consent" if journey.party(about):  # one that was taken out answers nothing any more
            answers = ["no"]  # voluntary, at any moment
            if journey.stage in (*_EARLY, Stage.PERMISSION):
                answers = ["yes", "no", NOT_YET]
            elif journey.stage == Stage.CONSENT:
                answers = ["no", NOT_YET]
        case "visit" if journey.stage in _VISITING and journey.meeting(record) == _latest_visit(journey, about):
            answers = ["held", "no_show"]
        case "joint_meeting":
            return _of_a_joint_meeting(journey, record)
        case "comments" if journey.agreement and journey.agreement.status == "comments":
            this_version = about.partition("/")[2] == str(journey.agreement.version)
            # one that lapsed is no record of anybody's
            answers = ["yes", "no"] if this_version and fact.answer in ("yes", "no") else []
        case "action" if journey.stage == Stage.ACTIONS and fact.answer in ("yes", "no"):
            answers = ["yes", "no", NOT_YET]
    return [answer for answer in answers if answer != fact.answer]


def given_again(journey: Journey) -> list[tuple[str, str]]:
    """What was answered and can simply be answered again, the latest counts: the command's kind and the party."""
    if journey.closing:
        return []
    gathering = [one for one in journey.meetings if one.half_days and one.status == MeetingStatus.OFFERED]
    dates = [("give_availability", party) for party in (gathering[-1].availability if gathering else [])]
    feedback = [key.partition("/")[2] for key in journey.facts if key.startswith("feedback/")]
    return dates + [("give_feedback", party) for party in feedback]


def why_not(journey: Journey, record: str) -> Refusal:
    """Why a record cannot be corrected at all, with the way out."""
    kind = record.partition("/")[0]
    if record not in journey.facts:
        return Refusal.NOT_RECORDED
    if kind == "joint_meeting" and journey.agreement:
        return Refusal.AMEND_INSTEAD
    return _INSTEAD.get(kind, Refusal.GONE_ON)


def meeting_after(journey: Journey, meeting: Meeting) -> Meeting | None:
    """The joint meeting that is being arranged, or is booked, because another was needed."""
    joint = [one for one in journey.meetings if one.key.startswith("joint_meeting/")]
    later = [one for one in joint[joint.index(meeting) + 1 :] if one.status != MeetingStatus.CANCELLED]
    return later[-1] if later else None


def _latest_visit(journey: Journey, about: str) -> Meeting | None:
    """The last visit of a party to be recorded."""
    party = about.partition("/")[0]
    recorded = [
        meeting
        for meeting in journey.meetings
        if meeting.party == party and meeting.status in (MeetingStatus.HELD, MeetingStatus.NO_SHOW)
    ]
    return recorded[-1] if recorded else None


def _of_a_joint_meeting(journey: Journey, record: str) -> list[str]:
    meeting = journey.meeting(record)
    if meeting is None or meeting.status not in (MeetingStatus.HELD, MeetingStatus.NO_SHOW):
        return []
    if journey.facts[record].answer in ("another", "no_show"):  # or "none", in a case that was opened again
        later = meeting_after(journey, meeting)
        arranging = later is None or later.status == MeetingStatus.OFFERED
        as_it_is = ["another"] if meeting.outcome == "another" else []
        return [*as_it_is, "full", "partial", "none"] if arranging and journey.stage == Stage.JOINT_MEETING else []
    if journey.stage == Stage.AGREEMENT and (journey.agreement is None or journey.agreement.status != "draft"):
        return ["full", "partial", "none"]
    if journey.stage == Stage.ACTIONS:  # an outcome that was issued is amended; copies can still follow
        return [meeting.outcome]
    return []
