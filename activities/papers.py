"""The files of papers: kept, checked for harmful software by clamd where there is one, erased."""

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from casefile.papers import Papers
from casefile.vault import Erased
from clamav import Scanner, ScannerAway
from domain.refusals import Refusal
from workflows.neighbours import Checked, PaperKeeping, PaperOrder, Verdict

log = structlog.get_logger(__name__)


class PaperFiles(PaperKeeping):
    """Without a scanner (setting CLAMAV_URL) nothing is checked, and papers say so."""

    def __init__(self, papers: Papers, scanner: Scanner | None) -> None:
        self.papers, self.scanner = papers, scanner

    @activity.defn
    async def has_paper(self, order: PaperOrder) -> Verdict:
        kept = await self.papers.is_kept(order.case_id, order.key)
        return Verdict() if kept else Verdict(refusal=Refusal.NO_FILE)

    @activity.defn
    async def check_paper(self, order: PaperOrder) -> Checked:
        if self.scanner is None:
            return Checked(found="not_scanned")
        try:
            content = await self.papers.content(order.case_id, order.key)
        except Erased:
            content = None
        if content is None:  # an earlier attempt erased it, or it was taken back, and then the answer is not heard
            return Checked(found="infected")
        try:
            infected = await self.scanner.is_infected(content)
        except ScannerAway as away:
            raise ApplicationError(f"the virus scanner gave no verdict: {away}", type="scanner_away") from None
        if infected:
            log.warning("a paper held harmful software and is erased", case=order.case_id, paper=order.key)
            await self.papers.erase(order.case_id, order.key)
        return Checked(found="infected" if infected else "clean")

    @activity.defn
    async def erase_paper(self, order: PaperOrder) -> None:
        await self.papers.erase(order.case_id, order.key)
