"""What puts right what was written down wrongly. Nothing is edited silently: the old stands in the history."""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from domain.commands.base import MEDIATORS, Change, ReasonTexts, Texts
from domain.commands.steps import AgreementTexts, Term
from domain.referral import Child
from domain.stages import OutcomeDetail
from domain.text import Line, Words


class DetailsTexts(ReasonTexts):
    """The words as they should have been. The case file adds those that stood there (casefile/corrections.py)."""

    child_name: Line = ""
    born: date | None = None
    about: Words = ""
    organisation: Line = ""

    @model_validator(mode="after")
    def _plausible(self) -> "DetailsTexts":
        if self.child_name:
            self.child()
        return self

    def child(self) -> Child:
        """The child as it should have been. ValidationError: it cannot be one."""
        return Child(name=self.child_name, born=self.born)


class CorrectDetails(Change):
    """The child's name or date of birth, what the referral said, or an organisation's name was written down wrongly.
    The case is found by the right words from now on; letters that have gone, and documents, stay as they are."""

    texts = DetailsTexts
    title = "Correct words of the referral"
    what: Literal["child", "referral", "organisation"]
    party: str | None = None  # whose organisation

    @model_validator(mode="after")
    def _whose(self) -> "CorrectDetails":
        if (self.what == "organisation") != (self.party is not None):
            raise ValueError("a party goes with what=organisation, and with nothing else")
        return self

    def has_its_words(self, texts: Texts) -> bool:
        if not isinstance(texts, DetailsTexts):
            return False
        word = {"child": texts.child_name, "referral": texts.about, "organisation": texts.organisation}[self.what]
        return bool(word) and super().has_its_words(texts)


class CorrectRecord(Change):
    """What was recorded is not so: a yes that was a no, somebody else's answer, a visit to which nobody came, an action
    that is not done. `answer` is what it becomes, in the codes of the answers (domain/corrections.py), or "not_yet":
    nobody has answered, and who was asked is asked again from the first reminder."""

    may = MEDIATORS
    title = "Correct a record"
    record: str  # its key: "consent/p2", "visit/p1/1", "joint_meeting/1", "action/2"
    answer: str
    seen: int = Field(0, ge=0)  # how often it had been corrected when its page was opened: see rules
    present: list[str] | None = Field(None, max_length=60)  # of a joint meeting; None: as it was recorded
    detail: OutcomeDetail | None = None  # of a joint meeting; None: as it was recorded

    @model_validator(mode="after")
    def _who_came(self) -> "CorrectRecord":
        if not self.record.startswith("joint_meeting/") and (self.present is not None or self.detail):
            raise ValueError("present and detail go with the record of a joint meeting")
        return self


class AmendmentTexts(AgreementTexts, ReasonTexts):
    """All the words of the agreement as it is now, and why it changes: the reason stands in the new version, for
    everyone who gets a copy."""


class AmendAgreement(Change):
    """An agreement that was issued is disputed, or wrong: a new version says what it replaces and why, and goes to
    everyone who had a copy. Terms keep their numbers: one that no longer applies is `dropped`, new ones come last."""

    may = MEDIATORS
    texts = AmendmentTexts
    title = "Amend the agreement"
    version: int  # the version that it replaces: the one on the page
    terms: list[Term] = Field(min_length=1, max_length=40)
    outcome: Literal["full", "partial"] | None = None  # None: as it was recorded

    def has_its_words(self, texts: Texts) -> bool:
        whole = isinstance(texts, AmendmentTexts) and texts.belong_to(self.terms)
        return whole and super().has_its_words(texts)
