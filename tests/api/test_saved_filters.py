"""A filtered list of cases is kept under a name, and taken along as a file."""

import csv
import io
from datetime import timedelta
from urllib.parse import quote

import pytest

from domain.commands import StaffRole
from tests.api.staff_world import Browser, Office, text_of


async def rows(browser: Browser, query: str = "") -> list[dict[str, str]]:
    answer = await browser.get(f"/cases.csv{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment; filename=" in answer.headers["content-disposition"]
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


async def test_cases_of_an_organisation(office: Office) -> None:
    for part, found in (("oakfield prim", True), ("WESTBOROUGH", True), ("Eastborough", False), ("%", False)):
        said = (await office.jo.get(f"/cases?organisation={quote(part)}")).text
        assert (office.reference in said) == found, part


async def test_a_filter_is_saved_chosen_replaced_and_removed(office: Office) -> None:
    await office.jo.get("/cases?stage=joint_meeting&organisation=oakfield&page=1")
    asked = {"stage": "joint_meeting", "organisation": "oakfield", "name": "Oakfield & meetings"}
    answer = await office.jo.post("/cases/filters", asked)
    assert answer.headers["location"] == "/cases?organisation=oakfield&stage=joint_meeting"
    said = (await office.jo.get("/cases")).text
    assert 'href="/cases?organisation=oakfield&amp;stage=joint_meeting">Oakfield &amp; meetings</a>' in said
    await office.jo.post("/cases/filters", {**asked, "stage": "", "mine": "1"})
    [one] = await office.world.services.saved_filters.of(office.jo_id)
    assert (one.name, one.wanted) == ("Oakfield & meetings", {"organisation": "oakfield", "mine": "1"})
    assert "Oakfield &amp; meetings" not in (await office.max.get("/cases")).text, "another's is nobody else's"
    await office.max.post(f"/cases/filters/{one.id}/remove")
    assert await office.world.services.saved_filters.of(office.jo_id) == [one]
    await office.jo.get("/cases")
    for _ in range(2):
        assert (await office.jo.post(f"/cases/filters/{one.id}/remove")).status_code == 303
    assert await office.world.services.saved_filters.of(office.jo_id) == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": " ", "mine": "1"}, "Give the filter a name."),
        ({"name": "x" * 61, "mine": "1"}, "at most 60 characters"),
        ({"name": "two\x07lines", "mine": "1"}, "on one line"),
        ({"name": "All"}, "Filter the list first"),
    ],
)
async def test_what_is_no_filter_is_not_saved_and_what_was_typed_is_kept(
    office: Office, typed: dict[str, str], said: str
) -> None:
    await office.jo.get("/cases?mine=1")
    answer = await office.jo.post("/cases/filters", typed)
    assert answer.status_code == 422
    assert said in text_of(answer.text)
    assert office.reference in answer.text
    if typed["name"].isprintable():
        assert f'value="{typed["name"]}"' in answer.text
    assert await office.world.services.saved_filters.of(office.jo_id) == []


async def test_nobody_saves_more_than_they_overlook(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("casefile.saved_filters.MOST", 1)
    for name, status in (("one", 303), ("one", 303), ("two", 422)):
        await office.jo.get("/cases?mine=1")
        assert (await office.jo.post("/cases/filters", {"mine": "1", "name": name})).status_code == status


async def test_the_list_as_a_file_says_what_the_list_says(office: Office) -> None:
    [row] = await rows(office.jo)
    assert (row["Reference"], row["Child"], row["Coordinator"]) == (
        office.reference,
        "Maya Whitfield",
        "Jo Coordinator",
    )
    assert (row["Stage"], row["Day of the stage"], row["Target of the stage"]) == ("Joint meeting", "2", "20")
    assert row["Waiting for"].startswith("Westborough Council, the mediator")
    assert (row["Escalated"], row["On hold"], row["How it ended"]) == ("yes", "", "")
    assert await rows(office.jo, "?state=closed") == []
    assert await rows(office.jo, "?organisation=nobody") == []


async def test_the_file_holds_all_pages_each_case_once_and_no_formula(office: Office) -> None:
    names = ["=HYPERLINK(1)", "@sum", "+44", "-1"]
    for n in range(27):
        name = names[n] if n < len(names) else "Noah Bell"
        await office.world.case(office.jo_id, f"refer-many-{n:03}-0123456789", name=name)
    found = await rows(office.jo)
    assert len({row["Reference"] for row in found}) == len(found) == 28
    assert {f"'{name}" for name in names} <= {row["Child"] for row in found}


async def test_a_mediator_takes_along_only_their_own(office: Office) -> None:
    await office.world.case(office.jo_id, "refer-another-0123456789", name="Noah Bell")
    assert [row["Reference"] for row in await rows(office.meg)] == [office.reference]
    _, email, password = await office.world.staff("Olga Operations", StaffRole.OPERATIONS)
    olga = office.browser()
    await olga.sign_in(email, password)
    assert (await olga.get("/cases.csv")).status_code == 403


async def test_the_case_page_and_the_list_say_which_day_it_is(office: Office) -> None:
    office.world.clock.now += timedelta(days=27)  # Mon 28 December, a holiday as Christmas Day was
    _, email, password = await office.world.staff("Olu Coordinator", StaffRole.COORDINATOR)
    olu = office.browser()
    await olu.sign_in(email, password)
    said = text_of((await olu.get(f"/cases/{office.reference}")).text)
    assert "Working days: case day 17 of 72, this stage day 19 of 20" in said
    assert "Joint meeting day 19 of 20" in text_of((await olu.get("/cases")).text)
