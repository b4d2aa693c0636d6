"""What a party does on its page before everyone meets: sign the agreement to mediate, take the signature back, and say
how the child is to be heard. What was said of the child is not shown again: a link is no sign-in."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from api.forms import Field, Option, Typed
from api.party.contact import CALL, READING, WHEN, call, reading, when
from api.party.question import Question
from domain import titles, words
from domain.agreement_to_mediate import LATEST, TEXTS
from domain.childs_voice import ChildsVoice
from domain.commands import (
    AnswerTexts,
    RecordChildsVoice,
    SignAgreementToMediate,
    SignatureTexts,
    TakeBackSignature,
    VoiceTexts,
)
from domain.journey import Journey
from domain.languages import tr
from domain.parties import party_of
from domain.rules import BEFORE_ALL_MEET
from domain.view import CaseView

TAKE_BACK, CHILD = "take-back", "child"
"""Pages beside the one of a link, by the last part of their address."""


def sign(case: CaseView, journey: Journey, person: str, purpose: str, rest: list[str], now: datetime) -> Question:
    """The question of a link "sign/<party>"."""
    party = party_of(person)
    signature = journey.signature(party)
    over = _over(journey)
    return Question(
        title=tr("Agreement to mediate"),
        template="party/sign.html",
        kind=SignAgreementToMediate,
        form=(
            Field(
                "said_by",
                tr("Your full name"),
                hint=tr("It counts as your signature."),
                missing=tr("Type your full name: it counts as your signature."),
                autocomplete="name",
            ),
            Field("agree", tr("I have read this, and I agree to it"), "tick"),
        ),
        button=tr("Sign"),
        read=_signed(party),
        texts=lambda typed: AnswerTexts(said_by=typed.one("said_by")),
        hidden=(("version", str(LATEST)),),
        points=tuple(tr(point) for point in TEXTS[signature.version if signature else LATEST]),
        said=tr("The agreement to mediate was signed for your side on {day}.", day=words.day(signature.at))
        if signature
        else "",
        over=over,
        more=(TAKE_BACK, tr("It was not you, or you think again? Take the signature back")) if not over else None,
    )


def _signed(party: str) -> Callable[[Typed], dict[str, Any]]:
    def read(typed: Typed) -> dict[str, Any]:
        if typed.one("agree") != "yes":
            typed.wrong("agree", tr("Tick that you agree. If you do not agree, please ring us: we are glad to help."))
        return {"party": party, "version": typed.one("version")}

    return read


def beside(case: CaseView, person: str, purpose: str, name: str) -> Question | None:
    """The question of a page beside the one of a link; None: this link has no such page."""
    journey = case.journey
    if journey is None:
        return None
    asks_how = {CALL: call, WHEN: when, READING: reading}.get(name)
    if asks_how and (party := journey.party(party_of(person))) and party.lead == person:
        return asks_how(case, journey, person)
    if name == TAKE_BACK and purpose == f"sign/{party_of(person)}":
        return _take_back(journey, person, purpose)
    if name == CHILD and purpose == "case" and speaks_for_the_child(journey, person):
        return _child(journey, person, purpose)
    return None


def speaks_for_the_child(journey: Journey, person: str) -> bool:
    """They are the contact of a parent's side."""
    party = journey.party(party_of(person))
    return party is not None and party.lead == person and party.key in journey.asked_of_the_child


def may_say_how_the_child_is_heard(journey: Journey, person: str) -> bool:
    """Whether their page asks it now."""
    return speaks_for_the_child(journey, person) and not _over(journey) and journey.stage in BEFORE_ALL_MEET


def _take_back(journey: Journey, person: str, purpose: str) -> Question:
    party = party_of(person)
    return Question(
        title=tr("Take the signature back?"),
        template="party/take_back_signature.html",
        kind=TakeBackSignature,
        form=(
            Field(
                "reason",
                tr("What was wrong?"),
                "words",
                hint=tr("Only staff of the service can read it."),
                missing=tr("Say in a few words what was wrong. “I think again” is enough."),
                rows=2,
            ),
        ),
        button=tr("Take the signature back"),
        read=lambda typed: {"party": party},
        texts=lambda typed: SignatureTexts(reason=typed.one("reason")),
        over=_over(journey) or ("" if journey.signature(party) else tr("No signature of yours counts now.")),
    )


def _child(journey: Journey, person: str, purpose: str) -> Question:
    return Question(
        title=tr("How would your child like to be heard?"),
        template="party/child.html",
        kind=RecordChildsVoice,
        form=(
            Field(
                "childs_voice",
                tr("How would your child like to be heard?"),
                "choice",
                options=tuple(Option(voice, tr(title)) for voice, title in titles.CHILDS_VOICES.items()),
            ),
            Field("voice", tr("What should we know about it?"), "words", hint=tr("Who speaks for your child, say."),
                  optional=True, rows=3),
        ),
        button=tr("Send my answer"),
        read=_voice(party_of(person)),
        texts=lambda typed: VoiceTexts(voice=typed.one("voice")),
        over=_over(journey),
    )  # fmt: skip


def _voice(party: str) -> Callable[[Typed], dict[str, Any]]:
    def read(typed: Typed) -> dict[str, Any]:
        if typed.one("childs_voice") == ChildsVoice.SOMEBODY and not typed.one("voice"):
            typed.wrong("voice", tr("Say who speaks for your child."))
        return {"party": party, "childs_voice": typed.one("childs_voice")}

    return read


def _over(journey: Journey) -> str:
    if journey.closing:
        return tr("The mediation has ended.")
    return "" if journey.stage in BEFORE_ALL_MEET else tr("This is not open now: everyone has met, or it is too early.")
