"""The page of figures and the report for the commissioner: for managers, of a period that is one, and without names."""

import csv
import io
import re
from datetime import timedelta

import pytest
import structlog
from pypdf import PdfReader

from tests.api.staff_world import NOW, OF_THE_CASE, Office, text_of

THIS_QUARTER = "Quarter 3 of 2026/27, October to December 2026"


@pytest.mark.both_databases
async def test_the_page_opens_with_the_quarter_that_runs(office: Office) -> None:
    page = await office.max.get("/figures")
    text = text_of(page.text)
    assert page.status_code == 200
    assert f"{THIS_QUARTER}, so far." in text
    assert "Referred 1" in text
    assert "Joint meeting 1" in text
    assert "Initial visits 1 9.0 9.0" in text, "entered eleven days ago, left two days ago"
    for word in OF_THE_CASE:
        assert word not in page.text


async def test_each_chart_stands_above_its_table_and_needs_no_script_or_inline_style(office: Office) -> None:
    page = (await office.max.get("/figures")).text
    sections = re.findall(r'<section class="sheet" aria-labelledby="(\w+)">(.*?)</section>', page, re.S)
    assert [key for key, _ in sections] == [
        "cases", "stages", "days", "consent", "endings", "outcomes", "reminders", "workload"
    ]  # fmt: skip
    drawn = [section for _, section in sections if "<svg" in section]
    assert len(drawn) >= 3
    for section in drawn:
        chart, _, table = section.partition("</svg>")
        assert re.search(r'role="img" aria-labelledby="\w+-chart \w+-says"', chart)
        assert "<title id=" in chart
        assert "All numbers stand in the table." in chart
        assert "<caption>" in table
        assert 'scope="col"' in table
        assert 'scope="row"' in table
    assert "style=" not in page
    assert "<script" not in page


async def test_two_dates_are_a_period_too(office: Office) -> None:
    day = NOW.date().isoformat()
    page = text_of((await office.max.get(f"/figures?first=2026-11-01&last={day}")).text)
    assert "1 November 2026 to 1 December 2026, so far." in page
    assert "Reports for the commissioner are made for whole quarters" in page


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("first=2026-11-09", "Give the last day of the period."),
        ("first=9/11/2026&last=31/11/2026", "The last day must be a real date"),
        ("first=2026-11-09&last=2026-11-08", "The last day must not lie before the first day."),
        ("first=2027-11-09&last=2027-11-10", "its first day lies in the future"),
        ("first=2016-11-09&last=2026-11-08", "at most 5 years"),
        ("first=0001-01-01&last=0001-01-02", "Choose a first day from 2000 on."),
        ("first=2026-11-09&last=9999-12-31", "at most 5 years"),
        ("quarter=soon", "The quarter must be a real date"),
        ("quarter=2027-01-01", "Choose a quarter that has begun."),
        ("quarter=0001-01-01", "Choose a quarter that has begun."),
    ],
)
async def test_what_is_no_period_is_said_and_kept(office: Office, asked: str, said: str) -> None:
    page = await office.max.get(f"/figures?{asked}")
    assert page.status_code == 422
    assert said in text_of(page.text)
    assert THIS_QUARTER in page.text
    typed = asked.partition("first=")[2].partition("&")[0]
    assert not typed or f'value="{typed}"' in page.text


@pytest.mark.both_databases
async def test_the_report_as_csv_hides_small_groups_and_names(office: Office) -> None:
    answer = await office.max.get("/figures/report.csv?quarter=2026-10-01")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="mediation-2026-10-01-to-2026-12-31.csv"' in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    referred = next(row for row in rows if row["group"] == "Referred")
    assert (referred["period"], referred["value"]) == (THIS_QUARTER, "fewer than 5"), "there is one case"
    assert {row["value"] for row in rows} <= {"0", "", "fewer than 5", "not shown"}
    for word in (*OF_THE_CASE, "Meg"):
        assert word not in answer.text


async def test_the_report_as_pdf(office: Office) -> None:
    answer = await office.max.get("/figures/report.pdf?quarter=2026-10-01")
    assert answer.headers["content-type"] == "application/pdf"
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages).split())
    assert THIS_QUARTER in text
    assert office.world.services.settings.service_name in text
    for word in (*OF_THE_CASE, "Meg"):
        assert word not in text


@pytest.mark.parametrize("kind", ["csv", "pdf"])
async def test_a_report_is_of_a_quarter_that_has_begun(office: Office, kind: str) -> None:
    answer = await office.max.get(f"/figures/report.{kind}?quarter=2027-04-01")
    assert answer.status_code == 422
    assert "Choose a quarter that has begun." in text_of(answer.text)


async def test_who_made_a_report_is_logged_in_codes(office: Office) -> None:
    with structlog.testing.capture_logs() as lines:
        await office.max.get("/figures/report.csv?quarter=2026-07-01")
    made = [line for line in lines if line["event"] == "a report for the commissioner was made"]
    assert [(line["kind"], line["code"]) for line in made] == [("csv", "2026-07-01-to-2026-09-30")]


async def test_figures_are_for_managers(office: Office) -> None:
    for path in ("/figures", "/figures/report.csv", "/figures/report.pdf"):
        for other in (office.jo, office.meg):
            assert (await other.get(path)).status_code == 403, path
    assert 'href="/figures"' in (await office.max.get("/policy")).text
    assert 'href="/figures"' not in (await office.jo.get("/cases")).text


async def test_reading_figures_changes_nothing(office: Office) -> None:
    office.world.clock.now += timedelta(seconds=5)
    before = await office.world.rows()
    for path in ("/figures", "/figures/report.csv", "/figures/report.pdf"):
        await office.max.get(path)
    assert await office.world.rows() == before
