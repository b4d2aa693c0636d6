"""Whose eyes the words of a command are for: one rule, for the pages and the JSON door alike."""

from casefile.staff import StaffMember
from domain.commands import StaffRole
from domain.view import CaseView


def may_read(reader: StaffMember, case: CaseView, kind: str, text: str, by: str = "") -> bool:
    """May they read this text ("note", "may_share" …) that went with a command of this kind, given by `by`? Asked only
    of those who may open the case."""
    runs_the_case = reader.has(StaffRole.COORDINATOR, StaffRole.MANAGER, StaffRole.SAFEGUARDING_LEAD)
    is_its_mediator = case.journey is not None and bool(reader.id) and case.journey.mediator == reader.id
    match kind:
        case "hold" | "release":
            return reader.has(StaffRole.SAFEGUARDING_LEAD, StaffRole.MANAGER)
        case "record_visit" if text == "note":  # what a party said alone with the mediator: no other inherits it
            written_by_another = case.journey is not None and by in case.journey.replaced and by != reader.id
            return is_its_mediator and not written_by_another
        case "record_visit":  # what may be shared, who else should come: not for a mediator who has only been asked
            return is_its_mediator or runs_the_case
        case "refer":  # why it is another matter than a case that may be somebody else's
            return runs_the_case
        case "link_cases" | "unlink_cases" | "tell_apart":  # it may tell of another family
            return runs_the_case
        case "replace_mediator":  # parties and mediators are not told why
            return runs_the_case
        case "receive_reply" | "note_automatic_reply":  # it was written to the service, not to the mediator
            return runs_the_case
        case "give_feedback":  # it may be about the mediator
            return runs_the_case
    return True
