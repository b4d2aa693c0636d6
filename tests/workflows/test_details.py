"""What operations read about a case: who is waited for, until when, and what happens then."""

from datetime import UTC, datetime

import pytest

from domain.journey import Armed, CaseStart, Journey, OpenAsk
from domain.parties import Party, PartyRole, Person
from domain.policy import Do, Policy
from workflows.details import details_of, roles_waited_for

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
PARTIES = [
    Party(key=f"p{n}", role=role, people=[Person(key=f"p{n}.1")])
    for n, role in enumerate((PartyRole.PARENT, PartyRole.SCHOOL, PartyRole.SCHOOL), 1)
]
CASE = CaseStart(case_id="c1", reference="SM-2026-00001", parties=PARTIES, policy=Policy())
ASKED = OpenAsk(key="consent/p2", of="p2", asked=AT)


def told(*asks: OpenAsk, paused: bool = False) -> str:
    return details_of(CASE, Journey(parties=PARTIES, asks=list(asks), paused=paused))


def test_who_until_when_and_what_then() -> None:
    armed = ASKED.model_copy(update={"armed": Armed(at=AT, do=Do.REMIND, number=2)})
    staff = OpenAsk(key="explaining_call", of="coordinator", asked=AT)
    said = told(armed, staff)
    assert "Waits for: **school** (`p2`), **coordinator**" in said
    assert "**Tue 24 Nov 2026 09:00** remind 2 for `consent/p2`, unless answered" in said


@pytest.mark.parametrize(
    ("paused", "why"), [(True, "stands still, as the whole case does"), (False, "every reminder is behind it")]
)
def test_why_nothing_happens_next(paused: bool, why: str) -> None:
    assert f"`consent/p2`: {'' if paused else 'asked in vain, '}{why}" in told(ASKED, paused=paused)


def test_a_case_that_waits_for_nobody_says_nothing_of_it() -> None:
    assert "Waits for" not in told()


def test_lists_know_each_role_once() -> None:
    asks = [OpenAsk(key=f"consent/{of}", of=of, asked=AT) for of in ("p2", "p3", "p1")]
    assert roles_waited_for(Journey(parties=PARTIES, asks=asks)) == ["school", "parent"]
