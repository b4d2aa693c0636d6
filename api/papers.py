"""Files on their way in and out, the same for every door: looked at, kept before their command is stored, and handed
out so that no browser runs or shows anything of theirs."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote

import structlog
from fastapi import Response
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from api.services import Services
from casefile.examining import Examined, Refused, examine, plain_name
from casefile.papers import PaperToKeep
from domain.languages import tr
from domain.papers import MEDIA_TYPES, MOST_BYTES, PaperText, PaperView, why_not_taken
from domain.view import CaseView

log = structlog.get_logger(__name__)


class Sent(NamedTuple):
    """A file as somebody sent it."""

    name: str
    content: bytes  # of one that is too large no more than shows that it is


class NotTakenIn(Exception):
    """A file, or its title, is not taken in. The message is a sentence for whoever sent it."""


async def sent_files(uploads: Sequence[UploadFile]) -> list[Sent]:
    """The files of a form, read."""
    return [Sent(one.filename or "", await one.read(MOST_BYTES + 1)) for one in uploads]


async def looked_at(files: Sequence[Sent], keys: Sequence[str], title: str) -> list[PaperToKeep]:
    """The files as they will be kept, each under the id of its command. NotTakenIn: one of them cannot be."""
    papers = []
    for key, file in zip(keys, files, strict=True):
        name = plain_name(file.name)
        try:
            examined: Examined = await examine(file.content)
            text = PaperText(name=name, title=title)
        except Refused as refused:
            raise NotTakenIn(f"“{name}”: {why_not_taken(refused.why)}") from None
        except ValidationError:
            raise NotTakenIn(tr("Say in one short line what it is, with at most 200 characters.")) from None
        papers.append(
            PaperToKeep(key=key, command=key, text=text, media_type=examined.media_type, content=examined.content)
        )
    return papers


async def handed_out(services: Services, case: CaseView, key: str, *, by: str) -> Response | None:
    """A paper as a download; None: its bytes are not there. Who may open it has been judged before."""
    known = case.papers.get(key)
    content = await services.papers.content(case.id, key) if known else None
    if known is None or content is None:
        return None
    log.info("a paper was opened", case=case.id, paper=key, by=by)
    return Response(
        content,
        media_type="application/octet-stream" if known.media_type == "text/plain" else known.media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(_file_name(known), safe='')}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _file_name(paper: PaperView) -> str:
    """The name as it came, with the ending of what it is."""
    name, ending = paper.text.name if paper.text else "paper", MEDIA_TYPES[paper.media_type][1]
    stem, dot, given = name.rpartition(".")
    same = given.lower() == ending or (ending, given.lower()) == ("jpg", "jpeg")
    return name if dot and stem and same else f"{name}.{ending}"
