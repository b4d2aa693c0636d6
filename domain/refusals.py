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
    AT_CAPACITY = "at_capacity"
    ALREADY_TRIED = "already_tried"
    IN_THE_PAST = "in_the_past"
    NOT_OFFERED = "not_offered"
    TAKEN = "taken"
    TOO_EARLY = "too_early"
    EXPLAIN_FIRST = "explain_first"
    UNKNOWN_VENUE = "unknown_venue"
    VOICE_MISSING = "voice_missing"
    NOT_OF_THE_FAMILY = "not_of_the_family"
    NOT_SIGNED = "not_signed"
    SIGNED_ABSENT = "signed_absent"
    NO_SIGNATURE = "no_signature"
    HAVE_MET = "have_met"
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
    NOBODY_CHOSEN = "nobody_chosen"
    NO_SUCH_LETTER = "no_such_letter"
    NO_LONGER_TRUE = "no_longer_true"
    LINE_HAS_GONE = "line_has_gone"
    NO_SUCH_MEETING = "no_such_meeting"
    CANCELLED_BEFORE = "cancelled_before"
    NOT_BOOKED = "not_booked"
    HAS_BEGUN = "has_begun"
    NOTHING_NEW = "nothing_new"
    CALL_IS_DUE = "call_is_due"
    NO_MEDIATOR = "no_mediator"
    HAS_MET = "has_met"
    TOO_LATE_TO_JOIN = "too_late_to_join"
    RECORD_IT_FIRST = "record_it_first"
    ASK_THE_REFERRER = "ask_the_referrer"
    TOO_MANY_PARTIES = "too_many_parties"
    ALREADY_A_PARTY = "already_a_party"
    CONFLICT_WITH_THEM = "conflict_with_them"
    THEIR_VENUE = "their_venue"
    CANNOT_DO_WITHOUT = "cannot_do_without"
    HAS_ANSWERED = "has_answered"
    SPEAKS_FOR_THEM = "speaks_for_them"
    NOT_AGREED_YET = "not_agreed_yet"
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
    NOT_SENT = "not_sent"
    REPORTED_BEFORE = "reported_before"
    LIES_AHEAD = "lies_ahead"
    NO_SUCH_BREACH = "no_such_breach"
    REACHES_ANOTHER = "reaches_another"
    STEP_HAS_CHANGED = "step_has_changed"
    STEP_IS_NEEDED = "step_is_needed"
    NOT_SOONER = "not_sooner"
    HANGS_ON_A_DATE = "hangs_on_a_date"
    NOT_LATER = "not_later"
    TOO_FAR_OFF = "too_far_off"
    TERMS_KEEP_THEIR_NUMBERS = "terms_keep_their_numbers"
    NO_FILE = "no_file"
    NO_ROOM = "no_room"
    NO_SUCH_PAPER = "no_such_paper"
    RELEASED_BEFORE = "released_before"
    OTHERS_HAVE_IT = "others_have_it"
    NOT_CLOSED = "not_closed"
    CARRIED_OUT = "carried_out"
    MANAGER_REOPENS = "manager_reopens"
    GOES_ON_ELSEWHERE = "goes_on_elsewhere"
    TAKEN_BEFORE = "taken_before"
    NO_SUCH_CASE = "no_such_case"
    SAME_CASE = "same_case"
    LINKED_BEFORE = "linked_before"
    NOT_LINKED = "not_linked"
    OTHER_IS_CLOSED = "other_is_closed"


