"""The list of cases whole, for a file: each case once, a hundred at a time."""

from collections.abc import AsyncIterator, Sequence

from sqlmodel import col, select

from casefile.cases import WITHOUT_WHAT_IS_LARGE, CaseFilter, CaseLine, Cases, conditions, urgent_first
from casefile.tables import Case

_AT_ONCE = 100


async def ids_of(cases: Cases, wanted: CaseFilter) -> Sequence[str]:
    """Of all that the filter shows, in the order of the list."""
    listed = select(Case.id).where(*conditions(wanted)).order_by(*urgent_first(wanted.open))
    async with cases.database.read() as session:
        return (await session.exec(listed)).all()


async def lines_of(cases: Cases, ids: Sequence[str]) -> AsyncIterator[list[CaseLine]]:
    """A hundred at a time, as they are then: a slow reader of a long file holds nothing up."""
    for first in range(0, len(ids), _AT_ONCE):
        some = ids[first : first + _AT_ONCE]
        async with cases.database.read() as session:
            read = select(Case).options(*WITHOUT_WHAT_IS_LARGE).where(col(Case.id).in_(some))
            rows = {case.id: case for case in await session.exec(read)}
            lines = await cases.lines(session, [rows[id] for id in some if id in rows])
        yield lines
