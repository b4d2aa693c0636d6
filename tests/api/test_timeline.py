"""The timeline of a case in parts."""

import re

import pytest

from api.staff import timeline
from api.staff.timeline import TITLES, Part
from domain import words
from tests.api.staff_world import Office, text_of


async def lines(office: Office, show: str = "") -> list[str]:
    """The lines of a part of the timeline, the newest first."""
    page = (await office.jo.get(f"/cases/{office.reference}{show}")).text
    [found] = re.findall(r'<ol class="timeline" reversed>(.*?)</ol>', page, re.DOTALL)
    return [text_of(f"<main{line}") for line in found.split("</li>") if line.strip()]


async def test_all_of_it_has_the_letters_where_their_fate_was_decided(office: Office) -> None:
    found = await lines(office)
    times = re.findall(r'<time datetime="([^"]+)"', office.jo.page.partition('class="timeline"')[2])
    assert times == sorted(times, reverse=True)
    assert len(found) == 10 + 4
    assert any(line.startswith("Fri 27 Nov 2026, 10:00 · Meg Mediator The initial visit of Ruth") for line in found)
    assert any(line.endswith("“" + "Invitation to take part” to Helen Marsh: Sent") for line in found), found


@pytest.mark.parametrize(
    ("part", "count", "some"),
    [
        ("stages", 6, "Next stage: "),
        ("letters", 4, "to Imran Shah: Came back"),
        ("people", 4, "Jo Coordinator The referral came in"),
    ],
)
async def test_a_part_alone(office: Office, part: str, count: int, some: str) -> None:
    found = await lines(office, f"?show={part}")
    assert len(found) == count
    assert any(some in line for line in found)
    heading = text_of(office.jo.page)
    assert f"Timeline: {TITLES[Part(part)].lower()}" in heading
    [current] = re.findall(r'href="([^"]+)" aria-current="true"', office.jo.page.partition('id="timeline"')[2])
    assert current == f"/cases/{office.reference}?show={part}#timeline"
    assert f": {count}" in heading


async def test_a_part_without_lines_says_so_and_an_unknown_one_is_all_of_it(office: Office) -> None:
    said = text_of((await office.jo.get(f"/cases/{office.reference}?show=corrections")).text)
    assert "Corrections: 0" in said
    assert "None of this yet." in said
    for unknown in ("?show=nonsense", "?show=", "?show=%F0%9F%92%A5"):
        assert len(await lines(office, unknown)) == 14


def test_every_kind_of_line_that_a_part_names_is_one_that_cases_write() -> None:
    named = {*timeline._STAGES, *timeline._LETTERS, *timeline._CORRECTIONS}
    elsewhere = {"stage", "closed", "letter_failed", "address_failed", "report_bounce", "report_returned_letter"}
    assert named - elsewhere <= set(words._EVENTS)
