"""When two names, numbers and children are likely the same, and when they are not."""

from datetime import date

import pytest

from domain.likeness import (
    Household,
    Kind,
    Mark,
    Sign,
    household_of,
    marks_of_child,
    marks_of_person,
    phone_of,
    sought,
    sounds_of,
    why_the_same,
    words_of,
)
from domain.parties import PartyRole, PersonRole
from domain.referral import Child, PartyDetails, PersonDetails, ReferralForm

BORN, OTHER = date(2017, 4, 12), date(2014, 9, 1)


def home(child: str, born: date | None = None, email: str = "", phone: str = "", postcode: str = "") -> Household:
    person = PersonDetails(name="Ruth Whitfield", email=email, phone=phone, postcode=postcode)
    return Household(child=Child(name=child, born=born), people=[person])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Zoë O’Brien", ["zoe", "obrien"]),
        ("  MARÍA   José ", ["maria", "jose"]),
        ("Łukasz Strøm-Groß", ["lukasz", "strom", "gross"]),
        ("Мария", ["мария"]),
        ("", []),
    ],
)
def test_names_become_plain_words(name: str, words: list[str]) -> None:
    assert words_of(name) == words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("muller", "mueller"),
        ("steven", "stephen"),
        ("catherine", "katherine"),
        ("sean", "shaun"),
        ("mohammed", "muhammad"),
        ("hussain", "hussein"),
        ("thomas", "tomas"),
        ("maya", "maia"),
        ("kay", "kai"),
        ("aisha", "ayesha"),
        ("oezil", "ozil"),
    ],
)
def test_what_sounds_alike_shares_a_code(one: str, other: str) -> None:
    assert sounds_of(one) & sounds_of(other)


@pytest.mark.parametrize("word", ["li", "ng", "lee", "мария", "محمد", ""])
def test_short_and_foreign_words_do_not_sound_like_everything(word: str) -> None:
    assert not {code for code in sounds_of(word) if len(code) < 3}
    assert not sounds_of(word) & sounds_of("lo")


@pytest.mark.parametrize(
    "text",
    ["07700 900101", "+44 7700 900101", "+44 (0)7700-900101", "0044 7700 900101", "(07700) 900 101 ext. 12"],
)
def test_a_number_is_the_same_however_it_is_written(text: str) -> None:
    assert phone_of(text) == "7700900101"


@pytest.mark.parametrize("text", ["", "12345", "ask at the desk", "+44", "٠٧٧٠٠٩٠٠١٠١"])
def test_what_is_no_number_finds_nobody(text: str) -> None:
    assert phone_of(text) == ""


def test_marks_of_a_child_and_a_person() -> None:
    assert {Mark(Kind.CHILD, "maya"), Mark(Kind.BORN, "2017-04-12")} <= marks_of_child(Child(name="Maya", born=BORN))
    assert Mark(Kind.CHILD, "annemarie") in marks_of_child(Child(name="Anne-Marie Li"))
    person = PersonDetails(name="Jo", email="Jo@Family.example", phone="01632 960001", postcode="ex12ab")
    assert {
        Mark(Kind.EMAIL, "jo@family.example"),
        Mark(Kind.PHONE, "1632960001"),
        Mark(Kind.POSTCODE, "EX12AB"),
    } <= marks_of_person(person)
    assert not {mark for mark in marks_of_person(PersonDetails(name="Jo")) if mark.kind != Kind.PERSON}


@pytest.mark.parametrize("text", ["12345", "EX1", "EX1 2ABC", "house 7"])
def test_a_postcode_is_one_or_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="must be a postcode, such as EX1 2AB"):
        PersonDetails(name="Jo", postcode=text)


# What is typed into the one box


def test_the_search_tells_things_by_their_looks() -> None:
    wanted = sought("Maya Whitfield, RUTH@family.example 12/4/2017 ex1 2ab +44 7700 900101 SM-2026-42")
    kinds = {mark.kind for word in wanted.words for mark in word.marks}
    assert wanted.reference == "SM-2026-00042"
    assert kinds >= {Kind.EMAIL, Kind.BORN, Kind.POSTCODE, Kind.PHONE, Kind.CHILD, Kind.CHILD_SOUND}
    assert len(wanted.words) == 6


