"""Where an ask stands on its ladder, and what a change of the policy does to it. The workflow arms and climbs by these
functions (workflows/asks.py), and a manager is shown by them what a change would do before it is saved: the two cannot
differ."""

from datetime import date, datetime

from pydantic import BaseModel

from domain.journey import Journey, MeetingStatus, OpenAsk, StepWay
from domain.policy import Do, Policy, Rung
from domain.working_days import LONDON, add_working_days, at_local, local_day, working_days_between


def moment(ask: OpenAsk, rung: Rung, policy: Policy) -> datetime:
    """The instant at which a rung of this ask is climbed."""
    planned = policy.moment(rung, ask.asked, ask.due, ask.by_post)
    if ask.later == 0 or rung.anchor != "asked":
        return planned
    clock = planned.astimezone(LONDON).time()
    return at_local(add_working_days(local_day(planned), ask.later, policy.holidays), clock)


def ways(ask: OpenAsk, policy: Policy) -> list[StepWay]:
    """What a person may do about the next rung of this ask. Nobody is reminded of what they were never asked, and
    somebody always hears of it in the end, so the last rung is never skipped. Who was told how long they have keeps
    that time. What hangs on a date (of a meeting, of an action) is moved with that date only."""
    rung = next_rung(ask, policy)
    if rung is None:
        return []
    is_last = ask.climbed + 1 == len(policy.ladder(ask.kind))
    left_out = rung.do in (Do.REMIND, Do.PHONE_TASK) or (rung.do == Do.ASK and ask.kind in _NOT_ASKED_WITHOUT_HARM)
    can: dict[StepWay, bool] = {
        "skip": left_out and not is_last,
        "bring_forward": rung.do not in (Do.ASK, Do.TASK, Do.LAPSE),
        "postpone": rung.anchor == "asked",
    }
    return [way for way, possible in can.items() if possible]


_NOT_ASKED_WITHOUT_HARM = ("feedback",)


def put_off(ask: OpenAsk, policy: Policy, until: date) -> None:
    """The next rung comes on that day, or on the next working day; those after it come so much later, too."""
    rung = next_rung(ask, policy)
    if rung is not None:
        planned = local_day(policy.moment(rung, ask.asked, ask.due, ask.by_post))
        day = add_working_days(until, 0, policy.holidays)
        ask.later = working_days_between(planned, day, policy.holidays)


def next_rung(ask: OpenAsk, policy: Policy) -> Rung | None:
    """The rung that comes next; None when all lie behind."""
    ladder = policy.ladder(ask.kind)
    return ladder[ask.climbed] if ask.climbed < len(ladder) else None


def pass_over_reminders_of_the_past(ask: OpenAsk, policy: Policy) -> None:
    """A meeting fixed for tomorrow is not reminded of "two days before": its invitation has just gone."""
    while (rung := next_rung(ask, policy)) and rung.anchor == "due" and rung.do == Do.REMIND:
        if moment(ask, rung, policy) > ask.asked:
            return
        ask.climbed += 1


def climb(ask: OpenAsk, policy: Policy, now: datetime) -> list[Rung]:
    """Leaves behind the rungs whose time has come, and gives those that are really climbed: after an outage, or on a
    shorter ladder, only the latest, never a burst of letters; but a task is not lost."""
    due: list[Rung] = []
    while (rung := next_rung(ask, policy)) and moment(ask, rung, policy) <= now:
        due.append(rung)
        ask.climbed += 1
    return [rung for n, rung in enumerate(due, 1) if n == len(due) or rung.do == Do.TASK]


def move(ask: OpenAsk, old: Policy, new: Policy) -> None:
    """The ask goes on upon the new policy's ladder: at the same height, however many rungs lead there. Reminders up to
    the highest rung that was climbed lie behind it. Of the other rungs those lie behind that were climbed: nobody is
    rung or handed to a manager twice, and no call is skipped because there are fewer reminders. Rungs of all ladders so
    far count, so that a change that is taken back repeats nothing."""
    behind = [*ask.before, *(rung for rung in old.ladder(ask.kind)[: ask.climbed] if rung not in ask.before)]
    ask.climbed, ask.before = 0, behind
    if behind:
        # All by the new calendar: a holiday that is announced late repeats no letter
        reached, done = max(moment(ask, rung, new) for rung in behind), [rung.do for rung in behind]
        for n, rung in enumerate(new.ladder(ask.kind), 1):
            lies_behind = moment(ask, rung, new) <= reached if rung.do == Do.REMIND else rung.do in done
            ask.climbed = n if lies_behind else ask.climbed
    pass_over_reminders_of_the_past(ask, new)


# What a change does, told before it is saved


class Moved(BaseModel):
    """An open ask whose next step would come at another time, or would be another one."""

    key: str
    of: str
    was_at: datetime | None  # None: nothing came any more, or all stands still
    was: Do | None
    at_once: list[Do] = []  # climbed as soon as the change takes effect; letters keep office hours
    then_at: datetime | None
    then: Do | None
    stands_still: bool = False  # paused, on hold, or a reply waits to be read: dates are reckoned when it goes on


class Effect(BaseModel):
    """What a change of the policy does to one case."""

    moved: list[Moved]
    stands_still: bool  # the whole case
    meetings: list[str]  # booked on a day that becomes a holiday; they stay booked


def effect_of(journey: Journey, old: Policy, new: Policy, now: datetime) -> Effect:
    """What becomes of the open asks of a case when its policy is changed now."""
    same_days = all(getattr(old, name) == getattr(new, name) for name in _OF_MOMENTS)
    asks = [
        ask
        for ask in journey.asks
        if ask.key not in journey.facts and not (same_days and old.ladder(ask.kind) == new.ladder(ask.kind))
    ]
    moved = [moved for ask in asks if (moved := _moved(journey, ask, old, new, now))]
    closed = [day for day in new.holidays if day not in old.holidays]
    return Effect(
        moved=moved,
        stands_still=journey.silent,
        meetings=[
            meeting.key
            for meeting in journey.meetings
            if meeting.slot and meeting.status == MeetingStatus.BOOKED and _will_be(meeting.slot.start, closed, now)
        ],
    )


_OF_MOMENTS = ("holidays", "opens", "closes", "morning", "posting_days")
"""The fields of a policy, beside its ladders, by which the moment of a rung is reckoned."""


def _will_be(start: datetime, days: list[date], now: datetime) -> bool:
    return start > now and local_day(start) in days


def _moved(journey: Journey, ask: OpenAsk, old: Policy, new: Policy, now: datetime) -> Moved | None:
    stands_still = journey.silent or journey.has_unread_reply(ask.of)
    before, after = ask.model_copy(), ask.model_copy()
    move(after, old, new)
    anyway = [] if stands_still else [rung.do for rung in climb(before, old, now)]  # late already, and on its way
    at_once = [] if stands_still else [rung.do for rung in climb(after, new, now)]
    was, then = next_rung(before, old), None if Do.LAPSE in at_once else next_rung(after, new)
    was_at = moment(before, was, old) if was else None
    then_at = moment(after, then, new) if then else None
    if (anyway, was_at, was and was.do) == (at_once, then_at, then and then.do):
        return None
    return Moved(
        key=ask.key,
        of=ask.of,
        was_at=None if stands_still else was_at,
        was=was.do if was else None,
        at_once=at_once if at_once != anyway else [],
        then_at=None if stands_still else then_at,
        then=then.do if then else None,
        stands_still=stands_still,
    )
