"""Pages over a full case file: the list of cases, the search, a case's page. Temporal is away meanwhile."""

import asyncio
import random
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.names import referral
from bench.rows import Part, Row, Size, in_ms, percentile, timed
from casefile.migrate import upgrade
from domain.commands import Actor, StaffRole
from domain.policy import standard
from domain.scheduling import half_days_to_ask
from tests.api.fakes import file_journey, settings_for
from tests.api.staff_world import NOW, Browser, World, rich_journey, running
from tests.sample_case import opened

GOAL = 0.030  # seconds, of 95 in 100
MANY = 10_000
NEXT = {
    "list of cases": "One look of five questions. About a third of the processor time goes into the template, the "
    "rest into SQLAlchemy, its trips to SQLite's thread (one a question), and opening 25 names. Next: "
    "fewer cases to a page.",
    "search by name": "The question over the hashes grows with how common the name is; the rest goes into opening the "
    "25 cases that are shown, and no others. Next: show ten, and the rest when asked for.",
    "case page": "One look of 16 questions: most of the processor time goes into SQLAlchemy and its trips to SQLite's "
    "thread, a tenth into the template. Next: read what is folded away (letters, timeline) when it is opened.",
}


async def measure(size: Size) -> Part:
    with TemporaryDirectory() as folder:
        settings = settings_for(Path(folder))
        await asyncio.to_thread(upgrade, settings.database_url)
        async with running(settings) as (world, browser):
            jo_id, email, password = await world.staff("Jo Coordinator", StaffRole.COORDINATOR, StaffRole.MANAGER)
            mediator, *_ = await world.mediator("Meg Mediator")
            references, names = await fill(world, size.cases, jo_id, mediator)
            _, rich = await world.rich_case(jo_id, mediator)
            jo = browser()
            await jo.sign_in(email, password)
            world.temporal.away = True  # whoever asked it would fail
            rows = await look(jo, size, references, names, rich)
    notes = (
        f"{size.cases:,} cases in mid-journey in SQLite, {len(set(names)):,} different names; the app in this process, "
        "signed in, from the request to the whole page. The Temporal that stands behind it is away, so that a "
        "page that asked it anything would fail: none does."
    )
    return Part("Pages over a full case file", rows, notes)


async def fill(world: World, count: int, coordinator: str, mediator: str) -> tuple[list[str], list[str]]:
    """The references of the cases, and the names of their children."""
    chance = random.Random(1)  # the same cases each time
    services, references, names = world.services, [], []
    half_days = half_days_to_ask(NOW, standard([]))
    venue = await services.reading.add_venue(name="Town Library", address="1 High Street, Westbury")
    actor = Actor(kind="staff", id=coordinator, roles=[StaffRole.COORDINATOR])
    for number in range(count):
        form = referral(number, chance)
        start = await opened(services.cases, form, f"bench-{number}", actor, coordinator, standard([]), NOW)
        journey = rich_journey(mediator, half_days, venue, NOW)
        await file_journey(services, start.case_id, journey.model_copy(update={"parties": start.parties, "papers": []}))
        references.append(start.reference)
        names.append(form.child.name)
    return references, names


async def look(jo: Browser, size: Size, references: list[str], names: list[str], rich: str) -> list[Row]:
    chance = random.Random(2)
    pages: dict[str, list[float]] = {
        "page": [], "list of cases": [], "search by reference": [], "search by name": [], "case page": []
    }  # fmt: skip
    for once in range(size.looks + 1):
        page, reference = chance.randint(1, max(1, size.cases // 25)), chance.choice(references)
        looks = {
            "page": ("/venues", ""),
            "list of cases": (f"/cases?page={page}", ""),
            "search by reference": ("/calls", reference),
            "search by name": ("/calls", chance.choice(names)),
            "case page": (f"/cases/{rich}", ""),
        }
        for name, (path, sought) in looks.items():
            if sought:
                await jo.get(path)
            took: list[float] = []
            with timed(took):
                answer = await (jo.post(path, {"looking_for": sought}) if sought else jo.get(path))
            assert answer.status_code == 200, answer.text
            if once:  # the first reads templates and opens connections
                pages[name] += took
    baseline = f"a page with one small table, same sign-in: {in_ms(pages.pop('page'))}"
    return [
        Row(
            f"{name}, {size.cases:,} cases",
            f"p95 <= {GOAL * 1000:.0f} ms with {MANY:,} cases, no question to Temporal",
            f"{in_ms(took)}; no question",
            baseline,
            reaches(took, size.cases),
            NEXT.get(name, "Signing in, one look and the frame of the page: what the baseline takes, too."),
        )
        for name, took in pages.items()
    ]


def reaches(took: list[float], cases: int) -> bool | None:
    """None: fast enough, with too few cases to say."""
    fast = percentile(took, 95) <= GOAL
    return None if fast and cases < MANY else fast
