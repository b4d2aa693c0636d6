"""Waiting for what comes about by itself, in another process or task. It has an end, and says what did not come."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Answer = TypeVar("Answer")


async def until(
    what: str,
    ask: Callable[[], Awaitable[Answer]],
    so: Callable[[Answer], object] = bool,
    within: float = 90.0,
    poll: float = 0.1,
) -> Answer:
    """The first answer that is so. `within` and `poll`: seconds; the machine may be doing much else. AssertionError:
    `what` did not come about in time."""
    deadline = time.monotonic() + within
    while not so(answer := await ask()):
        assert time.monotonic() < deadline, f"after {within:.0f} s still not: {what}. At last: {answer!r:.2000}"
        await asyncio.sleep(poll)
    return answer
