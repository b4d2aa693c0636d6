"""A real browser, driven through the pages as a person would. Skipped where none is installed."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.site import Site
from tests.conftest import CaseFiles

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ON_MACOS = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)
QUIETLY = ["--lang=en-GB", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def installed() -> str:
    """The path of a browser of Chrome's kind on this machine, or of the one that BROWSER_PATH names; else ""."""
    found = [os.environ.get("BROWSER_PATH"), *(shutil.which(name) for name in NAMES), *ON_MACOS]
    return next((path for path in found if path and Path(path).exists()), "")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = installed()
    if not path:
        pytest.skip("no Chromium or Chrome on this machine (on Debian and Ubuntu: apt install chromium)")
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=QUIETLY) as browser:
        yield browser


@pytest.fixture(scope="module")
def site(
    case_files: CaseFiles, free_ports: Callable[[int], list[int]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The pages, served before a Temporal that only pretends. Ask for it before `browser`, whose loop keeps others out
    of its thread."""
    folder = tmp_path_factory.mktemp("site")
    with case_files.copy("sqlite", folder) as url, Site(folder, free_ports(1)[0], url).open() as site:
        yield site
