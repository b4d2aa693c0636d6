"""Who is offered a case: nobody unsuitable, and everybody in their turn."""

from datetime import UTC, date, datetime

import pytest

from domain.allocation import PanelMember, is_one_of, next_of, normalise_organisation, why_not
from domain.refusals import Refusal

TODAY = date(2026, 12, 1)


def member(name: str, **other: object) -> PanelMember:
    return PanelMember.model_validate({"id": name, "registered_until": date(2027, 6, 30), **other})


def test_nothing_speaks_against_a_suitable_mediator() -> None:
    assert why_not(member("ann", organisations=["Elm School"]), ["Oakfield School", ""], TODAY) == ""


@pytest.mark.parametrize(
    ("other", "refusal"),
    [
        ({"trained": False}, Refusal.UNKNOWN_MEDIATOR),
        ({"registered_until": date(2026, 11, 30)}, Refusal.REGISTRATION_OUT_OF_DATE),
        ({"conflicts_with_case": True}, Refusal.CONFLICT_OF_INTEREST),
        ({"organisations": ["OAKFIELD  school."]}, Refusal.CONFLICT_OF_INTEREST),
        ({"capacity": 3, "open_cases": 3}, Refusal.AT_CAPACITY),
        ({"capacity": 3, "open_cases": 4}, Refusal.AT_CAPACITY),
        ({"capacity": 0}, Refusal.AT_CAPACITY),
    ],
)
def test_why_not(other: dict[str, object], refusal: Refusal) -> None:
    assert why_not(member("ann", **other), ["Exampleshire Council", "Oakfield School"], TODAY) == refusal


def test_a_registration_holds_on_its_last_day() -> None:
    assert why_not(member("ann", registered_until=TODAY), [], TODAY) == ""


@pytest.mark.parametrize(("capacity", "open_cases"), [(3, 2), (1, 0), (None, 40)])
def test_there_is_room_below_the_number_of_cases_at_once(capacity: int | None, open_cases: int) -> None:
    assert why_not(member("ann", capacity=capacity, open_cases=open_cases), [], TODAY) == ""


def test_whoever_has_as_many_as_they_take_is_passed_over_though_others_have_more() -> None:
    panel = [member("ann", open_cases=1, capacity=1), member("bob", open_cases=5), member("cem", capacity=0)]
    assert next_of(panel, [], [], TODAY) == "bob"
    assert next_of(panel, ["bob"], [], TODAY) == ""


def test_fewest_open_cases_come_first() -> None:
    panel = [member("ann", open_cases=3), member("bob", open_cases=1), member("cem", open_cases=2)]
    assert next_of(panel, [], [], TODAY) == "bob"
    assert next_of(panel, ["bob"], [], TODAY) == "cem"
    assert next_of(panel, ["ann", "bob", "cem"], [], TODAY) == ""


def test_of_equals_the_one_longest_without_comes_first_and_never_is_longest() -> None:
    ann = member("ann", last_case=datetime(2026, 11, 20, tzinfo=UTC))
    bob = member("bob", last_case=datetime(2026, 10, 1, tzinfo=UTC))
    cem = member("cem")
    assert next_of([ann, bob], [], [], TODAY) == "bob"
    assert next_of([ann, bob, cem], [], [], TODAY) == "cem"


def test_the_same_panel_gives_the_same_mediator_in_whatever_order_it_is_read() -> None:
    panel = [member("cem"), member("ann"), member("bob")]
    assert next_of(panel, [], [], TODAY) == next_of(panel[::-1], [], [], TODAY) == "ann"


def test_the_unsuitable_are_passed_over_though_it_would_be_their_turn() -> None:
    panel = [member("ann", conflicts_with_case=True), member("bob", organisations=["Oakfield School"])]
    panel += [member("cem", registered_until=date(2026, 1, 1)), member("dee", open_cases=9)]
    assert next_of(panel, [], ["Elm School", "Oakfield School"], TODAY) == "dee"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("St. Mary's  C.E. School", "ST MARYS CE SCHOOL"),
        ("St Mary’s School", "st mary's school"),
        ("Education & Health – Exampleshire", "Education and Health, Exampleshire"),
        ("Straße", "STRASSE"),
        ("Ｏakfield", "Oakfield"),
    ],
)
def test_one_house_has_one_name(one: str, other: str) -> None:
    assert normalise_organisation(one) == normalise_organisation(other)


def test_different_houses_stay_apart() -> None:
    assert normalise_organisation("Oakfield School") != normalise_organisation("Oakfield Primary School")
    assert not is_one_of("Elm School", ["Oak School", ""])


def test_no_name_is_nobodys() -> None:
    assert not is_one_of("", ["", "Oakfield School"])
    assert not is_one_of(" . ", ["-"])
