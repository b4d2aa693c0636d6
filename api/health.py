"""GET /health: how the parts are that the service leans on. 503 when one of them is away. GET /health/alive: this
process answers, however the others are; for whoever would start it again."""

import asyncio
from collections.abc import Awaitable

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import text

from api.remembered import Remembered
from api.services import Services, ServicesDep
from calendar_server import calendar_answers
from mail import mail_answers

router = APIRouter(include_in_schema=False)
PATIENCE = 4.0  # seconds for each part; all are asked at once
GOOD_FOR = 2.0  # seconds: many probes are one look at the parts


@router.get("/health")
async def health(request: Request, services: ServicesDep) -> JSONResponse:
    """Without a sign-in, and so without any detail: "up" or "down" by the part's name."""
    parts = await parts_up(request, services)
    all_up = all(parts.values())
    return JSONResponse(
        {name: "up" if up else "down" for name, up in {"status": all_up, **parts}.items()}, 200 if all_up else 503
    )


async def parts_up(request: Request, services: Services) -> dict[str, bool]:
    """The parts by name, as they were a moment ago."""
    remembered: Remembered[dict[str, bool]] = request.app.state.health
    return await remembered(lambda: _ask_around(services))


@router.get("/health/alive")
async def alive() -> JSONResponse:
    """Asks nobody else."""
    return JSONResponse({"status": "up"})


async def _ask_around(services: Services) -> dict[str, bool]:
    parts: dict[str, Awaitable[bool]] = {
        "database": _database(services),
        "temporal": _temporal(services),
        "mail": mail_answers(services.settings.smtp_url),
        "calendar": calendar_answers(services.settings.caldav_url),
    }
    answers = await asyncio.gather(*(_in_time(part) for part in parts.values()))
    return dict(zip(parts, answers, strict=True))


async def _in_time(part: Awaitable[bool]) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            return await part
    except Exception:  # whatever is wrong with it, it is down
        return False


async def _database(services: Services) -> bool:
    async with services.database.read() as session:
        await (await session.connection()).execute(text("SELECT 1 FROM mediation_case WHERE 1 = 0"))
    return True


async def _temporal(services: Services) -> bool:
    return services.temporal is not None and await services.temporal.service_client.check_health()
