"""Who takes part changes: another party joins, one that was added by mistake is taken out again, somebody no longer
comes along."""

from domain.commands.base import MEDIATORS, Change, ReasonTexts, Texts
from domain.commands.steps import NewContactTexts
from domain.parties import ORGANISATIONS, PartyRole
from domain.text import Line


class PartyTexts(NewContactTexts, ReasonTexts):
    """The organisation that joins, if it is one, its lead contact, and why."""

    organisation: Line = ""


class AddParty(Change):
    """Another party joins a running case before everyone has met: a second school, the other parent, a health body
    (practice, 6.9). They are asked for their consent and visited as the others were, and the case waits for them.

    Nobody is contacted without the referrer's permission (leaflet). Once that was asked for, it did not speak of this
    party: `permitted` says that the referrer agrees to this one too."""

    texts = PartyTexts
    title = "Add a party"
    role: PartyRole
    permitted: bool = False

    def has_its_words(self, texts: Texts) -> bool:
        if not isinstance(texts, PartyTexts) or not texts.names_somebody():
            return False
        return bool(texts.organisation) == (self.role in ORGANISATIONS) and super().has_its_words(texts)


class RemoveParty(Change):
    """A party was named or added by mistake, and has not answered: it takes no part any more. It is told so neutrally,
    if it was written to; the others hear nothing. Whoever has answered leaves by a withdrawal."""

    title = "Take out a party added by mistake"
    party: str


class RemovePerson(Change):
    """A supporter, an interpreter or a colleague of a party no longer comes along. Invitations of theirs are cancelled,
    for them alone, and they get no more letters but the copy of an agreement at whose meeting they were."""

    may = MEDIATORS
    title = "Somebody no longer comes along"
    person: str


class HideAddress(Change):
    """Where a person lives and is reached is hidden from everybody but those who run the case: a separated parent, say,
    or somebody who has fled. Or it need not be hidden any more."""

    title = "Hide an address from the others"
    person: str
    hidden: bool
