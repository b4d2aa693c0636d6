"""An agreement is written up in rows, one for each term: they are added, moved and removed without a script, and say
how it is checked that a term was kept; what was not agreed stands below."""

from datetime import date

import pytest

from api.forms import Typed
from api.staff.forms.agreement import MOST_TERMS, Writing, rows_typed
from domain.commands import Actor, AgreementTexts, Term, WriteAgreement
from domain.journey import Journey
from letters.agreement import agreement_page, plain_text
from tests.api.staff_world import Office, form_of, text_of
from tests.sample_case import NOW, sample_case

TERMS = {
    1: ("Support", "The teacher writes it down", "p2", "2027-02-01"),
    2: ("Visit", "", "p3", "2027-03-01"),
    3: ("Report", "The parents read it", "p2", "not a day"),
}


def typed(action: str, rows: int = 3) -> Typed:
    names = ("what", "checked", "owner", "by")
    said = {f"{name}{n}": [term[i]] for n, term in TERMS.items() for i, name in enumerate(names)}
    return Typed({**said, "rows": [str(rows)], "action": [action]}, posted=True)


def order(form: Typed) -> list[str]:
    """What is done, row by row; each row is whole."""
    whole = {term[0]: list(term) for term in TERMS.values()} | {"": [""] * 4}
    found = []
    for n in range(1, rows_typed(form) + 1):
        row = [form.raw(f"{name}{n}") for name in ("what", "checked", "owner", "by")]
        assert row == whole[row[0]]
        found.append(row[0])
    return found


@pytest.mark.parametrize(
    ("action", "then"),
    [
        ("up-2", ["Visit", "Support", "Report"]),
        ("up-1", ["Support", "Visit", "Report"]),
        ("down-1", ["Visit", "Support", "Report"]),
        ("down-3", ["Support", "Visit", "Report"]),
        ("remove-1", ["Visit", "Report"]),
        ("remove-3", ["Support", "Visit"]),
        ("remove-9", ["Support", "Visit", "Report"]),
        ("add", ["Support", "Visit", "Report", ""]),
    ],
)
def test_rows_move_whole_with_all_that_was_typed(action: str, then: list[str]) -> None:
    form = typed(action)
    assert Writing().only_moves(form)
    assert order(form) == then


def test_there_is_an_end_to_adding_and_always_a_row() -> None:
    form = typed("add", MOST_TERMS)
    assert Writing().only_moves(form)
    assert rows_typed(form) == MOST_TERMS
    alone = Typed({"what1": ["Support"], "rows": ["1"], "action": ["remove-1"]}, posted=True)
    assert Writing().only_moves(alone)
    assert (alone.raw("what1"), alone.raw("rows")) == ("", "1")


@pytest.mark.parametrize("action", ["", "send", "up-x", "up-", "drop-1", "up-100", "add-1"])
def test_another_button_moves_nothing(action: str) -> None:
    form = typed(action)
    assert not Writing().only_moves(form)
    assert order(form) == ["Support", "Visit", "Report"]


@pytest.mark.parametrize("rows", ["", "x", "-1", "999", "²"])
def test_rows_in_which_something_stands_are_never_overlooked(rows: str) -> None:
    assert rows_typed(Typed({"rows": [rows], "what7": ["Support"]}, posted=True)) == 7


async def test_nothing_is_recorded_by_moving_a_row(office: Office) -> None:
    path = f"/cases/{office.reference}/do/write_agreement"
    form = form_of((await office.meg.get(path)).text, path)
    first, second = form["what1"][0].strip(), form["what2"][0].strip()
    answer = await office.meg.post(path, {**form, "action": "down-1"})
    assert answer.status_code == 200
    moved = form_of(answer.text, path)
    assert [moved[f"what{n}"][0].strip() for n in (1, 2)] == [second, first]
    answer = await office.meg.post(path, {**moved, "action": "add", "what1": ""})
    assert answer.status_code == 200  # what is missing is said when it is sent
    assert "what3" in form_of(answer.text, path)
    assert "There is something to put right" not in answer.text
    assert office.world.taken == []
    assert 'formaction="#term-3"' in answer.text


async def test_how_it_is_checked_goes_into_the_texts_and_no_command(office: Office) -> None:
    path = f"/cases/{office.reference}/do/write_agreement"
    form = form_of((await office.meg.get(path)).text, path)
    said = {"checked1": "The teacher tells the parents each month.", "not_agreed": "Speech therapy in summer."}
    answer = await office.meg.post(path, {**form, **said})
    assert answer.status_code == 303
    [command] = office.world.taken
    assert "teacher" not in command.model_dump_json()
    texts = (await office.world.services.cases.load(office.case_id)).texts[command.id]
    assert texts["checked"] == [said["checked1"], ""]
    assert texts["not_agreed"] == said["not_agreed"]


async def test_of_a_partial_agreement_the_open_points_are_asked_for(office: Office) -> None:
    path = f"/cases/{office.reference}/do/write_agreement"
    question = "Points on which nothing was agreed"
    assert question not in text_of((await office.meg.get(path)).text)
    case = await office.world.services.cases.load(office.case_id)
    assert case.journey
    meeting = case.journey.latest_joint()
    assert meeting
    meeting.outcome = "partial"
    await office.world.file(office.case_id, Journey.model_validate(case.journey.model_dump()))
    assert question in text_of((await office.meg.get(path)).text)


def test_the_words_are_those_of_the_terms() -> None:
    term = Term(owner="p2", by=date(2027, 1, 15))
    mediator = Actor(kind="staff", id="m1")
    command = WriteAgreement(id="w1", case_id="c1", actor=mediator, at=NOW, terms=[term, term])
    assert command.has_its_words(AgreementTexts(what=["a", "b"]))
    assert command.has_its_words(AgreementTexts(what=["a", "b"], checked=["", "c"]))
    assert not command.has_its_words(AgreementTexts(what=["a", "b"], checked=["c"]))
    assert not command.has_its_words(AgreementTexts(what=["a"]))


def test_everyones_copy_says_how_it_is_checked_and_what_was_not_agreed() -> None:
    case = sample_case()
    assert case.journey
    assert case.journey.agreement
    case.texts["write1"] |= {"checked": ["The teacher writes it down."], "not_agreed": "Speech therapy in summer."}
    page = agreement_page(case, case.journey.agreement, "Service", "01632 960 100")
    text = plain_text(page)
    assert "How it is checked: The teacher writes it down.\n" in text
    assert "WHAT WAS NOT AGREED\nSpeech therapy in summer.\n" in text
    del case.texts["write1"]["checked"], case.texts["write1"]["not_agreed"]  # as agreements were before
    text = plain_text(agreement_page(case, case.journey.agreement, "Service", "01632 960 100"))
    assert "checked" not in text
    assert "NOT AGREED" not in text
