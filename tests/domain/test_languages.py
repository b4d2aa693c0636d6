"""How somebody reads, and what they need, as it is written down and as it is told to staff."""

import pytest
from pydantic import ValidationError

from domain import words
from domain.languages import Language, Speech, speaking, tr, tr_many
from domain.parties import Reading
from domain.referral import PersonDetails
from domain.view import CaseView
from tests.sample_case import sample_case


def reads_polish() -> CaseView:
    """The contact of the school has told us, after the referral."""
    case = sample_case()
    assert case.journey
    lead = case.journey.person("p2.1")
    assert lead
    lead.reading = Reading(reads=Language.POLISH, easy_read=True, interpreter=True)
    return CaseView.model_validate(case.model_dump())


def test_what_somebody_needs_stands_in_one_line() -> None:
    assert PersonDetails(name="Ann", reads=Language.ENGLISH).needs == ""
    details = PersonDetails(
        name="Ann", language="Polish", reads=Language.POLISH, interpreter=True, easy_read=True, adjustments="step-free"
    )
    assert details.needs == "Polish · interpreter · reads Polish · Easy Read · step-free"


def test_it_stands_on_every_task_about_them() -> None:
    case = reads_polish()
    assert words.needs_of(case, "sign/p2") == "interpreter · reads Polish · Easy Read"
    assert words.needs_of(case, "sign/p1") == ""


def test_what_they_told_us_counts_instead_of_what_the_referral_said() -> None:
    case = reads_polish()
    assert case.language_of("p2.1") == Language.POLISH
    assert case.language_of("p1.1") == Language.ENGLISH
    case.parties[0].people[0].details.reads = Language.POLISH
    assert case.language_of("p1.1") == Language.POLISH


def test_we_write_in_languages_of_ours_only() -> None:
    with pytest.raises(ValidationError):
        PersonDetails.model_validate({"name": "Ann", "reads": "ar"})
    with pytest.raises(ValidationError):
        Reading.model_validate({"reads": ""})


def test_details_of_before_know_nothing_of_it() -> None:
    old = PersonDetails.model_validate_json('{"name": "Ann", "email": "ann@family.example", "language": "Polish"}')
    assert (old.reads, old.interpreter, old.easy_read) == ("", False, False)


def test_another_language_is_spoken_within_its_block_only() -> None:
    class Other(Speech):
        def text(self, message: str) -> str:
            return {"from {name}": "od {name}"}[message]

    with speaking(Other()):
        assert tr("from {name}", name="Ann") == "od Ann"
    assert tr("from {name}", name="Ann") == "from Ann"
    assert (tr_many("one try", "{number} tries", 1), tr_many("one try", "{number} tries", 2)) == ("one try", "2 tries")
