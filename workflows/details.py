"""What operations read in the Temporal UI about a case: who is waited for, until when, and what happens then. Codes
and keys only; names stay in the case file."""

from temporalio import workflow
from temporalio.common import SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from domain.journey import CaseStart, Journey, OpenAsk
    from domain.working_days import LONDON

# By these operations filter the list of cases
STAGE = SearchAttributeKey.for_keyword("CaseStage")
WAITING_FOR = SearchAttributeKey.for_keyword_list("CaseWaitingFor")
ESCALATED = SearchAttributeKey.for_bool("CaseEscalated")
ON_HOLD = SearchAttributeKey.for_bool("CaseOnHold")


def details_of(case: CaseStart, journey: Journey) -> str:
    """The current details, in Markdown. Lists, not tables: the UI sets tables without any space between columns."""
    lines = [f"### {case.reference}", f"Stage: **{journey.stage}**"]
    if journey.asks:
        lines.append(f"Waits for: {', '.join(_who(journey, of) for of in journey.waiting_for)}")
    if journey.on_hold:
        lines.append("**On a safeguarding hold**: nothing leaves unprompted until it is released.")
    if journey.paused:
        lines.append("**Paused**: nobody is reminded until the case is resumed.")
    if journey.ending:
        at = f"{journey.ending.at.astimezone(LONDON):%a %d %b %Y %H:%M}"
        lines.append(f"**Ends at {at}** ({journey.ending.closing.reason}), unless undone")
    if journey.closing:
        lines.append(f"Closed: **{journey.closing.reason}** {journey.closing.who}")
    waiting = sorted(journey.asks, key=lambda ask: (ask.armed is None, ask.armed.at if ask.armed else ask.asked))
    lines += _section("What happens next", [_next(journey, ask) for ask in waiting])
    lines += _section("Tasks", [f"`{task.key}` for the {task.role}" for task in journey.tasks])
    roles = [f"`{party.key}` {party.role}" for party in journey.parties]
    lines += _section("Parties", [f"{roles[0]}, who referred", *roles[1:]])
    return "\n".join(lines)


def roles_waited_for(journey: Journey) -> list[str]:
    """Roles of parties and of staff, each once, in the order of asking: what lists can be filtered by."""
    parties = {party.key: party.role.value for party in journey.parties}
    return list(dict.fromkeys(parties.get(of, of) for of in journey.waiting_for))


def in_short(what: list[str]) -> str:
    """For the summary of a timer or an activity: Temporal takes 400 bytes, and they are sealed."""
    return ", ".join(what[:3]) + (f" and {len(what) - 3} more" if len(what) > 3 else "")


def _who(journey: Journey, of: str) -> str:
    party = journey.party(of)
    return f"**{party.role}** (`{of}`)" if party else f"**{of}**"


def _section(title: str, rows: list[str]) -> list[str]:
    return ["", f"#### {title}", *(f"- {row}" for row in rows)] if rows else []


def _next(journey: Journey, ask: OpenAsk) -> str:
    since = f"`{ask.of}` was asked on {ask.asked.astimezone(LONDON):%a %d %b}"
    if journey.has_unread_reply(ask.of):
        return f"`{ask.key}`: stands still until the reply of `{ask.of}` is read; {since}"
    if ask.armed is None and journey.silent:
        return f"`{ask.key}`: stands still, as the whole case does; {since}"
    if ask.armed is None:
        return f"`{ask.key}`: asked in vain, every reminder is behind it; {since}"
    at = f"{ask.armed.at.astimezone(LONDON):%a %d %b %Y %H:%M}"
    return f"**{at}** {ask.armed.do} {ask.armed.number} for `{ask.key}`, unless answered; {since}"
