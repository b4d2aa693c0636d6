"""What is done with a case as a whole: it is taken, opened again, and linked with other cases.

Another case is named by its reference, which tells nothing about anybody."""

from typing import Literal

from domain.commands.base import Change, Command
from domain.stages import LinkKind
from domain.text import Reference


class TakeCase(Command):
    """A coordinator takes a case that nobody looks after yet (it came in through the public form). The first one has
    it."""

    title = "Take the case"


class ReopenCase(Change):
    """A closed case goes on (practice, section 6.35): what ended it is asked anew, all else stands. Nothing leaves for
    the minutes in which staff may think better of it."""

    title = "Open the case again"


class LinkCases(Change):
    """This case and another belong together. As a duplicate, this one closes and its matter goes on in the other."""

    title = "Link with another case"
    other: Reference
    link: Literal[LinkKind.SAME_CHILD, LinkKind.SAME_DECISION, LinkKind.DUPLICATE]


class UnlinkCases(Change):
    """Two cases that were linked do not belong together after all."""

    title = "Undo a link with another case"
    other: Reference


class TellApart(Change):
    """A case that looks like this one is another matter: it is kept, and nobody is asked about it again."""

    title = "Say that it is another matter"
    other: Reference
