"""What codes are called in plain English. What is marked by `marked` is read by the parties too, in their language."""

from domain.childs_voice import ChildsVoice
from domain.commands import How, StaffRole
from domain.journey import MeetingStatus
from domain.languages import marked
from domain.likeness import Sign
from domain.papers import PaperState
from domain.parties import Channel, PartyRole, PersonRole, TimeOfDay
from domain.policy import Do
from domain.stages import ClosingReason, LinkKind, OutcomeDetail, Stage

STAGES: dict[Stage, str] = {
    Stage.REFERRAL: "Referral",
    Stage.EXPLAINING: "Explaining the process",
    Stage.PERMISSION: "Permission to contact the others",
    Stage.CONSENT: "Everyone's consent",
    Stage.ALLOCATION: "Allocation to a mediator",
    Stage.INITIAL_VISITS: "Initial visits",
    Stage.JOINT_MEETING: "Joint meeting",
    Stage.AGREEMENT: "Recording the agreement",
    Stage.ACTIONS: "Carrying out the agreement",
    Stage.CLOSED: "Closed",
}

PARTY_ROLES: dict[PartyRole, str] = {
    PartyRole.PARENT: marked("Parent or carer"),
    PartyRole.YOUNG_PERSON: marked("Young person"),
    PartyRole.SCHOOL: marked("School"),
    PartyRole.LOCAL_AUTHORITY: marked("Local authority"),
    PartyRole.HEALTH_BODY: marked("Health body"),
}

PERSON_ROLES: dict[PersonRole, str] = {
    PersonRole.LEAD: "Lead contact",
    PersonRole.DECISION_MAKER: "Decision-maker",
    PersonRole.IN_COPY: "In copy",
    PersonRole.SUPPORTER: "Supporter or friend",
    PersonRole.INTERPRETER: "Interpreter",
}

STAFF_ROLES: dict[StaffRole, str] = {
    StaffRole.COORDINATOR: "Coordinator",
    StaffRole.MEDIATOR: "Mediator",
    StaffRole.SAFEGUARDING_LEAD: "Safeguarding lead",
    StaffRole.MANAGER: "Manager",
    StaffRole.OPERATIONS: "Operations",
}

ACCOUNT_EVENTS: dict[str, str] = {
    "created": "Account made",
    "roles_changed": "Roles changed",
    "deactivated": "Deactivated",
    "reactivated": "Reactivated",
    "password_by_another": "New password given",
    "password_link": "Link to a new password sent",
    "password_chosen": "New password chosen by link",
    "second_factor_set_up": "Second step set up",
    "second_factor_removed": "Second step taken away",
    "recovery_codes_renewed": "New recovery codes",
    "cover_set": "Cover while away set",
    "cover_ended": "Cover while away ended",
    "recovery_code_used": "Signed in with a recovery code",
}

CLOSING_REASONS: dict[ClosingReason, str] = {
    ClosingReason.AGREEMENT_FULL: "Full agreement",
    ClosingReason.AGREEMENT_PARTIAL: "Partial agreement",
    ClosingReason.NO_AGREEMENT: "No agreement",
    ClosingReason.NOT_AGREED: "Not everyone agreed to take part",
    ClosingReason.WITHDRAWN: "Withdrawn",
    ClosingReason.NOT_CONTACTABLE: "A party could not be reached",
    ClosingReason.CONCEDED: "Settled without mediation",
    ClosingReason.OVERTAKEN_BY_TRIBUNAL: "Overtaken by the Tribunal",
    ClosingReason.UNSUITABLE: "Not suitable for mediation",
    ClosingReason.OUT_OF_SCOPE: "Not a matter for this service",
    ClosingReason.DUPLICATE: "Duplicate of another case",
    ClosingReason.SAFEGUARDING: "Safeguarding",
}

OUTCOMES: dict[OutcomeDetail, str] = {
    OutcomeDetail.AGREE_TO_ASSESS: "The local authority assesses the child's needs",
    OutcomeDetail.AGREE_TO_ISSUE_PLAN: "The local authority issues an EHC plan",
    OutcomeDetail.AMEND_PLAN: "The EHC plan is amended",
    OutcomeDetail.NAME_SCHOOL: "A school is named",
    OutcomeDetail.BACK_TO_PANEL: "The matter goes back to the panel",
    OutcomeDetail.EXTRA_SUPPORT: "Extra support is given",
    OutcomeDetail.FURTHER_MEETING: "There is a further meeting",
    OutcomeDetail.DECISION_STANDS: "The decision stands",
}

MEETING_STATUSES: dict[MeetingStatus, str] = {
    MeetingStatus.OFFERED: "Dates offered",
    MeetingStatus.BOOKED: "Booked",
    MeetingStatus.HELD: "Held",
    MeetingStatus.NO_SHOW: "Nobody came",
    MeetingStatus.CANCELLED: "Cancelled",
}

MEETING_OUTCOMES: dict[str, str] = {
    "full": "Full agreement",
    "partial": "Partial agreement",
    "none": "No agreement",
    "another": "Another meeting",
    "no_show": "Not held: somebody did not come",
}

