"""The timeline of a case in parts: its letters alone, say, or what people did. What is in which part is said here."""

from enum import StrEnum

from domain.journey import Event


class Part(StrEnum):
    """What of the timeline is shown."""

    ALL = "all"
    STAGES = "stages"
    LETTERS = "letters"
    PEOPLE = "people"
    CORRECTIONS = "corrections"


TITLES: dict[Part, str] = {
    Part.ALL: "All",
    Part.STAGES: "Stages",
    Part.LETTERS: "Letters",
    Part.PEOPLE: "What people did",
    Part.CORRECTIONS: "Corrections",
}

_STAGES = ("stage", "closed", "reopen_case")
_LETTERS = (
    "write_message",
    "add_line",
    "resend_letter",
    "letter_failed",
    "address_failed",
    "report_bounce",
    "report_returned_letter",
    "receive_reply",
    "note_automatic_reply",
)
_CORRECTIONS = (
    "correct_record",
    "correct_details",
    "amend_agreement",
    "bring_back_task",
    "take_back_signature",
    "take_back_paper",
    "unlink_cases",
    "undo",
)


def parts_of(event: Event) -> tuple[Part, ...]:
    """Those in which the line of an event stands."""
    belongs = {
        Part.STAGES: event.what in _STAGES,
        Part.LETTERS: event.what in _LETTERS,
        Part.PEOPLE: bool(event.by),
        Part.CORRECTIONS: event.what in _CORRECTIONS,
    }
    return (Part.ALL, *(part for part, it_does in belongs.items() if it_does))


def part_named(name: str) -> Part:
    """As an address names it; all, where it names none."""
    return next((part for part in Part if part == name), Part.ALL)
