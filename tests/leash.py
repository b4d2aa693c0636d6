"""A real server for the tests: on a leash, so that it ends with them, and used when it answers."""

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LEASH = '"$@" & server=$!; read _; kill -{signal} $server; wait $server'
"""For the shell: ends the server as soon as nobody holds its standard input any more, killed tests included."""


@contextmanager
def leashed(
    command: Sequence[str | Path],
    log: Path,
    answers: Callable[[], bool],
    within: float,
    signal: str = "TERM",
    **how: Any,
) -> Iterator[None]:
    """While it is up. AssertionError: it does not answer within so many seconds."""
    with log.open("w") as output:
        process = subprocess.Popen(
            ["/bin/sh", "-c", LEASH.format(signal=signal), "leash", *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            **how,
        )
    assert process.stdin
    try:
        deadline = time.monotonic() + within
        while not answers():
            assert time.monotonic() < deadline, f"{command[0]} does not answer after {within} s: {log.read_text()}"
            time.sleep(0.05)
        yield
    finally:
        process.stdin.close()
        process.wait(timeout=20)
