"""Temporal's remote codec protocol: the Temporal UI sends sealed payloads here and shows what comes back.

Only decoding: nobody writes to a case through the Temporal UI. What is decoded carries ids and codes, no names."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from google.protobuf import json_format
from temporalio.api.common.v1 import Payloads
from temporalio.converter import PayloadCodec

LARGEST_REQUEST = 8_000_000  # bytes; a page of the UI's history is far smaller
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def codec_router(
    codec: PayloadCodec,
    ui_url: str,
    allowed: Callable[[Request], Awaitable[bool]],
    *,
    trust_local_ui: bool = False,
) -> APIRouter:
    """`allowed` says whether the person behind a request may read payloads (operations, by their sign-in's cookie).

    `trust_local_ui`, for development only: the development server's UI cannot be told to send cookies along, so there
    its origin is enough, on this machine."""
    router = APIRouter(include_in_schema=False)
    origins = _spellings(ui_url)

    def cors(request: Request) -> dict[str, str]:
        origin = request.headers.get("origin", "")
        if origin not in origins:
            return {"Vary": "Origin"}
        return {
            "Vary": "Origin",
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "content-type, x-namespace, authorization",
            "Access-Control-Max-Age": "600",
        }

    async def may_read(request: Request) -> bool:
        from_here = request.client is not None and request.client.host in LOOPBACK
        if trust_local_ui and from_here and request.headers.get("origin") in origins:
            return True
        return await allowed(request)

    @router.options("/codec/decode")
    async def preflight(request: Request) -> Response:
        return Response(status_code=204, headers=cors(request))

    @router.post("/codec/decode")
    async def decode(request: Request) -> Response:
        def refuse(status: int, why: str) -> Response:
            return Response(why, status, cors(request), media_type="text/plain")

        if not await may_read(request):
            return refuse(403, "Sign in to the mediation service as operations first.")
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_REQUEST:
                return refuse(413, "Too many payloads in one request.")
        try:
            payloads = json_format.Parse(body, Payloads())
        except (json_format.ParseError, UnicodeDecodeError):
            return refuse(400, "This is no list of payloads.")
        try:
            await codec.decode_wrapper(payloads)
        except Exception:  # an unknown key or a changed payload; the reason is no concern of a browser's
            return refuse(400, "These payloads cannot be decoded with the keys of this service.")
        return Response(
            json_format.MessageToJson(payloads, indent=None), 200, cors(request), media_type="application/json"
        )

    return router


def _spellings(ui_url: str) -> set[str]:
    """The UI's origin; on this machine people write both 127.0.0.1 and localhost."""
    parts = urlsplit(ui_url)
    port = f":{parts.port}" if parts.port else ""
    hosts = LOOPBACK[:2] if parts.hostname in LOOPBACK else (parts.hostname or "",)
    return {f"{parts.scheme}://{host}{port}" for host in hosts}
