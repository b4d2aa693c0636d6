"""Everything a case waits for is an Ask: somebody was asked for something, and is reminded until they answer or a
person decides. Consent, a date, a mediator's yes, comments on a draft, an action from the agreement: one mechanism."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain import ladders
    from domain.journey import Armed, Fact, Journey, OpenAsk
    from domain.policy import Do, Policy, Rung
    from workflows.details import in_short


NEVER = datetime.min.replace(tzinfo=UTC)


class Asks:
    """The facts and open asks of one case, kept in its journey. `climb` sets a rung's work going and never waits for
    it: a mail server that is away must not hold up a reminder, an answer or the end."""

    def __init__(
        self, journey: Journey, policy: Policy, climb: Callable[[OpenAsk, Armed], None], changed: Callable[[], None]
    ) -> None:
        self.journey, self.policy, self.climb, self.changed = journey, policy, climb, changed
        self.silent = False  # paused, or held for safeguarding: no rung is climbed
        self.done_so_far: dict[str, int] = {}  # "consent/p2 remind" -> 2: numbers go on when a ladder starts again
        self.taken_back: list[str] = []  # answers that were a mistake, until they are asked for again
        self.wakes = 0  # wakes every ask when what is armed has changed
        self.struck = NEVER  # when the case's clock last told that something was due
        self.as_they_stood: dict[str, OpenAsk] = {}  # of a case that was begun anew: asks that nobody waits for yet

    async def ask(self, key: str, of: str, due: datetime | None = None) -> Fact:
        """The answer; at once if it is known already (consent may come by post before anybody asked). Who was asked
        before, and whose answer was taken back, is asked again from the first reminder; in a case that was opened again
        everyone is asked from the first letter."""
        if key in self.journey.facts:
            return self.journey.facts[key]
        ask = self.as_they_stood.pop(key, None) or self._new(key, of, due)
        self._arm(ask)
        try:
            while key not in self.journey.facts:
                if self.journey.closing is not None:  # on Python 3.11 a cancellation that meets a result is lost
                    raise asyncio.CancelledError
                await self._until_answered_or_changed(ask)
        except asyncio.CancelledError:  # the case ended; not `finally`, which also runs when a worker lets the case go
            self._close(ask)
            raise
        self._close(ask)
        return self.journey.facts[key]

    def _new(self, key: str, of: str, due: datetime | None) -> OpenAsk:
        ask = OpenAsk(key=key, of=of, asked=self._asked_at(key), due=due, by_post=self._by_post(of))
        if key in self.taken_back:
            self.taken_back.remove(key)
            ask.climbed = 1 if self.was_asked(key) else 0
        ladders.pass_over_reminders_of_the_past(ask, self.policy)
        self.journey.asks.append(ask)
        return ask

    def go_on(self) -> None:
        """The case was begun anew in the midst of it: every ask goes on upon the rung where it stood, whoever waits for
        its answer next, and what stood still goes on standing still."""
        self.journey.asks[:] = [ask for ask in self.journey.asks if ask.key not in self.journey.facts]
        self.as_they_stood = {ask.key: ask for ask in self.journey.asks}
        self.silent = self.journey.silent

    def _asked_at(self, key: str) -> datetime:
        """Whoever is asked by letter counts from when the letter can leave, not from a Saturday."""
        first = self.policy.ladder(key.partition("/")[0])[0]
        by_letter = first.do == Do.ASK and first.after == 0
        return self.policy.office_moment(workflow.now()) if by_letter else workflow.now()

    def _by_post(self, of: str) -> bool:
        party = self.journey.party(of)
        return party is not None and party.by_post

    def _close(self, ask: OpenAsk) -> None:
        self.journey.asks.remove(ask)
        self.changed()

    async def _until_answered_or_changed(self, ask: OpenAsk) -> None:
        seen, armed = self.wakes, ask.armed

        def news() -> bool:
            return ask.key in self.journey.facts or self.wakes != seen

        left = armed.at - workflow.now() if armed else None
        if (left is None or left > timedelta(0)) and workflow.patched("together"):
            await workflow.wait_condition(lambda: news() or (armed is not None and armed.at <= self.struck))
            if news():  # an answer in the same breath as the clock wins
                return
        elif left is None or left > timedelta(0):
            try:
                await workflow.wait_condition(
                    news,
                    timeout=left,
                    timeout_summary=f"{armed.do} {armed.number} for {ask.key}, unless answered" if armed else None,
                )
            except TimeoutError:
                pass  # the rung's time has come
            else:
                return
            if news():  # an answer in the same breath as the timer wins
                return
        self._climb_what_is_due(ask)

    async def keep_time(self) -> None:
        """The case's clock: one timer, set to the next rung of any ask. What is due at the same moment (the same
        reminder to several parties) is climbed together."""
        while True:
            await workflow.wait_condition(lambda: self._next_moment() is not None)
            moment = self._next_moment() or NEVER
            if moment > workflow.now() and await self._is_put_off(moment):
                continue
            self.struck = workflow.now()

    async def _is_put_off(self, moment: datetime) -> bool:
        """Until then. True: something else comes first, or nothing was waited for any more."""
        due = [f"{armed.do} {armed.number} for {key}" for armed, key in self._coming() if armed.at == moment]
        try:
            await workflow.wait_condition(
                lambda: self._next_moment() != moment,
                timeout=moment - workflow.now(),
                timeout_summary=f"{in_short(due)}, unless answered",
            )
        except TimeoutError:
            return False
        return True

    def _coming(self) -> list[tuple[Armed, str]]:
        """The next rung of each ask, while its time has not been told."""
        return [(ask.armed, ask.key) for ask in self.journey.asks if ask.armed and ask.armed.at > self.struck]

    def _next_moment(self) -> datetime | None:
        return min((armed.at for armed, _ in self._coming()), default=None)

    def _climb_what_is_due(self, ask: OpenAsk) -> None:
        climbed = ladders.climb(ask, self.policy, workflow.now()) if ask.armed else []
        self._arm(ask)
        for rung in climbed:
            self._begin(ask, self._armed(ask, rung))
        self._arm(ask)

    def _begin(self, ask: OpenAsk, armed: Armed) -> None:
        self.done_so_far[f"{ask.key} {armed.do}"] = armed.number
        self.climb(ask, armed)

    def _arm(self, ask: OpenAsk) -> None:
        rung = ladders.next_rung(ask, self.policy)
        stands_still = self._stands_still(ask)
        if stands_still and ask.still_since is None:
            ask.still_since = workflow.now()
        ask.armed = None if rung is None or stands_still else self._armed(ask, rung)
        if ask.armed is not None:
            ask.armed.can = ladders.ways(ask, self.policy)
        self.changed()

    def _armed(self, ask: OpenAsk, rung: Rung) -> Armed:
        number = self.done_so_far.get(f"{ask.key} {rung.do}", 0) + 1
        return Armed(at=ladders.moment(ask, rung, self.policy), do=rung.do, number=number)

    # What changes an ask

    def learn(self, key: str, answer: str) -> None:
        self.journey.facts[key] = Fact(answer=answer, at=workflow.now())
        self.changed()

    def forget(self, key: str) -> None:
        """The answer was a mistake: nobody has given it."""
        del self.journey.facts[key]
        self.taken_back.append(key)
        self.changed()

    def was_asked(self, key: str) -> bool:
        """Has the letter that asks for it been queued?"""
        return f"{key} {Do.ASK}" in self.done_so_far

    def start_again(self, key: str, from_rung: int) -> None:
        """The ladder begins anew: with the first letter (0), or with the first reminder (1)."""
        ask = self.journey.open_ask(key)
        if ask:
            ask.asked, ask.climbed = self._asked_at(key) if from_rung == 0 else workflow.now(), from_rung
            ask.before, ask.later = [], 0
            ask.by_post = self._by_post(ask.of)  # another contact may be reached in another way
            self.wake()

    def expect(self, key: str, due: datetime, of: str = "") -> None:
        """What was asked falls due at another time, or is asked of somebody else: its ladder is armed anew for that.
        Letters go on being numbered."""
        ask = self.journey.open_ask(key)
        if ask:
            if of:
                ask.of, ask.by_post = of, self._by_post(of)
            ask.asked, ask.due, ask.climbed, ask.before, ask.later = workflow.now(), due, 0, [], 0
            ladders.pass_over_reminders_of_the_past(ask, self.policy)
            self.wake()

    def reached_otherwise(self, party: str) -> None:
        """A party's lead is written to by another channel: by post, all that it is asked is given the days it takes."""
        for ask in self.journey.asks:
            if ask.of == party:
                ask.by_post = self._by_post(party)
        self.wake()

    def count_from_now(self, key: str) -> None:
        """The letter that asked never arrived and goes once more: the ladder goes on where it stands, counted anew."""
        ask = self.journey.open_ask(key)
        if ask:
            ask.asked, ask.later = self.policy.office_moment(workflow.now()), 0
            self.wake()

    def not_reminded_yet(self, key: str) -> bool:
        """Is the first reminder of its due date still to come?"""
        ask = self.journey.open_ask(key)
        rung = ladders.next_rung(ask, self.policy) if ask else None
        return bool(ask and ask.climbed == 0 and rung and rung.do == Do.REMIND)

    def skip(self, key: str) -> None:
        """Its next rung is left out."""
        ask = self.journey.open_ask(key)
        if ask:
            ask.climbed += 1
            self.wake()

    def bring_forward(self, key: str) -> None:
        """Its next rung is climbed now."""
        ask = self.journey.open_ask(key)
        if ask and ask.armed:
            armed = ask.armed
            ask.climbed += 1
            self._begin(ask, armed)
            self.wake()

    def postpone(self, key: str, until: date) -> None:
        """Its next rung, and those after it, come later."""
        ask = self.journey.open_ask(key)
        if ask:
            ladders.put_off(ask, self.policy, until)
            self.wake()

    def retune(self, policy: Policy) -> None:
        """Every ask goes on by another policy, at the height where it stands."""
        old, self.policy = self.policy, policy
        if workflow.patched("heights"):  # before, it went on at the rung of the same number
            for ask in self.journey.asks:
                ladders.move(ask, old, policy)
        self.wake()

    def hush(self, silent: bool, *, moved: bool = True) -> None:
        """Nothing leaves while silent; afterwards each ladder goes on where it stood, moved by the time of silence;
        or not moved, as if nothing had been."""
        self.silent = silent
        self.replies_have_changed(moved=moved)

    def replies_have_changed(self, *, moved: bool = True) -> None:
        """A party wrote to us, or what it wrote was read. Meanwhile its ladders stand still, as all do in silence; one
        that stands still for both reasons goes on when neither is left, moved by the whole time once."""
        for ask in self.journey.asks:
            if ask.still_since is not None and not self._stands_still(ask):
                since, ask.still_since = ask.still_since, None
                if moved:
                    ask.asked += max(workflow.now() - max(ask.asked, since), timedelta(0))
        self.wake()

    def _stands_still(self, ask: OpenAsk) -> bool:
        return self.silent or self.journey.has_unread_reply(ask.of)

    def wake(self) -> None:
        self.wakes += 1
        for ask in self.journey.asks:
            self._arm(ask)
