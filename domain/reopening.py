"""A case that had ended goes on: which answers are asked for anew. All others stand, so that its journey walks at once
to where something is missing."""

from datetime import datetime

from domain.journey import Fact, Journey, MeetingStatus
from domain.stages import ClosingReason

_ENDS_IT = {
    "explaining_call": ("signpost", "not_now"),
    "permission": ("no",),
    "consent": ("no",),
}  # by the kind of an ask: the answers after which a case cannot go on


def begin_again(journey: Journey, now: datetime) -> None:
    """Changes the journey, which has a closing. Meetings that were cancelled stay so, and another round begins."""
    closing = journey.closing
    if closing is None:
        raise ValueError("only a case that has ended begins again")
    refused_at_first = journey.facts.get("explaining_call")
    for key, fact in list(journey.facts.items()):
        if fact.answer == "silent" or fact.answer in _ENDS_IT.get(key.partition("/")[0], ()):
            del journey.facts[key]
        elif key.startswith("joint_meeting/") and fact.answer == "none":
            journey.facts[key] = Fact(answer="another", at=fact.at)
    if closing.reason == ClosingReason.WITHDRAWN and (refused_at_first is None or refused_at_first.answer == "go_on"):
        referrer = journey.parties[0].key
        journey.facts.pop("permission" if closing.who == referrer else f"consent/{closing.who}", None)
    for key in [key for key, fact in journey.facts.items() if key.startswith("sign/") and fact.answer == "lapsed"]:
        del journey.facts[key]
    journey.to_sign = [party for party in journey.to_sign if journey.signature(party)]  # the others are asked anew
    _end_rounds(journey, now)
    journey.closing, journey.closed_at, journey.ending = None, None, None
    journey.reopened += 1


def _end_rounds(journey: Journey, now: datetime) -> None:
    """Nobody chooses among dates of then: rounds that were open are over."""

    def over(key: str, answer: str) -> None:
        journey.facts.setdefault(key, Fact(answer=answer, at=now))

    for meeting in journey.meetings:
        if meeting.key in journey.facts or meeting.status == MeetingStatus.BOOKED:  # this one had begun: it is recorded
            continue
        if meeting.status == MeetingStatus.CANCELLED:
            over(meeting.key, "cancelled")
        elif meeting.party:
            over(meeting.key.replace("visit/", "visit_choice/", 1), "taken_back")
        else:
            number = meeting.key.partition("/")[2]
            for party in journey.parties:
                over(f"availability/{party.key}/{number}", "superseded")
            over(f"joint_date/{number}", "superseded")
            over(meeting.key, "cancelled")
            meeting.status = MeetingStatus.CANCELLED
