"""python -m bench: see bench/__init__.py."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bench import documents, doors, journeys, lists, many, page, real, reminders
from bench.rows import FULL, QUICK, SMALL, Part, Size, load

PAGE = Path(__file__).resolve().parents[1] / "docs" / "figures.md"
PARTS: dict[str, Callable[[Size], Awaitable[Part]]] = {
    "journeys": journeys.measure,
    "real": real.measure,
    "documents": documents.measure,
    "doors": doors.measure,
    "lists": lists.measure,
    "reminders": reminders.measure,
    "many": many.measure,
}


async def run(size: Size, names: Sequence[str], to: Path) -> None:
    """Measures one part after another; each is added to the page."""
    parts = []
    for name in names:
        print(f"{name} ...", flush=True)
        before = load()
        part = replace(await PARTS[name](size), load=(before, load()))
        parts.append(part)
        for row in part.rows:
            print(f"  {row.what}: {row.measured}", flush=True)
        page.write(to, parts, size)  # what is measured stands, whatever becomes of the rest
    print(f"Written to {to}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures the service.")
    sizes = {size.name: size for size in (SMALL, QUICK, FULL)}
    parser.add_argument(
        "--size", choices=sizes, default=FULL.name, help="small: only to see that it runs; quick: minutes"
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="just these parts")
    parser.add_argument("--page", type=Path, default=PAGE, help="where the page is written")
    args = parser.parse_args()
    asyncio.run(run(sizes[args.size], args.only, args.page))


if __name__ == "__main__":
    main()
