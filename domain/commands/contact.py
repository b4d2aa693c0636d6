"""What people ask of us about how we reach them. Another address or another way is `ReplaceContact`."""

from pydantic import Field

from domain.commands.base import AnswerTexts, Command
from domain.languages import Written
from domain.parties import TimeOfDay


class AskForCall(Command):
    """Somebody would rather talk: a coordinator rings them, on the next working day at the latest."""

    texts = AnswerTexts
    by_link = "case"
    title = "They would like to be rung"
    party: str
    times: list[TimeOfDay] = Field(default_factory=list, max_length=len(TimeOfDay))  # none: at any time


class SayWhenToRing(Command):
    """When a party's contact likes to be rung. It stands beside their number on every call."""

    texts = AnswerTexts
    by_link = "case"
    title = "When to ring them"
    party: str
    times: list[TimeOfDay] = Field(default_factory=list, max_length=len(TimeOfDay))  # none: at any time


class SayHowTheyRead(Command):
    """In which language a party's contact reads what we write, whether in Easy Read, and whether they need an
    interpreter. From then on it counts instead of what the referral said."""

    texts = AnswerTexts
    by_link = "case"
    title = "How they read"
    party: str
    reads: Written
    easy_read: bool = False
    interpreter: bool = False
