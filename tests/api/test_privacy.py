"""Whose eyes the words of a command are for: the rule itself, and that both doors keep to it."""

from typing import Any

import pytest

from api.privacy import may_read
from casefile.staff import StaffMember
from domain.commands import StaffRole
from domain.journey import Journey
from tests.sample_case import sample_case

COORDINATOR, MEDIATOR, LEAD, MANAGER = (
    StaffRole.COORDINATOR,
    StaffRole.MEDIATOR,
    StaffRole.SAFEGUARDING_LEAD,
    StaffRole.MANAGER,
)


def reader(id: str, *roles: StaffRole) -> StaffMember:
    return StaffMember(id=id, name=id, email=f"{id}@service.example", roles=list(roles))


EVERYBODY = {
    "coordinator": reader("s1", COORDINATOR),
    "manager": reader("s2", MANAGER),
    "lead": reader("s3", LEAD),
    "mediator": reader("m1", MEDIATOR),
    "asked": reader("m2", MEDIATOR),  # offered the case, and has not taken it
}


@pytest.mark.parametrize(
    ("kind", "text", "readers"),
    [
        ("record_visit", "note", {"mediator"}),
        ("record_visit", "may_share", {"coordinator", "manager", "lead", "mediator"}),
        ("record_visit", "who_else", {"coordinator", "manager", "lead", "mediator"}),
        ("hold", "note", {"lead", "manager"}),
        ("release", "note", {"lead", "manager"}),
        ("receive_reply", "words", {"coordinator", "manager", "lead"}),
        ("note_automatic_reply", "words", {"coordinator", "manager", "lead"}),
        ("ask_for_call", "note", {"coordinator", "manager", "lead"}),
        ("give_feedback", "note", {"coordinator", "manager", "lead"}),
        ("record_childs_voice", "note", {"coordinator", "manager", "lead", "mediator"}),
        ("take_back_paper", "reason", {"coordinator", "manager", "lead", "mediator"}),
        ("release_paper", "said_by", {"coordinator", "manager", "lead", "mediator"}),
        ("record_explaining_call", "note", set(EVERYBODY)),
    ],
)
def test_who_reads_what(kind: str, text: str, readers: set[str]) -> None:
    case = sample_case(mediator="m1", offered_to="m2")
    assert {name for name, one in EVERYBODY.items() if may_read(one, case, kind, text)} == readers


def test_what_a_party_said_to_one_mediator_is_not_inherited_by_the_next() -> None:
    case = sample_case(mediator="m1", replaced=["m9", "m1"])
    mediator = EVERYBODY["mediator"]
    assert not may_read(mediator, case, "record_visit", "note", by="m9")
    assert may_read(mediator, case, "record_visit", "may_share", by="m9")
    assert may_read(mediator, case, "record_visit", "note", by="m1"), "who has it again reads their own"


def test_a_case_without_a_mediator_shows_visit_notes_to_nobody() -> None:
    case = sample_case(mediator="")
    nobody = reader("", MEDIATOR)
    assert not any(may_read(one, case, "record_visit", "note") for one in [*EVERYBODY.values(), nobody])
    unfiled: Any = case.model_copy(update={"journey": None})
    assert not may_read(EVERYBODY["mediator"], unfiled, "record_visit", "note")
    assert isinstance(case.journey, Journey)
