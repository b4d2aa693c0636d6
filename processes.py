"""How our processes begin and end. Shared by every entry point."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NoReturn

READY_FILE = "READY_FILE"  # environment variable of a part: touched when it is ready to work


def finish(code: int) -> NoReturn:
    """The last call of every entry point, after everything that was started has been shut down.

    Temporal's SDK runs Rust threads that race the interpreter's own shutdown: now and then such a process would die
    with a crash instead of its exit code. Leaving without that shutdown is the only sure way round it."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # the terminal or pipe is gone
            continue
    os._exit(code)


def run_and_finish(main: Coroutine[Any, Any, int]) -> NoReturn:
    try:
        code = asyncio.run(main)
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        logging.getLogger(__name__).exception("stopped by an error")
        code = 1
    finish(code)


def when_told_to_stop(act: Callable[[], object]) -> None:
    """Ctrl-C, a service manager's SIGTERM, or a closed terminal."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, act)


def say_ready() -> None:
    """Tells the supervisor, if one is listening."""
    if path := os.environ.get(READY_FILE):
        Path(path).touch()
