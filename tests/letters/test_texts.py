"""Texts of the service's own: what may stand in one, and what is found before a letter goes by it."""

import pytest
from jinja2 import UndefinedError

from domain.journey import Letter
from domain.languages import Language
from letters.checks import Findings, offered, tried, used_by
from letters.rendering import render
from letters.texts import (
    SHIPPED,
    TO_STAFF,
    VARIABLES,
    Texts,
    faults,
    kinds,
    letter_names,
    name_of,
    shared_parts,
    texts_with,
)
from tests.sample_case import NOW, SERVICE, sample_case

INVITATION = SHIPPED.source("consent_ask") or ""
SIGNATURE = SHIPPED.source("_signature") or ""


def own(name: str, text: str, language: str = "en") -> Texts:
    return texts_with(frozenset({(language, name, text)}))


def found(text: str, name: str = "consent_ask") -> Findings:
    return tried(name, text, SHIPPED, SERVICE)


def written(texts: Texts, kind: str = "consent_ask", to: str = "p2.1", reads: str = "") -> str:
    order, case = Letter(kind=kind, about="consent/p2", to=to), sample_case()
    if reads:
        case.person(to).details = case.person(to).details.model_copy(update={"reads": Language(reads)})
    return render(case, order, service=SERVICE, now=NOW, texts=texts).text


@pytest.mark.parametrize("name", [*letter_names(), *(part for part in shared_parts() if part != "_signature")])
def test_what_ships_passes_its_own_checks(name: str) -> None:
    its = found(SHIPPED.source(name) or "", name)
    assert its.refusals == []
    assert its.warnings == []
    assert its.situations


def test_words_of_the_services_own_go_before_those_that_ship_and_parts_too() -> None:
    texts = own("consent_ask", INVITATION.replace("Taking part is your own choice.", "It is up to you."))
    assert "It is up to you." in written(texts)
    assert "Taking part is your own choice." in written(SHIPPED)
    texts = own("_signature", SIGNATURE.replace("We are glad to help.", "We like to talk."))
    assert "We like to talk." in written(texts)
    assert texts_with(frozenset()) is SHIPPED


def test_a_text_is_taken_in_the_language_that_is_asked_for_or_else_in_english() -> None:
    texts = own("consent_ask", "Temat ({{ reference }})\nTekst.\n", "pl")
    assert "Tekst." in written(texts, reads=Language.POLISH)
    assert "Tekst." not in written(texts)
    assert "Taking part is your own choice." in written(SHIPPED, reads=Language.ARABIC)


def test_staff_have_wordings_of_their_own() -> None:
    assert name_of("visit_booked", to_staff=True) == f"visit_booked{TO_STAFF}"
    assert name_of("visit_booked", to_staff=False) == name_of("visit_booked", to_staff=False) == "visit_booked"
    assert name_of("staff_task", to_staff=True) == "staff_task"
    assert not any(TO_STAFF in kind for kind in kinds())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ child }}", "“child” is not known here"),
        ("{{ to }}", "“to” cannot stand alone"),
        ("{{ to.party }}", "“to.party” is not known here"),
        ("{{ ''.__class__.__mro__ }}", "is not known here"),
        ("{{ to['party'] }}", "only a number can stand in brackets"),
        ("{{ service.model_dump() }}", "letters do not need (call)"),
        ("{{ 'a' * 1000000000 }}", "letters do not need (mul)"),
        ("{{ reference | center(1000000000) }}", "“center” is not among"),
        ("{{ to | attr('party') }}", "“attr” is not among"),
        ("{% for x in range(10) %}{% endfor %}", "letters do not need (call)"),
        (
            "{% for x in others %}{% for y in others %}{{ y }}{% endfor %}{% endfor %}",
            "a list cannot stand inside a list",
        ),
        ('{% for x in others %}{% include "_next.txt" %}{% endfor %}', "a shared part cannot stand inside a list"),
        ("{% for link in others %}{{ link }}{% endfor %}", "“link” has a meaning already"),
        ("{% set x = 1 %}{{ x }}", "letters do not need (assign)"),
        ('{% include "../post.txt" %}', "there is no shared part"),
        ('{% include ["_next.txt"] %}', "there is no shared part"),
        ('{% extends "_frame.txt" %}', "letters do not need (extends)"),
        ("{% macro m() %}{% endmacro %}", "letters do not need (macro)"),
        ("{% if reference %}", "Line 2 cannot be read"),
        ("{{ reference is divisibleby 3 }}", "only “is defined” can be asked"),
        ("a" * 10_001, "At most 10,000 are possible"),
    ],
)
def test_only_what_a_letter_needs_may_stand_in_it(text: str, said: str) -> None:
    whole = f"Subject ({{{{ reference }}}})\n{text}\n"
    assert any(said in one for one in faults("consent_ask", whole, VARIABLES)), faults("consent_ask", whole, VARIABLES)


