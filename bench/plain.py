"""What a team without Temporal might write for one step of the journey, everyone's consent: a table with `due_at`,
polled every minute. It asks, reminds, has somebody ring, leaves the decision to a manager, and confirms an answer.

It is a baseline, not a straw man: whoever is due is found by an index, and nothing is lost when a mail server is away,
for a row changes only after its letter has left. What it does not do: a letter may leave twice when the process dies
between sending and writing; and there is no pause, hold, changed policy, office hours, round or history."""

import smtplib
import sqlite3
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

EVERY = timedelta(minutes=1)
LADDER = ["consent_ask", "consent_remind", "consent_remind", "consent_remind", "phone", "decide"]
AFTER = [0, 3, 6, 9, 11, 13]  # days from the asking
DUE = "SELECT rowid, email, asked, rung, answer FROM ask WHERE due_at <= ? ORDER BY due_at"


class PlainConsents:
    """One table. `poll` is called every minute."""

    def __init__(self, file: Path, smtp_url: str) -> None:
        address = urlsplit(smtp_url)
        self.host, self.port = str(address.hostname), address.port or 25
        self.rows = sqlite3.connect(file, isolation_level=None)
        self.rows.execute("PRAGMA journal_mode=WAL")
        self.rows.execute("CREATE TABLE ask (email TEXT, asked REAL, rung INT, answer TEXT, due_at REAL)")
        self.rows.execute("CREATE INDEX ask_due ON ask (due_at)")

    def ask(self, email: str, now: datetime) -> None:
        self.rows.execute("INSERT INTO ask VALUES (?, ?, 0, NULL, ?)", (email, now.timestamp(), now.timestamp()))

    def answer(self, email: str, answer: str, now: datetime) -> None:
        """Due at once: the next look confirms it."""
        self.rows.execute("UPDATE ask SET answer = ?, due_at = ? WHERE email = ?", (answer, now.timestamp(), email))

    def poll(self, now: datetime) -> int:
        """How many rows were due."""
        due = self.rows.execute(DUE, (now.timestamp(),)).fetchall()
        for row, email, asked, rung, answer in due:
            self.send(email, "consent_receipt" if answer else LADDER[rung])
            done = answer is not None or rung + 1 == len(LADDER)
            later = None if done else asked + AFTER[rung + 1] * 86_400
            self.rows.execute("UPDATE ask SET rung = rung + 1, due_at = ? WHERE rowid = ?", (later, row))
        return len(due)

    def send(self, email: str, kind: str) -> None:
        """By letter, or as a task for the office."""
        message = EmailMessage()
        message["From"], message["Subject"] = "mediation@service.example", kind
        message["To"] = "office@service.example" if kind in ("phone", "decide") else email
        message.set_content(kind)
        with smtplib.SMTP(self.host, self.port) as server:
            server.send_message(message)

    def how_it_looks(self) -> str:
        """SQLite's own account of how it finds what is due."""
        return str(self.rows.execute(f"EXPLAIN QUERY PLAN {DUE}", (0,)).fetchone()[3])
