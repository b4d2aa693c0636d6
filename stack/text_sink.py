"""A text message provider that delivers nothing: each message becomes a file, for people to open and tests to read."""

import itertools
import json
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Response
from pydantic import BaseModel, Field


class TextMessage(BaseModel):
    """One text message to one number."""

    to: str = Field(pattern=r"^\+?[0-9 ()-]{5,20}$")  # a provider refuses what is no number
    body: str
    reference: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")  # it names the file


def sink(folder: Path) -> FastAPI:
    """The provider's one address. A message it knows already (by its reference) is kept once."""
    app, number = FastAPI(openapi_url=None), itertools.count(1)

    @app.post("/messages", status_code=201)
    async def keep(message: TextMessage) -> Response:
        if not any(folder.glob(f"*-{message.reference}.json")):
            path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{next(number):06d}-{message.reference}.json"
            draft = path.with_suffix(".part")
            draft.write_text(json.dumps(message.model_dump(), ensure_ascii=False, indent=1))
            draft.replace(path)
        return Response(status_code=201)

    return app


async def serve(host: str, port: int, folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    server = uvicorn.Server(uvicorn.Config(sink(folder), host=host, port=port, log_config=None, access_log=False))
    await server.serve()
    return 0
