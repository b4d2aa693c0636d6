"""A real clamd for the tests, from the binary on this machine, with one signature of our own: nothing is downloaded."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.leash import leashed

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The harmless text that every scanner takes for a virus."""

UP_WITHIN = 60.0


def binary() -> str | None:
    return shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin")


def in_words() -> str:
    """For the header of a test run."""
    return (
        f"a clamd of its own, {binary()}" if binary() else "NONE: no clamd on this machine (apt install clamav-daemon)"
    )


@contextmanager
def clamd() -> Iterator[Path]:
    """The socket of a clamd that knows one virus. AssertionError: it does not start."""
    found = binary()
    assert found
    folder = Path(tempfile.mkdtemp(prefix="clamav-"))
    try:
        (folder / "database").mkdir()
        (folder / "database" / "ours.ndb").write_text(f"Test.EICAR:0:*:{EICAR.hex()}\n")
        where = folder / "socket"
        (folder / "clamd.conf").write_text(
            f"DatabaseDirectory {folder}/database\nLocalSocket {where}\nForeground yes\n"
            "StreamMaxLength 20M\nMaxThreads 2\nUser root\n"
        )
        with leashed(
            [found, "--config-file", folder / "clamd.conf"], folder / "output", lambda: _answers(where), UP_WITHIN
        ):
            yield where
    finally:
        shutil.rmtree(folder)


def _answers(where: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5)
            line.connect(str(where))
            line.sendall(b"zPING\0")
            return line.recv(10) == b"PONG\0"
    except OSError:
        return False
