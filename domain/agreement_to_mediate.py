"""The agreement to mediate: what each party signs before everyone meets. For families, so in short plain sentences.

A text that somebody has signed is never changed: other words are another version, and the earlier ones stay here. What
is signed is the English text; a translation stands beside it to help."""

from domain.languages import marked

TEXTS: dict[int, tuple[str, ...]] = {
    1: (
        marked("Taking part is my own choice. I can stop at any time, and I need not say why."),
        marked("What is said in the mediation stays private. I do not repeat it outside, unless everyone agrees."),
        marked(
            "There is one exception. If a child is at risk of serious harm, the mediator must tell those who can help."
        ),
        marked("The mediator takes no side and decides nothing. The mediator gives no legal advice."),
        marked(
            "We talk “without prejudice”. Nobody may use what is said or offered here against anybody later, at the "
            "Tribunal or in court."
        ),
        marked("Nothing is agreed until it is written down and everyone has said yes to it."),
        marked(
            "The right to appeal to the Tribunal stays as it is. Mediation does not stop the time limit for an appeal."
        ),
        marked("I tell the mediator before the meeting who comes with me. They keep to this agreement too."),
        marked("Whoever comes for an organisation can decide for it."),
        marked("I listen, I let others finish, and I speak with respect. Nobody records the meeting."),
    )
}
"""The points of each version."""

LATEST = max(TEXTS)
"""The version that is signed from now on."""
