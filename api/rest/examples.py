"""One example for each thing that can be sent to the JSON door. A test sees that each is taken."""

from typing import Any

EXAMPLES: dict[str, dict[str, Any]] = {
    "refer": {
        "child": {"name": "Sam Example", "born": "2016-05-04"},
        "about": "The school and the family disagree about the support in the plan.",
        "parties": [
            {
                "role": "parent",
                "people": [{"name": "Alex Example", "email": "alex@family.example", "phone": "01632 960001"}],
            },
            {
                "role": "school",
                "organisation": "Oakfield School",
                "people": [{"name": "Chris Head", "email": "head@oakfield.example"}],
            },
            {
                "role": "local_authority",
                "organisation": "Exampleshire County Council",
                "people": [
                    {"name": "Robin Officer", "email": "sen@exampleshire.example"},
                    {"name": "Kim Decider", "email": "kim@exampleshire.example", "role": "decision_maker"},
                ],
            },
        ],
        "policy": "standard",
    },
    "record_explaining_call": {"outcome": "go_on", "permission": "given", "note": "Prefers calls after 4 pm."},
    "record_permission": {"given": True, "how": "phone"},
    "answer_consent": {"party": "p2", "yes": True, "how": "email"},
    "decide_on_silence": {
        "ask": "consent/p2",
        "decision": "replace_contact",
        "name": "Jo Deputy",
        "email": "deputy@oakfield.example",
    },
    "offer_mediator": {"mediator": "5f0c2d8a9b7e4f6a1c3d5e7f"},
    "answer_allocation": {"offer": 1, "accepts": True},
    "offer_visit_dates": {
        "party": "p1",
        "slots": [
            {"start": "2026-12-03T10:00:00+00:00", "minutes": 90},
            {"start": "2026-12-04T14:00:00+00:00", "minutes": 90},
        ],
        "place": "At the family's home",
    },
    "choose_visit_date": {"party": "p1", "start": "2026-12-03T10:00:00+00:00", "how": "phone"},
    "record_visit": {
        "party": "p1",
        "held": True,
        "confidentiality_explained": True,
        "may_share": "The wish for a smaller group.",
        "supporter_name": "Pat Friend",
        "supporter_email": "pat@friends.example",
    },
    "give_availability": {"party": "p2", "half_days": ["2026-12-14/am", "2026-12-15/pm"], "how": "email"},
    "fix_joint_meeting": {
        "slot": {"start": "2026-12-15T10:00:00+00:00", "minutes": 180},
        "venue": "8a1b3c5d7e9f0a2b4c6d8e0f",
        "place": "Meeting room 2, first floor",
    },
    "record_joint_meeting": {"present": ["p1.1", "p2.1", "p3.1"], "outcome": "full", "detail": "extra_support"},
    "write_agreement": {
        "terms": [{"owner": "p2", "by": "2027-01-29"}],
        "what": ["Oakfield School offers a quiet room at lunch time."],
        "wishes": "Sam would like to eat with a friend.",
        "comments_wanted": False,
    },
    "comment_on_agreement": {"party": "p1", "version": 1, "agrees": True, "how": "phone"},
    "issue_agreement": {"version": 1},
    "record_action": {"action": 1, "done": True, "how": "email"},
    "give_feedback": {"party": "p1", "score": 5, "note": "We were listened to."},
    "move_meeting": {
        "meeting": "joint_meeting/1",
        "slot": {"start": "2026-12-17T10:00:00+00:00", "minutes": 180},
        "where": "elsewhere",
        "online": True,
        "place": "https://meet.example/sm-2026-00042",
        "reason": "The library is closed that week.",
    },
    "cancel_meeting": {"meeting": "visit/p1/1", "reason": "The family is ill."},
    "replace_mediator": {
        "mediator": "5f0c2d8a9b7e4f6a1c3d5e7f",
        "why": "unavailable",
        "reason": "On sick leave until March.",
    },
    "replace_contact": {
        "party": "p2",
        "name": "Jo Deputy",
        "email": "deputy@oakfield.example",
        "reason": "The head teacher has left the school.",
    },
    "add_supporter": {"party": "p1", "supporter_name": "Pat Friend", "supporter_email": "pat@friends.example"},
    "correct_details": {
        "what": "child",
        "child_name": "Sam Exemplar",
        "born": "2016-05-04",
        "reason": "The parent spells it so.",
    },
    "correct_record": {
        "record": "consent/p2",
        "answer": "not_yet",
        "reason": "It was the other school that rang.",
    },
    "amend_agreement": {
        "version": 1,
        "terms": [{"owner": "p2", "by": "2027-02-26"}, {"owner": "p3", "by": "2027-03-12"}],
        "what": ["Oakfield School offers a quiet room at lunch time.", "Exampleshire pays for a screen."],
        "reason": "The date was that of the draft, and the screen had been left out.",
    },
    "withdraw": {"party": "p1", "how": "phone"},
    "pause": {"note": "A stay in hospital."},
    "resume": {},
    "hold": {},
    "release": {},
    "close_case": {"reason": "conceded"},
    "undo": {"note": "The wrong case was open."},
    "reassign": {"coordinator": "5f0c2d8a9b7e4f6a1c3d5e7f", "reason": "On leave until August."},
    "tick_task": {"task": "phone/consent/p2/1", "outcome": "spoke"},
    "change_policy": {"policy": "standard"},
}
