"""What operations read in the Temporal UI about a case: who is waited for, until when, and what happens then. Codes
and keys only; names stay in the case file."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.journey import CaseStart, Journey
    from domain.working_days import LONDON


def details_of(case: CaseStart, journey: Journey) -> str:
    """The current details, in Markdown."""
    lines = [f"### {case.reference}", f"Stage: **{journey.stage}**"]
    if journey.on_hold:
        lines.append("**On a safeguarding hold**: nothing leaves unprompted until it is released.")
    if journey.paused:
        lines.append("**Paused**: nothing is reminded until the case is resumed.")
    if journey.asks:
        lines += ["", "| waiting for | of | since | then | at |", "|---|---|---|---|---|"]
    for ask in sorted(journey.asks, key=lambda ask: (ask.armed is None, ask.armed.at if ask.armed else ask.asked)):
        then, at = (
            (f"{ask.armed.do} {ask.armed.number}", f"{ask.armed.at.astimezone(LONDON):%a %d %b %Y %H:%M}")
            if ask.armed
            else ("nothing is armed", "")
        )
        lines.append(f"| `{ask.key}` | {ask.of} | {ask.asked.astimezone(LONDON):%a %d %b} | {then} | {at} |")
    if journey.tasks:
        lines += ["", "Tasks: " + ", ".join(f"`{task.key}` ({task.role})" for task in journey.tasks)]
    if journey.closing:
        lines += ["", f"Closed: **{journey.closing.reason}** {journey.closing.who}"]
    return "\n".join(lines)
