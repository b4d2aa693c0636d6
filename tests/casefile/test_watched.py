"""Which cases whoever is on call looks for, without a name."""

from datetime import timedelta

import pytest

from casefile.tables import PartyRow, TaskRow, TimelineEvent
from casefile.watched import Which, watched
from domain.journey import Armed, OpenAsk
from domain.policy import Do
from domain.stages import Stage
from tests.casefile.conftest import DAY, HOUR, MINUTE, NOW, File

pytestmark = pytest.mark.both_databases
SOON = Armed(at=NOW + DAY, do=Do.REMIND, number=1)


async def why(file: File, which: Which) -> dict[str, list[str]]:
    """Who is listed, and for what."""
    lines, total = await watched(file.database, which, NOW)
    assert total == len(lines)
    return {line.reference: line.why for line in lines}


async def test_overdue_is_past_its_date_asked_in_vain_or_a_late_task(file: File) -> None:
    asked = OpenAsk(key="consent/p2", of="p2", asked=NOW - DAY, climbed=1, armed=SOON)
    in_vain = OpenAsk(key="consent/p3", of="p3", asked=NOW - 20 * DAY, climbed=6)
    await file.case("in time", Stage.CONSENT, [asked])
    await file.case("in vain", Stage.CONSENT, [asked, in_vain])
    await file.case("held", Stage.CONSENT, [in_vain], on_hold=True)  # its ladders stand still on purpose
    visit = OpenAsk(key="visit/p1/1", of="mediator", asked=NOW - DAY, due=NOW - HOUR, armed=SOON)
    await file.case("past its date", Stage.INITIAL_VISITS, [visit])
    await file.case("a late task", Stage.CONSENT)
    await file.case("over", Stage.CLOSED, closed_at=NOW)
    for case in ("a late task", "over"):
        await file.add(
            TaskRow(case_id=case, key="phone/x", kind="phone", role="coordinator", opened=NOW, due=NOW - MINUTE)
        )
    assert await why(file, "overdue") == {
        "in vain": ["consent/p3: asked in vain"],
        "past its date": ["visit/p1/1 was due Tue 24 Nov 09:00"],
        "a late task": ["task phone/x was due Tue 24 Nov 09:59"],
    }


async def test_letters_that_fail_are_tried_again_or_somebodys_task(file: File) -> None:
    for name in ("sent", "tried again", "given up", "seen to", "not yet"):
        await file.case(name, Stage.CONSENT)
    await file.letter("sent", 1, "sent", problem="451")
    await file.letter("tried again", 1, "queued", problem="451")
    await file.letter("not yet", 1, "queued")
    for case, closed in (("given up", None), ("seen to", NOW)):
        await file.add(
            TaskRow(case_id=case, key="letter/x", kind="letter_failed", role="coordinator", opened=NOW, closed=closed)
        )
    assert await why(file, "letters") == {
        "tried again": ["consent_ask to p2.1: tried again (451)"],
        "given up": ["task letter/x"],
    }


async def test_what_changed_today_is_since_midnight_and_the_latest_first(file: File) -> None:
    await file.case("changed", Stage.CONSENT)
    await file.case("quiet", Stage.CONSENT)
    midnight = NOW - 10 * HOUR
    for case, number, at in (
        ("quiet", 1, midnight - MINUTE),
        ("changed", 1, midnight),
        ("changed", 2, NOW - 3 * HOUR),
        ("changed", 3, NOW - 2 * HOUR),
        ("changed", 4, NOW - HOUR),
    ):
        await file.add(TimelineEvent(case_id=case, number=number, at=at, what="stage", about=f"s{number}", detail={}))
    said = ["09:00 stage s4", "08:00 stage s3", "07:00 stage s2", "and 1 before"]
    assert await why(file, "today") == {"changed": said}


async def test_who_is_waited_for_is_told_by_role_and_marks_choose(file: File) -> None:
    await file.case("escalated", Stage.CONSENT, waiting_for="p2,p3,coordinator", escalated=True)
    for key in ("p2", "p3"):
        await file.add(PartyRow(case_id="escalated", key=key, role="school", organisation="Oakfield School"))
    await file.case("held", Stage.CONSENT, on_hold=True)
    await file.case("paused", Stage.CONSENT, paused=True)
    await file.case("over", Stage.CLOSED, closed_at=NOW, escalated=True)
    assert set(await why(file, "escalated")) == {"escalated"}
    assert set(await why(file, "silent")) == {"held", "paused"}
    lines, total = await watched(file.database, "all", NOW, page=1, per_page=2)
    assert ([line.reference for line in lines], total) == (["escalated", "held"], 4)
    assert lines[0].waiting_for == ["school", "coordinator"]
    assert lines[0].next_at is None
    lines, _ = await watched(file.database, "all", NOW + timedelta(days=9), page=2, per_page=2)
    assert [line.reference for line in lines] == ["paused", "over"]
