"""The style of the pages and what else never changes while the service runs: packed, and kept by browsers."""

import hashlib
import re
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"
STYLE = "built/service.css"  # of api/look/build.py
GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))")
NOT_BUILT = (
    "The style of the pages is not built yet: run `make style` (`make run` and `make test` do so by themselves)."
)


@cache
def version(name: str) -> str:
    """Of a file's content; "" when it is not there."""
    path = FOLDER / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.exists() else ""


def address(name: str) -> str:
    """Where browsers find it, and may keep it for ever: another content has another address."""
    return f"/static/{name}?v={version(name)}"


class Packed(StaticFiles):
    """Sends what lies packed beside a file (its name and .gz) to browsers that take it so."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        packed = f"{path}.gz"
        taken = GZIP.search(Headers(scope=scope).get("accept-encoding", "")) and (FOLDER / packed).is_file()
        response = await super().get_response(packed if taken else path, scope)
        if taken:
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
        known = parse_qs(scope["query_string"].decode()).get("v") == [version(path)]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if known else "no-cache"
        return response
