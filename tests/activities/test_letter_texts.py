"""Letters in words of the service's own: taken up at once, and no letter is lost by them."""

import pytest

from casefile.letter_texts import ChangedMeanwhile, LetterTexts, TextDraft
from letters.texts import SHIPPED
from tests.activities.desk import BOOKED, CONSENT, NOW, Desk, Post, text_of

pytestmark = pytest.mark.both_databases
INVITATION = SHIPPED.source("consent_ask") or ""


async def say(desk: Desk, name: str, text: str, base: int = 0) -> LetterTexts:
    texts = LetterTexts(desk.database)
    draft = TextDraft(language="en", name=name, base=base, text=text, reason="Plainer.")
    await texts.save(draft, f"form-{name}-{base}", "b1", NOW)
    return texts


async def test_a_letter_that_waits_goes_in_the_new_words_and_one_that_went_stays(desk: Desk, post: Post) -> None:
    await desk.file(CONSENT)
    texts = await say(desk, "consent_ask", INVITATION.replace("Taking part is your own choice.", "It is up to you."))
    assert await desk.deliver(CONSENT) == "sent"
    assert "It is up to you." in text_of(post.messages[0])
    await say(desk, "consent_ask", "", base=1)  # back to what ships
    kept = await desk.kept()
    assert kept.words
    assert "It is up to you." in kept.words.text
    assert await texts.current() == frozenset()
    assert [one.number for one in await texts.versions("en", "consent_ask")] == [2, 1]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("consent_ask", "Subject ({{ reference }})\n{{ nothing_of_that_name }}\n"),
        ("consent_ask", "Subject ({{ reference }})\n{% if %}\n"),
        ("consent_ask", "Subject ({{ reference }})\n{{ ''.__class__.__mro__ }}\n"),
        ("_signature", "{{ coordinator / 0 }}"),
        ("_answer_by", '{% include "_answer_by.txt" %}'),
    ],
)
async def test_where_a_text_fails_the_letter_goes_in_the_words_that_ship(
    desk: Desk, post: Post, name: str, text: str
) -> None:
    """However it came there: a check that was too mild, or a hand in the database."""
    texts = await say(desk, name, text)
    assert await desk.send(CONSENT) == "sent"
    assert "Taking part is your own choice." in text_of(post.messages[0])
    [failing] = await texts.failing()
    assert (failing.name, failing.number, failing.failed, failing.failed_at) == (name, 1, 1, NOW)
    assert failing.problem
    assert "Sam" not in failing.problem
    if name == "consent_ask":
        assert await desk.send(BOOKED) == "sent"  # by another text
        assert [one.failed for one in await texts.failing()] == [1]
    await say(desk, name, "", base=1)
    assert await texts.failing() == []


async def test_a_letter_that_no_words_could_say_is_not_blamed_on_the_text(desk: Desk) -> None:
    texts = await say(desk, "visit_booked", (SHIPPED.source("visit_booked") or "").replace("Your first", "The first"))
    desk.journey.meetings[0].slot = None
    await desk.file()
    assert await desk.send(BOOKED) == "failed"
    assert await texts.failing() == []


async def test_of_two_who_change_a_text_the_second_is_told(desk: Desk) -> None:
    texts = await say(desk, "consent_ask", INVITATION)
    await say(desk, "consent_ask", INVITATION + "More.\n", base=1)
    with pytest.raises(ChangedMeanwhile) as meanwhile:
        await say(desk, "consent_ask", INVITATION + "Other.\n", base=0)
    assert meanwhile.value.newest.number == 2
    assert [one.text for one in (await texts.newest()).values()] == [INVITATION + "More.\n"]