CHILDS_VOICES: dict[ChildsVoice, str] = {
    ChildsVoice.ATTENDS: marked("The child comes to the meeting"),
    ChildsVoice.PART: marked("The child comes to a part of the meeting"),
    ChildsVoice.OWN_WORDS: marked("In the child's own words: writing, a drawing or a recording"),
    ChildsVoice.SOMEBODY: marked("Somebody the child trusts speaks for them"),
    ChildsVoice.PARENT: marked("A parent or carer speaks for the child"),
    ChildsVoice.NOT_HEARD: marked("The child does not wish to be heard"),
    ChildsVoice.UNDECIDED: marked("Not decided yet"),
}

ANSWERS: dict[str, dict[str, str]] = {
    "explaining_call": {
        "go_on": "they go on",
        "signpost": "signposted elsewhere",
        "not_now": "not now",
        "not_yet": "the call has not been made",
    },
    "permission": {"yes": "yes", "no": "no", "not_yet": "not answered yet"},
    "consent": {"yes": "yes", "no": "no", "not_yet": "not answered yet"},
    "visit": {"held": "held", "no_show": "nobody came"},
    "joint_meeting": {code: title.lower() for code, title in MEETING_OUTCOMES.items()},
    "comments": {"yes": "agrees", "no": "wants changes"},
    "action": {"yes": "done", "no": "will not be done", "not_yet": "not done yet"},
}
"""What can be recorded, by the kind of the record: what corrections speak of."""

DETAILS: dict[str, str] = {
    "child": "the child's name and date of birth",
    "referral": "what the referral said",
    "organisation": "the organisation's name",
}
"""The words of a referral that can be corrected."""

HOWS: dict[How, str] = {
    How.LINK: "through the personal link",
    How.PHONE: "by phone",
    How.EMAIL: "by e-mail",
    How.LETTER: "by letter",
    How.IN_PERSON: "in person",
}

CHANNELS: dict[Channel, str] = {
    Channel.EMAIL: "E-mail",
    Channel.TEXT: "Text message",
    Channel.POST: "Post",
    Channel.PHONE: "Telephone: we ring them",
}

BY_CHANNEL: dict[Channel, str] = {
    Channel.EMAIL: "by e-mail",
    Channel.TEXT: "by text message",
    Channel.POST: "by post",
    Channel.PHONE: "by telephone",
}

ADDRESSES: dict[Channel, str] = {
    Channel.EMAIL: "e-mail address",
    Channel.TEXT: "number for text messages",
    Channel.POST: "postal address",
    Channel.PHONE: "telephone number",
}
"""Where a channel reaches a person."""

TIMES_OF_DAY: dict[TimeOfDay, str] = {
    TimeOfDay.MORNING: marked("In the morning, 9 to 12"),
    TimeOfDay.AFTERNOON: marked("In the afternoon, 12 to 4"),
    TimeOfDay.LATE_AFTERNOON: marked("Late in the afternoon, 4 to 6"),
}

SIGNS: dict[Sign, str] = {
    Sign.SAME_NAME: "the same name",
    Sign.SIMILAR_NAME: "a similar name",
    Sign.PART_OF_NAME: "a part of the name",
    Sign.SAME_BIRTHDAY: "the same date of birth",
    Sign.SAME_EMAIL: "the same e-mail address of the family",
    Sign.SAME_PHONE: "the same telephone number of the family",
    Sign.SAME_POSTCODE: "the same postcode of the family",
}

RUNGS: dict[Do, str] = {
    Do.ASK: "letter",
    Do.REMIND: "reminder",
    Do.TASK: "task",
    Do.PHONE_TASK: "call",
    Do.IN_THE_ROOM: "left to the mediator, at the meeting",
    Do.MANAGER_DECIDES: "a manager decides",
    Do.ESCALATE: "a manager is told",
    Do.LAPSE: "no longer waited for",
}
"""What happens on a rung of a ladder, in a word or two."""

POLICY_FIELDS: dict[str, str] = {
    "holidays": "bank holidays and closures",
    "opens": "when the office opens",
    "closes": "when the office closes",
    "morning": "the hour of reminders",
    "posting_days": "days that a letter travels",
    "papers_days": "days before the joint meeting when papers are exchanged",
    "offers_before_alert": "offers before a manager is told",
    "no_shows_before_decision": "missed meetings before a manager decides",
    "minutes_to_regret": "minutes to undo the end of a case",
    "record_only_after_start": "when meetings may be recorded",
}
"""What a policy says beside its ladders, by the name of its field."""

PAPER_STATES: dict[PaperState, str] = {
    PaperState.BEING_CHECKED: marked("Being checked"),
    PaperState.PRIVATE: marked("Private"),
    PaperState.RELEASED: marked("Released"),
    PaperState.EXCHANGED: marked("Exchanged"),
    PaperState.TAKEN_BACK: marked("Taken back"),
    PaperState.INFECTED: marked("Destroyed: harmful software"),
}

