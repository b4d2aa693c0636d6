"""What a case is ready for now: what its pages offer."""

from pydantic import BaseModel

from domain.corrections import correctable
from domain.journey import Journey, OpenAsk, StepWay
from domain.papers import MOST_OF_ONE_PARTY
from domain.parties import ORGANISATIONS
from domain.referral import MOST_PARTIES
from domain.rules import (
    BEFORE_ALL_MEET,
    BEFORE_THE_AGREEMENT,
    MEDIATED,
    can_change,
    can_come_back,
    can_take_out,
    tickable,
)
from domain.stages import CARRIED_OUT, Stage


class Possible(BaseModel):
    """A command that the case is ready for, and what it is about: a party, an ask's key, a number, or ""."""

    kind: str
    about: str = ""


def possible(journey: Journey) -> list[Possible]:
    """The commands that the case is ready for now, those it waits for first, in the order of the leaflet."""
    if journey.closing:
        found = [Possible(kind="release")] if journey.on_hold else []
        if journey.closing.reason not in CARRIED_OUT:
            found.append(Possible(kind="reopen_case"))
        found.append(Possible(kind="link_cases"))
        found += _to_decide(journey)
        return found + [Possible(kind="tick_task", about=t.key) for t in journey.tasks if tickable(t.kind)]
    found = [Possible(kind="undo")] if journey.second_thoughts else []
    answerable = [ask for ask in journey.asks if ask.kind != "no_show"]  # that one waits for the manager's decision
    found += [answer_to(ask) for ask in answerable]
    found += [Possible(kind="offer_visit_dates", about=ask.of) for ask in journey.open_asks("visit_choice")]
    if journey.stage in (Stage.REFERRAL, Stage.EXPLAINING) and "permission" not in journey.facts:
        found.append(Possible(kind="record_permission"))
    if journey.stage.lies_before(Stage.CONSENT):
        others = [party.key for party in journey.parties[1:] if f"consent/{party.key}" not in journey.facts]
        found += [Possible(kind="answer_consent", about=party) for party in others]  # it may come before it is asked
    if journey.stage in BEFORE_ALL_MEET:
        taking_part = [party.key for party in journey.parties if journey.takes_part(party.key)]
        signed = {key: journey.signature(key) is not None for key in taking_part}
        found += [Possible(kind="sign_agreement_to_mediate", about=key) for key in signed if not signed[key]]
        found += [Possible(kind="record_childs_voice", about=party) for party in journey.asked_of_the_child]
        found += [Possible(kind="take_back_signature", about=key) for key in signed if signed[key]]
    if journey.agreement and journey.agreement.status == "comments":
        found += [Possible(kind="write_agreement"), Possible(kind="issue_agreement")]
    elif journey.open_asks("issue"):
        found.append(Possible(kind="write_agreement"))
    for task in journey.tasks:
        if task.kind == "decide":
            found.append(Possible(kind="decide_on_silence", about=task.about))
        elif tickable(task.kind):
            found.append(Possible(kind="tick_task", about=task.key))
    found += _to_decide(journey)
    for ask in journey.asks:
        if ask.armed and journey.open_ask(ask.key):
            found += [Possible(kind=STEP_CHANGES[way], about=ask.key) for way in ask.armed.can]
    for meeting in journey.meetings:
        if can_change(journey, meeting):
            found += [Possible(kind=kind, about=meeting.key) for kind in ("move_meeting", "cancel_meeting")]
    if journey.mediator and journey.stage in MEDIATED:
        found.append(Possible(kind="replace_mediator"))
    found += [Possible(kind="replace_contact", about=party.key) for party in journey.parties]
    rung = [key for key in journey.contacted if journey.call_wanted(key) is None]
    found += [Possible(kind="ask_for_call", about=key) for key in rung]
    found += [Possible(kind="say_when_to_ring", about=party.key) for party in journey.parties]
    found += [Possible(kind="say_how_they_read", about=party.key) for party in journey.parties]
    if journey.stage in BEFORE_THE_AGREEMENT:
        found += [Possible(kind="add_supporter", about=party.key) for party in journey.parties]
        if len(journey.parties) < MOST_PARTIES:
            found.append(Possible(kind="add_party"))
    if journey.contacted:
        found += [Possible(kind="write_message"), Possible(kind="add_line")]
    found += [
        Possible(kind="add_paper", about=key)
        for key in journey.contacted
        if len(journey.papers_of(key)) < MOST_OF_ONE_PARTY
    ]
    found += [Possible(kind="release_paper", about=p.key) for p in journey.papers if p.is_there and not p.released]
    found += [Possible(kind="take_back_paper", about=p.key) for p in journey.papers if p.is_there and not p.exchanged]
    found += [Possible(kind="remove_party", about=p.key) for p in journey.parties if can_take_out(journey, p.key)]
    found += [Possible(kind="hide_address", about=one.key) for party in journey.parties for one in party.people]
    found += [Possible(kind="remove_person", about=one.key) for party in journey.parties for one in party.others]
    if not journey.ending:
        found += [Possible(kind="correct_record", about=key) for key in correctable(journey)]
        if journey.stage == Stage.ACTIONS and journey.agreement and journey.agreement.status == "issued":
            found.append(Possible(kind="amend_agreement"))
    found += [Possible(kind="correct_details", about=what) for what in ("child", "referral")]
    organisations = [party.key for party in journey.parties if party.role in ORGANISATIONS]
    found += [Possible(kind="correct_details", about=party) for party in organisations]
    if not journey.ending:
        found += [Possible(kind="withdraw", about=key) for key in journey.contacted]
    found += [Possible(kind="bring_back_task", about=task.key) for task in can_come_back(journey)]
    found += [Possible(kind="reassign"), Possible(kind="link_cases")]
    found.append(Possible(kind="resume" if journey.paused else "pause"))
    found.append(Possible(kind="release" if journey.on_hold else "hold"))
    if not journey.ending:
        found.append(Possible(kind="close_case"))
    return list({(p.kind, p.about): p for p in found}.values())


