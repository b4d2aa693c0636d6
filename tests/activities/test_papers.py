"""The files of papers before a real virus scanner, in a real case file."""

import asyncio
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from temporalio.exceptions import ApplicationError

from activities.papers import PaperFiles
from casefile.papers import Papers, PaperToKeep
from clamav import Scanner, ScannerAway
from domain.papers import PaperText
from tests import clamav
from tests.activities.desk import NOW, Desk
from tests.clamav import EICAR
from workflows.neighbours import PaperOrder

pytestmark = pytest.mark.both_databases
needs_clamd = pytest.mark.skipif(not clamav.binary(), reason=clamav.in_words())


@pytest.fixture(scope="module")
def scanner_socket() -> Iterator[Path]:
    with clamav.clamd() as where:
        yield where


@pytest.fixture
def papers(desk: Desk) -> Papers:
    return Papers(desk.database, desk.vault)


async def kept(papers: Papers, desk: Desk, content: bytes) -> PaperOrder:
    paper = PaperToKeep(
        key="k1", command="k1", text=PaperText(name="a.pdf"), media_type="application/pdf", content=content
    )
    await papers.keep(desk.case_id, [paper], NOW)
    return PaperOrder(case_id=desk.case_id, key="k1")


@needs_clamd
async def test_a_clean_paper_stays_and_an_infected_one_is_erased(
    papers: Papers, desk: Desk, scanner_socket: Path
) -> None:
    files = PaperFiles(papers, Scanner(f"unix://{scanner_socket}"))
    order = await kept(papers, desk, b"%PDF-1.7 harmless")
    assert (await files.check_paper(order)).found == "clean"
    assert await papers.content(desk.case_id, "k1") == b"%PDF-1.7 harmless"
    await files.erase_paper(order)
    bad = PaperToKeep(key="k2", command="k2", text=PaperText(name="b"), media_type="text/plain", content=EICAR)
    await papers.keep(desk.case_id, [bad], NOW)
    infected = PaperOrder(case_id=desk.case_id, key="k2")
    assert (await files.check_paper(infected)).found == "infected"
    assert await papers.content(desk.case_id, "k2") is None
    assert (await files.check_paper(infected)).found == "infected", "asked again after its answer was lost"


@needs_clamd
async def test_what_is_hidden_deep_in_ten_megabytes_is_found(scanner_socket: Path) -> None:
    scanner = Scanner(f"unix://{scanner_socket}")
    filler = bytes(range(256)) * 20_000
    assert not await scanner.is_infected(filler + filler)
    assert await scanner.is_infected(filler + EICAR + filler)


async def test_without_a_scanner_nothing_is_checked_and_it_says_so(papers: Papers, desk: Desk) -> None:
    order = await kept(papers, desk, EICAR)
    assert (await PaperFiles(papers, None).check_paper(order)).found == "not_scanned"


async def test_a_scanner_that_is_away_or_says_nothing_clear_is_asked_again(
    papers: Papers, desk: Desk, free_ports: Callable[[int], list[int]]
) -> None:
    order, [nobody] = await kept(papers, desk, b"%PDF-1.7"), free_ports(1)
    with pytest.raises(ApplicationError, match=r"no_connection$"):
        await PaperFiles(papers, Scanner(f"tcp://127.0.0.1:{nobody}")).check_paper(order)
    with (
        speaks(b"INSTREAM size limit exceeded. ERROR\0") as port,
        pytest.raises(ApplicationError, match=r"no_verdict$"),
    ):
        await PaperFiles(papers, Scanner(f"tcp://127.0.0.1:{port}")).check_paper(order)
    with speaks(b"") as port, pytest.raises(ScannerAway, match="no_verdict"):
        await Scanner(f"tcp://127.0.0.1:{port}").is_infected(b"x")
    assert await papers.content(desk.case_id, "k1"), "nothing is lost meanwhile"


async def test_a_scanner_that_hangs_is_not_waited_for(papers: Papers, desk: Desk) -> None:
    server = await asyncio.start_server(lambda reader, writer: asyncio.sleep(5), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(ScannerAway, match="too_slow"):
        await Scanner(f"tcp://127.0.0.1:{port}", patience=0.2).is_infected(b"x")
    server.close()


async def test_a_paper_whose_file_never_came_is_refused(papers: Papers, desk: Desk) -> None:
    files = PaperFiles(papers, None)
    assert (await files.has_paper(PaperOrder(case_id=desk.case_id, key="k1"))).refusal == "no_file"
    order = await kept(papers, desk, b"%PDF-1.7")
    assert (await files.has_paper(order)).refusal == ""
    assert (await files.has_paper(PaperOrder(case_id="another", key="k1"))).refusal == "no_file"
    await files.erase_paper(order)
    await files.erase_paper(order)
    assert (await files.has_paper(order)).refusal == "no_file"


class speaks:
    """Somebody at a port who takes a stream and gives this answer."""

    def __init__(self, answer: bytes) -> None:
        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                assert self.rfile.read(10) == b"zINSTREAM\0"
                while size := int.from_bytes(self.rfile.read(4)):
                    assert len(self.rfile.read(size)) == size
                self.wfile.write(answer)

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> int:
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return int(self.server.server_address[1])

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
