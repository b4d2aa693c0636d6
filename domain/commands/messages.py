"""What staff write in their own words: a message, a line in a letter, a letter sent again."""

from domain.commands.base import Change, Command, ReasonTexts, Texts
from domain.text import Message


class MessageTexts(Texts):
    """Words of our own for whoever reads the letter."""

    message: Message = ""


class WriteMessage(Command):
    """A letter with nothing in it but what a coordinator writes, to one or more people, each by their channel. It goes
    the way of every letter that nobody asked for: in office hours, and not while the case is paused or on hold."""

    texts = MessageTexts
    title = "Write a message"
    to: list[str]  # person keys

    def has_its_words(self, texts: Texts) -> bool:
        return isinstance(texts, MessageTexts) and bool(texts.message)


class AddLine(Command):
    """A personal line in the next letter of a kind to a person. Given again, it takes the place of the one before;
    `off` takes it back."""

    texts = MessageTexts
    title = "Add a personal line to the next letter"
    kind_of_letter: str
    to: str
    off: bool = False

    def has_its_words(self, texts: Texts) -> bool:
        return self.off or (isinstance(texts, MessageTexts) and bool(texts.message))


class AgainTexts(ReasonTexts, MessageTexts):
    """Why a letter is sent again, and a line to go with it."""


class ResendLetter(Change):
    """A letter goes to the same person once more, in the same words. It is a letter of its own."""

    texts = AgainTexts
    title = "Send a letter again"
    kind_of_letter: str
    about: str
    to: str
    number: int
