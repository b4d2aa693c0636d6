"""GET /health: how the parts are that the service leans on. 503 when one of them is away."""

import asyncio
from collections.abc import Awaitable

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import text

from api.services import Services, ServicesDep
from calendar_server import calendar_answers
from mail import mail_answers

router = APIRouter(include_in_schema=False)
PATIENCE = 4.0  # seconds for each part; all are asked at once


@router.get("/health")
async def health(services: ServicesDep) -> JSONResponse:
    """Without a sign-in, and so without any detail: "up" or "down" by the part's name."""
    parts: dict[str, Awaitable[bool]] = {
        "database": _database(services),
        "temporal": _temporal(services),
        "mail": mail_answers(services.settings.smtp_url),
        "calendar": calendar_answers(services.settings.caldav_url),
    }
    answers = await asyncio.gather(*(_in_time(part) for part in parts.values()))
    all_up = all(answers)
    return JSONResponse(
        {
            "status": "up" if all_up else "down",
            **{name: "up" if up else "down" for name, up in zip(parts, answers, strict=True)},
        },
        200 if all_up else 503,
    )


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
