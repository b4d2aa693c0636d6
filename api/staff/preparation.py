"""What the case page shows of the preparation: who has signed the agreement to mediate, and how the child is heard."""

from dataclasses import dataclass

from api.privacy import may_read
from casefile.staff import StaffMember
from domain import titles, words
from domain.agreement_to_mediate import LATEST
from domain.rules import BEFORE_ALL_MEET
from domain.view import CaseView


@dataclass(frozen=True)
class Prepared:
    """Before the joint meeting."""

    signatures: list[tuple[str, str]]  # the party, and when, how and by whom
    childs_voice: str
    childs_voice_words: str


def prepared(case: CaseView, me: StaffMember) -> Prepared | None:
    """None: nothing was asked of anybody yet."""
    journey = case.journey
    if journey is None:
        return None
    signed = [
        (party.name, _signature(case, party.key))
        for party in case.parties
        if journey.signature(party.key) or party.key in journey.to_sign
    ]
    voice = journey.voice
    begun = bool(signed or voice) or journey.stage in BEFORE_ALL_MEET
    if not begun:
        return None
    said = str(case.texts.get(voice.command, {}).get("voice", "")) if voice else ""
    return Prepared(
        signed, words.childs_voice(journey), said if may_read(me, case, "record_childs_voice", "voice") else ""
    )


def _signature(case: CaseView, party: str) -> str:
    signature = case.journey.signature(party) if case.journey else None
    if signature is None:
        return "not signed yet"
    who = str(case.texts.get(signature.command, {}).get("said_by", "")) or words.who(case, party)
    recorded = "" if signature.by.startswith(f"{party}.") else f", recorded by {words.actor(case, signature.by)}"
    how = titles.HOWS[signature.how]
    older = "" if signature.version == LATEST else f" (an earlier text, version {signature.version})"
    return f"signed on {words.moment(signature.at)} {how}, by {who}{recorded}{older}"
