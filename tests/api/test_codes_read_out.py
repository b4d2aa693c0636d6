"""A coordinator reads a code out on the telephone: to the number that we know, and to nobody without one."""

import re

from casefile.proofs import Whom
from tests.api.staff_world import Office, text_of


async def test_a_coordinator_reads_a_code_out(office: Office) -> None:
    page = await office.jo.get(f"/cases/{office.reference}")
    ways = re.findall(rf'href="(/cases/{office.reference}/code/[\w.]+)"', page.text)
    assert ways
    before = await office.jo.get(ways[0])
    assert "the number that we know" in text_of(before.text)
    shown = await office.jo.post(ways[0])
    [code] = re.findall(r"Read it out: (\d{3} \d{3}) \.", text_of(shown.text))
    whom = Whom.of(office.case_id, ways[0].rpartition("/")[2])
    proofs, now = office.world.services.proofs, office.world.now
    assert await proofs.try_code(whom, code.replace(" ", ""), now) == "right"


async def test_not_to_somebody_whose_number_we_do_not_know(office: Office) -> None:
    case = await office.world.services.cases.load(office.case_id)
    [silent, *_] = [one for party in case.parties for one in party.people if not one.details.phone]
    path = f"/cases/{office.reference}/code/{silent.key}"
    assert "We have no telephone number of theirs" in text_of((await office.jo.get(path)).text)
    assert (await office.jo.post(path)).status_code == 409
    assert (await office.world.services.proofs.find(Whom.of(case.id, silent.key), office.world.now)).code == "none"


async def test_nobody_else_and_for_nobody_else(office: Office) -> None:
    path = f"/cases/{office.reference}/code/p1.1"
    assert (await office.meg.get(path)).status_code == 403
    assert (await office.meg.post(path)).status_code == 403
    assert (await office.jo.post(path, {"csrf": "0" * 64})).status_code == 403
    for unknown in ("p9.1", "x", "%00"):
        assert (await office.jo.get(f"/cases/{office.reference}/code/{unknown}")).status_code == 404
    whom = Whom.of(office.case_id, "p1.1")
    assert (await office.world.services.proofs.find(whom, office.world.now)).code == "none"
