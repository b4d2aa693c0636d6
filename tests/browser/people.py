"""People at their browsers. They use nothing but what a page shows: links, labels, buttons, and the e-mail they get."""

import re
import time
from collections.abc import Callable
from typing import Any, Self

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Response, expect

from tests.real_service import Service

PATIENCE = 20.0
DESK, PHONE = 1280, 375  # pixels
LINK = re.compile(r"https?://\S+/l/[\w-]+")
Answers = dict[str, Any]
"""By what a page calls its questions: a text, an option's label, a list of those, or True for a box that is ticked."""


def until(found: Callable[[], Any], what: str) -> Any:
    """Wait for what the service does by itself."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if said := found():
            return said
        time.sleep(0.1)
    raise AssertionError(f"waited in vain for {what}")


class Person:
    """Somebody at a browser of their own."""

    def __init__(self, browser: Browser, service: Service, *, width: int = DESK, scripts: bool = False) -> None:
        self.service = service
        self.context = browser.new_context(
            base_url=service.settings.public_url,
            viewport={"width": width, "height": 900},
            java_script_enabled=scripts,
            accept_downloads=True,
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("response", self._look_at)
        self.faults: list[str] = []

    def _look_at(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.request.method} {response.url}: {response.status}")

    def open(self, path: str) -> Self:
        self.page.goto(path)
        return self

    def fill(self, answers: Answers, within: Locator | None = None) -> Self:
        """Answer questions by the words that stand beside them."""
        form = within or self.page.locator("main")
        for question, answer in answers.items():
            if isinstance(answer, dict):  # a group of questions with a heading of its own
                self.fill(answer, form.get_by_role("group", name=_begins(question)))
                continue
            choices, field = form.get_by_role("group", name=_begins(question)), form.get_by_label(_begins(question))
            choices.or_(field).first.wait_for(state="attached")  # the page may only be on its way
            if choices.count():
                for label in answer if isinstance(answer, list) else [answer]:
                    choices.get_by_label(_begins(label)).first.check()
                continue
            if answer is True:
                field.check()
            elif field.evaluate("one => one.tagName") == "SELECT":
                field.select_option(label=answer)
            else:
                field.fill(answer)
        return self

    def press(self, button: str) -> Self:
        self.page.get_by_role("main").get_by_role("button", name=button).click()
        return self

    def follow(self, link: str) -> Self:
        self.page.get_by_role("main").get_by_role("link", name=link).first.click()
        return self

    def sees(self, *said: str) -> Self:
        for one in said:
            expect(self.page.get_by_role("main")).to_contain_text(one)
        return self

    def fits_its_screen(self) -> None:
        """Nothing has to be moved sideways to be read."""
        wide = self.page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{self.page.url} is {wide} pixels too wide"


class Staff(Person):
    """A member of staff."""

    def sign_in(self, email: str, password: str) -> Self:
        self.open("/sign-in").fill({"E-mail address": email, "Password": password}).press("Sign in")
        assert "/sign-in" not in self.page.url
        return self

    def does(self, reference: str, title: str, answers: Answers, button: str = "Record it") -> Self:
        """From the case page, by the link that offers it; back on the case page it is told as recorded."""
        self.opens_when_ready(reference, title)
        self.fill(answers).press(button)
        expect(self.page.get_by_role("status").first).to_contain_text(": recorded")
        return self

    def opens_when_ready(self, reference: str, title: str) -> None:
        """The form of this title, as soon as the case page offers it."""

        def offered() -> bool:
            self.open(f"/cases/{reference}")
            if (folded := self.page.get_by_text("At any moment")).count():
                folded.click()
            return self.page.get_by_role("main").get_by_role("link", name=_begins(title)).count() > 0

        until(offered, f"“{title}” on the case page")
        self.page.get_by_role("main").get_by_role("link", name=_begins(title)).first.click()


class Participant(Person):
    """A party's contact with a telephone in the hand, who opens the links in their e-mail."""

    def __init__(self, browser: Browser, service: Service, name: str, email: str) -> None:
        super().__init__(browser, service, width=PHONE)
        self.name, self.email = name, email

    def letters(self) -> list[tuple[str, str]]:
        """Subject and text of the e-mail that has arrived."""
        mine = [mail for mail in self.service.mail() if mail["X-Envelope-To"] == self.email]
        return [(mail["Subject"], mail.get_body(("plain",)).get_content()) for mail in mine]  # type: ignore[union-attr]

    def opens_link(self, subject: str) -> Self:
        """The personal link in the first letter with this in its subject, as soon as it is there."""

        def link() -> str:
            for said, text in self.letters():
                if subject.lower() in said.lower() and (found := LINK.search(text)):
                    return found.group()
            return ""

        self.page.goto(until(link, f"a letter to {self.name}: {subject}"))
        self.fits_its_screen()
        return self

    def answers(self, subject: str, answers: Answers, button: str) -> Self:
        self.opens_link(subject).fill(answers).press(button)
        self.fits_its_screen()
        return self


class Checker(Person):
    """Looks at what others have on their screens, for barriers that a machine can find. The checker's script runs in
    the page, so this browser has JavaScript."""

    def __init__(self, browser: Browser, service: Service) -> None:
        super().__init__(browser, service, scripts=True)
        self.axe = Axe()
        self.open("/sign-in")

    def finds_no_barrier(self, *people: Person) -> None:
        for person in people:
            expect(person.page.locator("h1")).to_have_count(1)
            self.page.set_viewport_size(person.page.viewport_size or {"width": DESK, "height": 900})
            self.page.set_content(person.page.content())  # at the service's own address, so its style applies
            found = self.axe.run(self.page)
            assert found.violations_count == 0, f"{person.page.url}: {found.generate_report()}"


def _begins(words: str) -> re.Pattern[str]:
    return re.compile(rf"^\s*{re.escape(words)}")
