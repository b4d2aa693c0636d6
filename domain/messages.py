"""The letters that come of what staff write in their own words: the case sends them, and the page shows them before."""

from domain import commands as c
from domain.journey import MESSAGE, Journey, Letter

NOT_FOR_LINES = ("staff_", "acceptance_", "mediator_released", "closed_mediator", MESSAGE)
"""How kinds of letters begin that go to staff, or are nothing but words of our own."""


def message_letters(command: c.WriteMessage) -> list[Letter]:
    """One for each person."""
    about = f"{MESSAGE}/{command.id}"
    return [Letter(kind=MESSAGE, about=about, to=to, line=command.id) for to in dict.fromkeys(command.to)]


def letter_again(command: c.ResendLetter, journey: Journey) -> Letter:
    """The letter of its own that a letter becomes when it is sent again. A question is wanted only while it is open."""
    asks = command.kind_of_letter.endswith(("_ask", "_remind"))
    earlier = Letter(
        kind=command.kind_of_letter,
        about=command.about,
        to=command.to,
        number=command.number,
        while_asked=command.about if asks else "",
        line=command.id,
    )
    return earlier.again(journey.sent_again + 1)
