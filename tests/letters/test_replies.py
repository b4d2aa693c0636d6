"""What somebody wrote, without what they quoted; and what a machine sent, known by its headers."""

import pytest

from letters.replies import LONGEST, Sort, read, without_quotes

GMAIL = """Yes, we take part.
Tuesdays suit us best.

On Tue, 24 Nov 2026 at 10:00, SEN Mediation Service <
mediation@service.example> wrote:

> Dear Sam Head,
>
> please tell us whether you take part:
"""
OUTLOOK = """Yes, we take part.

________________________________
From: SEN Mediation Service <mediation@service.example>
Sent: 24 November 2026 10:00
To: Sam Head <head@oakfield.example>
Subject: Will you take part?

Dear Sam Head,
"""
OLD_OUTLOOK = "Yes, we take part.\n\n-----Original Message-----\nFrom: the service\n\nDear Sam Head,"
BETWEEN_THE_LINES = """On 24 Nov 2026, the service wrote:
> Do you take part?
Yes.
> When?
In December.
"""
POLISH = "Tak.\n\nW dniu 24.11.2026 o 10:00, mediation@service.example napisał(a):\n> Dear"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GMAIL, "Yes, we take part.\nTuesdays suit us best."),
        (OUTLOOK, "Yes, we take part."),
        (OLD_OUTLOOK, "Yes, we take part."),
        (BETWEEN_THE_LINES, "Yes.\nIn December."),
        (POLISH, "Tak."),
        ("We need:\n\nan interpreter,\nand From: field to be filled in", None),
        ("My daughter wrote:\n\nI am afraid of going back.", None),
        ("> only a quote", None),
    ],
)
def test_what_is_quoted_is_dropped_and_nothing_else(text: str, said: str | None) -> None:
    assert without_quotes(text) == (text if said is None else said)


def message(*headers: str, body: str = "Hello") -> bytes:
    return "\n".join([*headers, "", body]).encode()


def test_html_alone_is_read_without_markup_and_quote() -> None:
    html = """<html><head><style>p {color: red}</style></head><body><p>Yes &amp; gladly.<br>Sam</p>
    <div class="gmail_quote"><div>On Tue the service wrote:</div><blockquote>Dear Sam<p>secret</blockquote></div>
    <p>PS: by train</p><script>alert(1)</script></body></html>"""
    words = read(message("Content-Type: text/html; charset=utf-8", body=html)).words
    assert [line.strip() for line in words.splitlines() if line.strip()] == ["Yes & gladly.", "Sam", "PS: by train"]


def test_long_words_are_cut_and_say_so() -> None:
    words = read(message("From: a@b.example", body="x" * 20_000)).words
    assert words.startswith("x" * LONGEST)
    assert words.endswith("the whole message is in the mailbox.]")
    assert len(words) <= 8000


def test_odd_bytes_and_hidden_characters_do_no_harm() -> None:
    raw = b"From: \xff\xfe <A@B.example>\nSubject: =?utf-8?q?a=0Ab?= \xff\nContent-Type: text/plain; charset=klingon\n"
    arrival = read(raw + b"\nYes\x00\xe2\x80\xae, \xff we do")
    assert arrival.sender == "a@b.example"
    assert "\n" not in arrival.subject
    assert arrival.words.startswith("Yes, ")


@pytest.mark.parametrize(
    ("headers", "sort"),
    [
        (["Subject: Automatic reply: out of office"], Sort.HUMAN),  # a subject alone proves nothing
        (["Auto-Submitted: no"], Sort.HUMAN),
        (["Precedence: list"], Sort.HUMAN),
        (["X-Auto-Response-Suppress: All"], Sort.HUMAN),  # it asks others not to answer; people's clients set it too
        (["Auto-Submitted: auto-replied (vacation)"], Sort.AUTOMATIC),
        (["Auto-Submitted: auto-generated", "X-Auto-Response-Suppress: All"], Sort.AUTOMATIC),  # Exchange
        (["Precedence: bulk", "X-Autoreply: yes", "Auto-Submitted: auto-replied"], Sort.AUTOMATIC),  # Gmail
        (["X-Autorespond: vacation"], Sort.AUTOMATIC),
        (["Precedence: auto_reply"], Sort.AUTOMATIC),
        (['Content-Type: multipart/report; report-type=disposition-notification; boundary="b"'], Sort.AUTOMATIC),
    ],
)
def test_a_machine_is_known_by_its_headers(headers: list[str], sort: Sort) -> None:
    assert read(message(*headers)).sort == sort


def test_the_same_message_is_known_again_by_its_id_else_by_its_bytes() -> None:
    first = message("Message-ID: <1@x.example>", "Received: here")
    assert read(first).fingerprint == read(message("Message-ID: <1@x.example>", "Received: there")).fingerprint
    assert read(first).fingerprint != read(message("Message-ID: <2@x.example>")).fingerprint
    assert read(message("From: a@b.c")).fingerprint != read(message("From: d@b.c")).fingerprint
