"""Where a case is on the leaflet's way, and how it can end."""

from enum import StrEnum

from pydantic import BaseModel


class Stage(StrEnum):
    """The sections of the leaflet's "What to expect in Mediation", in their order."""

    REFERRAL = "referral"
    EXPLAINING = "explaining"
    PERMISSION = "permission"
    CONSENT = "consent"
    ALLOCATION = "allocation"
    INITIAL_VISITS = "initial_visits"
    JOINT_MEETING = "joint_meeting"
    AGREEMENT = "agreement"
    ACTIONS = "actions"
    CLOSED = "closed"

    def lies_before(self, other: "Stage") -> bool:
        """On the leaflet's way."""
        way = list(Stage)
        return way.index(self) < way.index(other)


class ClosingReason(StrEnum):
    """Why a case ended (practice, section 5)."""

    AGREEMENT_FULL = "agreement_full"
    AGREEMENT_PARTIAL = "agreement_partial"
    NO_AGREEMENT = "no_agreement"
    NOT_AGREED = "not_agreed"
    WITHDRAWN = "withdrawn"
    NOT_CONTACTABLE = "not_contactable"
    CONCEDED = "conceded"
    OVERTAKEN_BY_TRIBUNAL = "overtaken_by_tribunal"
    UNSUITABLE = "unsuitable"
    OUT_OF_SCOPE = "out_of_scope"
    DUPLICATE = "duplicate"
    SAFEGUARDING = "safeguarding"


STAFF_CLOSINGS = (
    ClosingReason.CONCEDED,
    ClosingReason.OVERTAKEN_BY_TRIBUNAL,
    ClosingReason.UNSUITABLE,
    ClosingReason.OUT_OF_SCOPE,
    ClosingReason.DUPLICATE,
    ClosingReason.SAFEGUARDING,
)
"""The reasons for which a manager may close a running case; all others follow from what people did."""


COORDINATORS_REOPEN = (
    ClosingReason.WITHDRAWN,
    ClosingReason.NOT_AGREED,
    ClosingReason.NOT_CONTACTABLE,
    ClosingReason.DUPLICATE,
)
"""What follows from an answer, or from a coordinator's own act, a coordinator may open again; the rest a manager."""

CARRIED_OUT = (ClosingReason.AGREEMENT_FULL, ClosingReason.AGREEMENT_PARTIAL)
"""Everything has been done: there is nothing left with which such a case could go on."""


class OutcomeDetail(StrEnum):
    """What the joint meeting came to (practice, section 5)."""

    AGREE_TO_ASSESS = "agree_to_assess"
    AGREE_TO_ISSUE_PLAN = "agree_to_issue_plan"
    AMEND_PLAN = "amend_plan"
    NAME_SCHOOL = "name_school"
    BACK_TO_PANEL = "back_to_panel"
    EXTRA_SUPPORT = "extra_support"
    FURTHER_MEETING = "further_meeting"
    DECISION_STANDS = "decision_stands"


class LinkKind(StrEnum):
    """How a case belongs together with another, or that it does not."""

    SAME_CHILD = "same_child"
    SAME_DECISION = "same_decision"
    DUPLICATE = "duplicate"  # this one closes, and goes on in the other
    SPLIT_FROM = "split_from"  # this one was begun out of the other, which goes on
    ANOTHER_MATTER = "another_matter"  # it does not: it looks like the other, and is none of it


class Closing(BaseModel):
    """How a case ended: the reason, whose act it was (a party key, or "" for nobody's), and the outcome's detail.
    `into`: the reference of the case in which the matter of a duplicate goes on."""

    reason: ClosingReason
    who: str = ""
    outcome: OutcomeDetail | None = None
    into: str = ""
