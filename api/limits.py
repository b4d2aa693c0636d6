"""How often somebody may have us write to a mailbox, or try the codes of posted letters. Kept in memory, like the
lockout of passwords: each API process counts for itself, and a restart forgives (docs/deployment.md)."""

import hashlib
import ipaddress
from collections import deque
from datetime import datetime, timedelta

from fastapi import Request

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Allowance:
    """At most so many within a time, for each key. Keys are kept hashed."""

    MOST_KEYS = 10_000

    def __init__(self, *rules: tuple[int, timedelta]) -> None:
        self._rules, self._longest = rules, max(within for _, within in rules)
        self._used: dict[str, deque[datetime]] = {}

    def wait(self, key: str, now: datetime) -> timedelta:
        """How long until it may be used again; nothing, when it may be used now."""
        used = self._used.get(_hashed(key), ())
        waits = [timedelta(0)]
        for most, within in self._rules:
            recent = [at for at in used if now - at < within]
            if len(recent) >= most:
                waits.append(recent[-most] + within - now)
        return max(waits)

    def use(self, key: str, now: datetime) -> None:
        """Counts one."""
        used = self._used.pop(_hashed(key), deque())
        while used and now - used[0] >= self._longest:
            used.popleft()
        if len(self._used) >= self.MOST_KEYS:
            del self._used[next(iter(self._used))]  # the one that was used longest ago
        used.append(now)
        self._used[_hashed(key)] = used

    def give_back(self, key: str) -> None:
        """The last one was not used after all."""
        if used := self._used.get(_hashed(key)):
            used.pop()


class Limits:
    """What anybody may have the service write: codes of the public form, and links to a new password."""

    def __init__(self) -> None:
        self.mailbox = Allowance((5, HOUR), (15, DAY))
        self.network = Allowance((30, HOUR), (120, DAY))  # a school or an authority is one network
        self.account = Allowance((3, HOUR), (10, DAY))  # links to a new password, to one address
        self.asking = Allowance((20, HOUR))  # ditto, from one network
        self.wrong_passwords = Allowance((60, HOUR))  # from one network, for whatever address: an office is one network
        self.wrong_codes = Allowance((20, HOUR))  # typed from a letter, and not ours

    def take_code(self, email: str, network: str, now: datetime) -> timedelta:
        """Counts a code from here to there, before it is sent: many at once are many. Else how long until one may be
        sent."""
        wait = max(self.mailbox.wait(mailbox_of(email), now), self.network.wait(network, now))
        if not wait:
            self.mailbox.use(mailbox_of(email), now)
            self.network.use(network, now)
        return wait

    def take_password_link(self, email: str, network: str, now: datetime) -> timedelta:
        """Counts a link to a new password before it is sent. Else how long until one may be sent."""
        wait = max(self.account.wait(mailbox_of(email), now), self.asking.wait(network, now))
        if not wait:
            self.account.use(mailbox_of(email), now)
            self.asking.use(network, now)
        return wait

    def give_back_code(self, email: str, network: str) -> None:
        """None was sent: a button was pressed twice."""
        self.mailbox.give_back(mailbox_of(email))
        self.network.give_back(network)


def mailbox_of(email: str) -> str:
    """Capitals, and what stands behind a plus, lead to the same mailbox."""
    name, _, domain = email.strip().lower().rpartition("@")
    return f"{name.partition('+')[0]}@{domain}"


def network_of(request: Request) -> str:
    """Where a request comes from: its address, and of IPv6 the half that names a household's network. Behind a proxy it
    is the address that a trusted proxy passes on (docs/runbook.md)."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return host


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()
