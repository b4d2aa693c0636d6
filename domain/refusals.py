"""Why a command is refused: a code, and the sentence that tells a person what to do. {about} is filled in by whoever
knows the names."""

from enum import StrEnum

from domain.papers import MOST_OF_ONE_PARTY


class Refusal(StrEnum):
    """The code in which the case or the database says no."""

    ENDED = "ended"
    NOT_ASKED = "not_asked"
    CONTRADICTS = "contradicts"
    SUPERSEDED = "superseded"
    NOT_PERMITTED = "not_permitted"
    NO_SUCH_PARTY = "no_such_party"
    NO_SUCH_PERSON = "no_such_person"
    ON_HOLD = "on_hold"
    NOT_ON_HOLD = "not_on_hold"
    PAUSED = "paused"
    NOT_PAUSED = "not_paused"
    NOT_YOURS = "not_yours"
    NAME_MISSING = "name_missing"
    MEDIATOR_ASKED = "mediator_asked"
    UNKNOWN_MEDIATOR = "unknown_mediator"
    REGISTRATION_OUT_OF_DATE = "registration_out_of_date"
    CONFLICT_OF_INTEREST = "conflict_of_interest"
    ALREADY_TRIED = "already_tried"
    IN_THE_PAST = "in_the_past"
    NOT_OFFERED = "not_offered"
    TAKEN = "taken"
    TOO_EARLY = "too_early"
    EXPLAIN_FIRST = "explain_first"
    UNKNOWN_VENUE = "unknown_venue"
    VENUE_NOT_NEUTRAL = "venue_not_neutral"
    NOBODY_CAME = "nobody_came"
    NOBODY_ABSENT = "nobody_absent"
    CAME_AND_ABSENT = "came_and_absent"
    WRONG_VERSION = "wrong_version"
    WORDS_MISSING = "words_missing"
    ADDRESS_TAKEN = "address_taken"
    NO_SUCH_ACTION = "no_such_action"
    NO_SUCH_TASK = "no_such_task"
    NOT_POSTED = "not_posted"
    NO_SUCH_MEETING = "no_such_meeting"
    CANCELLED_BEFORE = "cancelled_before"
    NOT_BOOKED = "not_booked"
    HAS_BEGUN = "has_begun"
    NOTHING_NEW = "nothing_new"
    NO_MEDIATOR = "no_mediator"
    HAS_MET = "has_met"
    ENDING = "ending"
    NOTHING_TO_UNDO = "nothing_to_undo"
    UNKNOWN_COORDINATOR = "unknown_coordinator"
    ANSWER_INSTEAD = "answer_instead"
    NOT_FITTING = "not_fitting"
    NOT_RECORDED = "not_recorded"
    CORRECTED_MEANWHILE = "corrected_meanwhile"
    AS_BEFORE = "as_before"
    CANNOT_BECOME = "cannot_become"
    GONE_ON = "gone_on"
    MOVE_INSTEAD = "move_instead"
    REPLACE_INSTEAD = "replace_instead"
    GIVE_AGAIN = "give_again"
    AMEND_INSTEAD = "amend_instead"
    NO_ORGANISATION = "no_organisation"
    TERMS_KEEP_THEIR_NUMBERS = "terms_keep_their_numbers"
    NO_FILE = "no_file"
    NO_ROOM = "no_room"
    NO_SUCH_PAPER = "no_such_paper"
    RELEASED_BEFORE = "released_before"
    OTHERS_HAVE_IT = "others_have_it"


