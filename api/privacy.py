"""Whose eyes the words of a command and the papers of a case are for: one rule, for pages and the JSON door alike."""

from casefile.staff import StaffMember
from domain.commands import StaffRole
from domain.journey import Journey
from domain.papers import Paper
from domain.parties import party_of
from domain.view import CaseView


def may_read(reader: StaffMember, case: CaseView, kind: str, text: str, by: str = "") -> bool:
    """May they read this text ("note", "may_share" …) that went with a command of this kind, given by `by`? Asked only
    of those who may open the case."""
    runs_the_case, is_its_mediator = _runs_the_case(reader), _is_its_mediator(reader, case)
    match kind:
        case "hold" | "release":
            return reader.has(StaffRole.SAFEGUARDING_LEAD, StaffRole.MANAGER)
        case "record_visit" if text == "note":  # what a party said alone with the mediator: no other inherits it
            written_by_another = case.journey is not None and by in case.journey.replaced and by != reader.id
            return is_its_mediator and not written_by_another
        case "record_visit":  # what may be shared, who else should come: not for a mediator who has only been asked
            return is_its_mediator or runs_the_case
        case "record_childs_voice" | "add_paper" | "release_paper" | "take_back_paper":
            return is_its_mediator or runs_the_case
        case "report_wrong_address" | "decide_on_breach":  # it tells who has whose data
            return runs_the_case
        case "refer":  # why it is another matter than a case that may be somebody else's
            return runs_the_case
        case "link_cases" | "unlink_cases" | "tell_apart":  # it may tell of another family
            return runs_the_case
        case "replace_mediator":  # parties and mediators are not told why
            return runs_the_case
        case "receive_reply" | "note_automatic_reply":  # it was written to the service, not to the mediator
            return runs_the_case
        case "write_message" | "add_line" | "resend_letter":  # it may tell of a party what others are not told
            return runs_the_case
        case "ask_for_call":  # whoever asks to be rung speaks to the coordinator, perhaps about the mediator
            return runs_the_case
        case "give_feedback":  # it may be about the mediator
            return runs_the_case
    return True


def may_open_papers(reader: StaffMember, case: CaseView) -> bool:
    """Those who run the case, and its mediator; not one who has only been asked. Asked only of those who may open the
    case."""
    return _runs_the_case(reader) or _is_its_mediator(reader, case)


def _runs_the_case(reader: StaffMember) -> bool:
    return reader.has(StaffRole.COORDINATOR, StaffRole.MANAGER, StaffRole.SAFEGUARDING_LEAD)


def _is_its_mediator(reader: StaffMember, case: CaseView) -> bool:
    return case.journey is not None and bool(reader.id) and case.journey.mediator == reader.id


def may_keep_notes(reader: StaffMember, case: CaseView) -> bool:
    """Everybody who works on the case: those who run it, and its mediator; not one who has only been asked. Asked only
    of those who may open the case."""
    return _runs_the_case(reader) or _is_its_mediator(reader, case)


def may_read_note(reader: StaffMember, case: CaseView, author: str, private: bool) -> bool:
    """A shared note is for everybody who works on the case. A private one is for its writer alone, whatever the roles
    of others, and while they work on the case."""
    return may_keep_notes(reader, case) and (reader.id == author or not private)


def hide_papers(reader: StaffMember, case: CaseView) -> None:
    """Whoever may not open the papers sees not even their titles, in lists or in the timeline."""
    if not may_open_papers(reader, case):
        case.papers = {}


def hide_addresses(reader: StaffMember, case: CaseView) -> None:
    """Where somebody is reached whose address is hidden is for those who run the case only: others are shown a case
    without it, and without what was ever typed about anybody's address. Of whoever was taken out nobody can tell any
    more whether theirs was hidden."""
    people = [person for party in (*case.parties, *case.former) for person in party.people]
    anybody = any(case.is_hidden(person.key) for person in people)
    if _runs_the_case(reader) or not anybody:
        return
    there = case.journey
    for person in people:
        if case.is_hidden(person.key) or there is None or there.person(person.key) is None:
            person.details = person.details.model_copy(update=dict.fromkeys(_REACHED_AT, ""))
    case.texts = {
        command: {name: said for name, said in texts.items() if not name.endswith(_REACHED_AT)}
        for command, texts in case.texts.items()
    }


_REACHED_AT = ("email", "phone", "address", "postcode")
"""Fields of PersonDetails; texts of commands about a person end so, too ("supporter_email")."""


def participant_may_open(journey: Journey, person: str, paper: Paper) -> bool:
    """Whoever gave a paper, and who speaks for their party; of the other parties who speaks for each that has agreed to
    take part, and only after it was released and exchanged. Not a party that joined after the release: a report may say
    where a separated parent lives, and whoever let the others have it did not think of them."""
    if not paper.can_be_opened:
        return False
    if paper.of == person:
        return True
    party = journey.party(party_of(person))
    if party is None or party.lead != person:
        return False
    theirs = paper.exchanged is not None and paper.is_for(party.key) and journey.takes_part(party.key)
    return theirs or party_of(paper.of) == party.key


def participant_may_read_agreement(journey: Journey, person: str) -> bool:
    """Whoever was sent a copy, and who speaks for their party now. Only what was issued is everyone's copy."""
    if journey.agreement is None or journey.agreement.status != "issued":
        return False
    party = journey.party(party_of(person))
    leads = party is not None and party.lead == person
    copies = journey.agreement.copies
    return person in copies or (leads and any(party_of(one) == party_of(person) for one in copies))
