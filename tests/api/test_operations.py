"""The page of operations: which cases, in codes, each with its workflow."""

import pytest

from api.staff.lists import WATCHED
from tests.api.staff_world import OF_THE_CASE, Office, text_of


@pytest.mark.parametrize(("which", "title"), [*WATCHED.items(), ("what nobody offers", "All")])
async def test_every_list_is_without_names(office: Office, which: str, title: str) -> None:
    page = (await office.max.get(f"/operations?show={which}")).text
    assert f"{title}:" in text_of(page)
    for word in OF_THE_CASE:
        assert word not in page


async def test_a_case_leads_to_its_workflow(office: Office) -> None:
    page = (await office.max.get("/operations")).text
    assert office.reference in page
    assert f"/namespaces/default/workflows/case-{office.case_id}" in page