SENTENCES: dict[Refusal, str] = {
    Refusal.ENDED: "This case is closed, so nothing was changed. Ring the service if it should be opened again.",
    Refusal.NOT_ASKED: "Nobody is waiting for this now. Open the case page to see what comes next.",
    Refusal.CONTRADICTS: "Another answer was recorded before. Check it on the case page before you go on.",
    Refusal.SUPERSEDED: "This belongs to an earlier round, which is over. Open the case page and use the newest form.",
    Refusal.NOT_PERMITTED: "The referrer has not given permission to contact the others. Record the permission first.",
    Refusal.NO_SUCH_PARTY: "This case has no party {about}. Choose one of the parties on the case page.",
    Refusal.NO_SUCH_PERSON: "This case has no participant {about}. Choose people from the list on the case page.",
    Refusal.ON_HOLD: "The case is on a safeguarding hold. The safeguarding lead or a manager has to release it first.",
    Refusal.NOT_ON_HOLD: "The case is not on hold, so there is nothing to release.",
    Refusal.PAUSED: "The case is paused already. Resume it when the family is ready.",
    Refusal.NOT_PAUSED: "The case is not paused, so there is nothing to resume.",
    Refusal.NOT_YOURS: "This is not yours to do. Ask the coordinator of the case.",
    Refusal.NAME_MISSING: "Give the new contact's name and e-mail address.",
    Refusal.MEDIATOR_ASKED: "A mediator has the case or has been asked. Wait for the answer on the case page.",
    Refusal.UNKNOWN_MEDIATOR: "There is no such mediator on the panel. Choose one from the list.",
    Refusal.REGISTRATION_OUT_OF_DATE: "This mediator's registration has run out. Choose another, or renew it first.",
    Refusal.CONFLICT_OF_INTEREST: "This mediator has declared a conflict of interest. Choose another.",
    Refusal.ALREADY_TRIED: "This mediator was asked before and did not take the case. Choose another.",
    Refusal.IN_THE_PAST: "This time has passed. Choose a later one.",
    Refusal.NOT_OFFERED: "This date is not among those offered. Choose one of the list, or say that none suits.",
    Refusal.TAKEN: "This time has just been taken in the calendar of {about}. Choose another.",
    Refusal.TOO_EARLY: "The meeting has not begun yet. Record it after it has taken place.",
    Refusal.EXPLAIN_FIRST: "Confirm that confidentiality was explained at the visit; it always is.",
    Refusal.UNKNOWN_VENUE: "There is no such venue. Choose one from the list, or meet online.",
    Refusal.VENUE_NOT_NEUTRAL: "This venue belongs to a party. The joint meeting takes place at a neutral venue.",
    Refusal.NOBODY_CAME: "Say who came to the meeting; everyone present receives a copy of an agreement.",
    Refusal.NOBODY_ABSENT: "Say which party did not come, so that a new date can be looked for.",
    Refusal.CAME_AND_ABSENT: "Somebody of {about} is among those who came. Say of each party whether it came or not.",
    Refusal.WRONG_VERSION: "The agreement has changed since this page was opened. Read the newest version first.",
    Refusal.WORDS_MISSING: "Words are missing: say what each term is, give a new person's name and e-mail, the "
    "reason of a change, and where to come when a meeting takes place elsewhere.",
    Refusal.ADDRESS_TAKEN: "This e-mail address belongs to somebody of another party. Give the person's own.",
    Refusal.NO_SUCH_ACTION: "The agreement has no action {about}.",
    Refusal.NO_SUCH_TASK: "This task is done already, or never existed.",
    Refusal.NOT_POSTED: "This letter has not been posted, so it cannot have come back. Open it on the case page.",
    Refusal.NO_FILE: "No file came with this, so nothing was recorded. Send the file itself from the case page.",
    Refusal.NO_ROOM: f"{MOST_OF_ONE_PARTY} papers of this party are here already. Take one back that is not needed.",
    Refusal.NO_SUCH_PAPER: "This paper is not here any more, or never was. The case page shows those that are.",
    Refusal.RELEASED_BEFORE: "This paper was released before. The case page shows when the others can read it.",
    Refusal.OTHERS_HAVE_IT: "The other parties have had this paper, so it cannot be taken back. Ring the service: we "
    "ask them to destroy their copies.",
    Refusal.NOT_FITTING: "This is no outcome of such a task. Choose one that its page offers.",
    Refusal.NO_SUCH_MEETING: "This case has no such meeting. Choose one of the meetings on the case page.",
    Refusal.CANCELLED_BEFORE: "This meeting was cancelled before. The case page shows how a new date is found.",
    Refusal.NOT_BOOKED: "This meeting is not booked any more, so it cannot be moved or cancelled.",
    Refusal.HAS_BEGUN: "This meeting has begun or is over. Record on the case page whether it was held.",
    Refusal.NOTHING_NEW: "The meeting is booked for this time and place already, so nothing was changed.",
    Refusal.NO_MEDIATOR: "No mediator has the case now. The case page shows how one is found.",
    Refusal.HAS_MET: "Everyone has met already, so there is nothing left to which a supporter could be invited.",
    Refusal.ENDING: "The case is about to close already. Undo that first if something else was meant.",
    Refusal.NOTHING_TO_UNDO: "There is nothing to undo: the case goes on.",
    Refusal.UNKNOWN_COORDINATOR: "There is no such coordinator. Choose one from the list.",
    Refusal.ANSWER_INSTEAD: "This task is done by recording the answer on the case page, not by ticking it off.",
    Refusal.NOT_RECORDED: "Nothing has been recorded here yet ({about}), so there is nothing to correct. Record it.",
    Refusal.CORRECTED_MEANWHILE: "Somebody has corrected this while your page was open ({about}). Look at the record "
    "as it stands now before you go on.",
    Refusal.AS_BEFORE: "This is what the case file says already, so nothing was changed.",
    Refusal.CANNOT_BECOME: "This record cannot become that now ({about}). Choose one of the answers that its page "
    "offers.",
    Refusal.GONE_ON: "The case has gone on since, so this can no longer be taken back ({about}). Ask them now, and "
    "pause the case meanwhile if need be. If they do not take part, correct it to no, or record that they withdraw.",
    Refusal.MOVE_INSTEAD: "A booked date is put right with “Move a meeting” or “Cancel a meeting” on the case page.",
    Refusal.REPLACE_INSTEAD: "Who has the case is put right with “Replace the mediator” on the case page.",
    Refusal.GIVE_AGAIN: "This answer can simply be given again: open its form from the timeline, the latest counts.",
    Refusal.AMEND_INSTEAD: "The agreement has been issued, and says this too. Use “Amend the agreement” on the case "
    "page: everyone who had a copy receives the new version.",
    Refusal.NO_ORGANISATION: "{about} is a person, not an organisation. Use “Replace or correct a contact” instead.",
    Refusal.TERMS_KEEP_THEIR_NUMBERS: "Every earlier term keeps its number. Mark a term that no longer applies as "
    "dropped, and write new ones after the last.",
}
"""One sentence for each code. A test sees that none is missing."""
