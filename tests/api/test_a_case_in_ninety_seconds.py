"""A coordinator with a parent on the telephone begins a case: few answers are needed, little is typed."""

from tests.api.staff_world import Office, text_of

MOST_REQUIRED = 8
LETTERS_A_SECOND = 40 * 5 / 60  # of somebody who types 40 words a minute, each of five letters
SECONDS_A_CHOICE = 2.0
MOST_SECONDS = 90
CHOSEN = {"p1_role": "parent", "p2_role": "school"}
TYPED = {
    "p1_1_name": "Ruth Whitfield",
    "p1_1_email": "ruth.whitfield@family.example",
    "child": "Noah Whitfield",
    "about": "The school does not give the twelve hours of support that his plan names. Two meetings did not help.",
    "p2_organisation": "Oakfield Primary School",
    "p2_1_email": "head@oakfield-primary.example",
}


async def test_few_answers_and_little_typing_begin_a_case(office: Office) -> None:
    await office.jo.get("/cases/new")
    assert len(CHOSEN) + len(TYPED) <= MOST_REQUIRED
    made = await office.jo.post("/cases/new", {**CHOSEN, **TYPED, "action": "create"})
    assert made.status_code == 303, text_of(made.text)
    letters = sum(len(words) + 1 for words in TYPED.values())  # and a key to the next question
    assert letters / LETTERS_A_SECOND + len(CHOSEN) * SECONDS_A_CHOICE <= MOST_SECONDS


async def test_nothing_else_is_asked_for(office: Office) -> None:
    """Each of these answers is needed: so the eight are all that a case needs."""
    await office.jo.get("/cases/new")
    for left_out in (*CHOSEN, *TYPED):
        answered = {name: words for name, words in (CHOSEN | TYPED).items() if name != left_out}
        answer = await office.jo.post("/cases/new", {**answered, "action": "create"})
        assert "There is something to put right" in text_of(answer.text), left_out
