"""The papers of a party behind its personal link: what it gave, what others gave it to read, and a way to send more.
Whoever has the link can send papers, as they can answer; to read and to release them takes a fresh code (unlock.py)."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.forms import Field, Typed
from api.papers import NotTakenIn, handed_out, looked_at, sent_files
from api.party.routes import PENDING, Visit, find_visit, unknown_link, why_refused
from api.privacy import participant_may_open
from api.services import Services, ServicesDep
from casefile.cases import derived_id
from domain import titles, words
from domain.commands import AddPaper, Command, How, ReleasePaper, TakeBackPaper, Texts
from domain.languages import marked, tr
from domain.papers import KINDS_IN_WORDS, MEGABYTE, MOST_AT_ONCE, MOST_BYTES, Paper, PaperState, size_in_words
from domain.parties import party_of
from domain.refusals import Refusal

router = APIRouter(include_in_schema=False)


def _form() -> list[Field]:
    return [
        Field(
            "title",
            tr("What is it?"),
            hint=tr("One line for those who will read it, such as “Report of the speech therapist”."),
        ),
        Field(
            "files",
            tr("Papers or photographs"),
            "files",
            hint=tr(
                "Up to {most} at once: {kinds}, up to {megabytes} MB each.",
                kinds=tr(KINDS_IN_WORDS),
                most=MOST_AT_ONCE,
                megabytes=MOST_BYTES // MEGABYTE,
            ),
            missing=tr("Choose at least one file."),
        ),
    ]


async def _visit_of_papers(link_id: str, request: Request, services: Services) -> Visit | None:
    visit = await find_visit(link_id, request, services)
    opens = visit is not None and not visit.gone and visit.link.purpose in ("case", "papers")
    return visit if opens else None


@router.get("/my/{link_id}/papers")
async def papers(link_id: str, request: Request, services: ServicesDep) -> Response:
    visit = await _visit_of_papers(link_id, request, services)
    return _shown(visit) if visit else unknown_link(request)


@router.post("/my/{link_id}/papers")
async def send_papers(link_id: str, request: Request, services: ServicesDep) -> Response:
    """New papers: private until they are released."""
    visit = await _visit_of_papers(link_id, request, services)
    if visit is None:
        return unknown_link(request)
    typed = Typed.of(await request.form())
    if not visit.is_ours(typed):
        return _shown(visit, 403, stale=True)
    if not visit.may_act:
        return _shown(visit, 409)
    if before := await services.commands.known(_id_of(visit, typed, 0)):  # sent twice
        if before.status == "refused":
            return _shown(visit, 409, problem=why_refused(before.code))
        return _shown(visit, notice=tr(_RECEIVED))
    typed.check(_form())
    uploads = typed.files.get("files", [])
    if len(uploads) > MOST_AT_ONCE:
        typed.wrong(
            "files",
            tr(
                "You chose {number} files. Send at most {most} at once, and then the others.",
                number=len(uploads),
                most=MOST_AT_ONCE,
            ),
        )
    keys = [_id_of(visit, typed, number) for number in range(len(uploads))]
    kept = []
    if not typed.errors:
        try:
            kept = await looked_at(await sent_files(uploads), keys, typed.one("title"))
        except NotTakenIn as not_taken:
            typed.wrong("files", str(not_taken))
    if typed.errors:
        return _shown(visit, 422, typed=typed)
    await services.papers.keep(visit.case.id, kept, services.clock())
    given: list[tuple[Command, Texts]] = [
        (AddPaper(**{**visit.envelope(typed), "id": key, "party": visit.party, "how": How.LINK}), Texts())
        for key in keys
    ]
    answers = await services.intake.take_together(given)
    refused = next((answer for answer in answers if answer.status == "refused"), None)
    if refused:
        return await _again(link_id, request, services, 409, problem=why_refused(refused.code))
    if any(answer.status == "pending" for answer in answers):
        return _shown(visit, 202, notice=tr("We have your papers.") + " " + tr(PENDING))
    return await _again(link_id, request, services, notice=tr(_RECEIVED))


@router.get("/my/{link_id}/papers/{key}")
async def open_paper(link_id: str, key: str, request: Request, services: ServicesDep) -> Response:
    """A download of one's own paper, or of another party's after the exchange."""
    visit = await _visit_of_papers(link_id, request, services)
    paper = visit.case.journey.paper(key) if visit and visit.case.journey else None
    if visit is None or visit.case.journey is None or paper is None:
        return unknown_link(request)
    if not participant_may_open(visit.case.journey, visit.link.person, paper):
        return unknown_link(request)
    if not visit.unlocked:
        return _to_the_code(visit)
    return await handed_out(services, visit.case, key, by=visit.link.person) or unknown_link(request)


@router.get("/my/{link_id}/papers/{key}/take-back")
async def may_take_back(link_id: str, key: str, request: Request, services: ServicesDep) -> Response:
    """Asks once more, before a paper is erased."""
    visit = await _visit_of_papers(link_id, request, services)
    mine = [one for one in _mine(visit) if one["key"] == key] if visit else []
    if visit is None or not mine:
        return unknown_link(request)
    if not visit.unlocked:
        return _to_the_code(visit)
    return visit.page("party/take_back.html", paper=mine[0], stale=False)


@router.get("/my/{link_id}/papers/{key}/release")
async def released(link_id: str, key: str) -> Response:
    """Where somebody is who has just released a paper, and now chooses another language."""
    return RedirectResponse(f"/my/{link_id}/papers", 303)


@router.post("/my/{link_id}/papers/{key}/release")
async def release(link_id: str, key: str, request: Request, services: ServicesDep) -> Response:
    return await _do(link_id, request, services, ReleasePaper, key)


@router.post("/my/{link_id}/papers/{key}/take-back")
async def take_back(link_id: str, key: str, request: Request, services: ServicesDep) -> Response:
    return await _do(link_id, request, services, TakeBackPaper, key)


async def _do(
    link_id: str, request: Request, services: Services, kind: type[ReleasePaper] | type[TakeBackPaper], key: str
) -> Response:
    visit = await _visit_of_papers(link_id, request, services)
    if visit is None:
        return unknown_link(request)
    typed = Typed.of(await request.form())
    if not visit.is_ours(typed):
        return _shown(visit, 403, stale=True)
    if not visit.unlocked:
        return _shown(visit, 403, problem=tr(_OVER))
    paper = visit.case.journey.paper(key) if visit.case.journey else None
    if not visit.may_act or paper is None or party_of(paper.of) != visit.party:
        return _shown(visit, 409, problem=why_refused(Refusal.NO_SUCH_PAPER))
    fields = {**visit.envelope(typed), "id": derived_id(visit.command_id(typed), kind.kind(), key)}
    answer = await services.intake.take(kind(**fields, paper=key, how=How.LINK))
    if answer.status == "refused":
        return await _again(link_id, request, services, 409, problem=why_refused(answer.code))
    if answer.status == "pending":
        return _shown(visit, 202, notice=tr("We have your answer.") + " " + tr(PENDING))
    return await _again(link_id, request, services, notice=tr(_DONE[kind]))


def _to_the_code(visit: Visit) -> Response:
    return RedirectResponse(f"/my/{visit.link.id}/unlock?to=papers", 303)


async def _again(link_id: str, request: Request, services: Services, status: int = 200, **said: Any) -> Response:
    """The page as it is now that something was done."""
    visit = await _visit_of_papers(link_id, request, services)
    return _shown(visit, status, **said) if visit else unknown_link(request)


def _id_of(visit: Visit, typed: Typed, number: int) -> str:
    return derived_id(visit.command_id(typed), "paper", str(number))


def _shown(
    visit: Visit,
    status: int = 200,
    *,
    typed: Typed | None = None,
    notice: str = "",
    problem: str = "",
    stale: bool = False,
) -> Response:
    journey = visit.case.journey
    return visit.page(
        "party/papers.html",
        status,
        typed=typed or Typed(),
        form=_form(),
        notice=notice,
        problem=problem,
        stale=stale,
        may_send=visit.may_act,
        mine=_mine(visit) if visit.unlocked else [],
        theirs=[
            _row(visit, paper) | {"from": words.who(visit.case, party_of(paper.of))}
            for paper in (journey.papers if journey and visit.unlocked else [])
            if party_of(paper.of) != visit.party
            if journey and participant_may_open(journey, visit.link.person, paper)
        ],
        exchange_at=words.day(journey.exchange_at) if journey and journey.exchange_at else "",
        days=visit.case.policy.papers_days,
    )


def _mine(visit: Visit) -> list[dict[str, Any]]:
    """What the party gave; somebody who does not speak for it sees what they gave themselves."""
    journey = visit.case.journey
    return [
        _row(visit, paper)
        for paper in (journey.papers_of(visit.party) if journey else [])
        if visit.speaks_for_the_party or paper.of == visit.link.person
    ]


def _row(visit: Visit, paper: Paper) -> dict[str, Any]:
    known = visit.case.papers.get(paper.key)
    return {
        "key": paper.key,
        "title": known.title if known else tr("A paper"),
        "size": size_in_words(known.size) if known else "",
        "given": words.day(paper.given),
        "state": tr(_LATER if paper.released and paper.state == PaperState.BEING_CHECKED else _SAID[paper.state]),
        "tag": tr(titles.PAPER_STATES[paper.state]),
        "opens": paper.can_be_opened,
        "may_release": visit.may_act and not paper.released,
        "may_take_back": visit.may_act and not paper.exchanged,
    }


_SAID = {
    PaperState.BEING_CHECKED: marked(
        "We check it for harmful software. This takes a few minutes; nobody can open it before."
    ),
    PaperState.PRIVATE: marked("Only you, your mediator and our staff can read it."),
    PaperState.RELEASED: marked("You have let the others have it. Until they get it, you can take it back."),
    PaperState.EXCHANGED: marked("The others can read it."),
    PaperState.TAKEN_BACK: marked("You have taken it back."),
    PaperState.INFECTED: marked("It held harmful software and was destroyed."),
}
_LATER = marked("You have let the others have it. We check it for harmful software first.")
_OVER = marked(
    "The half hour for which your code is good is over, so nothing was changed. Open your papers with a new code."
)
_RECEIVED = marked("We have your papers. They are private: the others see nothing of them before you say so.")
_DONE: dict[type[Command], str] = {
    ReleasePaper: marked("You have let the others have this paper. They get it before the joint meeting."),
    TakeBackPaper: marked("The paper is taken back. We have erased it."),
}
