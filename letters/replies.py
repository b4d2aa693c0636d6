"""What people and machines send back: a message from the mailbox, read. It decides nothing and knows no case."""

import email
import email.policy
import hashlib
import re
from collections.abc import Iterator
from email.message import EmailMessage, Message
from email.utils import parseaddr
from enum import StrEnum
from html.parser import HTMLParser
from typing import NamedTuple

from domain.papers import size_in_words
from domain.text import REFERENCE, without_controls

LONGEST = 7_900  # characters of a reply that go to the case: what `Words` takes, with a word about the rest
CUT = "\n[Cut here: the whole message is in the mailbox.]"
MOST_NAMED = 20  # attachments
MOST_IDS = 50  # of one header


class Sort(StrEnum):
    """What a message is."""

    HUMAN = "human"
    AUTOMATIC = "automatic"  # out of office, a read receipt
    FAILURE = "failure"  # a letter did not arrive and never will
    DELAY = "delay"  # a mail server still tries


class Attachment(NamedTuple):
    """A file that came with a message."""

    name: str
    content: bytes
    shown_in_text: bool = False  # a picture within the words: a photograph, or only a signature's logo

    @property
    def label(self) -> str:
        """ "report.pdf (80 KB)"."""
        return f"{self.name} ({size_in_words(len(self.content))})"


class Arrival(NamedTuple):
    """A message that came in."""

    fingerprint: str  # of its Message-ID: the same message is known again
    sort: Sort
    answers: list[str]  # Message-IDs, the likeliest first; of a failure that of the letter which came back
    references: list[str]  # of cases, "SM-2026-00042"
    sender: str  # an address, in small letters; nobody has proved it
    subject: str
    words: str
    attachments: list["Attachment"]
    more: int = 0  # attachments beside those


def read(raw: bytes) -> Arrival:
    """A message as it lay in the mailbox. Any error is the message's: it is like no message that we know."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    sort = _sort(message)
    own_id = _header(message, "Message-ID")
    subject = _one_line(_header(message, "Subject"))
    returned = _returned(message) if sort in (Sort.FAILURE, Sort.DELAY) else []
    attachments = [] if returned else _attachments(message)
    return Arrival(
        fingerprint=hashlib.sha256(own_id.encode() if own_id else raw).hexdigest(),
        sort=sort,
        answers=returned or _ids(_header(message, "In-Reply-To")) + _ids(_header(message, "References"))[::-1],
        references=list(dict.fromkeys(_REFERENCE.findall(f"{_header(message, 'X-Case-Reference')} {subject}".upper()))),
        sender=_one_line(parseaddr(_header(message, "From"))[1]).casefold(),
        subject=subject,
        words="" if returned else _cut(without_quotes(_text(message))),
        attachments=attachments[:MOST_NAMED],
        more=max(len(attachments) - MOST_NAMED, 0),
    )


_REFERENCE = re.compile(rf"\b{REFERENCE}\b")


def _header(message: Message, name: str) -> str:
    return str(message.get(name) or "").strip()


def _ids(header: str) -> list[str]:
    return re.findall(r"<[!-;=?-~]+>", header)[:MOST_IDS]


def _one_line(text: str) -> str:
    return without_controls(" ".join(text.split())).replace("=?", "= ?")[:200]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + CUT


# What it is


def _sort(message: EmailMessage) -> Sort:
    """By headers alone. A subject proves nothing: people write "Out of office" too."""
    report = str(message.get_param("report-type") or "").lower() if _is_report(message) else ""
    if report == "delivery-status":
        return Sort.FAILURE if _has_failed(message) else Sort.DELAY
    if report == "disposition-notification":
        return Sort.AUTOMATIC
    submitted = _header(message, "Auto-Submitted").lower()
    if submitted and not submitted.startswith("no"):
        return Sort.AUTOMATIC
    if any(_header(message, name).lower() not in ("", "no") for name in ("X-Autoreply", "X-Autorespond")):
        return Sort.AUTOMATIC
    if _header(message, "Precedence").lower() in ("auto_reply", "auto-reply", "bulk", "junk"):
        return Sort.AUTOMATIC
    return Sort.HUMAN


def _is_report(message: EmailMessage) -> bool:
    return message.get_content_type() == "multipart/report"


def _has_failed(message: EmailMessage) -> bool:
    """Given up (RFC 3464): "failed", or a permanent status where no action is named."""
    for status in _parts(message, "message/delivery-status"):
        for block in status.get_payload():
            if not isinstance(block, Message):
                continue
            action, code = _header(block, "Action").lower(), _header(block, "Status")
            if action == "failed" or (not action and code.startswith("5.")):
                return True
    return False


def _returned(message: EmailMessage) -> list[str]:
    """The Message-ID of the letter that a report is about: it encloses the letter, or the letter's headers."""
    for part in _parts(message, "message/rfc822"):
        for enclosed in part.get_payload():
            if isinstance(enclosed, Message) and (found := _ids(_header(enclosed, "Message-ID"))):
                return found
    for part in [*_parts(message, "text/rfc822-headers"), *_parts(message, "message/rfc822-headers")]:
        if found := _ids(_header(email.message_from_string(_decoded(part)), "Message-ID")):
            return found
    return []