@pytest.mark.parametrize("text", ["", "   ", "-", "@", "31/2/2017", "%_'\";--", "\x00"])
def test_nonsense_looks_for_nothing(text: str) -> None:
    wanted = sought(text)
    assert (wanted.reference, wanted.words) == ("", [])


def test_the_end_of_a_reference_is_enough() -> None:
    assert sought("00042").reference == "00042"
    assert sought("01632 960001").reference == ""


# The same child?


@pytest.mark.parametrize(
    ("one", "other", "first"),
    [
        (home("Maya Whitfield"), home("maya  WHITFIELD"), Sign.SAME_NAME),
        (home("Whitfield, Maya"), home("Maya Whitfield"), Sign.SAME_NAME),
        (home("Steven Müller"), home("Stephen Mueller"), Sign.SIMILAR_NAME),
        (home("Catherine Smith"), home("Katherine Smyth"), Sign.SIMILAR_NAME),
        (home("Maya Whitfield"), home("Maia Whitfeild"), Sign.SIMILAR_NAME),
        (home("Anne-Marie Jones"), home("Annemarie Jones"), Sign.SAME_NAME),
        (home("Maya Rose Whitfield"), home("Maya Whitfield"), Sign.SIMILAR_NAME),
        (home("Maya Whitfield", BORN), home("Maya Whitfield"), Sign.SAME_NAME),
        (home("Bobby", BORN, "r@f.example"), home("Robert Hale", BORN, "R@F.example"), Sign.SAME_BIRTHDAY),
        (home("Bobby", None, phone="01632 960001"), home("Robert", BORN, phone="+441632960001"), Sign.SAME_PHONE),
        (home("Maya Whitfield", BORN), home("Maya Okoro", BORN), Sign.PART_OF_NAME),
        (home("Maya Hale", BORN, "r@f.example"), home("Maya Hale", OTHER, "r@f.example"), Sign.SAME_NAME),
    ],
)
def test_likely_the_same_child(one: Household, other: Household, first: Sign) -> None:
    assert why_the_same(one, other)[0] == first
    assert why_the_same(other, one)[0] == first


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (home("Maya Smith"), home("Oliver Smith")),
        (home("Maya Smith", postcode="EX1 2AB"), home("Oliver Smith", postcode="EX1 2AB")),
        (home("Maya Smith", BORN), home("Maya Smith", OTHER)),
        (home("Maya Smith", BORN), home("Oliver Jones", BORN)),
        (home("Maya Hale", BORN, "r@f.example"), home("Tom Hale", OTHER, "r@f.example")),  # brother and sister
        (home("Maya"), home("Maya")),
        (home("Maria da Silva"), home("João da Silva")),
        (home("Gurpreet Singh Gill"), home("Amandeep Singh Sandhu")),
        (home("Li Na"), home("Lu Na")),
        (home("Lee Hale"), home("Leo Hale")),
        (home("Мария Иванова"), home("Анна Иванова")),
    ],
)
def test_likely_two_children(one: Household, other: Household) -> None:
    assert why_the_same(one, other) == []
    assert why_the_same(other, one) == []


def test_only_the_familys_own_people_tell_families_apart() -> None:
    def referral(child: str, parent: str) -> ReferralForm:
        return ReferralForm(
            child=Child(name=child),
            about="Support",
            parties=[
                PartyDetails(
                    role=PartyRole.PARENT,
                    people=[
                        PersonDetails(name="P", email=parent),
                        PersonDetails(name="S", email="adviser@help.example", role=PersonRole.SUPPORTER),
                    ],
                ),
                PartyDetails(
                    role=PartyRole.SCHOOL,
                    organisation="Oakfield",
                    people=[PersonDetails(name="H", email="head@oakfield.example")],
                ),
            ],
        )

    one = household_of(referral("Maya Whitfield", "r@f.example"))
    assert why_the_same(one, household_of(referral("Noah Bright", "n@b.example"))) == []
    assert Sign.SAME_EMAIL in why_the_same(one, household_of(referral("Noah Bright", "R@F.example")))