SENTENCES: dict[Refusal, str] = {
    Refusal.ENDED: "This case is closed, so nothing was changed. Ring the service if it should be opened again.",
    Refusal.NOT_CLOSED: "This case is open already. Go on with it on the case page.",
    Refusal.CARRIED_OUT: "This case ended with an agreement that was carried out, so there is nothing left to go on "
    "with. Is there a new matter? Use “Open another case from this one” on the case page.",
    Refusal.MANAGER_REOPENS: "A case that closed for this reason is opened again by a manager. Ask one.",
    Refusal.GOES_ON_ELSEWHERE: "This case is a duplicate of {about}, and goes on there. Was that a mistake? Undo the "
    "link on this case's page first, then open it again.",
    Refusal.TAKEN_BEFORE: "{about} has taken this case already. Ask them to hand it over if it should be yours.",
    Refusal.NO_SUCH_CASE: "There is no case {about} that can be linked. Check the reference in the list of cases.",
    Refusal.SAME_CASE: "This is the case itself. Give the reference of the other one.",
    Refusal.LINKED_BEFORE: "This case and {about} are linked already. Undo that link first if it should be another.",
    Refusal.NOT_LINKED: "This case and {about} are not linked, so nothing was changed.",
    Refusal.OTHER_IS_CLOSED: "{about} is closed, so no matter can go on there. Open it again first, or link the two "
    "in another way.",
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
    Refusal.NAME_MISSING: "Give the person's name, and what the way to reach them needs.",
    Refusal.MEDIATOR_ASKED: "A mediator has the case or has been asked. Wait for the answer on the case page.",
    Refusal.UNKNOWN_MEDIATOR: "There is no such mediator on the panel. Choose one from the list.",
    Refusal.REGISTRATION_OUT_OF_DATE: "This mediator's registration has run out. Choose another, or renew it first.",
    Refusal.CONFLICT_OF_INTEREST: "This mediator has declared a conflict of interest. Choose another.",
    Refusal.AT_CAPACITY: "This mediator has as many cases as they take at once. Choose another, or ask a manager to "
    "raise the number on the page “Panel”.",
    Refusal.ALREADY_TRIED: "This mediator was asked before and did not take the case. Choose another.",
    Refusal.IN_THE_PAST: "This time has passed. Choose a later one.",
    Refusal.NOT_OFFERED: "This date is not among those offered. Choose one of the list, or say that none suits.",
    Refusal.TAKEN: "This time has just been taken in the calendar of {about}. Choose another.",
    Refusal.TOO_EARLY: "The meeting has not begun yet. Record it after it has taken place.",
    Refusal.EXPLAIN_FIRST: "Confirm that confidentiality was explained at the visit; it always is.",
    Refusal.UNKNOWN_VENUE: "There is no such venue. Choose one from the list, or meet online.",
    Refusal.VOICE_MISSING: "Say how the child is to be heard at the joint meeting, or that it is not decided yet.",
    Refusal.NOT_OF_THE_FAMILY: "A parent says how the child is to be heard; a young person who is a party speaks for "
    "themself. Choose a parent of this case.",
    Refusal.NOT_SIGNED: "{about} was at the meeting and has not signed the agreement to mediate. Record that they "
    "signed in the room. If they did not, the outcome is another meeting.",
    Refusal.SIGNED_ABSENT: "{about} was not at the meeting, so they cannot have signed in the room. Check who came.",
    Refusal.NO_SIGNATURE: "No signature of {about} counts now, so there is none to take back.",
    Refusal.HAVE_MET: "Everyone has met, so this can no longer be changed. It stands in the case as it was.",
    Refusal.VENUE_NOT_NEUTRAL: "This venue belongs to a party. The joint meeting takes place at a neutral venue.",
    Refusal.NOBODY_CAME: "Say who came to the meeting; everyone present receives a copy of an agreement.",
    Refusal.NOBODY_ABSENT: "Say which party did not come, so that a new date can be looked for.",
    Refusal.CAME_AND_ABSENT: "Somebody of {about} is among those who came. Say of each party whether it came or not.",
    Refusal.WRONG_VERSION: "The agreement has changed since this page was opened. Read the newest version first.",
    Refusal.WORDS_MISSING: "Words are missing: say what each term is, give a new person's name and what the way to "
    "reach them needs, the name of an organisation (a family has none), the reason of a change, and where to come when "
    "a meeting takes place elsewhere.",
    Refusal.ADDRESS_TAKEN: "This e-mail address belongs to somebody of another party. Give the person's own.",
    Refusal.NO_SUCH_ACTION: "The agreement has no action {about}.",
    Refusal.NO_SUCH_TASK: "This task is done already, or never existed.",
    Refusal.NOT_POSTED: "This letter has not been posted, so it cannot have come back. Open it on the case page.",
    Refusal.NOBODY_CHOSEN: "Nobody was chosen to write to, so nothing was sent. Choose one or more people.",
    Refusal.NO_SUCH_LETTER: "No letter of this kind goes to people of a case. Choose one from the list on the form.",
    Refusal.NO_LONGER_TRUE: "What this letter asks or says no longer holds, so it was not sent. Write a message.",
    Refusal.LINE_HAS_GONE: "This line has gone with its letter, or was taken back before. The timeline shows which.",
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
    Refusal.CALL_IS_DUE: "{about} has asked to be rung already. Tick that task off when somebody has spoken to them.",
    Refusal.NO_MEDIATOR: "No mediator has the case now. The case page shows how one is found.",
    Refusal.HAS_MET: "Everyone has met already, so there is nothing left to which a supporter could be invited.",
    Refusal.TOO_LATE_TO_JOIN: "Everyone has met already, so no party can join this case any more. Take a new matter in "
    "as a new referral.",
    Refusal.RECORD_IT_FIRST: "The joint meeting has begun or is over. Record it first; if another meeting is needed, "
    "the party can join for that one.",
    Refusal.ASK_THE_REFERRER: "The permission to contact the others did not speak of this party. Ask whoever referred, "
    "and confirm that they agree.",
    Refusal.TOO_MANY_PARTIES: "A case has at most eight parties. Add a person to a party that is there, as a "
    "supporter, or take out a party that was added by mistake.",
    Refusal.ALREADY_A_PARTY: "This organisation is a party of the case already. For another contact of theirs, "
    "use “Replace or correct a contact”.",
    Refusal.CONFLICT_WITH_THEM: "The mediator who has this case, or was asked, has declared a conflict of interest "
    "with this organisation. Replace the mediator or record that they decline, then add the party.",
    Refusal.THEIR_VENUE: "The joint meeting is booked at a venue of this organisation. Move it to a neutral one first, "
    "then add the party.",
    Refusal.CANNOT_DO_WITHOUT: "A case needs whoever referred it and at least one other party. If they leave, record a "
    "withdrawal.",
    Refusal.HAS_ANSWERED: "{about} has answered whether they take part, so they are not taken out any more. If they "
    "leave, record a withdrawal.",
    Refusal.SPEAKS_FOR_THEM: "{about} speaks for their party. If somebody else does now, use “Replace or correct a "
    "contact”.",
    Refusal.NOT_AGREED_YET: "{about} has not agreed to take part, and mediation needs everyone's agreement. Record "
    "their answer, or that another meeting is needed, or take out the party if it was added by mistake.",
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
    Refusal.NOT_SENT: "This letter has not been sent, so it cannot have reached anybody. Open it on the case page.",
    Refusal.REPORTED_BEFORE: "It was reported before that this letter went to the wrong address. The case page shows "
    "what was written down.",
    Refusal.LIES_AHEAD: "This time lies ahead. Give when the service heard of it; the 72 hours count from then.",
    Refusal.NO_SUCH_BREACH: "This case has no such breach. Open the list “Data breaches”, or the case page.",
    Refusal.REACHES_ANOTHER: "Letters to {about} reach somebody else, and no other way is known. Use “Replace or "
    "correct a contact” first.",
    Refusal.STEP_HAS_CHANGED: "This step ({about}) was taken, answered or changed meanwhile, or the case stands still. "
    "The case page shows what comes next.",
    Refusal.STEP_IS_NEEDED: "This step ({about}) cannot be skipped: without it nobody would be asked, or nobody would "
    "hear that the case waits. Postpone it, or record the answer.",
    Refusal.NOT_SOONER: "This step ({about}) cannot come sooner: they were told how long they have, or its day has to "
    "come first. Record the answer when you have it.",
    Refusal.HANGS_ON_A_DATE: "This step ({about}) hangs on the date of a meeting or an action, so it cannot be "
    "postponed by itself. Move the meeting, amend the agreement, or skip the step.",
    Refusal.NOT_LATER: "Postponed means later than planned. Choose a later day, or bring the step forward.",
    Refusal.TOO_FAR_OFF: "A step can be postponed to a day in the next four weeks. If the case has to rest for longer, "
    "pause it.",
    Refusal.TERMS_KEEP_THEIR_NUMBERS: "Every earlier term keeps its number. Mark a term that no longer applies as "
    "dropped, and write new ones after the last.",
}
"""One sentence for each code. A test sees that none is missing."""
