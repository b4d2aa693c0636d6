"""Whoever has no mouse begins a case, and answers a letter: with the keys alone, in the order in which a page leads
them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from domain.commands import StaffRole
from tests.browser import pages
from tests.browser.site import Site

MOST_TABS = 60  # to anything on a page


class Keyboard:
    """Hands on a keyboard, in front of a browser."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def to(self, label: str) -> "Keyboard":
        """Tab, until it is there: by the label of a question, or the words of a link or button."""
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            if label in self._at():
                return self
        raise AssertionError(f"no key leads to “{label}” on {self.page.url}")

    def _at(self) -> str:
        return str(
            self.page.evaluate(
                "(one => one.labels && one.labels.length ? one.labels[0].innerText : one.innerText || '')"
                "(document.activeElement)"
            )
        )

    def types(self, words: str) -> "Keyboard":
        self.page.keyboard.type(words)
        return self

    def presses(self, key: str) -> "Keyboard":
        self.page.keyboard.press(key)
        return self

    def goes_on(self) -> "Keyboard":
        """Enter, and the next page."""
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        return self


@pytest.fixture
def keyboard(site: Site, browser: Browser) -> Iterator[Keyboard]:
    with browser.new_context(base_url=site.settings.public_url, locale="en-GB") as context:
        yield Keyboard(context.new_page())


def test_a_coordinator_begins_a_case(site: Site, keyboard: Keyboard) -> None:
    _, email, password = site.do(site.world.staff("Kay Keys", StaffRole.COORDINATOR))
    keyboard.page.goto("/sign-in")
    keyboard.to("E-mail address").types(email).to("Password").types(password).goes_on()
    keyboard.to("Skip to").presses("Enter")
    keyboard.to("New case").goes_on()
    keyboard.to("Who refers?").types("Parent").to("Contact's name").types("Ruth Whitfield")
    keyboard.to("E-mail address").types("ruth@family.example")
    keyboard.to("Child's name").types("Maya Whitfield").to("What is the disagreement").types("Her help in class.")
    keyboard.to("Who are they?").types("School").to("Organisation").types("Oakfield School")
    keyboard.to("E-mail address").types("head@oakfield.example")
    keyboard.to("Check your answers").goes_on()
    assert keyboard.page.get_by_role("heading", name="Check your answers").is_visible()
    keyboard.to("Begin the case").goes_on()
    assert keyboard.page.get_by_text("The case has begun").is_visible()


def test_a_school_answers_its_letter(site: Site, keyboard: Keyboard) -> None:
    site.do(pages.hire(site.world))
    _, ids = site.do(pages.fill(site.world))
    keyboard.page.goto(f"/l/{ids['consent/p2']}")
    keyboard.to("Yes").presses("Space").to("Send my answer").goes_on()
    assert keyboard.page.get_by_text("Thank you").first.is_visible()
