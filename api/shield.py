"""What holds for every answer: headers that keep pages and links to ourselves, and a limit on what is sent to us."""

import re

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.languages import marked, tr
from domain.papers import MEGABYTE, MOST_AT_ONCE, MOST_BYTES

LARGEST_BODY = 1024 * 1024
LARGEST_UPLOAD = MOST_AT_ONCE * MOST_BYTES + LARGEST_BODY  # it lies on the disk, not in memory, while it is read
UPLOADS = re.compile(r"/my/[^/]+/papers|/cases/[^/]+/do/add_paper|/api/cases/[^/]+/papers")
READ_ON = 4  # times what may be sent: a browser shows our answer only after it has sent all

HEADERS = {
    # A page has our style and our pictures, and nothing else: no script runs, inline or other, and forms go only to us
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",  # a personal link must not travel on
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
ONLY_OVER_HTTPS = {"Strict-Transport-Security": f"max-age={2 * 365 * 24 * 3600}"}
"""Two years: a browser that was here once never asks over plain http again. Of this host alone: what its neighbours
under the same domain do is not ours to say."""


class Shield:
    """ASGI middleware; `https` when people reach us over https, by ourselves or by the proxy before us."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self.headers = HEADERS | ONLY_OVER_HTTPS if https else HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        received = 0
        uploads = UPLOADS.fullmatch(scope["path"]) is not None
        largest = LARGEST_UPLOAD if uploads else LARGEST_BODY

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > largest or _announced(scope) > largest:
                while uploads and message.get("more_body") and received < READ_ON * largest:
                    message = await receive()
                    received += len(message.get("body", b""))
                raise HTTPException(
                    413, tr(_TOO_MANY_FILES, megabytes=MOST_BYTES // MEGABYTE) if uploads else tr(_TOO_MUCH)
                )
            return message

        async def shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
                if not scope["path"].startswith("/static/"):
                    headers.setdefault("Cache-Control", "no-store")
                fresh_cookie = scope.get("state", {}).get("fresh_cookie")
                if fresh_cookie and "set-cookie" not in headers:
                    headers.append("Set-Cookie", fresh_cookie)
            await send(message)

        # The codec endpoint reads whole histories and has a limit of its own
        await self.app(scope, receive if scope["path"].startswith("/codec/") else limited, shielded)


_TOO_MUCH = marked("That was too much to send at once (more than 1 MB). Nothing was stored.")
_TOO_MANY_FILES = marked(
    "That was too much to send at once. Nothing was stored. A file may have {megabytes} MB: go back, and send fewer or "
    "smaller ones."
)


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