LINKS: dict[LinkKind, tuple[str, str]] = {
    LinkKind.SAME_CHILD: ("The same child", "The same child"),
    LinkKind.SAME_DECISION: ("The same decision or dispute", "The same decision or dispute"),
    LinkKind.DUPLICATE: ("This case is a duplicate, and goes on there", "A duplicate, which goes on here"),
    LinkKind.SPLIT_FROM: ("This case was opened out of that one", "Was opened out of this case"),
    LinkKind.ANOTHER_MATTER: ("Another matter", "Another matter"),
}
"""How a case belongs together with another: as the page says it of the case where it was begun, and of the other."""

LETTER_STATES: dict[str, str] = {
    "queued": "Waiting to be sent",
    "sending": "Being sent",
    "by_hand": "Waiting to be posted or said on the telephone",
    "sent": "Sent",
    "withheld": "Not sent: no longer needed",
    "bounced": "Came back: the address did not accept it",
    "failed": "Could not be sent",
    "ambiguous": "May have arrived: the connection broke off",
}

CHASED: dict[str, str] = {
    "permission": "Permission to contact the others",
    "consent": "Consent to take part",
    "visit_choice": "A date for the initial visit",
    "sign": "Signature under the agreement to mediate",
    "availability": "Dates for the joint meeting",
    "comments": "Comments on the agreement's wording",
}
"""What parties are asked for by letter and reminded of, by the kind of the ask."""

LETTERS: dict[str, str] = {
    "referral_received": "We have your referral",
    "permission_ask": "May we contact the others?",
    "permission_remind": "Reminder: may we contact the others?",
    "consent_ask": "Invitation to take part",
    "consent_remind": "Reminder: invitation to take part",
    "consent_receipt": "Thank you for your consent",
    "acceptance_ask": "Offer of a case to a mediator",
    "visit_choice_ask": "Dates offered for the initial visit",
    "visit_choice_remind": "Reminder: choose a date for the initial visit",
    "visit_booked": "The initial visit is booked",
    "visit_moved": "The initial visit has moved",
    "visit_remind": "Reminder of the initial visit",
    "visit_cancelled": "The initial visit is cancelled",
    "sign_ask": "Please sign the agreement to mediate",
    "sign_remind": "Reminder: please sign the agreement to mediate",
    "sign_receipt": "You have signed the agreement to mediate",
    "visit_missed": "Sorry that we missed each other (initial visit)",
    "availability_ask": "When can you come to the joint meeting?",
    "availability_remind": "Reminder: when can you come to the joint meeting?",
    "joint_meeting_booked": "Notice of the joint meeting",
    "joint_meeting_moved": "The joint meeting has moved",
    "joint_meeting_remind": "Reminder of the joint meeting",
    "joint_meeting_cancelled": "The joint meeting is cancelled",
    "joint_meeting_missed": "Sorry that we missed each other (joint meeting)",
    "joint_meeting_not_held": "The joint meeting could not be held",
    "comments_ask": "Please read the wording of the agreement",
    "comments_remind": "Reminder: please read the wording of the agreement",
    "agreement_copy": "Copy of the agreement",
    "action_remind": "Reminder of an action",
    "feedback_ask": "How was it for you?",
    "correction": "We have corrected a mistake",
    "withdrawal_receipt": "You have left the mediation",
    "closed_agreement_full": "The case is closed: full agreement",
    "closed_agreement_partial": "The case is closed: partial agreement",
    "closed_no_agreement": "The case is closed: no agreement",
    "closed_not_agreed": "The mediation does not go ahead",
    "closed_withdrawn": "The mediation has ended",
    "closed_not_contactable": "The mediation does not go ahead",
    "closed_out_of_scope": "Where to find help with your matter",
    "closed_by_service": "The case is closed",
    "party_joined": "Another party takes part",
    "no_longer_part": "You do not take part any more",
    "closed_duplicate": "The matter goes on under another reference",
    "case_reopened": "The case is open again",
    "contact_changed": "You are now the contact",
    "papers_to_read": "Papers to read before the meeting",
    "paper_destroyed": "A file could not be taken in",
    "mediator_changed": "Another mediator has the case",
    "mediator_released": "You no longer have this case (to the mediator)",
    "closed_mediator": "The case is closed (to the mediator)",
    "message": "Message",
    "staff_task": "A task for you",
    "staff_remind": "A task is waiting",
    "staff_escalate": "A case is late",
}
"""Every kind of letter, by its template's name."""

LETTER_PARTS: dict[str, str] = {
    "_agreement_to_mediate": "The agreement to mediate, whole",
    "_answer_by": "By when an answer would help",
    "_code": "That the page asks for a code",
    "_confidential": "What stays confidential",
    "_how_to_sign": "How to sign the agreement to mediate",
    "_moved": "What a meeting that moves was and is",
    "_next": "The link to what happens next",
    "_signature": "Signature, with what every letter says",
    "_signposts": "Where to find more help",
    "_the_case": "The link to the case, for staff",
    "_visit_dates": "Dates offered for the initial visit",
    "_where": "When and where a meeting is",
}
"""The parts that letters share."""