def _to_decide(journey: Journey) -> list[Possible]:
    return [Possible(kind="decide_on_breach", about=one.key) for one in journey.breaches if one.decided is None]


STEP_CHANGES: dict[StepWay, str] = {
    "skip": "skip_step",
    "bring_forward": "bring_step_forward",
    "postpone": "postpone_step",
}
"""The command by which each is done with a step that is due next."""


def answer_to(ask: OpenAsk) -> Possible:
    """The command by which an ask is answered. KeyError: a manager decides on it instead."""
    return Possible(kind=_ANSWERED_BY[ask.kind], about=_about(ask))


_ANSWERED_BY = {
    "explaining_call": "record_explaining_call",
    "permission": "record_permission",
    "consent": "answer_consent",
    "mediator_choice": "offer_mediator",
    "acceptance": "answer_allocation",
    "visit_dates": "offer_visit_dates",
    "visit_choice": "choose_visit_date",
    "visit": "record_visit",
    "sign": "sign_agreement_to_mediate",
    "childs_voice": "record_childs_voice",
    "availability": "give_availability",
    "joint_date": "fix_joint_meeting",
    "joint_meeting": "record_joint_meeting",
    "terms": "write_agreement",
    "comments": "comment_on_agreement",
    "issue": "issue_agreement",
    "action": "record_action",
    "feedback": "give_feedback",
}


def _about(ask: OpenAsk) -> str:
    """What the answering command names: the action's number, the offer's number, or the party."""
    if ask.kind in ("action", "acceptance"):
        return ask.key.partition("/")[2]
    return (
        ask.of
        if ask.kind in ("consent", "sign", "visit_choice", "availability", "comments", "feedback")
        else (ask.key.split("/")[1] if ask.kind in ("visit_dates", "visit", "childs_voice") else "")
    )
