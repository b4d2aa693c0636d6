"""The form of each command: what is asked of whoever does it, and how their answers become a command and its texts.

One class for each kind, by section of the journey. `questions` is what the page shows; `read` turns what was typed into
the command's fields and its words. What every command has (id, case, actor, time) is added by api/staff/doing.py."""

from api.intake import Intake
from api.staff.forms import (
    agreement,
    any_time,
    beginning,
    breaches,
    contact,
    corrections,
    meetings,
    messages,
    next_steps,
    papers,
    people,
    preparation,
    whole_case,
)
from api.staff.forms.base import CommandForm, Fields, Setting

__all__ = ["FORMS", "CommandForm", "Setting", "with_policy"]

FORMS: dict[str, CommandForm] = {
    "record_explaining_call": beginning.ExplainingCall(),
    "record_permission": beginning.Permission(),
    "answer_consent": beginning.Consent(),
    "decide_on_silence": beginning.Silence(),
    "offer_mediator": beginning.Offer(),
    "answer_allocation": beginning.Allocation(),
    "offer_visit_dates": meetings.VisitDates(),
    "choose_visit_date": meetings.VisitChoice(),
    "record_visit": meetings.Visit(),
    "sign_agreement_to_mediate": preparation.Signing(),
    "take_back_signature": preparation.TakingBack(),
    "record_childs_voice": preparation.ChildIsHeard(),
    "give_availability": meetings.Availability(),
    "fix_joint_meeting": meetings.FixMeeting(),
    "record_joint_meeting": meetings.JointMeeting(),
    "write_agreement": agreement.Writing(),
    "comment_on_agreement": agreement.Comment(),
    "issue_agreement": agreement.Issue(),
    "record_action": agreement.DoneAction(),
    "give_feedback": agreement.Feedback(),
    "move_meeting": meetings.Moving(),
    "cancel_meeting": meetings.Cancelling(),
    "replace_mediator": any_time.ReplacingMediator(),
    "replace_contact": any_time.Contact(),
    "add_supporter": any_time.Supporter(),
    "ask_for_call": contact.CallWanted(),
    "say_when_to_ring": contact.WhenToRing(),
    "say_how_they_read": contact.HowTheyRead(),
    "correct_details": corrections.Details(),
    "correct_record": corrections.Record(),
    "amend_agreement": corrections.Amending(),
    "add_paper": papers.AddingPaper(),
    "release_paper": papers.ReleasingPaper(),
    "take_back_paper": papers.TakingPaperBack(),
    "add_party": people.Joining(),
    "remove_party": people.TakingOut(),
    "remove_person": people.NoLongerAlong(),
    "hide_address": people.HidingAddress(),
    "skip_step": next_steps.Skipping(),
    "bring_step_forward": next_steps.BringingForward(),
    "postpone_step": next_steps.Postponing(),
    "withdraw": any_time.Withdrawal(),
    "pause": any_time.Pausing(),
    "resume": any_time.Resuming(),
    "hold": any_time.Holding(),
    "release": any_time.Releasing(),
    "close_case": any_time.Closing(),
    "undo": any_time.Undoing(),
    "reassign": any_time.Reassigning(),
    "tick_task": any_time.Tick(),
    "bring_back_task": any_time.BringingBack(),
    "report_returned_letter": any_time.ReturnedLetter(),
    "report_wrong_address": breaches.WentAstray(),
    "decide_on_breach": breaches.DecidingOnBreach(),
    "write_message": messages.Message(),
    "add_line": messages.Line(),
    "resend_letter": messages.Again(),
    "change_policy": any_time.PolicyChange(),
    "take_case": whole_case.Taking(),
    "reopen_case": whole_case.Reopening(),
    "link_cases": whole_case.Linking(),
    "unlink_cases": whole_case.Unlinking(),
    "tell_apart": whole_case.TellingApart(),
}
"""The form of every kind of command. A test sees that none is missing."""


async def with_policy(fields: Fields, intake: Intake) -> Fields:
    """A policy is chosen by name and sent as a value."""
    return {**fields, "policy": await intake.policy(fields["policy"])} if "policy" in fields else fields
