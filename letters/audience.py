"""Who gets the letters of a kind, and how far on the leaflet's way a case may still send one: for whoever edits its
text."""

from typing import TypeVar

from domain.stages import Stage
from letters.texts import TO_STAFF

T = TypeVar("T")
_READERS = {
    "acceptance_ask": "A mediator who is offered the case",
    "closed_mediator": "The mediator",
    "mediator_released": "The mediator who had the case",
    "staff_escalate": "A manager",
    "staff_": "Whose task it is",
    "referral_received": "Who asked for mediation",
    "permission_": "Who asked for mediation",
    "consent_": "A party that is asked to take part",
    "visit_": "The party that is visited",
    "sign_": "Each party",
    "joint_meeting_": "Everyone who comes to the meeting",
    "agreement_copy": "Everyone who was there",
    "action_": "The party that owes the action",
    "contact_changed": "The new contact of a party",
    "no_longer_part": "Who takes part no longer",
    "withdrawal_receipt": "The party that withdrew",
    "paper_destroyed": "Who gave the file",
    "message": "Whom staff choose",
}
_LAST = {
    "referral_received": Stage.EXPLAINING,
    "permission_": Stage.PERMISSION,
    "consent_ask": Stage.CONSENT,
    "consent_remind": Stage.CONSENT,
    "acceptance_ask": Stage.ALLOCATION,
    "visit_choice_": Stage.INITIAL_VISITS,
    "visit_": Stage.INITIAL_VISITS,
    "sign_": Stage.JOINT_MEETING,
    "availability_": Stage.JOINT_MEETING,
    "joint_meeting_": Stage.JOINT_MEETING,
    "papers_to_read": Stage.JOINT_MEETING,
    "comments_": Stage.AGREEMENT,
}


def readers(name: str) -> str:
    """Who gets letters by this text, in words."""
    if name.endswith(TO_STAFF):
        return "The mediator"
    return _of_prefix(_READERS, name) or "Each party"


def last_stage(name: str) -> Stage:
    """The last stage in which a case sends letters by this text, if nothing is done over; for most, any."""
    return _of_prefix(_LAST, name) or Stage.ACTIONS


def _of_prefix(known: dict[str, T], name: str) -> T | None:
    prefix = max((one for one in known if name.startswith(one)), key=len, default="")
    return known.get(prefix)
