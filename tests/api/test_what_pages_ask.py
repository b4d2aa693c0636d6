"""How much a page asks the database: one look, a number of questions that does not grow with what is there, and nothing
that it does not show."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from casefile.tables import LetterRow, TimelineEvent
from domain.commands import StaffRole
from settings import Settings
from tests.api.staff_world import NOW, Office, World, running
from tests.sample_case import added

CASE_PAGE = 20  # statements of today are fewer; each more is a trip to the database for everybody who opens a case


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    async with running(settings) as (world, _):
        yield world


@contextmanager
def asked() -> Iterator[list[str]]:
    """The statements that reach the database meanwhile."""
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def test_a_case_page_is_one_look_of_few_questions_however_much_has_happened(office: Office) -> None:
    with asked() as before:
        await office.jo.get(f"/cases/{office.reference}")
    letters = [
        LetterRow(id=f"more{n}", case_id=office.case_id, kind="consent_ask", to="p2.1", number=n + 10, queued=NOW)
        for n in range(30)
    ]
    lines = [TimelineEvent(case_id=office.case_id, number=n + 100, at=NOW, what="pause", detail={}) for n in range(30)]
    await added(office.world.services.database, *letters, *lines)
    with asked() as after:
        answer = await office.jo.get(f"/cases/{office.reference}")
    assert answer.status_code == 200
    assert after == before
    assert len(after) <= CASE_PAGE
    assert sum(statement.startswith("BEGIN") for statement in after) == 1


async def test_lists_and_searches_ask_as_much_for_many_cases_as_for_one(office: Office) -> None:
    looks: list[list[str]] = []
    for number in range(2):
        with asked() as statements:
            await office.jo.get("/cases")
        looks.append(statements)
        await office.jo.get("/calls")
        with asked() as statements:
            found = await office.jo.post("/calls", {"looking_for": "Maya"})
        looks.append(statements)
        assert found.text.count('class="whole"') == 1 + 4 * number
        for more in range(4):
            await office.world.case(office.jo_id, f"more-{number}-{more}-0123456789")
    of_one, of_many = looks[:2], looks[2:]
    assert [len(statements) for statements in of_one] == [len(statements) for statements in of_many]
    whole_journeys = [
        one for statements in looks for one in statements if "mediation_case.journey, mediation_case." in one
    ]
    assert whole_journeys == []


async def test_a_case_is_begun_with_the_same_number_of_statements_whoever_takes_part(world: World) -> None:
    jo, *_ = await world.staff("Jo Coordinator", StaffRole.COORDINATOR)
    with asked() as few:
        await world.case(jo, "first-0123456789abcdef", name="Ed")
    with asked() as many:
        await world.case(jo, "second-0123456789abcdef", name="Maya Ann Louise Whitfield-Okoro de la Tour")
    assert len(many) <= len(few)
    assert sum("search_token" in statement for statement in many) == 1


async def test_the_queue_asks_as_much_for_many_cases_as_for_one(office: Office) -> None:
    with asked() as of_one:
        await office.jo.get("/today")
    for more in range(4):
        await office.world.case(office.jo_id, f"queued-{more}-0123456789abcdef")
    with asked() as of_many:
        answer = await office.jo.get("/today")
    assert answer.text.count('class="whole"') == 5
    assert len(of_many) == len(of_one)
