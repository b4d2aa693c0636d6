"""What everyone does before the joint meeting: the agreement to mediate, and how the child is to be heard."""

from domain.childs_voice import ChildsVoice
from domain.commands.base import MEDIATORS, AnswerTexts, Change, Command, How, ReasonTexts, Texts
from domain.text import Words


class SignAgreementToMediate(Command):
    """A party signs the agreement to mediate: on its page, on paper, on the telephone or in person. Who signed stands
    in `said_by`."""

    may = MEDIATORS
    texts = AnswerTexts
    by_link = "sign"
    title = "Record the signature of the agreement to mediate"
    party: str
    version: int  # the text that they read, see domain/agreement_to_mediate.py
    how: How

    def has_its_words(self, texts: Texts) -> bool:
        return isinstance(texts, AnswerTexts) and bool(texts.said_by)


class SignatureTexts(AnswerTexts, ReasonTexts):
    """Why a signature does not count."""


class TakeBackSignature(Change):
    """A signature was not theirs, or they think better of it, before everyone has met. They are asked anew."""

    may = MEDIATORS
    texts = SignatureTexts
    by_link = "sign"
    title = "Take a signature back"
    party: str


class VoiceTexts(AnswerTexts):
    """Through whom the child is heard, or what matters in it."""

    voice: Words = ""


class RecordChildsVoice(Command):
    """The family says how the child is to be heard, or says it anew, before everyone has met."""

    may = MEDIATORS
    texts = VoiceTexts
    by_link = "case"
    title = "Record how the child is to be heard"
    party: str
    childs_voice: ChildsVoice
    how: How

    def has_its_words(self, texts: Texts) -> bool:
        return self.childs_voice != ChildsVoice.SOMEBODY or (isinstance(texts, VoiceTexts) and bool(texts.voice))