def _parts(message: EmailMessage, kind: str) -> Iterator[Message]:
    return (part for part in message.walk() if part.get_content_type() == kind)


# What it says


def _text(message: EmailMessage) -> str:
    """Its plain text; where there is none, what its HTML says."""
    body = message.get_body(("plain", "html"))
    if body is None:
        return ""
    text = _decoded(body)
    if body.get_content_type() == "text/html":
        said = _Said()
        said.feed(text)
        said.close()
        text = "".join(said.words)
    return without_controls(text.replace("\r\n", "\n").replace("\r", "\n"))


def _decoded(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        return content.decode(part.get_content_charset() or "utf-8", errors="replace")
    except LookupError:  # a charset that nobody knows
        return content.decode("utf-8", errors="replace")


class _Said(HTMLParser):
    """The words of HTML, without what is quoted."""

    QUOTES = ("gmail_quote", "yahoo_quoted", "moz-cite-prefix", "divRplyFwdMsg", "appendonsend")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.unsaid: list[str] = []  # open tags within something that is not said

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        marks = " ".join(value or "" for name, value in attrs if name in ("class", "id"))
        quoted = tag in ("style", "script", "head", "title", "blockquote") or any(one in marks for one in self.QUOTES)
        if self.unsaid or quoted:
            if tag not in _WITHOUT_END:
                self.unsaid.append(tag)
        elif tag in ("br", "p", "div", "tr", "li", "h1", "h2", "h3"):
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.unsaid:  # tags within it that nobody closed end with it
            while self.unsaid.pop() != tag:
                continue

    def handle_data(self, data: str) -> None:
        if not self.unsaid:
            self.words.append(" ".join(data.split("\n")))


_WITHOUT_END = ("br", "hr", "img", "meta", "link", "input", "col", "wbr", "base", "area", "source", "embed")


def without_quotes(text: str) -> str:
    """What somebody wrote, without what they quoted. Where nothing else is left, all of it: better a quote too many
    than an answer lost."""
    lines = text.strip().split("\n")
    for number, line in enumerate(lines):
        if _DIVIDER.match(line) or (
            _FROM.match(line) and any(_SENT.match(after) for after in lines[number + 1 : number + 5])
        ):
            lines = lines[:number]
            break
    said: list[str] = []
    for line in lines:
        if not line.startswith(">"):
            said.append(line)
        elif said and (attribution := _attribution(said)):
            del said[-attribution:]
    if said and (attribution := _attribution(said)) and _WROTE.search(" ".join(said[-attribution:])):
        del said[-attribution:]  # in HTML the quote is gone already
    while said and _RULE.fullmatch(said[-1]):
        said.pop()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(said)).strip() or text.strip()


_DIVIDER = re.compile(
    r"\s*-{2,}\s*(original message|forwarded message|urspr\w+ nachricht|message d'origine)\s*-{2,}", re.I
)
_FROM = re.compile(r"\s*\*?(from|von|de|od|da)\s?:\*? ", re.I)
_SENT = re.compile(r"\s*\*?(sent|date|gesendet|envoyé|wysłano|data)\s?:\*? ", re.I)
_WROTE = re.compile(r"(wrote|schrieb|a écrit|napisał\w*|ha scritto)\b.*:\s*$", re.I)
_RULE = re.compile(r"\s*_*\s*")


def _attribution(said: list[str]) -> int:
    """How many of the last lines only say whose words are quoted next ("On Monday … wrote:", over up to three lines,
    with empty ones below); 0 when they do not."""
    blank = 0
    while blank < len(said) and not said[-1 - blank].strip():
        blank += 1
    if blank == len(said) or not said[-1 - blank].rstrip().endswith(":"):
        return 0
    last = said[-1 - blank]
    for count in (1, 2, 3):
        lines = said[-blank - count : len(said) - blank]
        if len(lines) < count or not all(line.strip() for line in lines):
            break
        if _ON.match(lines[0]) and _WROTE.search(" ".join(lines)):
            return blank + count
    return blank + 1 if "@" in last and _WROTE.search(last) else 0


_ON = re.compile(r"\s*(on|am|le|w dniu|il)\b", re.I)


def _attachments(message: EmailMessage) -> list[Attachment]:
    found: dict[int, Attachment] = {}
    for within, shown in [(message, False), *((part, True) for part in _parts(message, "multipart/related"))]:
        for part in within.iter_attachments() if isinstance(within, EmailMessage) and within.is_multipart() else []:
            content = part.get_payload(decode=True)
            if not isinstance(content, bytes):  # a whole message that was forwarded
                content = part.as_bytes()
            name = _one_line(part.get_filename() or part.get_content_type())
            in_text = shown or (part.get_content_disposition() == "inline" and part.get("Content-ID") is not None)
            found.setdefault(id(part), Attachment(name, content, in_text))
    return list(found.values())
