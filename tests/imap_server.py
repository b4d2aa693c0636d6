"""A small IMAP server for tests: one user, one folder, and the few verbs that a reader speaks (RFC 3501), for real over
a socket. It knows no EXPUNGE, and refuses what it does not know."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

USER, PASSWORD = "replies@service.example", "pass/word"


@dataclass
class Kept:
    """A message with its flags."""

    content: bytes
    flags: list[str] = field(default_factory=list)


@dataclass
class ImapServer:
    """What lies in the folder, and what clients said."""

    kept: list[Kept] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # verbs
    breaks_after: str = ""  # hangs up instead of answering this verb
    url: str = ""

    def drop(self, content: bytes) -> Kept:
        """A message arrives."""
        self.kept.append(Kept(content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")))
        return self.kept[-1]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        signed_in = selected = False
        writer.write(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        while line := (await reader.readline()).decode().strip():
            tag, verb, *rest = line.split(" ", 2)
            args, verb = rest[0] if rest else "", verb.upper()
            if verb == "UID":
                verb, args = args.split(" ", 1)
            self.said.append(verb)
            if verb == self.breaks_after:
                break
            answer: list[bytes] = []
            done = "OK done"
            if verb == "CAPABILITY":
                answer = [b"CAPABILITY IMAP4rev1"]
            elif verb == "LOGIN":
                signed_in = args.replace('"', "") == f"{USER} {PASSWORD}"
                done = "OK welcome" if signed_in else f"NO [AUTHENTICATIONFAILED] not {USER}"
            elif verb == "LOGOUT":
                answer = [b"BYE"]
            elif not signed_in:
                done = "BAD sign in first"
            elif verb == "SELECT":
                selected = args.strip('"') == "INBOX"
                answer = [f"{len(self.kept)} EXISTS".encode(), b"OK [UIDVALIDITY 1]"] if selected else []
                done = "OK [READ-WRITE] selected" if selected else "NO no such folder"
            elif not selected:
                done = "BAD choose a folder first"
            elif verb == "SEARCH":
                unwanted = [flag for word, flag in _SEARCHED.items() if word in args.split()]
                found = [str(n) for n, one in enumerate(self.kept, 101) if not set(one.flags) & set(unwanted)]
                answer = [" ".join(["SEARCH", *found]).encode()]
            elif verb == "FETCH":
                answer = [self._fetched(*args.split(" ", 1))]
            elif verb == "STORE":
                uid, _, flags = args.split(" ", 2)
                self._at(uid).flags += [flag for flag in re.findall(r"\\\w+", flags) if flag not in self._at(uid).flags]
            else:
                done = "BAD unknown"
            for part in answer:
                writer.write(b"* " + part + b"\r\n")
            writer.write(f"{tag} {done}\r\n".encode())
            await writer.drain()
            if verb == "LOGOUT":
                break
        writer.close()

    def _at(self, uid: str) -> Kept:
        return self.kept[int(uid) - 101]

    def _fetched(self, uid: str, what: str) -> bytes:
        content, number = self._at(uid).content, int(uid) - 100
        if "RFC822.SIZE" in what:
            return f"{number} FETCH (UID {uid} RFC822.SIZE {len(content)})".encode()
        if "PEEK" not in what:
            self._at(uid).flags.append("\\Seen")
        return f"{number} FETCH (UID {uid} BODY[] {{{len(content)}}}\r\n".encode() + content + b")"


_SEARCHED = {"UNSEEN": "\\Seen", "UNFLAGGED": "\\Flagged"}


@asynccontextmanager
async def imap_server() -> AsyncIterator[ImapServer]:
    """A server on a free port of this machine."""
    folder = ImapServer()
    server = await asyncio.start_server(folder.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    folder.url = f"imap://replies%40service.example:pass%2Fword@127.0.0.1:{port}/INBOX"
    yield folder
    server.close()  # not wait_closed(): a client that failed may still be connected