def test_a_part_that_holds_itself_is_refused_also_by_a_detour() -> None:
    assert "would never end" in faults("_where", '{% include "_where.txt" %}', VARIABLES)[0]
    assert "would never end" in faults("_where", '{% include "_moved.txt" %}', VARIABLES)[0]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("({{ reference }})\n", "\n", "The subject must hold our reference"),
        ("Would you", "{{ to.name }}, would you", "The subject names somebody (Sam Head)"),
        ("Would you", "Would you, if you please, " * 5, "characters long. At most 120 are shown"),
        ("{{ link }}", "", "The letter has lost the link"),
        ("Taking part", "Zebedee Quill takes part. Taking part", "The text names the child"),
        ("Taking part", "{{ others[9] }} Taking part", "The letter cannot be written"),
        ("Taking part", "{{ mediator[99] }} Taking part", "The letter cannot be written"),
    ],
)
def test_what_a_letter_must_not_go_without(before: str, after: str, said: str) -> None:
    assert before in INVITATION
    assert any(said in one for one in found(INVITATION.replace(before, after)).refusals)


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("Phone: {{ service.phone }}", ""),  # it stands above, too
        ("Our reference: {{ reference }}", "The letter has lost “Our reference"),
        ("Kind regards,", "The letter has lost “Kind regards"),
        ("If you have a question", "a paragraph that begins “If you have a question”"),
    ],
)
def test_what_the_signature_must_not_go_without(gone: str, said: str) -> None:
    refusals = found(SIGNATURE.replace(gone, "Thank you"), "_signature").refusals
    assert any(said in one for one in refusals) if said else refusals == []


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            "Taking part",
            "Participation necessitates comprehensive documentation beforehand. " * 9 + "Taking part",
            "school year",
        ),
        ("Taking part", "It goes " + "on and on " * 9 + "until the end. Taking part", "A sentence of 32 words"),
        ("Taking part", "See https://example.org for more. Taking part", "There are 2 addresses"),
        ("Say yes or no on your own page:", "Say yes or no on your own page", "not shown as a button"),
        ('{% include "_answer_by.txt" %}', "", "by when an answer is needed (Fri 27 Nov 2026)"),
    ],
)
def test_what_makes_a_letter_hard_is_said(before: str, after: str, said: str) -> None:
    assert before in INVITATION
    its = found(INVITATION.replace(before, after, 1))
    assert its.refusals == []
    assert any(said in one for one in its.warnings), its.warnings


def test_the_same_words_to_several_readers_are_shown_once() -> None:
    of_families, to_a_stranger, of_others = found(INVITATION).situations[:3]
    assert of_families.readers == to_a_stranger.readers == ["Parent or carer", "Young person"]
    assert of_others.readers == ["School", "Local authority", "Health body"]
    assert "nobody has confirmed" in to_a_stranger.special


def test_what_a_text_can_speak_of_is_explained_with_an_example() -> None:
    known = {one.name: one for one in offered("visit_booked", SERVICE, SHIPPED)}
    assert known["date"].example == "Thu 3 Dec 2026, 10:00 to 11:30"
    assert known["to.name"].example == "Sam Head"
    assert known["service.phone"].example == SERVICE.phone
    assert known["date"].always
    assert not {one.name: one for one in offered("_signature", SERVICE, SHIPPED)}["date"].always
    assert all(one.means for one in known.values())


def test_a_part_is_tried_in_every_letter_that_has_it() -> None:
    assert used_by("_signature", SHIPPED) == letter_names()
    assert used_by("_where", SHIPPED) == sorted(
        f"{kind}{way}"
        for kind in ("visit_booked", "visit_moved", "visit_remind", "joint_meeting_booked", "joint_meeting_moved",
                     "joint_meeting_remind")
        for way in ("", TO_STAFF)
    )  # fmt: skip
    refusals = found("When: {{ date }}\n{{ visited[0] }}", "_where").refusals
    assert any("cannot be written" in one for one in refusals)  # nobody is visited at a joint meeting


def test_an_edited_text_runs_in_a_sandbox() -> None:
    """The second wall, where a text came past the first."""
    with pytest.raises(Exception, match=r"unsafe|undefined"):
        written(own("consent_ask", "S ({{ reference }})\n{{ ''.__class__.__mro__ }}"))
    with pytest.raises(UndefinedError):
        written(own("consent_ask", "S ({{ reference }})\n{{ nothing }}"))
