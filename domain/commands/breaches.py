"""A letter went to somebody who should not have it: said by whoever hears of it, decided on by a manager or the
safeguarding lead."""

from pydantic import AwareDatetime

from domain.commands.base import EVERY_STAFF, GUARDIANS, Change, Command, ReasonTexts, Texts
from domain.text import Line, Words


class BreachTexts(Texts):
    """What is written down of a breach: what it told of whom, who has it now as far as is known, what was done, and who
    has been told."""

    held: Words = ""
    went_to: Line = ""
    done: Words = ""
    told: Words = ""


class ReportWrongAddress(Command):
    """A letter went to a wrong address or to the wrong person. The links that this person was sent end at once, nothing
    more goes to that address, and a manager decides within 72 hours whether the ICO is told."""

    may = EVERY_STAFF
    texts = BreachTexts
    title = "A letter went to the wrong address"
    kind_of_letter: str
    about: str
    to: str
    number: int
    noticed: AwareDatetime  # when somebody of the service heard of it: the 72 hours count from then

    def has_its_words(self, texts: Texts) -> bool:
        return isinstance(texts, BreachTexts) and bool(texts.held)


class DecisionTexts(ReasonTexts):
    """Why, and what was done and who was told since."""

    done: Words = ""
    told: Words = ""


class DecideOnBreach(Change):
    """Whether the ICO and the people whose data it was are told. Decided again, the latest counts."""

    may = GUARDIANS
    texts = DecisionTexts
    title = "Decide on a data breach"
    breach: str
    tell_ico: bool
    tell_people: bool
